//! Our own keys.

use model::{KeyId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// One of our own keys; the private part is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// `oidc`, `saml` or `receipt`.
    pub purpose: String,
    /// `RS256` or `ES256`.
    pub algorithm: String,
    /// PKCS#8, sealed.
    pub private_sealed: String,
    /// JWK, or the certificate in PEM.
    pub public_text: String,
    /// When it was made.
    pub created_at: Time,
    /// When it stopped signing; it may still be published.
    pub retired_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<KeyId>,
    purpose: String,
    algorithm: String,
    private_sealed: String,
    public_text: String,
    created_at: At,
    retired_at: Option<At>,
}

/// Writes a new key.
pub async fn add(tx: &mut Tx, it: &Key) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO keys (id, purpose, algorithm, private_sealed, public_text, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(&it.purpose)
    .bind(&it.algorithm)
    .bind(&it.private_sealed)
    .bind(&it.public_text)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The keys of a purpose, oldest first.
pub async fn list(c: &mut impl Connected, purpose: &str) -> Result<Vec<Key>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM keys WHERE purpose = $1 ORDER BY id")
        .bind(purpose)
        .fetch_all(db)
        .await)?;
    Ok(rows
        .into_iter()
        .map(|r| Key {
            id: r.id.0,
            purpose: r.purpose,
            algorithm: r.algorithm,
            private_sealed: r.private_sealed,
            public_text: r.public_text,
            created_at: r.created_at.0,
            retired_at: r.retired_at.map(|t| t.0),
        })
        .collect())
}
