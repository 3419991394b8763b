//! The part of the event stream that a feed tells, fact by fact.

use model::ApplicationId;
use oidc::provider::{SecurityEventToken, mint_security_event};
use serde_json::{Map, Value};
use store::Connected;
use store::event::Event;
use store::event_feed::{self, Feed};

use super::set::event_of;
use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys::Ring;

/// So many facts are looked at in one step.
pub(super) const LOOKED_AT: usize = 2000;
/// So many facts are looked at to say how many events wait.
const COUNTED: usize = 10 * LOOKED_AT;

/// An application's feed.
///
/// # Errors
/// 404 where it asks for nothing.
pub async fn find(db: &mut impl Connected, application: ApplicationId) -> Result<Feed, Problem> {
    let feed = event_feed::lookup(db, application).await?;
    feed.ok_or_else(|| Problem::not_found("feed of security events"))
}

/// The URIs of the events that it asks for.
pub fn wanted(feed: &Feed) -> Result<Vec<String>, Problem> {
    serde_json::from_str(&feed.events).map_err(|e| Problem::internal(&e))
}

/// Whether a fact behind `seen` is an event that the feed asks for. Reads alone: who waits writes nothing.
pub(super) async fn ahead(app: &App, application: ApplicationId, seen: &mut i64) -> Result<bool, Problem> {
    let mut db = app.read().await?;
    let feed = find(&mut db, application).await?;
    let wanted = wanted(&feed)?;
    *seen = feed.position.max(*seen);
    loop {
        let facts = store::event::list_after(&mut db, *seen, LOOKED_AT).await?;
        for fact in &facts {
            *seen = fact.position;
            if told(&wanted, fact)?.is_some() {
                return Ok(true);
            }
        }
        if facts.len() < LOOKED_AT {
            return Ok(false);
        }
    }
}

/// How many events of a feed wait, and whether there may be more than were looked at.
pub async fn waiting(db: &mut impl Connected, feed: &Feed) -> Result<(usize, bool), Problem> {
    let (wanted, mut position) = (wanted(feed)?, feed.position);
    let done = event_feed::acknowledged(db, feed.application_id).await?;
    let (mut count, mut looked_at) = (0, 0);
    while looked_at < COUNTED {
        let facts = store::event::list_after(db, position, LOOKED_AT).await?;
        for fact in &facts {
            position = fact.position;
            count += usize::from(done.binary_search(&position).is_err() && told(&wanted, fact)?.is_some());
        }
        looked_at += facts.len();
        if facts.len() < LOOKED_AT {
            return Ok((count, false));
        }
    }
    Ok((count, true))
}

/// What a fact is as an event that was asked for: whom it is about, its name, and what it says.
pub(super) fn told(wanted: &[String], fact: &Event) -> Result<Option<(Value, &'static str, Value)>, Problem> {
    let data: Value = serde_json::from_str(&fact.data).map_err(|e| Problem::internal(&e))?;
    Ok(event_of(&fact.kind, &data).filter(|(_, uri, _)| wanted.iter().any(|it| it == uri)))
}

/// The token of a fact; none where it is no event that was asked for.
pub(super) fn token(
    app: &App,
    ring: &Ring,
    application: ApplicationId,
    wanted: &[String],
    fact: &Event,
) -> Result<Option<String>, Problem> {
    let Some((subject, uri, payload)) = told(wanted, fact)? else { return Ok(None) };
    let (issuer, client_id, id) = (app.config.issuer(), application.to_string(), fact.id.to_string());
    let token = SecurityEventToken {
        issuer: &issuer,
        client_id: &client_id,
        id: &id,
        transaction: &id,
        issued_at: fact.created_at.to_jiff(),
        subject: &subject,
        events: &Map::from_iter([(uri.to_owned(), payload)]),
    };
    let key = ring.key("RS256")?;
    mint_security_event(&token, key).map(Some).map_err(|e| Problem::internal(&e))
}
