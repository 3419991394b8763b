//! Security events for applications over the API (RFC 9967, polled as in RFC 8936).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::ApplicationId;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::feed::{self, Asked};
use crate::problem::Problem;
use crate::provider::keys;
use crate::request::{ApiCaller, ApiJson};

async fn application(db: &mut impl Connected, id: &str) -> Result<ApplicationId, Problem> {
    let gone = || Problem::not_found("application");
    let id = id.parse().map_err(|_| gone())?;
    store::application::lookup(db, id).await?.map(|it| it.id).ok_or_else(gone)
}

/// What a feed is about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    events: Option<Vec<String>>,
}

/// `GET /api/v1/applications/{id}/security-events`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let id = application(&mut db, &id).await?;
    let feed = store::event_feed::lookup(&mut db, id).await?;
    let (_, events) = feed.ok_or_else(|| Problem::not_found("feed of security events"))?;
    let events: Value = serde_json::from_str(&events).map_err(|e| Problem::internal(&e))?;
    Ok(Json(to_json(&app, id, &events)))
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
    let events = feed::subscribe(&app, &mut tx, id, wanted.events).await?;
    let data = json!({ "events": events });
    app.audit(&mut tx, &caller.actor(), "application.feed_set", None, Some(id.to_string()), &data).await?;
    tx.commit().await?;
    Ok(Json(to_json(&app, id, &data["events"])))
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

fn to_json(app: &App, id: ApplicationId, events: &Value) -> Value {
    json!({
        "iss": app.config.issuer(),
        "aud": id.to_string(),
        "events": events,
        "events_supported": feed::SUPPORTED,
        "delivery": {
            "method": "urn:ietf:rfc:8936",
            "endpoint_url": app.config.url(&format!("/api/v1/applications/{id}/security-events/poll")),
        },
    })
}
