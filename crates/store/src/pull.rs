//! Directories that we read ourselves: from where, when next, what was read, and which version of it.

use std::collections::HashMap;
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use model::{DirectoryGroupId, DirectoryId, DirectoryUserId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// How a directory is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Which directory.
    pub directory_id: DirectoryId,
    /// The kind of source.
    pub source: String,
    /// Sealed settings.
    pub settings: String,
    /// When it is read next.
    pub next_at: Time,
    /// Somebody reads it until then.
    pub claimed_until: Option<Time>,
    /// The number of the last reading that was begun.
    pub run: i64,
    /// When every person was last read in full.
    pub whole_at: Option<Time>,
    /// When it was last read to the end.
    pub read_at: Option<Time>,
    /// Readings that failed since.
    pub failures: i64,
    /// When people were told of that.
    pub told_at: Option<Time>,
    /// How the last reading went, as JSON.
    pub outcome: String,
}

#[derive(FromRow)]
struct Row {
    directory_id: Text<DirectoryId>,
    source: String,
    settings: String,
    next_at: At,
    claimed_until: Option<At>,
    run: i64,
    whole_at: Option<At>,
    read_at: Option<At>,
    failures: i64,
    told_at: Option<At>,
    outcome: String,
}

impl From<Row> for Pull {
    fn from(row: Row) -> Self {
        Self {
            directory_id: row.directory_id.0,
            source: row.source,
            settings: row.settings,
            next_at: row.next_at.0,
            claimed_until: row.claimed_until.map(|t| t.0),
            run: row.run,
            whole_at: row.whole_at.map(|t| t.0),
            read_at: row.read_at.map(|t| t.0),
            failures: row.failures,
            told_at: row.told_at.map(|t| t.0),
            outcome: row.outcome,
        }
    }
}

/// Writes where a directory is read from; it is due at `next_at`, and everything is read anew.
pub async fn set(
    tx: &mut Tx,
    id: DirectoryId,
    (source, settings): (&str, &str),
    next_at: Time,
) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO directory_pulls (directory_id, source, settings, next_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (directory_id) DO UPDATE SET source = excluded.source, settings = excluded.settings,
             next_at = excluded.next_at, claimed_until = NULL, run = directory_pulls.run + 1, whole_at = NULL"
    )
    .bind(Text(id))
    .bind(source)
    .bind(settings)
    .bind(At(next_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// How the directory is read; none where its provider sends by itself.
pub async fn lookup(c: &mut impl Connected, id: DirectoryId) -> Result<Option<Pull>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM directory_pulls WHERE directory_id = $1")
            .bind(Text(id))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// Makes it due. `whole` asks for every person in full.
pub async fn due(tx: &mut Tx, id: DirectoryId, at: Time, whole: bool) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE directory_pulls SET next_at = $2, whole_at = CASE WHEN $3 THEN NULL ELSE whole_at END
         WHERE directory_id = $1"
    )
    .bind(Text(id))
    .bind(At(at))
    .bind(whole)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Up to `limit` directories that are due and read by nobody. Asked of a reader, so that nothing waits for the writer
/// where nothing is due.
pub async fn list_due(c: &mut impl Connected, now: Time, limit: i64) -> Result<Vec<DirectoryId>> {
    let rows: Vec<(Text<DirectoryId>,)> = on!(c, |db| sqlx::query_as(
        "SELECT directory_id FROM directory_pulls
         WHERE next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) ORDER BY next_at LIMIT $2"
    )
    .bind(At(now))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

/// Takes a directory that is due, for as long as `lease`. None where somebody else was first.
pub async fn claim(tx: &mut Tx, id: DirectoryId, now: Time, lease: Duration) -> Result<Option<Pull>> {
    let taken = on!(tx, |db| sqlx::query(
        "UPDATE directory_pulls SET run = run + 1, claimed_until = $3
         WHERE directory_id = $1 AND next_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)"
    )
    .bind(Text(id))
    .bind(At(now))
    .bind(At(now.after(lease)))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    if taken == 0 { Ok(None) } else { lookup(tx, id).await }
}

/// Goes on with a reading. False where another one has begun since.
pub async fn renew(tx: &mut Tx, id: DirectoryId, run: i64, until: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE directory_pulls SET claimed_until = $3 WHERE directory_id = $1 AND run = $2"
    )
    .bind(Text(id))
    .bind(run)
    .bind(At(until))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends a reading: everything of `it` that changes with one. False where another one has begun since.
pub async fn finish(tx: &mut Tx, it: &Pull) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
        "UPDATE directory_pulls SET next_at = $3, claimed_until = NULL, whole_at = $4, read_at = $5, failures = $6,
             told_at = $7, outcome = $8 WHERE directory_id = $1 AND run = $2"
    )
    .bind(Text(it.directory_id))
    .bind(it.run)
    .bind(At(it.next_at))
    .bind(it.whole_at.map(At))
    .bind(it.read_at.map(At))
    .bind(it.failures)
    .bind(it.told_at.map(At))
    .bind(&it.outcome)
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// What the source calls somebody or something: our id, and the version that we hold.
type Versions<I> = HashMap<String, (I, Option<String>)>;

/// A directory's users by the source's id.
pub async fn users(c: &mut impl Connected, id: DirectoryId) -> Result<Versions<DirectoryUserId>> {
    versions(
        c,
        id,
        "SELECT u.external_id, u.id, p.mark FROM directory_users u LEFT JOIN pulled_users p ON p.user_id = u.id
         WHERE u.directory_id = $1 AND u.external_id IS NOT NULL",
    )
    .await
}

/// A directory's groups by the source's id.
pub async fn groups(c: &mut impl Connected, id: DirectoryId) -> Result<Versions<DirectoryGroupId>> {
    versions(
        c,
        id,
        "SELECT g.external_id, g.id, p.mark FROM directory_groups g LEFT JOIN pulled_groups p ON p.group_id = g.id
         WHERE g.directory_id = $1 AND g.external_id IS NOT NULL",
    )
    .await
}

async fn versions<I>(c: &mut impl Connected, of: DirectoryId, sql: &'static str) -> Result<Versions<I>>
where
    I: FromStr<Err: Error + Send + Sync + 'static> + Send + Unpin,
{
    let rows: Vec<(String, Text<I>, Option<String>)> =
        on!(c, |db| sqlx::query_as(sql).bind(Text(of)).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(source, id, mark)| (source, (id.0, mark))).collect())
}

/// Remembers the version of a user.
pub async fn mark_user(tx: &mut Tx, id: DirectoryUserId, mark: &str) -> Result<()> {
    let sql = "INSERT INTO pulled_users (user_id, mark) VALUES ($1, $2)
               ON CONFLICT (user_id) DO UPDATE SET mark = excluded.mark";
    remember(tx, &id.to_string(), mark, sql).await
}

/// Remembers the version of a group.
pub async fn mark_group(tx: &mut Tx, id: DirectoryGroupId, mark: &str) -> Result<()> {
    let sql = "INSERT INTO pulled_groups (group_id, mark) VALUES ($1, $2)
               ON CONFLICT (group_id) DO UPDATE SET mark = excluded.mark";
    remember(tx, &id.to_string(), mark, sql).await
}

async fn remember(tx: &mut Tx, id: &str, mark: &str, sql: &'static str) -> Result<()> {
    on!(tx, |db| sqlx::query(sql).bind(id).bind(mark).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Keeps a file until it is read; one that waited is gone.
pub async fn put_file(tx: &mut Tx, id: DirectoryId, content: &[u8], now: Time) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO pulled_files (directory_id, content, brought_at) VALUES ($1, $2, $3)
         ON CONFLICT (directory_id) DO UPDATE SET content = excluded.content, brought_at = excluded.brought_at"
    )
    .bind(Text(id))
    .bind(content)
    .bind(At(now))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The file that waits, with when it was brought.
pub async fn file(c: &mut impl Connected, id: DirectoryId) -> Result<Option<(Vec<u8>, Time)>> {
    let row: Option<(Vec<u8>, At)> =
        on!(c, |db| sqlx::query_as("SELECT content, brought_at FROM pulled_files WHERE directory_id = $1")
            .bind(Text(id))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|(content, at)| (content, at.0)))
}

/// Forgets a file that was read; not one that was brought since.
pub async fn forget_file(tx: &mut Tx, id: DirectoryId, brought_at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM pulled_files WHERE directory_id = $1 AND brought_at = $2")
        .bind(Text(id))
        .bind(At(brought_at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
