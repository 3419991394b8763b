//! Verifying the signatures of a document that the guard let through.
//!
//! Owns: calling `bergshamra` with the connection's keys only, and insisting that what it verified is what
//! we are going to read. Does not own: the shape of signatures ([`crate::guard`]) or the keys' storage.

use crate::keys::{SigningKey, fingerprint};
use crate::names::DS;
use crate::rejection::{Code, Rejection};
use crate::xml::Tree;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::dsig::verify::verify_all_document_with_source;
use bergshamra::{DsigContext, KeysManager, VerifyResult};
use uppsala::NodeId;

/// Verifies every signature in `signatures`, each over its own parent element, with `keys` alone.
///
/// `KeyInfo` in the message is never a source of trust: it only orders the candidates.
pub(crate) fn verify(tree: &Tree<'_>, signatures: &[NodeId], keys: &[SigningKey]) -> Result<(), Rejection> {
    if keys.is_empty() {
        return Err(no_trusted_key());
    }
    let mut manager = KeysManager::new();
    for key in keys {
        manager.add_key(key.key().clone());
    }
    let context = DsigContext::new(manager).with_trusted_keys_only(true).with_strict_verification(true);
    let results = verify_all_document_with_source(&context, tree.document(), Some(tree.source()))
        .map_err(|_| invalid(tree, signatures, keys, ""))?;
    if results.len() != signatures.len() {
        return Err(invalid(tree, signatures, keys, ""));
    }
    let mut verified = Vec::with_capacity(results.len());
    for result in &results {
        match result {
            VerifyResult::Valid { signature_node, references, .. } => {
                let [reference] = references.as_slice() else {
                    return Err(invalid(tree, signatures, keys, ""));
                };
                let parent = tree.parent(*signature_node);
                if !reference.digest_verified || parent.is_none() || reference.resolved_node != parent {
                    return Err(invalid(tree, signatures, keys, ""));
                }
                verified.push(*signature_node);
            }
            VerifyResult::Invalid { reason } => return Err(invalid(tree, signatures, keys, reason)),
        }
    }
    if signatures.iter().all(|wanted| verified.contains(wanted)) {
        Ok(())
    } else {
        Err(invalid(tree, signatures, keys, ""))
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
fn invalid(tree: &Tree<'_>, signatures: &[NodeId], keys: &[SigningKey], reason: &str) -> Rejection {
    let trusted = keys.iter().map(SigningKey::fingerprint).collect::<Vec<_>>();
    let sent = signatures.iter().find_map(|signature| embedded_fingerprint(tree, *signature));
    let message = match &sent {
        _ if reason.starts_with("Reference digest failed") => {
            "The message was changed after it was signed. If this happens at every sign-in, something \
             between the identity provider and here rewrites the message."
        }
        Some(sent) if !trusted.contains(sent) => {
            "The message is signed with another certificate than the connection trusts. If the identity \
             provider changed its certificate, load its metadata again."
        }
        _ => {
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
    let mut text = tree.text(certificate)?;
    text.retain(|c| !c.is_ascii_whitespace());
    STANDARD.decode(text).ok().map(|der| fingerprint(&der))
}
