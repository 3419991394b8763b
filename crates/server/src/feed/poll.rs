//! Polling a feed (RFC 8936): acknowledgements in, the next tokens out.

use std::collections::HashSet;

use model::{ApplicationId, EventId};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::{Tx, event_feed};

use super::stream::{LOOKED_AT, ahead, find, token, wanted};
use super::wait::Wait;
use crate::app::App;
use crate::problem::Problem;
use crate::provider::keys::Ring;

/// So many tokens are given at most.
pub const MOST: usize = 100;
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
    let feed = find(tx, application).await?;
    if feed.endpoint_url.is_some() {
        return Err(pushed());
    }
    let (began, wanted) = (feed.position, wanted(&feed)?);
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

fn pushed() -> Problem {
    Problem::conflict(
        "feed_is_pushed",
        "The events of this application are pushed",
        "Each token goes to the endpoint_url of its delivery, so there is nothing to poll. To poll instead, PUT the feed \
         without a delivery, or with the method urn:ietf:rfc:8936.",
    )
}
