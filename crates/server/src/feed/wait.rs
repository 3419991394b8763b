//! Waiting for the next token: a poll that finds none is answered when one comes, or after a time (RFC 8936 section 2.2).
//!
//! Who waits holds no connection to the database. A commit of this process wakes all who wait; those of other machines are
//! found by looking now and then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use model::{ApplicationId, Time};
use tokio::sync::watch;

use crate::app::App;
use crate::problem::Problem;

/// Nobody waits longer than this: what stands between us and an application cuts off who is silent for a minute.
pub const LONGEST: Duration = Duration::from_secs(30);
/// How often to look for what other machines have written.
const LOOK: Duration = Duration::from_secs(5);
/// So many requests of one application wait at once, in each process.
pub const PLACES: usize = 4;

/// Who waits in this process.
#[derive(Debug, Default)]
pub struct Waiters {
    places: Mutex<HashMap<ApplicationId, usize>>,
    ended: watch::Sender<bool>,
}

impl Waiters {
    /// How many requests of an application wait.
    pub fn waiting(&self, application: ApplicationId) -> usize {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&application).copied().unwrap_or_default()
    }

    /// Answers all who wait, and lets nobody wait any more: the program ends.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Whether the program ends.
    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    fn enter(&self, application: ApplicationId) -> Result<Place<'_>, Problem> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = places.entry(application).or_default();
        if *taken >= PLACES {
            return Err(full());
        }
        *taken += 1;
        Ok(Place { waiters: self, application })
    }
}

fn full() -> Problem {
    let mut problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_waiting",
        "Too many requests of this application wait already",
        format!(
            "Up to {PLACES} polls of one application wait for events at the same time; this one is one more. One that waits \
             is enough. Let one of them end first, or send \"returnImmediately\": true."
        ),
    );
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(LONGEST.as_secs())));
    problem
}

/// A place among those who wait; leaves with whoever holds it, also with a client that went away.
#[derive(Debug)]
struct Place<'a> {
    waiters: &'a Waiters,
    application: ApplicationId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.waiters.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = places.get_mut(&self.application) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.application);
            }
        }
    }
}

/// One request that waits.
pub(super) struct Wait<'a> {
    app: &'a App,
    until: Time,
    facts: watch::Receiver<()>,
    ended: watch::Receiver<bool>,
    _place: Place<'a>,
}

impl<'a> Wait<'a> {
    /// Takes a place. What is committed from now on wakes it.
    pub(super) fn begin(app: &'a App, application: ApplicationId) -> Result<Self, Problem> {
        Ok(Self {
            app,
            until: app.now().after(LONGEST),
            facts: app.store.facts(),
            ended: app.feeds.ended.subscribe(),
            _place: app.feeds.enter(application)?,
        })
    }

    /// Rests until something may have come. Whether it is worth another look: false once the time has passed.
    pub(super) async fn rest(&mut self) -> bool {
        let left = self.until.since(self.app.now());
        if left.is_zero() || *self.ended.borrow() {
            return false;
        }
        tokio::select! {
            _ = self.facts.changed() => {}
            _ = self.ended.wait_for(|ended| *ended) => {}
            _ = tokio::time::timeout(left.min(LOOK), std::future::pending::<()>()) => {}
        }
        true
    }
}
