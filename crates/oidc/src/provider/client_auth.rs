//! How an application proves itself at the token endpoint (RFC 6749 section 2.3, RFC 7523, OpenID Connect Core section 9).
//!
//! Owns reading what was presented, and verifying a client assertion. Comparing a secret with its stored hash is the
//! caller's: storage holds no secrets to compare here.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use super::error::{ErrorCode, OAuthError};
use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::jwk::Jwks;
use crate::jws;
use crate::rejection::{Rejection, RejectionCode};

/// The `client_assertion_type` of `private_key_jwt`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest life of a client assertion.
const MAX_ASSERTION_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Longest client id or secret we read, in bytes.
const MAX_CREDENTIAL: usize = 4096;

/// A client id with a secret, as they were presented.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the application.
    pub client_id: String,
    /// To be compared with the stored hash.
    pub client_secret: String,
}

/// What an application presented; nothing is proven yet.
#[derive(Clone, PartialEq, Eq)]
pub enum PresentedClient {
    /// `client_secret_basic`. One or two readings of the same header, because some clients form-encode both parts as RFC
    /// 6749 section 2.3.1 wants and some send them raw: the application is authenticated if one of them fits.
    Basic(Vec<Credentials>),
    /// `client_secret_post`.
    Post(Credentials),
    /// `private_key_jwt`: verify with [`verify_client_assertion`] and the keys of the client that `client_id` names.
    Assertion {
        /// From the form, or else the unverified `sub` of the assertion.
        client_id: String,
        /// The signed assertion.
        assertion: String,
    },
    /// `none`: a public client, which must show a PKCE verifier.
    Public {
        /// Names the application.
        client_id: String,
    },
}

impl PresentedClient {
    /// Reads the `Authorization` header and the form. Exactly one method may be used.
    pub fn parse(authorization: Option<&str>, form: &super::Form) -> Result<PresentedClient, OAuthError> {
        let id = form.get("client_id");
        let secret = form.get("client_secret");
        let assertion = form.get("client_assertion");
        let methods = usize::from(authorization.is_some())
            + usize::from(secret.is_some())
            + usize::from(assertion.is_some());
        if methods > 1 {
            return Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                "The application authenticated in more than one way. Use one of: Authorization header, client_secret, \
                 client_assertion.",
            ));
        }
        if let Some(header) = authorization {
            return basic(header, id);
        }
        if let Some(assertion) = assertion {
            return presented_assertion(assertion, form.get("client_assertion_type"), id);
        }
        let client_id = id
            .filter(|id| id.len() <= MAX_CREDENTIAL)
            .ok_or_else(|| refused("no client_id was sent"))?
            .to_owned();
        Ok(match secret {
            Some(secret) if secret.len() <= MAX_CREDENTIAL => {
                PresentedClient::Post(Credentials { client_id, client_secret: secret.to_owned() })
            }
            Some(_) => return Err(refused("the client_secret is far too long")),
            None => PresentedClient::Public { client_id },
        })
    }

    /// The name in client metadata of the method that was used.
    pub const fn method(&self) -> &'static str {
        match self {
            PresentedClient::Basic(_) => "client_secret_basic",
            PresentedClient::Post(_) => "client_secret_post",
            PresentedClient::Assertion { .. } => "private_key_jwt",
            PresentedClient::Public { .. } => "none",
        }
    }
}

fn basic(header: &str, form_id: Option<&str>) -> Result<PresentedClient, OAuthError> {
    let (scheme, encoded) = header.trim().split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused("the Authorization header is not of the scheme Basic"));
    }
    let encoded = encoded.trim();
    let pair = (encoded.len() <= 4 * MAX_CREDENTIAL)
        .then(|| STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| refused("the Authorization header is not Basic with base64"))?;
    let (id, secret) =
        pair.split_once(':').ok_or_else(|| refused("the Authorization header holds no \":\""))?;
    let mut readings = Vec::new();
    let decoded = form_decode(id).zip(form_decode(secret));
    for (client_id, client_secret) in decoded.into_iter().chain([(id.to_owned(), secret.to_owned())]) {
        let reading = Credentials { client_id, client_secret };
        let agrees = form_id.is_none_or(|id| id == reading.client_id);
        if agrees && !reading.client_id.is_empty() && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    if readings.is_empty() {
        return Err(refused("the client id of the Authorization header is empty or differs from client_id"));
    }
    Ok(PresentedClient::Basic(readings))
}

/// Undoes `application/x-www-form-urlencoded`; `None` when the result is not UTF-8 or a `%` does not introduce a byte.
fn form_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn presented_assertion(
    assertion: &str,
    kind: Option<&str>,
    id: Option<&str>,
) -> Result<PresentedClient, OAuthError> {
    if kind != Some(ASSERTION_TYPE) {
        return Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            format!("client_assertion_type must be {ASSERTION_TYPE}."),
        ));
    }
    let client_id = match id {
        Some(id) => id.to_owned(),
        None => jws::unverified_text(assertion, "sub")
            .ok_or_else(|| refused("the client_assertion names no \"sub\""))?,
    };
    if client_id.len() > MAX_CREDENTIAL {
        return Err(refused("the client_id is far too long"));
    }
    Ok(PresentedClient::Assertion { client_id, assertion: assertion.to_owned() })
}

fn refused(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, format!("The application could not be authenticated: {why}."))
}

/// A verified assertion. Accept each `id` of a client once until `expires_at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAssertion {
    /// `jti`.
    pub id: String,
    /// `exp`.
    pub expires_at: Timestamp,
}

/// Verifies a client assertion against the registered keys of `client_id` (RFC 7523 section 3). `audiences` are the
/// texts that mean us: the issuer, the token endpoint and the endpoint that was called. An assertion that names anybody
/// else too is refused: whoever that is could use it here.
pub fn verify_client_assertion(
    assertion: &str,
    keys: &Jwks,
    client_id: &str,
    audiences: &[&str],
    now: Timestamp,
    leeway: SignedDuration,
) -> Result<VerifiedAssertion, Rejection> {
    const WHAT: &str = jws::CLIENT_ASSERTION.name;
    let claims = jws::open(assertion, jws::CLIENT_ASSERTION, keys, Algorithm::ALL)?.claims;
    for (name, code) in [("iss", RejectionCode::IssuerMismatch), ("sub", RejectionCode::SubjectMismatch)] {
        let received = claims.required_text(WHAT, name)?;
        if received != client_id {
            return Err(Rejection::new(
                code,
                format!("The client assertion's \"{name}\" must be the client_id."),
            )
            .expected(client_id)
            .received(received));
        }
    }
    let audience = claims.audience(WHAT)?;
    if !audience.iter().all(|one| audiences.contains(&one.as_str())) {
        return Err(Rejection::new(
            RejectionCode::AudienceMismatch,
            "The client assertion was made for another server, or for others too. Put our issuer, and nothing else, into \
             \"aud\".",
        )
        .expected(audiences.join(" or "))
        .received(audience.join(", ")));
    }
    let expires_at = check_life(&claims, now, leeway)?;
    let id = claims.required_text(WHAT, "jti")?.to_owned();
    if id.len() > MAX_CREDENTIAL {
        return Err(Rejection::new(
            RejectionCode::ClaimMalformed,
            "The client assertion's \"jti\" is far too long.",
        ));
    }
    Ok(VerifiedAssertion { id, expires_at })
}

fn check_life(claims: &Claims, now: Timestamp, leeway: SignedDuration) -> Result<Timestamp, Rejection> {
    const WHAT: &str = jws::CLIENT_ASSERTION.name;
    let expires_at = claims.required_time(WHAT, "exp")?;
    if now.duration_since(expires_at) >= leeway.max(SignedDuration::ZERO) {
        return Err(Rejection::new(
            RejectionCode::Expired,
            "The client assertion is no longer valid; make a new one.",
        )
        .expected(format!("valid at {now}"))
        .received(format!("valid until {expires_at}")));
    }
    if expires_at.duration_since(now) > MAX_ASSERTION_LIFETIME.saturating_add(leeway) {
        return Err(Rejection::new(
            RejectionCode::LifetimeTooLong,
            "The client assertion lives too long; give it a minute or two.",
        )
        .expected(format!("an \"exp\" within {} minutes", MAX_ASSERTION_LIFETIME.as_mins()))
        .received(format!("valid until {expires_at}")));
    }
    for name in ["iat", "nbf"] {
        if let Some(time) = claims.optional_time(WHAT, name)?.filter(|time| time.duration_since(now) > leeway)
        {
            return Err(Rejection::new(
                RejectionCode::NotYetValid,
                "The client assertion comes from the future.",
            )
            .expected(format!("\"{name}\" not after {now}"))
            .received(format!("{time}")));
        }
    }
    Ok(expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Form;

    fn parse(header: Option<&str>, form: &str) -> Result<PresentedClient, ErrorCode> {
        let form = Form::parse(form_urlencoded::parse(form.as_bytes())).map_err(|e| e.code)?;
        PresentedClient::parse(header, &form).map_err(|e| e.code)
    }

    fn basic_header(pair: impl AsRef<[u8]>) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn basic_is_read_form_encoded_and_raw() {
        let readings = |pair: &str| match parse(Some(&basic_header(pair)), "") {
            Ok(PresentedClient::Basic(list)) => {
                list.into_iter().map(|c| (c.client_id, c.client_secret)).collect::<Vec<_>>()
            }
            _ => panic!("not basic"),
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(readings("app:secret"), [pair("app", "secret")]);
        assert_eq!(readings("app:a%2Bb"), [pair("app", "a+b"), pair("app", "a%2Bb")]);
        assert_eq!(readings("app:a+b"), [pair("app", "a b"), pair("app", "a+b")]);
        assert_eq!(readings("app:100%"), [pair("app", "100%")]);
        assert_eq!(readings("app:a:b"), [pair("app", "a:b")]);
        assert_eq!(readings("app:%ff"), [pair("app", "%ff")]);
    }

    #[test]
    fn credentials_that_are_refused() {
        use ErrorCode::{InvalidClient, InvalidRequest};
        let long = "a".repeat(20_000);
        let table = [
            (None, String::new(), InvalidClient),
            (Some("Bearer x".to_owned()), String::new(), InvalidClient),
            (Some("Basic".to_owned()), String::new(), InvalidClient),
            (Some("Basic !!!".to_owned()), String::new(), InvalidClient),
            (Some(basic_header("no-colon")), String::new(), InvalidClient),
            (Some(basic_header(":secret")), String::new(), InvalidClient),
            (Some(basic_header([0xff, b':', b'x'])), String::new(), InvalidClient),
            (Some(basic_header(&long)), String::new(), InvalidClient),
            (Some(basic_header("app:s")), "client_id=other".to_owned(), InvalidClient),
            (Some(basic_header("app:s")), "client_id=app&client_secret=s".to_owned(), InvalidRequest),
            (None, "client_id=app&client_secret=s&client_assertion=x".to_owned(), InvalidRequest),
            (None, "client_id=app&client_assertion=x".to_owned(), InvalidRequest),
            (None, format!("client_id={long}"), InvalidClient),
            (None, "client_secret=s".to_owned(), InvalidClient),
        ];
        for (header, form, code) in table {
            assert_eq!(parse(header.as_deref(), &form).err(), Some(code), "{header:?} {form:.60}");
        }
    }

    #[test]
    fn form_credentials_are_read() {
        assert!(matches!(parse(None, "client_id=app&client_secret=s"), Ok(PresentedClient::Post(_))));
        assert!(matches!(parse(None, "client_id=app"), Ok(PresentedClient::Public { .. })));
    }
}
