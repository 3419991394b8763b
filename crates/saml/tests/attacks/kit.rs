//! What the attacks are made with.

use bergshamra::keys::loader;
use bergshamra::{DsigContext, KeysManager};
use saml::idp::Signed;
use saml::testing::{TestKey, answer, expected, now};
use saml::{Assertion, Code, Expected, Rejection, SignatureStyle, SigningKey, sign_element, validate};

pub const RESPONSE_ID: &str = "_resp5b1f0e";
pub const ASSERTION_ID: &str = "_asrt9c2d44";
pub const VICTIM: &str = "ann@acme.test";
pub const ATTACKER: &str = "mallory@evil.test";

/// The connection's keys.
pub fn trusted() -> Vec<SigningKey> {
    vec![TestKey::Rsa.signing_key().unwrap()]
}

/// Judges with the ordinary connection.
pub fn judge(xml: &str) -> Result<Assertion, Rejection> {
    judge_with(xml.as_bytes(), |_| {})
}

/// Judges with a changed connection.
pub fn judge_with(message: &[u8], change: impl FnOnce(&mut Expected<'_>)) -> Result<Assertion, Rejection> {
    let keys = trusted();
    let mut expected = expected(&keys);
    change(&mut expected);
    validate(message, &expected, now())
}

/// The message must be refused for one of these reasons.
#[track_caller]
pub fn refused(xml: &str, codes: &[Code]) {
    refused_bytes(xml.as_bytes(), codes);
}

/// The same for bytes that may not even be text.
#[track_caller]
pub fn refused_bytes(message: &[u8], codes: &[Code]) {
    match judge_with(message, |_| {}) {
        Ok(assertion) => panic!("accepted as {:?}", assertion.name_id),
        Err(rejection) => assert!(
            codes.contains(&rejection.code),
            "refused as {}, expected one of {codes:?}: {rejection}",
            rejection.code
        ),
    }
}

/// The message must be accepted: the attack's starting point is sound.
#[track_caller]
pub fn accepted(xml: &str) -> Assertion {
    judge(xml).unwrap_or_else(|rejection| panic!("{}: {rejection}\n{xml}", rejection.code))
}

/// The ordinary answer.
pub fn message(parts: Signed) -> String {
    craft(parts, |a| a, |r| r)
}

/// An answer whose parts are changed before the provider signs them.
pub fn craft(
    parts: Signed,
    assertion: impl FnOnce(String) -> String,
    response: impl FnOnce(String) -> String,
) -> String {
    let unsigned = response(answer().response_xml(&assertion(answer().assertion_xml())));
    sign(unsigned, parts, TestKey::Rsa)
}

/// Signs the parts of an unsigned response.
pub fn sign(mut xml: String, parts: Signed, key: TestKey) -> String {
    let signer = key.signer().unwrap();
    if parts != Signed::Response {
        xml = sign_element(&xml, ASSERTION_ID, &signer, SignatureStyle::default()).unwrap();
    }
    if parts != Signed::Assertion {
        xml = sign_element(&xml, RESPONSE_ID, &signer, SignatureStyle::default()).unwrap();
    }
    xml
}

/// The unsigned answer.
pub fn unsigned() -> String {
    answer().response_xml(&answer().assertion_xml())
}

/// Fills a hand-written signature template with the provider's own key.
pub fn fill(template: &str) -> String {
    fill_with(template, loader::load_rsa_private_pem(TestKey::Rsa.key_pem().as_bytes()).unwrap())
}

/// Fills a hand-written signature template with any key.
pub fn fill_with(template: &str, key: bergshamra::Key) -> String {
    let mut keys = KeysManager::new();
    keys.add_key(key);
    bergshamra::sign(&DsigContext::new_permissive(keys), template).unwrap()
}

/// The element that starts with `<name` (first one), with everything in it.
pub fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml.find(&format!("<{name}")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    let close = format!("</{name}>");
    let end = xml[start..].find(&close).unwrap_or_else(|| panic!("no end of {name}"));
    &xml[start..start + end + close.len()]
}

/// `xml` with one replacement that must happen.
#[track_caller]
pub fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replacen(from, to, 1)
}

/// `xml` with all replacements.
#[track_caller]
pub fn swap_all(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replace(from, to)
}

/// The signature inside the assertion of a message with a signed assertion.
pub fn signature(xml: &str) -> &str {
    element(xml, "ds:Signature")
}
