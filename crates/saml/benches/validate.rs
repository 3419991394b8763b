//! How long one sign-in's cryptography and parsing take: a signed response of 5 kB, one with 500 groups, an
//! ECDSA key, an encrypted assertion, and the cheapest refusals.

use criterion::{Criterion, criterion_group, criterion_main};
use saml::idp::{Answer, ContentCipher, EncryptFor, Signed};
use saml::testing::{TestKey, answer, expected, now};
use saml::{Expected, SignatureStyle, SigningKey, sign_element, validate};
use std::hint::black_box;

const XS: &str = "http://www.w3.org/2001/XMLSchema";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

fn signed(answer: &Answer<'_>, key: TestKey, parts: Signed) -> String {
    answer.to_xml(&key.signer().unwrap(), parts, None).unwrap()
}

fn keys(key: TestKey) -> Vec<SigningKey> {
    vec![key.signing_key().unwrap()]
}

fn validation(c: &mut Criterion) {
    let mut group = c.benchmark_group("validate");
    let rsa = keys(TestKey::Rsa);
    for (name, parts) in [
        ("response signed", Signed::Response),
        ("assertion signed", Signed::Assertion),
        ("both signed", Signed::Both),
    ] {
        let xml = signed(&answer(), TestKey::Rsa, parts);
        group.bench_function(format!("{name}, RSA-2048, {} bytes", xml.len()), |b| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&rsa), now()).unwrap());
        });
    }
    let names: Vec<String> = (0..500).map(|i| format!("Group number {i:04} of Acme")).collect();
    let groups: Vec<&str> = names.iter().map(String::as_str).collect();
    let attributes: [(&str, &[&str]); 1] = [("groups", &groups)];
    let many = Answer { attributes: &attributes, ..answer() };
    let xml = signed(&many, TestKey::Rsa, Signed::Response);
    group.bench_function(format!("500 groups, RSA-2048, {} bytes", xml.len()), |b| {
        b.iter(|| validate(black_box(xml.as_bytes()), &expected(&rsa), now()).unwrap());
    });
    // As most providers write them: the prefixes are declared once, above.
    let compact = many
        .assertion_xml()
        .replace(&format!(" xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\""), "")
        .replacen("<saml:Assertion", &format!("<saml:Assertion xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\""), 1);
    for (name, parts) in [("response", Signed::Response), ("assertion", Signed::Assertion)] {
        let signer = TestKey::Rsa.signer().unwrap();
        let xml = if parts == Signed::Assertion {
            many.response_xml(
                &sign_element(&compact, many.assertion_id, &signer, SignatureStyle::default()).unwrap(),
            )
        } else {
            sign_element(&many.response_xml(&compact), many.response_id, &signer, SignatureStyle::default())
                .unwrap()
        };
        group.bench_function(format!("500 groups, {name} signed, RSA-2048, {} bytes", xml.len()), |b| {
            b.iter(|| validate(black_box(xml.as_bytes()), &expected(&rsa), now()).unwrap());
        });
    }
    let p256 = keys(TestKey::P256);
    let xml = signed(&answer(), TestKey::P256, Signed::Response);
    group.bench_function("response signed, ECDSA P-256", |b| {
        b.iter(|| validate(black_box(xml.as_bytes()), &expected(&p256), now()).unwrap());
    });
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let recipient = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[3; 32] };
    let xml = answer().to_xml(&TestKey::Rsa.signer().unwrap(), Signed::Both, Some(&recipient)).unwrap();
    let decryption = [TestKey::Encryption.decryption_key().unwrap()];
    group.bench_function("both signed and encrypted, RSA-2048", |b| {
        b.iter(|| {
            let expected = Expected { decryption_keys: &decryption, ..expected(&rsa) };
            validate(black_box(xml.as_bytes()), &expected, now()).unwrap()
        });
    });
    group.finish();
}

fn refusal(c: &mut Criterion) {
    let rsa = keys(TestKey::Rsa);
    let forged = signed(&answer(), TestKey::OtherRsa, Signed::Response);
    c.bench_function("refuse/attacker's key", |b| {
        b.iter(|| validate(black_box(forged.as_bytes()), &expected(&rsa), now()).unwrap_err());
    });
    let bomb = format!("<a>{}", "<b>".repeat(300_000));
    c.bench_function("refuse/900 kB of nesting", |b| {
        b.iter(|| validate(black_box(bomb.as_bytes()), &expected(&rsa), now()).unwrap_err());
    });
}

criterion_group!(benches, validation, refusal);
criterion_main!(benches);
