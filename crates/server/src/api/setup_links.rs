//! Setup links over the API.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::SetupLink;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::onboarding::links;
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};

/// The body of a creation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSetupLink {
    purposes: Vec<String>,
    /// Seconds.
    expires_in: Option<u64>,
    /// Mails the link to this address.
    email: Option<String>,
}

/// `POST /api/v1/organizations/{id}/setup-links`.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<NewSetupLink>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let purposes = links::purposes(body.purposes.iter().map(String::as_str))?;
    let life = body.expires_in.map(Duration::from_secs);
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let by = (app.brand.vendor_name.as_str(), caller.actor());
    let new = links::create(&app, &mut tx, &organization, &purposes, life, (by.0, &by.1)).await?;
    if let Some(email) = &body.email {
        links::send(&app, &mut tx, &organization, &new, email).await?;
    }
    tx.commit().await?;
    let mut answer = to_json(&new.link);
    answer["url"] = new.url.into();
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /api/v1/organizations/{id}/setup-links`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let data: Vec<Value> = store::link::list(&mut db, organization.id).await?.iter().map(to_json).collect();
    Ok(Json(json!({"data": data})))
}

/// `POST /api/v1/organizations/{id}/setup-links/{link}/revoke`.
pub async fn revoke(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, link)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let link = link.parse().map_err(|_| Problem::not_found("setup link"))?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    links::revoke(&app, &mut tx, organization.id, link, &caller.actor()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(link: &SetupLink) -> Value {
    json!({
        "id": link.id.to_string(),
        "purposes": link.purposes.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        "created_by": link.created_by,
        "created_at": link.created_at.to_string(),
        "expires_at": link.expires_at.to_string(),
        "revoked_at": link.revoked_at.map(|t| t.to_string()),
        "last_used_at": link.last_used_at.map(|t| t.to_string()),
    })
}
