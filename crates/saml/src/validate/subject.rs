//! The subject: the name identifier and its bearer confirmation.
//!
//! Owns: `Subject` (SAML core 2.4, profiles 4.1.4.2 and 4.1.4.3). Does not own: who the person is here.

use super::Expected;
use super::assertion::{earlier, expired, instant};
use super::claims::NameId;
use super::envelope::{Envelope, malformed};
use crate::encryption;
use crate::keys::DecryptionKey;
use crate::names::{CM_BEARER, SAML};
use crate::rejection::{Code, Rejection};
use crate::xml::Tree;
use jiff::Timestamp;
use uppsala::NodeId;

/// The subject of an assertion.
pub(crate) struct Subject {
    pub(crate) name_id: NameId,
    /// The end of the confirmation that held.
    pub(crate) not_on_or_after: Timestamp,
}

/// Reads the subject; one bearer confirmation must hold entirely.
pub(crate) fn read(
    tree: &Tree<'_>,
    assertion: NodeId,
    envelope: &Envelope,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Subject, Rejection> {
    let subject = match tree.one(assertion, SAML, "Subject") {
        Ok(Some(subject)) => subject,
        Ok(None) => return Err(no_name_id()),
        Err(_) => return Err(malformed("Subject stands twice")),
    };
    let name_id = name_id(tree, subject, expected.decryption_keys)?;
    let mut refusal = None;
    let mut held: Option<Timestamp> = None;
    for confirmation in tree.all(subject, SAML, "SubjectConfirmation") {
        if tree.attr(confirmation, "Method") != Some(CM_BEARER) {
            continue;
        }
        match bearer(tree, confirmation, envelope, expected, now) {
            Ok(until) => held = Some(held.map_or(until, |known| known.max(until))),
            Err(rejection) => refusal = refusal.or(Some(rejection)),
        }
    }
    match (held, refusal) {
        (Some(not_on_or_after), _) => Ok(Subject { name_id, not_on_or_after }),
        (None, Some(rejection)) => Err(rejection),
        (None, None) => Err(Rejection::new(
            Code::SubjectConfirmationMissing,
            "The assertion does not say that whoever brings it may use it. Switch the subject confirmation at \
             the identity provider to bearer.",
        )
        .expected(CM_BEARER)),
    }
}

/// One bearer confirmation. Returns its end.
fn bearer(
    tree: &Tree<'_>,
    confirmation: NodeId,
    envelope: &Envelope,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Timestamp, Rejection> {
    let invalid = |message: &str| Rejection::new(Code::SubjectConfirmationInvalid, message);
    let Ok(Some(data)) = tree.one(confirmation, SAML, "SubjectConfirmationData") else {
        return Err(invalid("The assertion's subject confirmation lacks its data (recipient and time)."));
    };
    match tree.attr(data, "Recipient") {
        Some(recipient) if recipient == expected.acs_url => {}
        Some(recipient) => {
            return Err(Rejection::new(
                Code::RecipientMismatch,
                "The identity provider addressed its answer to another URL. Correct the recipient (usually the \
                 same field as the ACS URL) there.",
            )
            .expected(expected.acs_url)
            .received(recipient));
        }
        None => {
            return Err(Rejection::new(
                Code::RecipientMissing,
                "The assertion does not say to which URL it may be brought. Enter the ACS URL as the recipient \
                 at the identity provider.",
            )
            .expected(expected.acs_url)
            .received("no recipient"));
        }
    }
    if let Some(from) = tree.attr(data, "NotBefore") {
        return Err(invalid(
            "The subject confirmation has a start time, which the profile forbids for bearer.",
        )
        .expected("no NotBefore in SubjectConfirmationData")
        .received(from));
    }
    let Some(until) = instant(tree, data, "NotOnOrAfter")? else {
        return Err(invalid("The subject confirmation has no end, so the answer could be used for ever.")
            .expected("NotOnOrAfter in SubjectConfirmationData"));
    };
    if earlier(now, expected) >= until {
        return Err(expired("The answer came too late: its time was over.", until, now));
    }
    match (tree.attr(data, "InResponseTo"), envelope.in_response_to.as_deref()) {
        (inner, outer) if inner == outer => Ok(until),
        (inner, outer) => Err(Rejection::new(
            Code::InResponseToMismatch,
            "The assertion belongs to another sign-in than the response around it. Start again from the sign-in \
             page.",
        )
        .expected(outer.unwrap_or("no InResponseTo"))
        .received(inner.unwrap_or("no InResponseTo"))),
    }
}

/// The one `NameID` or `EncryptedID` (SAML core 2.4.1).
pub(crate) fn name_id(tree: &Tree<'_>, subject: NodeId, keys: &[DecryptionKey]) -> Result<NameId, Rejection> {
    let plain = tree.one(subject, SAML, "NameID").map_err(|_| malformed("NameID stands twice"))?;
    let encrypted =
        tree.one(subject, SAML, "EncryptedID").map_err(|_| malformed("EncryptedID stands twice"))?;
    match (plain, encrypted) {
        (Some(node), None) => read_name_id(tree, node),
        (None, Some(holder)) => decrypted_name_id(tree, holder, keys),
        (None, None) => Err(no_name_id()),
        (Some(_), Some(_)) => Err(malformed("a NameID and an EncryptedID stand together")),
    }
}

/// The `NameID` inside an `EncryptedID`. The ciphertext is part of what was verified, so no stranger chose it.
fn decrypted_name_id(tree: &Tree<'_>, holder: NodeId, keys: &[DecryptionKey]) -> Result<NameId, Rejection> {
    let decrypted = encryption::decrypt(tree, holder, keys)?;
    let inside = super::envelope::parse(&decrypted.xml).map_err(|_| encryption::failed())?;
    let mut elements = inside.elements(inside.root());
    match (elements.next(), elements.next()) {
        (Some(node), None)
            if inside.is(node, SAML, "NameID") && inside.holds_only_elements(inside.root()) =>
        {
            read_name_id(&inside, node)
        }
        _ => Err(encryption::failed()),
    }
}

/// A `NameID`: not empty, nothing but text, and something that can be seen.
fn read_name_id(tree: &Tree<'_>, node: NodeId) -> Result<NameId, Rejection> {
    let value = tree.text(node).ok_or_else(|| malformed("NameID holds more than text"))?;
    if value.chars().all(is_invisible) {
        return Err(no_name_id());
    }
    let attribute = |name| tree.attr(node, name).map(str::to_owned);
    Ok(NameId {
        value,
        format: attribute("Format"),
        name_qualifier: attribute("NameQualifier"),
        sp_name_qualifier: attribute("SPNameQualifier"),
    })
}

/// White space, control characters, and the marks of no width.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn no_name_id() -> Rejection {
    Rejection::new(
        Code::NameIdMissing,
        "The identity provider does not say who the person is: the name ID is missing or empty. Choose a name ID \
         there, such as the e-mail address, and check that the person has one.",
    )
    .expected("a NameID that is not empty")
}
