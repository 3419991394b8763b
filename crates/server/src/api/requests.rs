//! What the requests of a SAML connection ask for, over the API.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use super::connections::require;
use crate::app::App;
use crate::connection::beside;
use crate::connection::requests::{self, Kept, Wanted};
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};

/// `GET /api/v1/organizations/{id}/connections/{connection}/requests`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (_, it) = require(&mut app.read().await?, &id, &connection).await?;
    Ok(Json(requests::to_json(&requests::of(&it)?)))
}

/// `PUT /api/v1/organizations/{id}/connections/{connection}/requests`: kept in the draft beside what is in use, whose name
/// the answer has as `draft`; at once while the connection is being set up.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, connection)): Path<(String, String)>,
    ApiJson(wanted): ApiJson<Wanted>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let (_, it) = require(&mut tx, &id, &connection).await?;
    let kept = requests::set(&app, &mut tx, &it, (wanted, None), &caller.actor()).await?;
    tx.commit().await?;
    let (now, draft) = match kept {
        Kept::Connection(it) => (it, Value::Null),
        Kept::Draft(draft) => (beside::with_draft(&it, &draft), beside::digest(&draft).into()),
    };
    let mut answer = requests::to_json(&requests::of(&now)?);
    answer["draft"] = draft;
    Ok(Json(answer))
}
