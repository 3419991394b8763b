//! What a drill found, and the report that is signed.

use std::time::Duration;

use model::{Organization, OrganizationId, Time};
use serde_json::{Map, Value, json};
use store::Connected;
use store::drill::Drill;

use crate::app::App;
use crate::problem::Problem;

/// What a drill found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// When the directory's request began that took the person out.
    pub told_at: Time,
    /// How long the provisioning took.
    pub provisioned: Duration,
    /// How long after the request began it was answered.
    pub answered: Duration,
    /// How long after it began the session was seen to be refused; none where it was not.
    pub session_cut: Option<Duration>,
    /// Every application with a back-channel logout.
    pub applications: Vec<Told>,
    /// Applications without one: what they hold ends when they next ask us.
    pub silent: Vec<String>,
}

/// How an application heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its `client_id`.
    pub client_id: String,
    /// What people call it.
    pub name: String,
    /// How long after the request began it had answered, whatever it answered; none where it did not.
    pub cut_after: Option<Duration>,
    /// Whether it took the news.
    pub took: bool,
    /// What it answered.
    pub outcome: String,
}

impl Measured {
    /// Whether everything was cut.
    pub fn passed(&self) -> bool {
        self.session_cut.is_some() && self.applications.iter().all(|it| it.took)
    }

    /// The slowest of all that was cut.
    pub fn slowest(&self) -> Duration {
        let all = self.applications.iter().filter_map(|it| it.cut_after).chain(self.session_cut);
        all.max().unwrap_or_default()
    }

    /// As it is kept and told.
    pub fn to_json(&self) -> Value {
        json!({
            "told_at": self.told_at.to_string(),
            "passed": self.passed(),
            "provisioned_ms": ms(self.provisioned),
            "answered_ms": ms(self.answered),
            "session_refused_ms": self.session_cut.map(ms),
            "slowest_ms": ms(self.slowest()),
            "applications": self.applications.iter().map(|it| json!({
                "client_id": it.client_id,
                "name": it.name,
                "told_ms": it.cut_after.map(ms),
                "took_it": it.took,
                "outcome": it.outcome,
            })).collect::<Vec<_>>(),
            "applications_without_logout": self.silent,
        })
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What is known of a drill whose person has gone.
pub async fn measured(db: &mut impl Connected, drill: &Drill) -> Result<Measured, Problem> {
    let work: Value = serde_json::from_str(&drill.work).map_err(|e| Problem::internal(&e))?;
    let at = |name: &str| Time::from_micros(work[name].as_i64().unwrap_or_default());
    let told_at = at("told");
    let mut applications = Vec::new();
    let mut silent = Vec::new();
    for application in store::application::list(db).await? {
        let client_id = application.id.to_string();
        let grants = work["grants"].as_array().into_iter().flatten();
        let grant =
            grants.filter(|it| it[0] == client_id.as_str()).find_map(|it| it[1].as_str()?.parse().ok());
        let Some(grant) = grant else {
            silent.push(application.name);
            continue;
        };
        let call = store::drill::told(db, grant).await?;
        applications.push(Told {
            client_id,
            name: application.name,
            cut_after: call.as_ref().map(|it| it.tried_at.since(told_at)),
            took: call.as_ref().is_some_and(|it| it.status == "told"),
            outcome: call.map_or_else(|| "It was not reached yet.".to_owned(), |it| it.outcome),
        });
    }
    Ok(Measured {
        told_at,
        provisioned: at("provisioned").since(at("began")),
        answered: at("answered").since(told_at),
        session_cut: (work["session_refused"] == true).then(|| at("looked").since(told_at)),
        applications,
        silent,
    })
}

/// The real directories of the organization, as they stand.
pub(super) async fn directories(
    db: &mut impl Connected,
    of: OrganizationId,
    now: Time,
) -> Result<Value, Problem> {
    let mut all = Vec::new();
    for it in store::directory::list(db, of).await? {
        all.push(json!({
            "provider": it.provider,
            "status": it.status.as_str(),
            "last_request_at": it.last_request_at.filter(|at| *at <= now).map(|at| at.to_string()),
        }));
    }
    Ok(all.into())
}

/// What is signed.
pub(super) fn claims(
    issuer: &str,
    of: &Organization,
    drill: &Drill,
    found: &Measured,
    directories: Value,
) -> Map<String, Value> {
    let ended = drill.ended_at.unwrap_or(drill.began_at);
    let mut all = found.to_json();
    all["iss"] = issuer.into();
    all["iat"] = ended.as_seconds().into();
    all["jti"] = drill.id.to_string().into();
    all["kind"] = "leaver_drill".into();
    all["organization"] = json!({ "id": of.id.to_string(), "name": of.name });
    all["leaver_policy"] = of.leaver_policy.as_str().into();
    all["began_at"] = drill.began_at.to_string().into();
    all["completed_at"] = ended.to_string().into();
    all["directories"] = directories;
    all["note"] = "A made-up person was provisioned over SCIM, signed in and deactivated over SCIM in a made-up organization \
                   beside this one. Times are milliseconds from the beginning of the request that deactivated the person. \
                   Everything made up was removed afterwards."
        .into();
    match all {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A drill as the API shows it.
pub fn to_json(app: &App, it: &Drill) -> Value {
    let work: Value = serde_json::from_str(&it.work).unwrap_or_default();
    json!({
        "id": it.id.to_string(),
        "organization_id": it.organization_id.to_string(),
        "state": it.state,
        "began_at": it.began_at.to_string(),
        "ended_at": it.ended_at.map(|at| at.to_string()),
        "result": if it.state == "done" { work.clone() } else { Value::Null },
        "why": work["why"],
        "report": it.report.as_ref().map(|_| {
            app.config.url(&format!("/api/v1/organizations/{}/drills/{}/report", it.organization_id, it.id))
        }),
    })
}
