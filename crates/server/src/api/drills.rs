//! Leaver drills over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::drill;
use crate::organization;
use crate::problem::Problem;
use crate::receipt;
use crate::request::{ApiCaller, ApiJson, Params};

/// `POST /api/v1/organizations/{id}/drills`: begins one.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut tx = app.write().await?;
    let of = organization::require(&mut tx, &id).await?;
    let it = drill::begin(&app, &mut tx, &of, &caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(drill::to_json(&app, &it))))
}

/// `GET /api/v1/organizations/{id}/drills?cursor=&limit=`, newest first.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let (cursor, limit) = (super::cursor_in(&params)?, super::limit(&params)?);
    let mut db = app.read().await?;
    let of = organization::require(&mut db, &id).await?;
    let page = store::drill::list(&mut db, of.id, cursor.as_deref(), limit).await?;
    let monthly = store::drill::is_monthly(&mut db, of.id).await?;
    let data: Vec<Value> = page.items.iter().map(|it| drill::to_json(&app, it)).collect();
    Ok(Json(json!({"data": data, "monthly": monthly, "next_cursor": super::cursor_out(page.next)})))
}

/// Whether there is one every month.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    monthly: bool,
}

/// `PUT /api/v1/organizations/{id}/drills`: sets whether there is one every month.
pub async fn schedule(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<Schedule>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let of = organization::require(&mut tx, &id).await?;
    drill::set_monthly(&app, &mut tx, &of, body.monthly, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(json!({ "monthly": body.monthly })))
}

/// `GET /api/v1/organizations/{id}/drills/{drill}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, drill)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let of = organization::require(&mut db, &id).await?;
    Ok(Json(drill::to_json(&app, &drill::require(&mut db, of.id, &drill).await?)))
}

/// `GET /api/v1/organizations/{id}/drills/{drill}/report`: the signed report.
///
/// # Errors
/// A conflict while there is none.
pub async fn report(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, drill)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let of = organization::require(&mut db, &id).await?;
    let it = drill::require(&mut db, of.id, &drill).await?;
    Ok(Json(receipt::file(drill::signed(&it)?)))
}
