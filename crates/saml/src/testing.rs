//! Fixed keys and a ready world for tests (feature `testing`).
//!
//! Owns: what tests of this crate and of its callers share. Never part of a release build's behaviour.
//! The keys were made for tests and protect nothing.

use crate::canonical::exclusive;
use crate::idp::Answer;
use crate::keys::{DecryptionKey, KeyError, SignerKey, SigningKey};
use crate::names::name_id_format;
use crate::validate::Expected;
use crate::xml::Tree;
use bergshamra::xml::NodeSet;
use jiff::{SignedDuration, Timestamp};

/// The identity provider's entity id in tests.
pub const IDP: &str = "https://idp.acme.test/metadata";
/// Our entity id in tests.
pub const SP: &str = "https://frontdesk.test/saml/con_00000000000000000000000001";
/// Our assertion consumer service in tests.
pub const ACS: &str = "https://frontdesk.test/saml/con_00000000000000000000000001/acs";
/// The open request in tests.
pub const REQUEST: &str = "_req1f0c2b7d4e";

/// The instant at which everything in tests happens.
pub fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(1_795_460_400)).unwrap_or(Timestamp::MAX)
}

/// A key pair for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestKey {
    /// RSA with 2048 bits.
    Rsa,
    /// Another RSA key: the attacker's, or the one after a rollover.
    OtherRsa,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// The service provider's key for decrypting.
    Encryption,
}

impl TestKey {
    /// The private key, PKCS#8 in PEM.
    pub const fn key_pem(self) -> &'static str {
        match self {
            Self::Rsa => include_str!("../testdata/keys/rsa.key.pem"),
            Self::OtherRsa => include_str!("../testdata/keys/other-rsa.key.pem"),
            Self::P256 => include_str!("../testdata/keys/p256.key.pem"),
            Self::P384 => include_str!("../testdata/keys/p384.key.pem"),
            Self::P521 => include_str!("../testdata/keys/p521.key.pem"),
            Self::Encryption => include_str!("../testdata/keys/encryption.key.pem"),
        }
    }

    /// The certificate in PEM.
    pub const fn cert_pem(self) -> &'static str {
        match self {
            Self::Rsa => include_str!("../testdata/keys/rsa.cert.pem"),
            Self::OtherRsa => include_str!("../testdata/keys/other-rsa.cert.pem"),
            Self::P256 => include_str!("../testdata/keys/p256.cert.pem"),
            Self::P384 => include_str!("../testdata/keys/p384.cert.pem"),
            Self::P521 => include_str!("../testdata/keys/p521.cert.pem"),
            Self::Encryption => include_str!("../testdata/keys/encryption.cert.pem"),
        }
    }

    /// For signing.
    pub fn signer(self) -> Result<SignerKey, KeyError> {
        SignerKey::from_pem(self.key_pem(), self.cert_pem())
    }

    /// For verifying.
    pub fn signing_key(self) -> Result<SigningKey, KeyError> {
        SigningKey::from_pem(self.cert_pem(), now())
    }

    /// For decrypting.
    pub fn decryption_key(self) -> Result<DecryptionKey, KeyError> {
        DecryptionKey::from_pem(self.key_pem())
    }
}

/// The answer that [`expected`] accepts.
pub fn answer() -> Answer<'static> {
    Answer {
        response_id: "_resp5b1f0e",
        assertion_id: "_asrt9c2d44",
        issue_instant: now(),
        valid_for: SignedDuration::from_mins(5),
        issuer: IDP,
        audience: SP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        name_id: "ann@acme.test",
        name_id_format: name_id_format::EMAIL,
        session_index: Some("_session1"),
        attributes: &[("email", &["ann@acme.test"]), ("groups", &["Staff", "Privacy"])],
    }
}

/// What [`answer`] fits.
pub fn expected(keys: &[SigningKey]) -> Expected<'_> {
    Expected { request_id: Some(REQUEST), ..Expected::new(IDP, keys, SP, ACS) }
}

/// Compares our canonical form of every element of a document with the library's: whole and without its first child, with
/// several prefix lists. Returns how many were compared; none where the text is no document that is read, or has a
/// processing instruction, which has no canonical form here.
///
/// # Panics
/// Where two forms differ.
pub fn compare_canonical_forms(xml: &str) -> usize {
    const LISTS: [&str; 5] = ["", "xs", "#default", "a b", "saml xs #default ds xs unknown xml"];
    let Ok(tree) = Tree::parse(xml, 65_536) else { return 0 };
    if tree.has_processing_instruction() {
        return 0;
    }
    let (doc, mut compared) = (tree.document(), 0);
    for apex in tree.every_element() {
        for left_out in [None, tree.elements(apex).next()] {
            for list in LISTS {
                let mut ours = Vec::new();
                let written = exclusive(&tree, apex, left_out, list, &mut ours);
                assert_eq!(written, Ok(()), "{} of {xml}", tree.name(apex));
                let mut part = NodeSet::tree_without_comments(apex, doc);
                if let Some(left_out) = left_out {
                    part = part.subtract(&NodeSet::tree_with_comments(left_out, doc));
                }
                let prefixes: Vec<&str> = list.split_ascii_whitespace().collect();
                let library =
                    bergshamra::c14n::exclusive::canonicalize(doc, false, Some(&part), &prefixes).ok();
                let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(
                    Some(shown(&ours)),
                    library.as_deref().map(shown),
                    "{} of {xml} with {list:?}",
                    tree.name(apex)
                );
                compared += 1;
            }
        }
    }
    compared
}
