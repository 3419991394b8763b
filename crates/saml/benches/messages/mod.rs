//! The messages that are measured: a signed response of 5 kB, one with 500 groups, an ECDSA key, an encrypted assertion.

use saml::idp::{Answer, ContentCipher, EncryptFor, Signed};
use saml::testing::{TestKey, answer, expected, now};
use saml::{Assertion, DecryptionKey, Expected, SignatureStyle, SigningKey, sign_element, validate};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const XS: &str = "http://www.w3.org/2001/XMLSchema";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A message, and the keys that it is judged with.
pub struct Case {
    /// What is special about it.
    pub name: String,
    /// The message.
    pub xml: String,
    keys: Vec<SigningKey>,
    decryption: Vec<DecryptionKey>,
}

impl Case {
    fn new(name: &str, xml: String, key: TestKey) -> Self {
        let name = format!("{name}, {} bytes", xml.len());
        Self { name, xml, keys: vec![key.signing_key().unwrap()], decryption: Vec::new() }
    }

    /// Accepts the message, as a sign-in does.
    pub fn accept(&self) -> Assertion {
        let expected = Expected { decryption_keys: &self.decryption, ..expected(&self.keys) };
        validate(std::hint::black_box(self.xml.as_bytes()), &expected, now()).unwrap()
    }
}

/// Signed by `key`, as most providers do it.
pub fn signed(answer: &Answer<'_>, key: TestKey, parts: Signed) -> String {
    answer.to_xml(&key.signer().unwrap(), parts, None).unwrap()
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("response signed", signed(&answer(), TestKey::Rsa, Signed::Response), TestKey::Rsa),
        Case::new("assertion signed", signed(&answer(), TestKey::Rsa, Signed::Assertion), TestKey::Rsa),
        Case::new("both signed", signed(&answer(), TestKey::Rsa, Signed::Both), TestKey::Rsa),
    ];
    let names: Vec<String> = (0..500).map(|i| format!("Group number {i:04} of Acme")).collect();
    let groups: Vec<&str> = names.iter().map(String::as_str).collect();
    let attributes: [(&str, &[&str]); 1] = [("groups", &groups)];
    let many = Answer { attributes: &attributes, ..answer() };
    let wide = signed(&many, TestKey::Rsa, Signed::Response);
    cases.push(Case::new("500 groups, each with its declarations", wide, TestKey::Rsa));
    // As most providers write them: the prefixes are declared once, above.
    let compact = many
        .assertion_xml()
        .replace(&format!(" xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\""), "")
        .replacen("<saml:Assertion", &format!("<saml:Assertion xmlns:xs=\"{XS}\" xmlns:xsi=\"{XSI}\""), 1);
    let (signer, style) = (TestKey::Rsa.signer().unwrap(), SignatureStyle::default());
    let inner = sign_element(&compact, many.assertion_id, &signer, style).unwrap();
    cases.push(Case::new("500 groups, assertion signed", many.response_xml(&inner), TestKey::Rsa));
    let outer = sign_element(&many.response_xml(&compact), many.response_id, &signer, style).unwrap();
    cases.push(Case::new("500 groups, response signed", outer, TestKey::Rsa));
    let curve = signed(&answer(), TestKey::P256, Signed::Response);
    cases.push(Case::new("response signed, ECDSA P-256", curve, TestKey::P256));
    let cert = TestKey::Encryption.signing_key().unwrap().cert_der;
    let recipient = EncryptFor { cert_der: &cert, cipher: ContentCipher::Aes256Gcm, session_key: &[3; 32] };
    let xml = answer().to_xml(&signer, Signed::Both, Some(&recipient)).unwrap();
    cases.push(Case {
        decryption: vec![TestKey::Encryption.decryption_key().unwrap()],
        ..Case::new("both signed and encrypted", xml, TestKey::Rsa)
    });
    cases
}
