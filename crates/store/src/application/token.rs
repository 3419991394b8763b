//! Access and refresh tokens of a grant: only their hashes are kept.

use model::{ApplicationId, Time, TokenHash, TokenId};

use super::{Grant, lookup_grant};
use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Writes a new access token.
pub async fn add_access_token(tx: &mut Tx, hash: &TokenHash, grant: TokenId, expires_at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO access_tokens (token_hash, grant_id, expires_at) VALUES ($1, $2, $3)"
    )
    .bind(Text(hash))
    .bind(Text(grant))
    .bind(At(expires_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The grant behind an access token that has not ended and whose grant still holds; with the token's end.
pub async fn lookup_access_token(
    c: &mut impl Connected,
    hash: &TokenHash,
    now: Time,
) -> Result<Option<(Grant, Time)>> {
    let end: Option<(Text<TokenId>, At)> = on!(c, |db| sqlx::query_as(
        "SELECT grant_id, expires_at FROM access_tokens WHERE token_hash = $1 AND expires_at > $2"
    )
    .bind(Text(hash))
    .bind(At(now))
    .fetch_optional(db)
    .await)?;
    let Some((grant, end)) = end else { return Ok(None) };
    let grant = lookup_grant(c, grant.0).await?.filter(|g| g.revoked_at.is_none());
    Ok(grant.map(|g| (g, end.0)))
}

/// Ends one access token.
pub async fn remove_access_token(tx: &mut Tx, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM access_tokens WHERE token_hash = $1")
        .bind(Text(hash))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A refresh token's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The family.
    pub grant_id: TokenId,
    /// When it ends.
    pub expires_at: Time,
    /// When it was exchanged for its successor.
    pub used_at: Option<Time>,
}

/// Writes a new refresh token.
pub async fn add_refresh_token(
    tx: &mut Tx,
    hash: &TokenHash,
    grant: TokenId,
    now: Time,
    expires_at: Time,
) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO refresh_tokens (token_hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)"
    )
    .bind(Text(hash))
    .bind(Text(grant))
    .bind(At(now))
    .bind(At(expires_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The refresh token with this hash, used or ended or not.
pub async fn lookup_refresh_token(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<RefreshToken>> {
    let row: Option<(Text<TokenId>, At, Option<At>)> = on!(c, |db| sqlx::query_as(
        "SELECT grant_id, expires_at, used_at FROM refresh_tokens WHERE token_hash = $1"
    )
    .bind(Text(hash))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(|(grant_id, expires_at, used_at)| RefreshToken {
        grant_id: grant_id.0,
        expires_at: expires_at.0,
        used_at: used_at.map(|t| t.0),
    }))
}

/// Marks a refresh token exchanged. False when somebody was first.
pub async fn use_refresh_token(tx: &mut Tx, hash: &TokenHash, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL"
    )
    .bind(Text(hash))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Remembers a client assertion until it ends by itself. False when it was seen before: a replay.
pub async fn see_client_assertion(
    tx: &mut Tx,
    application: ApplicationId,
    hash: &str,
    until: Time,
) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "INSERT INTO seen_assertions (connection_id, assertion_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (connection_id, assertion_hash) DO NOTHING"
    )
    .bind(Text(application))
    .bind(hash)
    .bind(At(until))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
