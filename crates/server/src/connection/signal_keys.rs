//! The keys of a transmitter of security events.
//!
//! Owns fetching them, and how often: after an hour, or at once for a key that is not known yet, but then not more than
//! once in a minute, because anybody can name such a key.

use std::sync::Arc;
use std::time::Duration;

use model::{ConnectionId, Time};
use oidc::{Jwks, MAX_DOCUMENT_BYTES};

use crate::app::App;

const FRESH: Duration = Duration::from_hours(1);
const BETWEEN: Duration = Duration::from_mins(1);

/// The keys behind an address.
#[derive(Debug, Clone)]
pub(super) struct SignalKeys {
    /// The address.
    pub uri: String,
    /// The keys.
    pub keys: Arc<Jwks>,
    /// When they were fetched.
    pub fetched_at: Time,
    /// When they were last asked for, answered or not.
    pub asked_at: Time,
}

/// The transmitter's keys; `anew` where one of them is not known. None where they were asked for just now.
///
/// # Errors
/// Why they cannot be had, in a sentence.
pub async fn signal_keys(
    app: &App,
    connection: ConnectionId,
    uri: &str,
    anew: bool,
) -> Result<Option<Arc<Jwks>>, String> {
    let now = app.now();
    let known = app.connections.signal_keys(connection).filter(|known| known.uri == uri);
    if let Some(known) = &known {
        if !anew && now.since(known.fetched_at) < FRESH {
            return Ok(Some(Arc::clone(&known.keys)));
        }
        if now.since(known.asked_at) < BETWEEN {
            return Ok((!anew).then(|| Arc::clone(&known.keys)));
        }
    }
    let remember = |keys: &Arc<Jwks>, fetched_at| {
        let it = SignalKeys { uri: uri.to_owned(), keys: Arc::clone(keys), fetched_at, asked_at: now };
        app.connections.remember_signal_keys(connection, it);
    };
    match (fetch_signal_keys(app, uri).await, known) {
        (Ok(keys), _) => {
            let keys = Arc::new(keys);
            remember(&keys, now);
            Ok(Some(keys))
        }
        // While the transmitter does not answer, what was known before serves on.
        (Err(why), Some(known)) => {
            tracing::warn!(id = %connection, why, "a transmitter's keys could not be fetched again");
            remember(&known.keys, known.fetched_at);
            Ok((!anew).then_some(known.keys))
        }
        (Err(why), None) => Err(why),
    }
}

/// Fetches a key set.
///
/// # Errors
/// Why it cannot be had or used, in a sentence.
pub async fn fetch_signal_keys(app: &App, uri: &str) -> Result<Jwks, String> {
    let fetched = app.outbound.get(uri, MAX_DOCUMENT_BYTES).await.map_err(|error| error.to_string())?;
    if !fetched.status.is_success() {
        return Err(format!("{uri} answered with status {}. Expected a key set.", fetched.status.as_u16()));
    }
    let keys = Jwks::parse(&fetched.body).map_err(|rejection| super::logout_token::sentence(&rejection))?;
    keys.check_not_empty().map_err(|rejection| super::logout_token::sentence(&rejection))?;
    Ok(keys)
}
