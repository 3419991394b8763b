//! What a service provider must take: every signed part, every algorithm on the list, encrypted or not.

use saml::idp::{ContentCipher, EncryptFor, Signed};
use saml::testing::{TestKey, answer, expected, now};
use saml::{Assertion, Expected, SignatureAlgorithm, SignerKey, SigningKey, validate};

fn accept(xml: &str, key: TestKey) -> Assertion {
    let keys = [key.signing_key().unwrap()];
    validate(xml.as_bytes(), &expected(&keys), now()).unwrap_or_else(|r| panic!("{}: {r}\n{xml}", r.code))
}

fn signer(key: TestKey) -> SignerKey {
    key.signer().unwrap()
}

#[test]
fn signed_response_assertion_or_both() {
    for signed in [Signed::Response, Signed::Assertion, Signed::Both] {
        let xml = answer().to_xml(&signer(TestKey::Rsa), signed, None).unwrap();
        let assertion = accept(&xml, TestKey::Rsa);
        assert_eq!(assertion.name_id.value, "ann@acme.test");
        assert_eq!(assertion.attributes.values("groups"), ["Staff", "Privacy"]);
        assert_eq!(assertion.assertion_id, answer().assertion_id);
        assert_eq!(assertion.session_index.as_deref(), Some("_session1"));
    }
}

#[test]
fn every_signature_algorithm_of_the_list() {
    use SignatureAlgorithm as A;
    for (key, algorithm) in [
        (TestKey::Rsa, A::RsaSha256),
        (TestKey::Rsa, A::RsaSha384),
        (TestKey::Rsa, A::RsaSha512),
        (TestKey::Rsa, A::RsaPssSha256),
        (TestKey::Rsa, A::RsaPssSha384),
        (TestKey::Rsa, A::RsaPssSha512),
        (TestKey::P256, A::EcdsaSha256),
        (TestKey::P384, A::EcdsaSha384),
        (TestKey::P521, A::EcdsaSha512),
    ] {
        let xml = answer().to_xml(&signer(key).with_algorithm(algorithm), Signed::Both, None);
        let xml = xml.unwrap_or_else(|e| panic!("{key:?} {algorithm:?}: {e}"));
        accept(&xml, key);
    }
}

#[test]
fn encrypted_assertion_in_every_cipher_and_signing() {
    use ContentCipher as C;
    let recipient = TestKey::Encryption.signer().unwrap();
    let decryption = [TestKey::Rsa.decryption_key().unwrap(), TestKey::Encryption.decryption_key().unwrap()];
    let keys = [TestKey::Rsa.signing_key().unwrap()];
    for cipher in [C::Aes128Gcm, C::Aes256Gcm, C::Aes128Cbc, C::Aes256Cbc] {
        for signed in [Signed::Response, Signed::Assertion, Signed::Both] {
            let to = EncryptFor { cert_der: recipient.cert_der(), cipher, session_key: &[7; 32] };
            let xml = answer().to_xml(&signer(TestKey::Rsa), signed, Some(&to)).unwrap();
            let expected = Expected { decryption_keys: &decryption, ..expected(&keys) };
            let assertion = validate(xml.as_bytes(), &expected, now())
                .unwrap_or_else(|r| panic!("{cipher:?} {signed:?} {}: {r}", r.code));
            assert_eq!(assertion.name_id.value, "ann@acme.test");
        }
    }
}

#[test]
fn several_trusted_keys_during_a_rollover() {
    let keys: Vec<SigningKey> = [TestKey::OtherRsa, TestKey::P256, TestKey::Rsa]
        .iter()
        .map(|key| key.signing_key().unwrap())
        .collect();
    for key in [TestKey::OtherRsa, TestKey::P256, TestKey::Rsa] {
        let xml = answer().to_xml(&signer(key), Signed::Both, None).unwrap();
        assert!(validate(xml.as_bytes(), &expected(&keys), now()).is_ok());
    }
}

#[test]
fn rsa_oaep_with_sha256() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bergshamra::crypto::keytransport::{OaepParams, from_uri_with_params};
    let recipient = TestKey::Encryption.signer().unwrap();
    let to = EncryptFor {
        cert_der: recipient.cert_der(),
        cipher: ContentCipher::Aes256Gcm,
        session_key: &[7; 32],
    };
    let xml = answer().to_xml(&signer(TestKey::Rsa), Signed::Assertion, Some(&to)).unwrap();
    let public = bergshamra::keys::loader::load_x509_cert_der(recipient.cert_der()).unwrap();
    let public = public.software_key().unwrap().unwrap();
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    let mgf256 = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
    let oaep11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    let params = OaepParams {
        digest_uri: Some(sha256.to_owned()),
        mgf_uri: Some(mgf256.to_owned()),
        oaep_params: None,
    };
    let wrapped = from_uri_with_params(oaep11, params).unwrap().encrypt(&public, &[7; 32]).unwrap();
    let start = xml.find("<xenc:CipherValue>").unwrap() + "<xenc:CipherValue>".len();
    let end = xml.find("</xenc:CipherValue>").unwrap();
    let xml = format!("{}{}{}", &xml[..start], STANDARD.encode(wrapped), &xml[end..]);
    let method = "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>";
    let digest = format!("<ds:DigestMethod Algorithm=\"{sha256}\"/>");
    let mgf = format!("<m:MGF xmlns:m=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"{mgf256}\"/>");
    let decryption = [TestKey::Encryption.decryption_key().unwrap()];
    let keys = [TestKey::Rsa.signing_key().unwrap()];
    for parameters in [format!("{digest}{mgf}"), digest] {
        let with =
            format!("<xenc:EncryptionMethod Algorithm=\"{oaep11}\">{parameters}</xenc:EncryptionMethod>");
        assert!(xml.contains(method));
        let expected = Expected { decryption_keys: &decryption, ..expected(&keys) };
        let xml = xml.replace(method, &with);
        validate(xml.as_bytes(), &expected, now()).unwrap_or_else(|r| panic!("{}: {r}", r.code));
    }
}

/// Wrapped by OpenSSL for the test key: label hash, mask hash, the key `0123456789abcdef0123456789abcdef`.
const MIXED: [(&str, &str, &str); 3] = [
    (
        "sha256",
        "sha1",
        "icanspF0OXBO8Sj2HxQQIsSqSjmbExVxsM0a6BNYgIjshRrY6tB9TDPhXyrdWnT6ptJ1iLSORJ4JxRhzgTAROlRZCZEDkRvdHJh1\
         mw2hJxsQJKW1QuyJ51tJSnIIYL7rfVbWOwpDgT98OQ4bIYAEhhvww+auVgKABizzFPPUDczpAyZYG6LR9QbyzX/e040RXdqQ67Fz\
         1UyucEO0BWqClppQWLtSMdOnnz7U1dgjREvROEjmFonhHrqOE94YmXaxeE5hh2DA6L5G+lNWSAI4aCScgB/Cb0pbBsaYDnrHq6hG\
         kydoYYVABci4yQWvXZzmdwQ/Ybpxxhr3vfIXl/5NJg==",
    ),
    (
        "sha512",
        "sha1",
        "ey9th84Alv6j2dWafGIz5HKuoX4O42HX3v+Q28Qp6E/YuYx7VQMq9AqtTZjDAtwAtB3w4SWs+3RpkXmwR031LxF3wkw6aXq0UpHB\
         x5ZdRboNMXi25WrQsesVg/SgFTgaAcASd4HDSNRqNjIX/PovMWPG+URoV2ccTEkvj87X4CYo9rkSgrZgWFqlHsy6Cb+2Ij/qVOFA\
         jVSP+Kal5621KQejrksE93jIJwC1fvOjlGOj//mtjMuPJkDdTT2CiOTxdTLE93zACJbS5oYMGYQnL1T7JglAXeaXKhx6adOFsbd4\
         wFX354P4Al4L0rDfaQjuLXt8nvBwC7mbJdsK710QjQ==",
    ),
    (
        "sha512",
        "sha256",
        "Z3+UCxYWzXmSiPhDkHsml4EYQAQQ1miw+0yODry+zeS+Bi2owzJF47HQTjzPXxKjnb5iUkZl1Nd7fxeHbRhP3+VfDOV6vXFX/FFv\
         R2UMz8gjgbWkDCwQoEdmyYMXI87rzDYmo0/OFpgukLD1z+9xulGcQY1vRthC4ZrGlmhR+qgMhIApmxMUSjKEpYXYiThuqA7n/J+Q\
         t8pfaWxO2tz3ffJskaDIlZgidUZ+1qF0IlXrpILk5wBdCWNs7ak2shMgbZ9w9lVh4/Xb05SeLGDTnTWrMK3MzUs+JjaiupkmLRt3\
         fdWygOusF0e0XbUMMJ/KjoVRPkS8V3bNMctJzk5X0Q==",
    ),
];

#[test]
fn rsa_oaep_whose_mask_has_another_hash() {
    let recipient = TestKey::Encryption.signer().unwrap();
    let to = EncryptFor {
        cert_der: recipient.cert_der(),
        cipher: ContentCipher::Aes256Gcm,
        session_key: b"0123456789abcdef0123456789abcdef",
    };
    let xml = answer().to_xml(&signer(TestKey::Rsa), Signed::Assertion, Some(&to)).unwrap();
    let start = xml.find("<xenc:CipherValue>").unwrap() + "<xenc:CipherValue>".len();
    let end = xml.find("</xenc:CipherValue>").unwrap();
    let mgf1p = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    let oaep11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    let decryption = [TestKey::Encryption.decryption_key().unwrap()];
    let keys = [TestKey::Rsa.signing_key().unwrap()];
    for (digest, mask, wrapped) in MIXED {
        let xml = format!("{}{wrapped}{}", &xml[..start], &xml[end..]);
        let digest = format!("<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#{digest}\"/>");
        let named = format!(
            "<m:MGF xmlns:m=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1{mask}\"/>"
        );
        let mut ways = vec![(oaep11, format!("{digest}{named}"))];
        // SHA-1 goes without saying.
        if mask == "sha1" {
            ways.extend([(oaep11, digest.clone()), (mgf1p, digest)]);
        }
        for (algorithm, parameters) in ways {
            let method = format!("<xenc:EncryptionMethod Algorithm=\"{mgf1p}\"/>");
            assert!(xml.contains(&method));
            let with = format!(
                "<xenc:EncryptionMethod Algorithm=\"{algorithm}\">{parameters}</xenc:EncryptionMethod>"
            );
            let xml = xml.replace(&method, &with);
            let expected = Expected { decryption_keys: &decryption, ..expected(&keys) };
            validate(xml.as_bytes(), &expected, now()).unwrap_or_else(|r| panic!("{algorithm} {mask}: {r}"));
        }
    }
}
