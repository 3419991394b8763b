//! The record of every SCIM request with its outcome explained.

use model::{DirectoryId, OrganizationId, Time, TraceId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Page, Result, Tx};

/// A request that a directory's provider made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimRequest {
    /// Its id: the reference in an error answer.
    pub id: TraceId,
    /// To which directory.
    pub directory_id: DirectoryId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Time,
    /// HTTP method.
    pub method: String,
    /// Path below the directory, with the query.
    pub path: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// What happened, in one sentence.
    pub outcome: String,
    /// The body as it came, without passwords, cut where it is long.
    pub body: Option<String>,
    /// The directory user it was about, so that erasure finds it.
    pub subject_id: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Text<TraceId>,
    directory_id: Text<DirectoryId>,
    organization_id: Text<OrganizationId>,
    at: At,
    method: String,
    path: String,
    status: i64,
    outcome: String,
    body: Option<String>,
    subject_id: Option<String>,
}

impl From<Row> for ScimRequest {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            directory_id: row.directory_id.0,
            organization_id: row.organization_id.0,
            at: row.at.0,
            method: row.method,
            path: row.path,
            status: u16::try_from(row.status).unwrap_or(0),
            outcome: row.outcome,
            body: row.body,
            subject_id: row.subject_id,
        }
    }
}

/// Whose requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// All of an organization's directories.
    Organization(OrganizationId),
    /// One directory.
    Directory(DirectoryId),
    /// Every organization's.
    Everything,
}

/// Writes the record of a request.
pub async fn add(tx: &mut Tx, it: &ScimRequest) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO scim_requests (id, directory_id, organization_id, at, method, path, status, outcome, body, subject_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(Text(it.directory_id))
    .bind(Text(it.organization_id))
    .bind(At(it.at))
    .bind(&it.method)
    .bind(&it.path)
    .bind(i64::from(it.status))
    .bind(&it.outcome)
    .bind(&it.body)
    .bind(&it.subject_id)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes the record of a request that was made a while ago, unless the user it was about is gone since.
pub async fn add_unless_erased(tx: &mut Tx, it: &ScimRequest) -> Result<()> {
    if let Some(subject) = &it.subject_id {
        let there: Option<(String,)> =
            on!(tx, |db| sqlx::query_as("SELECT id FROM directory_users WHERE id = $1")
                .bind(subject)
                .fetch_optional(db)
                .await)?;
        if there.is_none() {
            return Ok(());
        }
    }
    add(tx, it).await
}

/// The request with this reference, whosever it is: for operators.
pub async fn lookup_any(c: &mut impl Connected, id: TraceId) -> Result<Option<ScimRequest>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM scim_requests WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Requests, newest first. `cursor` is the last page's `next`; `refused` leaves out those that went well.
pub async fn list(
    c: &mut impl Connected,
    of: Of,
    refused: bool,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<ScimRequest>> {
    let (sql, id) = match of {
        Of::Organization(id) => (
            "SELECT * FROM scim_requests WHERE organization_id = $1 AND id < $2 AND status >= $3
             ORDER BY id DESC LIMIT $4",
            id.to_string(),
        ),
        Of::Everything => (
            "SELECT * FROM scim_requests WHERE $1 = '' AND id < $2 AND status >= $3 ORDER BY id DESC LIMIT $4",
            String::new(),
        ),
        Of::Directory(id) => (
            "SELECT * FROM scim_requests WHERE directory_id = $1 AND id < $2 AND status >= $3
             ORDER BY id DESC LIMIT $4",
            id.to_string(),
        ),
    };
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(sql)
        .bind(&id)
        .bind(cursor.unwrap_or("~"))
        .bind(if refused { 400_i64 } else { 0 })
        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Page::from_rows(items, limit, |it: &ScimRequest| it.id.to_string()))
}

/// One request of an organization.
pub async fn lookup(
    c: &mut impl Connected,
    organization: OrganizationId,
    id: TraceId,
) -> Result<Option<ScimRequest>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM scim_requests WHERE id = $1 AND organization_id = $2")
            .bind(Text(id))
            .bind(Text(organization))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}
