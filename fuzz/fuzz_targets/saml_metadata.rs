//! Any text as metadata or as values typed by hand: no panic, and what is read can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml::testing::now;
use saml::{from_parts, parse_idp_metadata};

fuzz_target!(|text: &str| {
    if let Ok(idp) = parse_idp_metadata(text, None, now()) {
        assert!(!idp.entity_id.is_empty() && !idp.signing_keys.is_empty() && idp.preferred_sso().is_some());
        let again = parse_idp_metadata(text, Some(&idp.entity_id), now());
        assert_eq!(again.ok(), Some(idp));
    }
    let _ = from_parts("https://idp.test", text, text, now());
    let _ = from_parts("https://idp.test", "https://idp.test/sso", text, now());
});
