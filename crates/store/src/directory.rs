//! Directories. Their tokens are in `directory_token`. Users and groups that they send live in the submodules.

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
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// Writes a new directory.
pub async fn add(tx: &mut Tx, it: &Directory) -> Result<()> {
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
    on!(tx, |db| sqlx::query("UPDATE directories SET brake = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(brake)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records that the provider asked something.
pub async fn touch(tx: &mut Tx, id: DirectoryId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE directories SET last_request_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
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
