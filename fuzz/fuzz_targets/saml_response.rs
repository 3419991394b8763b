//! Any bytes as a response: no panic, and nobody is signed in but the person of a message that the provider
//! signed (start from `crates/saml/testdata/samples`, whose person is always the same).
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml::testing::{REQUEST, TestKey, now};
use saml::{DecryptionKey, Expected, SigningKey, opened, validate};
use std::sync::LazyLock;

static SIGNING: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    [TestKey::Rsa, TestKey::P256, TestKey::P384, TestKey::P521].iter().filter_map(|key| key.signing_key().ok()).collect()
});
static DECRYPTION: LazyLock<Vec<DecryptionKey>> =
    LazyLock::new(|| TestKey::Encryption.decryption_key().into_iter().collect());

/// For whom the samples were made.
const SP: &str = "https://frontdesk.test/saml/con_1";
const ACS: &str = "https://frontdesk.test/saml/con_1/acs";

fuzz_target!(|bytes: &[u8]| {
    let issuer = "https://app.onelogin.com/saml/metadata/0a1b2c3d-4e5f-6789-abcd-ef0123456789";
    for allow_unsolicited in [false, true] {
        let expected = Expected {
            request_id: Some(REQUEST),
            decryption_keys: &DECRYPTION,
            allow_unsolicited,
            ..Expected::new(issuer, &SIGNING, SP, ACS)
        };
        if let Ok(assertion) = validate(bytes, &expected, now()) {
            assert_eq!(assertion.name_id.value, "ann@acme.test");
        }
        if let Some(plain) = opened(bytes, &expected) {
            assert!(plain.contains("ann@acme.test"));
        }
    }
});
