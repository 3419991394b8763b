//! Validation of a logout token that an identity provider posts (OpenID Connect Back-Channel Logout 1.0 section 2.6).
//!
//! The caller remembers `id` until `expires_at`, so that a token works once.

use jiff::{SignedDuration, Timestamp};

use super::id_token::{check_issuer_claim, check_times, subject};
use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::jwk::Jwks;
use crate::jws;
use crate::provider::BACKCHANNEL_LOGOUT_EVENT;
use crate::rejection::{Rejection, RejectionCode};

const WHAT: &str = jws::LOGOUT_TOKEN.name;

/// A validated logout token. At least one of `subject` and `session_id` is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutClaims {
    /// `sub`: whose sessions end.
    pub subject: Option<String>,
    /// `sid`: which session ends.
    pub session_id: Option<String>,
    /// `jti`.
    pub id: String,
    /// Until when `id` must be remembered.
    pub expires_at: Timestamp,
}

/// Validates a logout token of `issuer` for us, `client_id`.
pub fn validate_logout_token(
    token: &str,
    keys: &Jwks,
    issuer: &str,
    client_id: &str,
    now: Timestamp,
    leeway: SignedDuration,
) -> Result<LogoutClaims, Rejection> {
    let claims = jws::open(token, jws::LOGOUT_TOKEN, keys, Algorithm::ALL)?.claims;
    check_issuer_claim(&claims, WHAT, issuer)?;
    let audience = claims.audience(WHAT)?;
    if !audience.iter().any(|one| one == client_id) {
        return Err(Rejection::new(
            RejectionCode::AudienceMismatch,
            "The logout token is for another application.",
        )
        .expected(client_id)
        .received(audience.join(", ")));
    }
    let (_, expires_at) = check_times(&claims, WHAT, now, leeway)?;
    check_event(&claims)?;
    let id = claims.required_text(WHAT, "jti")?.to_owned();
    let session_id = claims.optional_text(WHAT, "sid")?.filter(|sid| !sid.is_empty()).map(str::to_owned);
    let subject = match claims.value("sub") {
        None if session_id.is_some() => None,
        _ => Some(subject(&claims, WHAT)?.to_owned()),
    };
    Ok(LogoutClaims { subject, session_id, id, expires_at })
}

fn check_event(claims: &Claims) -> Result<(), Rejection> {
    let event = claims.value("events").and_then(|events| events.get(BACKCHANNEL_LOGOUT_EVENT));
    let refuse = |received: &str| {
        Rejection::new(
            RejectionCode::NotALogoutToken,
            "What came as a logout token is another kind of token.",
        )
        .expected(format!("the event {BACKCHANNEL_LOGOUT_EVENT} and no nonce"))
        .received(received)
    };
    if !event.is_some_and(serde_json::Value::is_object) {
        return Err(refuse("no such event"));
    }
    if claims.value("nonce").is_some() {
        return Err(refuse("a nonce"));
    }
    Ok(())
}
