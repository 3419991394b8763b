//! The settings of a connection and their JSON in `Connection::config`.

use model::Time;

/// What a connection trusts.
#[derive(Debug, Clone, PartialEq)]
pub enum Settings {
    /// A SAML identity provider.
    Saml(SamlConfig),
    /// An OpenID Connect provider.
    Oidc(OidcConfig),
}

/// A SAML identity provider.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SamlConfig {
    /// The provider's entity id.
    pub entity_id: String,
    /// Where people sign in.
    pub sso: Vec<SamlEndpoint>,
    /// Where they sign out.
    pub slo: Vec<SamlEndpoint>,
    /// The certificates whose keys may sign its messages.
    pub certificates: Vec<Certificate>,
    /// Where its metadata is fetched from again.
    pub metadata_url: Option<String>,
    /// Whether it wants our requests signed.
    pub want_signed_requests: bool,
    /// The exception for SHA-1.
    pub allow_sha1: bool,
    /// Whether people may start at the provider.
    pub allow_idp_initiated: bool,
}

/// An address and the binding spoken there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SamlEndpoint {
    /// The binding's URI.
    pub binding: String,
    /// The address.
    pub location: String,
}

/// A certificate of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// In PEM.
    pub pem: String,
    /// Its subject, for display.
    pub subject: String,
    /// SHA-256 fingerprint, as consoles show it.
    pub fingerprint: String,
    /// When it ends.
    pub not_after: Time,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OidcConfig {
    /// Its issuer.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there, sealed; empty for a public client.
    pub client_secret_sealed: String,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
}

impl Settings {
    /// The settings of a connection; none while it is a draft without any.
    pub fn of(_connection: &model::Connection) -> Option<Self> {
        None
    }
}
