//! Validation of an ID token (OpenID Connect Core 3.1.3.7).
//!
//! Owns the order and the words of the checks. Whether the e-mail address may be believed is not decided here.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::{SignedDuration, Timestamp};

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::jwk::Jwks;
use crate::jws;
use crate::provider::half_hash;
use crate::rejection::{Rejection, RejectionCode};

const WHAT: &str = jws::ID_TOKEN.name;

/// What the ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The configured issuer; compared character by character.
    pub issuer: &'a str,
    /// Our client id at the provider.
    pub client_id: &'a str,
    /// The nonce of our request. `None` only for a token that answers no authorization request of ours.
    pub nonce: Option<&'a str>,
    /// Signature algorithms to accept; [`Algorithm::ALL`] or fewer.
    pub algorithms: &'a [Algorithm],
    /// The access token that came with it; `at_hash`, if there, must fit.
    pub access_token: Option<&'a str>,
    /// The code that it was given for; `c_hash`, if there, must fit.
    pub code: Option<&'a str>,
    /// The longest time since the person signed in at the provider, if we asked for one.
    pub max_age: Option<SignedDuration>,
    /// Accepted `acr` values; empty accepts any.
    pub acr_values: &'a [&'a str],
    /// Domains one of which `hd` must name, for an issuer that all customers of the provider share; empty asks nothing.
    pub hosted_domains: &'a [&'a str],
}

impl<'a> Expected<'a> {
    /// The usual expectation; set further fields on it.
    pub const fn new(issuer: &'a str, client_id: &'a str, nonce: &'a str) -> Self {
        Expected {
            issuer,
            client_id,
            nonce: Some(nonce),
            algorithms: Algorithm::ALL,
            access_token: None,
            code: None,
            max_age: None,
            acr_values: &[],
            hosted_domains: &[],
        }
    }
}

/// A validated ID token.
#[derive(Clone, Debug, PartialEq)]
pub struct IdTokenClaims {
    /// `iss`, equal to the expected one.
    pub issuer: String,
    /// `sub`: with the issuer it names the person for good.
    pub subject: String,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `auth_time`.
    pub auth_time: Option<Timestamp>,
    /// `sid`: names the session in a logout token of the provider.
    pub session_id: Option<String>,
    /// `email`, as the provider wrote it; nothing is proven about it.
    pub email: Option<String>,
    /// `email_verified`; many providers leave it out.
    pub email_verified: Option<bool>,
    /// Everything the token says, for mapping (`given_name`, `groups`, `tid`, `oid`, …).
    pub claims: Claims,
}

/// Validates an ID token at the time `now`, with `leeway` for clocks that differ (a minute or two).
///
/// Where the refusal [`Rejection::wants_fresh_keys`], no key of `keys` is the token's: fetch discovery and the key set again
/// once and call again.
pub fn validate_id_token(
    token: &str,
    keys: &Jwks,
    expected: &Expected<'_>,
    now: Timestamp,
    leeway: SignedDuration,
) -> Result<IdTokenClaims, Rejection> {
    let opened = jws::open(token, jws::ID_TOKEN, keys, expected.algorithms)?;
    let claims = opened.claims;
    check_issuer_claim(&claims, WHAT, expected.issuer)?;
    check_audience(&claims, expected.client_id)?;
    let subject = subject(&claims, WHAT)?.to_owned();
    let (issued_at, expires_at) = check_times(&claims, WHAT, now, leeway)?;
    check_nonce(&claims, expected.nonce)?;
    let auth_time = check_sign_in(&claims, expected, now, leeway)?;
    for (name, what, value) in
        [("at_hash", "access token", expected.access_token), ("c_hash", "code", expected.code)]
    {
        check_hash(&claims, opened.algorithm, (name, what, value))?;
    }
    check_hosted_domain(&claims, expected.hosted_domains)?;
    Ok(IdTokenClaims {
        issuer: expected.issuer.to_owned(),
        subject,
        expires_at,
        issued_at,
        auth_time,
        session_id: claims.text("sid").map(str::to_owned),
        email: claims.text("email").map(str::to_owned),
        email_verified: claims.boolean("email_verified"),
        claims,
    })
}

/// `at_hash` or `c_hash` (OpenID Connect Core 3.1.3.6, 3.3.2.11) against what it was made of.
fn check_hash(
    claims: &Claims,
    algorithm: Algorithm,
    (name, what, value): (&str, &str, Option<&str>),
) -> Result<(), Rejection> {
    let (Some(value), Some(hash)) = (value, claims.optional_text(WHAT, name)?) else { return Ok(()) };
    let ours = half_hash(algorithm, value);
    if verify_slices_are_equal(ours.as_bytes(), hash.as_bytes()).is_ok() {
        return Ok(());
    }
    Err(Rejection::new(
        RejectionCode::AccessTokenHashMismatch,
        format!(
            "The ID token and the {what} that came with it do not belong together. Start the sign-in again."
        ),
    )
    .expected(ours)
    .received(hash))
}

/// `iss` must be exactly the configured one.
pub(super) fn check_issuer_claim(claims: &Claims, what: &str, issuer: &str) -> Result<(), Rejection> {
    let received = claims.required_text(what, "iss")?;
    if received == issuer {
        return Ok(());
    }
    let hint = if received.trim_end_matches('/') == issuer.trim_end_matches('/') {
        " They differ only in the slash at the end, which is part of the issuer: copy it exactly."
    } else if received.starts_with("https://sts.windows.net/") {
        " This is a token of Microsoft's older version 1.0 endpoint: configure the issuer that ends in /v2.0."
    } else {
        " Compare the issuer in the provider's console with the one configured here."
    };
    Err(Rejection::new(
        RejectionCode::IssuerMismatch,
        format!("{what} comes from another issuer than this connection's.{hint}"),
    )
    .expected(issuer)
    .received(received))
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), Rejection> {
    let audience = claims.audience(WHAT)?;
    if !audience.iter().any(|one| one == client_id) {
        return Err(Rejection::new(
            RejectionCode::AudienceMismatch,
            "The ID token was made for another application. Compare the client ID in the provider's console with the \
             one configured here.",
        )
        .expected(client_id)
        .received(audience.join(", ")));
    }
    let authorized = claims.optional_text(WHAT, "azp")?;
    match authorized {
        Some(azp) if azp == client_id => Ok(()),
        None if audience.len() == 1 => Ok(()),
        other => Err(Rejection::new(
            RejectionCode::AuthorizedPartyMismatch,
            "The ID token was given to another application, or to several without saying to which. Let the provider \
             send one audience, or our client ID as \"azp\".",
        )
        .expected(format!("azp {client_id}"))
        .received(other.map_or_else(|| format!("no azp, audiences {}", audience.join(", ")), |azp| format!("azp {azp}")))),
    }
}

/// `sub`: not empty, at most 255 characters (OpenID Connect Core section 2).
pub(super) fn subject<'a>(claims: &'a Claims, what: &str) -> Result<&'a str, Rejection> {
    let subject = claims.required_text(what, "sub")?;
    if subject.chars().count() > 255 || subject.chars().any(char::is_control) {
        return Err(Rejection::new(
            RejectionCode::ClaimMalformed,
            format!("{what} names the person with a text that is too long or not printable."),
        )
        .expected("a \"sub\" of at most 255 printable characters")
        .received(subject));
    }
    Ok(subject)
}

/// `exp`, `iat` and `nbf` against the clock. Returns `iat` and `exp`.
pub(super) fn check_times(
    claims: &Claims,
    what: &str,
    now: Timestamp,
    leeway: SignedDuration,
) -> Result<(Timestamp, Timestamp), Rejection> {
    let expires_at = claims.required_time(what, "exp")?;
    let issued_at = claims.required_time(what, "iat")?;
    if now.duration_since(expires_at) >= leeway.max(SignedDuration::ZERO) {
        return Err(Rejection::new(
            RejectionCode::Expired,
            format!(
                "{what} is no longer valid. Start the sign-in again; if it happens each time, the provider's clock or \
                 ours is wrong."
            ),
        )
        .expected(format!("valid at {now}"))
        .received(format!("valid until {expires_at}")));
    }
    for (name, time) in [("iat", Some(issued_at)), ("nbf", claims.optional_time(what, "nbf")?)] {
        if let Some(time) = time.filter(|time| time.duration_since(now) > leeway) {
            return Err(Rejection::new(
                RejectionCode::NotYetValid,
                format!("{what} comes from the future: the provider's clock or ours is wrong."),
            )
            .expected(format!("\"{name}\" not after {now}"))
            .received(format!("{time}")));
        }
    }
    Ok((issued_at, expires_at))
}

fn check_nonce(claims: &Claims, expected: Option<&str>) -> Result<(), Rejection> {
    let Some(nonce) = expected else { return Ok(()) };
    let received = claims.required_text(WHAT, "nonce")?;
    if verify_slices_are_equal(nonce.as_bytes(), received.as_bytes()).is_ok() {
        return Ok(());
    }
    Err(Rejection::new(
        RejectionCode::NonceMismatch,
        "The ID token answers another sign-in than the one started in this browser. Start the sign-in again.",
    )
    .expected(nonce)
    .received(received))
}

/// `auth_time` against `max_age`, `acr` against the requested values.
fn check_sign_in(
    claims: &Claims,
    expected: &Expected<'_>,
    now: Timestamp,
    leeway: SignedDuration,
) -> Result<Option<Timestamp>, Rejection> {
    let auth_time = claims.optional_time(WHAT, "auth_time")?;
    if let Some(max_age) = expected.max_age {
        let at = claims.required_time(WHAT, "auth_time")?;
        if now.duration_since(at) > max_age.saturating_add(leeway) {
            return Err(Rejection::new(
                RejectionCode::SignInTooOld,
                "The provider used an older sign-in although a fresh one was asked for. Sign out there, then try again.",
            )
            .expected(format!("signed in at most {} s ago", max_age.as_secs()))
            .received(format!("signed in at {at}")));
        }
    }
    if !expected.acr_values.is_empty() {
        let acr = claims.required_text(WHAT, "acr")?;
        if !expected.acr_values.contains(&acr) {
            return Err(Rejection::new(
                RejectionCode::AcrMismatch,
                "The provider signed the person in, but not in the way that was asked for (such as with a second factor).",
            )
            .expected(expected.acr_values.join(" or "))
            .received(acr));
        }
    }
    Ok(auth_time)
}

fn check_hosted_domain(claims: &Claims, domains: &[&str]) -> Result<(), Rejection> {
    if domains.is_empty() {
        return Ok(());
    }
    let received = claims.text("hd");
    if received.is_some_and(|hd| domains.iter().any(|domain| domain.eq_ignore_ascii_case(hd))) {
        return Ok(());
    }
    Err(Rejection::new(
        RejectionCode::HostedDomainMismatch,
        "The account belongs to another Google organization, or to none. Choose the work account.",
    )
    .expected(domains.join(" or "))
    .received(received.unwrap_or("an account without an organization")))
}
