//! Connections that look after themselves: what their providers publish is read again, and people are told before a
//! certificate or a client secret ends.
//!
//! Owns when a connection is looked at, what is remembered of it, and the letters. Does not own how documents are read
//! and joined (`connection::refresh`), or our own keys (`keys`).
//!
//! Every connection has a row with the time at which it is looked at next. A machine claims a row by pushing that time
//! into the future, so several machines share the work, and one that dies leaves its rows to the others. Documents are
//! fetched outside of any transaction; what came of it is written in one.

mod ends;
mod letters;
mod state;
mod visit;
mod warning;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use model::{Connection, ConnectionId, OrganizationId, Time};
use store::Connected;
use store::care::Care;
use tokio::task::JoinSet;

use crate::app::App;
use crate::connection::{self, Settings};
use crate::problem::Problem;

pub use ends::{DAYS, Ending, ending};
pub(crate) use letters::{concerned_by_saml_key, provider, tell_of_saml_key};
pub use state::{Held, State};
pub use words::{notice, reading};

/// How long a machine may look at a connection before another takes it.
const LEASE: Duration = Duration::from_mins(5);
/// So many are claimed together, and so many looked at at once.
const TOGETHER: usize = 64;
const AT_ONCE: usize = 8;
/// Between two readings that wrong signatures cause.
const BETWEEN_ASKING: Duration = Duration::from_mins(1);
/// So many new connections are taken on together.
const NEW: usize = 500;

/// Looks at every connection that is due. How many there were.
pub async fn round(app: &App) -> Result<usize, Problem> {
    let mut count = 0;
    loop {
        let now = app.now();
        if !store::care::waiting(&mut app.read().await?, now).await? {
            return Ok(count);
        }
        let mut tx = app.write().await?;
        store::care::adopt(&mut tx, now, NEW).await?;
        let mut due = store::care::claim(&mut tx, now, LEASE, TOGETHER).await?.into_iter();
        tx.commit().await?;
        let mut visits = JoinSet::new();
        loop {
            while visits.len() < AT_ONCE
                && let Some(care) = due.next()
            {
                let app = app.clone();
                visits.spawn(async move { (care.connection_id, visit::visit(&app, care, false).await) });
            }
            match visits.join_next().await {
                None => break,
                Some(Ok((_, Ok(())))) => count += 1,
                // Its row is claimed, so it comes again when the lease ends.
                Some(Ok((id, Err(problem)))) => {
                    tracing::error!(%id, cause = problem.cause, "a connection could not be looked after");
                }
                Some(Err(error)) => return Err(Problem::internal(&error)),
            }
        }
    }
}

/// Reads a connection's documents now, because somebody asks.
///
/// # Errors
/// A conflict when the connection has nothing to read.
pub async fn look_now(app: &App, connection: &Connection) -> Result<State, Problem> {
    let readable = match Settings::of(connection) {
        Some(Settings::Saml(saml)) => saml.metadata_url.is_some(),
        Some(Settings::Oidc(_)) => true,
        None => false,
    };
    if !readable {
        return Err(Problem::conflict(
            "nothing_to_read",
            "There is nothing to read again",
            "The metadata of this connection came as a file, a text or by hand. With its address, we read it by ourselves.",
        ));
    }
    let known = store::care::lookup(&mut app.read().await?, connection.id).await?;
    let care = known.unwrap_or_else(|| Care {
        connection_id: connection.id,
        state: "{}".to_owned(),
        due_at: app.now(),
    });
    visit::visit(app, care, true).await?;
    of(&mut app.read().await?, connection.id).await
}

/// Reads the metadata of a connection again because an answer was signed with an unknown key. The connection, if other
/// certificates are trusted now.
///
/// Anybody can send an answer with a wrong signature, so the provider is asked once a minute at most.
pub(crate) async fn after_unknown_key(
    app: &App,
    connection: &Connection,
) -> Result<Option<Connection>, Problem> {
    let by_address =
        matches!(Settings::of(connection), Some(Settings::Saml(saml)) if saml.metadata_url.is_some());
    if !by_address || !app.connections.may_ask(connection.id, app.now(), BETWEEN_ASKING) {
        return Ok(None);
    }
    look_now(app, connection).await?;
    let now = store::connection::lookup(&mut app.read().await?, connection.id).await?;
    Ok(now.filter(|it| it.config != connection.config))
}

/// Takes over the addresses that a provider's metadata names, once somebody has looked at them: `digest` names those that
/// were looked at.
///
/// # Errors
/// A conflict when there are none, or others by now.
pub async fn accept(
    app: &App,
    connection: &Connection,
    digest: &str,
    actor: &str,
) -> Result<Connection, Problem> {
    let mut tx = app.write().await?;
    tx.lock(&connection.id.to_string()).await?;
    let found = store::connection::lookup(&mut tx, connection.id).await?;
    let mut it = found.ok_or_else(|| Problem::not_found("connection"))?;
    let mut state = of(&mut tx, it.id).await?;
    let moved = match &state.held {
        Some(Held::Addresses(moved)) if state.held_digest() == digest => moved.clone(),
        _ => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "changes_gone",
                "These changes are not there any more",
                "The provider's metadata has changed since you looked at it. Look at the connection again.",
            ));
        }
    };
    let Some(Settings::Saml(mut saml)) = Settings::of(&it) else {
        return Err(Problem::not_found("SAML connection"));
    };
    (saml.sso, saml.slo) = (moved.sso, moved.slo);
    it.config = Settings::Saml(saml).to_text();
    // The proof was for other addresses.
    (it.tested_at, it.updated_at) = (None, app.now());
    store::connection::update(&mut tx, &it).await?;
    connection::record(app, &mut tx, &it, "connection.updated", actor).await?;
    (state.held, state.told) = (None, None);
    let care = Care { connection_id: it.id, state: state.to_text(), due_at: app.now() };
    store::care::set(&mut tx, &care).await?;
    tx.commit().await?;
    Ok(it)
}

/// What is known of a connection.
pub async fn of(db: &mut impl Connected, id: ConnectionId) -> Result<State, Problem> {
    Ok(store::care::lookup(db, id).await?.map(|care| State::read(&care.state)).unwrap_or_default())
}

/// What is known of an organization's connections.
pub async fn all_of(
    db: &mut impl Connected,
    organization: OrganizationId,
) -> Result<HashMap<ConnectionId, State>, Problem> {
    let all = store::care::list(db, organization).await?;
    Ok(all.into_iter().map(|care| (care.connection_id, State::read(&care.state))).collect())
}

/// When a whole number of days before `end` is.
fn days_before(end: Time, days: u64) -> Time {
    end.before(Duration::from_hours(24) * u32::try_from(days).unwrap_or(0))
}
