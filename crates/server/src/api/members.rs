//! Members over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Member, Organization, Role, Source};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;
use store::member::Query;

use crate::app::App;
use crate::member::{self, Arrival, Reason};
use crate::organization;
use crate::problem::Problem;
use crate::provider::Ending;
use crate::request::{ApiCaller, ApiJson, Params};

/// `GET /api/v1/organizations/{id}/members?email=&status=&limit=&cursor=`.
pub async fn list(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let text = |name| params.first(name).filter(|text| !text.is_empty());
    let status = text("status").map(|s| s.parse().map_err(|e| Problem::field("status", format!("{e}"))));
    let cursor = super::cursor_in(&params)?;
    // In the one spelling in which addresses are kept.
    let email =
        text("email").map(|e| profile::email::parse(e).ok().flatten().unwrap_or_else(|| e.to_owned()));
    let query = Query {
        email: email.as_deref(),
        status: status.transpose()?,
        search: text("search"),
        cursor: cursor.as_deref(),
        limit: super::limit(&params)?,
    };
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let page = store::member::list(&mut db, organization.id, &query).await?;
    let data: Vec<Value> = page.items.iter().map(member::to_json).collect();
    Ok(Json(json!({"data": data, "next_cursor": super::cursor_out(page.next)})))
}

/// `GET /api/v1/organizations/{id}/members/{member}`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let (_, member) = require(&mut db, &id, &member).await?;
    Ok(Json(member::to_json(&member)))
}

/// The body of an invitation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    profile: Value,
    role: Option<String>,
}

/// `POST /api/v1/organizations/{id}/members`: invites one person.
pub async fn create(
    caller: ApiCaller,
    State(app): State<App>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<NewMember>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let this_year = u16::try_from(app.now().year()).unwrap_or(u16::MAX);
    let (profile, problems) = profile::Profile::from_json(&body.profile, this_year);
    if let Some(problem) = problems.first() {
        let field = problem.field.as_ref().map_or("profile", profile::Field::api_name);
        return Err(Problem::field(format!("profile.{field}"), problem.to_string()));
    }
    if profile.email.is_none() {
        return Err(Problem::field("profile.email", "expected the person's work address"));
    }
    let role = body.role.map(|r| r.parse::<Role>().map_err(|e| Problem::field("role", e.to_string())));
    let arrival = Arrival {
        source: Source::Manual,
        profile,
        withdrawn: None,
        role: role.transpose()?,
        unread: Vec::new(),
        directory_user_id: None,
        active: true,
        unheard: false,
    };
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    tx.lock(&organization.id.to_string()).await?;
    let member = member::arrive(&app, &mut tx, &organization, arrival).await?;
    let target = Some(member.id.to_string());
    app.audit(&mut tx, &caller.actor(), "member.invited", Some(organization.id), target, &json!({})).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(member::to_json(&member))))
}

/// `POST /api/v1/organizations/{id}/members/{member}/{leave|restore|suspend|resume|sign-out}`.
pub async fn act(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, member, act)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let (organization, member) = require(&mut tx, &id, &member).await?;
    tx.lock(&organization.id.to_string()).await?;
    let member_id = member.id;
    let member = match act.as_str() {
        "leave" => member::leave(&app, &mut tx, &organization, member, Reason::Api).await?,
        "restore" => member::restore(&app, &mut tx, &organization, member).await?,
        "suspend" => member::suspend(&app, &mut tx, &organization, member).await?,
        "resume" => member::resume(&app, &mut tx, &organization, member).await?,
        "sign-out" => {
            member::sign_out_everywhere(&app, &mut tx, member_id, Ending::Api).await?;
            member
        }
        _ => return Err(Problem::not_found("act")),
    };
    let action = format!("member.{act}");
    let target = Some(member_id.to_string());
    app.audit(&mut tx, &caller.actor(), &action, Some(organization.id), target, &json!({})).await?;
    tx.commit().await?;
    Ok(Json(member::to_json(&member)))
}

/// The organization and its member, or 404.
pub(super) async fn require(
    db: &mut impl Connected,
    organization: &str,
    member: &str,
) -> Result<(Organization, Member), Problem> {
    let organization = organization::require(db, organization).await?;
    let found = match member.parse() {
        Ok(id) => store::member::lookup(db, organization.id, id).await?,
        Err(_) => None,
    };
    Ok((organization, found.ok_or_else(|| Problem::not_found("member"))?))
}
