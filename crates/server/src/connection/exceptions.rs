//! Named exceptions to the e-mail gate: single addresses outside the verified domains that an organization's connections
//! may vouch for.
//!
//! Owns who is an exception, and since when until when. Does not own what a sign-in by it needs besides (`login`).

use axum::http::StatusCode;
use model::{DomainStatus, ExceptionId, NewEvent, Organization, Time};
use serde_json::json;
use store::exception::EmailException;
use store::{Connected, Tx};

use super::domains::{lock_of, of_email};
use super::routing_change::is_pattern;
use crate::app::App;
use crate::member;
use crate::problem::Problem;
use crate::provider::Ending;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewException {
    /// The one address.
    pub email: String,
    /// Why; the company's administrators read it.
    pub reason: String,
    /// When it ends by itself.
    pub ends_at: Option<Time>,
}

/// Whether an exception holds at this time.
pub fn holds(it: &EmailException, now: Time) -> bool {
    it.ends_at.is_none_or(|end| end > now)
}

/// The exception that lets the organization's connections vouch for this address now, if there is one. The caller knows that
/// the address lies in nobody's verified domain.
pub async fn exception_for(
    db: &mut impl Connected,
    now: Time,
    organization: &Organization,
    email: &str,
) -> Result<Option<EmailException>, Problem> {
    let found = store::exception::lookup(db, organization.id, email).await?;
    Ok(found.filter(|it| holds(it, now)))
}

/// Allows one address; a later word about the same address takes the place of an earlier one.
///
/// # Errors
/// A field problem for `email`, `reason` or `ends_at`.
pub async fn allow(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    new: &NewException,
    actor: &str,
) -> Result<EmailException, Problem> {
    let email = profile::email::parse(&new.email).ok().flatten().filter(|email| !is_pattern(email));
    let domain = email.as_deref().and_then(of_email);
    let (Some(email), Some(domain)) = (email, domain) else {
        let expected = "expected one address, such as kim@contractor.example; patterns are not taken";
        return Err(Problem::field("email", expected));
    };
    let reason = new.reason.trim();
    let readable = (1..=LONGEST_REASON).contains(&reason.chars().count());
    if !readable || reason.chars().any(|c| c.is_control() && c != '\n') {
        let expected =
            format!("expected a reason of 1 to {LONGEST_REASON} characters; administrators read it");
        return Err(Problem::field("reason", expected));
    }
    let now = app.now();
    if new.ends_at.is_some_and(|end| end <= now) {
        return Err(Problem::field("ends_at", "expected a time that has not passed, or none"));
    }
    tx.lock(&lock_of(&domain)).await?;
    let holder = store::domain::lookup_name(tx, &domain).await?;
    match holder.filter(|it| it.status == DomainStatus::Verified) {
        Some(own) if own.organization_id == organization.id => {
            let problem =
                format!("{domain} is a verified domain of {}: no exception is needed", organization.name);
            return Err(Problem::field("email", problem));
        }
        Some(_) => {
            let problem =
                format!("an address in {domain} belongs to another company, which alone speaks for it");
            return Err(Problem::field("email", problem));
        }
        None => {}
    }
    let it = EmailException {
        id: app.id(ExceptionId::new),
        organization_id: organization.id,
        email,
        reason: reason.to_owned(),
        allowed_by: actor.to_owned(),
        allowed_at: now,
        ends_at: new.ends_at,
    };
    store::exception::set(tx, &it).await?;
    record(app, tx, &it, "email_exception.allowed", actor).await?;
    Ok(it)
}

/// Takes an exception of the organization away. Whoever came in by it is signed out there, and known there no more.
pub async fn remove(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: &str,
    actor: &str,
) -> Result<(), Problem> {
    let all = store::exception::list(tx, organization.id).await?;
    let it = all.into_iter().find(|it| it.id.to_string() == id);
    let it = it.ok_or_else(|| Problem::not_found("exception"))?;
    store::exception::remove(tx, it.id).await?;
    if let Some(member) = store::member::lookup_email(tx, organization.id, &it.email).await? {
        member::sign_out_everywhere(app, tx, member.id, Ending::Membership).await?;
    }
    // What its mailbox has allowed is over: the company's provider opens the account no more, by whatever name.
    if let Some(account) = store::account::lookup_email(tx, &it.email).await? {
        store::connection::forget_identities(tx, organization.id, account.id).await?;
    }
    record(app, tx, &it, "email_exception.removed", actor).await
}

/// The event, which names nobody, and the line in the audit log, which does and is found by an erasure.
async fn record(
    app: &App,
    tx: &mut Tx,
    it: &EmailException,
    kind: &'static str,
    actor: &str,
) -> Result<(), Problem> {
    let organization_id = Some(it.organization_id);
    let data = json!({
        "organization_id": it.organization_id.to_string(),
        "exception_id": it.id.to_string(),
        "ends_at": it.ends_at.map(|at| at.to_string()),
    });
    app.append(tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
    let data = json!({"email": it.email, "reason": it.reason, "ends_at": data["ends_at"]});
    app.audit(tx, actor, kind, organization_id, Some(it.id.to_string()), &data).await
}

/// Why a sign-in by an exception is let in, for its record.
pub fn sentence(it: &EmailException) -> String {
    let who = match it.allowed_by.split(':').next() {
        Some("member") => "an administrator",
        Some("operator") => "an operator",
        _ => "the product",
    };
    let until = it.ends_at.map_or_else(String::new, |end| format!(", until {end}"));
    format!(
        "The address lies in no verified domain; it is a named exception that {who} allowed on {}{until}: {}",
        it.allowed_at, it.reason
    )
}

/// An exception that is not the organization's any more, for somebody who still wants to use it.
pub fn ended(organization: &Organization) -> Problem {
    Problem::new(
        StatusCode::GONE,
        "exception_ended",
        "This address is no exception any more",
        format!(
            "{} has taken the exception back, or it has ended. Ask your administrator.",
            organization.name
        ),
    )
}
