//! A connection that fails for everybody: found out by our own calls, and then members may come by a mailed link.
//!
//! What strangers can cause is never evidence: it leads to a mail, and a person who proves who they are decides. See
//! `docs/decisions/0011-enforcement-that-cannot-lock-out.md`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Connection, ConnectionId, ConnectionStatus, Domain, Job, OpeningId, Organization, Time};
use serde_json::json;
use store::Tx;
use store::enforcement::Opening;
use store::trouble::Trouble;

use super::letters;
use super::opening::{self, FALLBACK};
use crate::app::App;
use crate::connection::{self, Probe, Routing, probe};
use crate::job;
use crate::problem::Problem;

/// The kind of job that looks whether a connection works.
pub const LOOK: &str = "sign_on.look";
/// So many of our own calls in a row must have failed.
const BAD: i64 = 3;
/// Somebody must have come in through the connection in this time, or it never worked.
const WORKED: Duration = Duration::from_hours(24 * 14);
/// How long the fall-back lasts, unless the connection works again before.
const LASTS: Duration = Duration::from_hours(4);
/// How often a connection that works is looked at.
const EVERY: Duration = Duration::from_hours(1);
/// So many connections are looked at in one round.
const ROUND: usize = 50;
/// So many sign-ins that began and never came back make us look.
const UNANSWERED: u32 = 5;
/// Nobody is back sooner than this.
const PATIENCE: Duration = Duration::from_mins(2);
/// Refused members in [`LATELY`] of whom the company is told.
const REFUSED: u64 = 3;
const LATELY: Duration = Duration::from_mins(30);
/// How often the company is told.
const TOLD: Duration = Duration::from_hours(24);
/// Refusals that hint at the connection. Anybody can cause most of them by posting rubbish.
pub const HINTS: [&str; 14] = [
    "provider_unreachable",
    "client_refused",
    "no_trusted_key",
    "signature_invalid",
    "signature_missing",
    "signature_mismatch",
    "unknown_key",
    "issuer_mismatch",
    "audience_mismatch",
    "recipient_mismatch",
    "destination_mismatch",
    "decryption_failed",
    "decryption_key_missing",
    "provider_error",
];

/// Sign-ins that began here and were not answered here, by connection.
#[derive(Debug, Default)]
pub struct Watch(Mutex<HashMap<ConnectionId, (u32, Time)>>);

impl Watch {
    /// One more began. Whether so many came to nothing that it is worth a look.
    pub fn begun(&self, id: ConnectionId, now: Time) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A flood of connections is forgotten; each is looked at by the clock anyway.
        if all.len() > 10_000 {
            all.clear();
        }
        let entry = all.entry(id).or_insert((0, now));
        entry.0 += 1;
        let worth = entry.0 >= UNANSWERED && now.since(entry.1) >= PATIENCE;
        if worth {
            *entry = (0, now);
        }
        worth
    }

    /// An answer came.
    pub fn answered(&self, id: ConnectionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// Asks for a look at a connection.
pub async fn look_soon(app: &App, tx: &mut Tx, id: ConnectionId) -> Result<(), Problem> {
    job::enqueue(app, tx, LOOK, &json!({"connection": id.to_string()}), app.now()).await
}

/// Asks for looks at connections that fail, and at those that were not looked at for an hour.
pub async fn round(app: &App) -> Result<(), Problem> {
    let due = store::trouble::due_for_a_look(&mut app.read().await?, app.now().before(EVERY), ROUND).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = app.write().await?;
    for id in due {
        look_soon(app, &mut tx, id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Looks at a connection whose company requires its sign-in.
pub async fn look_job(app: &App, job: &Job) -> Result<(), Problem> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(|e| Problem::internal(&e))?;
    let id: ConnectionId =
        payload["connection"].as_str().unwrap_or_default().parse().map_err(|e| Problem::internal(&e))?;
    let mut db = app.read().await?;
    let Some(connection) = store::connection::lookup(&mut db, id).await? else { return Ok(()) };
    let required = required_domains(&mut db, &connection).await?;
    drop(db);
    if connection.status != ConnectionStatus::Active || required.is_empty() {
        return Ok(());
    }
    let found = probe(app, &connection).await?;
    let mut tx = app.write().await?;
    tx.lock(&connection.organization_id.to_string()).await?;
    let organization = store::organization::lookup(&mut tx, connection.organization_id).await?;
    // Whoever came in while we asked is the better evidence.
    let connection = store::connection::lookup(&mut tx, id).await?;
    let (Some(organization), Some(connection)) = (organization, connection) else { return Ok(()) };
    let it = Look { app, organization: &organization, connection: &connection, required: &required };
    it.conclude(&mut tx, found).await?;
    tx.commit().await?;
    Ok(())
}

/// The domains that require single sign-on and that have addresses which are led to this connection.
async fn required_domains(
    db: &mut impl store::Connected,
    connection: &Connection,
) -> Result<Vec<Domain>, Problem> {
    let mut all = store::domain::list(db, connection.organization_id).await?;
    all.retain(|it| it.sso_required_at.is_some());
    let connections = store::connection::list(db, connection.organization_id).await?;
    let active: Vec<ConnectionId> = connection::actives(&connections).map(|it| it.id).collect();
    all.retain(|it| Routing::of(it).serves(&active, connection.id));
    Ok(all)
}

struct Look<'a> {
    app: &'a App,
    organization: &'a Organization,
    connection: &'a Connection,
    required: &'a [Domain],
}

impl Look<'_> {
    async fn conclude(&self, tx: &mut Tx, found: Probe) -> Result<(), Problem> {
        let (now, id) = (self.app.now(), self.connection.id);
        let known = store::trouble::lookup(tx, id).await?;
        let cause = match found {
            Probe::Fine => {
                let fine = Trouble { began_at: now, bad: 0, cause: String::new(), told_at: None };
                let fine = Trouble { told_at: known.and_then(|it| it.told_at), ..fine };
                store::trouble::set(tx, id, &fine).await?;
                self.close(tx).await?;
                return self.tell_of_refusals(tx, fine).await;
            }
            Probe::Fails(cause) => cause,
        };
        let last = self.connection.last_login_at;
        // Where our own calls never got through while people did, they say nothing: a provider inside a company's walls.
        let reached = known.as_ref().is_some_and(|it| it.bad >= 0);
        if !reached {
            let unreached = Trouble { began_at: now, bad: -1, cause, told_at: None };
            return Ok(store::trouble::set(tx, id, &unreached).await?);
        }
        let known = known.filter(|it| it.bad > 0 && last.is_none_or(|at| at < it.began_at));
        let it = match known {
            Some(it) => Trouble { bad: it.bad + 1, cause: cause.clone(), ..it },
            None => Trouble { began_at: now, bad: 1, cause: cause.clone(), told_at: None },
        };
        store::trouble::set(tx, id, &it).await?;
        let worked = last.is_some_and(|at| at.after(WORKED) > now);
        if worked && it.bad >= BAD { self.open(tx, &cause).await } else { Ok(()) }
    }

    /// Opens the fall-back for each domain that requires single sign-on, once.
    async fn open(&self, tx: &mut Tx, cause: &str) -> Result<(), Problem> {
        let (app, now) = (self.app, self.app.now());
        let open = store::enforcement::open_now(tx, self.organization.id, now).await?;
        let mut opened = false;
        for domain in self.required {
            let same = |it: &&Opening| {
                it.domain.as_ref() == Some(&domain.name)
                    && it.connection_id.is_none_or(|id| id == self.connection.id)
            };
            if open.iter().filter(|it| it.kind == FALLBACK).any(|it| same(&it)) {
                continue;
            }
            let it = Opening {
                id: app.id(OpeningId::new),
                organization_id: self.organization.id,
                kind: FALLBACK.to_owned(),
                domain: Some(domain.name.clone()),
                email: None,
                connection_id: Some(self.connection.id),
                reason: format!("The connection {} fails for everybody. {cause}", self.connection.id),
                opened_by: "system".to_owned(),
                opened_at: now,
                ends_at: now.after(LASTS),
                ended_at: None,
                ended_by: None,
            };
            opening::begin(app, tx, self.organization, &it).await?;
            opened = true;
        }
        if opened { letters::failing(app, tx, self.organization, (cause, true)).await } else { Ok(()) }
    }

    /// It works again.
    async fn close(&self, tx: &mut Tx) -> Result<(), Problem> {
        if self.organization.opened_until.is_none_or(|until| until <= self.app.now()) {
            return Ok(());
        }
        for it in store::enforcement::open_now(tx, self.organization.id, self.app.now()).await? {
            let ours = it.connection_id.is_none_or(|id| id == self.connection.id);
            if it.kind == FALLBACK && ours {
                opening::close(self.app, tx, &it, "system").await?;
            }
        }
        Ok(())
    }

    /// Several members were refused lately and nobody came in: perhaps the settings, perhaps a stranger. People decide.
    async fn tell_of_refusals(&self, tx: &mut Tx, it: Trouble) -> Result<(), Problem> {
        let now = self.app.now();
        if it.told_at.is_some_and(|at| at.after(TOLD) > now) {
            return Ok(());
        }
        let since = self.connection.last_login_at.map_or(now.before(LATELY), |at| at.max(now.before(LATELY)));
        let refused = store::trouble::refused_members(tx, self.connection.id, since, &HINTS).await?;
        if refused < REFUSED {
            return Ok(());
        }
        store::trouble::set(tx, self.connection.id, &Trouble { told_at: Some(now), ..it }).await?;
        let words = format!("{refused} members were refused in the last 30 minutes, and nobody came in.");
        letters::failing(self.app, tx, self.organization, (&words, false)).await
    }
}
