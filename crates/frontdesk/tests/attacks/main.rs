//! The attacks on the crate `saml`, grouped by the rule that stops them, once more from outside: each message that must
//! be refused is given to `frontdesk saml inspect` and posted to the assertion consumer service, and must be refused
//! there for the same reason: nearly 900 of them.
//!
//! The messages are those of `crates/saml/tests/attacks`; only where they go is another place. Random surgery
//! (`mutations.rs`) stays there: it is judged by the thousand.

#[expect(dead_code, reason = "where the messages go is replaced")]
#[path = "../../../saml/tests/attacks/kit.rs"]
mod base;
mod kit;

#[path = "../../../saml/tests/attacks/encrypted.rs"]
mod encrypted;
#[path = "../../../saml/tests/attacks/misdirected.rs"]
mod misdirected;
#[path = "../../../saml/tests/attacks/signatures.rs"]
mod signatures;
#[path = "../../../saml/tests/attacks/transforms.rs"]
mod transforms;
#[path = "../../../saml/tests/attacks/values.rs"]
mod values;
#[path = "../../../saml/tests/attacks/wrapping.rs"]
mod wrapping;
#[path = "../../../saml/tests/attacks/xml.rs"]
mod xml;

/// The kit's own places let a sound message through, so that a refusal there says something.
#[test]
fn sound_message_is_taken_by_the_command_and_by_the_service() {
    for parts in [saml::idp::Signed::Response, saml::idp::Signed::Assertion, saml::idp::Signed::Both] {
        kit::taken(kit::message(parts).as_bytes());
    }
}
