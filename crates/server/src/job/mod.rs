//! Work after the commit: claims jobs, runs them, and tries again what failed.
//!
//! Owns when and how often. What each kind of job does is in the room that asks for it; `work.rs` is the table.
//! Jobs are idempotent: a machine may die after the work and before the record that it is done.

use std::time::Duration;

use model::{Job, JobId, Time};
use serde_json::Value;
use store::Tx;

use crate::app::App;
use crate::problem::{self, Problem};
use crate::work;

/// How long a machine may work on a job before another takes it.
const LEASE: Duration = Duration::from_mins(2);
/// How often to look for work that other machines asked for, and for what has become due.
const LOOK: Duration = Duration::from_secs(5);
/// How often to forget what has ended.
const TIDY: Duration = Duration::from_mins(5);
/// How often to look after connections and our own keys.
const CARE: Duration = Duration::from_mins(1);
/// Longer than any limit's window.
const COUNTERS: Duration = Duration::from_hours(24);
/// How long operators see how applications were told of logouts.
const CALLS: Duration = Duration::from_hours(24 * 7);
/// How long a sync in which people left can be undone as a whole.
const SYNCS: Duration = Duration::from_hours(24 * 30);
/// So many records of sign-ins and of directories' requests are forgotten in one transaction.
const BATCH: usize = 500;
/// After so many tries the waiting time grows no more.
const LAST_BACKOFF: u32 = 10;

/// Asks for work in the transaction that makes it necessary. `payload` holds ids, never personal data.
pub async fn enqueue(
    app: &App,
    tx: &mut Tx,
    kind: &str,
    payload: &Value,
    run_at: Time,
) -> Result<(), Problem> {
    let job = Job {
        id: app.id(JobId::new),
        kind: kind.to_owned(),
        payload: payload.to_string(),
        run_at,
        attempts: 0,
    };
    Ok(store::job::add(tx, &job).await?)
}

/// Works until `stop` resolves. Running jobs are finished.
pub async fn run_until(app: App, stop: impl Future<Output = ()>) {
    let waiting = app.store.jobs_waiting();
    tokio::pin!(stop);
    let mut tidied = app.now();
    let mut cared: Option<tokio::task::JoinHandle<()>> = None;
    let mut pulled: Option<tokio::task::JoinHandle<()>> = None;
    let (mut cared_at, mut pulled_at) = (None, None);
    loop {
        // Beside the queue: customers' providers may be slow, and mails do not wait for them.
        let rested = cared_at.is_none_or(|at| app.now().since(at) >= CARE);
        if rested && cared.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            cared_at = Some(app.now());
            cared = Some(tokio::spawn(care(app.clone())));
        }
        // Not with every batch of the queue: what is due is asked of the database.
        let rested = pulled_at.is_none_or(|at| app.now().since(at) >= LOOK);
        if rested && pulled.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            pulled_at = Some(app.now());
            pulled = Some(tokio::spawn(pull(app.clone())));
        }
        if app.now().since(tidied) >= TIDY {
            tidied = app.now();
            if let Err(problem) = tidy(&app).await {
                tracing::error!(cause = problem.cause, "what has ended could not be forgotten");
            }
        }
        match run_due(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(problem) => tracing::error!(cause = problem.cause, "the job runner could not claim work"),
        }
        tokio::select! {
            () = &mut stop => {
                // What a look has not written yet is written by the next one.
                for under_way in [cared, pulled].into_iter().flatten() {
                    under_way.abort();
                }
                return;
            }
            () = waiting.notified() => {}
            _ = tokio::time::timeout(LOOK, std::future::pending::<()>()) => {}
        }
    }
}

/// Reads directories that are due.
async fn pull(app: App) {
    if let Err(problem) = crate::pull::round(&app).await {
        tracing::error!(cause = problem.cause, "directories could not be read");
    }
}

/// Looks after connections, directories and our own keys.
async fn care(app: App) {
    if let Err(problem) = crate::keys::tend(&app).await {
        tracing::error!(cause = problem.cause, "our own keys could not be looked after");
    }
    if let Err(problem) = crate::care::round(&app).await {
        tracing::error!(cause = problem.cause, "connections could not be looked after");
    }
    if let Err(problem) = crate::directory::silence::round(&app).await {
        tracing::error!(cause = problem.cause, "nobody could be told of silent directories");
    }
    if let Err(problem) = crate::drill::round(&app).await {
        tracing::error!(cause = problem.cause, "the monthly drills could not be looked after");
    }
    if let Err(problem) = crate::connection::domains::round(&app).await {
        tracing::error!(cause = problem.cause, "the records of domains could not be looked at again");
    }
}

/// Forgets what has ended by itself: sessions, sign-ins under way, assertions, codes, tokens, counters.
pub async fn tidy(app: &App) -> Result<(), Problem> {
    let now = app.now();
    let mut tx = app.write().await?;
    store::session::forget_ended(&mut tx, now).await?;
    store::rate::forget(&mut tx, now.before(COUNTERS)).await?;
    store::tried::forget(&mut tx, now.before(app.config.limits.traces)).await?;
    store::departure::forget(&mut tx, now.before(SYNCS)).await?;
    store::group_loss::forget(&mut tx, now.before(SYNCS)).await?;
    store::application::forget_logout_calls(&mut tx, now.before(CALLS)).await?;
    tx.commit().await?;
    crate::enforcement::round(app).await?;
    forget_traces(app, now.before(app.config.limits.traces)).await
}

/// Forgets records of sign-ins, real ones and those of shadows, and of directories' requests, that are older than they are
/// kept, in batches, so that nobody waits long for the writer.
async fn forget_traces(app: &App, before: Time) -> Result<(), Problem> {
    loop {
        let mut tx = app.write().await?;
        let attempts = store::session::forget_attempts(&mut tx, before, BATCH).await?;
        let shadows = store::shadow::forget_before(&mut tx, before, BATCH).await?;
        let requests = store::scim_request::forget_before(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        if attempts.max(shadows).max(requests) < u64::try_from(BATCH).unwrap_or(u64::MAX) {
            return Ok(());
        }
    }
}

/// Runs everything that is due now, once. How many jobs were run.
pub async fn run_due(app: &App) -> Result<usize, Problem> {
    let now = app.now();
    if store::job::next_due(&mut app.read().await?).await?.is_none_or(|due| due > now) {
        return Ok(0);
    }
    let mut tx = app.write().await?;
    let jobs = store::job::claim(&mut tx, now, LEASE, 20).await?;
    tx.commit().await?;
    let count = jobs.len();
    for job in jobs {
        run_one(app, job).await?;
    }
    Ok(count)
}

async fn run_one(app: &App, job: Job) -> Result<(), Problem> {
    let outcome = work::run(app, &job).await;
    let mut tx = app.write().await?;
    match outcome {
        Ok(()) => store::job::finish(&mut tx, job.id).await?,
        Err(problem) => {
            let cause = problem.cause.unwrap_or(problem.detail);
            let tries = u32::try_from(job.attempts).unwrap_or(u32::MAX).min(LAST_BACKOFF);
            let wait = Duration::from_secs(5) * 2_u32.pow(tries.saturating_sub(1));
            let told = problem::without_addresses(&cause);
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, cause = told, "a job failed and will be tried again");
            store::job::retry(&mut tx, job.id, app.now().after(wait), &cause).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
