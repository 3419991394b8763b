//! The life of our own keys: published before they sign, signing, and known for a while after that.
//!
//! Owns when a key begins to sign and when it goes, the schedule, and the acts of an operator. Does not own making and
//! opening keys: the rooms that use them do (`provider::keys`, `connection`).
//!
//! Keys that everybody reads by address, for ID tokens and for proving who we are, are replaced by themselves. The SAML
//! key never is: providers into which somebody copied its certificate by hand would refuse our requests, and we cannot
//! know which those are. An operator prepares its successor, has it copied, and then lets it sign.

mod act;

use std::time::Duration;

use model::Time;
use oidc::provider::SigningAlgorithm;
use store::key::Key;

use crate::app::App;
use crate::problem::Problem;

pub use act::{discard, prepare_saml, rotate, switch_saml};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signs ID tokens and logout tokens.
    Oidc,
    /// Proves to a customer's OpenID provider that we are its client.
    Client,
    /// Signs our SAML requests and decrypts what providers encrypt for us.
    Saml,
    /// Signs receipts that somebody may check years later: its retired keys stay published.
    Receipt,
}

impl Purpose {
    /// All, in the order of pages.
    pub const ALL: [Self; 4] = [Self::Oidc, Self::Client, Self::Saml, Self::Receipt];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Client => "oidc_client",
            Self::Saml => "saml",
            Self::Receipt => "receipt",
        }
    }

    /// What keys of this purpose sign with.
    pub(crate) const fn algorithms(self) -> &'static [SigningAlgorithm] {
        match self {
            Self::Oidc | Self::Client => SigningAlgorithm::ALL,
            Self::Saml => &[SigningAlgorithm::Rs256],
            Self::Receipt => &[SigningAlgorithm::Es256],
        }
    }

    /// The purpose of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The lock under which its keys change.
    pub(crate) const fn lock(self) -> &'static str {
        match self {
            Self::Oidc => "keys.oidc",
            Self::Client => "keys.oidc_client",
            Self::Saml => "keys.saml",
            Self::Receipt => "keys.receipt",
        }
    }
}

/// Where in its life a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Published, and does not sign yet.
    Next,
    /// Signs.
    Current,
    /// Signed once; what it signed is still believed, and what was encrypted for it still read.
    Retired,
}

/// The key of this algorithm that signs at `now`: the one that began last.
pub fn current<'a>(keys: &'a [Key], algorithm: &str, now: Time) -> Option<&'a Key> {
    keys.iter()
        .filter(|key| key.algorithm == algorithm && key.retired_at.is_none() && key.start() <= now)
        .max_by_key(|key| (key.start(), key.id))
}

/// Where each key is in its life.
pub fn standing(keys: &[Key], key: &Key, now: Time) -> Standing {
    if key.retired_at.is_none() && key.start() > now {
        Standing::Next
    } else if current(keys, &key.algorithm, now).is_some_and(|it| it.id == key.id) {
        Standing::Current
    } else {
        Standing::Retired
    }
}

/// When a retired key's successor began to sign.
fn retired_since(keys: &[Key], key: &Key, now: Time) -> Option<Time> {
    let later = keys
        .iter()
        .filter(|it| it.algorithm == key.algorithm && it.id != key.id && it.start() <= now)
        .filter(|it| (it.start(), it.id) > (key.start(), key.id));
    key.retired_at.or_else(|| later.map(Key::start).min())
}

/// How keys are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// A key signs for so long; zero leaves replacing to the operators.
    pub life: Duration,
    /// A successor is published for so long before it signs.
    pub ahead: Duration,
    /// A retired key is published for so long.
    pub overlap: Duration,
}

impl Default for Schedule {
    /// Half a year, two days, thirty days.
    fn default() -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self { life: DAY * 180, ahead: DAY * 2, overlap: DAY * 30 }
    }
}

/// Does what the schedule asks for, and reads the keys again where they are in memory. Every machine does this about once
/// a minute.
pub async fn tend(app: &App) -> Result<(), Problem> {
    for purpose in [Purpose::Oidc, Purpose::Client, Purpose::Receipt] {
        let known = store::key::list(&mut app.read().await?, purpose.as_str()).await?;
        if act::due(app, purpose, &known) {
            act::keep_schedule(app, purpose).await?;
        }
    }
    crate::provider::keys::refresh(app).await?;
    crate::connection::refresh_keys(app).await
}
