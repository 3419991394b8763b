//! Where a directory's fields and roles come from, and what going live would do, over the API.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use model::{Directory, DirectoryStatus, Organization, Role};
use profile::Field;
use profile::mapping::{Path as Place, Reading};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use super::{cursor_in, cursor_out, limit};
use crate::app::App;
use crate::directory::{self, Among, Arrived, DirectoryConfig, RoleRule, TriedPerson};
use crate::onboarding::mapping_panel::{self, MOST};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson, Params};

/// The longest value that can be settled, and the longest name of a group, in characters.
const LONGEST: usize = 200;

/// A mapping as a whole. What is left out is as it was before anybody set it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMapping {
    rules: Option<BTreeMap<String, Vec<String>>>,
    readings: Option<Vec<NewReading>>,
    roles: Option<Vec<NewRole>>,
}

/// A value that is settled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewReading {
    field: String,
    received: String,
    value: Option<String>,
}

/// A group whose members have a role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRole {
    group: String,
    role: String,
}

impl NewMapping {
    fn config(self) -> Result<DirectoryConfig, Problem> {
        let mut config = DirectoryConfig::default();
        let rules = self.rules.unwrap_or_default();
        few("rules", rules.len())?;
        for (name, places) in rules {
            let at = format!("rules.{name}");
            let field = field(&at, &name)?;
            few(&at, places.len())?;
            let read =
                |text: &String| Place::parse(text).map_err(|e| Problem::field(at.clone(), e.to_string()));
            let mut paths: Vec<Place> = Vec::new();
            for path in places.iter().map(read) {
                let path = path?;
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
            let is_read = !paths.is_empty();
            mapping_panel::set_places(&mut config, field.clone(), paths);
            if is_read && !config.mapping.rules.iter().any(|rule| rule.field == field) {
                return Err(Problem::field(at, format!("expected {MOST} fields at most, ours among them")));
            }
        }
        let readings = self.readings.unwrap_or_default();
        few("readings", readings.len())?;
        for (at, one) in readings.into_iter().enumerate() {
            let at = format!("readings[{at}]");
            let field = field(&format!("{at}.field"), &one.field)?;
            short(&format!("{at}.received"), &one.received)?;
            short(&format!("{at}.value"), one.value.as_deref().unwrap_or("-"))?;
            config.mapping.readings.push(Reading { field, received: one.received, value: one.value });
        }
        let by_group = self.roles.unwrap_or_default();
        few("roles", by_group.len())?;
        for (at, one) in by_group.into_iter().enumerate() {
            let at = format!("roles[{at}]");
            let role = one.role.parse::<Role>();
            let role = role.map_err(|_| Problem::field(format!("{at}.role"), "expected admin or member"))?;
            short(&format!("{at}.group"), &one.group)?;
            config.roles.push(RoleRule { group: one.group.trim().to_owned(), role });
        }
        Ok(config)
    }
}

fn few(at: &str, count: usize) -> Result<(), Problem> {
    if count <= MOST {
        Ok(())
    } else {
        Err(Problem::field(at.to_owned(), format!("expected {MOST} at most")))
    }
}

fn short(at: &str, text: &str) -> Result<(), Problem> {
    if !text.trim().is_empty() && text.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(Problem::field(at.to_owned(), format!("expected a text of 1 to {LONGEST} characters")))
}

fn field(at: &str, name: &str) -> Result<Field, Problem> {
    mapping_panel::field_of(name).ok_or_else(|| {
        let words = "expected a field's name, or one of your own in up to 40 letters, digits and _";
        Problem::field(at.to_owned(), words)
    })
}

async fn find(
    db: &mut impl Connected,
    (id, directory): &(String, String),
) -> Result<(Organization, Directory), Problem> {
    let organization = organization::require(db, id).await?;
    let it = directory::require(db, &organization, directory).await?;
    Ok((organization, it))
}

/// `GET /api/v1/organizations/{id}/directories/{directory}/mapping`.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(ids): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (_, it) = find(&mut app.read().await?, &ids).await?;
    Ok(Json(DirectoryConfig::of(&it)?.to_json()))
}

/// `PUT …/mapping`: keeps another one, which then reaches everybody who is there. The same once more changes nothing.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path(ids): Path<(String, String)>,
    ApiJson(body): ApiJson<NewMapping>,
) -> Result<Json<Value>, Problem> {
    let config = body.config()?;
    let mut tx = app.write().await?;
    let (_, it) = find(&mut tx, &ids).await?;
    let it = directory::hold(&mut tx, it).await?;
    if DirectoryConfig::of(&it)? != config {
        mapping_panel::keep(&app, &mut tx, it, &config, &caller.actor()).await?;
        tx.commit().await?;
    }
    Ok(Json(config.to_json()))
}

/// `POST …/mapping/trial`: what a mapping would change for the people who arrived. Nothing is kept.
pub async fn try_out(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(ids): Path<(String, String)>,
    ApiJson(body): ApiJson<NewMapping>,
) -> Result<Json<Value>, Problem> {
    let config = body.config()?;
    let (_, it) = find(&mut app.read().await?, &ids).await?;
    let trial = directory::trial(&app, &it, &config).await?;
    Ok(Json(json!({
        "tried": trial.tried,
        "changed": trial.changed,
        "failing": trial.failing,
        "people": trial.people.iter().map(tried).collect::<Vec<_>>(),
    })))
}

fn tried(it: &TriedPerson) -> Value {
    let change = |(field, from, to): &(Field, String, String)| {
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        json!({"field": field.api_name(), "from": text(from), "to": text(to)})
    };
    json!({
        "user_id": it.id.to_string(),
        "name": it.name,
        "email": it.email,
        "changes": it.changes.iter().map(change).collect::<Vec<_>>(),
        "faults": it.faults,
    })
}

/// `GET …/preview`: what going live would do, counted over everybody, with the first of each kind.
pub async fn preview(
    _caller: ApiCaller,
    State(app): State<App>,
    Path(ids): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (_, it) = find(&mut app.read().await?, &ids).await?;
    not_live(&it)?;
    let forecast = directory::forecast(&app, &it).await?;
    let kind = |among: Among| {
        let named = forecast.groups.get(&among).map(|(_, named)| named.as_slice()).unwrap_or_default();
        let people: Vec<Value> = named.iter().map(|one| arrived(&one.arrived)).collect();
        json!({"who": among.as_str(), "count": forecast.count(among), "people": people})
    };
    let stops = forecast.stops.map(|(leavers, members)| json!({"leavers": leavers, "members": members}));
    Ok(Json(json!({
        "people": forecast.people,
        "active": forecast.active,
        "would_stop": stops,
        "data": Among::all().map(kind).collect::<Vec<_>>(),
    })))
}

/// `GET …/preview/{who}`: everybody of one kind, page by page.
pub async fn preview_of(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id, who)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let (after, limit) = (cursor_in(&params)?, limit(&params)?);
    let (_, it) = find(&mut app.read().await?, &(id, directory_id)).await?;
    not_live(&it)?;
    let among = Among::read(&who).ok_or_else(|| Problem::not_found("kind of people"))?;
    let after = after.and_then(|id| id.parse().ok());
    let (found, more) = directory::foreseen(&app, &it, among, after, limit).await?;
    let next = found.last().filter(|_| more).map(|last| last.arrived.id.to_string());
    Ok(Json(json!({
        "data": found.iter().map(|one| arrived(&one.arrived)).collect::<Vec<_>>(),
        "next_cursor": cursor_out(next),
    })))
}

fn not_live(it: &Directory) -> Result<(), Problem> {
    if it.status != DirectoryStatus::Active {
        return Ok(());
    }
    Err(Problem::conflict(
        "directory_is_live",
        "This directory is live",
        "What it sends is applied as it comes, so there is nothing to see beforehand. Set its status to preview first.",
    ))
}

fn arrived(it: &Arrived) -> Value {
    json!({
        "user_id": it.id.to_string(),
        "member_id": it.member.as_ref().map(|member| member.id.to_string()),
        "name": it.user.as_object().map(directory::name_of).unwrap_or_default(),
        "email": it.mapped.profile.email,
        "role": it.role.map(Role::as_str),
        "missing": it.missing.iter().map(Field::api_name).collect::<Vec<_>>(),
        "problems": it.problems,
    })
}
