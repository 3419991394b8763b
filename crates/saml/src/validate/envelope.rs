//! The outside of a message: its bytes, its root, its status, and where the one assertion is.
//!
//! Owns: everything that is read from the `Response` element itself. Does not own: the assertion.

use super::assertion::{later, not_yet_valid};
use super::{Expected, status};
use crate::MAX_MESSAGE_BYTES;
use crate::guard::{is_advice_of, is_id};
use crate::names::{SAML, SAMLP};
use crate::rejection::{Code, Rejection};
use crate::text::{compact_base64, normalize};
use crate::time;
use crate::xml::{Fault, Tree};
use jiff::Timestamp;
use uppsala::NodeId;

/// How many tags a message may have: a full [`MAX_MESSAGE_BYTES`] of real groups has half of it.
const MAX_TAGS: usize = 65_536;

/// The one assertion of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// An `Assertion`.
    Plain(NodeId),
    /// An `EncryptedAssertion`.
    Encrypted(NodeId),
}

/// What the `Response` element says.
pub(crate) struct Envelope {
    pub(crate) response: NodeId,
    /// `IssueInstant`.
    made: Timestamp,
    pub(crate) content: Content,
    /// `InResponseTo`.
    pub(crate) in_response_to: Option<String>,
}

/// The XML of a message: as it is, or decoded from base64, with line ends and attribute values normalised as XML
/// asks. At most [`MAX_MESSAGE_BYTES`].
pub fn decode_message(input: &[u8]) -> Result<String, Rejection> {
    let too_large = || {
        Rejection::new(
            Code::TooLarge,
            "The message is too large. Send fewer groups or attributes from the identity provider.",
        )
        .expected(format!("at most {MAX_MESSAGE_BYTES} bytes"))
        .received(format!("{} bytes", input.len()))
    };
    // Base64 takes four thirds, and line breaks.
    if input.len() > MAX_MESSAGE_BYTES * 3 / 2 {
        return Err(too_large());
    }
    let body = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii();
    if body.is_empty() {
        return Err(Rejection::new(
            Code::Empty,
            "The identity provider sent an empty answer. Try to sign in again.",
        ));
    }
    let mut bytes = if body.first() == Some(&b'<') {
        body.to_vec()
    } else {
        let decoded = std::str::from_utf8(body).ok().and_then(compact_base64);
        decoded.ok_or_else(|| {
            let code = if is_other_unicode(body) { Code::NotUtf8 } else { Code::NotBase64 };
            Rejection::new(
                code,
                "The answer is neither XML nor base64 of XML. Something cut or changed it on the way; try to \
                 sign in again.",
            )
        })?
    };
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(too_large());
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map(normalize).map_err(|_| {
        Rejection::new(Code::NotUtf8, "The answer is not UTF-8 text. SAML messages must be UTF-8.")
    })
}

/// Parses a message and refuses what no SAML message needs.
pub(crate) fn parse(xml: &str) -> Result<Tree<'_>, Rejection> {
    let tree = Tree::parse(xml, MAX_TAGS).map_err(|fault| match fault {
        Fault::TooComplex => Rejection::new(
            Code::TooLarge,
            "The message has more parts than any real one. Send fewer groups or attributes from the identity \
             provider.",
        )
        .expected(format!("at most {MAX_TAGS} tags and 256 attributes in each")),
        Fault::Dtd => Rejection::new(
            Code::DtdForbidden,
            "The message carries a document type declaration, which SAML forbids. No identity provider sends \
             one: somebody changed the message.",
        ),
        Fault::Encoding(encoding) => {
            Rejection::new(Code::NotUtf8, "The message declares another encoding than UTF-8.")
                .expected("UTF-8")
                .received(encoding)
        }
        Fault::Malformed(reason) => Rejection::new(
            Code::MalformedXml,
            format!(
                "The message is not well-formed XML ({reason}). It was cut or changed on the way; try again."
            ),
        ),
    })?;
    if tree.has_processing_instruction() {
        return Err(Rejection::new(
            Code::ProcessingInstructionForbidden,
            "The message carries a processing instruction, which no SAML message has. Somebody changed it.",
        ));
    }
    if let Some(id) = tree.duplicate_id() {
        return Err(Rejection::new(
            Code::DuplicateId,
            "Two parts of the message carry the same id, so a signature over one could be taken for the other.",
        )
        .expected("ids that are unique in the message")
        .received(id));
    }
    Ok(tree)
}

/// How many plain or encrypted assertions stand anywhere in the document, besides those that `assertion` holds in
/// its own `Advice`.
///
/// Advice (SAML core 2.6.1) is part of what was signed and may be ignored: it is never read.
pub(crate) fn count_assertions(tree: &Tree<'_>, assertion: Option<NodeId>) -> usize {
    tree.assertions()
        .iter()
        .filter(|node| !assertion.is_some_and(|holder| is_advice_of(tree, **node, holder)))
        .count()
}

impl Envelope {
    /// Reads the `Response`: root, version, status, and the one assertion.
    pub(crate) fn read(tree: &Tree<'_>) -> Result<Self, Rejection> {
        let response = tree.root();
        if !tree.is(response, SAMLP, "Response") {
            return Err(Rejection::new(
                Code::NotAResponse,
                "This is not a SAML 2.0 response. Check which address the identity provider sends to.",
            )
            .expected(format!("Response ({SAMLP})"))
            .received(tree.name(response)));
        }
        version(tree, response)?;
        if !tree.attr(response, "ID").is_some_and(is_id) {
            return Err(malformed("the Response has no usable ID"));
        }
        let made = issue_instant(tree, response)?;
        status::check(tree, response)?;
        let content = content(tree, response)?;
        Ok(Self {
            response,
            made,
            content,
            in_response_to: tree.attr(response, "InResponseTo").map(str::to_owned),
        })
    }

    /// The `Issuer` of the response, and already that of a plain assertion: a foreign provider is told as such
    /// and not as a broken signature. Both are read again, from the verified element, where it matters.
    pub(crate) fn check_issuer(&self, tree: &Tree<'_>, expected: &Expected<'_>) -> Result<(), Rejection> {
        if let Some(issuer) = issuer(tree, self.response)? {
            compare_issuer(&issuer, expected)?;
        }
        if let Content::Plain(assertion) = self.content
            && let Some(issuer) = issuer(tree, assertion)?
        {
            compare_issuer(&issuer, expected)?;
        }
        Ok(())
    }

    /// The profile's checks of the response itself, after its signature (if any) has verified.
    pub(crate) fn check(
        &self,
        tree: &Tree<'_>,
        expected: &Expected<'_>,
        signed: bool,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        if self.made > later(now, expected) {
            return Err(not_yet_valid("The response was issued in the future.", self.made, now));
        }
        // Profiles 4.1.4.2 with erratum 26: required when the response is signed or the assertion encrypted.
        let issuer_required = signed || matches!(self.content, Content::Encrypted(_));
        if issuer_required && issuer(tree, self.response)?.is_none() {
            return Err(Rejection::new(
                Code::IssuerMissing,
                "The response does not say which identity provider it comes from.",
            )
            .expected(expected.idp_entity_id));
        }
        match tree.attr(self.response, "Destination") {
            Some(destination) if destination == expected.acs_url => {}
            Some(destination) => {
                return Err(Rejection::new(
                    Code::DestinationMismatch,
                    "The identity provider addressed its answer to another URL. Correct the ACS URL (also \
                     called reply URL or single sign-on URL) there.",
                )
                .expected(expected.acs_url)
                .received(destination));
            }
            // Bindings 3.5.5.2: a signed message sent through the browser must name its destination.
            None if signed => {
                return Err(Rejection::new(
                    Code::DestinationMissing,
                    "The response is signed but does not say where it was to be sent. Set the destination to \
                     the ACS URL at the identity provider.",
                )
                .expected(expected.acs_url));
            }
            None => {}
        }
        self.check_request(expected)
    }

    /// Whether the response answers the request that this browser was sent away with.
    fn check_request(&self, expected: &Expected<'_>) -> Result<(), Rejection> {
        match (self.in_response_to.as_deref(), expected.request_id) {
            (Some(received), Some(wanted)) if received == wanted => Ok(()),
            (Some(received), Some(wanted)) => Err(Rejection::new(
                Code::InResponseToMismatch,
                "This answers another sign-in than the one that was started in this browser. Start again from \
                 the sign-in page.",
            )
            .expected(wanted)
            .received(received)),
            (Some(received), None) => Err(Rejection::new(
                Code::InResponseToMismatch,
                "This answers a sign-in request that is not known here: it was answered before, took too long, \
                 or was started elsewhere. Start again from the sign-in page.",
            )
            .expected("no InResponseTo, because no request is open")
            .received(received)),
            (None, _) if expected.allow_unsolicited => Ok(()),
            (None, Some(wanted)) => Err(Rejection::new(
                Code::InResponseToMismatch,
                "The answer does not say which sign-in it belongs to. Start again from the sign-in page.",
            )
            .expected(wanted)
            .received("no InResponseTo")),
            (None, None) => Err(Rejection::new(
                Code::Unsolicited,
                "Nobody asked for this sign-in: it was started at the identity provider, which this connection \
                 does not allow. Start from the sign-in page.",
            )
            .expected("an answer to a request")
            .received("no InResponseTo")),
        }
    }
}

/// The text of the one `Issuer` child.
pub(crate) fn issuer(tree: &Tree<'_>, node: NodeId) -> Result<Option<String>, Rejection> {
    match tree.one(node, SAML, "Issuer") {
        Ok(None) => Ok(None),
        Ok(Some(issuer)) => match tree.text(issuer) {
            Some(text) => Ok(Some(text)),
            None => Err(malformed("Issuer holds more than text")),
        },
        Err(_) => Err(malformed("Issuer stands twice")),
    }
}

/// Compares an issuer with the connection's identity provider.
pub(crate) fn compare_issuer(issuer: &str, expected: &Expected<'_>) -> Result<(), Rejection> {
    if issuer == expected.idp_entity_id && !issuer.is_empty() {
        return Ok(());
    }
    Err(Rejection::new(
        Code::IssuerMismatch,
        "The answer comes from another identity provider than the one this connection trusts. Compare the \
         issuer (entity ID) there with the connection's, or load the provider's metadata again.",
    )
    .expected(expected.idp_entity_id)
    .received(issuer))
}

/// `Version` must be 2.0.
pub(crate) fn version(tree: &Tree<'_>, node: NodeId) -> Result<(), Rejection> {
    match tree.attr(node, "Version") {
        Some("2.0") => Ok(()),
        other => Err(Rejection::new(Code::VersionUnsupported, "Only SAML version 2.0 is understood.")
            .expected("2.0")
            .received(other.unwrap_or("no version"))),
    }
}

/// `IssueInstant` must be there and readable; the times that bound the answer are the assertion's.
pub(crate) fn issue_instant(tree: &Tree<'_>, node: NodeId) -> Result<Timestamp, Rejection> {
    let text = tree.attr(node, "IssueInstant").unwrap_or("");
    time::parse(text).ok_or_else(|| unreadable_time("IssueInstant", text))
}

pub(crate) fn unreadable_time(what: &str, text: &str) -> Rejection {
    Rejection::new(Code::TimeMalformed, format!("{what} is not a time that can be read."))
        .expected("a time such as 2026-01-31T12:00:00Z")
        .received(text)
}

pub(crate) fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Code::MalformedMessage,
        format!(
            "The message is not built as SAML asks: {what}. Somebody or something changed it on the way."
        ),
    )
}

/// Finds the one assertion, and makes sure that no other stands anywhere in the document.
fn content(tree: &Tree<'_>, response: NodeId) -> Result<Content, Rejection> {
    let plain: Vec<NodeId> = tree.all(response, SAML, "Assertion").collect();
    let encrypted: Vec<NodeId> = tree.all(response, SAML, "EncryptedAssertion").collect();
    match (plain.as_slice(), encrypted.as_slice(), count_assertions(tree, plain.first().copied())) {
        ([one], [], 1) => Ok(Content::Plain(*one)),
        ([], [one], 1) => Ok(Content::Encrypted(*one)),
        ([], [], 0) => Err(Rejection::new(
            Code::AssertionMissing,
            "The identity provider reports success but says nothing about the person. Try again; if it stays, \
             its log says why.",
        )
        .expected("one Assertion")
        .received("none")),
        (_, _, count) => Err(Rejection::new(
            Code::AssertionNotSingle,
            "The message must hold one assertion, directly inside the Response. Others are how forged messages \
             are smuggled past a signature.",
        )
        .expected("1 assertion")
        .received(format!("{count} assertions, {} of them in place", plain.len() + encrypted.len()))),
    }
}

/// UTF-16, told by its byte order mark.
fn is_other_unicode(body: &[u8]) -> bool {
    body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff])
}
