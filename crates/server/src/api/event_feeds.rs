//! Security events for applications over the API (RFC 9967, polled as in RFC 8936 or pushed as in RFC 8935).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::ApplicationId;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::feed::{self, Asked, Delivery};
use crate::problem::Problem;
use crate::provider::keys;
use crate::request::{ApiCaller, ApiJson};

async fn application(db: &mut impl Connected, id: &str) -> Result<ApplicationId, Problem> {
    let gone = || Problem::not_found("application");
    let id = id.parse().map_err(|_| gone())?;
    store::application::lookup(db, id).await?.map(|it| it.id).ok_or_else(gone)
}

/// What a feed is about, and how it reaches the application.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    events: Option<Vec<String>>,
    delivery: Delivery,
}

/// `GET /api/v1/applications/{id}/security-events`: what was asked for, and how it goes.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let id = application(&mut db, &id).await?;
    Ok(Json(to_json(&app, &mut db, id).await?))
}

/// `PUT /api/v1/applications/{id}/security-events`: asks for events, from now on.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(wanted): ApiJson<Wanted>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let id = application(&mut tx, &id).await?;
    feed::subscribe(&app, &mut tx, id, (wanted.events, &wanted.delivery)).await?;
    let shown = to_json(&app, &mut tx, id).await?;
    let data = json!({
        "events": shown["events"],
        "method": shown["delivery"]["method"],
        "endpoint_url": shown["delivery"]["endpoint_url"],
    });
    app.audit(&mut tx, &caller.actor(), "application.feed_set", None, Some(id.to_string()), &data).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// `DELETE /api/v1/applications/{id}/security-events`: ends the feed.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let id = application(&mut tx, &id).await?;
    if !store::event_feed::remove(&mut tx, id).await? {
        return Err(Problem::not_found("feed of security events"));
    }
    let target = Some(id.to_string());
    app.audit(&mut tx, &caller.actor(), "application.feed_ended", None, target, &json!({})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/applications/{id}/security-events/poll`: acknowledgements in, the next tokens out.
pub async fn poll(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(asked): ApiJson<Asked>,
) -> Result<Json<Value>, Problem> {
    let ring = keys::ring(&app).await?;
    let id = application(&mut app.read().await?, &id).await?;
    let answer = feed::poll(&app, &ring, id, &asked).await?;
    Ok(Json(json!({ "sets": answer.sets, "moreAvailable": answer.more })))
}

async fn to_json(app: &App, db: &mut impl Connected, id: ApplicationId) -> Result<Value, Problem> {
    let feed = feed::find(db, id).await?;
    let (waiting, or_more) = feed::waiting(db, &feed).await?;
    let delivery = match &feed.endpoint_url {
        Some(address) => json!({
            "method": feed::PUSH,
            "endpoint_url": address,
            "has_authorization_header": feed.authorization_header.is_some(),
        }),
        None => json!({
            "method": feed::POLL,
            "endpoint_url": app.config.url(&format!("/api/v1/applications/{id}/security-events/poll")),
        }),
    };
    let error = feed.last_error.as_deref().map(serde_json::from_str::<Value>).transpose();
    Ok(json!({
        "iss": app.config.issuer(),
        "aud": id.to_string(),
        "events": feed::wanted(&feed)?,
        "events_supported": feed::SUPPORTED,
        "delivery": delivery,
        "waiting": waiting,
        "waiting_or_more": or_more,
        "last_delivered": feed.delivered_at.map(|at| at.to_string()),
        "failing_since": feed.failing_since.map(|at| at.to_string()),
        "next_try": feed.failing_since.map(|_| feed.next_at.to_string()),
        "last_error": error.map_err(|e| Problem::internal(&e))?,
    }))
}
