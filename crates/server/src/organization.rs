//! Organizations: made and changed, by an operator or the API.
//!
//! Owns the settings of an organization. Does not own its domains and connections (`connection`), directories or
//! members.

use std::time::Duration;

use model::{Defaults, LeaverPolicy, NewEvent, Organization, OrganizationId, Role};
use serde_json::json;
use store::{Connected, Tx};

use crate::app::App;
use crate::job;
use crate::problem::Problem;
use crate::provider::{self, Ending};

/// The kind of job that completes members from defaults that were set after they came; the `member` room does it.
pub const FILL: &str = "organization.fill";
/// The longest time a deletion can wait: 90 days.
const LONGEST_GRACE: Duration = Duration::from_hours(24 * 90);
/// The shortest session that an organization can choose.
pub const SHORTEST_SESSION: Duration = Duration::from_mins(5);

/// What can be changed; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What people call it.
    pub name: Option<String>,
    /// What happens to leavers.
    pub leaver_policy: Option<LeaverPolicy>,
    /// How long a deletion can be undone.
    pub erase_grace: Option<Duration>,
    /// How many leavers within an hour stop a directory.
    pub brake_people: Option<u32>,
    /// Which share of the members, in hundredths, must leave for that too.
    pub brake_percent: Option<u32>,
    /// Whether a first sign-in makes a member.
    pub jit: Option<bool>,
    /// Whether its administrators may use `/org`.
    pub self_service: Option<bool>,
    /// The longest session; an inner none leaves it to the installation.
    pub session_max: Option<Option<Duration>>,
    /// Whether a sign-out here ends the session at a SAML identity provider too.
    pub end_provider_session: Option<bool>,
    /// The country of everybody who has none, in any spelling; an empty text takes it away.
    pub country: Option<String>,
    /// The role of everybody for whom nothing else names one; an inner none takes it away.
    pub role: Option<Option<Role>>,
    /// The city of everybody who has none; an empty text takes it away.
    pub current_city: Option<String>,
    /// The state of everybody who has none; an empty text takes it away.
    pub current_state: Option<String>,
}

/// Makes an organization. Its domains are added by the `connection` room in the same transaction.
///
/// # Errors
/// A field problem when the name is empty, too long or holds control characters.
pub async fn create(app: &App, tx: &mut Tx, name: &str, actor: &str) -> Result<Organization, Problem> {
    let it = Organization {
        id: app.id(OrganizationId::new),
        name: checked_name(name)?,
        leaver_policy: LeaverPolicy::Disconnect,
        erase_grace: Duration::from_hours(24),
        brake_people: 10,
        brake_percent: 20,
        jit: true,
        self_service: false,
        session_max: None,
        end_provider_session: false,
        defaults: Defaults::default(),
        opened_until: None,
        created_at: app.now(),
    };
    store::organization::add(tx, &it).await?;
    let data = json!({"organization_id": it.id.to_string(), "name": it.name});
    record(app, tx, &it, "organization.created", &data, actor).await?;
    Ok(it)
}

/// Changes an organization.
///
/// # Errors
/// A field problem for the first value that cannot be used; nothing is changed then.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    mut it: Organization,
    change: Change,
    actor: &str,
) -> Result<Organization, Problem> {
    let before = it.clone();
    if let Some(name) = change.name {
        it.name = checked_name(&name)?;
    }
    if let Some(grace) = change.erase_grace {
        if grace > LONGEST_GRACE {
            return Err(Problem::field("erase_grace_seconds", "expected at most 7776000 seconds (90 days)"));
        }
        it.erase_grace = grace;
    }
    if let Some(percent) = change.brake_percent {
        if percent > 100 {
            return Err(Problem::field("brake_percent", "expected 0 to 100; 100 never stops a directory"));
        }
        it.brake_percent = percent;
    }
    it.brake_people = change.brake_people.unwrap_or(it.brake_people);
    if let Some(country) = change.country {
        it.defaults.country = match country.trim() {
            "" => None,
            text => Some(checked_country(text)?),
        };
    }
    if let Some(city) = change.current_city {
        it.defaults.current_city = checked_place(&profile::Field::CurrentCity, &city)?;
    }
    if let Some(state) = change.current_state {
        it.defaults.current_state = checked_place(&profile::Field::CurrentState, &state)?;
    }
    if let Some(longest) = change.session_max {
        it.session_max = longest.map(|longest| checked_session(app, longest)).transpose()?;
    }
    it.leaver_policy = change.leaver_policy.unwrap_or(it.leaver_policy);
    it.jit = change.jit.unwrap_or(it.jit);
    it.end_provider_session = change.end_provider_session.unwrap_or(it.end_provider_session);
    it.self_service = change.self_service.unwrap_or(it.self_service);
    it.defaults.role = change.role.unwrap_or(it.defaults.role);
    if it != before {
        store::organization::update(tx, &it).await?;
        record(app, tx, &it, "organization.updated", &to_json(&it), actor).await?;
        if let Some(longest) = it.session_max.filter(|longest| before.session_max != Some(*longest)) {
            shorten_sessions(app, tx, it.id, longest).await?;
        }
        if it.defaults != before.defaults && it.defaults.country.is_some() {
            let payload = json!({"organization": it.id.to_string(), "after": null});
            job::enqueue(app, tx, FILL, &payload, app.now()).await?;
        }
    }
    Ok(it)
}

/// Ends the sessions that are older than they may be, with what applications were granted in them, and lets the others
/// and theirs end earlier.
async fn shorten_sessions(
    app: &App,
    tx: &mut Tx,
    organization: OrganizationId,
    longest: Duration,
) -> Result<(), Problem> {
    for session in store::session::list_older(tx, organization, longest, app.now()).await? {
        provider::revoke_session(app, tx, &session, Ending::Limit, None).await?;
    }
    Ok(store::session::shorten(tx, organization, longest).await?)
}

/// The organization, or 404.
pub async fn require(db: &mut impl Connected, id: &str) -> Result<Organization, Problem> {
    let found = match id.parse() {
        Ok(id) => store::organization::lookup(db, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found("organization"))
}

/// The organization's defaults as the `profile` crate takes them.
pub fn profile_defaults(it: &Organization) -> profile::Defaults {
    profile::Defaults {
        country: it.defaults.country.as_deref().and_then(profile::Country::from_code),
        role: it.defaults.role,
        current_city: it.defaults.current_city.clone(),
        current_state: it.defaults.current_state.clone(),
        ..profile::Defaults::default()
    }
}

/// The settings as the API shows them, without domains.
pub fn to_json(it: &Organization) -> serde_json::Value {
    json!({
        "id": it.id.to_string(),
        "name": it.name,
        "leaver_policy": it.leaver_policy.as_str(),
        "erase_grace_seconds": it.erase_grace.as_secs(),
        "brake_people": it.brake_people,
        "brake_percent": it.brake_percent,
        "jit": it.jit,
        "self_service": it.self_service,
        "session_max_seconds": it.session_max.map(|longest| longest.as_secs()),
        "end_provider_session": it.end_provider_session,
        "defaults": {
            "country": it.defaults.country,
            "role": it.defaults.role.map(Role::as_str),
            "currentCity": it.defaults.current_city,
            "currentState": it.defaults.current_state,
        },
        "created_at": it.created_at.to_string(),
    })
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let good = (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    good.then(|| name.to_owned())
        .ok_or_else(|| Problem::field("name", "expected a name of 1 to 200 characters, such as Acme"))
}

fn checked_session(app: &App, longest: Duration) -> Result<Duration, Problem> {
    let most = app.config.limits.session.as_secs();
    let good = (SHORTEST_SESSION.as_secs()..=most).contains(&longest.as_secs());
    good.then_some(longest).ok_or_else(|| {
        Problem::field(
            "session_max_seconds",
            format!("expected 300 to {most} seconds, received {}", longest.as_secs()),
        )
    })
}

fn checked_country(text: &str) -> Result<String, Problem> {
    profile::Country::parse(text).map(|country| country.code().to_owned()).map_err(|reason| {
        let problem = profile::Problem::new(profile::Field::Country, text, reason);
        Problem::field("defaults.country", problem.to_string())
    })
}

/// A city or a state as a profile takes it; none for an empty text.
fn checked_place(field: &profile::Field, text: &str) -> Result<Option<String>, Problem> {
    let mut it = profile::Profile::default();
    match it.set(field, text, 0) {
        Ok(()) => Ok(it.text(field)),
        Err(problem) => Err(Problem::field(format!("defaults.{}", field.api_name()), problem.to_string())),
    }
}

async fn record(
    app: &App,
    tx: &mut Tx,
    it: &Organization,
    kind: &'static str,
    data: &serde_json::Value,
    actor: &str,
) -> Result<(), Problem> {
    app.append(tx, NewEvent { kind, organization_id: Some(it.id), member_id: None, data: data.to_string() });
    app.audit(tx, actor, kind, Some(it.id), Some(it.id.to_string()), data).await
}
