//! Applications, what they pushed, what they were granted with its tokens, and how they were told of logouts.

mod grant;
mod logout_call;
mod pushed;
mod token;

use model::{ApplicationId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

pub use grant::*;
pub use logout_call::*;
pub use pushed::*;
pub use token::*;

/// An OpenID Connect client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id and `client_id`.
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// Hash of the secret; none for public clients and clients with keys.
    pub secret_hash: Option<TokenHash>,
    /// JSON named as in Dynamic Client Registration.
    pub metadata: String,
    /// Whether it keeps data about people, and so is to confirm that it has erased somebody.
    pub confirms_erasure: bool,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Text<ApplicationId>,
    name: String,
    secret_hash: Option<Text<TokenHash>>,
    metadata: String,
    confirms_erasure: i64,
    created_at: At,
}

impl From<Row> for Application {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            name: r.name,
            secret_hash: r.secret_hash.map(|v| v.0),
            metadata: r.metadata,
            confirms_erasure: r.confirms_erasure != 0,
            created_at: r.created_at.0,
        }
    }
}

/// Writes a new application.
pub async fn add(tx: &mut Tx, it: &Application) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO applications (id, name, secret_hash, metadata, created_at, confirms_erasure)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(it.secret_hash.as_ref().map(Text))
    .bind(&it.metadata)
    .bind(At(it.created_at))
    .bind(i64::from(it.confirms_erasure))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &Application) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "UPDATE applications SET name = $2, secret_hash = $3, metadata = $4, confirms_erasure = $5 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(it.secret_hash.as_ref().map(Text))
    .bind(&it.metadata)
    .bind(i64::from(it.confirms_erasure))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Takes an application away, with everything it was granted.
pub async fn remove(tx: &mut Tx, id: ApplicationId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM applications WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The application, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ApplicationId) -> Result<Option<Application>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM applications WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Every application, oldest first.
pub async fn list(c: &mut impl Connected) -> Result<Vec<Application>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM applications ORDER BY id").fetch_all(db).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
