//! Nothing that arrives makes a reader panic, and what is refused stays refused when it is mangled.

mod forge;

use forge::{CLIENT, Forge, ISSUER, NONCE, NOW};
use jiff::{SignedDuration, Timestamp};
use oidc::provider::{
    AuthorizeRequest, ClientMetadata, Form, LogoutRequest, PresentedClient, TokenRequest, is_registered,
};
use oidc::relying_party::{Callback, Discovery, Expected, TokenResponse, check_issuer, validate_id_token};
use oidc::{Algorithm, Jwks, pkce};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let keys = Jwks::default();
        let now = Timestamp::from_second(NOW).unwrap_or_default();
        let expected = Expected::new(ISSUER, CLIENT, NONCE);
        prop_assert!(validate_id_token(&text, &keys, &expected, now, SignedDuration::ZERO).is_err());
        let _ = (Jwks::parse(&bytes), Discovery::parse(&bytes, ISSUER), TokenResponse::parse(200, &bytes), check_issuer(&text));
        let pairs = || form_urlencoded::parse(&bytes);
        let _ = (AuthorizeRequest::parse(pairs()), Callback::parse(pairs()), LogoutRequest::parse(pairs()));
        if let Ok(form) = Form::parse(pairs()) {
            let _ = (TokenRequest::parse(&form), PresentedClient::parse(Some(&text), &form));
        }
        prop_assert!(!pkce::verify(&text, &text));
    }

    #[test]
    fn any_json_is_read_without_panic(
        name in prop::sample::select(vec!["redirect_uris", "jwks", "scope", "client_name", "grant_types", "require_pkce"]),
        text in "\\PC{0,60}",
    ) {
        for value in [serde_json::json!(text), serde_json::json!([text]), serde_json::json!({"keys": [{"kty": "EC", "crv": "P-256", "x": text, "y": text}]})] {
            let object = serde_json::json!({ name: value });
            if let Some(Ok(metadata)) = object.as_object().map(ClientMetadata::from_json) {
                let _ = metadata.validate(true);
            }
        }
    }

    #[test]
    fn only_the_registered_address_matches(extra in "\\PC{1,20}", at in 0..20_usize) {
        let registered = ["https://app.test/cb".to_owned()];
        let mut address = registered[0].clone();
        address.insert_str(at.min(address.len()), &extra);
        prop_assert!(!is_registered(&registered, &address, true));
    }
}

#[test]
fn every_single_changed_byte_of_a_token_is_noticed() {
    let forge = Forge::new();
    let now = Timestamp::from_second(NOW).unwrap_or_default();
    let token = forge.sign(Algorithm::Es256, &forge::claims());
    let keys = forge.keys();
    let expected = Expected::new(ISSUER, CLIENT, NONCE);
    for at in 0..token.len() {
        for replacement in ["A", "-", ".", "="] {
            let mut mangled = token.clone();
            mangled.replace_range(at..=at, replacement);
            if mangled != token {
                assert!(
                    validate_id_token(&mangled, &keys, &expected, now, SignedDuration::ZERO).is_err(),
                    "{at} {replacement}"
                );
            }
        }
        assert!(
            validate_id_token(&token[..at], &keys, &expected, now, SignedDuration::ZERO).is_err(),
            "cut at {at}"
        );
    }
}
