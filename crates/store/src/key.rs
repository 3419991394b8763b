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
    /// `oidc`, `oidc_client`, `saml` or `receipt`.
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
    /// When it begins to sign, until a younger one does; none for a key that signed at once.
    pub signs_from: Option<Time>,
}

impl Key {
    /// When it begins to sign.
    pub fn start(&self) -> Time {
        self.signs_from.unwrap_or(self.created_at)
    }
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
    signs_from: Option<At>,
}

/// Writes a new key.
pub async fn add(tx: &mut Tx, it: &Key) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO keys (id, purpose, algorithm, private_sealed, public_text, created_at, signs_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(Text(it.id))
        .bind(&it.purpose)
        .bind(&it.algorithm)
        .bind(&it.private_sealed)
        .bind(&it.public_text)
        .bind(At(it.created_at))
        .bind(it.signs_from.map(At))
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
            signs_from: r.signs_from.map(|t| t.0),
        })
        .collect())
}

/// Lets a key sign from `at` on.
pub async fn sign_from(tx: &mut Tx, id: KeyId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE keys SET signs_from = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Takes a key away for good: nothing it signed can be checked any more, and nothing be read that was encrypted for it.
pub async fn remove(tx: &mut Tx, id: KeyId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM keys WHERE id = $1").bind(Text(id)).execute(db).await.map(|_| ()))?;
    Ok(())
}
