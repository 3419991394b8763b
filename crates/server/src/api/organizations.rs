//! Organizations over the API.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Organization, Role};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::connection::domains;
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson, Params};

/// The body of a creation. Domains are attested by the token's owner.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    name: String,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// What can be changed.
#[derive(Debug, Default, Deserialize)]
pub struct Settings {
    leaver_policy: Option<String>,
    erase_grace_seconds: Option<u64>,
    jit: Option<bool>,
    self_service: Option<bool>,
    defaults: Option<NewDefaults>,
}

/// The body of a change.
#[derive(Debug, Deserialize)]
pub struct ChangedOrganization {
    name: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(flatten)]
    settings: Settings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDefaults {
    country: Option<String>,
    role: Option<String>,
}

impl Settings {
    fn change(self, name: Option<String>) -> Result<Change, Problem> {
        let wrong = |field: &'static str| move |e: model::UnknownState| Problem::field(field, e.to_string());
        let defaults = self.defaults.unwrap_or(NewDefaults { country: None, role: None });
        Ok(Change {
            name,
            leaver_policy: self
                .leaver_policy
                .map(|p| p.parse().map_err(wrong("leaver_policy")))
                .transpose()?,
            erase_grace: self.erase_grace_seconds.map(Duration::from_secs),
            jit: self.jit,
            self_service: self.self_service,
            country: defaults.country,
            role: defaults.role.map(|r| r.parse::<Role>().map_err(wrong("defaults.role"))).transpose()?,
        })
    }
}

/// `POST /api/v1/organizations`.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    ApiJson(body): ApiJson<NewOrganization>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut tx = app.write().await?;
    let it = organization::create(&app, &mut tx, &body.name, &caller.actor()).await?;
    let it = organization::update(&app, &mut tx, it, body.settings.change(None)?, &caller.actor()).await?;
    for name in &body.domains {
        domains::add(&app, &mut tx, &it, name, Some(&caller.actor()), &caller.actor()).await?;
    }
    let answer = with_domains(&mut tx, &it).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `PATCH /api/v1/organizations/{id}`.
pub async fn update(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<ChangedOrganization>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let it = organization::require(&mut tx, &id).await?;
    let it =
        organization::update(&app, &mut tx, it, body.settings.change(body.name)?, &caller.actor()).await?;
    for name in &body.domains {
        domains::add(&app, &mut tx, &it, name, Some(&caller.actor()), &caller.actor()).await?;
    }
    let answer = with_domains(&mut tx, &it).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// `GET /api/v1/organizations/{id}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let it = organization::require(&mut db, &id).await?;
    Ok(Json(with_domains(&mut db, &it).await?))
}

/// `GET /api/v1/organizations?name=&limit=&cursor=`: those whose name begins with `name`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let prefix = params.first("name").unwrap_or_default();
    let cursor = params.first("cursor").filter(|c| !c.is_empty());
    let page = store::organization::list(&mut db, prefix, cursor, super::limit(&params)?).await?;
    let mut data = Vec::new();
    for it in &page.items {
        data.push(with_domains(&mut db, it).await?);
    }
    Ok(Json(json!({"data": data, "next_cursor": page.next})))
}

async fn with_domains(db: &mut impl Connected, it: &Organization) -> Result<Value, Problem> {
    let domains = store::domain::list(db, it.id).await?;
    let domains: Vec<Value> = domains
        .iter()
        .map(|d| {
            json!({
                "id": d.id.to_string(),
                "name": d.name,
                "status": d.status.as_str(),
                "verified_at": d.verified_at.map(|t| t.to_string()),
            })
        })
        .collect();
    let mut answer = organization::to_json(it);
    answer["domains"] = domains.into();
    Ok(answer)
}
