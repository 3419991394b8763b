//! Users as directories sent them: the whole resource, and the folded columns that answer look-ups.

use model::{DirectoryId, DirectoryUserId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx, fold};

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
    /// Whether the person may use the product.
    pub active: bool,
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
struct Row {
    id: Text<DirectoryUserId>,
    directory_id: Text<DirectoryId>,
    user_name_folded: String,
    external_id: Option<String>,
    email_folded: Option<String>,
    active: bool,
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
            active: row.active,
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
}

/// Writes a new user. `more` are its addresses beside `email_folded`, as written.
pub async fn add(tx: &mut Tx, it: &DirectoryUser, more: &[&str]) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO directory_users (id, directory_id, user_name_folded, external_id, email_folded, active,
             resource, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(Text(it.directory_id))
    .bind(&it.user_name_folded)
    .bind(&it.external_id)
    .bind(&it.email_folded)
    .bind(it.active)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.created_at))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    add_emails(tx, it, more).await
}

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &DirectoryUser, more: &[&str]) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE directory_users SET user_name_folded = $2, external_id = $3, email_folded = $4, active = $5,
             resource = $6, version = $7, updated_at = $8 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.user_name_folded)
    .bind(&it.external_id)
    .bind(&it.email_folded)
    .bind(it.active)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    on!(tx, |db| sqlx::query("DELETE FROM directory_user_emails WHERE user_id = $1")
        .bind(Text(it.id))
        .execute(db)
        .await
        .map(|_| ()))?;
    add_emails(tx, it, more).await
}

async fn add_emails(tx: &mut Tx, it: &DirectoryUser, more: &[&str]) -> Result<()> {
    for email in more.iter().map(|email| fold(email)).filter(|email| it.email_folded.as_ref() != Some(email))
    {
        on!(tx, |db| sqlx::query(
            "INSERT INTO directory_user_emails (user_id, email_folded) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        )
        .bind(Text(it.id))
        .bind(&email)
        .execute(db)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}

/// Removes a user and its memberships in groups.
pub async fn remove(tx: &mut Tx, id: DirectoryUserId) -> Result<()> {
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

/// The directory's users that an index finds, in order of arrival.
pub async fn find(c: &mut impl Connected, directory: DirectoryId, by: By<'_>) -> Result<Vec<DirectoryUser>> {
    let (sql, value) = match by {
        By::UserName(name) => {
            ("SELECT * FROM directory_users WHERE directory_id = $1 AND user_name_folded = $2", fold(name))
        }
        By::ExternalId(id) => (
            "SELECT * FROM directory_users WHERE directory_id = $1 AND external_id = $2 ORDER BY id",
            id.to_owned(),
        ),
        By::Email(email) => (
            "SELECT * FROM directory_users WHERE directory_id = $1 AND email_folded = $2
             UNION
             SELECT u.* FROM directory_users u JOIN directory_user_emails e ON e.user_id = u.id
             WHERE u.directory_id = $1 AND e.email_folded = $2 ORDER BY id",
            fold(email),
        ),
    };
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(&value).fetch_all(db).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
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

/// Up to `limit` users in order of arrival, without the first `offset`.
pub async fn page(
    c: &mut impl Connected,
    directory: DirectoryId,
    offset: u64,
    limit: u32,
) -> Result<Vec<DirectoryUser>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_users WHERE directory_id = $1 ORDER BY id LIMIT $2 OFFSET $3"
    )
    .bind(Text(directory))
    .bind(i64::from(limit))
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The users that came last, newest first.
pub async fn latest(
    c: &mut impl Connected,
    directory: DirectoryId,
    limit: usize,
) -> Result<Vec<DirectoryUser>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_users WHERE directory_id = $1 ORDER BY id DESC LIMIT $2"
    )
    .bind(Text(directory))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many users a directory has.
pub async fn count(c: &mut impl Connected, directory: DirectoryId) -> Result<u64> {
    let count: i64 =
        on!(c, |db| sqlx::query_scalar("SELECT COUNT(*) FROM directory_users WHERE directory_id = $1")
            .bind(Text(directory))
            .fetch_one(db)
            .await)?;
    Ok(u64::try_from(count).unwrap_or(0))
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
