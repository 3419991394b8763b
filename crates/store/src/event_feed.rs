//! Applications that asked for security events, and up to where they have acknowledged them.

use model::{ApplicationId, EventId, Time};

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Writes what an application asks for. A new feed begins behind `position`; one that is there stays where it is.
pub async fn set(
    tx: &mut Tx,
    application: ApplicationId,
    events: &str,
    (position, now): (i64, Time),
) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO event_feeds (application_id, position, events, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (application_id) DO UPDATE SET events = excluded.events"
    )
    .bind(Text(application))
    .bind(position)
    .bind(events)
    .bind(At(now))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Where an application's feed stands, and what it asks for; none where it asks for nothing.
pub async fn lookup(c: &mut impl Connected, application: ApplicationId) -> Result<Option<(i64, String)>> {
    let row: Option<(i64, String)> =
        on!(c, |db| sqlx::query_as("SELECT position, events FROM event_feeds WHERE application_id = $1")
            .bind(Text(application))
            .fetch_optional(db)
            .await)?;
    Ok(row)
}

/// Ends a feed. Whether there was one.
pub async fn remove(tx: &mut Tx, application: ApplicationId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM event_feeds WHERE application_id = $1")
        .bind(Text(application))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The last place in the stream.
pub async fn end(c: &mut impl Connected) -> Result<i64> {
    let last: Option<i64> =
        on!(c, |db| sqlx::query_scalar("SELECT MAX(position) FROM events").fetch_one(db).await)?;
    Ok(last.unwrap_or(0))
}

/// Remembers that an event behind the feed's place was acknowledged. An unknown one is nothing.
pub async fn acknowledge(tx: &mut Tx, application: ApplicationId, event: EventId) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO event_acknowledgements (application_id, position)
         SELECT f.application_id, e.position FROM events e JOIN event_feeds f ON f.application_id = $1
         WHERE e.id = $2 AND e.position > f.position ON CONFLICT DO NOTHING"
    )
    .bind(Text(application))
    .bind(Text(event))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The places behind the feed's that were acknowledged, in order.
pub async fn acknowledged(c: &mut impl Connected, application: ApplicationId) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = on!(c, |db| sqlx::query_as(
        "SELECT position FROM event_acknowledgements WHERE application_id = $1 ORDER BY position"
    )
    .bind(Text(application))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(position,)| position).collect())
}

/// Moves the feed on: everything up to `position` is done.
pub async fn advance(tx: &mut Tx, application: ApplicationId, position: i64) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE event_feeds SET position = $2 WHERE application_id = $1")
        .bind(Text(application))
        .bind(position)
        .execute(db)
        .await
        .map(|_| ()))?;
    on!(tx, |db| sqlx::query(
        "DELETE FROM event_acknowledgements WHERE application_id = $1 AND position <= $2"
    )
    .bind(Text(application))
    .bind(position)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
