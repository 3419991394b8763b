//! Applications that asked for security events, up to where they have acknowledged them, and how pushing them goes.

use std::collections::HashMap;

use model::{ApplicationId, EventId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// What an application asked for, and where its feed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Whose.
    pub application_id: ApplicationId,
    /// Everything up to this place of the stream is done.
    pub position: i64,
    /// JSON: the URIs of the events.
    pub events: String,
    /// Where tokens are pushed to; none where they are polled.
    pub endpoint_url: Option<String>,
    /// Sealed: the `Authorization` header that is sent along.
    pub authorization_header: Option<String>,
    /// It is not pushed before.
    pub next_at: Time,
    /// The number of the last claim.
    pub run: i64,
    /// Failures since the last delivery.
    pub failures: i64,
    /// Since when.
    pub failing_since: Option<Time>,
    /// When operators were told of that.
    pub told_at: Option<Time>,
    /// When a token was taken last.
    pub delivered_at: Option<Time>,
    /// What was the last trouble, as JSON.
    pub last_error: Option<String>,
}

#[derive(FromRow)]
struct Row {
    application_id: Text<ApplicationId>,
    position: i64,
    events: String,
    endpoint_url: Option<String>,
    authorization_header: Option<String>,
    next_at: At,
    run: i64,
    failures: i64,
    failing_since: Option<At>,
    told_at: Option<At>,
    delivered_at: Option<At>,
    last_error: Option<String>,
}

impl From<Row> for Feed {
    fn from(row: Row) -> Self {
        Self {
            application_id: row.application_id.0,
            position: row.position,
            events: row.events,
            endpoint_url: row.endpoint_url,
            authorization_header: row.authorization_header,
            next_at: row.next_at.0,
            run: row.run,
            failures: row.failures,
            failing_since: row.failing_since.map(|at| at.0),
            told_at: row.told_at.map(|at| at.0),
            delivered_at: row.delivered_at.map(|at| at.0),
            last_error: row.last_error,
        }
    }
}

/// What an application asks for: the events as JSON, and where they are pushed to, with a sealed header.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// JSON: the URIs of the events.
    pub events: &'a str,
    /// Where tokens are pushed to; none where they are polled.
    pub endpoint_url: Option<&'a str>,
    /// Sealed.
    pub authorization_header: Option<&'a str>,
}

/// Writes what an application asks for. A new feed begins behind `position`; one that is there stays where it is, and is
/// pushed at once, by whoever comes first.
pub async fn set(
    tx: &mut Tx,
    application: ApplicationId,
    wanted: Wanted<'_>,
    (position, now): (i64, Time),
) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO event_feeds (application_id, position, events, endpoint_url, authorization_header, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (application_id) DO UPDATE SET events = excluded.events, endpoint_url = excluded.endpoint_url,
             authorization_header = excluded.authorization_header, next_at = 0, claimed_until = NULL,
             run = event_feeds.run + 1, failures = 0,
             failing_since = CASE WHEN excluded.endpoint_url IS NOT NULL THEN event_feeds.failing_since END,
             told_at = CASE WHEN excluded.endpoint_url IS NOT NULL THEN event_feeds.told_at END,
             last_error = CASE WHEN excluded.endpoint_url IS NOT NULL THEN event_feeds.last_error END"
    )
    .bind(Text(application))
    .bind(position)
    .bind(wanted.events)
    .bind(wanted.endpoint_url)
    .bind(wanted.authorization_header)
    .bind(At(now))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// An application's feed; none where it asks for nothing.
pub async fn lookup(c: &mut impl Connected, application: ApplicationId) -> Result<Option<Feed>> {
    let row: Option<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT application_id, position, events, endpoint_url, authorization_header, next_at, run, failures,
                failing_since, told_at, delivered_at, last_error
         FROM event_feeds WHERE application_id = $1"
    )
    .bind(Text(application))
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(Into::into))
}

/// Whose tokens are not taken, and since when.
pub async fn failing(c: &mut impl Connected) -> Result<HashMap<ApplicationId, Time>> {
    let sql = "SELECT application_id, failing_since FROM event_feeds WHERE failing_since IS NOT NULL";
    let rows: Vec<(Text<ApplicationId>, At)> = on!(c, |db| sqlx::query_as(sql).fetch_all(db).await)?;
    Ok(rows.into_iter().map(|(id, since)| (id.0, since.0)).collect())
}

/// Feeds to be pushed whose time has come, where nobody pushes, and behind whose place there are facts; with
/// the place.
pub async fn list_due(c: &mut impl Connected, now: Time) -> Result<Vec<(ApplicationId, i64)>> {
    let rows: Vec<(Text<ApplicationId>, i64)> = on!(c, |db| sqlx::query_as(
        "SELECT application_id, position FROM event_feeds
         WHERE endpoint_url IS NOT NULL AND next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
           AND position < (SELECT last_position FROM event_counter WHERE id = 1)
         ORDER BY next_at, application_id"
    )
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id, position)| (id.0, position)).collect())
}

/// Takes a feed to push it, until a time. None where somebody else does, or its time has not come.
pub async fn claim(
    tx: &mut Tx,
    application: ApplicationId,
    (now, until): (Time, Time),
) -> Result<Option<Feed>> {
    let taken = on!(tx, |db| sqlx::query(
        "UPDATE event_feeds SET run = run + 1, claimed_until = $3
         WHERE application_id = $1 AND endpoint_url IS NOT NULL AND next_at <= $2
           AND (claimed_until IS NULL OR claimed_until <= $2)"
    )
    .bind(Text(application))
    .bind(At(now))
    .bind(At(until))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    if taken == 0 { Ok(None) } else { lookup(tx, application).await }
}

/// Writes how pushing goes, where the claim is still this one; it goes on until a time, or is given back. False where
/// somebody has overtaken it. Without another trouble the last one stays as it is: an erasure may have emptied it.
pub async fn record(tx: &mut Tx, it: &Feed, claimed_until: Option<Time>) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
        "UPDATE event_feeds SET position = $3, next_at = $4, claimed_until = $5, failures = $6, failing_since = $7,
                                told_at = $8, delivered_at = $9, last_error = COALESCE($10, last_error)
         WHERE application_id = $1 AND run = $2"
    )
    .bind(Text(it.application_id))
    .bind(it.run)
    .bind(it.position)
    .bind(At(it.next_at))
    .bind(claimed_until.map(At))
    .bind(it.failures)
    .bind(it.failing_since.map(At))
    .bind(it.told_at.map(At))
    .bind(it.delivered_at.map(At))
    .bind(&it.last_error)
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    if rows == 0 {
        return Ok(false);
    }
    forget_acknowledged(tx, it.application_id, it.position).await?;
    Ok(true)
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
    forget_acknowledged(tx, application, position).await
}

async fn forget_acknowledged(tx: &mut Tx, application: ApplicationId, position: i64) -> Result<()> {
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
