//! Work to be done after a commit. A job is claimed by pushing its time into the future: whoever dies with it
//! leaves it to be claimed again.

use std::time::Duration;

use model::{Job, JobId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Db, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<JobId>,
    kind: String,
    payload: String,
    run_at: At,
    attempts: i64,
}

impl From<Row> for Job {
    fn from(r: Row) -> Self {
        Self { id: r.id.0, kind: r.kind, payload: r.payload, run_at: r.run_at.0, attempts: r.attempts }
    }
}

/// Asks for work.
pub async fn add(tx: &mut Tx, it: &Job) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO jobs (id, kind, payload, run_at, attempts) VALUES ($1, $2, $3, $4, 0)"
    )
    .bind(Text(it.id))
    .bind(&it.kind)
    .bind(&it.payload)
    .bind(At(it.run_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    tx.asked_for_work = true;
    Ok(())
}

/// Claims up to `limit` jobs that are due, for `lease`. Two machines never claim the same.
pub async fn claim(tx: &mut Tx, now: Time, lease: Duration, limit: usize) -> Result<Vec<Job>> {
    const SQLITE: &str = "UPDATE jobs SET attempts = attempts + 1, run_at = $2
         WHERE id IN (SELECT id FROM jobs WHERE run_at <= $1 ORDER BY run_at, id LIMIT $3)
         RETURNING id, kind, payload, run_at, attempts";
    const POSTGRES: &str = "UPDATE jobs SET attempts = attempts + 1, run_at = $2
         WHERE id IN (SELECT id FROM jobs WHERE run_at <= $1 ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, payload, run_at, attempts";
    let sql = if matches!(tx.db(), Db::Sqlite(_)) { SQLITE } else { POSTGRES };
    let mut rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql)
        .bind(At(now))
        .bind(At(now.after(lease)))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    rows.sort_by_key(|r| r.id.0);
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The job is done.
pub async fn finish(tx: &mut Tx, id: JobId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM jobs WHERE id = $1").bind(Text(id)).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Takes back work of one kind that names this id: it is not wanted any more.
pub async fn cancel(tx: &mut Tx, kind: &str, id: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM jobs WHERE kind = $1 AND payload LIKE $2")
        .bind(kind)
        .bind(format!("%{id}%"))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The job failed; try again at `at`.
pub async fn retry(tx: &mut Tx, id: JobId, at: Time, error: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE jobs SET run_at = $2, last_error = $3 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .bind(error)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// When the next job is due.
pub async fn next_due(c: &mut impl Connected) -> Result<Option<Time>> {
    let at: Option<At> = on!(c, |db| sqlx::query_scalar("SELECT MIN(run_at) FROM jobs").fetch_one(db).await)?;
    Ok(at.map(|t| t.0))
}

/// How many jobs of a kind are waiting whose payload names this id.
pub async fn count_about(c: &mut impl Connected, kind: &str, id: &str) -> Result<u64> {
    let count: i64 =
        on!(c, |db| sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE kind = $1 AND payload LIKE $2")
            .bind(kind)
            .bind(format!("%\"{id}\"%"))
            .fetch_one(db)
            .await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Every job that waits, in order; for tests and the operator's view.
pub async fn list(c: &mut impl Connected) -> Result<Vec<Job>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT id, kind, payload, run_at, attempts FROM jobs ORDER BY run_at, id LIMIT 1000"
    )
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
