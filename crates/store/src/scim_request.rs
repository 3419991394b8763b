//! The record of every SCIM request with its outcome explained.

use std::sync::OnceLock;

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
    /// What it changed, from what to what: JSON of the `directory` room.
    pub effect: Option<String>,
    /// Why it was refused: a code.
    pub cause: Option<String>,
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
    effect: Option<String>,
    cause: Option<String>,
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
            effect: row.effect,
            cause: row.cause,
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

/// Values of a record.
const VALUES: usize = 12;
/// Records in one statement, the most first.
const ROWS: [usize; 3] = [50, 10, 1];

static ADD: OnceLock<String> = OnceLock::new();
static ADD_UNLESS_ERASED: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];

const COLUMNS: &str =
    "id, directory_id, organization_id, at, method, path, status, outcome, body, subject_id, effect, cause";

/// Binds a record's values to a statement of either driver.
macro_rules! bind_record {
    ($query:expr, $record:expr) => {{
        let it = $record;
        $query
            .bind($crate::value::Text(it.id))
            .bind($crate::value::Text(it.directory_id))
            .bind($crate::value::Text(it.organization_id))
            .bind($crate::value::At(it.at))
            .bind(&it.method)
            .bind(&it.path)
            .bind(i64::from(it.status))
            .bind(&it.outcome)
            .bind(&it.body)
            .bind(&it.subject_id)
            .bind(&it.effect)
            .bind(&it.cause)
    }};
}
pub(crate) use bind_record;

fn values(from: usize) -> String {
    let values: Vec<String> = (from..from + VALUES).map(|at| format!("${at}")).collect();
    format!("({})", values.join(", "))
}

/// The statement that writes a record, whose values begin at parameter `from`.
pub(crate) fn insert_statement(from: usize) -> String {
    format!("INSERT INTO scim_requests ({COLUMNS}) VALUES {}", values(from))
}

/// Writes the record of a request.
pub async fn add(tx: &mut Tx, it: &ScimRequest) -> Result<()> {
    let sql = ADD.get_or_init(|| insert_statement(1));
    on!(tx, |db| {
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()));
        bind_record!(query, it).execute(db).await.map(|_| ())
    })?;
    Ok(())
}

/// Writes the record of the request that the transaction answers, with its commit: after everything else it does.
pub fn keep(tx: &mut Tx, it: ScimRequest) {
    tx.keep_record(it);
}

/// Each record on its own terms: one about a user who is gone, or has claimed, is left out.
fn add_unless_erased_statement(rows: usize) -> String {
    let values: Vec<String> = (0..rows).map(|row| values(1 + row * VALUES)).collect();
    format!(
        "WITH v ({COLUMNS}) AS (VALUES {})
         INSERT INTO scim_requests ({COLUMNS})
         SELECT {COLUMNS} FROM v WHERE subject_id IS NULL
            OR EXISTS (SELECT 1 FROM directory_users u WHERE u.id = v.subject_id AND u.claimed = FALSE)",
        values.join(", ")
    )
}

/// Writes the records of requests that were made a while ago, except those about users who are gone since, or have claimed.
pub async fn add_unless_erased(tx: &mut Tx, records: &[&ScimRequest]) -> Result<()> {
    let mut left = records;
    while !left.is_empty() {
        let (at, rows) = fitting(left.len());
        let (some, rest) = left.split_at(rows);
        let sql = ADD_UNLESS_ERASED[at].get_or_init(|| add_unless_erased_statement(rows));
        on!(tx, |db| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()));
            for it in some {
                query = bind_record!(query, it);
            }
            query.execute(db).await.map(|_| ())
        })?;
        left = rest;
    }
    Ok(())
}

/// The largest statement that so many records fill.
fn fitting(records: usize) -> (usize, usize) {
    let at = ROWS.iter().position(|rows| *rows <= records).unwrap_or(ROWS.len() - 1);
    (at, ROWS[at])
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
    let items = match of {
        Of::Everything => latest(c, (EVERYWHERE, ""), refused, cursor, limit).await?,
        Of::Directory(id) => latest(c, (IN_DIRECTORY, &id.to_string()), refused, cursor, limit).await?,
        Of::Organization(id) => {
            // Few directories, each with an index of its requests: an index of the organization's would cost each request.
            let directories: Vec<String> = on!(c, |db| {
                sqlx::query_scalar("SELECT id FROM directories WHERE organization_id = $1")
                    .bind(Text(id))
                    .fetch_all(db)
                    .await
            })?;
            let mut all = Vec::new();
            for directory in &directories {
                all.extend(latest(c, (IN_DIRECTORY, directory), refused, cursor, limit).await?);
            }
            all.sort_by_key(|it| std::cmp::Reverse(it.id));
            all
        }
    };
    Ok(Page::from_rows(items, limit, |it: &ScimRequest| it.id.to_string()))
}

const EVERYWHERE: &str =
    "SELECT * FROM scim_requests WHERE $1 = '' AND id < $2 AND status >= $3 ORDER BY id DESC LIMIT $4";
const IN_DIRECTORY: &str = "SELECT * FROM scim_requests WHERE directory_id = $1 AND id < $2 AND status >= $3 ORDER BY id DESC LIMIT $4";

/// One more than `limit`, so that it shows whether there are more.
async fn latest(
    c: &mut impl Connected,
    (sql, id): (&'static str, &str),
    refused: bool,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Vec<ScimRequest>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(sql)
        .bind(id)
        .bind(cursor.unwrap_or("~"))
        .bind(if refused { 400_i64 } else { 0 })
        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
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

/// Which requests of a directory to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which<'a> {
    /// Only those that were refused.
    pub refused: bool,
    /// Only those that were refused for this reason.
    pub cause: Option<&'a str>,
    /// Only those about this user.
    pub subject: Option<&'a str>,
    /// The last page's `next`.
    pub cursor: Option<&'a str>,
}

/// Requests of one directory, newest first.
pub async fn search(
    c: &mut impl Connected,
    directory: DirectoryId,
    which: Which<'_>,
    limit: usize,
) -> Result<Page<ScimRequest>> {
    // Each condition has an index of its own, which a statement with all of them would not use.
    let (sql, value) = match (which.subject, which.cause, which.refused) {
        (Some(subject), _, _) => (
            "SELECT * FROM scim_requests WHERE subject_id = $3 AND directory_id = $1 AND id < $2
             ORDER BY id DESC LIMIT $4",
            subject,
        ),
        (None, Some(cause), _) => (
            "SELECT * FROM scim_requests WHERE directory_id = $1 AND id < $2 AND cause = $3 AND status >= 400
             ORDER BY id DESC LIMIT $4",
            cause,
        ),
        (None, None, true) => (
            "SELECT * FROM scim_requests WHERE directory_id = $1 AND id < $2 AND $3 = '' AND status >= 400
             ORDER BY id DESC LIMIT $4",
            "",
        ),
        (None, None, false) => (
            "SELECT * FROM scim_requests WHERE directory_id = $1 AND id < $2 AND $3 = ''
             ORDER BY id DESC LIMIT $4",
            "",
        ),
    };
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(sql)
        .bind(Text(directory))
        .bind(which.cursor.unwrap_or("~"))
        .bind(value)
        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Page::from_rows(items, limit, |it: &ScimRequest| it.id.to_string()))
}

/// Why requests were refused, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The code.
    pub code: String,
    /// How many requests.
    pub count: u64,
    /// The last of them.
    pub last: TraceId,
}

/// The causes for which a directory's requests were refused since `since`, the most frequent first.
pub async fn causes(c: &mut impl Connected, directory: DirectoryId, since: Time) -> Result<Vec<Cause>> {
    let rows: Vec<(String, i64, Text<TraceId>)> = on!(c, |db| sqlx::query_as(
        "SELECT COALESCE(cause, ''), COUNT(*), MAX(id) FROM scim_requests
         WHERE directory_id = $1 AND id >= $2 AND status >= 400
         GROUP BY COALESCE(cause, '') ORDER BY 2 DESC, 1"
    )
    .bind(Text(directory))
    .bind(Text(TraceId::first_of(since)))
    .fetch_all(db)
    .await)?;
    let one = |(code, count, last): (String, i64, Text<TraceId>)| Cause {
        code,
        count: u64::try_from(count).unwrap_or(0),
        last: last.0,
    };
    Ok(rows.into_iter().map(one).collect())
}

/// Forgets at most `limit` requests from before `before`, the oldest first. How many there were.
pub async fn forget_before(tx: &mut Tx, before: Time, limit: usize) -> Result<u64> {
    Ok(on!(tx, |db| {
        sqlx::query(
            "DELETE FROM scim_requests WHERE id IN
                (SELECT id FROM scim_requests WHERE id < $1 ORDER BY id LIMIT $2)",
        )
        // A record's id is made at the moment of the request.
        .bind(Text(TraceId::first_of(before)))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?)
}
