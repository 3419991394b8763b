//! Why something the other side sent was refused, in words for a person and a code for a program.
//!
//! Owns the list of codes, which is stable: a code may be added, never renamed. Does not decide anything.

use std::fmt;

/// Longest part of a received value that is repeated to a person, in characters.
const SHOWN: usize = 200;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// What was wrong, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RejectionCode { $($(#[$doc])* $variant,)+ }

        impl RejectionCode {
            /// Every code there is.
            pub const ALL: &[RejectionCode] = &[$(RejectionCode::$variant,)+];

            /// The code as it stands in logs and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(RejectionCode::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// Longer than [`crate::MAX_TOKEN_BYTES`].
    TokenTooLarge = "token_too_large",
    /// Not a compact JWS (RFC 7515 section 7.1), or not strict base64url or JSON inside.
    TokenMalformed = "token_malformed",
    /// A JWE (five parts) where a JWS was expected.
    TokenEncrypted = "token_encrypted",
    /// The header's `typ` belongs to another kind of token (RFC 8725 section 3.11).
    TokenType = "token_type",
    /// The header names a critical extension (RFC 7515 section 4.1.11); we understand none.
    CriticalHeader = "critical_header",
    /// `alg` is `none`, an HMAC, or not among the allowed ones.
    AlgorithmNotAllowed = "algorithm_not_allowed",
    /// No key of the set has the token's `kid`: fetch the key set again, once.
    UnknownKey = "unknown_key",
    /// The key is there and must not be used: too short, a private key, not for signatures, …
    KeyUnusable = "key_unusable",
    /// The key with this `kid` is of another type, curve or algorithm than the token says.
    KeyMismatch = "key_mismatch",
    /// The signature does not fit.
    SignatureMismatch = "signature_mismatch",
    /// A claim that must be there is not.
    ClaimMissing = "claim_missing",
    /// A claim is of the wrong type or out of range.
    ClaimMalformed = "claim_malformed",
    /// `iss` is not the configured issuer.
    IssuerMismatch = "issuer_mismatch",
    /// `aud` does not contain our client id.
    AudienceMismatch = "audience_mismatch",
    /// `azp` is not our client id, or is missing beside several audiences.
    AuthorizedPartyMismatch = "authorized_party_mismatch",
    /// `sub` is not who it must be.
    SubjectMismatch = "subject_mismatch",
    /// `nonce` is not the one we sent.
    NonceMismatch = "nonce_mismatch",
    /// `exp` has passed.
    Expired = "expired",
    /// `nbf` or `iat` lies in the future.
    NotYetValid = "not_yet_valid",
    /// `exp` lies further away than this kind of token may live.
    LifetimeTooLong = "lifetime_too_long",
    /// The person signed in at the provider longer ago than `max_age` allows.
    SignInTooOld = "sign_in_too_old",
    /// `acr` is not among the requested ones.
    AcrMismatch = "acr_mismatch",
    /// `at_hash` does not fit the access token.
    AccessTokenHashMismatch = "access_token_hash_mismatch",
    /// `c_hash` does not fit the code.
    CodeHashMismatch = "code_hash_mismatch",
    /// `hd` is not one of the organization's domains.
    HostedDomainMismatch = "hosted_domain_mismatch",
    /// Not a back-channel logout token: the event is missing or a `nonce` is there.
    NotALogoutToken = "not_a_logout_token",
    /// Not a security event token: no event is in it, or a `nonce` is.
    NotASecurityEvent = "not_a_security_event",

    /// The issuer is not an absolute URL without query and fragment.
    IssuerMalformed = "issuer_malformed",
    /// The issuer stands for every customer of the provider at once.
    IssuerShared = "issuer_shared",
    /// The discovery document is not JSON or lacks its basic form.
    DiscoveryMalformed = "discovery_malformed",
    /// The discovery document speaks for another issuer.
    DiscoveryIssuerMismatch = "discovery_issuer_mismatch",
    /// An endpoint we need is missing from the discovery document or is not a URL.
    EndpointMissing = "endpoint_missing",
    /// An endpoint is plain http although the issuer is https.
    EndpointInsecure = "endpoint_insecure",
    /// The provider does not offer what we need: the code flow, a signature algorithm, a client authentication.
    NotSupported = "not_supported",
    /// The key set is not JSON or lacks its basic form.
    KeySetMalformed = "key_set_malformed",
    /// The key set holds no key we may use.
    KeySetEmpty = "key_set_empty",

    /// The callback lacks its parameters or repeats one.
    CallbackMalformed = "callback_malformed",
    /// `state` is not the one we sent.
    StateMismatch = "state_mismatch",
    /// `iss` of the callback is another provider's, or missing although announced (RFC 9207).
    ResponseIssuerMismatch = "response_issuer_mismatch",
    /// The provider answered with an error of its own.
    ProviderError = "provider_error",
    /// The provider says the person or the administrator did not allow it.
    AccessDenied = "access_denied",

    /// The token endpoint's answer is not what RFC 6749 section 5 says.
    TokenResponseMalformed = "token_response_malformed",
    /// The provider did not take our client id or secret.
    ClientRefused = "client_refused",
    /// The provider did not take the code.
    CodeRefused = "code_refused",
    /// The token endpoint answered without an ID token.
    IdTokenMissing = "id_token_missing",
    /// The userinfo answer is not a JSON object with a `sub`.
    UserinfoMalformed = "userinfo_malformed",
    /// The userinfo answer is about somebody else than the ID token.
    UserinfoSubjectMismatch = "userinfo_subject_mismatch",
}

/// A refusal: what happened and what to do (`message`), and where it helps, what was expected beside what came.
///
/// `message` and `expected` are ours; `received` repeats a bounded, printable part of the other side's text and must
/// still be escaped where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// Stable code.
    pub code: RejectionCode,
    /// What would have been accepted.
    pub expected: Option<String>,
    /// What came instead.
    pub received: Option<String>,
    /// A sentence or two for a person, with the next step.
    pub message: String,
}

impl Rejection {
    /// A refusal without values to compare.
    pub fn new(code: RejectionCode, message: impl Into<String>) -> Self {
        Rejection { code, expected: None, received: None, message: message.into() }
    }

    /// Adds what would have been accepted.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.expected = Some(shown(&expected.to_string()));
        self
    }

    /// Adds what came instead, cut and made printable.
    #[must_use]
    pub fn received(mut self, received: impl fmt::Display) -> Self {
        self.received = Some(shown(&received.to_string()));
        self
    }

    /// Whether fetching what the provider publishes again may help: it may have begun with another key, also one of the
    /// old name or for another algorithm. Do it once for each sign-in, and not more than once a minute for each provider,
    /// because anybody can send an unknown `kid`.
    pub fn wants_fresh_keys(&self) -> bool {
        matches!(
            self.code,
            RejectionCode::UnknownKey
                | RejectionCode::KeyMismatch
                | RejectionCode::KeyUnusable
                | RejectionCode::SignatureMismatch
                | RejectionCode::AlgorithmNotAllowed
        )
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bounded and printable: control characters and direction marks become `·`, a long text ends in `…`.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).map(|c| if is_hidden(c) { '·' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_snake_case_and_distinct() {
        let mut seen = std::collections::BTreeSet::new();
        for code in RejectionCode::ALL {
            let text = code.as_str();
            assert!(text.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{text}");
            assert!(seen.insert(text), "{text} twice");
        }
    }

    #[test]
    fn received_values_are_cut_and_printable() {
        let rejection = Rejection::new(RejectionCode::StateMismatch, "x")
            .received(format!("a\u{202e}\n{}", "é".repeat(300)));
        let received = rejection.received.unwrap_or_default();
        assert!(received.starts_with("a··éé"));
        assert!(received.ends_with('…'));
        assert_eq!(received.chars().count(), SHOWN + 1);
    }
}
