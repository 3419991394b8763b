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

/// The body of a creation, and of a change: what is not named stays as it is. Domains are attested by the token's owner.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Body {
    name: Option<String>,
    domains: Vec<String>,
    leaver_policy: Option<String>,
    erase_grace_seconds: Option<u64>,
    brake_people: Option<u32>,
    brake_percent: Option<u32>,
    jit: Option<bool>,
    self_service: Option<bool>,
    session_max_seconds: Named<u64>,
    end_provider_session: Option<bool>,
    defaults: Option<NewDefaults>,
}

/// Defaults for missing fields; `null` takes one away (RFC 7396).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewDefaults {
    country: Named,
    role: Named,
    #[serde(rename = "currentCity")]
    current_city: Named,
    #[serde(rename = "currentState")]
    current_state: Named,
}

/// A value that may be left out, or be `null`.
#[derive(Debug, Default)]
enum Named<T = String> {
    #[default]
    Absent,
    Null,
    Text(T),
}

impl Named {
    /// The text to keep: nothing where it stays, an empty one where it is taken away.
    fn change(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Null => Some(String::new()),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: serde::Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(value)?.map_or(Self::Null, Self::Text))
    }
}

impl Body {
    fn change(&self) -> Result<Change, Problem> {
        let wrong = |field: &'static str| move |e: model::UnknownState| Problem::field(field, e.to_string());
        let none = NewDefaults::default();
        let defaults = self.defaults.as_ref().unwrap_or(&none);
        let role = match &defaults.role {
            Named::Absent => None,
            Named::Null => Some(None),
            Named::Text(text) => Some(Some(text.parse::<Role>().map_err(wrong("defaults.role"))?)),
        };
        Ok(Change {
            name: self.name.clone(),
            leaver_policy: self
                .leaver_policy
                .as_ref()
                .map(|p| p.parse().map_err(wrong("leaver_policy")))
                .transpose()?,
            erase_grace: self.erase_grace_seconds.map(Duration::from_secs),
            brake_people: self.brake_people,
            brake_percent: self.brake_percent,
            jit: self.jit,
            self_service: self.self_service,
            end_provider_session: self.end_provider_session,
            session_max: match self.session_max_seconds {
                Named::Absent => None,
                Named::Null => Some(None),
                Named::Text(seconds) => Some(Some(Duration::from_secs(seconds))),
            },
            country: defaults.country.change(),
            current_city: defaults.current_city.change(),
            current_state: defaults.current_state.change(),
            role,
        })
    }
}

/// `POST /api/v1/organizations`.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    ApiJson(body): ApiJson<Body>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let name = body.name.as_deref();
    let name = name.ok_or_else(|| Problem::field("name", "expected what people call the company"))?;
    let change = body.change()?;
    let mut tx = app.write().await?;
    let it = organization::create(&app, &mut tx, name, &caller.actor()).await?;
    let it = organization::update(&app, &mut tx, it, change, &caller.actor()).await?;
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
    ApiJson(body): ApiJson<Body>,
) -> Result<Json<Value>, Problem> {
    let change = body.change()?;
    let mut tx = app.write().await?;
    tx.lock(&id).await?;
    let it = organization::require(&mut tx, &id).await?;
    let it = organization::update(&app, &mut tx, it, change, &caller.actor()).await?;
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
    let cursor = super::cursor_in(&params)?;
    let page = store::organization::list(&mut db, prefix, cursor.as_deref(), super::limit(&params)?).await?;
    let mut data = Vec::new();
    for it in &page.items {
        data.push(with_domains(&mut db, it).await?);
    }
    Ok(Json(json!({"data": data, "next_cursor": super::cursor_out(page.next)})))
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
                "sso_required": d.sso_required_at.is_some(),
            })
        })
        .collect();
    let mut answer = organization::to_json(it);
    answer["domains"] = domains.into();
    Ok(answer)
}
