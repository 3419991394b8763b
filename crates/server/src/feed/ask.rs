//! What an application asks for: which events, and how they reach it.

use model::ApplicationId;
use serde::Deserialize;
use store::Tx;
use store::event_feed::{self, Wanted};

use super::set::SUPPORTED;
use super::stream::find;
use crate::app::App;
use crate::problem::Problem;

/// Tokens are pushed (RFC 8935).
pub const PUSH: &str = "urn:ietf:rfc:8935";
/// Tokens are polled (RFC 8936).
pub const POLL: &str = "urn:ietf:rfc:8936";
/// The place that the header is sealed for.
const PLACE: &str = "event_feeds.authorization_header";

/// How tokens reach an application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// [`PUSH`] or [`POLL`].
    pub method: Option<String>,
    /// Where they are pushed to.
    pub endpoint_url: Option<String>,
    /// The `Authorization` header that is sent along.
    pub authorization_header: Option<String>,
}

impl Delivery {
    /// Where tokens are pushed to; none where they are polled.
    fn address(&self, app: &App) -> Result<Option<String>, Problem> {
        let field = |name: &str, words: String| Err(Problem::field(format!("delivery.{name}"), words));
        match self.method.as_deref().unwrap_or(POLL) {
            POLL if self.authorization_header.is_some() => {
                field("authorization_header", "Expected only where tokens are pushed.".to_owned())
            }
            // Where they are polled is ours to say: what GET told may be sent back.
            POLL => Ok(None),
            PUSH => match self.endpoint_url.as_deref().map(str::trim) {
                None | Some("") => {
                    field("endpoint_url", "Expected the address that tokens are pushed to.".to_owned())
                }
                Some(text) if text.len() > 2000 => {
                    field("endpoint_url", "Expected an address of 2,000 characters at most.".to_owned())
                }
                Some(text) => match app.outbound.address(text) {
                    Ok(url) if url.password().is_some() || !url.username().is_empty() => field(
                        "endpoint_url",
                        "Expected an address without user name and password. Send them as authorization_header.".to_owned(),
                    ),
                    Ok(url) => Ok(Some(url.to_string())),
                    Err(error) => field("endpoint_url", format!("{error}.")),
                },
            },
            other => {
                let shown: String = other.chars().take(120).collect();
                field("method", format!("Expected {PUSH} (pushed) or {POLL} (polled), received “{shown}”."))
            }
        }
    }

    /// The header, as it may be sent.
    fn header(&self) -> Result<Option<&str>, Problem> {
        let Some(text) = self.authorization_header.as_deref() else { return Ok(None) };
        let good = (1..=4000).contains(&text.len())
            && text.trim() == text
            && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        let words = "Expected the whole value of an Authorization header, such as “Bearer …”: up to 4,000 visible ASCII \
                     characters. It was not kept.";
        if good { Ok(Some(text)) } else { Err(Problem::field("delivery.authorization_header", words)) }
    }
}

/// Asks for events, from now on. Asked again, the feed stays where it is; a header that is left out is kept while the address
/// is the same.
///
/// # Errors
/// A field problem for an event that we do not tell, and for a delivery that cannot be.
pub async fn subscribe(
    app: &App,
    tx: &mut Tx,
    application: ApplicationId,
    (events, delivery): (Option<Vec<String>>, &Delivery),
) -> Result<(), Problem> {
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
    let (address, header) = (delivery.address(app)?, delivery.header()?);
    tx.lock(&format!("event_feed:{application}")).await?;
    let sealed = match header {
        Some(header) => Some(app.seal_text(PLACE, header)),
        None => kept(tx, application, address.as_deref()).await?,
    };
    let wanted =
        Wanted { events: &text, endpoint_url: address.as_deref(), authorization_header: sealed.as_deref() };
    let end = event_feed::end(tx).await?;
    event_feed::set(tx, application, wanted, (end, app.now())).await?;
    Ok(())
}

/// Tries again at once what waits to be pushed.
///
/// # Errors
/// 404 where the application has no feed, a conflict where its feed is polled.
pub async fn try_again(app: &App, tx: &mut Tx, application: ApplicationId) -> Result<(), Problem> {
    tx.lock(&format!("event_feed:{application}")).await?;
    let feed = find(tx, application).await?;
    if feed.endpoint_url.is_none() {
        return Err(Problem::conflict(
            "feed_is_polled",
            "The events of this application are polled",
            "The application asks for them itself: there is nothing that we could try.",
        ));
    }
    let wanted = Wanted {
        events: &feed.events,
        endpoint_url: feed.endpoint_url.as_deref(),
        authorization_header: feed.authorization_header.as_deref(),
    };
    Ok(event_feed::set(tx, application, wanted, (feed.position, app.now())).await?)
}

/// The header that is kept already for this very address: nobody else is told it.
async fn kept(
    tx: &mut Tx,
    application: ApplicationId,
    address: Option<&str>,
) -> Result<Option<String>, Problem> {
    let before = event_feed::lookup(tx, application).await?;
    let same = before.filter(|feed| address.is_some() && feed.endpoint_url.as_deref() == address);
    Ok(same.and_then(|feed| feed.authorization_header))
}

/// The header that is sent along.
pub(super) fn header(app: &App, feed: &event_feed::Feed) -> Result<Option<String>, Problem> {
    feed.authorization_header.as_deref().map(|sealed| app.open_text(PLACE, sealed)).transpose()
}
