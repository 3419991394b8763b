//! Operators (vendor staff), their sessions, and API tokens.

use model::{OperatorId, Time, TokenHash, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Result, Tx};

/// Vendor staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// Sign-in address.
    pub email: String,
    /// What customers see as the sender of a link.
    pub name: String,
    /// Argon2 hash in PHC format.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Text<OperatorId>,
    email: String,
    name: String,
    password_hash: String,
    created_at: At,
}

impl From<Row> for Operator {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            email: r.email,
            name: r.name,
            password_hash: r.password_hash,
            created_at: r.created_at.0,
        }
    }
}

/// Writes a new operator.
pub async fn add(tx: &mut Tx, it: &Operator) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO operators (id, email, email_folded, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(&it.email)
    .bind(fold(&it.email))
    .bind(&it.name)
    .bind(&it.password_hash)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Every operator, oldest first.
pub async fn list(c: &mut impl Connected) -> Result<Vec<Operator>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT id, email, name, password_hash, created_at FROM operators ORDER BY id"
    )
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The operator with this address.
pub async fn lookup_email(c: &mut impl Connected, email: &str) -> Result<Option<Operator>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT id, email, name, password_hash, created_at FROM operators WHERE email_folded = $1"
    )
    .bind(fold(email))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// Takes an operator away, with every session. Whether there was one.
pub async fn remove(tx: &mut Tx, id: OperatorId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM operators WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Begins a session.
pub async fn add_session(
    tx: &mut Tx,
    hash: &TokenHash,
    operator: OperatorId,
    now: Time,
    expires_at: Time,
) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO operator_sessions (token_hash, operator_id, created_at, expires_at) VALUES ($1, $2, $3, $4)"
    )
    .bind(Text(hash))
    .bind(Text(operator))
    .bind(At(now))
    .bind(At(expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The operator whose session a token opens.
pub async fn lookup_session(c: &mut impl Connected, hash: &TokenHash, now: Time) -> Result<Option<Operator>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT o.id, o.email, o.name, o.password_hash, o.created_at
         FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
         WHERE s.token_hash = $1 AND s.expires_at > $2"
    )
    .bind(Text(hash))
    .bind(At(now))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// Ends a session.
pub async fn remove_session(tx: &mut Tx, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM operator_sessions WHERE token_hash = $1")
        .bind(Text(hash))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A key to the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was last used.
    pub last_used_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

#[derive(FromRow)]
struct TokenRow {
    id: Text<TokenId>,
    name: String,
    created_at: At,
    last_used_at: Option<At>,
    revoked_at: Option<At>,
}

impl From<TokenRow> for ApiToken {
    fn from(r: TokenRow) -> Self {
        Self {
            id: r.id.0,
            name: r.name,
            created_at: r.created_at.0,
            last_used_at: r.last_used_at.map(|t| t.0),
            revoked_at: r.revoked_at.map(|t| t.0),
        }
    }
}

/// Writes a new API token.
pub async fn add_api_token(tx: &mut Tx, it: &ApiToken, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO api_tokens (id, name, token_hash, created_at) VALUES ($1, $2, $3, $4)"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(Text(hash))
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The working API token with this hash.
pub async fn lookup_api_token(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<ApiToken>> {
    let row: Option<TokenRow> = on!(c, |db| sqlx::query_as(
        "SELECT id, name, created_at, last_used_at, revoked_at FROM api_tokens
         WHERE token_hash = $1 AND revoked_at IS NULL"
    )
    .bind(Text(hash))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// Records a use.
pub async fn touch_api_token(tx: &mut Tx, id: TokenId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Revokes a token. Whether it still worked.
pub async fn revoke_api_token(tx: &mut Tx, id: TokenId, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL"
    )
    .bind(Text(id))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Every API token, newest first.
pub async fn list_api_tokens(c: &mut impl Connected) -> Result<Vec<ApiToken>> {
    let rows: Vec<TokenRow> = on!(c, |db| sqlx::query_as(
        "SELECT id, name, created_at, last_used_at, revoked_at FROM api_tokens ORDER BY id DESC"
    )
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
