//! Which of several connections the addresses of a domain sign in through, over the API.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use model::{Domain, Organization};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Connected;

use crate::app::App;
use crate::connection::{self, Decision, Everybody, NewRule, NewWho, Routing, RoutingChange};
use crate::enforcement;
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson, Params};

/// The whole of the rules, as an object. What it does not name is not there afterwards.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Body(Value);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    #[serde(default)]
    rules: Vec<OneRule>,
    everybody_else: Option<Last>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneRule {
    /// As it was answered; a rule gets a new one with each change of the whole.
    #[serde(default, rename = "id")]
    _id: Option<String>,
    pilot: Option<Vec<String>>,
    group: Option<String>,
    connection: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    connection: Option<String>,
    choose: Option<Vec<String>>,
}

/// `GET …/domains/{domain}/routing`: the rules; with `email` also where that address signs in.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, domain)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let domain = enforcement::domain_of(&mut db, &organization, &domain).await?;
    let mut answer = to_json(&mut db, &domain, &Routing::of(&domain)).await?;
    if let Some(email) = params.first("email") {
        if connection::domains::of_email(email).as_ref() != Some(&domain.name) {
            return Err(Problem::field("email", format!("expected an address in {}", domain.name)));
        }
        let all = store::connection::list(&mut db, organization.id).await?;
        answer["email"] = match connection::decision(&mut db, &domain, &all, email, None).await? {
            Decision::Nowhere => Value::Null,
            Decision::Through(id, _) => json!({"connection": id.to_string()}),
            Decision::Choose(among) => {
                json!({"choose": among.iter().map(ToString::to_string).collect::<Vec<_>>()})
            }
        };
    }
    Ok(Json(answer))
}

/// `PUT …/domains/{domain}/routing`: these rules in the place of all that were there.
pub async fn set(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, domain)): Path<(String, String)>,
    ApiJson(Body(body)): ApiJson<Body>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = enforcement::domain_of(&mut tx, &organization, &domain).await?;
    // Read after the domain was found: what is another organization's is not found, whatever the body says.
    let change = read(body)?;
    let routing =
        connection::change_routing(&app, &mut tx, &organization, &it, change, &caller.actor()).await?;
    let answer = to_json(&mut tx, &it, &routing).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// `DELETE …/domains/{domain}/routing`: no rules; the newest active connection serves everybody.
pub async fn clear(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, domain)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut tx = app.write().await?;
    let organization: Organization = organization::require(&mut tx, &id).await?;
    let it = enforcement::domain_of(&mut tx, &organization, &domain).await?;
    let change = RoutingChange::Whole(Vec::new(), Everybody::Newest);
    let routing =
        connection::change_routing(&app, &mut tx, &organization, &it, change, &caller.actor()).await?;
    let answer = to_json(&mut tx, &it, &routing).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

fn read(body: Value) -> Result<RoutingChange, Problem> {
    let whole: Whole = serde_json::from_value(body).map_err(|e| Problem::field("rules", format!("{e}")))?;
    let through = |field: &str, id: &str| {
        id.parse().map_err(|_| Problem::field(field, "expected the id of an active connection"))
    };
    let mut rules = Vec::new();
    for rule in whole.rules {
        let who = match (rule.pilot, rule.group) {
            (Some(emails), None) => NewWho::Pilot(emails),
            (None, Some(group)) => NewWho::Group(
                group.parse().map_err(|_| Problem::field("group", "expected the id of a directory group"))?,
            ),
            _ => return Err(Problem::field("rules", "expected either pilot or group in each rule")),
        };
        rules.push(NewRule { who, connection: through("connection", &rule.connection)? });
    }
    let everybody = match whole.everybody_else.map(|it| (it.connection, it.choose)) {
        None | Some((None, None)) => Everybody::Newest,
        Some((Some(id), None)) => Everybody::Connection(through("everybody_else.connection", &id)?),
        Some((None, Some(all))) => Everybody::Choose(
            all.iter().map(|id| through("everybody_else.choose", id)).collect::<Result<_, _>>()?,
        ),
        Some((Some(_), Some(_))) => {
            return Err(Problem::field("everybody_else", "expected either connection or choose"));
        }
    };
    Ok(RoutingChange::Whole(rules, everybody))
}

async fn to_json(db: &mut impl Connected, domain: &Domain, routing: &Routing) -> Result<Value, Problem> {
    let mut pilots: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (rule, email) in store::routing::pilots(db, domain.id).await? {
        pilots.entry(rule.to_string()).or_default().push(email);
    }
    let mut answer = routing.to_json();
    answer["domain_id"] = json!(domain.id.to_string());
    answer["domain"] = json!(domain.name);
    for rule in answer["rules"].as_array_mut().into_iter().flatten() {
        let id = rule["id"].as_str().unwrap_or_default().to_owned();
        if rule["group"].is_null()
            && let Some(rule) = rule.as_object_mut()
        {
            rule.insert("pilot".to_owned(), json!(pilots.remove(&id).unwrap_or_default()));
        }
    }
    Ok(answer)
}
