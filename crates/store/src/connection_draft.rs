//! Drafts beside live connections, and what connections were before they were replaced.

use model::{ConnectionId, Time, VersionId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Settings beside those in use; a connection has one at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Beside which connection.
    pub connection_id: ConnectionId,
    /// The settings that were in use when it was made.
    pub base: String,
    /// The settings, as they would be stored.
    pub config: String,
    /// The guide to follow.
    pub provider: String,
    /// When a test sign-in with exactly these came through.
    pub tested_at: Option<Time>,
    /// Who made it, as in the audit log.
    pub made_by: String,
    /// When.
    pub created_at: Time,
    /// When its settings changed last.
    pub updated_at: Time,
}

#[derive(FromRow)]
struct DraftRow {
    connection_id: Text<ConnectionId>,
    base: String,
    config: String,
    provider: String,
    tested_at: Option<At>,
    made_by: String,
    created_at: At,
    updated_at: At,
}

impl From<DraftRow> for Draft {
    fn from(row: DraftRow) -> Self {
        Self {
            connection_id: row.connection_id.0,
            base: row.base,
            config: row.config,
            provider: row.provider,
            tested_at: row.tested_at.map(|t| t.0),
            made_by: row.made_by,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// What a connection was until it was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// Of which connection.
    pub connection_id: ConnectionId,
    /// The settings.
    pub config: String,
    /// The guide.
    pub provider: String,
    /// When they were tested.
    pub tested_at: Option<Time>,
    /// Who replaced them, as in the audit log.
    pub replaced_by: String,
    /// When.
    pub replaced_at: Time,
}

#[derive(FromRow)]
struct VersionRow {
    id: Text<VersionId>,
    connection_id: Text<ConnectionId>,
    config: String,
    provider: String,
    tested_at: Option<At>,
    replaced_by: String,
    replaced_at: At,
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Self {
        Self {
            id: row.id.0,
            connection_id: row.connection_id.0,
            config: row.config,
            provider: row.provider,
            tested_at: row.tested_at.map(|t| t.0),
            replaced_by: row.replaced_by,
            replaced_at: row.replaced_at.0,
        }
    }
}

/// The draft of a connection, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Draft>> {
    let row: Option<DraftRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM connection_drafts WHERE connection_id = $1")
            .bind(Text(id))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// Writes the draft of a connection in the place of any other.
pub async fn set(tx: &mut Tx, it: &Draft) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO connection_drafts (connection_id, base, config, provider, tested_at, made_by, created_at,
                                            updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (connection_id) DO UPDATE SET base = excluded.base, config = excluded.config,
                provider = excluded.provider, tested_at = excluded.tested_at, made_by = excluded.made_by,
                created_at = excluded.created_at, updated_at = excluded.updated_at",
        )
        .bind(Text(it.connection_id))
        .bind(&it.base)
        .bind(&it.config)
        .bind(&it.provider)
        .bind(it.tested_at.map(At))
        .bind(&it.made_by)
        .bind(At(it.created_at))
        .bind(At(it.updated_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Takes the draft away. Whether there was one.
pub async fn remove(tx: &mut Tx, id: ConnectionId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM connection_drafts WHERE connection_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// The settings in use were brought up to date by themselves: a draft that stood beside the old ones stands beside the
/// new ones.
pub async fn rebase(tx: &mut Tx, id: ConnectionId, from: &str, to: &str) -> Result<()> {
    on!(tx, |db| {
        sqlx::query("UPDATE connection_drafts SET base = $3 WHERE connection_id = $1 AND base = $2")
            .bind(Text(id))
            .bind(from)
            .bind(to)
            .execute(db)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Keeps what a connection was, and forgets all but its `newest` versions.
pub async fn add_version(tx: &mut Tx, it: &Version, newest: usize) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO connection_versions (id, connection_id, config, provider, tested_at, replaced_by, replaced_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(Text(it.id))
        .bind(Text(it.connection_id))
        .bind(&it.config)
        .bind(&it.provider)
        .bind(it.tested_at.map(At))
        .bind(&it.replaced_by)
        .bind(At(it.replaced_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    on!(tx, |db| {
        sqlx::query(
            "DELETE FROM connection_versions WHERE connection_id = $1 AND id NOT IN
                (SELECT id FROM connection_versions WHERE connection_id = $1 ORDER BY id DESC LIMIT $2)",
        )
        .bind(Text(it.connection_id))
        .bind(i64::try_from(newest).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// What a connection was, newest first.
pub async fn versions(c: &mut impl Connected, id: ConnectionId) -> Result<Vec<Version>> {
    let rows: Vec<VersionRow> = on!(c, |db| {
        sqlx::query_as("SELECT * FROM connection_versions WHERE connection_id = $1 ORDER BY id DESC")
            .bind(Text(id))
            .fetch_all(db)
            .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Takes a version away: it is in use again.
pub async fn remove_version(tx: &mut Tx, id: VersionId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM connection_versions WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
