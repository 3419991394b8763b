//! Rate limits of what can be reached without a session.
//!
//! Owns how often is too often, and how it is counted; the sentence of a refusal. Does not own who is asked to wait:
//! rooms name what they count.
//!
//! Counted in two stages (see `docs/decisions/0006-rate-limits-in-two-stages.md`). Each process counts in memory and
//! brings its count to the database in steps, so that a stranger's hit costs no write; the database holds the sum of all
//! machines. Where a limit is so small that each hit matters, the step is one hit. What is over its limit is refused from
//! memory until its window ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use model::Time;

use crate::app::App;
use crate::problem::Problem;
use crate::request::ClientAddress;

/// How many in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many.
    pub hits: u32,
    /// In this time.
    pub window: Duration,
}

impl Limit {
    const fn new(hits: u32, window: Duration) -> Self {
        Self { hits, window }
    }

    /// How many hits a process keeps to itself before it tells the others.
    const fn step(self) -> u32 {
        let eighth = self.hits / 8;
        if self.hits < 32 || eighth == 0 { 1 } else { eighth }
    }
}

const QUARTER: Duration = Duration::from_mins(15);

/// Passwords and mails asked for from one network address: a whole office may sit behind it.
pub const PER_ADDRESS: Limit = Limit::new(300, QUARTER);
/// Sign-ins begun from one network address. Each leaves a row until it ends; a large company comes in at nine o'clock
/// from one address.
pub const BEGINNINGS: Limit = Limit::new(100_000, QUARTER);
/// Passwords tried for one account.
pub const PASSWORDS: Limit = Limit::new(10, QUARTER);
/// Steps towards a passkey of one account or operator.
pub const PASSKEYS: Limit = Limit::new(30, QUARTER);
/// Mails asked for by strangers for one address.
pub const MAILS: Limit = Limit::new(5, QUARTER);
/// Recovery codes tried for one address.
pub const RECOVERIES: Limit = Limit::new(5, QUARTER);
/// Bearer tokens and client secrets that are not known, from one network address.
pub const FAILED_SECRETS: Limit = Limit::new(100, Duration::from_mins(5));
/// Links that are not known, and answers of identity providers that nobody waits for, from one network address.
pub const FAILED_LINKS: Limit = Limit::new(300, QUARTER);
/// Looks at one company's domains that people ask for. Each asks the world's name servers.
pub const LOOKS: Limit = Limit::new(20, Duration::from_mins(5));
/// Looks at a connection whose sign-ins are refused, in each process.
pub const TROUBLE: Limit = Limit::new(1, Duration::from_mins(5));
/// Sign-out messages of one connection that are not believed and recorded, in each process. Anybody may send some.
pub const SIGN_OUTS: Limit = Limit::new(20, Duration::from_mins(5));
/// Answers that nobody asked for, of one connection, that are not taken and recorded, in each process. Anybody may send some.
pub const UNASKED: Limit = SIGN_OUTS;
/// Requests of one directory, in each process: 1000 a second. Large providers send up to 25.
pub const SCIM: Limit = scim(1000);

/// So many requests of one directory in a second, on average over ten.
#[must_use]
pub const fn scim(a_second: u32) -> Limit {
    Limit::new(a_second.saturating_mul(10), Duration::from_secs(10))
}

/// Names that are remembered at once; more than that, and those furthest from their limit are forgotten first.
const MOST_NAMES: usize = 50_000;

/// What a process has counted.
#[derive(Debug, Default)]
pub struct Counters(Mutex<HashMap<String, Counter>>);

#[derive(Debug, Clone, Copy)]
struct Counter {
    /// When the window began.
    began: Time,
    window: Duration,
    /// Of all machines, as far as is known here.
    known: u32,
    /// Counted here and not told yet.
    untold: u32,
}

impl Counter {
    fn total(&self) -> u32 {
        self.known.saturating_add(self.untold)
    }

    fn has_ended(&self, now: Time) -> bool {
        self.began.after(self.window) <= now
    }

    fn waits(&self, now: Time) -> Duration {
        self.began.after(self.window).since(now).max(Duration::from_secs(1))
    }
}

/// What the memory says to one more hit.
enum Memory {
    /// Within the limit, as far as is known.
    Fine,
    /// So many hits must be told to the others before anybody knows.
    Tell(u32),
    /// Too many; how long to wait.
    Over(Duration),
}

impl Counters {
    fn with<T>(&self, use_it: impl FnOnce(&mut HashMap<String, Counter>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How long whoever is over the limit has to wait still; none while within it. Counts nothing.
    fn over(&self, name: &str, limit: Limit, now: Time) -> Option<Duration> {
        self.with(|all| {
            let it = all.get(name).filter(|it| !it.has_ended(now))?;
            (it.total() >= limit.hits).then(|| it.waits(now))
        })
    }

    fn hit(&self, name: &str, limit: Limit, step: u32, now: Time) -> Memory {
        self.with(|all| {
            if all.len() >= MOST_NAMES && !all.contains_key(name) {
                make_room(all, now);
            }
            let fresh = Counter { began: now, window: limit.window, known: 0, untold: 0 };
            let it = all.entry(name.to_owned()).or_insert(fresh);
            if it.has_ended(now) {
                *it = fresh;
            }
            if it.total() >= limit.hits {
                return Memory::Over(it.waits(now));
            }
            it.untold += 1;
            if it.untold < step {
                return Memory::Fine;
            }
            let tell = std::mem::take(&mut it.untold);
            it.known = it.known.saturating_add(tell);
            Memory::Tell(tell)
        })
    }

    /// Takes over what the database knows after it was told.
    fn learn(&self, name: &str, total: u32, began: Time) {
        self.with(|all| {
            if let Some(it) = all.get_mut(name) {
                it.known = it.known.max(total);
                it.began = it.began.min(began);
            }
        });
    }
}

/// Forgets what has ended, and if that is not enough, the half that is furthest from any limit.
fn make_room(all: &mut HashMap<String, Counter>, now: Time) {
    all.retain(|_, it| !it.has_ended(now));
    if all.len() >= MOST_NAMES {
        let mut totals: Vec<u32> = all.values().map(Counter::total).collect();
        let middle = totals.len() / 2;
        let (_, median, _) = totals.select_nth_unstable(middle);
        let median = *median;
        all.retain(|_, it| it.total() > median);
    }
}

/// Counts one more, and refuses beyond the limit.
pub async fn check(app: &App, name: &str, limit: Limit) -> Result<(), Problem> {
    let now = app.now();
    match app.rates.hit(name, limit, limit.step(), now) {
        Memory::Fine => Ok(()),
        Memory::Over(wait) => Err(refusal(wait)),
        Memory::Tell(hits) => {
            let mut tx = app.write().await?;
            let (total, began) = store::rate::add(&mut tx, name, i64::from(hits), now, limit.window).await?;
            tx.commit().await?;
            app.rates.learn(name, u32::try_from(total).unwrap_or(u32::MAX), began);
            if total <= i64::from(limit.hits) {
                return Ok(());
            }
            Err(refusal(began.after(limit.window).since(now).max(Duration::from_secs(1))))
        }
    }
}

/// Refuses whoever is known to be over the limit. Costs no look into the database and counts nothing.
pub fn refuse_known(app: &App, name: &str, limit: Limit) -> Result<(), Problem> {
    match app.rates.over(name, limit, app.now()) {
        Some(wait) => Err(refusal(wait)),
        None => Ok(()),
    }
}

/// Counts one more in this process alone, and refuses beyond the limit.
pub fn check_here(app: &App, name: &str, limit: Limit) -> Result<(), Problem> {
    match app.rates.hit(name, limit, u32::MAX, app.now()) {
        Memory::Over(wait) => Err(refusal(wait)),
        Memory::Fine | Memory::Tell(_) => Ok(()),
    }
}

/// Counts more that came at once, in this process alone. They are done; who comes next may have to wait.
pub fn count_here(app: &App, name: &str, limit: Limit, more: usize) {
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    app.rates.with(|all| {
        if let Some(it) = all.get_mut(name).filter(|it| !it.has_ended(app.now())) {
            it.untold = it.untold.saturating_add(more).min(limit.hits);
        }
    });
}

/// Counts a failure of a stranger. The answer is the failure, or beyond the limit the request to wait. What succeeds is
/// never counted and never refused: one broken program must not lock out its neighbours behind the same address.
pub async fn failed(app: &App, name: &str, limit: Limit, failure: Problem) -> Problem {
    if failure.status.is_server_error() {
        return failure;
    }
    check(app, name, limit).await.err().unwrap_or(failure)
}

/// The layer around links and around what identity providers send: whoever comes again and again with what nobody knows
/// has to wait. Links that work are let through to read; what would change something waits too.
pub async fn failed_links(
    State(app): State<App>,
    address: ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if !FAILABLE.iter().any(|prefix| path.starts_with(prefix)) {
        return next.run(request).await;
    }
    let name = format!("links:{address}");
    if !matches!(*request.method(), Method::GET | Method::HEAD)
        && let Err(problem) = refuse_known(&app, &name, FAILED_LINKS)
    {
        return problem.into_response();
    }
    let response = next.run(request).await;
    if !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::BAD_REQUEST) {
        return response;
    }
    match check(&app, &name, FAILED_LINKS).await {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Where a capability stands in the path, or an identity provider's message in the body.
const FAILABLE: [&str; 13] = [
    "/ssf/",
    "/s/",
    "/t/",
    "/invite/",
    "/claim/",
    "/signin/",
    "/verify/",
    "/console/first/",
    "/console/join/",
    "/login/finish/",
    "/login/profile/",
    "/saml/",
    "/oidc/",
];

fn refusal(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let words = match seconds {
        1 => "a second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60 => "a minute".to_owned(),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let mut problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_tries",
        "Too many tries in a short time",
        format!("To keep everybody safe we wait a little. Try again in {words}."),
    );
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit::new(80, Duration::from_mins(1));

    #[test]
    fn a_large_limit_is_told_in_steps_and_a_small_one_at_once() {
        let counters = Counters::default();
        let now = Time::from_seconds(1000);
        let mut told = Vec::new();
        for hit in 1..=200 {
            if let Memory::Tell(hits) = counters.hit("a", LIMIT, LIMIT.step(), now) {
                told.push((hit, hits));
            }
        }
        assert_eq!(told, (1..=8).map(|n| (n * 10, 10)).collect::<Vec<_>>());
        assert!(counters.over("a", LIMIT, now).is_some());
        assert!(counters.over("b", LIMIT, now).is_none());
        assert!(counters.over("a", LIMIT, now.after(Duration::from_mins(1))).is_none());
        assert_eq!((PASSWORDS.step(), MAILS.step()), (1, 1));
    }

    #[test]
    fn what_other_machines_counted_counts_here() {
        let counters = Counters::default();
        let now = Time::from_seconds(1000);
        assert!(matches!(counters.hit("a", LIMIT, 1, now), Memory::Tell(1)));
        counters.learn("a", 80, Time::from_seconds(990));
        let Memory::Over(wait) = counters.hit("a", LIMIT, 1, now) else { panic!("over the limit") };
        assert_eq!(wait, Duration::from_secs(50));
    }

    #[test]
    fn a_flood_of_names_forgets_those_that_came_once() {
        let counters = Counters::default();
        let now = Time::from_seconds(1000);
        for _ in 0..80 {
            counters.hit("steady", LIMIT, u32::MAX, now);
        }
        for name in 0..MOST_NAMES * 2 {
            counters.hit(&name.to_string(), LIMIT, u32::MAX, now);
        }
        assert!(counters.with(|all| all.len()) <= MOST_NAMES);
        assert!(counters.over("steady", LIMIT, now).is_some());
    }
}
