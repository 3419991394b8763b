//! Erasures over the API: what was removed, which applications confirmed, and the signed receipt.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;
use store::receipt::Erasure;

use crate::app::App;
use crate::organization;
use crate::problem::Problem;
use crate::receipt;
use crate::request::{ApiCaller, ApiJson, Params};

/// `GET /api/v1/erasures?organization_id=&cursor=&limit=`, newest first.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let cursor = super::cursor_in(&params)?;
    let limit = super::limit(&params)?;
    let mut db = app.read().await?;
    let of = match params.first("organization_id").filter(|text| !text.is_empty()) {
        Some(id) => Some(organization::require(&mut db, id).await?.id),
        None => None,
    };
    let page = store::receipt::list(&mut db, of, None, cursor.as_deref(), limit).await?;
    let mut data = Vec::with_capacity(page.items.len());
    for it in &page.items {
        data.push(shown(&mut db, it).await?);
    }
    Ok(Json(json!({"data": data, "next_cursor": super::cursor_out(page.next)})))
}

/// `GET /api/v1/erasures/{id}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let it = receipt::require(&mut db, &id).await?;
    Ok(Json(shown(&mut db, &it).await?))
}

/// Which application speaks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    client_id: String,
}

/// `POST /api/v1/erasures/{id}/acknowledgements`: the application has erased the person too. May be sent again.
pub async fn acknowledge(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<Acknowledgement>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let it = receipt::confirm(&app, &mut tx, &id, &body.client_id, &caller.actor()).await?;
    let answer = shown(&mut tx, &it).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// `GET /api/v1/erasures/{id}/receipt`: the signed receipt.
///
/// # Errors
/// A conflict while applications are waited for.
pub async fn receipt(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let it = receipt::require(&mut app.read().await?, &id).await?;
    Ok(Json(receipt::file(receipt::signed(&it)?)))
}

async fn shown(db: &mut impl Connected, it: &Erasure) -> Result<Value, Problem> {
    let applications = store::receipt::confirmations(db, it.id).await?;
    Ok(receipt::to_json(it, &applications))
}
