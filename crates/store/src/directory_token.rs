//! The secrets of directories, bearer tokens and OAuth clients: two may work at once, so that one takes the other's place
//! without a gap.

use std::sync::Arc;

use model::{Directory, DirectoryId, DirectorySecret, Time, TokenHash, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::directory::Row;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A token that works, without itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryToken {
    /// Its id; a client's `client_id`.
    pub id: TokenId,
    /// What it is.
    pub kind: DirectorySecret,
    /// When it was made.
    pub created_at: Time,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Time>,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
}

#[derive(FromRow)]
struct TokenRow {
    id: Text<TokenId>,
    kind: Text<DirectorySecret>,
    created_at: At,
    last_used_at: Option<At>,
    expires_at: Option<At>,
}

#[derive(FromRow)]
struct OpenedRow {
    #[sqlx(flatten)]
    directory: Row,
    token_id: Text<TokenId>,
    token_used_at: Option<At>,
    token_expires_at: Option<At>,
}

/// Writes a new secret of the directory.
pub async fn add(
    tx: &mut Tx,
    (id, kind): (TokenId, DirectorySecret),
    directory: DirectoryId,
    hash: &TokenHash,
    (now, expires_at): (Time, Option<Time>),
) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query(
        "INSERT INTO directory_tokens (id, directory_id, token_hash, created_at, expires_at, kind)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(id))
    .bind(Text(directory))
    .bind(Text(hash))
    .bind(At(now))
    .bind(expires_at.map(At))
    .bind(Text(kind))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Revokes every token of the directory that still works.
pub async fn revoke_all(tx: &mut Tx, directory: DirectoryId, at: Time) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query(
        "UPDATE directory_tokens SET revoked_at = $2 WHERE directory_id = $1 AND revoked_at IS NULL"
    )
    .bind(Text(directory))
    .bind(At(at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Revokes one token of the directory. Whether it still worked.
pub async fn revoke(tx: &mut Tx, directory: DirectoryId, id: TokenId, at: Time) -> Result<bool> {
    tx.changes_settings();
    let rows = on!(tx, |db| {
        sqlx::query(
        "UPDATE directory_tokens SET revoked_at = $3 WHERE directory_id = $1 AND id = $2 AND revoked_at IS NULL"
    )
    .bind(Text(directory))
    .bind(Text(id))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// The tokens of the directory that work, newest first.
pub async fn list(c: &mut impl Connected, directory: DirectoryId, now: Time) -> Result<Vec<DirectoryToken>> {
    let rows: Vec<TokenRow> = on!(c, |db| {
        sqlx::query_as(
        "SELECT id, kind, created_at, last_used_at, expires_at FROM directory_tokens
         WHERE directory_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) ORDER BY id DESC"
    )
    .bind(Text(directory))
    .bind(At(now))
    .fetch_all(db)
    .await
    })?;
    Ok(rows
        .into_iter()
        .map(|r| DirectoryToken {
            id: r.id.0,
            kind: r.kind.0,
            created_at: r.created_at.0,
            last_used_at: r.last_used_at.map(|t| t.0),
            expires_at: r.expires_at.map(|t| t.0),
        })
        .collect())
}

/// A directory, and the secret that leads to it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The directory.
    pub directory: Arc<Directory>,
    /// The id of the secret.
    pub token: TokenId,
    /// When the secret was used last, to the minute.
    pub used_at: Option<Time>,
    /// When the secret ends by itself.
    pub expires_at: Option<Time>,
}

impl Opened {
    /// Whether the secret has not ended by itself.
    pub fn works(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// The directory that a working secret of this kind belongs to.
pub async fn open(
    c: &mut impl Connected,
    kind: DirectorySecret,
    hash: &TokenHash,
    now: Time,
) -> Result<Option<Opened>> {
    let row: Option<OpenedRow> = on!(c, |db| sqlx::query_as(
        "SELECT d.*, t.id AS token_id, t.last_used_at AS token_used_at, t.expires_at AS token_expires_at
         FROM directories d JOIN directory_tokens t ON t.directory_id = d.id
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
         AND t.kind = $3"
    )
    .bind(Text(hash))
    .bind(At(now))
    .bind(Text(kind))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(opened))
}

/// The directory of a client that still works.
pub async fn open_client(c: &mut impl Connected, id: TokenId, now: Time) -> Result<Option<Opened>> {
    let row: Option<OpenedRow> = on!(c, |db| sqlx::query_as(
        "SELECT d.*, t.id AS token_id, t.last_used_at AS token_used_at, t.expires_at AS token_expires_at
         FROM directories d JOIN directory_tokens t ON t.directory_id = d.id
         WHERE t.id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
         AND t.kind = 'client'"
    )
    .bind(Text(id))
    .bind(At(now))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(opened))
}

fn opened(r: OpenedRow) -> Opened {
    Opened {
        directory: Arc::new(r.directory.into()),
        token: r.token_id.0,
        used_at: r.token_used_at.map(|t| t.0),
        expires_at: r.token_expires_at.map(|t| t.0),
    }
}

/// Records that a token was used.
pub async fn touch(tx: &mut Tx, id: TokenId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE directory_tokens SET last_used_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
