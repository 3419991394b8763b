//! Shadow mode: what a draft, or a second connection, would have made of real sign-ins.
//!
//! Owns which settings judge beside those in use, the judging, and the report. Nobody waits for it and nobody is signed in
//! by it: the answer of a sign-in is offered after it was kept, and judged in the background, as far as there is room. It
//! reads no memory of used assertions and writes none. See `docs/decisions/0009-a-draft-beside-the-live-connection.md`.

use std::collections::HashSet;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Connection, ConnectionId, ConnectionStatus, OrganizationId, Protocol, ShadowId, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::shadow::{self as stored, Count, Outcome, Shadow};
use store::{Connected, Tx};
use tokio::sync::Notify;

use super::asserted::{Asserted, Refused};
use super::compare::{Evidence, Line, Side, compare};
use super::config::Settings;
use super::create::record;
use super::{beside, domains};
use crate::app::App;
use crate::problem::Problem;

/// So many answers wait to be judged at most, of so many bytes together; what comes then is left out.
const ROOM: usize = 256;
const BYTES: usize = 8 * 1024 * 1024;
/// So many results are kept of a shadow.
const KEPT: usize = 1000;
/// So many are listed.
const LISTED: usize = 50;
/// How often other machines' shadows are looked for.
const LOOK: Duration = Duration::from_secs(5);

/// Answers that wait, and whose.
#[derive(Debug, Default)]
pub struct Waiting {
    organizations: Mutex<HashSet<OrganizationId>>,
    queue: Mutex<Vec<Seen>>,
    some: Notify,
}

/// An answer that was judged by the connection in use.
#[derive(Debug)]
struct Seen {
    live: Connection,
    state: Value,
    evidence: Evidence,
    outcome: Result<Box<Asserted>, Refused>,
    at: Time,
}

/// What is kept of one sign-in, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// Why these settings would have refused it.
    pub refused: Option<Refused>,
    /// Why the connection in use did.
    pub live_refused: Option<Refused>,
    /// What differs about the person.
    pub lines: Vec<Line>,
}

/// What a shadow has found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The shadow.
    pub shadow: Shadow,
    /// So many sign-ins were judged.
    pub judged: u64,
    /// So many would have worked.
    pub would_work: u64,
    /// Of these, so many would have read the person otherwise.
    pub would_differ: u64,
    /// So many that worked would have failed.
    pub would_fail: u64,
    /// So many that failed would have worked.
    pub would_mend: u64,
    /// Those that are worth a look, newest first.
    pub list: Vec<(Outcome, Told)>,
}

/// Lets the draft of a connection, or where it has none its own settings, judge real sign-ins: those through this
/// connection, or those through the organization's others. Again is no error.
///
/// # Errors
/// A conflict where there is nothing to judge with, or nothing to judge.
pub async fn start(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<Shadow, Problem> {
    let it = beside::held(tx, connection.id).await?;
    let of_draft = beside::draft_of(tx, it.id).await?.is_some();
    if let Some(on) = stored::lookup(tx, it.id).await?.filter(|on| on.of_draft == of_draft) {
        return Ok(on);
    }
    let judged = if of_draft {
        it.status == ConnectionStatus::Active
    } else {
        Settings::required(&it)?;
        let all = store::connection::list(tx, it.organization_id).await?;
        let beside = |other: &Connection| {
            other.id != it.id && other.status == ConnectionStatus::Active && other.protocol == it.protocol
        };
        all.iter().any(beside)
    };
    if !judged {
        return Err(Problem::conflict(
            "nothing_to_shadow",
            "There are no sign-ins to look at",
            "A shadow looks at real sign-ins through a live connection of the same protocol. Expected a draft beside a live \
             connection, or another live connection of this company. Change the live connection first, or switch one on.",
        ));
    }
    stored::forget(tx, it.id).await?;
    let shadow = Shadow {
        connection_id: it.id,
        organization_id: it.organization_id,
        of_draft,
        started_by: actor.to_owned(),
        since: app.now(),
    };
    stored::set(tx, &shadow).await?;
    app.shadows.watch([it.organization_id]);
    record(app, tx, &it, "connection.shadow_started", actor).await?;
    Ok(shadow)
}

/// Ends it, and forgets what it found. Whether there was one.
pub async fn stop(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<bool, Problem> {
    let it = beside::held(tx, connection.id).await?;
    if !stored::remove(tx, it.id).await? {
        return Ok(false);
    }
    stored::forget(tx, it.id).await?;
    record(app, tx, &it, "connection.shadow_stopped", actor).await?;
    Ok(true)
}

/// The draft has other values now: what the old ones would have made of sign-ins says nothing about these.
pub(super) async fn restart(app: &App, tx: &mut Tx, id: ConnectionId) -> Result<(), Problem> {
    let Some(shadow) = stored::lookup(tx, id).await? else { return Ok(()) };
    stored::forget(tx, id).await?;
    Ok(stored::set(tx, &Shadow { of_draft: true, since: app.now(), ..shadow }).await?)
}

/// There is no draft any more.
pub(super) async fn end_of_draft(tx: &mut Tx, id: ConnectionId) -> Result<(), Problem> {
    stored::remove(tx, id).await?;
    Ok(stored::forget(tx, id).await?)
}

/// What the shadow of a connection has found; none where there is none.
pub async fn report(db: &mut impl Connected, id: ConnectionId) -> Result<Option<Report>, Problem> {
    let Some(shadow) = stored::lookup(db, id).await? else { return Ok(None) };
    let counts = stored::counts(db, id).await?;
    let sum = |fits: fn(&Count) -> bool| counts.iter().filter(|it| fits(it)).map(|it| it.count).sum();
    let told = |it: Outcome| {
        let told = serde_json::from_str(&it.explanation).unwrap_or_default();
        (it, told)
    };
    Ok(Some(Report {
        shadow,
        judged: sum(|_| true),
        would_work: sum(|it| it.would),
        would_differ: sum(|it| it.would && it.differs),
        would_fail: sum(|it| it.lets_in && !it.would),
        would_mend: sum(|it| !it.lets_in && it.would),
        list: stored::notable(db, id, LISTED).await?.into_iter().map(told).collect(),
    }))
}

impl Waiting {
    /// Answers at these organizations are wanted.
    fn watch(&self, organizations: impl IntoIterator<Item = OrganizationId>) {
        self.organizations.lock().unwrap_or_else(PoisonError::into_inner).extend(organizations);
    }

    fn watches(&self, organization: OrganizationId) -> bool {
        self.organizations.lock().unwrap_or_else(PoisonError::into_inner).contains(&organization)
    }

    /// Takes an answer that was kept, where somebody wants it and there is room.
    pub fn offer(
        &self,
        live: &Connection,
        (state, message): (&Value, &str),
        outcome: &Result<Asserted, Refused>,
        at: Time,
    ) {
        if !self.watches(live.organization_id) {
            return;
        }
        let Some(evidence) = Evidence::of(live.protocol, message, outcome.as_ref().ok()) else { return };
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = queue.iter().map(|seen| seen.evidence.size()).sum();
        if queue.len() >= ROOM || bytes + evidence.size() > BYTES {
            tracing::warn!(id = %live.id, "a sign-in was not judged by a shadow: too many wait");
            return;
        }
        let outcome = outcome.clone().map(Box::new);
        queue.push(Seen { live: live.clone(), state: state.clone(), evidence, outcome, at });
        self.some.notify_one();
    }
}

/// Judges what waits now, and writes what came of it.
pub async fn flush(app: &App) -> Result<(), Problem> {
    let waiting = mem::take(&mut *app.shadows.queue.lock().unwrap_or_else(PoisonError::into_inner));
    let mut results = Vec::new();
    for seen in &waiting {
        let mut db = app.read().await?;
        let shadows = stored::list(&mut db, seen.live.organization_id).await?;
        let mut judges = Vec::new();
        for shadow in shadows {
            if let Some(by) = judge_of(&mut db, &shadow, &seen.live).await? {
                judges.push((shadow, by));
            }
        }
        drop(db);
        for (shadow, by) in judges {
            results.push((judged(app, seen, &shadow, &by).await?, shadow.since));
        }
    }
    if results.is_empty() {
        return Ok(());
    }
    let mut tx = app.write_transient().await?;
    let mut touched = HashSet::new();
    for (result, since) in &results {
        stored::add(&mut tx, result, *since).await?;
        touched.insert(result.connection_id);
    }
    for id in touched {
        stored::forget_beyond(&mut tx, id, KEPT).await?;
    }
    Ok(tx.commit().await?)
}

/// The settings by which a shadow judges answers through `live`, if it does.
async fn judge_of(
    db: &mut impl Connected,
    shadow: &Shadow,
    live: &Connection,
) -> Result<Option<Connection>, Problem> {
    if shadow.of_draft {
        let draft = if shadow.connection_id == live.id { beside::draft_of(db, live.id).await? } else { None };
        return Ok(draft.map(|draft| beside::with_draft(live, &draft)));
    }
    if shadow.connection_id == live.id {
        return Ok(None);
    }
    let found = store::connection::lookup(db, shadow.connection_id).await?;
    Ok(found.filter(|it| it.protocol == live.protocol))
}

async fn judged(app: &App, seen: &Seen, shadow: &Shadow, by: &Connection) -> Result<Outcome, Problem> {
    let judged = match seen.evidence.judge(app, &seen.live, by, (&seen.state, seen.at)).await {
        Ok(asserted) => in_domain(app, by, asserted).await?,
        refused => refused,
    };
    let live = seen.outcome.as_ref().ok();
    let lines: Vec<Line> = match (live, &judged) {
        (Some(live), Ok(judged)) => {
            let sides = (Side::of(live, None), Side::of(judged, None));
            compare(Some(&sides.0), &sides.1).into_iter().filter(|line| line.differs).collect()
        }
        _ => Vec::new(),
    };
    let notable = judged.is_err() || live.is_none() || !lines.is_empty();
    let email = judged.as_ref().ok().or(live.map(AsRef::as_ref)).and_then(|it| it.email.clone());
    let code = judged.as_ref().err().map_or("signed_in", |refused| refused.code.as_str()).to_owned();
    let (would, differs) = (judged.is_ok(), !lines.is_empty());
    let told = Told { refused: judged.err(), live_refused: seen.outcome.as_ref().err().cloned(), lines };
    Ok(Outcome {
        id: app.id(ShadowId::new),
        connection_id: shadow.connection_id,
        organization_id: shadow.organization_id,
        at: seen.at,
        // Of whom there is nothing to tell, nothing is kept.
        email: email.filter(|_| notable),
        lets_in: live.is_some(),
        would,
        differs,
        code,
        explanation: serde_json::to_string(&told).map_err(|e| Problem::internal(&e))?,
    })
}

/// The same person, if there is an address for which the organization speaks.
async fn in_domain(
    app: &App,
    by: &Connection,
    asserted: Asserted,
) -> Result<Result<Asserted, Refused>, Problem> {
    let refuse = |code: &str, message: &str, received: Option<String>| Refused {
        code: code.to_owned(),
        expected: Some("an address in a verified domain of the company".to_owned()),
        received,
        message: message.to_owned(),
        steps: Vec::new(),
    };
    let email = asserted.email.as_deref().and_then(|e| profile::email::parse(e).ok().flatten());
    let Some(email) = email else {
        let message = "No e-mail address would have been read, so nobody could tell who it is.";
        return Ok(Err(refuse("email_missing", message, None)));
    };
    if domains::vouches_for(&mut app.read().await?, by.organization_id, &email).await? {
        return Ok(Ok(asserted));
    }
    let message = "The address that would have been read lies in no verified domain of the company.";
    Ok(Err(refuse("email_not_in_domain", message, Some(email))))
}

/// Judges what comes, again and again until `stop` resolves.
pub async fn keep_judging(app: App, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        match refresh(&app).await {
            Ok(()) => {}
            Err(problem) => tracing::error!(cause = problem.cause, "the shadows could not be read"),
        }
        tokio::select! {
            () = &mut stop => return,
            _ = tokio::time::timeout(LOOK, app.shadows.some.notified()) => {}
        }
        if let Err(problem) = flush(&app).await {
            tracing::error!(
                cause = problem.cause,
                "sign-ins could not be judged by a shadow and are left out"
            );
        }
    }
}

/// Reads whose answers are wanted: another machine may have begun or ended a shadow.
async fn refresh(app: &App) -> Result<(), Problem> {
    let all = stored::organizations(&mut app.read().await?).await?;
    *app.shadows.organizations.lock().unwrap_or_else(PoisonError::into_inner) = all.into_iter().collect();
    Ok(())
}

/// Whether a connection of this protocol can tell of every refused sign-in: of OpenID Connect, only what the connection
/// in use has taken can be judged, because a code is good once.
pub const fn sees_refusals(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Saml)
}
