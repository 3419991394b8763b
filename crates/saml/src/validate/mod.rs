//! Deciding whether a response signs somebody in.
//!
//! Owns: [`validate`] and its order of steps (SAML profiles 4.1.4.2 and 4.1.4.3). Does not own: remembering
//! assertion ids or requests; the caller does, with the ids that [`Assertion`] returns.

mod assertion;
mod claims;
mod envelope;
mod status;
mod subject;

pub use claims::{Assertion, Attribute, Attributes, NameId};
pub use envelope::decode_message;

/// The checks that logout messages have in common with responses.
pub(crate) mod checks {
    pub(crate) use super::assertion::{earlier, expired, instant, later, not_yet_valid};
    pub(crate) use super::envelope::{
        compare_issuer, decode_message, issue_instant, issuer, malformed, parse, version,
    };
    pub(crate) use super::subject::name_id;
}

use crate::encryption::{self, Decrypted};
use crate::guard::Signature;
use crate::keys::{DecryptionKey, SigningKey};
use crate::names::{SAML, XENC};
use crate::rejection::{Code, Rejection};
use crate::xml::Tree;
use crate::{guard, signature};
use envelope::{Content, Envelope};
use jiff::{SignedDuration, Timestamp};
use uppsala::NodeId;

/// What a response must fit: the connection, this service provider, and the request that was sent.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The entity id of the connection's identity provider.
    pub idp_entity_id: &'a str,
    /// The connection's signing keys, from its stored metadata. None means: refuse everything.
    pub signing_keys: &'a [SigningKey],
    /// Our entity id: the audience.
    pub sp_entity_id: &'a str,
    /// Our assertion consumer service URL: the recipient and the destination.
    pub acs_url: &'a str,
    /// The id of the request that this browser was sent away with, if there was one.
    pub request_id: Option<&'a str>,
    /// Whether the connection takes answers that nobody asked for (IdP-initiated sign-in). Such an answer
    /// names no request: one that does is refused unless [`Expected::request_id`] is that request.
    pub allow_unsolicited: bool,
    /// Whether the connection has the exception for SHA-1.
    pub allow_sha1: bool,
    /// Our private keys for encrypted assertions, the newest first.
    pub decryption_keys: &'a [DecryptionKey],
    /// How far the two clocks may differ. Default: 120 seconds.
    pub clock_skew: SignedDuration,
    /// How long ago the person may have signed in at the provider, if that matters.
    pub max_authn_age: Option<SignedDuration>,
}

impl<'a> Expected<'a> {
    /// The strict defaults: no unsolicited answers, no SHA-1, two minutes between the clocks.
    pub fn new(
        idp_entity_id: &'a str,
        signing_keys: &'a [SigningKey],
        sp_entity_id: &'a str,
        acs_url: &'a str,
    ) -> Self {
        Self {
            idp_entity_id,
            signing_keys,
            sp_entity_id,
            acs_url,
            request_id: None,
            allow_unsolicited: false,
            allow_sha1: false,
            decryption_keys: &[],
            clock_skew: SignedDuration::from_secs(120),
            max_authn_age: None,
        }
    }
}

/// Decides whether `response` signs somebody in at `now`, and as whom.
///
/// `response` is the XML or its base64 (the `SAMLResponse` form value). On success the caller still must
/// refuse an [`Assertion::assertion_id`] it has seen before, and a request that was answered before.
pub fn validate(response: &[u8], expected: &Expected<'_>, now: Timestamp) -> Result<Assertion, Rejection> {
    let xml = decode_message(response)?;
    let tree = envelope::parse(&xml)?;
    let envelope = Envelope::read(&tree)?;
    envelope.check_issuer(&tree, expected)?;

    let outer = guard::signature_of(&tree, envelope.response, expected.allow_sha1)?;
    match envelope.content {
        Content::Plain(assertion) => {
            let inner = guard::signature_of(&tree, assertion, expected.allow_sha1)?;
            let signatures: Vec<Signature<'_>> = outer.into_iter().chain(inner).collect();
            verify_all(&tree, &signatures, Some(assertion), expected)?;
            if signatures.is_empty() {
                return Err(unsigned());
            }
            envelope.check(&tree, expected, outer.is_some(), now)?;
            assertion::read(&tree, assertion, &envelope, expected, now)
        }
        Content::Encrypted(holder) => {
            let signatures: Vec<Signature<'_>> = outer.into_iter().collect();
            verify_all(&tree, &signatures, None, expected)?;
            let decrypted = encryption::decrypt(&tree, holder, expected.decryption_keys)?;
            envelope.check(&tree, expected, outer.is_some(), now)?;
            read_decrypted(&decrypted, outer.is_some(), &envelope, expected, now)
        }
    }
}

/// Reads an assertion that came out of an `EncryptedAssertion`.
fn read_decrypted(
    decrypted: &Decrypted,
    outer_signed: bool,
    envelope: &Envelope,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Assertion, Rejection> {
    let tree = envelope::parse(&decrypted.xml).map_err(|_| encryption::failed())?;
    let inside = verified_inside(&tree, decrypted, outer_signed, expected)?;
    assertion::read(&tree, inside.assertion, envelope, expected, now)
}

/// The assertion that was encrypted.
struct Inside {
    assertion: NodeId,
    /// Whether it carries a signature of its own, which has verified.
    signed: bool,
}

/// Finds the assertion in a plaintext and verifies its signature; one is there, or around the ciphertext.
///
/// While nothing vouches for the ciphertext, every failure up to the verified inner signature is the same.
fn verified_inside(
    tree: &Tree<'_>,
    decrypted: &Decrypted,
    outer_signed: bool,
    expected: &Expected<'_>,
) -> Result<Inside, Rejection> {
    let veil = |rejection: Rejection| {
        if outer_signed || decrypted.authenticated { rejection } else { encryption::failed() }
    };
    let mut inside = tree.elements(tree.root());
    let assertion = inside.next().filter(|node| tree.is(*node, SAML, "Assertion"));
    let (Some(assertion), None) = (assertion, inside.next()) else {
        return Err(encryption::failed());
    };
    if !tree.holds_only_elements(tree.root()) || envelope::count_assertions(tree, Some(assertion)) != 1 {
        return Err(encryption::failed());
    }
    let inner = guard::signature_of(tree, assertion, expected.allow_sha1).map_err(veil)?;
    let signatures: Vec<Signature<'_>> = inner.into_iter().collect();
    verify_all(tree, &signatures, Some(assertion), expected).map_err(veil)?;
    if !outer_signed && signatures.is_empty() {
        return Err(veil(unsigned()));
    }
    Ok(Inside { assertion, signed: inner.is_some() })
}

/// The message with its encrypted assertion in plain, for whoever looks into why it was refused. None where nothing is
/// encrypted, or where the content is not this connection's to read: the signature around it or inside must be its
/// provider's, and so must the issuer inside. A ciphertext that nothing protects from changes must be signed inside.
///
/// Says nothing about whether the message signs anybody in.
pub fn opened(response: &[u8], expected: &Expected<'_>) -> Option<String> {
    let xml = decode_message(response).ok()?;
    let tree = envelope::parse(&xml).ok()?;
    let envelope = Envelope::read(&tree).ok()?;
    let Content::Encrypted(holder) = envelope.content else { return None };
    let outer = guard::signature_of(&tree, envelope.response, expected.allow_sha1).ok()?;
    let signatures: Vec<Signature<'_>> = outer.into_iter().collect();
    verify_all(&tree, &signatures, None, expected).ok()?;
    let decrypted = encryption::decrypt(&tree, holder, expected.decryption_keys).ok()?;
    let plain = envelope::parse(&decrypted.xml).ok()?;
    let inside = verified_inside(&plain, &decrypted, outer.is_some(), expected).ok()?;
    if !inside.signed && !decrypted.authenticated {
        return None;
    }
    let issuer = envelope::issuer(&plain, inside.assertion).ok()??;
    envelope::compare_issuer(&issuer, expected).ok()?;
    let ciphertext = tree.range(tree.one(holder, XENC, "EncryptedData").ok()??)?;
    let assertion = decrypted.xml.get(plain.range(inside.assertion)?)?;
    Some([xml.get(..ciphertext.start)?, assertion, xml.get(ciphertext.end..)?].concat())
}

/// Verifies these signatures and insists that the document holds no other, but for the advice of `assertion`.
fn verify_all(
    tree: &Tree<'_>,
    signatures: &[Signature<'_>],
    assertion: Option<NodeId>,
    expected: &Expected<'_>,
) -> Result<(), Rejection> {
    guard::no_other_signature(tree, signatures, assertion)?;
    if signatures.is_empty() {
        return Ok(());
    }
    signature::verify(tree, signatures, expected.signing_keys)
}

fn unsigned() -> Rejection {
    Rejection::new(
        Code::SignatureMissing,
        "The answer is not signed, so anybody could have written it. Switch on signing of the assertion or of \
         the response at the identity provider.",
    )
    .expected("a signed Response or a signed Assertion")
    .received("no signature")
}
