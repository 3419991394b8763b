//! Counters of the rate limits.

use std::time::Duration;

use model::Time;

use crate::db::on;
use crate::value::At;
use crate::{Result, Tx};

/// Counts one more under `name`; a window that has ended begins anew. How many there are now, and since when.
pub async fn hit(tx: &mut Tx, name: &str, now: Time, window: Duration) -> Result<(i64, Time)> {
    add(tx, name, 1, now, window).await
}

/// Counts `hits` more under `name`; a window that has ended begins anew. How many there are now, and since when.
pub async fn add(tx: &mut Tx, name: &str, hits: i64, now: Time, window: Duration) -> Result<(i64, Time)> {
    let (hits, began): (i64, At) = on!(tx, |db| sqlx::query_as(
        "INSERT INTO rate_limits (name, window_start, hits) VALUES ($1, $2, $4)
         ON CONFLICT (name) DO UPDATE SET
            hits = CASE WHEN rate_limits.window_start <= $3 THEN $4 ELSE rate_limits.hits + $4 END,
            window_start = CASE WHEN rate_limits.window_start <= $3 THEN $2 ELSE rate_limits.window_start END
         RETURNING hits, window_start"
    )
    .bind(name)
    .bind(At(now))
    .bind(At(now.before(window)))
    .bind(hits)
    .fetch_one(db)
    .await)?;
    Ok((hits, began.0))
}

/// Forgets windows that began before `before`.
pub async fn forget(tx: &mut Tx, before: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM rate_limits WHERE window_start < $1")
        .bind(At(before))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
