//! How an application gets the security events that it asked for: on its page in the console, and tried again at once.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use store::Connected;
use store::application::Application;
use store::event_feed::{self, Feed};

use super::product::require;
use crate::app::App;
use crate::feed;
use crate::org::words::{maybe_when, shown, when};
use crate::problem::Problem;
use crate::request::OperatorCaller;
use web::Html;
use web::html::unmarked;
use web::pages::console::EventFeed;
use web::parts::{Notice, Tone};

/// How it goes; none where the application asks for nothing.
pub(super) async fn of(db: &mut impl Connected, it: &Application) -> Result<Option<EventFeed>, Problem> {
    let Some(feed) = event_feed::lookup(db, it.id).await? else { return Ok(None) };
    let (count, or_more) = feed::waiting(db, &feed).await?;
    let waiting = match (count, or_more) {
        (0, false) => "nothing".to_owned(),
        (count, false) => shown(count, "event", "events"),
        (count, true) => format!("{} or more", shown(count, "event", "events")),
    };
    let mut facts = vec![match &feed.endpoint_url {
        Some(address) => fact("Pushed to", &format!("``{}``", unmarked(address))),
        None => fact("Polled", "The application asks for them itself."),
    }];
    if let Some(since) = feed.failing_since {
        facts.push(fact("Not taken since", &when(since).text));
    }
    facts.push(fact("Waiting", &waiting));
    if feed.endpoint_url.is_some() {
        facts.push(fact("Taken last", &maybe_when(feed.delivered_at).text));
    }
    if let Some(trouble) = feed::trouble(&feed) {
        let said = match trouble.description.as_str() {
            "" => String::new(),
            text => format!(" “{}”", unmarked(text)),
        };
        let at = trouble.at.map(|at| format!(" ({})", when(at).text)).unwrap_or_default();
        facts.push(fact("Last trouble", &format!("{}{said}{at}", trouble.words)));
    }
    let trouble = feed.failing_since.map(|_| notice(&feed, &it.name));
    if trouble.is_some() {
        facts.push(fact("Tried next", &when(feed.next_at).text));
    }
    let again = trouble.is_some().then(|| format!("/console/applications/{}/security-events/again", it.id));
    Ok(Some(EventFeed { trouble, facts, again }))
}

fn fact(term: &str, marked: &str) -> (String, Html) {
    (term.to_owned(), Html::marked(marked))
}

/// What stands in the way, and what to do.
fn notice(feed: &Feed, name: &str) -> Notice {
    let name = unmarked(name);
    // Who was told of it by mail has waited for an hour.
    let tone = if feed.told_at.is_some() { Tone::Bad } else { Tone::Warn };
    let text = format!(
        "**Nothing is lost:** they wait here in their order, and each is sent again until it is taken, at least once in 75 \
         minutes. Have whoever runs {name} look at the address below and at the last trouble. Where the address or the header \
         is wrong, the product puts it right with ``PUT /api/v1/applications/{}/security-events``, and it is tried at once.",
        feed.application_id
    );
    Notice::new(tone, format!("{name} does not take its security events"), &text)
}

/// `POST /console/applications/{application}/security-events/again`.
pub async fn again(
    State(app): State<App>,
    caller: OperatorCaller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = require(&mut tx, &id).await?;
    feed::try_again(&app, &mut tx, it.id).await?;
    let target = Some(it.id.to_string());
    app.audit(&mut tx, &caller.actor(), "application.feed_tried_again", None, target, &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/console/applications/{}?done=tried", it.id)).into_response())
}
