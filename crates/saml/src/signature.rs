//! Verifying the signatures that the guard let through.
//!
//! Owns: the two questions of XML Signature 3.2, asked of the very nodes that the guard found: does the value fit
//! `SignedInfo` and one of the connection's keys, and does the digest fit the element that the signature stands in. Does
//! not own: the shape of signatures ([`crate::guard`]), canonical bytes ([`crate::canonical`]), or cryptography.

use crate::canonical::{Hasher, exclusive};
use crate::guard::Signature;
use crate::keys::{SigningKey, fingerprint};
use crate::names::{DS, EXC_C14N, dsig};
use crate::rejection::{Code, Rejection};
use crate::text::compact_base64;
use crate::xml::Tree;
use aws_lc_rs::digest;
use bergshamra::c14n::{C14nMode, canonicalize_doc};
use bergshamra::xml::NodeSet;
use uppsala::NodeId;

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The value fits none of the keys, or cannot be read.
    Value,
    /// The value fits, but the signed element is another than the one that was signed.
    Content,
}

/// Verifies every one of `signatures`, each over its own parent element, with `keys` alone: `KeyInfo` in the message is
/// never looked at for that.
pub(crate) fn verify(
    tree: &Tree<'_>,
    signatures: &[Signature<'_>],
    keys: &[SigningKey],
) -> Result<(), Rejection> {
    if keys.is_empty() {
        return Err(no_trusted_key());
    }
    for signature in signatures {
        verify_one(tree, signature, keys).map_err(|broken| invalid(tree, signature.node, keys, broken))?;
    }
    Ok(())
}

/// First the value over `SignedInfo`, then the digest that `SignedInfo` names: what nobody signed is not worth the
/// hashing.
fn verify_one(tree: &Tree<'_>, signature: &Signature<'_>, keys: &[SigningKey]) -> Result<(), Broken> {
    let signed_info = canonical_signed_info(tree, signature).filter(|bytes| !bytes.is_empty());
    let signed_info = signed_info.ok_or(Broken::Value)?;
    let value = tree.text(signature.value).and_then(|text| compact_base64(&text)).ok_or(Broken::Value)?;
    if !keys.iter().any(|key| key.verifies(signature.method, &signed_info, &value)) {
        return Err(Broken::Value);
    }
    let wanted =
        tree.text(signature.digest_value).and_then(|text| compact_base64(&text)).ok_or(Broken::Content)?;
    let mut hasher = Hasher::new(digest_algorithm(signature.digest_method).ok_or(Broken::Content)?);
    exclusive(tree, signature.parent, Some(signature.node), signature.prefix_list, &mut hasher)
        .map_err(|_| Broken::Content)?;
    if hasher.finish().as_ref() == wanted { Ok(()) } else { Err(Broken::Content) }
}

/// `SignedInfo` in canonical form; inclusive where a provider still does it so.
fn canonical_signed_info(tree: &Tree<'_>, signature: &Signature<'_>) -> Option<Vec<u8>> {
    let (algorithm, prefix_list) = signature.canonicalization;
    if algorithm == EXC_C14N {
        let mut bytes = Vec::with_capacity(1024);
        exclusive(tree, signature.signed_info, None, prefix_list, &mut bytes).ok()?;
        return Some(bytes);
    }
    let part = NodeSet::tree_without_comments(signature.signed_info, tree.document());
    canonicalize_doc(tree.document(), C14nMode::from_uri(algorithm)?, Some(&part), &[""; 0]).ok()
}

fn digest_algorithm(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        dsig::SHA256 => Some(&digest::SHA256),
        dsig::SHA384 => Some(&digest::SHA384),
        dsig::SHA512 => Some(&digest::SHA512),
        // The guard lets this through only where the connection has the exception.
        dsig::SHA1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

/// The refusal of everything while nothing can be trusted.
pub(crate) fn no_trusted_key() -> Rejection {
    Rejection::new(
        Code::NoTrustedKey,
        "The connection has no signing certificate, so no answer can be trusted. Add the identity provider's \
         metadata or its certificate.",
    )
}

/// The refusal, with the certificates on both sides where they tell something.
fn invalid(tree: &Tree<'_>, signature: NodeId, keys: &[SigningKey], broken: Broken) -> Rejection {
    let trusted = keys.iter().map(SigningKey::fingerprint).collect::<Vec<_>>();
    let sent = embedded_fingerprint(tree, signature);
    let message = match (broken, &sent) {
        (Broken::Content, _) => {
            "The message was changed after it was signed. If this happens at every sign-in, something \
             between the identity provider and here rewrites the message."
        }
        (Broken::Value, Some(sent)) if !trusted.contains(sent) => {
            "The message is signed with another certificate than the connection trusts. If the identity \
             provider changed its certificate, load its metadata again."
        }
        (Broken::Value, _) => {
            "The signature does not fit the connection's certificate. Load the identity provider's metadata \
             again; if that does not help, the message was changed on the way."
        }
    };
    let rejection = Rejection::new(Code::SignatureInvalid, message)
        .expected(format!("a certificate with the SHA-256 fingerprint {}", trusted.join(" or ")));
    match sent {
        Some(sent) => rejection.received(format!("a certificate with the SHA-256 fingerprint {sent}")),
        None => rejection,
    }
}

/// The fingerprint of the certificate that the message carries, for the person who compares. Not trusted.
fn embedded_fingerprint(tree: &Tree<'_>, signature: NodeId) -> Option<String> {
    let key_info = tree.all(signature, DS, "KeyInfo").next()?;
    let data = tree.all(key_info, DS, "X509Data").next()?;
    let certificate = tree.all(data, DS, "X509Certificate").next()?;
    compact_base64(&tree.text(certificate)?).map(|der| fingerprint(&der))
}
