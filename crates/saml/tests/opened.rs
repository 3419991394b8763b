//! Encrypted answers in plain, for whoever looks into why one was refused: only what is the connection's own to read.

use jiff::SignedDuration;
use saml::idp::{Answer, ContentCipher, EncryptFor, Signed, encrypt_element};
use saml::testing::{IDP, TestKey, answer, expected, now};
use saml::{Code, DecryptionKey, Expected, SignatureStyle, SigningKey, opened, sign_element, validate};

const RESPONSE_ID: &str = "_resp5b1f0e";

fn encrypted(answer: &Answer<'_>, parts: Signed, key: TestKey, cipher: ContentCipher) -> String {
    let cert_der = TestKey::Encryption.signing_key().unwrap().cert_der;
    let session_key: &[u8] = if matches!(cipher, ContentCipher::Aes128Cbc | ContentCipher::Aes128Gcm) {
        &[9; 16]
    } else {
        &[9; 32]
    };
    let recipient = EncryptFor { cert_der: &cert_der, cipher, session_key };
    answer.to_xml(&key.signer().unwrap(), parts, Some(&recipient)).unwrap()
}

fn keys() -> (Vec<SigningKey>, Vec<DecryptionKey>) {
    (vec![TestKey::Rsa.signing_key().unwrap()], vec![TestKey::Encryption.decryption_key().unwrap()])
}

fn open(xml: &str) -> Option<String> {
    let (signing, decryption) = keys();
    opened(xml.as_bytes(), &Expected { decryption_keys: &decryption, ..expected(&signing) })
}

#[test]
fn refused_answer_for_another_service_is_shown_in_plain() {
    let elsewhere = Answer { audience: "https://elsewhere.test", ..answer() };
    for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
        let xml = encrypted(&elsewhere, parts, TestKey::Rsa, ContentCipher::Aes256Gcm);
        let (signing, decryption) = keys();
        let judged = Expected { decryption_keys: &decryption, ..expected(&signing) };
        let later = now() + SignedDuration::from_hours(5);
        assert_eq!(validate(xml.as_bytes(), &judged, now()).unwrap_err().code, Code::AudienceMismatch);
        assert!(validate(xml.as_bytes(), &judged, later).is_err());
        let plain = open(&xml).unwrap();
        assert!(plain.contains("https://elsewhere.test") && plain.contains("ann@acme.test"), "{plain}");
        assert!(!plain.contains("CipherValue"), "{plain}");
        assert!(plain.starts_with("<samlp:Response") && plain.ends_with("</samlp:Response>"), "{plain}");
    }
}

#[test]
fn what_nobody_of_this_connection_signed_stays_closed() {
    for cipher in [ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc] {
        for parts in [Signed::Response, Signed::Assertion, Signed::Both] {
            assert_eq!(open(&encrypted(&answer(), parts, TestKey::OtherRsa, cipher)), None);
            let sound = encrypted(&answer(), parts, TestKey::Rsa, cipher);
            assert!(open(&sound).is_some() || parts == Signed::Response);
            let (before, after) = sound.split_once("CipherValue>").unwrap();
            let other = if after.starts_with('A') { 'B' } else { 'A' };
            assert_eq!(open(&format!("{before}CipherValue>{other}{}", &after[1..])), None);
        }
    }
    assert_eq!(open(&answer().to_xml(&TestKey::Rsa.signer().unwrap(), Signed::Both, None).unwrap()), None);
    assert_eq!(open("rubbish"), None);
}

#[test]
fn stolen_ciphertext_of_another_provider_stays_closed() {
    // Our own provider signs around what it does not know.
    let theirs = Answer { issuer: "https://idp.globex.test", ..answer() };
    let signer = TestKey::Rsa.signer().unwrap();
    let cert_der = TestKey::Encryption.signing_key().unwrap().cert_der;
    for cipher in [ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc] {
        let recipient = EncryptFor { cert_der: &cert_der, cipher, session_key: &[9; 32] };
        let around = |plain: &str| {
            let data = encrypt_element(plain, &recipient).unwrap();
            let holder = format!(
                "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{data}</saml:EncryptedAssertion>"
            );
            let xml = answer().response_xml(&holder);
            sign_element(&xml, RESPONSE_ID, &signer, SignatureStyle::default()).unwrap()
        };
        assert_eq!(open(&around(&theirs.assertion_xml())), None);
        // Without a signature inside, a ciphertext that can be changed may have had its issuer changed.
        let own = open(&around(&answer().assertion_xml()));
        assert_eq!(own.is_some(), cipher == ContentCipher::Aes256Gcm);
        assert!(own.is_none_or(|plain| plain.contains(IDP)));
    }
}

#[test]
fn without_our_key_or_the_providers_nothing_is_opened() {
    let xml = encrypted(&answer(), Signed::Both, TestKey::Rsa, ContentCipher::Aes128Gcm);
    let (signing, decryption) = keys();
    assert_eq!(opened(xml.as_bytes(), &expected(&signing)), None);
    assert_eq!(opened(xml.as_bytes(), &Expected { decryption_keys: &decryption, ..expected(&[]) }), None);
    let other = [TestKey::OtherRsa.decryption_key().unwrap()];
    assert_eq!(opened(xml.as_bytes(), &Expected { decryption_keys: &other, ..expected(&signing) }), None);
}
