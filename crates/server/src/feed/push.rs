//! Pushing a feed (RFC 8935): one token after another to the application's address, in the order of the stream.
//!
//! Owns who pushes when, what an answer means, and the pauses after failures. The feed's row is the work: whoever pushes
//! claims it for a while, and writes nothing more once somebody else has. What was sent and not written down (a kill) is
//! sent again, with the same `jti`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use model::{ApplicationId, EventId};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::event_feed::{self, Feed};
use tokio::task::JoinSet;

use super::ask::header;
use super::stream::{LOOKED_AT, ahead, token, wanted};
use super::trouble;
use crate::app::App;
use crate::outbound::Fetched;
use crate::problem::Problem;
use crate::provider::keys::{self, Ring};

/// How long a claim lasts: longer than any address may take to answer. Renewed with every token.
pub const LEASE: Duration = Duration::from_mins(2);
/// So many feeds are pushed at once by a machine.
const AT_ONCE: usize = 8;
/// How often to look for what other machines have written, and for what has become due.
const LOOK: Duration = Duration::from_secs(5);
/// How long facts gather before somebody looks for those to push.
const GATHER: Duration = Duration::from_millis(50);
/// Facts that are read at once while looking for the next token.
const STEP: usize = 50;
/// The longest answer that is read, in bytes.
const MOST: usize = 64 * 1024;
/// After a failure, first; doubled with each.
const AGAIN: Duration = Duration::from_secs(5);
/// After a failure, at most.
const AGAIN_MOST: Duration = Duration::from_hours(1);
/// What an application says that is true of every token: they wait until it is put right (RFC 8935 section 2.4).
const OF_EVERY_TOKEN: [&str; 5] =
    ["authentication_failed", "access_denied", "invalid_key", "invalid_issuer", "invalid_audience"];

/// How far each feed was looked through without finding anything to push.
type Seen = HashMap<ApplicationId, i64>;

/// Pushes until `stop` resolves. Tokens under way are finished.
pub async fn keep_pushing(app: App, stop: impl Future<Output = ()>) {
    let mut facts = app.store.facts();
    let (mut seen, mut working) = (Seen::new(), JoinSet::new());
    tokio::pin!(stop);
    loop {
        facts.borrow_and_update();
        match claim_due(&app, &mut seen, AT_ONCE.saturating_sub(working.len())).await {
            Ok(feeds) => feeds.into_iter().for_each(|feed| {
                working.spawn(push(app.clone(), feed));
            }),
            Err(problem) => {
                tracing::error!(cause = problem.cause, "feeds of security events could not be looked after");
            }
        }
        tokio::select! {
            () = &mut stop => break,
            _ = facts.changed() => {
                let _ = tokio::time::timeout(GATHER, std::future::pending::<()>()).await;
            }
            Some(_) = working.join_next() => {}
            _ = tokio::time::timeout(LOOK, std::future::pending::<()>()) => {}
        }
    }
    app.feeds.end();
    while working.join_next().await.is_some() {}
}

/// Pushes everything that is due now, once. How many feeds were pushed.
///
/// # Errors
/// An internal problem where the database cannot be asked.
pub async fn round(app: &App) -> Result<usize, Problem> {
    let mut working = JoinSet::new();
    for feed in claim_due(app, &mut Seen::new(), AT_ONCE).await? {
        working.spawn(push(app.clone(), feed));
    }
    let mut count = 0;
    while let Some(done) = working.join_next().await {
        done.map_err(|e| Problem::internal(&e))?;
        count += 1;
    }
    Ok(count)
}

/// Claims feeds that are due and have something to push.
async fn claim_due(app: &App, seen: &mut Seen, most: usize) -> Result<Vec<Feed>, Problem> {
    let mut claimed = Vec::new();
    if most == 0 {
        return Ok(claimed);
    }
    let due = event_feed::list_due(&mut app.read().await?, app.now()).await?;
    for (id, position) in due {
        if claimed.len() == most {
            break;
        }
        let mut reached = seen.get(&id).copied().unwrap_or_default();
        // A feed that ended meanwhile has nothing.
        let found = ahead(app, id, &mut reached).await.unwrap_or_default();
        // Now and then what was passed over is written down, so that nobody looks through it again.
        let far = usize::try_from(reached - position).is_ok_and(|facts| facts >= LOOKED_AT);
        if !found && !far {
            seen.insert(id, reached);
            continue;
        }
        seen.remove(&id);
        let mut tx = app.write().await?;
        let feed = event_feed::claim(&mut tx, id, (app.now(), app.now().after(LEASE))).await?;
        tx.commit().await?;
        claimed.extend(feed);
    }
    Ok(claimed)
}

async fn push(app: App, mut feed: Feed) {
    if let Err(problem) = deliver(&app, &mut feed).await {
        // The claim ends by itself, and somebody goes on.
        tracing::error!(application = %feed.application_id, cause = problem.cause, detail = problem.detail, "a feed of security events could not be pushed");
    }
}

/// One token after another, until none is left or one was not taken.
async fn deliver(app: &App, feed: &mut Feed) -> Result<(), Problem> {
    let (ring, wanted) = (keys::ring(app).await?, wanted(feed)?);
    let done = event_feed::acknowledged(&mut app.read().await?, feed.application_id).await?;
    let done: HashSet<i64> = done.into_iter().collect();
    let authorization = header(app, feed)?;
    while !app.feeds.has_ended() {
        feed.last_error = None;
        let Some(next) = next(app, &ring, feed, &wanted, &done).await? else { break };
        let answer = send(app, feed, &next.token, authorization.clone()).await;
        let went_on = match answer {
            Said::Taken => {
                feed.position = next.position;
                trouble::over(app, feed, true).await?
            }
            Said::Refused(words) => {
                tracing::warn!(application = %feed.application_id, id = %next.id, err = %words["err"], "an application could not take a security event token");
                feed.position = next.position;
                feed.last_error = Some(with_token(words, app, next.id).to_string());
                trouble::over(app, feed, false).await?
            }
            Said::Failed(words) => {
                feed.last_error = Some(with_token(words, app, next.id).to_string());
                feed.failures += 1;
                feed.next_at = app.now().after(pause(app, feed.failures));
                return trouble::goes_on(app, feed).await;
            }
        };
        if !went_on {
            return Ok(());
        }
    }
    feed.last_error = None;
    let mut tx = app.write().await?;
    event_feed::record(&mut tx, feed, None).await?;
    Ok(tx.commit().await?)
}

struct Next {
    position: i64,
    id: EventId,
    token: String,
}

/// The next token of the feed, read when it is sent: an erased person is in none. What is no event of the feed is passed
/// over.
async fn next(
    app: &App,
    ring: &Ring,
    feed: &mut Feed,
    wanted: &[String],
    done: &HashSet<i64>,
) -> Result<Option<Next>, Problem> {
    loop {
        let facts = store::event::list_after(&mut app.read().await?, feed.position, STEP).await?;
        for fact in &facts {
            let found = if done.contains(&fact.position) {
                None
            } else {
                token(app, ring, feed.application_id, wanted, fact)?
            };
            if let Some(token) = found {
                return Ok(Some(Next { position: fact.position, id: fact.id, token }));
            }
            feed.position = fact.position;
        }
        if facts.is_empty() {
            return Ok(None);
        }
    }
}

/// What an application said to a token.
enum Said {
    /// It has it.
    Taken,
    /// It cannot take this one: it is not sent again.
    Refused(Value),
    /// It has not got it: sent again later.
    Failed(Value),
}

/// An error as RFC 8935 section 2.3 has it.
#[derive(Deserialize)]
struct Told {
    err: String,
    #[serde(default)]
    description: String,
}

async fn send(app: &App, feed: &Feed, token: &str, authorization: Option<String>) -> Said {
    let address = feed.endpoint_url.as_deref().unwrap_or_default();
    let mut headers = vec![("accept", "application/json".to_owned())];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let body = ("application/secevent+jwt", token.to_owned());
    match app.outbound.post(address, body, &headers, MOST).await {
        Ok(answer) => said(&answer),
        Err(error) => Said::Failed(json!({ "outcome": format!("{error}.") })),
    }
}

fn said(answer: &Fetched) -> Said {
    if answer.status == StatusCode::ACCEPTED {
        return Said::Taken;
    }
    let outcome = format!("It answered {}; expected 202 Accepted.", answer.status);
    let told = (answer.status == StatusCode::BAD_REQUEST)
        .then(|| serde_json::from_slice::<Told>(&answer.body).ok())
        .flatten()
        .filter(|told| is_code(&told.err));
    let Some(told) = told else { return Said::Failed(json!({ "outcome": outcome })) };
    let words = json!({ "outcome": outcome, "err": told.err, "description": short(&told.description) });
    if OF_EVERY_TOKEN.contains(&told.err.as_str()) { Said::Failed(words) } else { Said::Refused(words) }
}

/// A code as the registry of RFC 8935 has them, and no text.
fn is_code(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// What somebody else wrote, for a line of ours.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn with_token(mut words: Value, app: &App, id: EventId) -> Value {
    words["at"] = json!(app.now().to_string());
    words["jti"] = json!(id.to_string());
    words
}

/// How long to wait after so many failures: longer each time up to an hour, and a quarter more or less, so that not all
/// come back at once.
fn pause(app: &App, failures: i64) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or_default().min(16);
    let base = AGAIN.saturating_mul(2_u32.pow(doublings)).min(AGAIN_MOST);
    let mut byte = [0];
    app.rng.fill(&mut byte);
    base * (192 + u32::from(byte[0]) / 2) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Said {
        said(&Fetched {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: String::new(),
            body: body.as_bytes().to_vec(),
            url: "https://product.example/".parse().unwrap(),
            validators: crate::outbound::Validators::default(),
        })
    }

    #[test]
    fn only_202_takes_a_token_and_only_an_error_about_this_one_gives_it_up() {
        assert!(matches!(answer(202, ""), Said::Taken));
        for (status, body) in [
            (200, ""),
            (204, ""),
            (500, r#"{"err":"invalid_request"}"#),
            (400, "what?"),
            (400, r#"{"err":""}"#),
            (400, r#"{"err":"nobody@acme.test is unknown"}"#),
            (400, r#"{"err":"authentication_failed","description":"who are you?"}"#),
            (401, ""),
        ] {
            assert!(matches!(answer(status, body), Said::Failed(_)), "{status} {body}");
        }
        let said = answer(400, "{\"err\":\"invalid_request\",\"description\":\"no\\u0000pe\"}");
        let Said::Refused(words) = said else { panic!("it is about this token") };
        assert_eq!((&words["err"], &words["description"]), (&json!("invalid_request"), &json!("nope")));
    }
}
