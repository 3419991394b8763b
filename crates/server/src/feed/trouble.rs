//! Feeds that are stuck: operators are told once, and once more when tokens are taken again.

use std::time::Duration;

use model::{NewEvent, Time};
use serde_json::{Value, json};
use store::Tx;
use store::event_feed::{self, Feed};
use web::html::unmarked;
use web::mail_layout::{Letter, Link};

use super::push::LEASE;
use crate::app::App;
use crate::directory::silence::length;
use crate::mail;
use crate::org::words::when;
use crate::problem::Problem;

/// Nobody is told of a trouble that is over sooner.
const PATIENCE: Duration = Duration::from_hours(1);

/// The last trouble of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What the application answered, or what came in its place, in light markup.
    pub words: String,
    /// What it says of it in its own words, which may be about a person; may be empty.
    pub description: String,
    /// When.
    pub at: Option<Time>,
}

/// The last trouble of a feed, over or not; none where there was none, and where it went with an erased person.
pub fn of(feed: &Feed) -> Option<Trouble> {
    let error: Value = serde_json::from_str(feed.last_error.as_deref()?).ok()?;
    let outcome = unmarked(error["outcome"].as_str()?);
    let words = match error["err"].as_str() {
        Some(err) => format!("{outcome} It says ``{}``.", unmarked(err)),
        None => outcome,
    };
    let at = error["at"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let description = error["description"].as_str().unwrap_or_default().to_owned();
    Some(Trouble { words, description, at: at.map(Time::from) })
}

/// Writes that a token is done, and that the trouble is over. Whether the feed is still ours to push.
pub(super) async fn over(app: &App, feed: &mut Feed, taken: bool) -> Result<bool, Problem> {
    let now = app.now();
    if taken {
        feed.delivered_at = Some(now);
    }
    let (since, told) = (feed.failing_since.take(), feed.told_at.take());
    (feed.failures, feed.next_at) = (0, now);
    // What a power cut loses of it is sent again.
    let mut tx = if told.is_some() { app.write().await? } else { app.write_transient().await? };
    let ours = event_feed::record(&mut tx, feed, Some(now.after(LEASE))).await?;
    if ours && let (Some(since), Some(_)) = (since, told) {
        tell(app, &mut tx, feed, "application.feed_delivered_again", json!({ "since": since.to_string() }));
        let letter = Letter {
            preview: "Nothing was lost: what waited is on its way.".to_owned(),
            paragraphs: vec![format!(
                "For {} security events for the application waited here. It takes them again, and gets what has waited in \
                 the order in which it happened.",
                length(now.since(since))
            )],
            ..Letter::default()
        };
        post(app, &mut tx, feed, ("feed_back", "takes security events again"), letter).await?;
    }
    tx.commit().await?;
    Ok(ours)
}

/// Writes that a token was not taken. Tells the operators where that has gone on for long.
pub(super) async fn goes_on(app: &App, feed: &mut Feed) -> Result<(), Problem> {
    let now = app.now();
    let since = *feed.failing_since.get_or_insert(now);
    let stuck = feed.told_at.is_none() && now.since(since) >= PATIENCE;
    if stuck {
        feed.told_at = Some(now);
    }
    let outcome = of(feed).map(|it| it.words);
    tracing::warn!(application = %feed.application_id, failures = feed.failures, outcome, "a security event token was not taken and is sent again");
    let mut tx = app.write().await?;
    if event_feed::record(&mut tx, feed, None).await? && stuck {
        tell(app, &mut tx, feed, "application.feed_stuck", json!({ "since": since.to_string() }));
        let answer = of(feed).map(|it| it.words).unwrap_or_default();
        let letter = Letter {
            preview: "Nothing is lost: they wait, in their order.".to_owned(),
            paragraphs: vec![
                format!(
                    "Since {} security events for the application have waited here. They are pushed to ``{}``. **The last \
                     answer:** {answer}",
                    when(since).text,
                    unmarked(feed.endpoint_url.as_deref().unwrap_or_default())
                ),
                format!(
                    "We go on trying, at least once in 75 minutes. GET /api/v1/applications/{}/security-events says how it \
                     goes; PUT it again, with another address or header where that is the trouble, and it is tried at \
                     once.",
                    feed.application_id
                ),
            ],
            ..Letter::default()
        };
        post(app, &mut tx, feed, ("feed_stuck", "does not take its security events"), letter).await?;
    }
    Ok(tx.commit().await?)
}

async fn post(
    app: &App,
    tx: &mut Tx,
    feed: &Feed,
    (kind, what): (&'static str, &str),
    letter: Letter,
) -> Result<(), Problem> {
    let found = store::application::lookup(tx, feed.application_id).await?;
    let name = found.map_or_else(|| feed.application_id.to_string(), |it| unmarked(&it.name));
    let title = format!("{name} {what}");
    let page = app.config.url(&format!("/console/applications/{}", feed.application_id));
    let button = Some(Link::new(format!("Open {name}"), page));
    let letter = Letter { subject: title.clone(), heading: title, button, ..letter };
    mail::to_operators(app, tx, kind, None, letter).await
}

fn tell(app: &App, tx: &mut Tx, feed: &Feed, kind: &'static str, mut data: Value) {
    data["client_id"] = json!(feed.application_id.to_string());
    app.append(tx, NewEvent { kind, organization_id: None, member_id: None, data: data.to_string() });
}
