//! Any text as a logout message by redirect and by form: no panic, and nothing is believed that no key signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml::SigningKey;
use saml::logout::{Carrier, Expected, validate_request, validate_response};
use saml::testing::{IDP, TestKey, now};
use std::sync::LazyLock;

static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| [TestKey::Rsa, TestKey::P256].into_iter().filter_map(|key| key.signing_key().ok()).collect());

fuzz_target!(|text: &str| {
    let expected = Expected::new(IDP, &KEYS, "https://frontdesk.test/saml/con_1/slo");
    for carrier in [Carrier::Redirect(text), Carrier::Post(text)] {
        assert!(validate_request(carrier, &expected, now()).is_err());
        assert!(validate_response(carrier, &expected, "_1", now()).is_err());
    }
});
