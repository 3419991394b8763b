//! Judging what asks us to end a session, and what answers us.

use super::query::{Query, unsigned};
use super::write::Status;
use crate::guard::{self, is_id};
use crate::keys::{DecryptionKey, SigningKey};
use crate::names::{SAMLP, STATUS_PARTIAL_LOGOUT, STATUS_SUCCESS};
use crate::rejection::{Code, Rejection};
use crate::signature;
use crate::validate::{self, NameId, checks};
use crate::xml::Tree;
use jiff::{SignedDuration, Timestamp};

/// How long a request may be acted on that names no end of its own.
const DEFAULT_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub enum Carrier<'m> {
    /// By redirect: the query of the address, exactly as it was sent.
    Redirect(&'m str),
    /// By POST: the value of the form field.
    Post(&'m str),
}

/// What a logout message must fit.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The entity id of the other side.
    pub issuer: &'a str,
    /// The other side's signing keys. None means: refuse everything.
    pub signing_keys: &'a [SigningKey],
    /// Our single logout URL: the destination.
    pub slo_url: &'a str,
    /// Whether the connection has the exception for SHA-1.
    pub allow_sha1: bool,
    /// Our private keys for an encrypted name identifier.
    pub decryption_keys: &'a [DecryptionKey],
    /// How far the two clocks may differ.
    pub clock_skew: SignedDuration,
}

impl<'a> Expected<'a> {
    /// No SHA-1, nothing encrypted, two minutes between the clocks.
    pub fn new(issuer: &'a str, signing_keys: &'a [SigningKey], slo_url: &'a str) -> Self {
        let clock_skew = SignedDuration::from_secs(120);
        Self { issuer, signing_keys, slo_url, allow_sha1: false, decryption_keys: &[], clock_skew }
    }

    /// The same for the checks that every message has in common.
    fn common(&self) -> validate::Expected<'a> {
        validate::Expected {
            allow_sha1: self.allow_sha1,
            decryption_keys: self.decryption_keys,
            clock_skew: self.clock_skew,
            ..validate::Expected::new(self.issuer, self.signing_keys, "", self.slo_url)
        }
    }
}

/// A `LogoutRequest` whose signature verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedLogoutRequest {
    /// Its id: accept each once, until [`ReceivedLogoutRequest::until`].
    pub id: String,
    /// Whose sessions end.
    pub name_id: NameId,
    /// Which of them; empty means all.
    pub session_indexes: Vec<String>,
    /// `Reason`, if sent.
    pub reason: Option<String>,
    /// Until when this request could be accepted, the clock allowance included.
    pub until: Timestamp,
    /// `RelayState` of the redirect binding.
    pub relay_state: Option<String>,
}

/// What became of the session that we asked to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The other side's verdict.
    pub status: Status,
    /// Its words, if it sent any. Show them as text only.
    pub message: Option<String>,
}

/// Judges a `LogoutRequest` (core 3.7.1, profiles 4.4.4.1). It must be signed.
///
/// # Errors
/// Whatever does not fit, with what was expected beside what came.
pub fn validate_request(
    carrier: Carrier<'_>,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<ReceivedLogoutRequest, Rejection> {
    let (xml, relay_state) = open(carrier, "SAMLRequest", expected)?;
    let common = expected.common();
    let tree = checks::parse(&xml)?;
    let made = verified(&tree, carrier, "LogoutRequest", &common, now)?;
    let root = tree.root();
    let end = match checks::instant(&tree, root, "NotOnOrAfter")? {
        Some(end) => end,
        None => made.saturating_add(DEFAULT_LIFE).unwrap_or(Timestamp::MAX),
    };
    if checks::earlier(now, &common) >= end {
        return Err(checks::expired("The request to sign out came too late: its time was over.", end, now));
    }
    let name_id = checks::name_id(&tree, root, expected.decryption_keys)?;
    let indexes =
        tree.all(root, SAMLP, "SessionIndex").map(|node| tree.text(node)).collect::<Option<Vec<_>>>();
    Ok(ReceivedLogoutRequest {
        id: tree.attr(root, "ID").unwrap_or_default().to_owned(),
        name_id,
        session_indexes: indexes.ok_or_else(|| checks::malformed("SessionIndex holds more than text"))?,
        reason: tree.attr(root, "Reason").map(str::to_owned),
        until: end.saturating_add(expected.clock_skew).unwrap_or(Timestamp::MAX),
        relay_state,
    })
}

/// Judges the `LogoutResponse` to the request `request_id` (core 3.7.2). It must be signed.
///
/// # Errors
/// Whatever does not fit; a provider that reports a failure is no error but [`Status::Failed`].
pub fn validate_response(
    carrier: Carrier<'_>,
    expected: &Expected<'_>,
    request_id: &str,
    now: Timestamp,
) -> Result<Outcome, Rejection> {
    let (xml, _) = open(carrier, "SAMLResponse", expected)?;
    let tree = checks::parse(&xml)?;
    verified(&tree, carrier, "LogoutResponse", &expected.common(), now)?;
    let root = tree.root();
    let answered = tree.attr(root, "InResponseTo");
    if request_id.is_empty() || answered != Some(request_id) {
        return Err(Rejection::new(
            Code::InResponseToMismatch,
            "This answers another request to sign out than the one that was sent.",
        )
        .expected(request_id)
        .received(answered.unwrap_or("no InResponseTo")));
    }
    outcome(&tree)
}

/// The XML of the message and its relay state; by redirect with its signature verified.
fn open(
    carrier: Carrier<'_>,
    parameter: &'static str,
    expected: &Expected<'_>,
) -> Result<(String, Option<String>), Rejection> {
    match carrier {
        Carrier::Post(value) => Ok((checks::decode_message(value.as_bytes())?, None)),
        Carrier::Redirect(query) => {
            let query = Query::read(query, parameter)?;
            query.verify(expected.signing_keys, expected.allow_sha1)?;
            Ok((crate::text::normalize(query.xml()?), query.relay_state()))
        }
    }
}

/// Verifies the root and checks what both messages have in common. Returns when it was made.
fn verified(
    tree: &Tree<'_>,
    carrier: Carrier<'_>,
    kind: &str,
    expected: &validate::Expected<'_>,
    now: Timestamp,
) -> Result<Timestamp, Rejection> {
    let root = tree.root();
    if !tree.is(root, SAMLP, kind) {
        return Err(Rejection::new(
            Code::NotALogoutMessage,
            "This is not the sign-out message that belongs here. Check which address the identity provider sends to.",
        )
        .expected(format!("{kind} ({SAMLP})"))
        .received(tree.name(root)));
    }
    match carrier {
        Carrier::Post(_) => {
            let signature = guard::signature_of(tree, root, expected.allow_sha1)?;
            let signatures: Vec<_> = signature.into_iter().collect();
            guard::no_other_signature(tree, &signatures, None)?;
            if signatures.is_empty() {
                return Err(unsigned());
            }
            signature::verify(tree, &signatures, expected.signing_keys)?;
        }
        // The query's signature stands for the whole message, and bindings 3.4.4.1 has no other in it.
        Carrier::Redirect(_) => guard::no_other_signature(tree, &[], None)?,
    }
    checks::version(tree, root)?;
    if !tree.attr(root, "ID").is_some_and(is_id) {
        return Err(checks::malformed("the message has no usable ID"));
    }
    let made = checks::issue_instant(tree, root)?;
    if made > checks::later(now, expected) {
        return Err(checks::not_yet_valid("The message was issued in the future.", made, now));
    }
    match checks::issuer(tree, root)? {
        Some(issuer) => checks::compare_issuer(&issuer, expected)?,
        None => {
            return Err(Rejection::new(Code::IssuerMissing, "The message does not say who sent it.")
                .expected(expected.idp_entity_id));
        }
    }
    match tree.attr(root, "Destination") {
        Some(destination) if destination == expected.acs_url => Ok(made),
        Some(destination) => Err(Rejection::new(
            Code::DestinationMismatch,
            "The message is addressed to another URL. Correct the single logout URL at the identity provider.",
        )
        .expected(expected.acs_url)
        .received(destination)),
        None => Err(Rejection::new(
            Code::DestinationMissing,
            "The message does not say to which URL it is addressed, and a signed one must.",
        )
        .expected(expected.acs_url)),
    }
}

/// `Status`: success, in part, or not (core 3.2.2.2).
fn outcome(tree: &Tree<'_>) -> Result<Outcome, Rejection> {
    let Ok(Some(status)) = tree.one(tree.root(), SAMLP, "Status") else {
        return Err(checks::malformed("the message must have one Status"));
    };
    let Ok(Some(code)) = tree.one(status, SAMLP, "StatusCode") else {
        return Err(checks::malformed("Status must have one StatusCode"));
    };
    let below =
        tree.one(code, SAMLP, "StatusCode").map_err(|_| checks::malformed("StatusCode stands twice"))?;
    let below = below.and_then(|code| tree.attr(code, "Value"));
    let status_code = match (tree.attr(code, "Value"), below) {
        (_, Some(STATUS_PARTIAL_LOGOUT)) => Status::Partial,
        (Some(STATUS_SUCCESS), _) => Status::Success,
        _ => Status::Failed,
    };
    let message = tree.one(status, SAMLP, "StatusMessage").ok().flatten().map(|node| tree.deep_text(node));
    Ok(Outcome { status: status_code, message: message.filter(|text| !text.is_empty()) })
}
