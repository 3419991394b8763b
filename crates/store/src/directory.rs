//! Directories. Their tokens are in `directory_token`. Users and groups that they send live in the submodules.

use std::time::Duration;

use model::{Directory, DirectoryId, DirectoryStatus, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

#[derive(FromRow)]
pub(crate) struct Row {
    id: Text<DirectoryId>,
    organization_id: Text<OrganizationId>,
    provider: String,
    status: Text<DirectoryStatus>,
    config: String,
    brake: String,
    last_request_at: Option<At>,
    longest_gap: i64,
    heard: i64,
    silent_since: Option<At>,
    created_at: At,
    updated_at: At,
}

impl From<Row> for Directory {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            provider: row.provider,
            status: row.status.0,
            config: row.config,
            brake: row.brake,
            last_request_at: row.last_request_at.map(|t| t.0),
            longest_gap: Duration::from_micros(u64::try_from(row.longest_gap).unwrap_or(0)),
            heard: row.heard,
            silent_since: row.silent_since.map(|t| t.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// Writes a new directory.
pub async fn add(tx: &mut Tx, it: &Directory) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO directories (id, organization_id, provider, status, config, last_request_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.provider)
    .bind(it.status.as_str())
    .bind(&it.config)
    .bind(it.last_request_at.map(At))
    .bind(At(it.created_at))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes everything that can change but the time of the last request, which [`touch`] keeps.
pub async fn update(tx: &mut Tx, it: &Directory) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query(
        "UPDATE directories SET provider = $2, status = $3, config = $4, updated_at = $5 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.provider)
    .bind(it.status.as_str())
    .bind(&it.config)
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes how the brake stands.
pub async fn set_brake(tx: &mut Tx, id: DirectoryId, brake: &str) -> Result<()> {
    tx.changes_settings();
    count_brake(tx, id, brake).await
}

/// How the brake of a directory stands now, as it is stored.
pub async fn brake(c: &mut impl Connected, id: DirectoryId) -> Result<Option<String>> {
    Ok(on!(c, |db| sqlx::query_scalar("SELECT brake FROM directories WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?)
}

/// As [`set_brake`], where nothing waited before and nothing waits now: only the count has changed, which nobody remembers.
pub async fn count_brake(tx: &mut Tx, id: DirectoryId, brake: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE directories SET brake = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(brake)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records that the provider asked something, and with it the longest pause so far.
pub async fn touch(tx: &mut Tx, id: DirectoryId, at: Time) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "UPDATE directories SET heard = heard + 1, last_request_at = $2,
            longest_gap = CASE WHEN $2 - last_request_at > longest_gap THEN $2 - last_request_at ELSE longest_gap END
         WHERE id = $1 AND (last_request_at IS NULL OR last_request_at < $2)"
    )
    .bind(Text(id))
    .bind(At(at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes since when people know that it is silent; none where it speaks again.
pub async fn set_silent(tx: &mut Tx, id: DirectoryId, since: Option<Time>) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE directories SET silent_since = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(since.map(At))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Live directories that were heard `heard` times or more, are silent since before `floor` and for longer than ever by
/// `now`, and of which nobody was told.
pub async fn list_quiet(
    c: &mut impl Connected,
    (now, floor): (Time, Time),
    heard: i64,
    limit: usize,
) -> Result<Vec<DirectoryId>> {
    let ids: Vec<Text<DirectoryId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT id FROM directories
         WHERE silent_since IS NULL AND status = 'active' AND heard >= $3 AND last_request_at < $2
           AND last_request_at + longest_gap + longest_gap / 4 < $1
         ORDER BY id LIMIT $4"
    )
    .bind(At(now))
    .bind(At(floor))
    .bind(heard)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// Directories of whose silence people were told, and that have spoken since.
pub async fn list_heard_again(c: &mut impl Connected, limit: usize) -> Result<Vec<DirectoryId>> {
    let ids: Vec<Text<DirectoryId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT id FROM directories WHERE last_request_at > silent_since ORDER BY id LIMIT $1"
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// The directory, if there is one.
pub async fn lookup(c: &mut impl Connected, id: DirectoryId) -> Result<Option<Directory>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM directories WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// An organization's directories, oldest first.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<Directory>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM directories WHERE organization_id = $1 ORDER BY id")
            .bind(Text(organization))
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
