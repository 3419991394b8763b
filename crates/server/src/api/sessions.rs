//! Sessions of a member over the API: those begun through this organization, and no others.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::session::Session;

use super::members::require;
use crate::account;
use crate::app::App;
use crate::member;
use crate::problem::Problem;
use crate::provider::{self, Ending};
use crate::request::ApiCaller;

/// `GET /api/v1/organizations/{id}/members/{member}/sessions`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, member) = require(&mut db, &id, &member).await?;
    let all = store::session::list_of_member(&mut db, member.id, app.now()).await?;
    Ok(Json(json!({"data": all.iter().map(to_json).collect::<Vec<_>>()})))
}

/// `DELETE /api/v1/organizations/{id}/members/{member}/sessions`: ends them all.
pub async fn end_all(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, member)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (organization, member) = require(&mut tx, &id, &member).await?;
    member::sign_out_everywhere(&app, &mut tx, member.id, Ending::Api).await?;
    let target = Some(member.id.to_string());
    app.audit(&mut tx, &caller.actor(), "member.sign-out", Some(organization.id), target, &json!({})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/organizations/{id}/members/{member}/sessions/{session}`.
pub async fn end(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, member, session)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.write().await?;
    let (organization, member) = require(&mut tx, &id, &member).await?;
    let all = store::session::list_of_member(&mut tx, member.id, app.now()).await?;
    let found = all.iter().find(|it| it.id.to_string() == session);
    let found = found.ok_or_else(|| Problem::not_found("session of this member"))?;
    provider::revoke_session(&app, &mut tx, found, Ending::Api, None).await?;
    let about = json!({"member_id": member.id.to_string()});
    app.audit(&mut tx, &caller.actor(), "session.revoked", Some(organization.id), Some(session), &about)
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(it: &Session) -> Value {
    json!({
        "id": it.id.to_string(),
        "member_id": it.member_id.map(|id| id.to_string()),
        "connection_id": it.connection_id.map(|id| id.to_string()),
        "method": it.method,
        "browser": account::device(&it.user_agent),
        "authenticated_at": it.auth_at.to_string(),
        "created_at": it.created_at.to_string(),
        "expires_at": it.expires_at.to_string(),
    })
}
