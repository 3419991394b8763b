//! Required single sign-on and bypasses over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Domain, Organization};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;
use store::enforcement::Opening;

use crate::app::App;
use crate::enforcement::{self, NewOpening, Whom};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};

/// So many bypasses are listed.
const LISTED: usize = 200;

/// The body of a switch: `required`, and nothing else.
#[derive(Debug, Deserialize)]
pub struct Switch {
    required: Option<bool>,
    #[serde(flatten)]
    other: serde_json::Map<String, Value>,
}

impl Switch {
    /// Read after the domain was found: what is another organization's is not found, whatever the body says.
    fn required(&self) -> Result<bool, Problem> {
        match self.other.keys().next() {
            Some(name) => Err(Problem::field(name, "expected only `required` here")),
            None => self.required.ok_or_else(|| Problem::field("required", "expected true or false")),
        }
    }
}

/// `GET /api/v1/organizations/{id}/domains/{domain}/sso`: whether it is required, and who has proven that it works. The
/// domain is named by id or name.
pub async fn show(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, domain)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let domain = enforcement::domain_of(&mut db, &organization, &domain).await?;
    Ok(Json(to_json(&app, &mut db, &organization, &domain, &caller.actor()).await?))
}

/// `PUT /api/v1/organizations/{id}/domains/{domain}/sso`.
pub async fn switch(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, domain)): Path<(String, String)>,
    ApiJson(body): ApiJson<Switch>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = enforcement::domain_of(&mut tx, &organization, &domain).await?;
    if body.required()? {
        enforcement::require(&app, &mut tx, &organization, &it, &caller.actor()).await?;
    } else {
        enforcement::lift(&app, &mut tx, &organization, &it, &caller.actor()).await?;
    }
    let it = enforcement::domain_of(&mut tx, &organization, &domain).await?;
    let answer = to_json(&app, &mut tx, &organization, &it, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

async fn to_json(
    app: &App,
    db: &mut impl Connected,
    organization: &Organization,
    domain: &Domain,
    actor: &str,
) -> Result<Value, Problem> {
    let evidence = enforcement::evidence(app, db, organization, domain, actor).await?;
    let numbers = evidence.standing;
    Ok(json!({
        "domain_id": domain.id.to_string(),
        "domain": domain.name,
        "required": domain.sso_required_at.is_some(),
        "required_since": domain.sso_required_at.map(|at| at.to_string()),
        "missing": evidence.missing.filter(|_| domain.sso_required_at.is_none()),
        "evidence": {
            "since": evidence.since.to_string(),
            "members": numbers.members,
            "signed_in": numbers.signed_in,
            "administrators": numbers.administrators,
            "administrators_signed_in": numbers.administrators_signed_in,
            "with_password": numbers.with_password,
            "own_sessions": evidence.own_sessions.len(),
        },
    }))
}

/// The body of a bypass: for a domain (by id or name), or for one member's address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBypass {
    domain: Option<String>,
    email: Option<String>,
    hours: u32,
    reason: String,
}

/// `POST /api/v1/organizations/{id}/bypasses`.
pub async fn open(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<NewBypass>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let whom = match (body.domain, body.email) {
        (Some(domain), None) => Whom::Domain(domain.to_lowercase()),
        (None, Some(email)) => Whom::Person(email),
        _ => return Err(Problem::field("domain", "expected either domain or email")),
    };
    let new = NewOpening { whom, hours: body.hours, reason: body.reason };
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = enforcement::open(&app, &mut tx, &organization, &new, &caller.actor()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(opening_json(&it, &app))))
}

/// `GET /api/v1/organizations/{id}/bypasses`: newest first.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let all = store::enforcement::list(&mut db, organization.id, LISTED).await?;
    let data: Vec<Value> = all.iter().map(|it| opening_json(it, &app)).collect();
    Ok(Json(json!({ "data": data })))
}

/// `POST /api/v1/organizations/{id}/bypasses/{opening}/end`.
pub async fn end(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, opening)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    tx.lock(&organization.id.to_string()).await?;
    let it = enforcement::opening_of(&mut tx, &organization, &opening).await?;
    enforcement::close(&app, &mut tx, &it, &caller.actor()).await?;
    let it = enforcement::opening_of(&mut tx, &organization, &opening).await?;
    tx.commit().await?;
    Ok(Json(opening_json(&it, &app)))
}

fn opening_json(it: &Opening, app: &App) -> Value {
    json!({
        "id": it.id.to_string(),
        "kind": it.kind,
        "domain": it.domain,
        "email": it.email,
        "reason": it.reason,
        "opened_by": it.opened_by,
        "opened_at": it.opened_at.to_string(),
        "ends_at": it.ends_at.to_string(),
        "ended_at": it.ended_at.map(|at| at.to_string()),
        "open": it.ended_at.is_none() && it.ends_at > app.now(),
    })
}
