//! The guard in front of the verification.
//!
//! Owns: refusing every signature whose place or shape the SAML profile does not need, before anything is
//! verified. XML Signature is far more than SAML needs; what passes here is the
//! small part in which "verified" and "the element we read" are the same thing:
//! a `Signature` that is a direct child of the element it signs, one `SignedInfo`, one `Reference` to the
//! id of that element, the enveloped and the exclusive canonicalisation transforms in this order, an
//! algorithm from the list (SAML core 5.4; CVE-2024-45409, CVE-2025-29774, CVE-2025-29775, CVE-2009-0217).
//! Does not own: the cryptography.

use crate::names::{DS, EXC_C14N, SAML, dsig};
use crate::rejection::{Code, Rejection};
use crate::xml::Tree;
use uppsala::NodeId;

/// A signature whose shape was checked: its parts by exact position, so that nobody searches for them again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature<'t> {
    /// The `Signature` element.
    pub(crate) node: NodeId,
    /// The element that it stands in and signs.
    pub(crate) parent: NodeId,
    pub(crate) signed_info: NodeId,
    /// `SignatureValue`.
    pub(crate) value: NodeId,
    /// How `SignedInfo` is canonicalised, with its `PrefixList`.
    pub(crate) canonicalization: (&'t str, &'t str),
    /// The algorithm of `SignatureMethod`, one of the list.
    pub(crate) method: &'t str,
    /// `PrefixList` of the reference's canonicalisation, which is exclusive.
    pub(crate) prefix_list: &'t str,
    /// The algorithm of `DigestMethod`, one of the list.
    pub(crate) digest_method: &'t str,
    /// `DigestValue`.
    pub(crate) digest_value: NodeId,
}

/// The signature directly inside `parent`, its shape checked, if there is one.
pub(crate) fn signature_of<'t>(
    tree: &'t Tree<'_>,
    parent: NodeId,
    allow_sha1: bool,
) -> Result<Option<Signature<'t>>, Rejection> {
    match tree.one(parent, DS, "Signature") {
        Ok(Some(signature)) => check(tree, signature, parent, allow_sha1).map(Some),
        Ok(None) => Ok(None),
        Err(_) => Err(malformed("one element carries two signatures")),
    }
}

/// Whether `node` stands in an `Advice` that is a child of `assertion`: part of what was signed, and never read (SAML
/// core 2.6.1).
pub(crate) fn is_advice_of(tree: &Tree<'_>, node: NodeId, assertion: NodeId) -> bool {
    std::iter::successors(tree.parent(node), |at| tree.parent(*at))
        .any(|at| tree.is(at, SAML, "Advice") && tree.parent(at) == Some(assertion))
}

/// Refuses the document when it holds a `Signature` besides `allowed`, and those of other assertions that `assertion` holds
/// in its own `Advice`: they are never looked at.
pub(crate) fn no_other_signature(
    tree: &Tree<'_>,
    allowed: &[Signature<'_>],
    assertion: Option<NodeId>,
) -> Result<(), Rejection> {
    let is_known = |node: NodeId| {
        allowed.iter().any(|known| known.node == node)
            || assertion.is_some_and(|holder| is_advice_of(tree, node, holder))
    };
    match tree.signatures().iter().find(|node| !is_known(**node)) {
        None => Ok(()),
        Some(stray) => {
            let parent = tree.parent(*stray).map_or_else(String::new, |parent| tree.name(parent));
            Err(Rejection::new(
                Code::SignatureMisplaced,
                "The message carries a signature where none belongs, which is how signed parts are moved \
                 around in forged messages. A signature must stand directly inside the Response or inside \
                 its one Assertion.",
            )
            .expected("a signature directly inside Response or Assertion")
            .received(format!("a signature inside {parent}")))
        }
    }
}

/// Checks one signature against the profile.
fn check<'t>(
    tree: &'t Tree<'_>,
    signature: NodeId,
    parent: NodeId,
    allow_sha1: bool,
) -> Result<Signature<'t>, Rejection> {
    let (signed_info, value) = match children(tree, signature, &["Id"])? {
        [Some(info), Some(value), None, None] => (info, value),
        [Some(info), Some(value), Some(key_info), None] if tree.is(key_info, DS, "KeyInfo") => (info, value),
        _ => {
            return Err(malformed("Signature holds other parts than SignedInfo, SignatureValue and KeyInfo"));
        }
    };
    if !tree.is(signed_info, DS, "SignedInfo") || !tree.is(value, DS, "SignatureValue") {
        return Err(malformed("Signature does not begin with SignedInfo and SignatureValue"));
    }
    if !tree.attrs_within(value, &["Id"]) || !tree.is_plain_text(value) {
        return Err(malformed("SignatureValue is not plain base64 text"));
    }

    let [Some(canonicalization), Some(method), Some(reference), None] = children(tree, signed_info, &["Id"])?
    else {
        return Err(malformed("SignedInfo must hold one Reference, and nothing unknown"));
    };
    named(tree, canonicalization, "CanonicalizationMethod")?;
    named(tree, method, "SignatureMethod")?;
    named(tree, reference, "Reference")?;
    let canonicalization = check_canonicalization(tree, canonicalization)?;
    let algorithm = algorithm(tree, method)?;
    leaf(tree, method)?;
    allowed_signature_method(algorithm, allow_sha1)?;
    let (prefix_list, digest_method, digest_value) = check_reference(tree, reference, parent, allow_sha1)?;
    Ok(Signature {
        node: signature,
        parent,
        signed_info,
        value,
        canonicalization,
        method: algorithm,
        prefix_list,
        digest_method,
        digest_value,
    })
}

/// The `Reference`: to the id of the signature's own parent, two transforms, one digest. Returns the `PrefixList`, the
/// algorithm of the digest and its value.
fn check_reference<'t>(
    tree: &'t Tree<'_>,
    reference: NodeId,
    parent: NodeId,
    allow_sha1: bool,
) -> Result<(&'t str, &'t str, NodeId), Rejection> {
    let id = tree.attr(parent, "ID").unwrap_or("");
    let uri = tree.attr(reference, "URI").unwrap_or("");
    if !is_id(id) || uri.strip_prefix('#') != Some(id) {
        return Err(malformed("the signature does not refer to the element that it stands in")
            .expected(format!("#{id}"))
            .received(uri));
    }
    let [Some(transforms), Some(digest), Some(value), None] =
        children(tree, reference, &["URI", "Id", "Type"])?
    else {
        return Err(malformed("Reference must hold Transforms, DigestMethod and DigestValue"));
    };
    named(tree, transforms, "Transforms")?;
    named(tree, digest, "DigestMethod")?;
    named(tree, value, "DigestValue")?;
    if !tree.attrs_within(value, &[]) || !tree.is_plain_text(value) {
        return Err(malformed("DigestValue is not plain base64 text"));
    }
    leaf(tree, digest)?;
    let digest_method = algorithm(tree, digest)?;
    allowed_digest_method(digest_method, allow_sha1)?;

    let chain = children(tree, transforms, &[])?;
    for transform in chain.iter().flatten() {
        named(tree, *transform, "Transform")?;
    }
    let [Some(enveloped), Some(exclusive), None, None] = chain else {
        return Err(transforms_forbidden(tree, &chain));
    };
    if algorithm(tree, enveloped)? != dsig::ENVELOPED || algorithm(tree, exclusive)? != EXC_C14N {
        return Err(transforms_forbidden(tree, &chain));
    }
    leaf(tree, enveloped)?;
    Ok((inclusive_namespaces(tree, exclusive)?, digest_method, value))
}

/// The canonicalisation of `SignedInfo`: exclusive, or inclusive where a provider still uses it; never the
/// variants that keep comments.
fn check_canonicalization<'t>(tree: &'t Tree<'_>, method: NodeId) -> Result<(&'t str, &'t str), Rejection> {
    match algorithm(tree, method)? {
        EXC_C14N => Ok((EXC_C14N, inclusive_namespaces(tree, method)?)),
        inclusive @ (dsig::C14N | dsig::C14N11) => leaf(tree, method).map(|()| (inclusive, "")),
        other => Err(forbidden("The signature is canonicalised in a way that is not allowed.")
            .expected(EXC_C14N)
            .received(other)),
    }
}

pub(crate) fn allowed_signature_method(algorithm: &str, allow_sha1: bool) -> Result<(), Rejection> {
    match algorithm {
        dsig::RSA_SHA256
        | dsig::RSA_SHA384
        | dsig::RSA_SHA512
        | dsig::PSS_SHA256
        | dsig::PSS_SHA384
        | dsig::PSS_SHA512
        | dsig::ECDSA_SHA256
        | dsig::ECDSA_SHA384
        | dsig::ECDSA_SHA512 => Ok(()),
        dsig::RSA_SHA1 if allow_sha1 => Ok(()),
        dsig::RSA_SHA1 => Err(sha1(dsig::RSA_SHA256, algorithm)),
        other => Err(forbidden(
            "The message is signed with an algorithm that is not accepted. Choose RSA with SHA-256 at the \
             identity provider.",
        )
        .expected(dsig::RSA_SHA256)
        .received(other)),
    }
}

fn allowed_digest_method(algorithm: &str, allow_sha1: bool) -> Result<(), Rejection> {
    match algorithm {
        dsig::SHA256 | dsig::SHA384 | dsig::SHA512 => Ok(()),
        dsig::SHA1 if allow_sha1 => Ok(()),
        dsig::SHA1 => Err(sha1(dsig::SHA256, algorithm)),
        other => Err(forbidden(
            "The message is hashed with an algorithm that is not accepted. Choose SHA-256 at the identity \
             provider.",
        )
        .expected(dsig::SHA256)
        .received(other)),
    }
}

/// The first four element children of `node`, which may hold nothing else and only these attributes. No part of a signature
/// may have more than three.
fn children(tree: &Tree<'_>, node: NodeId, attributes: &[&str]) -> Result<[Option<NodeId>; 4], Rejection> {
    if !tree.attrs_within(node, attributes) || !tree.holds_only_elements(node) {
        return Err(malformed(&format!("unexpected content in {}", tree.name(node))));
    }
    let mut elements = tree.elements(node);
    Ok(std::array::from_fn(|_| elements.next()))
}

fn transforms_forbidden(tree: &Tree<'_>, chain: &[Option<NodeId>]) -> Rejection {
    let names: Vec<&str> = chain.iter().flatten().filter_map(|node| tree.attr(*node, "Algorithm")).collect();
    forbidden("The signature transforms the message in a way that SAML does not allow.")
        .expected(format!("{}, {EXC_C14N}", dsig::ENVELOPED))
        .received(names.join(", "))
}

fn named(tree: &Tree<'_>, node: NodeId, local: &str) -> Result<(), Rejection> {
    if tree.is(node, DS, local) {
        return Ok(());
    }
    Err(malformed(&format!("{local} is not where it belongs")).expected(local).received(tree.name(node)))
}

/// The `Algorithm` attribute, the only one allowed.
fn algorithm<'t>(tree: &'t Tree<'_>, node: NodeId) -> Result<&'t str, Rejection> {
    match tree.attr(node, "Algorithm") {
        Some(algorithm) if tree.attrs_within(node, &["Algorithm"]) => Ok(algorithm),
        _ => Err(malformed(&format!("{} must have the attribute Algorithm and no other", tree.name(node)))),
    }
}

/// No parameters: no element, no text.
fn leaf(tree: &Tree<'_>, node: NodeId) -> Result<(), Rejection> {
    if tree.holds_only_elements(node) && tree.elements(node).next().is_none() {
        return Ok(());
    }
    Err(malformed(&format!("{} has parameters that are not accepted", tree.name(node))))
}

/// At most one `InclusiveNamespaces` with a `PrefixList`, which is returned (exclusive canonicalisation, section 4).
fn inclusive_namespaces<'t>(tree: &'t Tree<'_>, node: NodeId) -> Result<&'t str, Rejection> {
    if !tree.holds_only_elements(node) {
        return Err(malformed(&format!("unexpected content in {}", tree.name(node))));
    }
    let mut parameters = tree.elements(node);
    let Some(first) = parameters.next() else { return Ok("") };
    let list = tree.attr(first, "PrefixList").unwrap_or("");
    let fits = parameters.next().is_none()
        && tree.is(first, EXC_C14N, "InclusiveNamespaces")
        && tree.attrs_within(first, &["PrefixList"])
        && list.len() <= 1024
        && tree.holds_only_elements(first)
        && tree.elements(first).next().is_none();
    if fits {
        Ok(list)
    } else {
        Err(malformed(&format!("{} has parameters that are not accepted", tree.name(node))))
    }
}

/// An id that means the same in a fragment and in an attribute: no pointer, no escapes, no white space.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_alphanumeric() || "_-.:~".contains(c))
}

fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Code::SignatureMalformed,
        format!(
            "The signature is not built as SAML asks: {what}. If the identity provider made this message, \
             use its standard signing settings; otherwise somebody changed it on the way."
        ),
    )
}

fn forbidden(message: &str) -> Rejection {
    Rejection::new(Code::AlgorithmForbidden, message)
}

fn sha1(expected: &str, received: &str) -> Rejection {
    Rejection::new(
        Code::Sha1Forbidden,
        "The message is signed with SHA-1, which can be forged. Switch the signature algorithm at the \
         identity provider to SHA-256.",
    )
    .expected(expected)
    .received(received)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_id_refuses_pointers_and_escapes() {
        for id in ["_abc", "id-1.2", "_8e8dc5f6-9f", "ähm"] {
            assert!(is_id(id), "{id}");
        }
        for id in ["", "xpointer(/)", "a b", "a%20b", "a#b", "a'b", "a/b", &"x".repeat(513)] {
            assert!(!is_id(id), "{id}");
        }
    }
}
