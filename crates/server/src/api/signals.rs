//! The transmitter of security events of a connection, over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::connections::require;
use crate::app::App;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};
use crate::signal::transmitter::{self, Wanted};

/// The body of a setting.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    issuer: String,
    jwks_uri: String,
    audience: Option<String>,
    bearer_token: Option<String>,
}

/// `GET /api/v1/organizations/{id}/connections/{connection}/signals`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, it) = require(&mut db, &id, &connection).await?;
    let found = store::signal::lookup(&mut db, it.id).await?;
    let found = found.ok_or_else(|| Problem::not_found("transmitter of this connection"))?;
    Ok(Json(transmitter::to_json(&app, &it, &found)))
}

/// `PUT /api/v1/organizations/{id}/connections/{connection}/signals`.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
    ApiJson(body): ApiJson<Body>,
) -> Result<Json<Value>, Problem> {
    let (_, it) = require(&mut app.read().await?, &id, &connection).await?;
    let Body { issuer, jwks_uri, audience, bearer_token } = body;
    let wanted = Wanted { issuer, jwks_uri, audience, bearer_token };
    let wanted = transmitter::read(&app, &it, wanted).await?;
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    transmitter::set(&app, &mut tx, &it, &wanted, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(transmitter::to_json(&app, &it, &wanted)))
}

/// `DELETE /api/v1/organizations/{id}/connections/{connection}/signals`.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    if !transmitter::remove(&app, &mut tx, &it, &caller.actor()).await? {
        return Err(Problem::not_found("transmitter of this connection"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
