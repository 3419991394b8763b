//! Directories over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Directory, DirectoryStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Tx;

use crate::app::App;
use crate::directory;
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};
use web::guide;

/// The body of a creation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDirectory {
    provider: Option<String>,
    status: Option<String>,
}

/// `POST /api/v1/organizations/{id}/directories`. The token is shown this once.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<NewDirectory>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let provider = body.provider.as_deref().unwrap_or("custom-scim2");
    if guide::find(provider).is_none() {
        return Err(Problem::field(
            "provider",
            format!(
                "“{provider}” is not a provider we know. Use custom-scim2 for any provider without a guide of its own"
            ),
        ));
    }
    let status = status(body.status.as_deref().unwrap_or("draft"))?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let (it, token) = directory::create(&app, &mut tx, &organization, provider, status).await?;
    audit(&app, &mut tx, &caller, &it, "directory.created").await?;
    tx.commit().await?;
    let mut answer = to_json(&app, &it);
    answer["scim"]["token"] = token.expose().into();
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /api/v1/organizations/{id}/directories`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let all = store::directory::list(&mut db, organization.id).await?;
    Ok(Json(json!({"data": all.iter().map(|it| to_json(&app, it)).collect::<Vec<_>>()})))
}

/// The body of a change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedDirectory {
    status: String,
}

/// `PATCH /api/v1/organizations/{id}/directories/{directory}`: `active`, `paused` or `preview`.
pub async fn update(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
    ApiJson(body): ApiJson<ChangedDirectory>,
) -> Result<Json<Value>, Problem> {
    let wanted = status(&body.status)?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let it = directory::set_status(&app, &mut tx, it, wanted).await?;
    audit(&app, &mut tx, &caller, &it, "directory.updated").await?;
    tx.commit().await?;
    Ok(Json(to_json(&app, &it)))
}

async fn audit(
    app: &App,
    tx: &mut Tx,
    caller: &ApiCaller,
    it: &Directory,
    action: &str,
) -> Result<(), Problem> {
    let data = json!({"status": it.status.as_str(), "provider": it.provider});
    app.audit(tx, &caller.actor(), action, Some(it.organization_id), Some(it.id.to_string()), &data).await
}

fn status(text: &str) -> Result<DirectoryStatus, Problem> {
    text.parse().map_err(|e: model::UnknownState| Problem::field("status", e.to_string()))
}

fn to_json(app: &App, it: &Directory) -> Value {
    json!({
        "id": it.id.to_string(),
        "organization_id": it.organization_id.to_string(),
        "provider": it.provider,
        "status": it.status.as_str(),
        "scim": {"base_url": directory::base_url(app, it.id)},
        "last_request_at": it.last_request_at.map(|t| t.to_string()),
        "stopped_at": directory::Brake::of(&it.brake).stop().map(|stop| stop.at.to_string()),
        "created_at": it.created_at.to_string(),
    })
}
