//! The keys that applications publish at their `jwks_uri`.
//!
//! Owns when they are fetched: after an hour, or for a key that is not known yet, but then not more often than once a
//! minute, because anybody can name one. While nobody answers there, what was known before serves on.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{ApplicationId, Time};
use oidc::{Jwks, MAX_DOCUMENT_BYTES};

use crate::app::App;

const FRESH: Duration = Duration::from_hours(1);
const BETWEEN: Duration = Duration::from_mins(1);

/// The place in [`App`] that keeps them.
#[derive(Default)]
pub struct ClientKeys(Mutex<HashMap<ApplicationId, Known>>);

#[derive(Clone)]
struct Known {
    uri: String,
    keys: Arc<Jwks>,
    fetched_at: Time,
    asked_at: Time,
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKeys")
    }
}

impl ClientKeys {
    fn get(&self, id: ApplicationId, uri: &str) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).filter(|known| known.uri == uri).cloned()
    }

    fn set(&self, id: ApplicationId, known: Known) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, known);
    }
}

/// The application's keys. The error says, for its developers, why there are none.
pub async fn current(app: &App, id: ApplicationId, uri: &str) -> Result<Arc<Jwks>, String> {
    match app.client_keys.get(id, uri) {
        Some(known) if app.now().since(known.fetched_at) < FRESH => Ok(known.keys),
        Some(known) if app.now().since(known.asked_at) < BETWEEN => Ok(known.keys),
        known => again(app, id, uri, known).await,
    }
}

/// The same after an assertion named an unknown key; none where they were asked for just now.
pub async fn after_unknown_key(app: &App, id: ApplicationId, uri: &str) -> Option<Arc<Jwks>> {
    let known = app.client_keys.get(id, uri);
    if known.as_ref().is_some_and(|known| app.now().since(known.asked_at) < BETWEEN) {
        return None;
    }
    again(app, id, uri, known).await.ok()
}

async fn again(app: &App, id: ApplicationId, uri: &str, known: Option<Known>) -> Result<Arc<Jwks>, String> {
    let now = app.now();
    match (fetch(app, uri).await, known) {
        (Ok(keys), _) => {
            let keys = Arc::new(keys);
            let known =
                Known { uri: uri.to_owned(), keys: Arc::clone(&keys), fetched_at: now, asked_at: now };
            app.client_keys.set(id, known);
            Ok(keys)
        }
        (Err(why), Some(known)) => {
            tracing::warn!(application = %id, why, "an application's keys could not be fetched again");
            let keys = Arc::clone(&known.keys);
            app.client_keys.set(id, Known { asked_at: now, ..known });
            Ok(keys)
        }
        (Err(why), None) => Err(why),
    }
}

async fn fetch(app: &App, uri: &str) -> Result<Jwks, String> {
    let answer = app.outbound.get(uri, MAX_DOCUMENT_BYTES).await.map_err(|e| e.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("{uri} answered with {}", answer.status));
    }
    Jwks::parse(&answer.body).map_err(|e| e.to_string())
}
