//! What is remembered of a connection between two looks, and its JSON.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use model::Time;
use serde::{Deserialize, Serialize};

use crate::connection::refresh::{Moved, Seen};
use crate::outbound::Validators;

/// What is remembered. Times are microseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Which address or issuer this is about; another one begins anew.
    pub source: String,
    /// When it was last read well.
    pub read_at: Option<i64>,
    /// When it was last asked for, answered or not.
    pub tried_at: Option<i64>,
    /// When it is asked for next.
    pub next_at: Option<i64>,
    /// Why it could not be read the last time, as a sentence.
    pub error: Option<String>,
    /// How often in a row it could not be read.
    pub failures: u32,
    /// Since when it cannot be read.
    pub failing_since: Option<i64>,
    /// Whether people were told that it cannot be read.
    pub told_failing: bool,
    /// What the server called the last answer.
    pub validators: Validators,
    /// The settings after the last answer, as a digest: other settings need the whole answer again.
    pub settings: String,
    /// What earlier readings have shown.
    pub seen: Seen,
    /// What the provider wants to change and we do not take by ourselves.
    pub held: Option<Held>,
    /// The digest of what people were told of.
    pub told: Option<String>,
    /// The nearest day for which a warning was sent, by what ends.
    pub warned: BTreeMap<String, u64>,
    /// The setup links in the last warning.
    pub links: Vec<String>,
}

/// What a provider's metadata wants to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Where people sign in and out.
    Addresses(Moved),
    /// The provider itself: the metadata names these.
    Provider(Vec<String>),
}

impl State {
    /// From what is stored. What cannot be read begins anew.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text)
            .inspect_err(|error| tracing::error!(%error, "what is known of a connection cannot be read"))
            .unwrap_or_default()
    }

    /// The text to store.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When it was last read well.
    pub fn read_at(&self) -> Option<Time> {
        self.read_at.map(Time::from_micros)
    }

    /// When it was last asked for.
    pub fn tried_at(&self) -> Option<Time> {
        self.tried_at.map(Time::from_micros)
    }

    /// When it is asked for next.
    pub fn next_at(&self) -> Option<Time> {
        self.next_at.map(Time::from_micros)
    }

    /// The name of what waits for somebody's word.
    pub fn held_digest(&self) -> String {
        digest_of(self.held.as_ref())
    }
}

/// The name of what waits for somebody's word; empty for nothing.
pub(super) fn digest_of(held: Option<&Held>) -> String {
    let Some(held) = held else { return String::new() };
    digest_of_text(&serde_json::to_string(held).unwrap_or_default())
}

/// A short name of a text.
pub(super) fn digest_of_text(text: &str) -> String {
    hex::encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}
