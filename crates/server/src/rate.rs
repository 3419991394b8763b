//! Rate limits of what strangers can reach: counted in the database, so that all machines count together.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};

use crate::app::App;
use crate::problem::Problem;

/// How many in which time.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// So many.
    pub hits: i64,
    /// In this time.
    pub window: Duration,
}

/// Sign-in forms from one network address: a whole office may sit behind it.
pub const PER_ADDRESS: Limit = Limit { hits: 300, window: Duration::from_mins(15) };
/// Passwords tried for one account.
pub const PASSWORDS: Limit = Limit { hits: 10, window: Duration::from_mins(15) };
/// Mails asked for by strangers for one address.
pub const MAILS: Limit = Limit { hits: 5, window: Duration::from_mins(15) };

/// Counts one more, and refuses beyond the limit.
pub async fn check(app: &App, name: &str, limit: Limit) -> Result<(), Problem> {
    let now = app.now();
    let mut tx = app.write().await?;
    let (hits, began) = store::rate::hit(&mut tx, name, now, limit.window).await?;
    tx.commit().await?;
    if hits <= limit.hits {
        return Ok(());
    }
    let wait = began.after(limit.window).since(now).as_secs().max(1);
    let mut problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_tries",
        "Too many tries in a short time",
        format!("For your safety we wait a little. Try again in {} minutes.", wait.div_ceil(60)),
    );
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(wait)));
    Err(problem)
}
