//! What this room keeps in memory between requests: our own SAML keys and what OpenID providers publish.
//!
//! Owns the places. Does not own their filling (`keys`, `provider_documents`).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{ConnectionId, Time};
use tokio::sync::RwLock;

use super::keys::SamlKeys;
use super::provider_documents::Documents;
use super::signal_keys::SignalKeys;

/// How many providers are kept; beyond that everything is forgotten and read again.
const MAX_PROVIDERS: usize = 10_000;

/// Keys and key sets that were read once.
#[derive(Default)]
pub struct Memory {
    pub(super) saml: RwLock<Option<Arc<SamlKeys>>>,
    providers: Mutex<HashMap<ConnectionId, Known>>,
    signals: Mutex<HashMap<ConnectionId, SignalKeys>>,
    asked: Mutex<HashMap<ConnectionId, Time>>,
}

/// What is known of a provider.
#[derive(Clone)]
pub(super) struct Known {
    /// What it publishes.
    pub documents: Arc<Documents>,
    /// When that was fetched.
    pub fetched_at: Time,
    /// When it was last asked, answered or not.
    pub asked_at: Time,
}

impl Memory {
    /// Lets the next who needs our SAML keys read the database again.
    pub(crate) fn forget_saml(&self) {
        // Held only for a moment; who holds it has just read the keys, and reads them again within a minute.
        if let Ok(mut keys) = self.saml.try_write() {
            *keys = None;
        }
    }

    /// Whether a connection's provider may be asked for its metadata out of turn, which then counts as asked.
    pub(crate) fn may_ask(&self, id: ConnectionId, now: Time, between: Duration) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, at| now.since(*at) < between);
        if asked.contains_key(&id) {
            return false;
        }
        asked.insert(id, now);
        true
    }

    /// What is known of the connection's provider, if its issuer is still this one.
    pub(super) fn provider(&self, id: ConnectionId, issuer: &str) -> Option<Known> {
        let known = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).filter(|known| known.documents.discovery.issuer == issuer).cloned()
    }

    /// What is known of the keys of the connection's transmitter.
    pub(super) fn signal_keys(&self, id: ConnectionId) -> Option<SignalKeys> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Remembers the keys of a transmitter.
    pub(super) fn remember_signal_keys(&self, id: ConnectionId, keys: SignalKeys) {
        let mut all = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_PROVIDERS {
            all.clear();
        }
        all.insert(id, keys);
    }

    /// Remembers what a provider publishes.
    pub(super) fn remember(&self, id: ConnectionId, known: Known) {
        let mut all = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_PROVIDERS {
            all.clear();
        }
        all.insert(id, known);
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}
