//! Uploaded files of people, kept until they are imported or forgotten.

use model::{ImportId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// What it was called.
    pub file_name: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Who uploaded it.
    pub created_by: String,
    /// When.
    pub created_at: Time,
    /// When it was imported.
    pub applied_at: Option<Time>,
    /// What the import did, as JSON.
    pub result: String,
}

#[derive(FromRow)]
struct Row {
    id: Text<ImportId>,
    organization_id: Text<OrganizationId>,
    file_name: String,
    content: Vec<u8>,
    created_by: String,
    created_at: At,
    applied_at: Option<At>,
    result: String,
}

/// Keeps a file.
pub async fn add(tx: &mut Tx, it: &Import) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO imports (id, organization_id, file_name, content, created_by, created_at, result)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.file_name)
    .bind(&it.content)
    .bind(&it.created_by)
    .bind(At(it.created_at))
    .bind(&it.result)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The file of this organization, if there is one.
pub async fn lookup(
    c: &mut impl Connected,
    organization: OrganizationId,
    id: ImportId,
) -> Result<Option<Import>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM imports WHERE id = $1 AND organization_id = $2")
            .bind(Text(id))
            .bind(Text(organization))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|r| Import {
        id: r.id.0,
        organization_id: r.organization_id.0,
        file_name: r.file_name,
        content: r.content,
        created_by: r.created_by,
        created_at: r.created_at.0,
        applied_at: r.applied_at.map(|t| t.0),
        result: r.result,
    }))
}

/// Records that it was imported, and keeps of its content only the rows to mend: the rest is in the members by now.
pub async fn set_applied(tx: &mut Tx, id: ImportId, at: Time, result: &str, rejected: &[u8]) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE imports SET applied_at = $2, result = $3, content = $4 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .bind(result)
        .bind(rejected)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Forgets files of people that are older than `before`.
pub async fn forget(tx: &mut Tx, before: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM imports WHERE created_at < $1")
        .bind(At(before))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
