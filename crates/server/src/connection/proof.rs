//! Proving domains by a DNS record: looking, saying what is wrong, and looking again.
//!
//! Owns what the records of a domain mean and when they are looked at. Does not own how DNS is asked (`dns`).

use std::time::Duration;

use axum::http::StatusCode;
use model::{Domain, DomainId, DomainStatus, Job, OrganizationId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Tx;
use tokio::task::JoinSet;

use super::domains::{dns_record, held_elsewhere, lock_of, verify};
use super::name_servers::{self, Holds, Server};
use super::proof_again::look_again;
use crate::app::App;
use crate::dns::{Kind, Reply};
use crate::job;
use crate::problem::Problem;
use crate::rate;

/// The job that looks at a pending domain's records.
pub const LOOK: &str = "domain.look";

/// The first look after a domain was named.
const FIRST: Duration = Duration::from_mins(1);
/// A domain this old is looked at only when somebody asks.
const GIVE_UP: Duration = Duration::from_hours(14 * 24);

/// So many domains are looked at at once, for one who waits for it.
const AT_ONCE: usize = 8;
/// So long somebody waits for a page.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was found where the proof should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// The record.
    Proof,
    /// The record, but another organization has proven the domain before.
    HeldElsewhere,
    /// The domain itself does not exist.
    NoDomain,
    /// Nothing at the name.
    Nothing,
    /// The record at a name server of the domain, and not yet where everybody else asks.
    Spreading,
    /// The value with quotation marks in it.
    Quoted {
        /// The value as it stands there.
        value: String,
    },
    /// A value of ours, of another organization or time.
    OldValue {
        /// The value as it stands there.
        value: String,
    },
    /// Something else.
    OtherValue {
        /// The value as it stands there.
        value: String,
    },
    /// The value at the name with the domain in it twice.
    Doubled {
        /// That name.
        name: String,
    },
    /// The value at the domain itself.
    Apex,
    /// A CNAME record leads elsewhere.
    Alias {
        /// Where to.
        target: String,
    },
    /// The name servers did not answer.
    Silent,
}

/// What one look at a domain has shown, as it is kept.
#[derive(Debug, Serialize)]
struct Look {
    #[serde(flatten)]
    found: Found,
    /// What each of the domain's name servers holds.
    servers: Vec<Server>,
}

impl Look {
    /// Looks at the records of a domain that is not proven; where the proof is not seen, at each name server too. Where
    /// nobody answered, they cannot be found out either.
    async fn at(app: &App, domain: &Domain) -> Self {
        let found = look(app, domain).await;
        if matches!(found, Found::Proof | Found::Silent) {
            return Self { found, servers: Vec::new() };
        }
        let servers = name_servers::ask(app, domain).await;
        let there = servers.iter().any(|it| it.holds == Holds::Proof);
        let found = if there && found == Found::Nothing { Found::Spreading } else { found };
        Self { found, servers }
    }
}

impl Found {
    /// What was found at the last look at a domain; none before the first.
    pub fn of(domain: &Domain) -> Option<Self> {
        serde_json::from_str(domain.found.as_deref()?).ok()
    }
}

/// Looks at the records of one of the organization's domains now.
pub async fn check(
    app: &App,
    organization: OrganizationId,
    id: DomainId,
    actor: &str,
) -> Result<Domain, Problem> {
    let domain = store::domain::lookup(&mut app.read().await?, id).await?;
    let domain =
        domain.filter(|it| it.organization_id == organization).ok_or_else(|| Problem::not_found("domain"))?;
    if domain.status == DomainStatus::Verified {
        if domain.proof_missing_at.is_none() {
            return Ok(domain);
        }
        look_again(app, domain, actor).await?;
        let now = store::domain::lookup(&mut app.read().await?, id).await?;
        return now.ok_or_else(|| Problem::not_found("domain"));
    }
    let found = Look::at(app, &domain).await;
    let mut tx = app.write().await?;
    tx.lock(&lock_of(&domain.name)).await?;
    let known = store::domain::lookup(&mut tx, id).await?.ok_or_else(|| Problem::not_found("domain"))?;
    let next = known.next_look;
    let domain = settle(app, &mut tx, known, found, next, actor).await?;
    tx.commit().await?;
    Ok(domain)
}

/// Looks at the records of every domain of the organization that is pending, or whose record is missing, now: a few at once, and for a bounded time, because
/// somebody waits for the page. What was not looked at by then stays as it was.
///
/// # Errors
/// 429 when it is asked too often.
pub async fn check_pending(app: &App, organization: OrganizationId, actor: &str) -> Result<(), Problem> {
    rate::check(app, &format!("look:{organization}"), rate::LOOKS).await?;
    let all = store::domain::list(&mut app.read().await?, organization).await?;
    let open = |it: &Domain| it.status == DomainStatus::Pending || it.proof_missing_at.is_some();
    let mut pending = all.into_iter().filter(open).map(|it| it.id);
    let mut looks = JoinSet::new();
    let work = async {
        loop {
            while looks.len() < AT_ONCE
                && let Some(id) = pending.next()
            {
                let (app, actor) = (app.clone(), actor.to_owned());
                looks.spawn(async move { check(&app, organization, id, &actor).await });
            }
            match looks.join_next().await {
                None => return Ok(()),
                // Taken away meanwhile.
                Some(Ok(Err(problem))) if problem.status == StatusCode::NOT_FOUND => {}
                Some(Ok(outcome)) => drop(outcome?),
                Some(Err(error)) => return Err(Problem::internal(&error)),
            }
        }
    };
    if let Ok(outcome) = tokio::time::timeout(PATIENCE, work).await {
        return outcome;
    }
    tracing::warn!(%organization, "name servers took too long; some domains were not looked at");
    Ok(())
}

/// Asks for the first look at a domain that was just named.
pub(super) async fn begin(app: &App, tx: &mut Tx, domain: &Domain) -> Result<Time, Problem> {
    let at = app.now().after(FIRST);
    store::domain::look_at(tx, domain.id, at).await?;
    enqueue(app, tx, domain.id, at).await?;
    Ok(at)
}

/// A look that nobody asked for. It is done once: the domain remembers when the next one is due.
pub async fn look_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: Option<DomainId> = payload["domain"].as_str().and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Problem::internal(&"a look at a domain names no domain"))?;
    let due = |it: &Domain| {
        it.status == DomainStatus::Pending
            && it.next_look.is_some_and(|at| payload["due"].as_str() == Some(&at.to_string()))
    };
    let domain = store::domain::lookup(&mut app.read().await?, id).await?;
    let Some(domain) = domain.filter(due) else { return Ok(()) };
    let found = Look::at(app, &domain).await;
    let mut tx = app.write().await?;
    tx.lock(&lock_of(&domain.name)).await?;
    let Some(domain) = store::domain::lookup(&mut tx, id).await?.filter(due) else { return Ok(()) };
    // A quarter of the time since it was named: often while somebody is at it, seldom later.
    let age = app.now().since(domain.created_at);
    let next = (age < GIVE_UP).then(|| app.now().after((age / 4).max(FIRST)));
    let domain = settle(app, &mut tx, domain, found, next, "system").await?;
    if let (DomainStatus::Pending, Some(at)) = (domain.status, domain.next_look) {
        enqueue(app, &mut tx, domain.id, at).await?;
    }
    Ok(tx.commit().await?)
}

async fn enqueue(app: &App, tx: &mut Tx, id: DomainId, at: Time) -> Result<(), Problem> {
    let payload = json!({ "domain": id.to_string(), "due": at.to_string() });
    job::enqueue(app, tx, LOOK, &payload, at).await
}

/// Verifies the domain or keeps what was found. The caller holds the domain's lock.
async fn settle(
    app: &App,
    tx: &mut Tx,
    mut domain: Domain,
    look: Look,
    next: Option<Time>,
    actor: &str,
) -> Result<Domain, Problem> {
    if domain.status == DomainStatus::Verified {
        return Ok(domain);
    }
    let found = match look.found {
        Found::Proof if held_elsewhere(tx, domain.organization_id, &domain.name).await? => {
            Found::HeldElsewhere
        }
        Found::Proof => return verify(app, tx, domain, "dns", actor).await,
        other => other,
    };
    let text = serde_json::to_string(&Look { found, ..look }).map_err(|e| Problem::internal(&e))?;
    store::domain::look(tx, domain.id, app.now(), &text, next).await?;
    domain.looked_at = Some(app.now());
    domain.found = Some(text);
    domain.next_look = next;
    Ok(domain)
}

/// Asks DNS, and where the proof is missing, at the places where it often lands instead.
pub(super) async fn look(app: &App, domain: &Domain) -> Found {
    let record = dns_record(domain);
    let at_name = app.dns.ask(&record.name, Kind::Txt).await;
    let has = |reply: &Reply| matches!(reply, Reply::Records(all) if all.contains(&record.value));
    if has(&at_name) {
        return Found::Proof;
    }
    if at_name == Reply::Silent {
        return Found::Silent;
    }
    let doubled = format!("{}.{}", record.name, domain.name);
    let (alias, at_doubled, at_apex) = tokio::join!(
        app.dns.ask(&record.name, Kind::Cname),
        app.dns.ask(&doubled, Kind::Txt),
        app.dns.ask(&domain.name, Kind::Txt),
    );
    if let Reply::Records(targets) = alias {
        return Found::Alias { target: shorten(&targets.concat()) };
    }
    if let Reply::Records(values) = at_name {
        return other_value(&values, &record.value);
    }
    if has(&at_doubled) {
        Found::Doubled { name: doubled }
    } else if has(&at_apex) {
        Found::Apex
    } else if at_apex == Reply::NoName {
        Found::NoDomain
    } else {
        Found::Nothing
    }
}

/// The likeliest of the wrong values at the right name.
fn other_value(values: &[String], expected: &str) -> Found {
    let bare =
        |value: &str| value.trim_matches(|c: char| c.is_whitespace() || "\"'“”„".contains(c)).to_owned();
    if let Some(value) = values.iter().find(|value| bare(value) == expected) {
        return Found::Quoted { value: shorten(value) };
    }
    if let Some(value) = values.iter().find(|value| bare(value).starts_with("frontdesk-verify=")) {
        return Found::OldValue { value: shorten(value) };
    }
    Found::OtherValue { value: shorten(&values.join(", ")) }
}

/// What strangers wrote, no longer than a page can show.
fn shorten(text: &str) -> String {
    text.chars().take(200).collect()
}
