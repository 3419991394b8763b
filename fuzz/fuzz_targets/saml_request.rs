//! Any text as a request that a browser brought, and in a request that we make: no panic, and markup stays text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml::AuthnRequest;
use saml::idp::{receive_post, receive_redirect};
use saml::testing::now;

fuzz_target!(|text: &str| {
    let _ = receive_redirect(text);
    let _ = receive_post(text);
    let _ = saml::binding::inflate(text);
    let request = AuthnRequest::new("_1", now(), "https://idp.test/sso", text, text);
    if let Ok(received) = request.post_value(None).map_err(drop).and_then(|v| receive_post(&v).map_err(drop)) {
        assert_eq!(received.id, "_1");
    }
});
