//! From where directories are read that send nothing by themselves, over the API.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::directory::{self, Held};
use crate::organization;
use crate::problem::Problem;
use crate::pull::{self, Settings};
use crate::request::{ApiCaller, ApiJson};

/// `GET /api/v1/organizations/{id}/directories/{directory}/source`: from where, how the last reading went, no secrets.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let it = directory::require(&mut db, &organization, &directory_id).await?;
    let state = pull::state(&app, &mut db, &it).await?.ok_or_else(|| Problem::not_found("source"))?;
    Ok(Json(state.to_json()))
}

/// `PUT …/source`: `{"google": …}` or `{"file": …}`. Proven by reading a part of the list before anything is kept.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
    ApiJson(settings): ApiJson<Settings>,
) -> Result<Json<Value>, Problem> {
    let it = {
        let mut db = app.read().await?;
        let organization = organization::require(&mut db, &id).await?;
        directory::require(&mut db, &organization, &directory_id).await?
    };
    let settings = settings.checked(&app)?;
    pull::prove(&app, &settings).await?;
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, it.id).await?;
    pull::set(&app, &mut tx, &held, &settings, &caller.actor()).await?;
    let state = pull::state(&app, &mut tx, &it).await?.ok_or_else(|| Problem::not_found("source"))?;
    tx.commit().await?;
    Ok(Json(state.to_json()))
}

/// `POST …/source/read`: reads everything now. `GET …/source` tells how it went.
pub async fn read(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    pull::read_now(&app, &mut tx, &held, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// `PUT …/source/file`, the body is the file: who is in it is here, who is no longer in it has left.
pub async fn bring(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    let people = pull::bring_file(&app, &mut tx, &held, &body, &caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"people": people}))))
}
