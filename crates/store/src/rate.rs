//! Counters of the rate limits.

use std::time::Duration;

use model::Time;

use crate::db::on;
use crate::value::At;
use crate::{Result, Tx};

/// Counts one more under `name`; a window that has ended begins anew. How many there are now, and since when.
pub async fn hit(tx: &mut Tx, name: &str, now: Time, window: Duration) -> Result<(i64, Time)> {
    let (hits, began): (i64, At) = on!(tx, |db| sqlx::query_as(
        "INSERT INTO rate_limits (name, window_start, hits) VALUES ($1, $2, 1)
         ON CONFLICT (name) DO UPDATE SET
            hits = CASE WHEN rate_limits.window_start <= $3 THEN 1 ELSE rate_limits.hits + 1 END,
            window_start = CASE WHEN rate_limits.window_start <= $3 THEN $2 ELSE rate_limits.window_start END
         RETURNING hits, window_start"
    )
    .bind(name)
    .bind(At(now))
    .bind(At(now.before(window)))
    .fetch_one(db)
    .await)?;
    Ok((hits, began.0))
}
