//! Applications over the API, with the names of OpenID Connect Dynamic Client Registration 1.0.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::problem::Problem;
use crate::provider::applications;
use crate::request::{ApiCaller, ApiJson};

/// `POST /api/v1/applications`. The secret is shown this once.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    ApiJson(mut body): ApiJson<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let name = body.remove("name").or_else(|| body.remove("client_name"));
    let name = name
        .as_ref()
        .and_then(Value::as_str)
        .ok_or_else(|| Problem::field("name", "expected what people call the application"))?;
    let mut tx = app.write().await?;
    let (it, secret) = applications::create(&app, &mut tx, name, &body, &caller.actor()).await?;
    tx.commit().await?;
    let mut answer = applications::to_json(&it);
    if let Some(secret) = secret {
        answer["client_secret"] = secret.into();
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /api/v1/applications`.
pub async fn list(_caller: ApiCaller, State(app): State<App>) -> Result<Json<Value>, Problem> {
    let all = store::application::list(&mut app.read().await?).await?;
    Ok(Json(json!({"data": all.iter().map(applications::to_json).collect::<Vec<_>>()})))
}

/// `GET /api/v1/applications/{id}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let found = match id.parse() {
        Ok(id) => store::application::lookup(&mut app.read().await?, id).await?,
        Err(_) => None,
    };
    Ok(Json(applications::to_json(&found.ok_or_else(|| Problem::not_found("application"))?)))
}

/// `PATCH /api/v1/applications/{id}`: replaces the members that are named, `null` takes one away. A secret that becomes
/// needed is shown this once.
pub async fn change(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<Map<String, Value>>,
) -> Result<Json<Value>, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("application"))?;
    let mut tx = app.write().await?;
    let (it, secret) = applications::change(&app, &mut tx, id, body, &caller.actor()).await?;
    tx.commit().await?;
    let mut answer = applications::to_json(&it);
    if let Some(secret) = secret {
        answer["client_secret"] = secret.into();
    }
    Ok(Json(answer))
}

/// `DELETE /api/v1/applications/{id}`.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("application"))?;
    let mut tx = app.write().await?;
    applications::remove(&app, &mut tx, id, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
