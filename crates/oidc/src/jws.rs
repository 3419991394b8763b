//! Signed tokens in compact form (RFC 7515 section 7.1), opened with a key set.
//!
//! Owns everything between the text of a token and claims that its issuer really signed: size, form, `typ`, `alg`,
//! `crit`, choice of the key, signature. Keys come from the given set only; `jku`, `jwk`, `x5u` and `x5c` of the header
//! are never looked at (RFC 8725 section 3.10). Does not know what the claims must say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::algorithm::{self, Algorithm};
use crate::claims::Claims;
use crate::json;
use crate::jwk::{Jwk, Jwks};
use crate::rejection::{Rejection, RejectionCode, shown};

/// Longest token we read, in bytes.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Most keys tried for a token that names none.
const MAX_TRIES: usize = 16;

/// What a token is for: its name in messages, and the `typ` values it may carry (RFC 8725 section 3.11).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub name: &'static str,
    types: &'static [&'static str],
    /// A token that does not say its `typ` is refused.
    typed: bool,
}

pub(crate) const ID_TOKEN: Kind = Kind { name: "The ID token", types: &["jwt"], typed: false };
pub(crate) const LOGOUT_TOKEN: Kind =
    Kind { name: "The logout token", types: &["logout+jwt", "jwt"], typed: false };
pub(crate) const CLIENT_ASSERTION: Kind =
    Kind { name: "The client assertion", types: &["jwt", "client-authentication+jwt"], typed: false };
pub(crate) const SECURITY_EVENT: Kind =
    Kind { name: "The security event token", types: &["secevent+jwt"], typed: true };

pub(crate) const STATEMENT: Kind =
    Kind { name: "The receipt", types: &["frontdesk-receipt+jwt"], typed: true };

/// A token whose signature was verified.
#[derive(Debug)]
pub(crate) struct Opened {
    pub algorithm: Algorithm,
    pub claims: Claims,
}

/// Opens a token: form, header, key, signature, payload, in this order.
pub(crate) fn open(token: &str, what: Kind, keys: &Jwks, allowed: &[Algorithm]) -> Result<Opened, Rejection> {
    let parts = Parts::split(token, what)?;
    let header = Header::read(&parts, what)?;
    let algorithm = header.algorithm(what, allowed)?;
    let signature = decode(parts.signature, what, "signature")?;
    let candidates = candidates(keys, header.kid.as_deref(), algorithm, what)?;
    let signed = parts.signed.as_bytes();
    if !candidates.iter().any(|key| algorithm.verify(&key.material, signed, &signature)) {
        return Err(no_key_fits(what, header.kid.as_deref(), candidates.len()));
    }
    let payload = decode(parts.payload, what, "payload")?;
    let claims = json::object(&payload).map_err(|why| malformed(what, &format!("its payload: {why}")))?;
    Ok(Opened { algorithm, claims: Claims::new(claims) })
}

/// Joins header and payload into the text that is signed (RFC 7515 section 5.1).
pub(crate) fn signing_input(header: &Map<String, Value>, payload: &Map<String, Value>) -> String {
    let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
    format!("{}.{}", part(header), part(payload))
}

/// Appends the signature.
pub(crate) fn finish(signing_input: String, signature: &[u8]) -> String {
    signing_input + "." + &URL_SAFE_NO_PAD.encode(signature)
}

struct Parts<'a> {
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str, what: Kind) -> Result<Self, Rejection> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejection::new(
                RejectionCode::TokenTooLarge,
                format!(
                    "{} is larger than we accept. This happens when very many groups are put into it: send only the \
                     groups assigned to this application.",
                    what.name
                ),
            )
            .expected(format!("at most {MAX_TOKEN_BYTES} bytes"))
            .received(format!("{} bytes", token.len())));
        }
        match token.split('.').collect::<Vec<_>>().as_slice() {
            [header, payload, signature] => {
                let signed = &token[..header.len() + 1 + payload.len()];
                Ok(Parts { signed, header, payload, signature })
            }
            [_, _, _, _, _] => Err(Rejection::new(
                RejectionCode::TokenEncrypted,
                format!(
                    "{} is encrypted. Turn encryption off for this application; it travels over TLS.",
                    what.name
                ),
            )
            .expected("a signed token of three parts")
            .received("an encrypted token of five parts")),
            other => Err(malformed(what, &format!("a text of {} parts", other.len()))),
        }
    }
}

struct Header {
    alg: String,
    kid: Option<String>,
}

impl Header {
    fn read(parts: &Parts<'_>, what: Kind) -> Result<Self, Rejection> {
        let bytes = decode(parts.header, what, "header")?;
        let map = json::object(&bytes).map_err(|why| malformed(what, &format!("its header: {why}")))?;
        if let Some(critical) = map.get("crit") {
            return Err(Rejection::new(
                RejectionCode::CriticalHeader,
                format!(
                    "{} demands an extension that we do not know. Take \"crit\" out of its header.",
                    what.name
                ),
            )
            .expected("no \"crit\"")
            .received(critical));
        }
        if map.contains_key("b64") || map.contains_key("zip") {
            return Err(malformed(what, "a header with \"b64\" or \"zip\""));
        }
        let typ = member(&map, "typ", what)?;
        if typ.is_none() && what.typed {
            return Err(malformed(what, "a header without \"typ\""));
        }
        if let Some(typ) = typ {
            let lower = typ.to_ascii_lowercase();
            let short = lower.strip_prefix("application/").unwrap_or(&lower);
            if !what.types.contains(&short) {
                return Err(Rejection::new(
                    RejectionCode::TokenType,
                    format!("{} is marked as another kind of token.", what.name),
                )
                .expected(format!("typ {}", what.types.join(" or ")))
                .received(format!("typ {typ}")));
            }
        }
        let alg = member(&map, "alg", what)?.ok_or_else(|| malformed(what, "a header without \"alg\""))?;
        Ok(Header { alg, kid: member(&map, "kid", what)? })
    }

    fn algorithm(&self, what: Kind, allowed: &[Algorithm]) -> Result<Algorithm, Rejection> {
        Algorithm::from_name(&self.alg).filter(|algorithm| allowed.contains(algorithm)).ok_or_else(|| {
            Rejection::new(
                RejectionCode::AlgorithmNotAllowed,
                format!(
                    "{} is signed in a way we do not accept. Choose {} as the signature algorithm for this application.",
                    what.name,
                    allowed.first().map_or("RS256", |algorithm| algorithm.as_str())
                ),
            )
            .expected(algorithm::names(allowed))
            .received(&self.alg)
        })
    }
}

fn member(map: &Map<String, Value>, name: &str, what: Kind) -> Result<Option<String>, Rejection> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(malformed(what, &format!("a header whose \"{name}\" is not a text"))),
    }
}

fn decode(part: &str, what: Kind, which: &str) -> Result<Vec<u8>, Rejection> {
    match URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(malformed(what, &format!("an empty {which}"))),
        Err(_) => Err(malformed(what, &format!("a {which} that is not base64url"))),
    }
}

/// The keys that may have signed this token; never empty.
fn candidates<'a>(
    keys: &'a Jwks,
    kid: Option<&str>,
    algorithm: Algorithm,
    what: Kind,
) -> Result<Vec<&'a Jwk>, Rejection> {
    let named: Vec<&Jwk> =
        keys.keys.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid).collect();
    let fits =
        |key: &&Jwk| algorithm.fits(&key.material) && key.algorithm.is_none_or(|only| only == algorithm);
    let fitting: Vec<&Jwk> = named.iter().copied().filter(fits).take(MAX_TRIES).collect();
    if !fitting.is_empty() {
        return Ok(fitting);
    }
    let Some(kid) = kid else { return Err(unknown_key(what, "no kid, and no key of the set fits", keys)) };
    if !named.is_empty() {
        return Err(Rejection::new(
            RejectionCode::KeyMismatch,
            format!("{} says {algorithm}, but the key it names is for something else.", what.name),
        )
        .expected(format!("key {kid} to be {}, free for {algorithm}", algorithm.key_in_words()))
        .received("a key of another type, curve or algorithm"));
    }
    if let Some(bad) = keys.unusable.iter().find(|key| key.kid.as_deref() == Some(kid)) {
        return Err(Rejection::new(
            RejectionCode::KeyUnusable,
            format!(
                "{} is signed with a key that we must not use, because it {}. Make a new signing key at the identity \
                 provider.",
                what.name,
                bad.problem.in_words()
            ),
        )
        .expected("an RSA key from 2048 bits, an EC key, or an Ed25519 key")
        .received(format!("key {kid}")));
    }
    Err(unknown_key(what, &format!("key {kid}"), keys))
}

fn unknown_key(what: Kind, received: &str, keys: &Jwks) -> Rejection {
    let known: Vec<&str> = keys.keys.iter().map(|key| key.kid.as_deref().unwrap_or("(no kid)")).collect();
    Rejection::new(
        RejectionCode::UnknownKey,
        format!(
            "{} is signed with a key that its issuer does not publish. If keys were changed a moment ago, try again in a \
             minute; if not, compare the issuer with the one in the provider's console.",
            what.name
        ),
    )
    .expected(if known.is_empty() { "a key of the set, which is empty".to_owned() } else { known.join(", ") })
    .received(received)
}

/// No candidate verified. Without a `kid` that may be an old key set, so it counts as an unknown key.
fn no_key_fits(what: Kind, kid: Option<&str>, tried: usize) -> Rejection {
    let Some(kid) = kid else {
        return Rejection::new(
            RejectionCode::UnknownKey,
            format!("{} is not signed with any key that its issuer publishes, and it names none.", what.name),
        )
        .expected(format!("a signature by one of {tried} keys"))
        .received("no kid, and a signature by none of them");
    };
    Rejection::new(
        RejectionCode::SignatureMismatch,
        format!(
            "The signature of {} does not fit. It was changed on the way, or it comes from another provider that uses \
             the same key name.",
            what.name.replacen("The", "the", 1)
        ),
    )
    .expected(format!("a signature by key {}", shown(kid)))
    .received("a signature that this key did not make")
}

fn malformed(what: Kind, received: &str) -> Rejection {
    Rejection::new(
        RejectionCode::TokenMalformed,
        format!("{} is not in the form that tokens have.", what.name),
    )
    .expected("three parts of base64url, joined by dots, with JSON in the first two")
    .received(received)
}
/// What a token says, for people to read: nothing of it is proven. Header and payload as JSON, or words where they are
/// none; never the signature, so that the token cannot be put together again.
pub fn unverified(token: &str) -> Value {
    if token.len() > MAX_TOKEN_BYTES {
        return Value::String(format!("a text of {} bytes", token.len()));
    }
    let mut parts = token.split('.');
    let mut part = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        json::object(&bytes).ok().map(Value::Object)
    };
    let unread = || Value::String("not readable as JSON".to_owned());
    let (header, claims) = (part(), part());
    serde_json::json!({"header": header.unwrap_or_else(unread), "claims": claims.unwrap_or_else(unread)})
}

/// A text of the payload without any verification, to find out whose keys to verify with.
pub(crate) fn unverified_text(token: &str, name: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    json::object(&payload).ok()?.get(name)?.as_str().map(str::to_owned)
}
