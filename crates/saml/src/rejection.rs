//! Why a response signs nobody in.
//!
//! Owns: the stable codes and the sentences a person reads. Does not own: logging, translation or pages.

use std::fmt;

/// Why a response was refused. The text form ([`Code::as_str`]) is stable: it is stored, shown and searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Larger than [`crate::MAX_MESSAGE_BYTES`].
    TooLarge,
    /// Nothing was sent.
    Empty,
    /// Neither XML nor base64 of XML.
    NotBase64,
    /// Not UTF-8, or declared to be something else.
    NotUtf8,
    /// Not well-formed XML, or nested too deeply.
    MalformedXml,
    /// Carries a document type declaration.
    DtdForbidden,
    /// Carries a processing instruction.
    ProcessingInstructionForbidden,
    /// The same id names two elements.
    DuplicateId,
    /// The root is not a SAML 2.0 `Response`.
    NotAResponse,
    /// The root is not the logout message that belongs here.
    NotALogoutMessage,
    /// `Version` is not 2.0.
    VersionUnsupported,
    /// A required part is absent, or present twice, or not where the schema has it.
    MalformedMessage,
    /// The provider reports that it did not sign the person in.
    StatusNotSuccess,
    /// No assertion in the response.
    AssertionMissing,
    /// More than one assertion in the response.
    AssertionNotSingle,
    /// The connection has no signing key.
    NoTrustedKey,
    /// Neither the response nor the assertion is signed.
    SignatureMissing,
    /// A signature stands where the profile has none.
    SignatureMisplaced,
    /// The shape of a signature is outside the profile.
    SignatureMalformed,
    /// An algorithm or transform outside the allow-list.
    AlgorithmForbidden,
    /// SHA-1, and the connection makes no exception for it.
    Sha1Forbidden,
    /// A signature does not verify with the connection's keys.
    SignatureInvalid,
    /// The assertion is encrypted and the connection has no key to read it.
    DecryptionKeyMissing,
    /// The assertion could not be decrypted. One code for every cause.
    DecryptionFailed,
    /// `Issuer` is not the connection's identity provider.
    IssuerMismatch,
    /// A required `Issuer` is absent.
    IssuerMissing,
    /// `Destination` is not our assertion consumer service.
    DestinationMismatch,
    /// A signed response names no `Destination`.
    DestinationMissing,
    /// The assertion is meant for another service provider.
    AudienceMismatch,
    /// The assertion names no audience.
    AudienceMissing,
    /// The subject confirmation is addressed to another URL.
    RecipientMismatch,
    /// The subject confirmation names no recipient.
    RecipientMissing,
    /// No bearer confirmation of the subject.
    SubjectConfirmationMissing,
    /// A bearer confirmation carries `NotBefore`, lacks `NotOnOrAfter`, or is otherwise outside the profile.
    SubjectConfirmationInvalid,
    /// The answer's time is over.
    Expired,
    /// The answer's time has not begun.
    NotYetValid,
    /// A time could not be read.
    TimeMalformed,
    /// The answer belongs to another request, or names none where one is expected.
    InResponseToMismatch,
    /// Nobody asked for this answer.
    Unsolicited,
    /// A condition that we do not know; SAML core 2.5.1 asks to refuse it.
    ConditionUnknown,
    /// `Conditions` is absent.
    ConditionsMissing,
    /// No statement that the person signed in.
    AuthnStatementMissing,
    /// The sign-in at the provider is older than the connection allows.
    AuthnTooOld,
    /// The provider's session has ended.
    SessionExpired,
    /// No subject, or a name identifier that is absent or empty.
    NameIdMissing,
}

impl Code {
    /// The stable text form, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::NotBase64 => "not_base64",
            Self::NotUtf8 => "not_utf8",
            Self::MalformedXml => "malformed_xml",
            Self::DtdForbidden => "dtd_forbidden",
            Self::ProcessingInstructionForbidden => "processing_instruction_forbidden",
            Self::DuplicateId => "duplicate_id",
            Self::NotAResponse => "not_a_response",
            Self::NotALogoutMessage => "not_a_logout_message",
            Self::VersionUnsupported => "version_unsupported",
            Self::MalformedMessage => "malformed_message",
            Self::StatusNotSuccess => "status_not_success",
            Self::AssertionMissing => "assertion_missing",
            Self::AssertionNotSingle => "assertion_not_single",
            Self::NoTrustedKey => "no_trusted_key",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureMisplaced => "signature_misplaced",
            Self::SignatureMalformed => "signature_malformed",
            Self::AlgorithmForbidden => "algorithm_forbidden",
            Self::Sha1Forbidden => "sha1_forbidden",
            Self::SignatureInvalid => "signature_invalid",
            Self::DecryptionKeyMissing => "decryption_key_missing",
            Self::DecryptionFailed => "decryption_failed",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::IssuerMissing => "issuer_missing",
            Self::DestinationMismatch => "destination_mismatch",
            Self::DestinationMissing => "destination_missing",
            Self::AudienceMismatch => "audience_mismatch",
            Self::AudienceMissing => "audience_missing",
            Self::RecipientMismatch => "recipient_mismatch",
            Self::RecipientMissing => "recipient_missing",
            Self::SubjectConfirmationMissing => "subject_confirmation_missing",
            Self::SubjectConfirmationInvalid => "subject_confirmation_invalid",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::TimeMalformed => "time_malformed",
            Self::InResponseToMismatch => "in_response_to_mismatch",
            Self::Unsolicited => "unsolicited",
            Self::ConditionUnknown => "condition_unknown",
            Self::ConditionsMissing => "conditions_missing",
            Self::AuthnStatementMissing => "authn_statement_missing",
            Self::AuthnTooOld => "authn_too_old",
            Self::SessionExpired => "session_expired",
            Self::NameIdMissing => "name_id_missing",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the identity provider said instead of success (SAML core 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The status codes, outermost first.
    pub codes: Vec<String>,
    /// `StatusMessage`, when one was sent. Written by the provider: show it as text only.
    pub message: Option<String>,
}

/// A refused response: a stable code, what was expected beside what was received, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// What would have been accepted, where that is one value.
    pub expected: Option<String>,
    /// What the message said instead. Written by whoever sent it: show it as text only.
    pub received: Option<String>,
    /// One or two sentences: what is wrong and what to do next.
    pub message: String,
    /// The provider's own words, for [`Code::StatusNotSuccess`].
    pub status: Option<Box<Status>>,
}

impl Rejection {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, expected: None, received: None, message: message.into(), status: None }
    }

    pub(crate) fn expected(mut self, value: impl Into<String>) -> Self {
        self.expected = Some(value.into());
        self
    }

    pub(crate) fn received(mut self, value: impl Into<String>) -> Self {
        self.received = Some(shorten(value.into()));
        self
    }

    pub(crate) fn status(mut self, status: Status) -> Self {
        self.status = Some(Box::new(status));
        self
    }
}

/// Keeps a value from a message short enough for a page and a log line.
fn shorten(mut value: String) -> String {
    const LIMIT: usize = 500;
    if value.len() > LIMIT {
        let cut = (0..=LIMIT).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
        value.truncate(cut);
        value.push('…');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_value_longer_than_the_limit_is_cut_at_a_character() {
        let rejection = Rejection::new(Code::Empty, "x").received("ä".repeat(400));
        let received = rejection.received.unwrap();
        assert!(received.len() < 520 && received.ends_with('…'));
    }
}
