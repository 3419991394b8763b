//! Times in which people may sign in beside a required single sign-on: opened with a reason, told to the company's
//! administrators, and ended by the clock.

use std::time::Duration;

use model::{Job, NewEvent, OpeningId, Organization, Time};
use serde_json::json;
use store::enforcement::Opening;
use store::{Connected, Tx};

use super::{letters, require};
use crate::app::App;
use crate::connection::domains;
use crate::job;
use crate::problem::Problem;

/// Somebody opened it.
pub const BYPASS: &str = "bypass";
/// It opened because the provider fails.
pub const FALLBACK: &str = "fallback";
/// The kind of job that tells when one has ended.
pub const END: &str = "sign_in_opening.end";
/// The longest time, in hours.
pub const MOST_HOURS: u32 = 72;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Every member with an address in this domain, by id or name.
    Domain(String),
    /// The one with this address.
    Person(String),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewOpening {
    /// For whom.
    pub whom: Whom,
    /// For so many hours, 1 to [`MOST_HOURS`].
    pub hours: u32,
    /// Why; the company's administrators read it.
    pub reason: String,
}

/// Opens the way beside the company's sign-in for a time.
///
/// # Errors
/// A field problem for `domain`, `email`, `hours` or `reason`.
pub async fn open(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    new: &NewOpening,
    actor: &str,
) -> Result<Opening, Problem> {
    if !(1..=MOST_HOURS).contains(&new.hours) {
        return Err(Problem::field("hours", format!("expected a number from 1 to {MOST_HOURS}")));
    }
    let reason = new.reason.trim();
    let readable = (1..=LONGEST_REASON).contains(&reason.chars().count());
    if !readable || reason.chars().any(|c| c.is_control() && c != '\n') {
        let expected = format!("expected a reason of 1 to {LONGEST_REASON} characters; the company reads it");
        return Err(Problem::field("reason", expected));
    }
    tx.lock(&organization.id.to_string()).await?;
    let (domain, email) = for_whom(tx, organization, &new.whom).await?;
    let now = app.now();
    let it = Opening {
        id: app.id(OpeningId::new),
        organization_id: organization.id,
        kind: BYPASS.to_owned(),
        domain,
        email,
        connection_id: None,
        reason: reason.to_owned(),
        opened_by: actor.to_owned(),
        opened_at: now,
        ends_at: now.after(Duration::from_hours(u64::from(new.hours))),
        ended_at: None,
        ended_by: None,
    };
    begin(app, tx, organization, &it).await?;
    Ok(it)
}

/// Writes an opening, tells of it, and asks for word of its end.
pub(super) async fn begin(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    it: &Opening,
) -> Result<(), Problem> {
    store::enforcement::open(tx, it).await?;
    record(app, tx, it, "sign_on.opened", &it.opened_by).await?;
    job::enqueue(app, tx, END, &json!({"opening": it.id.to_string()}), it.ends_at).await?;
    letters::opened(app, tx, organization, it).await
}

async fn for_whom(
    tx: &mut Tx,
    organization: &Organization,
    whom: &Whom,
) -> Result<(Option<String>, Option<String>), Problem> {
    match whom {
        Whom::Domain(named) => {
            let domain = require::domain_of(tx, organization, named.trim()).await;
            let domain = domain.map_err(|_| {
                Problem::field("domain", format!("expected one of the domains of {}", organization.name))
            })?;
            Ok((Some(domain.name), None))
        }
        Whom::Person(typed) => {
            let wrong = |words: String| Problem::field("email", words);
            let email = profile::email::parse(typed).ok().flatten();
            let email = email.ok_or_else(|| wrong("expected an email address".to_owned()))?;
            let member = store::member::lookup_email(tx, organization.id, &email).await?;
            if member.is_none() {
                return Err(wrong(format!("expected the address of a member of {}", organization.name)));
            }
            Ok((None, Some(store::fold(&email))))
        }
    }
}

/// The opening with this id, of this organization; anybody else's is not found.
pub async fn opening_of(
    db: &mut impl Connected,
    organization: &Organization,
    id: &str,
) -> Result<Opening, Problem> {
    let found = match id.parse() {
        Ok(id) => store::enforcement::lookup(db, id).await?,
        Err(_) => None,
    };
    found.filter(|it| it.organization_id == organization.id).ok_or_else(|| Problem::not_found("bypass"))
}

/// Ends an opening before its time. One that has ended stays as it is.
pub async fn close(app: &App, tx: &mut Tx, it: &Opening, actor: &str) -> Result<(), Problem> {
    if store::enforcement::close(tx, it, app.now(), actor).await? {
        end_sessions(app, tx, it).await?;
        record(app, tx, it, "sign_on.closed", actor).await?;
    }
    Ok(())
}

/// Tells that an opening has ended by itself. Nobody could use it any more since then: sign-ins look at the clock.
pub async fn end_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: OpeningId =
        payload["opening"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    let mut tx = app.write().await?;
    let Some(it) = store::enforcement::lookup(&mut tx, id).await? else { return Ok(()) };
    if it.ended_at.is_none() && it.ends_at <= app.now() {
        record(app, &mut tx, &it, "sign_on.closed", "system").await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Whoever came in by an opening that is closed early goes out again: the others' sessions end with its time anyway.
async fn end_sessions(app: &App, tx: &mut Tx, it: &Opening) -> Result<(), Problem> {
    for (id, email) in
        store::enforcement::own_sessions(tx, it.organization_id, it.opened_at, app.now()).await?
    {
        let meant = match &it.email {
            Some(one) => *one == email,
            None => domains::of_email(&email) == it.domain,
        };
        if meant && let Some(session) = store::session::lookup(tx, id, app.now()).await? {
            crate::provider::end_session(app, tx, &session, None).await?;
        }
    }
    Ok(())
}

async fn record(
    app: &App,
    tx: &mut Tx,
    it: &Opening,
    kind: &'static str,
    actor: &str,
) -> Result<(), Problem> {
    let member = match &it.email {
        Some(email) => store::member::lookup_email(tx, it.organization_id, email).await?,
        None => None,
    };
    // A person is named by the member's id alone: events and the audit log outlive the person.
    let data = json!({
        "organization_id": it.organization_id.to_string(),
        "opening_id": it.id.to_string(),
        "kind": it.kind,
        "domain": it.domain,
        "member_id": member.as_ref().map(|m| m.id.to_string()),
        "reason": it.reason,
        "ends_at": it.ends_at.to_string(),
    });
    let event = NewEvent {
        kind,
        organization_id: Some(it.organization_id),
        member_id: member.map(|m| m.id),
        data: data.to_string(),
    };
    app.append(tx, event);
    app.audit(tx, actor, kind, Some(it.organization_id), Some(it.id.to_string()), &data).await
}

/// How long an opening still lasts, in words: "3 hours", "20 minutes".
pub fn lasts(ends_at: Time, now: Time) -> String {
    let minutes = ends_at.since(now).as_secs().div_ceil(60);
    match minutes {
        0..=1 => "a minute".to_owned(),
        2..=90 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes.div_ceil(60)),
    }
}
