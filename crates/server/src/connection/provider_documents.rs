//! What an OpenID provider publishes: its discovery document and its keys.
//!
//! Owns fetching both, and when a sign-in fetches them again: at once for a key that is not known yet, but not more often
//! than the provider deserves; otherwise they are read in the background. Does not own their checks (`oidc`).

use std::sync::Arc;
use std::time::Duration;

use model::Connection;
use oidc::relying_party::{ClientAuthMethod, Discovery, discovery_url};
use oidc::{Jwks, MAX_DOCUMENT_BYTES, Rejection};
use serde_json::Value;

use super::config::OidcConfig;
use super::memory::Known;
use super::pasted;
use crate::app::App;
use crate::outbound::FetchError;
use crate::problem::Problem;

/// They are read again in the background each hour (`care`); a sign-in asks only where that has not happened for a day.
const FRESH: Duration = Duration::from_hours(24);
const BETWEEN: Duration = Duration::from_mins(1);
/// Between two looks for an unknown key. Only the provider's own token endpoint can name one, so this is courtesy
/// towards a provider in trouble, not a defence against strangers.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// The two documents, checked.
#[derive(Debug)]
pub(super) struct Documents {
    /// Where everything is.
    pub discovery: Discovery,
    /// The keys that sign ID tokens.
    pub jwks: Jwks,
}

/// The two documents, checked and as they came.
pub(super) struct Fetched {
    /// Checked.
    pub documents: Documents,
    /// As it came.
    pub discovery: Value,
    /// As it came.
    pub jwks: Value,
}

/// Why they could not be had.
#[derive(Debug)]
pub(super) enum DocumentsError {
    /// Nobody answered.
    Fetch(FetchError),
    /// Another status than 200.
    Status {
        /// Which address.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// The answer is not what it must be.
    Rejected(Box<Rejection>),
}

impl DocumentsError {
    /// For the person who entered the issuer.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Fetch(error) => format!("{error}."),
            Self::Status { url, status } => format!(
                "{url} answered with status {status}. Expected the discovery document. Compare the issuer with the \
                 provider's console, letter for letter."
            ),
            Self::Rejected(rejection) => pasted::words_of(rejection),
        }
    }
}

impl From<Rejection> for DocumentsError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}

/// Fetches and checks both documents of an issuer.
pub(super) async fn fetch(app: &App, issuer: &str) -> Result<Fetched, DocumentsError> {
    let document = get(app, &discovery_url(issuer)).await?;
    let discovery = Discovery::parse(&document, issuer)?;
    let keys = get(app, &discovery.jwks_uri).await?;
    let jwks = Jwks::parse(&keys)?;
    jwks.check_not_empty()?;
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_default();
    Ok(Fetched { discovery: json(&document), jwks: json(&keys), documents: Documents { discovery, jwks } })
}

async fn get(app: &App, url: &str) -> Result<Vec<u8>, DocumentsError> {
    let fetched = app.outbound.get(url, MAX_DOCUMENT_BYTES).await.map_err(DocumentsError::Fetch)?;
    if fetched.status.is_success() {
        return Ok(fetched.body);
    }
    Err(DocumentsError::Status { url: url.to_owned(), status: fetched.status.as_u16() })
}

/// What the connection's provider publishes: as known for less than a day, else fetched. While the provider does
/// not answer, what was known before serves on.
pub(super) async fn current(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
) -> Result<Arc<Documents>, DocumentsError> {
    let known = known(app, connection, config);
    match &known {
        Some(known) if app.now().since(known.fetched_at) < FRESH => Ok(Arc::clone(&known.documents)),
        // A provider that does not answer is not asked again at every sign-in.
        Some(known) if app.now().since(known.asked_at) < BETWEEN => Ok(Arc::clone(&known.documents)),
        _ => again(app, connection, config, known).await,
    }
}

/// The same after a token named an unknown key. None where the provider was asked just now for the same reason: the
/// fetch at the setup does not count, the provider may have begun with a new key since.
pub(super) async fn after_unknown_key(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
) -> Option<Arc<Documents>> {
    let known = known(app, connection, config);
    let just_asked =
        |known: &Known| known.asked_at > config.fetched_at && app.now().since(known.asked_at) < BETWEEN_LOOKS;
    if known.as_ref().is_some_and(just_asked) {
        return None;
    }
    again(app, connection, config, known).await.ok()
}

async fn again(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
    known: Option<Known>,
) -> Result<Arc<Documents>, DocumentsError> {
    let now = app.now();
    match (fetch(app, &config.issuer).await, known) {
        (Ok(fetched), _) => {
            let documents = Arc::new(fetched.documents);
            let known = Known { documents: Arc::clone(&documents), fetched_at: now, asked_at: now };
            app.connections.remember(connection.id, known);
            Ok(documents)
        }
        (Err(error), Some(known)) => {
            tracing::warn!(id = %connection.id, error = error.sentence(), "an identity provider's keys could not be fetched again");
            let documents = Arc::clone(&known.documents);
            app.connections.remember(connection.id, Known { asked_at: now, ..known });
            Ok(documents)
        }
        (Err(error), None) => Err(error),
    }
}

/// Fetches both documents in the background, for the next sign-ins.
pub(super) async fn fetch_again(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
) -> Result<Fetched, DocumentsError> {
    let fetched = fetch(app, &config.issuer).await?;
    let now = app.now();
    let documents = Arc::new(Documents {
        discovery: fetched.documents.discovery.clone(),
        jwks: fetched.documents.jwks.clone(),
    });
    app.connections.remember(connection.id, Known { documents, fetched_at: now, asked_at: now });
    Ok(fetched)
}

/// What is in memory, else what was stored at the setup.
fn known(app: &App, connection: &Connection, config: &OidcConfig) -> Option<Known> {
    let known = app.connections.provider(connection.id, &config.issuer);
    // A later setup brought later documents.
    if let Some(known) = known.filter(|known| known.fetched_at >= config.fetched_at) {
        return Some(known);
    }
    let documents = Arc::new(stored(config).ok()?);
    let known = Known { documents, fetched_at: config.fetched_at, asked_at: config.fetched_at };
    app.connections.remember(connection.id, known.clone());
    Some(known)
}

/// What was stored at the setup.
fn stored(config: &OidcConfig) -> Result<Documents, Rejection> {
    let discovery = Discovery::parse(config.discovery.to_string().as_bytes(), &config.issuer)?;
    Ok(Documents { discovery, jwks: Jwks::parse(config.jwks.to_string().as_bytes())? })
}

/// What is known without asking, and without remembering anything.
pub(super) fn known_now(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
) -> Result<Arc<Documents>, DocumentsError> {
    match app.connections.provider(connection.id, &config.issuer) {
        Some(known) if known.fetched_at >= config.fetched_at => Ok(known.documents),
        _ => Ok(Arc::new(stored(config)?)),
    }
}

/// What proves to the provider that we are its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing but PKCE.
    None,
    /// A client secret.
    Secret,
    /// Our own key.
    Key,
}

/// Whether we can work with what the provider offers.
pub(super) fn check_usable(app: &App, documents: &Documents, proof: Proof) -> Result<(), Problem> {
    let discovery = &documents.discovery;
    for url in [&discovery.authorization_endpoint, &discovery.token_endpoint] {
        app.outbound.address(url).map_err(|error| Problem::field("issuer", error.to_string()))?;
    }
    let offers = |method| discovery.client_auth_methods.contains(&method);
    if proof == Proof::Key && !offers(ClientAuthMethod::PrivateKeyJwt) {
        return Err(Problem::field(
            "client_auth",
            "The provider does not take our key. Expected private_key_jwt among its client authentication methods: allow \
             it for this application, or use a client secret.",
        ));
    }
    if proof == Proof::None && !offers(ClientAuthMethod::None) {
        return Err(Problem::field(
            "client_secret",
            "The provider asks for a client secret. Copy it from its console.",
        ));
    }
    if proof == Proof::Secret && !offers(ClientAuthMethod::Basic) && !offers(ClientAuthMethod::Post) {
        return Err(Problem::field(
            "client_secret",
            "The provider takes no client secret. Expected client_secret_basic or client_secret_post among its client \
             authentication methods: allow one of them for this application.",
        ));
    }
    Ok(())
}

/// What to ask for: always `openid`, and the rest unless the provider's list leaves it out.
pub(super) fn scopes(discovery: &Discovery) -> Vec<String> {
    let offered = |scope: &&str| {
        *scope == "openid"
            || discovery.scopes_supported.is_empty()
            || discovery.scopes_supported.iter().any(|known| known == scope)
    };
    ["openid", "email", "profile"].into_iter().filter(offered).map(str::to_owned).collect()
}
