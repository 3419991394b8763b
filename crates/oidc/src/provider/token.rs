//! The tokens the provider signs: ID tokens (OpenID Connect Core section 2) and logout tokens (Back-Channel Logout 1.0
//! section 2.4). Access and refresh tokens are opaque and not made here.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::key::{SigningKey, SigningKeyError};
use crate::algorithm::Algorithm;

/// The event that makes a token a logout token.
pub(crate) const BACKCHANNEL_LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Claims that only the provider may set; the same names in [`IdToken::claims`] are dropped.
const RESERVED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "events",
    "cnf",
    "act",
    "client_id",
    "scope",
];

/// Whether only the provider may set this claim.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// What an ID token says.
#[derive(Clone, Debug)]
pub struct IdToken<'a> {
    /// `iss`: the provider's issuer.
    pub issuer: &'a str,
    /// `sub`: stable, never given to another person.
    pub subject: &'a str,
    /// `aud`: the application's client id.
    pub client_id: &'a str,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `auth_time`: when the person really signed in.
    pub auth_time: Option<Timestamp>,
    /// `nonce` of the authorization request; not repeated at a refresh.
    pub nonce: Option<&'a str>,
    /// `acr`.
    pub acr: Option<&'a str>,
    /// `amr`.
    pub amr: &'a [&'a str],
    /// `sid`: names the session in a logout token.
    pub session_id: Option<&'a str>,
    /// Gives `at_hash`, when an access token goes with it.
    pub access_token: Option<&'a str>,
    /// Gives `c_hash`; only for a token that travels beside a code.
    pub code: Option<&'a str>,
    /// Claims about the person, after [`super::claims_for`].
    pub claims: Map<String, Value>,
}

/// Signs an ID token.
pub fn mint_id_token(token: &IdToken<'_>, key: &SigningKey) -> Result<String, SigningKeyError> {
    let algorithm = key.algorithm().algorithm();
    let mut claims = token.claims.clone();
    claims.retain(|name, _| !is_reserved(name));
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    set("iss", Some(json!(token.issuer)));
    set("sub", Some(json!(token.subject)));
    set("aud", Some(json!(token.client_id)));
    set("iat", Some(json!(token.issued_at.as_second())));
    set("exp", Some(json!(token.expires_at.as_second())));
    set("auth_time", token.auth_time.map(|time| json!(time.as_second())));
    set("nonce", token.nonce.map(|nonce| json!(nonce)));
    set("acr", token.acr.map(|acr| json!(acr)));
    set("amr", (!token.amr.is_empty()).then(|| json!(token.amr)));
    set("sid", token.session_id.map(|sid| json!(sid)));
    set("at_hash", token.access_token.map(|text| json!(half_hash(algorithm, text))));
    set("c_hash", token.code.map(|text| json!(half_hash(algorithm, text))));
    key.sign_token("JWT", &claims)
}

/// What a logout token says: with a `session_id` that session of the person ends, without one all of them.
#[derive(Clone, Copy, Debug)]
pub struct LogoutToken<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `aud`: the application that is told.
    pub client_id: &'a str,
    /// `sub`.
    pub subject: &'a str,
    /// `sid`.
    pub session_id: Option<&'a str>,
    /// `jti`: unique for each token; keep it over retries of one delivery.
    pub id: &'a str,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`: at most two minutes later is recommended.
    pub expires_at: Timestamp,
}

/// Signs a logout token, to be posted as `logout_token=…` to the application's `backchannel_logout_uri`.
pub fn mint_logout_token(token: &LogoutToken<'_>, key: &SigningKey) -> Result<String, SigningKeyError> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(token.issuer));
    set("aud", json!(token.client_id));
    set("iat", json!(token.issued_at.as_second()));
    set("exp", json!(token.expires_at.as_second()));
    set("jti", json!(token.id));
    set("events", json!({ BACKCHANNEL_LOGOUT_EVENT: {} }));
    set("sub", json!(token.subject));
    if let Some(session_id) = token.session_id {
        set("sid", json!(session_id));
    }
    key.sign_token("logout+jwt", &claims)
}

/// What a security event token says (RFC 8417).
#[derive(Clone, Copy, Debug)]
pub struct SecurityEventToken<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `aud`: the application that is told.
    pub client_id: &'a str,
    /// `jti`: unique for each event; the same whenever it is told again.
    pub id: &'a str,
    /// `txn`: the transaction that it arose from.
    pub transaction: &'a str,
    /// `iat`: when it became true.
    pub issued_at: Timestamp,
    /// `sub_id` (RFC 9493): whom it is about.
    pub subject: &'a Value,
    /// `events`: URIs and what each says.
    pub events: &'a Map<String, Value>,
}

/// Signs a security event token.
///
/// # Errors
/// Where the key cannot sign.
pub fn mint_security_event(
    token: &SecurityEventToken<'_>,
    key: &SigningKey,
) -> Result<String, SigningKeyError> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("iss", json!(token.issuer));
    set("aud", json!(token.client_id));
    set("iat", json!(token.issued_at.as_second()));
    set("jti", json!(token.id));
    set("txn", json!(token.transaction));
    set("sub_id", token.subject.clone());
    set("events", Value::Object(token.events.clone()));
    key.sign_token("secevent+jwt", &claims)
}

/// The left half of a hash, base64url: the form of `at_hash` and `c_hash` (OpenID Connect Core 3.1.3.6, 3.3.2.11).
pub fn half_hash(algorithm: Algorithm, text: &str) -> String {
    let hash = digest::digest(algorithm.hash(), text.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}
