//! The query of the redirect binding, and the signature over it (SAML bindings 3.4.4.1).
//!
//! Owns: which octets are covered, and that nothing stands twice. Does not own: the message inside.

use crate::binding::inflate;
use crate::guard::allowed_signature_method;
use crate::keys::SigningKey;
use crate::rejection::{Code, Rejection};
use crate::signature::no_trusted_key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

/// The only encoding of the binding that is in use.
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// A query, its parts as they were sent.
pub(super) struct Query<'q> {
    parameter: &'static str,
    message: &'q str,
    relay_state: Option<&'q str>,
    algorithm: Option<&'q str>,
    signature: Option<&'q str>,
}

impl<'q> Query<'q> {
    /// Finds the parts; none of them may stand twice.
    pub(super) fn read(query: &'q str, parameter: &'static str) -> Result<Self, Rejection> {
        let other = if parameter == "SAMLRequest" { "SAMLResponse" } else { "SAMLRequest" };
        if one(query, other)?.is_some() {
            return Err(malformed("the address carries a request and a response at once"));
        }
        if one(query, "SAMLEncoding")?.is_some_and(|encoding| decoded(encoding) != DEFLATE) {
            return Err(malformed("the message is packed in another way than DEFLATE"));
        }
        let message = one(query, parameter)?
            .filter(|message| !message.is_empty())
            .ok_or_else(|| malformed(&format!("the address carries no {parameter}")))?;
        Ok(Self {
            parameter,
            message,
            relay_state: one(query, "RelayState")?,
            algorithm: one(query, "SigAlg")?,
            signature: one(query, "Signature")?,
        })
    }

    /// The XML of the message.
    pub(super) fn xml(&self) -> Result<String, Rejection> {
        inflate(&base64_of(self.message)).map_err(|error| malformed(&error.to_string()))
    }

    /// `RelayState`, decoded.
    pub(super) fn relay_state(&self) -> Option<String> {
        self.relay_state.map(decoded)
    }

    /// Verifies the signature over the parts as they were sent, with `keys` alone.
    pub(super) fn verify(&self, keys: &[SigningKey], allow_sha1: bool) -> Result<(), Rejection> {
        if keys.is_empty() {
            return Err(no_trusted_key());
        }
        let (Some(raw_algorithm), Some(signature)) = (self.algorithm, self.signature) else {
            return Err(unsigned());
        };
        let algorithm = decoded(raw_algorithm);
        allowed_signature_method(&algorithm, allow_sha1)?;
        let mut covered = format!("{}={}", self.parameter, self.message);
        if let Some(state) = self.relay_state {
            covered.push_str("&RelayState=");
            covered.push_str(state);
        }
        covered.push_str("&SigAlg=");
        covered.push_str(raw_algorithm);
        let signature = STANDARD.decode(base64_of(signature)).map_err(|_| invalid(keys))?;
        let verified = keys.iter().any(|key| key.verifies(&algorithm, covered.as_bytes(), &signature));
        if verified { Ok(()) } else { Err(invalid(keys)) }
    }
}

/// The one value of a parameter, as it was sent.
fn one<'q>(query: &'q str, name: &str) -> Result<Option<&'q str>, Rejection> {
    let mut found = query
        .split('&')
        .filter_map(|pair| pair.split_once('=').or(Some((pair, ""))))
        .filter(|(key, _)| *key == name || decoded(key) == name);
    let first = found.next();
    if found.next().is_some() {
        return Err(malformed(&format!("{name} stands twice in the address")));
    }
    Ok(first.map(|(_, value)| value))
}

fn decoded(raw: &str) -> String {
    form_urlencoded::parse(format!("v={raw}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// A base64 value; a `+` that was not escaped came out as a space.
fn base64_of(raw: &str) -> String {
    decoded(raw).replace(' ', "+")
}

fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Code::MalformedMessage,
        format!("The sign-out message cannot be read: {what}. Something cut or changed it on the way."),
    )
}

/// A message without a signature.
pub(super) fn unsigned() -> Rejection {
    Rejection::new(
        Code::SignatureMissing,
        "The sign-out message is not signed, so anybody could have written it. Switch on signing of logout messages \
         at the identity provider.",
    )
    .expected("a signed message")
    .received("no signature")
}

fn invalid(keys: &[SigningKey]) -> Rejection {
    let trusted = keys.iter().map(SigningKey::fingerprint).collect::<Vec<_>>();
    Rejection::new(
        Code::SignatureInvalid,
        "The signature of the sign-out message does not fit the connection's certificate. Load the identity \
         provider's metadata again; if that does not help, the message was changed on the way.",
    )
    .expected(format!("a certificate with the SHA-256 fingerprint {}", trusted.join(" or ")))
}
