//! The tokens and OAuth clients of directories over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{DirectorySecret, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::directory::{self, Held};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};

/// `GET /api/v1/organizations/{id}/directories/{directory}/tokens`: those that work.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let it = directory::require(&mut db, &organization, &directory_id).await?;
    let all = store::directory_token::list(&mut db, it.id, app.now()).await?;
    let all: Vec<Value> = all
        .iter()
        .map(|it| {
            json!({
                "id": it.id.to_string(),
                "kind": it.kind.as_str(),
                "created_at": it.created_at.to_string(),
                "last_used_at": it.last_used_at.map(|t| t.to_string()),
                "expires_at": it.expires_at.map(|t| t.to_string()),
            })
        })
        .collect();
    Ok(Json(json!({"data": all})))
}

/// The body of a new token.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewToken {
    kind: Option<String>,
    expires_at: Option<String>,
}

/// `POST /api/v1/organizations/{id}/directories/{directory}/tokens`: another one beside the one in use. It is shown this once.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
    ApiJson(body): ApiJson<NewToken>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let wrong = |_| Problem::field("expires_at", "expected a time such as 2027-06-30T12:00:00Z");
    let ends = body.expires_at.map(|text| text.parse::<jiff::Timestamp>()).transpose().map_err(wrong)?;
    let ends = ends.map(Time::from);
    let kind = body.kind.as_deref().unwrap_or("bearer").parse::<DirectorySecret>();
    let kind = kind.map_err(|e| Problem::field("kind", e.to_string()))?;
    let held = Held::enter(&mut tx, it.id).await?;
    let (made, token) = directory::add_token(&app, &mut tx, &held, kind, ends, &caller.actor()).await?;
    tx.commit().await?;
    let mut body =
        json!({"id": made.to_string(), "kind": kind.as_str(), "expires_at": ends.map(|t| t.to_string())});
    match kind {
        DirectorySecret::Bearer => body["token"] = token.expose().into(),
        DirectorySecret::Client => {
            body["client_id"] = made.to_string().into();
            body["client_secret"] = token.expose().into();
            body["token_url"] = directory::token_url(&app, it.id).into();
        }
    }
    Ok((StatusCode::CREATED, Json(body)))
}

/// `DELETE /api/v1/organizations/{id}/directories/{directory}/tokens/{token}`.
pub async fn revoke(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id, token)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let token = token.parse().map_err(|_| Problem::not_found("token"))?;
    let held = Held::enter(&mut tx, it.id).await?;
    directory::revoke_token(&app, &mut tx, &held, token, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
