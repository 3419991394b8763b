//! Encrypted assertions: forged, tampered with, or encrypted with what must not be used.
//!
//! Rules: one uniform error for every decryption failure; RSA-OAEP only; AES-GCM, or AES-CBC whose plaintext
//! nobody hears about before a signature has verified (CVE-2011-1096, CVE-2011-2487).

use crate::kit::*;
use saml::idp::{ContentCipher, EncryptFor, Signed, encrypt_element};
use saml::testing::{TestKey, answer, expected, now};
use saml::{Assertion, Code, Expected, Rejection, SignatureStyle, sign_element, validate};

const CBC: ContentCipher = ContentCipher::Aes256Cbc;
const GCM: ContentCipher = ContentCipher::Aes256Gcm;

fn open(xml: &str) -> Result<Assertion, Rejection> {
    let keys = trusted();
    let decryption = [TestKey::Encryption.decryption_key().unwrap()];
    validate(xml.as_bytes(), &Expected { decryption_keys: &decryption, ..expected(&keys) }, now())
}

#[track_caller]
fn closed(xml: &str, codes: &[Code]) -> Rejection {
    let refusal = open(xml).expect_err("accepted");
    assert!(codes.contains(&refusal.code), "{}: {refusal}", refusal.code);
    refusal
}

fn seal(plain: &str, cipher: ContentCipher) -> String {
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    encrypt_element(plain, &EncryptFor { cert_der: &cert, cipher, session_key: &[9; 32] }).unwrap()
}

/// A response around an encrypted plaintext; the response is signed when asked.
fn around(plain: &str, cipher: ContentCipher, sign_response: bool) -> String {
    let holder = format!(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:EncryptedAssertion>",
        seal(plain, cipher)
    );
    let xml = answer().response_xml(&holder);
    if !sign_response {
        return xml;
    }
    sign_element(&xml, RESPONSE_ID, &TestKey::Rsa.signer().unwrap(), SignatureStyle::default()).unwrap()
}

fn signed_assertion(key: TestKey) -> String {
    sign_element(&answer().assertion_xml(), ASSERTION_ID, &key.signer().unwrap(), SignatureStyle::default())
        .unwrap()
}

#[test]
fn the_starting_points_are_accepted() {
    for cipher in [GCM, CBC] {
        for xml in [
            around(&signed_assertion(TestKey::Rsa), cipher, false),
            around(&signed_assertion(TestKey::Rsa), cipher, true),
            around(&answer().assertion_xml(), cipher, true),
        ] {
            assert_eq!(open(&xml).unwrap().name_id.value, VICTIM);
        }
    }
}

#[test]
fn encrypted_by_anybody_with_our_public_key() {
    // Encryption proves nothing: our certificate is public.
    closed(&around(&answer().assertion_xml(), GCM, false), &[Code::SignatureMissing]);
    closed(&around(&answer().assertion_xml(), CBC, false), &[Code::DecryptionFailed]);
}

#[test]
fn signed_inside_with_the_attackers_key() {
    closed(&around(&signed_assertion(TestKey::OtherRsa), GCM, false), &[Code::SignatureInvalid]);
    closed(&around(&signed_assertion(TestKey::OtherRsa), CBC, false), &[Code::DecryptionFailed]);
    closed(&around(&signed_assertion(TestKey::OtherRsa), GCM, true), &[Code::SignatureInvalid]);
}

#[test]
fn changed_inside_after_signing() {
    let forged = signed_assertion(TestKey::Rsa).replace(VICTIM, ATTACKER);
    closed(&around(&forged, GCM, false), &[Code::SignatureInvalid]);
    closed(&around(&forged, CBC, false), &[Code::DecryptionFailed]);
}

#[test]
fn outer_signature_broken_or_of_another_key() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, true);
    closed(&swap(&xml, "Version=\"2.0\"", "Consent=\"urn:x\" Version=\"2.0\""), &[Code::SignatureInvalid]);
    let plain = around(&answer().assertion_xml(), GCM, false);
    let other =
        sign_element(&plain, RESPONSE_ID, &TestKey::OtherRsa.signer().unwrap(), SignatureStyle::default());
    closed(&other.unwrap(), &[Code::SignatureInvalid]);
}

#[test]
fn ciphertext_swapped_under_a_signed_response() {
    let xml = around(&answer().assertion_xml(), GCM, true);
    let data = element(&xml, "xenc:EncryptedData").to_owned();
    let evil = seal(&answer().assertion_xml().replace(VICTIM, ATTACKER), GCM);
    closed(&swap(&xml, &data, &evil), &[Code::SignatureInvalid]);
}

/// Flips one character of the n-th `CipherValue`.
fn flip(xml: &str, nth: usize, at: usize) -> String {
    let start = xml.match_indices("<xenc:CipherValue>").nth(nth).unwrap().0 + "<xenc:CipherValue>".len() + at;
    let other = if &xml[start..=start] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &xml[..start], &xml[start + 1..])
}

#[test]
fn tampered_ciphertext_has_one_answer() {
    let mut answers = Vec::new();
    for cipher in [GCM, CBC] {
        let xml = around(&signed_assertion(TestKey::Rsa), cipher, false);
        for nth in [0, 1] {
            for at in [0, 5, 30, 60, 100, 200] {
                answers.push(closed(&flip(&xml, nth, at), &[Code::DecryptionFailed]));
            }
        }
        let value = xml.rfind("</xenc:CipherValue>").unwrap();
        for cut in [4, 20, 24, 64, 1000] {
            let cut = format!("{}{}", &xml[..value - cut], &xml[value..]);
            answers.push(closed(&cut, &[Code::DecryptionFailed]));
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "every failure is the same to the byte");
}

#[test]
fn padding_oracle_hears_nothing() {
    // CBC without a signature around it: a wrong byte in any block, at the end or in the middle, is one answer.
    let xml = around(&signed_assertion(TestKey::Rsa), CBC, false);
    let start = xml.match_indices("<xenc:CipherValue>").nth(1).unwrap().0 + "<xenc:CipherValue>".len();
    let end = xml.rfind("</xenc:CipherValue>").unwrap();
    let reference = closed(&flip(&xml, 1, 0), &[Code::DecryptionFailed]);
    for at in (0..end - start - 4).step_by(83) {
        assert_eq!(closed(&flip(&xml, 1, at), &[Code::DecryptionFailed]), reference);
    }
}

#[test]
fn plaintext_that_is_not_one_assertion() {
    let assertion = signed_assertion(TestKey::Rsa);
    let evil = answer().assertion_xml().replace(VICTIM, ATTACKER).replace(ASSERTION_ID, "_evil");
    for plain in [
        String::new(),
        "text".to_owned(),
        "<x/>".to_owned(),
        format!("{evil}{assertion}"),
        format!("{assertion}{evil}"),
        format!("{assertion}text"),
        format!("</decrypted>{assertion}<decrypted>"),
        format!("{assertion}</decrypted><decrypted>"),
        swap(&evil, "</saml:Assertion>", &format!("{assertion}</saml:Assertion>")),
        format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{assertion}"),
        format!("<?x y?>{assertion}"),
        assertion[..assertion.len() - 20].to_owned(),
        answer().response_xml(&assertion),
    ] {
        for cipher in [GCM, CBC] {
            for signed in [false, true] {
                closed(&around(&plain, cipher, signed), &[Code::DecryptionFailed]);
            }
        }
    }
}

#[test]
fn encrypted_assertion_inside_an_encrypted_assertion() {
    let inner = format!(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:EncryptedAssertion>",
        seal(&signed_assertion(TestKey::Rsa), GCM)
    );
    closed(&around(&inner, GCM, true), &[Code::DecryptionFailed]);
}

#[test]
fn profile_checks_hold_inside() {
    let plain = answer()
        .assertion_xml()
        .replace("<saml:Audience>https://frontdesk.test", "<saml:Audience>https://other.test");
    for cipher in [GCM, CBC] {
        closed(&around(&plain, cipher, true), &[Code::AudienceMismatch]);
    }
    let plain = answer().assertion_xml().replace("https://idp.acme.test/metadata", "https://idp.evil.test");
    closed(&around(&plain, GCM, true), &[Code::IssuerMismatch]);
}

#[test]
fn key_transport_outside_the_list() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, false);
    let oaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    for other in [
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        "http://www.w3.org/2001/04/xmlenc#kw-aes256",
        "",
        "urn:evil",
    ] {
        closed(&swap(&xml, oaep, other), &[Code::AlgorithmForbidden]);
    }
}

#[test]
fn content_ciphers_outside_the_list() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, false);
    let gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    for other in [
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes256-ctr",
        "",
        "none",
    ] {
        closed(&swap(&xml, gcm, other), &[Code::AlgorithmForbidden]);
    }
    // A cipher of the list, but not the one that was used.
    for other in ["http://www.w3.org/2009/xmlenc11#aes128-gcm", "http://www.w3.org/2001/04/xmlenc#aes256-cbc"]
    {
        closed(&swap(&xml, gcm, other), &[Code::DecryptionFailed]);
    }
}

#[test]
fn cipher_reference_and_missing_parts() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, false);
    let data = element(&xml, "xenc:EncryptedData").to_owned();
    let key_info = element(&xml, "ds:KeyInfo").to_owned();
    let reference = "<xenc:CipherData><xenc:CipherReference URI=\"file:///etc/passwd\"/></xenc:CipherData>";
    let last = xml.rfind("<xenc:CipherData>").unwrap();
    let end = xml.rfind("</xenc:CipherData>").unwrap() + "</xenc:CipherData>".len();
    closed(&format!("{}{reference}{}", &xml[..last], &xml[end..]), &[Code::MalformedMessage]);
    closed(&swap(&xml, &data, ""), &[Code::MalformedMessage]);
    closed(&swap(&xml, &data, &data.repeat(2)), &[Code::MalformedMessage]);
    closed(&swap(&xml, &key_info, ""), &[Code::MalformedMessage]);
    closed(&swap(&xml, "xmlenc#Element", "xmlenc#Content"), &[Code::MalformedMessage]);
    let key = element(&xml, "xenc:EncryptedKey").to_owned();
    closed(&swap(&xml, &key, &key.repeat(9)), &[Code::MalformedMessage]);
}

#[test]
fn for_another_recipient_or_without_our_key() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, false);
    refused(&xml, &[Code::DecryptionKeyMissing]);
    let keys = trusted();
    let wrong = [TestKey::OtherRsa.decryption_key().unwrap()];
    let refusal = validate(xml.as_bytes(), &Expected { decryption_keys: &wrong, ..expected(&keys) }, now());
    assert_eq!(refusal.unwrap_err().code, Code::DecryptionFailed);
}

#[test]
fn issuer_of_the_response_is_required_around_an_encrypted_assertion() {
    let xml = around(&signed_assertion(TestKey::Rsa), GCM, false);
    let issuer = element(&xml, "saml:Issuer").to_owned();
    closed(&swap(&xml, &issuer, ""), &[Code::IssuerMissing]);
}

const NAME: &str = "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">";

/// The answer with these elements in place of its `NameID`, signed by the provider.
fn named_by(parts: Signed, elements: &str) -> String {
    craft(parts, |a| a.replace(element(&a, "saml:NameID"), elements), |r| r)
}

fn encrypted_id(plain: &str, cipher: ContentCipher) -> String {
    format!("<saml:EncryptedID>{}</saml:EncryptedID>", seal(plain, cipher))
}

#[test]
fn encrypted_name_that_is_not_one_name() {
    let name = format!("{NAME}{VICTIM}</saml:NameID>");
    for cipher in [CBC, GCM] {
        for parts in [Signed::Assertion, Signed::Response] {
            assert_eq!(open(&named_by(parts, &encrypted_id(&name, cipher))).unwrap().name_id.value, VICTIM);
            for plain in [
                format!("{name}{name}"),
                VICTIM.to_owned(),
                String::new(),
                format!("{VICTIM}{name}"),
                format!("</decrypted>{name}<decrypted>"),
                format!("<!DOCTYPE x>{name}"),
                format!("<x>{name}</x>"),
                format!("<NameID xmlns=\"urn:x\">{VICTIM}</NameID>"),
                encrypted_id(&name, cipher),
                answer().assertion_xml(),
            ] {
                closed(&named_by(parts, &encrypted_id(&plain, cipher)), &[Code::DecryptionFailed]);
            }
            let empty = format!("{NAME} </saml:NameID>");
            closed(&named_by(parts, &encrypted_id(&empty, cipher)), &[Code::NameIdMissing]);
            let inside = format!("{NAME}a<x/></saml:NameID>");
            closed(&named_by(parts, &encrypted_id(&inside, cipher)), &[Code::MalformedMessage]);
        }
    }
}

#[test]
fn encrypted_name_beside_another_or_without_our_key() {
    let sealed = encrypted_id(&format!("{NAME}{VICTIM}</saml:NameID>"), GCM);
    let plain = format!("<saml:NameID>{ATTACKER}</saml:NameID>");
    for both in [format!("{sealed}{plain}"), format!("{plain}{sealed}"), format!("{sealed}{sealed}")] {
        closed(&named_by(Signed::Assertion, &both), &[Code::MalformedMessage]);
    }
    closed(&named_by(Signed::Assertion, "<saml:EncryptedID/>"), &[Code::MalformedMessage]);
    refused(&named_by(Signed::Assertion, &sealed), &[Code::DecryptionKeyMissing]);
}

#[test]
fn encrypted_name_swapped_after_signing() {
    let sealed = encrypted_id(&format!("{NAME}{VICTIM}</saml:NameID>"), GCM);
    let forged = encrypted_id(&format!("{NAME}{ATTACKER}</saml:NameID>"), GCM);
    for parts in [Signed::Assertion, Signed::Response, Signed::Both] {
        closed(&swap(&named_by(parts, &sealed), &sealed, &forged), &[Code::SignatureInvalid]);
    }
}
