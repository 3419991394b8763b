//! Polling a feed (RFC 8936): acknowledgements in, the next tokens out.

use std::collections::HashSet;

use model::{ApplicationId, EventId};
use oidc::provider::{SecurityEventToken, mint_security_event};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::event::Event;
use store::{Tx, event_feed};

use super::set::{SUPPORTED, event_of};
use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys::Ring;

/// So many tokens are given at most.
pub const MOST: usize = 100;
/// So many facts are looked at in one poll.
const LOOKED_AT: usize = 2000;
/// So many are acknowledged in one poll.
const ACKNOWLEDGED: usize = 1000;

/// A poll (RFC 8936 section 2.2). It is always answered at once.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asked {
    /// At most so many; 0 only acknowledges.
    pub max_events: Option<usize>,
    /// Taken; we never wait.
    pub return_immediately: Option<bool>,
    /// Tokens that the application has.
    pub ack: Vec<String>,
    /// Tokens that it could not take: they are not told again.
    pub set_errs: Map<String, Value>,
}

/// The answer (RFC 8936 section 2.3).
#[derive(Debug, Default)]
pub struct Answer {
    /// Tokens by their ids.
    pub sets: Map<String, Value>,
    /// There are more.
    pub more: bool,
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

/// Takes acknowledgements, and answers with what was not acknowledged yet, in the order of the stream.
///
/// # Errors
/// 404 where the application has no feed; a field problem where too much is acknowledged at once.
pub async fn poll(
    app: &App,
    tx: &mut Tx,
    ring: &Ring,
    application: ApplicationId,
    asked: &Asked,
) -> Result<Answer, Problem> {
    tx.lock(&format!("event_feed:{application}")).await?;
    let feed = event_feed::lookup(tx, application).await?;
    let (mut position, events) = feed.ok_or_else(|| Problem::not_found("feed of security events"))?;
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
    let (mut answer, mut open) = (Answer::default(), false);
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
    event_feed::advance(tx, application, position).await?;
    Ok(answer)
}

/// The token of a fact; none where it is no event that was asked for.
fn token(
    app: &App,
    ring: &Ring,
    application: ApplicationId,
    wanted: &[String],
    fact: &Event,
) -> Result<Option<String>, Problem> {
    let data: Value = serde_json::from_str(&fact.data).map_err(|e| Problem::internal(&e))?;
    let Some((subject, uri, payload)) = event_of(&fact.kind, &data) else { return Ok(None) };
    if !wanted.iter().any(|it| it == uri) {
        return Ok(None);
    }
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
