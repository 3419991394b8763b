//! Polling a feed (RFC 8936): acknowledgements in, the next tokens out.

use std::collections::HashSet;

use model::{ApplicationId, EventId};
use oidc::provider::{SecurityEventToken, mint_security_event};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::event::Event;
use store::{Tx, event_feed};

use super::set::{SUPPORTED, event_of};
use super::wait::Wait;
use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys::Ring;

/// So many tokens are given at most.
pub const MOST: usize = 100;
/// So many facts are looked at in one poll.
const LOOKED_AT: usize = 2000;
/// So many are acknowledged in one poll.
const ACKNOWLEDGED: usize = 1000;

/// A poll (RFC 8936 section 2.2).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// At most so many; 0 only acknowledges.
    pub max_events: Option<usize>,
    /// Whether it is answered at once where there is nothing; otherwise it waits.
    pub return_immediately: Option<bool>,
    /// Tokens that the application has.
    pub ack: Vec<String>,
    /// Tokens that it could not take: they are not told again.
    pub set_errs: Map<String, Value>,
}

impl Asked {
    /// Whether the application wants to wait where there is nothing. Who wants no token waits for none.
    fn waits(&self) -> bool {
        self.max_events != Some(0) && self.return_immediately != Some(true)
    }
}

/// The answer (RFC 8936 section 2.3).
#[derive(Debug, Default)]
pub struct Answer {
    /// Tokens by their ids.
    pub sets: Map<String, Value>,
    /// There are more.
    pub more: bool,
}

impl Answer {
    fn is_empty(&self) -> bool {
        self.sets.is_empty() && !self.more
    }
}

/// Asks for events, from now on. Asked again, the feed stays where it is.
///
/// # Errors
/// A field problem for an event that we do not tell.
pub async fn subscribe(
    app: &App,
    tx: &mut Tx,
    application: ApplicationId,
    events: Option<Vec<String>>,
) -> Result<Vec<String>, Problem> {
    let events = events.unwrap_or_else(|| SUPPORTED.map(str::to_owned).to_vec());
    if let Some(unknown) = events.iter().find(|uri| !SUPPORTED.contains(&uri.as_str())) {
        let shown: String = unknown.chars().take(120).collect();
        let words = format!("“{shown}” is told by nobody here. Expected some of {}", SUPPORTED.join(", "));
        return Err(Problem::field("events", words));
    }
    if events.is_empty() {
        return Err(Problem::field("events", "Expected one event at least; DELETE ends the feed."));
    }
    let text = serde_json::to_string(&events).map_err(|e| Problem::internal(&e))?;
    let end = event_feed::end(tx).await?;
    event_feed::set(tx, application, &text, (end, app.now())).await?;
    Ok(events)
}

/// Takes acknowledgements, and answers with what was not acknowledged yet, in the order of the stream. Where there is
/// nothing, it waits unless it was asked not to.
///
/// # Errors
/// 404 where the application has no feed; a field problem where too much is acknowledged at once; 429 where too many wait
/// already.
pub async fn poll(
    app: &App,
    ring: &Ring,
    application: ApplicationId,
    asked: &Asked,
) -> Result<Answer, Problem> {
    let mut answer = take(app, ring, application, asked).await?;
    if !asked.waits() || !answer.is_empty() {
        return Ok(answer);
    }
    let mut wait = Wait::begin(app, application)?;
    // What was acknowledged is; from here on it only asks.
    let again = Asked { max_events: asked.max_events, ..Asked::default() };
    let mut seen = 0;
    loop {
        while ahead(app, application, &mut seen).await? {
            answer = take(app, ring, application, &again).await?;
            if !answer.is_empty() {
                return Ok(answer);
            }
        }
        if !wait.rest().await {
            return Ok(answer);
        }
    }
}

/// Whether a fact behind `seen` is an event that the feed asks for. Reads alone: who waits writes nothing.
async fn ahead(app: &App, application: ApplicationId, seen: &mut i64) -> Result<bool, Problem> {
    let mut db = app.read().await?;
    let feed = event_feed::lookup(&mut db, application).await?;
    let (position, events) = feed.ok_or_else(|| Problem::not_found("feed of security events"))?;
    let wanted: Vec<String> = serde_json::from_str(&events).map_err(|e| Problem::internal(&e))?;
    *seen = position.max(*seen);
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

async fn take(app: &App, ring: &Ring, application: ApplicationId, asked: &Asked) -> Result<Answer, Problem> {
    let mut tx = app.write().await?;
    let answer = taken(app, &mut tx, ring, application, asked).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn taken(
    app: &App,
    tx: &mut Tx,
    ring: &Ring,
    application: ApplicationId,
    asked: &Asked,
) -> Result<Answer, Problem> {
    tx.lock(&format!("event_feed:{application}")).await?;
    let feed = event_feed::lookup(tx, application).await?;
    let (began, events) = feed.ok_or_else(|| Problem::not_found("feed of security events"))?;
    let wanted: Vec<String> = serde_json::from_str(&events).map_err(|e| Problem::internal(&e))?;
    if asked.ack.len() + asked.set_errs.len() > ACKNOWLEDGED {
        return Err(Problem::field("ack", format!("Expected {ACKNOWLEDGED} at most in one poll.")));
    }
    for (id, error) in &asked.set_errs {
        tracing::warn!(%application, id, %error, "an application could not take a security event token");
    }
    for id in asked.ack.iter().chain(asked.set_errs.keys()) {
        if let Ok(id) = id.parse::<EventId>() {
            event_feed::acknowledge(tx, application, id).await?;
        }
    }
    let done: HashSet<i64> = event_feed::acknowledged(tx, application).await?.into_iter().collect();
    let most = asked.max_events.unwrap_or(MOST).min(MOST);
    let (mut answer, mut open, mut position) = (Answer::default(), false, began);
    let facts = store::event::list_after(tx, position, LOOKED_AT).await?;
    let full = facts.len() == LOOKED_AT;
    for fact in facts {
        let token =
            if done.contains(&fact.position) { None } else { token(app, ring, application, &wanted, &fact)? };
        match token {
            None if !open => position = fact.position,
            None => {}
            Some(_) if answer.sets.len() == most => {
                answer.more = true;
                break;
            }
            Some(token) => {
                open = true;
                answer.sets.insert(fact.id.to_string(), Value::from(token));
            }
        }
    }
    answer.more |= full;
    if position > began {
        event_feed::advance(tx, application, position).await?;
    }
    Ok(answer)
}

/// What a fact is as an event that was asked for: whom it is about, its name, and what it says.
fn told(wanted: &[String], fact: &Event) -> Result<Option<(Value, &'static str, Value)>, Problem> {
    let data: Value = serde_json::from_str(&fact.data).map_err(|e| Problem::internal(&e))?;
    Ok(event_of(&fact.kind, &data).filter(|(_, uri, _)| wanted.iter().any(|it| it == uri)))
}

/// The token of a fact; none where it is no event that was asked for.
fn token(
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
