//! Named exceptions to the e-mail gate over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::Time;
use serde::Deserialize;
use serde_json::{Value, json};
use store::exception::EmailException;

use crate::app::App;
use crate::connection::exceptions::{self, NewException};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};

/// The body of a new one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: String,
    reason: String,
    ends_at: Option<String>,
}

/// `POST /api/v1/organizations/{id}/email-exceptions`.
pub async fn allow(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<Body>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let ends_at = body.ends_at.as_deref().map(read).transpose()?;
    let new = NewException { email: body.email, reason: body.reason, ends_at };
    let it = exceptions::allow(&app, &mut tx, &organization, &new, &caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(to_json(&it, app.now()))))
}

fn read(text: &str) -> Result<Time, Problem> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    let wrong = |_| Problem::field("ends_at", "expected a time such as 2026-12-31T23:59:59Z");
    Ok(Time::from_micros(at.map_err(wrong)?.as_microsecond()))
}

/// `GET /api/v1/organizations/{id}/email-exceptions`: newest first.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let all = store::exception::list(&mut db, organization.id).await?;
    let data: Vec<Value> = all.iter().map(|it| to_json(it, app.now())).collect();
    Ok(Json(json!({ "data": data })))
}

/// `DELETE /api/v1/organizations/{id}/email-exceptions/{exception}`.
pub async fn remove(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, exception)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    exceptions::remove(&app, &mut tx, &organization, &exception, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(it: &EmailException, now: Time) -> Value {
    json!({
        "id": it.id.to_string(),
        "email": it.email,
        "reason": it.reason,
        "allowed_by": it.allowed_by,
        "allowed_at": it.allowed_at.to_string(),
        "ends_at": it.ends_at.map(|at| at.to_string()),
        "holds": exceptions::holds(it, now),
    })
}
