//! Directories over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Directory, DirectoryStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Tx;

use crate::app::App;
use crate::directory::{self, Sent};
use crate::organization;
use crate::problem::Problem;
use crate::provisioning;
use crate::pull;
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
    let (it, token) = if pull::kind_of(provider).is_some() {
        let made = directory::create_without_token(&app, &mut tx, &organization, provider, status).await?;
        (made, None)
    } else {
        let (it, token) = directory::create(&app, &mut tx, &organization, provider, status).await?;
        (it, Some(token))
    };
    audit(&app, &mut tx, &caller, &it, "directory.created").await?;
    tx.commit().await?;
    let mut answer = to_json(&app, &it);
    if let Some(token) = token {
        answer["scim"]["token"] = token.expose().into();
    }
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

/// `GET /api/v1/organizations/{id}/directories/{directory}/health`.
pub async fn health(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    provisioning::flush(&app).await?;
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let it = directory::require(&mut db, &organization, &directory_id).await?;
    drop(db);
    let health = directory::health(&app, &it).await?;
    let counts = &health.counts;
    let person = |it: &Sent| {
        let (user, member) = (it.user.map(|id| id.to_string()), it.member.map(|id| id.to_string()));
        json!({"user_id": user, "member_id": member, "name": it.name, "email": it.email})
    };
    let missing = health.missing.iter().map(|it| {
        let people: Vec<Value> = it.people.iter().map(person).collect();
        json!({"field": it.field.api_name(), "count": it.count, "people": people, "fix": it.words.plain})
    });
    let unread = health.unread.iter().map(|it| {
        let mut value = person(&it.person);
        value["field"] = json!(it.field.as_ref().map(profile::Field::api_name));
        value["received"] = json!(it.received);
        value["problem"] = json!(it.problem);
        value
    });
    let refused = health.refused.iter().map(|it| {
        json!({
            "code": it.cause.code,
            "count": it.cause.count,
            "last_reference": it.cause.last.to_string(),
            "last_at": it.last.as_ref().map(|last| last.at.to_string()),
            "title": it.words.means,
            "fix": it.words.plain,
        })
    });
    Ok(Json(json!({
        "directory_id": it.id.to_string(),
        "status": it.status.as_str(),
        "last_request_at": it.last_request_at.map(|t| t.to_string()),
        "silent_since": directory::silence::silent_since(&it, app.now()).map(|t| t.to_string()),
        "longest_pause_seconds": it.longest_gap.as_secs(),
        "users": counts.users,
        "inactive_users": counts.inactive,
        "groups": counts.groups,
        "members": counts.applied,
        "incomplete_members": counts.incomplete,
        "missing": missing.collect::<Vec<_>>(),
        "unread": unread.collect::<Vec<_>>(),
        "more_unread": health.more_unread,
        "refused_days": directory::DAYS,
        "refused": refused.collect::<Vec<_>>(),
    })))
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
        "scim": pull::kind_of(&it.provider).is_none().then(|| json!({"base_url": directory::base_url(app, it.id)})),
        "last_request_at": it.last_request_at.map(|t| t.to_string()),
        "stopped_at": directory::Brake::of(&it.brake).stop().map(|stop| stop.at.to_string()),
        "created_at": it.created_at.to_string(),
    })
}
