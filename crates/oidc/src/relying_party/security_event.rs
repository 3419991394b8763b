//! Validation of a Security Event Token that an identity provider pushes (RFC 8417, OpenID Shared Signals Framework 1.0).
//!
//! Owns whether the token is its transmitter's, for us and recent. The caller remembers `id` until `remember_until`, so
//! that an event counts once, and knows what its events mean.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::id_token::check_issuer_claim;
use crate::algorithm::Algorithm;
use crate::jwk::Jwks;
use crate::jws;
use crate::rejection::{Rejection, RejectionCode};

const WHAT: &str = jws::SECURITY_EVENT.name;

/// A validated Security Event Token.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEvent {
    /// `jti`.
    pub id: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// Until when `id` must be remembered: later the token is too old anyway.
    pub remember_until: Timestamp,
    /// `events`: the URI of each and what it says. At least one.
    pub events: Vec<(String, Value)>,
    /// `sub_id`: of whom or what it tells (RFC 9493).
    pub subject: Option<Value>,
}

/// Validates a Security Event Token of `issuer` for `audience`, issued at most `max_age` ago.
///
/// Refused with [`RejectionCode::UnknownKey`] when no key of `keys` is the token's: fetch the key set again once.
pub fn validate_security_event(
    token: &str,
    keys: &Jwks,
    (issuer, audience): (&str, &str),
    now: Timestamp,
    leeway: SignedDuration,
    max_age: SignedDuration,
) -> Result<SecurityEvent, Rejection> {
    let claims = jws::open(token, jws::SECURITY_EVENT, keys, Algorithm::ALL)?.claims;
    check_issuer_claim(&claims, WHAT, issuer)?;
    let received = claims.audience(WHAT)?;
    if !received.iter().any(|one| one == audience) {
        return Err(Rejection::new(
            RejectionCode::AudienceMismatch,
            "The security event token is for another receiver.",
        )
        .expected(audience)
        .received(received.join(", ")));
    }
    let issued_at = claims.required_time(WHAT, "iat")?;
    if issued_at.duration_since(now) > leeway {
        return Err(Rejection::new(
            RejectionCode::NotYetValid,
            "The security event token comes from the future: the transmitter’s clock or ours is wrong.",
        )
        .expected(format!("\"iat\" not after {now}"))
        .received(issued_at.to_string()));
    }
    let end = claims.optional_time(WHAT, "exp")?;
    let too_old = now.duration_since(issued_at) > max_age;
    if too_old || end.is_some_and(|end| now.duration_since(end) >= leeway) {
        return Err(Rejection::new(
            RejectionCode::Expired,
            "The security event token is too old to act on. Send a new one about what is true now.",
        )
        .expected(format!("issued at most {} s before {now}", max_age.as_secs()))
        .received(issued_at.to_string()));
    }
    if claims.value("nonce").is_some() {
        return Err(not_an_event("a nonce, as ID tokens have"));
    }
    let id = claims.required_text(WHAT, "jti")?.to_owned();
    let events = claims.value("events").and_then(Value::as_object).filter(|events| !events.is_empty());
    let events = events.ok_or_else(|| not_an_event("no events"))?;
    if !events.values().all(Value::is_object) {
        return Err(not_an_event("an event that is no JSON object"));
    }
    let remember_until = issued_at.checked_add(max_age.saturating_add(leeway)).unwrap_or(Timestamp::MAX);
    Ok(SecurityEvent {
        id,
        issued_at,
        remember_until,
        events: events.iter().map(|(uri, event)| (uri.clone(), event.clone())).collect(),
        subject: claims.value("sub_id").cloned(),
    })
}

fn not_an_event(received: &str) -> Rejection {
    Rejection::new(
        RejectionCode::NotASecurityEvent,
        "What came as a security event token is another kind of token.",
    )
    .expected("\"events\" with at least one event, and no nonce")
    .received(received)
}
