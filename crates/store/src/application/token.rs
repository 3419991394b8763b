//! Tokens of a grant: hashes of refresh tokens, and of access tokens that were given back.

use model::{ApplicationId, Time, TokenHash, TokenId};
use sqlx::FromRow;

use super::grant::{Grant, GrantRow};
use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// The grant, if it still holds, its session is there, and this access token of it was not given back.
pub async fn lookup_granted(
    c: &mut impl Connected,
    id: TokenId,
    access_token: &TokenHash,
) -> Result<Option<Grant>> {
    let row: Option<GrantRow> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM grants WHERE id = $1 AND revoked_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM ended_access_tokens WHERE token_hash = $2)
           AND (session_id IS NULL OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = grants.session_id))",
        )
        .bind(Text(id))
        .bind(Text(access_token))
        .fetch_optional(db)
        .await
    })?;
    Ok(row.map(Into::into))
}

/// Ends one access token of a grant, which would have ended by itself then.
pub async fn end_access_token(tx: &mut Tx, hash: &TokenHash, grant: TokenId, then: Time) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO ended_access_tokens (token_hash, grant_id, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash) DO NOTHING"
    )
    .bind(Text(hash))
    .bind(Text(grant))
    .bind(At(then))
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
    /// When it was exchanged for its successor, or given up for another one.
    pub used_at: Option<Time>,
    /// The token that it was exchanged for last.
    pub replaced_by: Option<TokenHash>,
    /// When that one was exchanged in turn.
    pub successor_used_at: Option<Time>,
}

#[derive(FromRow)]
struct RefreshRow {
    grant_id: Text<TokenId>,
    expires_at: At,
    used_at: Option<At>,
    replaced_by: Option<Text<TokenHash>>,
    successor_used_at: Option<At>,
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
    let row: Option<RefreshRow> = on!(c, |db| {
        sqlx::query_as(
        "SELECT r.grant_id, r.expires_at, r.used_at, r.replaced_by, s.used_at AS successor_used_at
         FROM refresh_tokens r LEFT JOIN refresh_tokens s ON s.token_hash = r.replaced_by WHERE r.token_hash = $1"
    )
    .bind(Text(hash))
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(|r| RefreshToken {
        grant_id: r.grant_id.0,
        expires_at: r.expires_at.0,
        used_at: r.used_at.map(|t| t.0),
        replaced_by: r.replaced_by.map(|v| v.0),
        successor_used_at: r.successor_used_at.map(|t| t.0),
    }))
}

/// Marks a refresh token exchanged for `successor`. False when somebody was first.
pub async fn use_refresh_token(
    tx: &mut Tx,
    hash: &TokenHash,
    successor: Option<&TokenHash>,
    at: Time,
) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
        "UPDATE refresh_tokens SET used_at = $2, replaced_by = $3 WHERE token_hash = $1 AND used_at IS NULL"
    )
    .bind(Text(hash))
    .bind(At(at))
    .bind(successor.map(Text))
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// Names another successor for a token that was exchanged before.
pub async fn replace_successor(tx: &mut Tx, hash: &TokenHash, successor: &TokenHash) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE refresh_tokens SET replaced_by = $2 WHERE token_hash = $1")
        .bind(Text(hash))
        .bind(Text(successor))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
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
