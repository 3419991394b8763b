//! How a transaction's events get their places in the stream, and the record of its request is written beside them.
//!
//! The row that numbers them is locked until the commit, so this comes last. On PostgreSQL, where each statement is a journey,
//! all of it is one statement; on the embedded database the same statements one after the other cost no more.

use std::sync::OnceLock;

use model::{EventId, NewEvent, Time};
use sqlx::PgConnection;

use crate::db::on;
use crate::scim_request::{self, ScimRequest};
use crate::value::{At, Text};
use crate::{Connected, Db, Result, Tx};

/// An event that waits for its place.
pub(crate) type Appended = (EventId, Time, NewEvent);

/// Events in one statement, at most.
const MOST: usize = 4;
/// Values of an event.
const VALUES: usize = 6;

/// Binds an event's values to a statement of either driver.
macro_rules! bind_event {
    ($query:expr, $event:expr) => {{
        let (id, at, event) = $event;
        $query
            .bind(Text(*id))
            .bind(event.kind)
            .bind(event.organization_id.map(Text))
            .bind(event.member_id.map(Text))
            .bind(&event.data)
            .bind(At(*at))
    }};
}

/// One text for each number of events.
type Texts = [OnceLock<String>; MOST];

static PLACED: Texts = [const { OnceLock::new() }; MOST];
static AT_ONCE: Texts = [const { OnceLock::new() }; MOST];
static AT_ONCE_RECORDED: Texts = [const { OnceLock::new() }; MOST];

/// Appends the events, and writes the record, if there is one.
pub(crate) async fn append(tx: &mut Tx, events: &[Appended], record: Option<&ScimRequest>) -> Result<()> {
    if events.len() <= MOST
        && let Db::Postgres(db) = tx.db()
    {
        return at_once(db, events, record).await;
    }
    if let Some(record) = record {
        scim_request::add(tx, record).await?;
    }
    one_by_one(tx, events).await
}

/// The places from 1 on of events, whose values begin at parameter `from`.
fn rows(events: usize, from: usize, place: impl Fn(usize) -> String, casts: [&str; VALUES]) -> String {
    let row = |row: usize| {
        let first = from + row * VALUES;
        let values: Vec<String> =
            casts.iter().enumerate().map(|(at, cast)| format!("${}{cast}", first + at)).collect();
        format!("({}, {})", place(row), values.join(", "))
    };
    (0..events).map(row).collect::<Vec<_>>().join(", ")
}

const COLUMNS: &str = "position, id, kind, organization_id, member_id, data, created_at";

/// `$1` is the place before the first.
fn placed_statement(events: usize) -> String {
    let values = rows(events, 2, |row| format!("$1 + {}", row + 1), [""; VALUES]);
    format!("INSERT INTO events ({COLUMNS}) VALUES {values}")
}

async fn one_by_one(tx: &mut Tx, events: &[Appended]) -> Result<()> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last: i64 = on!(tx, |db| sqlx::query_scalar(
        "UPDATE event_counter SET last_position = last_position + $1 WHERE id = 1 RETURNING last_position"
    )
    .bind(count)
    .fetch_one(db)
    .await)?;
    let mut before = last - count;
    for some in events.chunks(MOST) {
        let sql = PLACED[some.len() - 1].get_or_init(|| placed_statement(some.len()));
        on!(tx, |db| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str())).bind(before);
            for event in some {
                query = bind_event!(query, event);
            }
            query.execute(db).await.map(|_| ())
        })?;
        before += i64::try_from(some.len()).unwrap_or(i64::MAX);
    }
    Ok(())
}

/// `$1` is how many; then come the events, then the record.
fn at_once_statement(events: usize, recorded: bool) -> String {
    let casts = ["::text", "::text", "::text", "::text", "::text", "::bigint"];
    let values = rows(events, 2, |row| (row + 1).to_string(), casts);
    let record = if recorded {
        format!(", record AS ({})", scim_request::insert_statement(2 + events * VALUES))
    } else {
        String::new()
    };
    format!(
        "WITH counter AS (UPDATE event_counter SET last_position = last_position + $1 WHERE id = 1
                          RETURNING last_position - $1 AS before){record}
         INSERT INTO events ({COLUMNS})
         SELECT counter.before + e.place, e.id, e.kind, e.organization_id, e.member_id, e.data, e.created_at
         FROM counter, (VALUES {values}) AS e (place, id, kind, organization_id, member_id, data, created_at)"
    )
}

async fn at_once(db: &mut PgConnection, events: &[Appended], record: Option<&ScimRequest>) -> Result<()> {
    let texts = if record.is_some() { &AT_ONCE_RECORDED } else { &AT_ONCE };
    let sql = texts[events.len() - 1].get_or_init(|| at_once_statement(events.len(), record.is_some()));
    let mut query =
        sqlx::query(sqlx::AssertSqlSafe(sql.as_str())).bind(i64::try_from(events.len()).unwrap_or(i64::MAX));
    for event in events {
        query = bind_event!(query, event);
    }
    if let Some(record) = record {
        query = scim_request::bind_record!(query, record);
    }
    query.execute(db).await?;
    Ok(())
}
