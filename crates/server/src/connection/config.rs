//! The settings of a connection and their JSON in `Connection::config`.
//!
//! Owns the shape of the stored text. Does not own where the values come from (`create`), nor the sealing key.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Connection, Time};
use profile::mapping::Names;
use saml::{IdpMetadata, SigningKey, binding_uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::requests::Requests;
use crate::problem::Problem;

/// Where a sealed client secret belongs, so that it cannot be moved.
pub(super) const SECRET_PLACE: &str = "connections.client_secret";

/// What a connection trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Settings {
    /// A SAML identity provider.
    Saml(SamlConfig),
    /// An OpenID Connect provider.
    Oidc(OidcConfig),
}

/// A SAML identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SamlConfig {
    /// The provider's entity id.
    pub entity_id: String,
    /// Where people sign in.
    pub sso: Vec<SamlEndpoint>,
    /// Where they sign out.
    #[serde(default)]
    pub slo: Vec<SamlEndpoint>,
    /// The certificates whose keys may sign its messages.
    pub certificates: Vec<Certificate>,
    /// Where its metadata can be fetched from again.
    #[serde(default)]
    pub metadata_url: Option<String>,
    /// Whether it wants our requests signed.
    #[serde(default)]
    pub want_signed_requests: bool,
    /// The exception for SHA-1.
    #[serde(default)]
    pub allow_sha1: bool,
    /// The attribute that is looked at first for a thing that is wanted (`email`, `firstName`, …).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// What our requests ask for.
    #[serde(default, skip_serializing_if = "Requests::is_default")]
    pub requests: Requests,
}

/// An address and the binding spoken there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SamlEndpoint {
    /// The binding's URI.
    pub binding: String,
    /// The address.
    pub location: String,
    /// Where answers go, when that is elsewhere (single logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_location: Option<String>,
}

/// A certificate of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// In PEM.
    pub pem: String,
    /// Its subject, for display.
    pub subject: String,
    /// SHA-256 fingerprint, as consoles show it.
    pub fingerprint: String,
    /// When it ends: shown and warned about, not enforced.
    #[serde(with = "micros")]
    pub not_after: Time,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OidcConfig {
    /// Its issuer.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there, sealed; empty for a public client.
    pub client_secret_sealed: String,
    /// When the provider lets that secret end, as somebody told us; only the provider knows.
    #[serde(default, with = "maybe_micros", skip_serializing_if = "Option::is_none")]
    pub secret_ends_at: Option<Time>,
    /// Whether our own key proves who we are (`private_key_jwt`) in place of a secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_key: bool,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// The discovery document as it was when the connection was set up.
    pub discovery: Value,
    /// The key set as it was then.
    pub jwks: Value,
    /// When both were fetched.
    #[serde(with = "micros")]
    pub fetched_at: Time,
    /// The claim that is looked at first for a thing that is wanted (`email`, `firstName`, …).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Settings {
    /// The settings of a connection; none while it is a draft without any.
    pub fn of(connection: &Connection) -> Option<Self> {
        if matches!(connection.config.trim(), "" | "{}") {
            return None;
        }
        serde_json::from_str(&connection.config)
            .inspect_err(|error| tracing::error!(%error, id = %connection.id, "a connection's settings cannot be read"))
            .ok()
    }

    /// The text to store.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Which protocol they are for.
    pub const fn protocol(&self) -> model::Protocol {
        match self {
            Self::Saml(_) => model::Protocol::Saml,
            Self::Oidc(_) => model::Protocol::Oidc,
        }
    }

    /// The name that is looked at first for each thing that is wanted.
    pub const fn attributes(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Saml(saml) => &saml.attributes,
            Self::Oidc(oidc) => &oidc.attributes,
        }
    }

    /// The same settings with other names.
    #[must_use]
    pub fn reading(mut self, attributes: BTreeMap<String, String>) -> Self {
        match &mut self {
            Self::Saml(saml) => saml.attributes = attributes,
            Self::Oidc(oidc) => oidc.attributes = attributes,
        }
        self
    }

    /// What the provider calls itself.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Saml(saml) => &saml.entity_id,
            Self::Oidc(oidc) => &oidc.issuer,
        }
    }

    /// The settings, or the problem that there are none.
    pub(crate) fn required(connection: &Connection) -> Result<Self, Problem> {
        Self::of(connection).ok_or_else(|| {
            Problem::conflict(
                "connection_not_set_up",
                "This connection is not set up yet",
                "The values of the identity provider are still missing. Finish the setup first.",
            )
        })
    }
}

/// Puts the names that were chosen for a connection before those that are known.
pub(super) fn preferring(names: Names, chosen: &BTreeMap<String, String>) -> Names {
    chosen.iter().fold(names, |names, (wanted, name)| match super::edit::wanted(wanted) {
        Some(wanted) => names.prefer(wanted, name),
        None => names,
    })
}

impl SamlConfig {
    /// What the connection keeps of a provider's metadata.
    pub fn from_metadata(metadata: &IdpMetadata, metadata_url: Option<String>) -> Self {
        let endpoints = |all: &[saml::Endpoint]| {
            all.iter()
                .filter(|e| [binding_uri::REDIRECT, binding_uri::POST].contains(&e.binding.as_str()))
                .map(|e| SamlEndpoint {
                    binding: e.binding.clone(),
                    location: e.location.clone(),
                    response_location: e.response_location.clone(),
                })
                .collect()
        };
        Self {
            entity_id: metadata.entity_id.clone(),
            sso: endpoints(&metadata.sso),
            slo: endpoints(&metadata.slo),
            certificates: metadata.signing_keys.iter().map(Certificate::of).collect(),
            metadata_url,
            want_signed_requests: metadata.want_authn_requests_signed,
            allow_sha1: false,
            attributes: BTreeMap::new(),
            requests: Requests::default(),
        }
    }

    /// The keys that may sign the provider's messages. A certificate that cannot be read is no key.
    pub(super) fn signing_keys(&self, now: Timestamp) -> Vec<SigningKey> {
        let read = |certificate: &Certificate| {
            SigningKey::from_pem(&certificate.pem, now)
                .inspect_err(|error| tracing::error!(%error, "a stored certificate cannot be read"))
                .ok()
        };
        self.certificates.iter().filter_map(read).collect()
    }

    /// Where to send people: by redirect where the provider takes it, else by form.
    pub fn preferred_sso(&self) -> Option<&SamlEndpoint> {
        [binding_uri::REDIRECT, binding_uri::POST]
            .into_iter()
            .find_map(|binding| self.sso.iter().find(|endpoint| endpoint.binding == binding))
    }
}

impl Certificate {
    fn of(key: &SigningKey) -> Self {
        Self {
            pem: key.to_pem(),
            subject: key.subject.clone(),
            fingerprint: key.fingerprint(),
            not_after: key.not_after.into(),
        }
    }
}

/// A [`Time`] that may be missing, as microseconds.
mod maybe_micros {
    use model::Time;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
        time.map(Time::as_micros).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
        Option::<i64>::deserialize(from).map(|time| time.map(Time::from_micros))
    }
}

/// [`Time`] as microseconds.
mod micros {
    use model::Time;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(time.as_micros())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        i64::deserialize(from).map(Time::from_micros)
    }
}
