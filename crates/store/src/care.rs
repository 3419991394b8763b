//! When each connection is looked after next, and what is known of it so far. A row is claimed by pushing its time into
//! the future: whoever dies with one leaves it to be claimed again.

use std::time::Duration;

use model::{ConnectionId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Db, Result, Tx};

/// How a connection is looked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Care {
    /// Which.
    pub connection_id: ConnectionId,
    /// JSON of the `care` room.
    pub state: String,
    /// When it is looked at next.
    pub due_at: Time,
}

#[derive(FromRow)]
struct Row {
    connection_id: Text<ConnectionId>,
    state: String,
    due_at: At,
}

impl From<Row> for Care {
    fn from(row: Row) -> Self {
        Self { connection_id: row.connection_id.0, state: row.state, due_at: row.due_at.0 }
    }
}

/// Whether anything waits at `now`: a connection that is due, or one that nobody looks after yet.
pub async fn waiting(c: &mut impl Connected, now: Time) -> Result<bool> {
    let due: bool = on!(c, |db| sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM connection_care WHERE due_at <= $1)
             OR EXISTS (SELECT 1 FROM connections c
                        WHERE NOT EXISTS (SELECT 1 FROM connection_care k WHERE k.connection_id = c.id))"
    )
    .bind(At(now))
    .fetch_one(db)
    .await)?;
    Ok(due)
}

/// Begins to look after connections that nobody looks after yet, at most `limit`, from `at` on.
pub async fn adopt(tx: &mut Tx, at: Time, limit: usize) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO connection_care (connection_id, state, due_at)
         SELECT c.id, '{}', $1 FROM connections c
         WHERE NOT EXISTS (SELECT 1 FROM connection_care k WHERE k.connection_id = c.id)
         ORDER BY c.id LIMIT $2
         ON CONFLICT (connection_id) DO NOTHING"
    )
    .bind(At(at))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Claims up to `limit` connections that are due, for `lease`. Two machines never claim the same.
pub async fn claim(tx: &mut Tx, now: Time, lease: Duration, limit: usize) -> Result<Vec<Care>> {
    const SQLITE: &str = "UPDATE connection_care SET due_at = $2
         WHERE connection_id IN
             (SELECT connection_id FROM connection_care WHERE due_at <= $1 ORDER BY due_at, connection_id LIMIT $3)
         RETURNING connection_id, state, due_at";
    const POSTGRES: &str = "UPDATE connection_care SET due_at = $2
         WHERE connection_id IN
             (SELECT connection_id FROM connection_care WHERE due_at <= $1 ORDER BY due_at, connection_id LIMIT $3
              FOR UPDATE SKIP LOCKED)
         RETURNING connection_id, state, due_at";
    let sql = if matches!(tx.db(), Db::Sqlite(_)) { SQLITE } else { POSTGRES };
    let rows: Vec<Row> = on!(tx, |db| sqlx::query_as(sql)
        .bind(At(now))
        .bind(At(now.after(lease)))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Keeps what was found and when to look again.
pub async fn set(tx: &mut Tx, it: &Care) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO connection_care (connection_id, state, due_at) VALUES ($1, $2, $3)
         ON CONFLICT (connection_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at"
    )
    .bind(Text(it.connection_id))
    .bind(&it.state)
    .bind(At(it.due_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// What is known of a connection; none before somebody looked after it.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Care>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT connection_id, state, due_at FROM connection_care WHERE connection_id = $1"
    )
    .bind(Text(id))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// What is known of an organization's connections.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<Care>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT k.connection_id, k.state, k.due_at FROM connection_care k
         JOIN connections c ON c.id = k.connection_id WHERE c.organization_id = $1 ORDER BY k.connection_id"
    )
    .bind(Text(organization))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
