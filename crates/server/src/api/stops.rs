//! Syncs that were stopped, and syncs that are undone, over the API.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::directory::{self, Brake, Cause, Decision, Held, Leavers, SharedGroup};
use crate::organization;
use crate::problem::Problem;
use crate::request::{ApiCaller, ApiJson};
use crate::trace;
use web::html::unmarked;

/// So many people are named.
const NAMED: i64 = 1000;
/// So many syncs are listed.
const SYNCS: i64 = 50;

/// `GET /api/v1/organizations/{id}/directories/{directory}/stop`: who would leave. 404 where nothing waits.
pub async fn show(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let it = directory::require(&mut db, &organization, &directory_id).await?;
    let stop = Brake::of(&it.brake).stop().ok_or_else(|| Problem::not_found("stop"))?;
    let (people, total) = directory::waiting(&mut db, it.id, &stop, NAMED).await?;
    let cause = Cause::read(&mut db, it.id, &stop).await?;
    let people: Vec<Value> =
        people.iter().map(|m| json!({"member_id": m.id.to_string(), "email": m.email})).collect();
    Ok(Json(json!({
        "sync_id": stop.sync.to_string(),
        "began_at": stop.began.to_string(),
        "stopped_at": stop.at.to_string(),
        "members": stop.members,
        "leavers": total,
        "cause": unmarked(&cause.sentence(&trace::provider(&it.provider))),
        "groups": cause.groups.iter().map(shared).collect::<Vec<_>>(),
        "data": people,
    })))
}

fn shared(it: &SharedGroup) -> Value {
    let lost = it.lost.map(|(how, from, until)| {
        json!({"how": how.as_str(), "first_at": from.to_string(), "last_at": until.to_string()})
    });
    json!({"id": it.id.to_string(), "name": it.name, "leavers": it.people, "others": it.others, "lost": lost})
}

/// The body of a decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    decision: String,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

impl Decided {
    fn read(&self) -> Result<Decision, Problem> {
        let named = !self.people.is_empty() || !self.groups.is_empty();
        match (self.decision.as_str(), named) {
            ("keep", false) => Ok(Decision::Keep),
            ("let_go", false) => Ok(Decision::LetGo),
            ("let_some_go", _) => {
                let person = |id: &String| {
                    id.parse()
                        .map_err(|_| Problem::field("people", format!("{id} is not the id of a member")))
                };
                let group = |id: &String| {
                    id.parse().map_err(|_| Problem::field("groups", format!("{id} is not the id of a group")))
                };
                let people = self.people.iter().map(person).collect::<Result<_, _>>()?;
                let groups = self.groups.iter().map(group).collect::<Result<_, _>>()?;
                Ok(Decision::LetSomeGo(Leavers { people, groups }))
            }
            ("keep" | "let_go", true) => {
                Err(Problem::field("people", "people and groups are named with let_some_go alone"))
            }
            _ => Err(Problem::field("decision", "expected keep, let_go or let_some_go")),
        }
    }
}

/// `POST /api/v1/organizations/{id}/directories/{directory}/stop` with the decision `keep`, `let_go`, or `let_some_go` with
/// the `people` and `groups` who go; everybody else on the list stays.
pub async fn decide(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
    ApiJson(body): ApiJson<Decided>,
) -> Result<Json<Value>, Problem> {
    let decision = body.read()?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    let done = directory::decide(&app, &mut tx, &held, &decision, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(json!({
        "decision": decision.as_str(),
        "people": done.go + done.stay,
        "go": done.go,
        "stay": done.stay,
    })))
}

/// `GET /api/v1/organizations/{id}/directories/{directory}/syncs`: the last ones in which somebody left.
pub async fn syncs(
    _caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let mut db = app.read().await?;
    let organization = organization::require(&mut db, &id).await?;
    let it = directory::require(&mut db, &organization, &directory_id).await?;
    let all = store::departure::syncs(&mut db, it.id, SYNCS).await?;
    let all: Vec<Value> = all
        .iter()
        .map(|it| {
            json!({
                "id": it.id.to_string(),
                "first_at": it.from.to_string(),
                "last_at": it.until.to_string(),
                "left": it.left,
                "undoing": it.undoing,
            })
        })
        .collect();
    Ok(Json(json!({"data": all})))
}

/// `POST /api/v1/organizations/{id}/directories/{directory}/syncs/{sync}/undo`: whoever left in it comes back.
pub async fn undo(
    caller: ApiCaller,
    State(app): State<App>,
    Path((id, directory_id, sync)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let sync = sync.parse().map_err(|_| Problem::not_found("sync"))?;
    let mut tx = app.write().await?;
    let organization = organization::require(&mut tx, &id).await?;
    let it = directory::require(&mut tx, &organization, &directory_id).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    let people = directory::undo(&app, &mut tx, &held, sync, &caller.actor()).await?;
    tx.commit().await?;
    Ok(Json(json!({"people": people})))
}
