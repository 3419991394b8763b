//! Users as directories sent them: the whole resource, and the folded columns that answer look-ups.

use model::{DirectoryId, DirectoryUserId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx, directory_mark, fold};

mod add;
mod grouped;
mod known;
mod update;

pub(crate) use add::TAKEN;
pub use add::{Taken, add};
pub use grouped::{GroupName, lookup_grouped};
pub use known::known;
pub(crate) use known::known_statement;
pub use update::update;

/// A user of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Its id, given by us.
    pub id: DirectoryUserId,
    /// Which directory sent it.
    pub directory_id: DirectoryId,
    /// The user name as compared: folded.
    pub user_name_folded: String,
    /// The provider's own id; case matters.
    pub external_id: Option<String>,
    /// The address to write to, folded.
    pub email_folded: Option<String>,
    /// The name for people as compared, folded, empty where there is none; unknown of users from before it was kept.
    pub display_name_folded: Option<String>,
    /// Whether the person may use the product.
    pub active: bool,
    /// The person left and keeps the account as a personal one: the company is shown nothing of the person.
    pub claimed: bool,
    /// The resource as JSON, without id, meta and groups.
    pub resource: String,
    /// Grows with every change.
    pub version: i64,
    /// When it first came.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

#[derive(FromRow)]
pub(crate) struct Row {
    id: Text<DirectoryUserId>,
    directory_id: Text<DirectoryId>,
    user_name_folded: String,
    external_id: Option<String>,
    email_folded: Option<String>,
    display_name_folded: Option<String>,
    active: bool,
    claimed: bool,
    resource: String,
    version: i64,
    created_at: At,
    updated_at: At,
}

impl From<Row> for DirectoryUser {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            directory_id: row.directory_id.0,
            user_name_folded: row.user_name_folded,
            external_id: row.external_id,
            email_folded: row.email_folded,
            display_name_folded: row.display_name_folded,
            active: row.active,
            claimed: row.claimed,
            resource: row.resource,
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// What an index finds users by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// User name, whatever its case.
    UserName(&'a str),
    /// The provider's id, exactly.
    ExternalId(&'a str),
    /// Any of the addresses, whatever its case.
    Email(&'a str),
    /// The name for people, whatever its case; also users of whom it is not known.
    DisplayName(&'a str),
}

/// Removes a user and its memberships in groups.
pub async fn remove(tx: &mut Tx, id: DirectoryUserId) -> Result<()> {
    directory_mark::leave(tx, id).await?;
    on!(tx, |db| sqlx::query("DELETE FROM directory_group_members WHERE member_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    on!(tx, |db| sqlx::query("DELETE FROM directory_users WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The user with this id, if this directory sent it.
pub async fn lookup(
    c: &mut impl Connected,
    directory: DirectoryId,
    id: DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM directory_users WHERE id = $1 AND directory_id = $2")
            .bind(Text(id))
            .bind(Text(directory))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

impl By<'_> {
    /// The statement and its value. No order: an index in the order asked for would be taken before the one that finds. And
    /// a join that leaves SQLite no other order of the tables either.
    pub(crate) fn statement(self) -> (&'static str, String) {
        match self {
            By::UserName(name) => (
                "SELECT * FROM directory_users WHERE directory_id = $1 AND user_name_folded = $2",
                fold(name),
            ),
            By::ExternalId(id) => {
                ("SELECT * FROM directory_users WHERE directory_id = $1 AND external_id = $2", id.to_owned())
            }
            By::Email(email) => (
                "SELECT * FROM directory_users WHERE directory_id = $1 AND email_folded = $2
                 UNION ALL
                 SELECT u.* FROM directory_user_emails e CROSS JOIN directory_users u
                 WHERE e.email_folded = $2 AND u.id = e.user_id AND u.directory_id = $1",
                fold(email),
            ),
            By::DisplayName(name) => (
                "SELECT * FROM directory_users WHERE directory_id = $1 AND display_name_folded = $2
                 UNION ALL
                 SELECT * FROM directory_users WHERE directory_id = $1 AND display_name_folded IS NULL",
                fold(name),
            ),
        }
    }
}

/// The directory's users that an index finds, in order of arrival.
pub async fn find(c: &mut impl Connected, directory: DirectoryId, by: By<'_>) -> Result<Vec<DirectoryUser>> {
    let (sql, value) = by.statement();
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(&value).fetch_all(db).await)?;
    let mut found: Vec<DirectoryUser> = rows.into_iter().map(Into::into).collect();
    found.sort_by_key(|one| one.id);
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
}

/// Up to `limit` users in order of arrival, after `after`.
pub async fn list(
    c: &mut impl Connected,
    directory: DirectoryId,
    after: Option<DirectoryUserId>,
    limit: usize,
) -> Result<Vec<DirectoryUser>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_users WHERE directory_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    )
    .bind(Text(directory))
    .bind(&after)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(crate) const PAGE: &str =
    "SELECT * FROM directory_users WHERE directory_id = $1 AND id >= $2 ORDER BY id LIMIT $3 OFFSET $4";

/// How many users a directory has, and up to `limit` of them in order of arrival, without the first `offset`.
pub async fn page(
    c: &mut impl Connected,
    directory: DirectoryId,
    offset: u64,
    limit: u32,
) -> Result<(u64, Vec<DirectoryUser>)> {
    let marks = directory_mark::of(c, directory).await?;
    let total = marks.iter().map(|(_, users)| users).sum();
    if limit == 0 || offset >= total {
        return Ok((total, Vec::new()));
    }
    let (first, passed) = directory_mark::place(&marks, offset);
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(PAGE)
        .bind(Text(directory))
        .bind(first)
        .bind(i64::from(limit))
        .bind(i64::try_from(passed).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    Ok((total, rows.into_iter().map(Into::into).collect()))
}

/// As [`list`], without whoever claimed: what may be shown.
pub async fn list_shown(
    c: &mut impl Connected,
    directory: DirectoryId,
    after: Option<DirectoryUserId>,
    limit: usize,
) -> Result<Vec<DirectoryUser>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM directory_users WHERE directory_id = $1 AND id > $2 AND claimed = FALSE ORDER BY id LIMIT $3"
    )
    .bind(Text(directory))
    .bind(&after)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(crate) const CLAIMED: &str =
    "SELECT id FROM directory_users WHERE directory_id = $1 AND claimed = TRUE ORDER BY id DESC LIMIT $2";

/// The users of a directory whose people claimed, at most `limit`.
pub async fn claimed(c: &mut impl Connected, directory: DirectoryId, limit: usize) -> Result<Vec<String>> {
    Ok(on!(c, |db| sqlx::query_scalar(CLAIMED)
        .bind(Text(directory))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?)
}

/// Keeps in mind that the person behind a user claimed the account.
pub(crate) async fn claim(tx: &mut Tx, id: DirectoryUserId) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE directory_users SET claimed = TRUE WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The users that came last, newest first, without whoever claimed: what may be shown.
pub async fn latest(
    c: &mut impl Connected,
    directory: DirectoryId,
    limit: usize,
) -> Result<Vec<DirectoryUser>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM directory_users WHERE directory_id = $1 AND claimed = FALSE ORDER BY id DESC LIMIT $2"
    )
    .bind(Text(directory))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many users a directory has.
pub async fn count(c: &mut impl Connected, directory: DirectoryId) -> Result<u64> {
    Ok(directory_mark::of(c, directory).await?.iter().map(|(_, users)| users).sum())
}

/// How many users a directory marks as inactive.
pub async fn count_inactive(c: &mut impl Connected, directory: DirectoryId) -> Result<u64> {
    let count: i64 = on!(c, |db| sqlx::query_scalar(
        "SELECT COUNT(*) FROM directory_users WHERE directory_id = $1 AND active = FALSE"
    )
    .bind(Text(directory))
    .fetch_one(db)
    .await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// How many of a directory's users are behind a member, and how many of those members are incomplete.
pub async fn count_members(c: &mut impl Connected, directory: DirectoryId) -> Result<(u64, u64)> {
    let (all, incomplete): (i64, i64) = on!(c, |db| sqlx::query_as(
        "SELECT COUNT(*), COUNT(CASE WHEN m.status = 'incomplete' THEN 1 END)
         FROM directory_users u JOIN members m ON m.directory_user_id = u.id WHERE u.directory_id = $1"
    )
    .bind(Text(directory))
    .fetch_one(db)
    .await)?;
    Ok((u64::try_from(all).unwrap_or(0), u64::try_from(incomplete).unwrap_or(0)))
}
