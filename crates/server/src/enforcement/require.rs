//! When a domain may require its company's sign-in: after real people have come in through it.

use std::time::Duration;

use axum::http::StatusCode;
use model::{ConnectionStatus, Domain, DomainStatus, Member, NewEvent, Organization, SessionId, Time};
use serde_json::{Value, json};
use store::enforcement::Standing;
use store::{Connected, Tx};

use super::{letters, member_of};
use crate::app::App;
use crate::connection::domains;
use crate::problem::Problem;
use crate::provider::{self, Ending};

/// For so long a sign-in counts as a proof.
const FRESH: Duration = Duration::from_hours(24 * 30);
/// So many people are named on a page.
const NAMED: usize = 20;

/// Who has signed in through the company, and what is missing for requiring it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Sign-ins since then count.
    pub since: Time,
    /// The numbers.
    pub standing: Standing,
    /// Some of those who signed in.
    pub signed_in: Vec<Member>,
    /// Some of those who did not.
    pub waiting: Vec<Member>,
    /// Sessions of its people that began by a way of their own, and end once it is required.
    pub own_sessions: Vec<SessionId>,
    /// Why the domain cannot require it yet, in a sentence with what to do; none where it can.
    pub missing: Option<String>,
}

/// The verified domain with this id or name, of this organization; anybody else's is not found.
pub async fn domain_of(
    db: &mut impl Connected,
    organization: &Organization,
    named: &str,
) -> Result<Domain, Problem> {
    let all = store::domain::list(db, organization.id).await?;
    all.into_iter()
        .find(|it| it.id.to_string() == named || it.name == named)
        .ok_or_else(|| Problem::not_found("domain"))
}

/// Who has signed in through the company with an address in this domain, seen by whoever would require it.
pub async fn evidence(
    app: &App,
    db: &mut impl Connected,
    organization: &Organization,
    domain: &Domain,
    actor: &str,
) -> Result<Evidence, Problem> {
    let since = app.now().before(FRESH);
    let standing = store::enforcement::standing(db, organization.id, &domain.name, since).await?;
    let mut named = [Vec::new(), Vec::new()];
    for (list, signed_in) in named.iter_mut().zip([true, false]) {
        let ids =
            store::enforcement::people(db, organization.id, &domain.name, since, signed_in, NAMED).await?;
        for id in ids {
            list.extend(store::member::lookup(db, organization.id, id).await?);
        }
    }
    let [signed_in, waiting] = named;
    let missing = missing(db, organization, domain, (&standing, since), actor).await?;
    let own_sessions = own_sessions(app, db, organization, domain).await?;
    Ok(Evidence { since, standing, signed_in, waiting, own_sessions, missing })
}

async fn missing(
    db: &mut impl Connected,
    organization: &Organization,
    domain: &Domain,
    (standing, since): (&Standing, Time),
    actor: &str,
) -> Result<Option<String>, Problem> {
    let name = &organization.name;
    if domain.status != DomainStatus::Verified {
        return Ok(Some(format!("{} is not verified yet. Prove it first.", domain.name)));
    }
    let connections = store::connection::list(db, organization.id).await?;
    if !connections.iter().any(|it| it.status == ConnectionStatus::Active) {
        return Ok(Some(format!("{name} has no active connection yet. Set up single sign-on first.")));
    }
    if let Some(member) = member_of(actor)
        && !store::enforcement::has_signed_in(db, organization.id, member, since).await?
    {
        return Ok(Some(
            "You yourself have not signed in through your company in the last 30 days. Sign out, sign in through it \
             once, and come back."
                .to_owned(),
        ));
    }
    if standing.administrators > 0 && standing.administrators_signed_in == 0 {
        return Ok(Some(format!(
            "No administrator of {name} has signed in through it in the last 30 days. Let one of them do it once."
        )));
    }
    let needed = standing.members.clamp(1, 2);
    if standing.signed_in < needed {
        return Ok(Some(format!(
            "Expected {needed} {} of {} who signed in through {name} in the last 30 days, found {}. Tests of the setup do \
             not count. Let somebody else sign in once.",
            if needed == 1 { "person" } else { "people" },
            domain.name,
            standing.signed_in
        )));
    }
    Ok(None)
}

/// From now on addresses in the domain sign in through the company alone. What began by a way of their own before ends, the
/// session of whoever switches it on too, where it is one.
///
/// # Errors
/// 409 with what is missing, where too few people have proven that it works.
pub async fn require(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    domain: &Domain,
    actor: &str,
) -> Result<(), Problem> {
    tx.lock(&organization.id.to_string()).await?;
    let domain = domain_of(tx, organization, &domain.id.to_string()).await?;
    if domain.sso_required_at.is_some() {
        return Ok(());
    }
    let since = app.now().before(FRESH);
    let standing = store::enforcement::standing(tx, organization.id, &domain.name, since).await?;
    if let Some(missing) = missing(tx, organization, &domain, (&standing, since), actor).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "sso_not_proven",
            "Single sign-on cannot be required yet",
            missing,
        ));
    }
    store::domain::require_sso(tx, domain.id, Some(app.now())).await?;
    let ended = end_own_sessions(app, tx, organization, &domain).await?;
    let more = json!({"sessions_ended": ended});
    record(app, tx, organization, (&domain, more), "domain.sso_required", actor).await?;
    letters::required(app, tx, organization, &domain).await
}

/// From now on addresses in the domain may also sign in by a way of their own.
pub async fn lift(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    domain: &Domain,
    actor: &str,
) -> Result<(), Problem> {
    tx.lock(&organization.id.to_string()).await?;
    let domain = domain_of(tx, organization, &domain.id.to_string()).await?;
    if domain.sso_required_at.is_none() {
        return Ok(());
    }
    store::domain::require_sso(tx, domain.id, None).await?;
    record(app, tx, organization, (&domain, json!({})), "domain.sso_optional", actor).await
}

/// Sessions of members with an address in the domain that began by a way of their own.
async fn own_sessions(
    app: &App,
    db: &mut impl Connected,
    organization: &Organization,
    domain: &Domain,
) -> Result<Vec<SessionId>, Problem> {
    let ever = Time::from_micros(0);
    let all = store::enforcement::own_sessions(db, organization.id, ever, app.now()).await?;
    let inside = |email: &str| domains::of_email(email).as_ref() == Some(&domain.name);
    Ok(all.into_iter().filter(|(_, email)| inside(email)).map(|(id, _)| id).collect())
}

/// How many there were. Applications are told, as of every session that ends.
async fn end_own_sessions(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    domain: &Domain,
) -> Result<usize, Problem> {
    let all = own_sessions(app, tx, organization, domain).await?;
    for id in &all {
        if let Some(session) = store::session::lookup(tx, *id, app.now()).await? {
            provider::revoke_session(app, tx, &session, Ending::SignOnRequired, None).await?;
        }
    }
    Ok(all.len())
}

async fn record(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    (domain, more): (&Domain, Value),
    kind: &'static str,
    actor: &str,
) -> Result<(), Problem> {
    let mut data = json!({
        "organization_id": organization.id.to_string(),
        "domain_id": domain.id.to_string(),
        "domain": domain.name,
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    let event =
        NewEvent { kind, organization_id: Some(organization.id), member_id: None, data: data.to_string() };
    app.append(tx, event);
    app.audit(tx, actor, kind, Some(organization.id), Some(domain.id.to_string()), &data).await
}
