//! Signed tokens that must be taken and tables of attacks that must not, each with the code it is refused with: ID
//! tokens, logout tokens, client assertions.

mod forge;

use forge::{CLIENT, Forge, ISSUER, NONCE, NOW, b64, claims};
use jiff::{SignedDuration, Timestamp};
use oidc::provider::verify_client_assertion;
use oidc::relying_party::{Expected, IdTokenClaims, validate_id_token, validate_logout_token};
use oidc::{Algorithm, Jwks, RejectionCode as C};
use serde_json::{Value, json};

const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap_or_default()
}

fn validate(token: &str, keys: &Jwks) -> Result<IdTokenClaims, C> {
    validate_id_token(token, keys, &Expected::new(ISSUER, CLIENT, NONCE), now(), LEEWAY).map_err(|r| r.code)
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    if let Some(map) = claims.as_object_mut() {
        map.remove(name);
    }
    claims
}

fn hmac(message: &[u8], secret: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    b64(aws_lc_rs::hmac::sign(&key, message))
}

#[test]
fn every_algorithm_is_taken() {
    let forge = Forge::new();
    for &algorithm in Algorithm::ALL {
        let token = forge.sign(algorithm, &claims());
        let found = validate(&token, &forge.keys()).unwrap_or_else(|code| panic!("{algorithm}: {code}"));
        assert_eq!(found.subject, "u1");
        assert_eq!(found.email.as_deref(), Some("ann@acme.test"));
        assert_eq!(found.email_verified, None);
    }
}

#[test]
fn shapes_of_real_providers_are_taken() {
    let forge = Forge::new();
    for good in [
        with("aud", json!([CLIENT])),
        with("auth_time", json!(1_799_999_990.123)),
        with("exp", json!(1_800_000_300.5)),
        with("exp", json!(NOW - 59)),
        with("iat", json!(NOW + 59)),
        with("nbf", json!(NOW + 60)),
        with("email_verified", json!("true")),
        with("azp", json!(CLIENT)),
        with("groups", json!(vec!["g"; 1000])),
        with("auth_time", json!(null)),
        with("sub", json!("Ünï@cödé|x")),
    ] {
        let token = forge.sign(Algorithm::Rs256, &good);
        assert!(validate(&token, &forge.keys()).is_ok(), "{good:.200}");
    }
    let mut several = with("aud", json!(["other", CLIENT]));
    several["azp"] = json!(CLIENT);
    assert!(validate(&forge.sign(Algorithm::Es256, &several), &forge.keys()).is_ok());
    for typ in [json!("JWT"), json!("jwt"), json!("application/jwt")] {
        let token = forge.sign_with_header(
            Algorithm::Rs256,
            &json!({"alg": "RS256", "kid": "rsa", "typ": typ}),
            &claims(),
        );
        assert!(validate(&token, &forge.keys()).is_ok(), "{typ}");
    }
    let no_kid = forge.sign_with_header(Algorithm::Ps384, &json!({"alg": "PS384"}), &claims());
    assert!(validate(&no_kid, &forge.keys()).is_ok());
}

#[test]
fn claims_that_are_refused() {
    let forge = Forge::new();
    let table = [
        (without("iss"), C::ClaimMissing),
        (with("iss", json!("https://idp.test/")), C::IssuerMismatch),
        (with("iss", json!("https://evil.test")), C::IssuerMismatch),
        (with("iss", json!([ISSUER])), C::ClaimMalformed),
        (without("aud"), C::ClaimMissing),
        (with("aud", json!("other")), C::AudienceMismatch),
        (with("aud", json!([])), C::ClaimMalformed),
        (with("aud", json!([CLIENT, 5])), C::ClaimMalformed),
        (with("aud", json!({CLIENT: true})), C::ClaimMalformed),
        (with("aud", json!([CLIENT, "other"])), C::AuthorizedPartyMismatch),
        (with("azp", json!("other")), C::AuthorizedPartyMismatch),
        (with("azp", json!(5)), C::ClaimMalformed),
        (without("sub"), C::ClaimMissing),
        (with("sub", json!("")), C::ClaimMalformed),
        (with("sub", json!(7)), C::ClaimMalformed),
        (with("sub", json!("a".repeat(256))), C::ClaimMalformed),
        (with("sub", json!("a\u{0}b")), C::ClaimMalformed),
        (without("exp"), C::ClaimMissing),
        (with("exp", json!("1800000300")), C::ClaimMalformed),
        (with("exp", json!(1_800_000_300_000_i64)), C::ClaimMalformed),
        (with("exp", json!(1e308)), C::ClaimMalformed),
        (with("exp", json!(-1)), C::ClaimMalformed),
        (with("exp", json!(NOW - 60)), C::Expired),
        (with("exp", json!(0)), C::Expired),
        (without("iat"), C::ClaimMissing),
        (with("iat", json!(NOW + 61)), C::NotYetValid),
        (with("nbf", json!(NOW + 61)), C::NotYetValid),
        (with("nbf", json!("soon")), C::ClaimMalformed),
        (without("nonce"), C::ClaimMissing),
        (with("nonce", json!("other")), C::NonceMismatch),
        (with("nonce", json!([NONCE])), C::ClaimMalformed),
        (with("auth_time", json!("x")), C::ClaimMalformed),
    ];
    for (claims, code) in table {
        let token = forge.sign(Algorithm::Rs256, &claims);
        assert_eq!(validate(&token, &forge.keys()).err(), Some(code), "{claims:.300}");
    }
}

#[test]
fn headers_that_are_refused() {
    let forge = Forge::new();
    let table = [
        (json!({"alg": "RS256", "kid": "rsa", "typ": "at+jwt"}), C::TokenType),
        (json!({"alg": "RS256", "kid": "rsa", "typ": "logout+jwt"}), C::TokenType),
        (json!({"alg": "RS256", "kid": "rsa", "typ": "application/at+jwt"}), C::TokenType),
        (json!({"alg": "RS256", "kid": "rsa", "typ": 5}), C::TokenMalformed),
        (json!({"alg": "RS256", "kid": "rsa", "crit": ["exp"], "exp": 1}), C::CriticalHeader),
        (json!({"alg": "RS256", "kid": "rsa", "crit": []}), C::CriticalHeader),
        (json!({"alg": "RS256", "kid": "rsa", "b64": false}), C::TokenMalformed),
        (json!({"alg": "RS256", "kid": "rsa", "zip": "DEF"}), C::TokenMalformed),
        (json!({"alg": "RS256", "kid": 5}), C::TokenMalformed),
        (json!({"kid": "rsa"}), C::TokenMalformed),
        (json!({"alg": null, "kid": "rsa"}), C::TokenMalformed),
        (json!({"alg": ["RS256"], "kid": "rsa"}), C::TokenMalformed),
        (json!({"alg": "RS256", "kid": "unknown"}), C::UnknownKey),
        (json!({"alg": "RS256", "kid": ""}), C::UnknownKey),
        (json!({"alg": "RS256", "kid": "../../dev/null"}), C::UnknownKey),
        (json!({"alg": "RS256", "kid": "p256"}), C::KeyMismatch),
        (json!({"alg": "RS256", "kid": "weak"}), C::KeyUnusable),
        (json!({"alg": "RS256", "kid": "enc"}), C::KeyUnusable),
        (json!({"alg": "RS256", "kid": "pinned-ps"}), C::KeyMismatch),
        (json!({"alg": "RS512", "kid": "rsa"}), C::SignatureMismatch),
        (json!({"alg": "PS256", "kid": "rsa"}), C::SignatureMismatch),
        (json!({"alg": "ES384", "kid": "p256"}), C::KeyMismatch),
        (json!({"alg": "EdDSA", "kid": "rsa"}), C::KeyMismatch),
        (json!({"alg": "RS256", "kid": "other-rsa"}), C::SignatureMismatch),
    ];
    for (header, code) in table {
        let token = forge.sign_with_header(Algorithm::Rs256, &header, &claims());
        assert_eq!(validate(&token, &forge.keys()).err(), Some(code), "{header}");
    }
}

#[test]
fn keys_carried_by_the_token_are_never_used() {
    let forge = Forge::new();
    let attacker = Forge::new();
    for extra in ["jwk", "jku", "x5u", "x5c"] {
        let value = match extra {
            "jwk" => attacker.rsa_jwk(),
            "x5c" => json!(["MIIB"]),
            _ => json!("https://evil.test/keys"),
        };
        for (kid, code) in
            [(Some("rsa"), C::SignatureMismatch), (Some("attacker"), C::UnknownKey), (None, C::UnknownKey)]
        {
            let mut header = json!({"alg": "RS256", extra: value});
            if let Some(kid) = kid {
                header["kid"] = json!(kid);
            }
            let token = attacker.sign_with_header(Algorithm::Rs256, &header, &claims());
            assert_eq!(validate(&token, &forge.keys()).err(), Some(code), "{extra} {kid:?}");
        }
        // An honest token that carries such a member is still judged by the published keys alone.
        let honest = forge.sign_with_header(
            Algorithm::Rs256,
            &json!({"alg": "RS256", "kid": "rsa", extra: value}),
            &claims(),
        );
        assert!(validate(&honest, &forge.keys()).is_ok(), "{extra}");
    }
}

#[test]
fn none_and_shared_secret_algorithms_are_refused() {
    let forge = Forge::new();
    let payload = b64(claims().to_string());
    for name in ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "hs256", "RS256\u{0}"] {
        let header = b64(json!({"alg": name, "kid": "rsa"}).to_string());
        let public = forge.rsa_jwk().to_string();
        for signature in [b64("x"), hmac(format!("{header}.{payload}").as_bytes(), public.as_bytes())] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(validate(&token, &forge.keys()).err(), Some(C::AlgorithmNotAllowed), "{name}");
        }
        let unsigned = validate(&format!("{header}.{payload}."), &forge.keys()).err();
        assert_eq!(unsigned, Some(C::AlgorithmNotAllowed), "{name} unsigned");
    }
}

#[test]
fn algorithm_outside_the_connections_list_is_refused() {
    let forge = Forge::new();
    let only = Expected { algorithms: &[Algorithm::Es256], ..Expected::new(ISSUER, CLIENT, NONCE) };
    let check = |algorithm| {
        let token = forge.sign(algorithm, &claims());
        validate_id_token(&token, &forge.keys(), &only, now(), LEEWAY).map(|_| ()).map_err(|r| r.code)
    };
    assert_eq!(check(Algorithm::Es256), Ok(()));
    assert_eq!(check(Algorithm::Rs256), Err(C::AlgorithmNotAllowed));
}

#[test]
fn texts_that_are_no_token_are_refused() {
    let forge = Forge::new();
    let good = forge.sign(Algorithm::Rs256, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let duplicated = r#"{"alg":"RS256","kid":"rsa","alg":"none"}"#;
    let table = [
        (String::new(), C::TokenMalformed),
        (".".to_owned(), C::TokenMalformed),
        ("..".to_owned(), C::TokenMalformed),
        ("a.b".to_owned(), C::TokenMalformed),
        (format!("{good}."), C::TokenMalformed),
        (format!(" {good}"), C::TokenMalformed),
        (format!("{good}\n"), C::TokenMalformed),
        (format!("{header}=.{payload}.{signature}"), C::TokenMalformed),
        (format!("{header}.{payload}."), C::TokenMalformed),
        (format!("{header}..{signature}"), C::SignatureMismatch),
        (format!("é{good}"), C::TokenMalformed),
        (format!("{header}.{payload}.{signature}.x.y"), C::TokenEncrypted),
        (format!("{}.{payload}.{signature}", b64(duplicated)), C::TokenMalformed),
        (format!("{}.{payload}.{signature}", b64("[]")), C::TokenMalformed),
        (format!("{}.{payload}.{signature}", b64([0xff, 0xfe])), C::TokenMalformed),
        (format!("{}.{payload}.{signature}", b64("[".repeat(9000))), C::TokenMalformed),
        (
            format!("{header}.{}.{signature}", b64(with("sub", json!("root")).to_string())),
            C::SignatureMismatch,
        ),
        (format!("{header}.{payload}.{}", b64("short")), C::SignatureMismatch),
        (format!("{header}.{payload}.{}", b64([0; 256])), C::SignatureMismatch),
        (format!("{header}.{payload}.{}", b64(vec![1; 20_000])), C::SignatureMismatch),
        (format!("{header}.{payload}.{}", "A".repeat(70_000)), C::TokenTooLarge),
    ];
    for (token, code) in table {
        assert_eq!(validate(&token, &forge.keys()).err(), Some(code), "{token:.120}");
    }
}

#[test]
fn payloads_that_are_signed_but_no_claims_are_refused() {
    let forge = Forge::new();
    let twice = claims().to_string().replacen('{', "{\"sub\":\"root\",", 1);
    for payload in [&b"[]"[..], b"\"x\"", b"\xff\xfe", b"{", b"null", twice.as_bytes()] {
        let token = forge.sign_bytes(Algorithm::Rs256, &json!({"alg": "RS256", "kid": "rsa"}), payload);
        assert_eq!(validate(&token, &forge.keys()).err(), Some(C::TokenMalformed));
    }
}

#[test]
fn elliptic_signatures_of_zero_or_in_another_form_are_refused() {
    let forge = Forge::new();
    let good = forge.sign(Algorithm::Es256, &claims());
    let (input, _) = good.rsplit_once('.').unwrap_or_default();
    for signature in [vec![0; 64], vec![0xff; 64], vec![0x30; 70], vec![1; 63]] {
        let token = format!("{input}.{}", b64(signature));
        assert_eq!(validate(&token, &forge.keys()).err(), Some(C::SignatureMismatch));
    }
}

#[test]
fn access_token_max_age_acr_and_hosted_domain_are_checked_when_asked() {
    let forge = Forge::new();
    let base = Expected::new(ISSUER, CLIENT, NONCE);
    let check = |claims: &Value, expected: &Expected<'_>| {
        let token = forge.sign(Algorithm::Rs256, claims);
        validate_id_token(&token, &forge.keys(), expected, now(), LEEWAY).map(|_| ()).map_err(|r| r.code)
    };
    let hash = oidc::provider::half_hash(Algorithm::Rs256, "at");
    let access = Expected { access_token: Some("at"), ..base };
    assert_eq!(check(&claims(), &access), Ok(()));
    assert_eq!(check(&with("at_hash", json!(hash)), &access), Ok(()));
    assert_eq!(check(&with("at_hash", json!("x")), &access), Err(C::AccessTokenHashMismatch));
    assert_eq!(check(&with("at_hash", json!(5)), &access), Err(C::ClaimMalformed));

    let fresh = Expected { max_age: Some(SignedDuration::from_secs(300)), ..base };
    assert_eq!(check(&claims(), &fresh), Err(C::ClaimMissing));
    assert_eq!(check(&with("auth_time", json!(NOW - 360)), &fresh), Ok(()));
    assert_eq!(check(&with("auth_time", json!(NOW - 361)), &fresh), Err(C::SignInTooOld));

    let acr = Expected { acr_values: &["mfa"], ..base };
    assert_eq!(check(&claims(), &acr), Err(C::ClaimMissing));
    assert_eq!(check(&with("acr", json!("pwd")), &acr), Err(C::AcrMismatch));
    assert_eq!(check(&with("acr", json!("mfa")), &acr), Ok(()));

    let hosted = Expected { hosted_domains: &["acme.test"], ..base };
    assert_eq!(check(&claims(), &hosted), Err(C::HostedDomainMismatch));
    assert_eq!(check(&with("hd", json!("evil.test")), &hosted), Err(C::HostedDomainMismatch));
    assert_eq!(check(&with("hd", json!("ACME.test")), &hosted), Ok(()));
}

#[test]
fn rotated_key_asks_for_a_fresh_set_and_then_passes() {
    let (old, new) = (Forge::new(), Forge::new());
    let header = json!({"alg": "RS256", "kid": "2027"});
    let token = new.sign_with_header(Algorithm::Rs256, &header, &claims());
    let expected = Expected::new(ISSUER, CLIENT, NONCE);
    let refused = validate_id_token(&token, &old.keys(), &expected, now(), LEEWAY).unwrap_err();
    assert!(refused.wants_fresh_keys());
    let mut jwk = new.rsa_jwk();
    jwk["kid"] = json!("2027");
    let fresh = Jwks::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap_or_default();
    assert!(validate(&token, &fresh).is_ok());
    // Without a kid an old set looks like a signature that fits nowhere.
    let bare = new.sign_with_header(Algorithm::Rs256, &json!({"alg": "RS256"}), &claims());
    assert!(validate_id_token(&bare, &old.keys(), &expected, now(), LEEWAY).unwrap_err().wants_fresh_keys());
}

/// `base` with members replaced; `null` takes one away.
fn changed(mut base: Value, changes: &Value) -> Value {
    if let (Some(map), Some(changes)) = (base.as_object_mut(), changes.as_object()) {
        for (name, value) in changes {
            map.remove(name);
            if !value.is_null() {
                map.insert(name.clone(), value.clone());
            }
        }
    }
    base
}

#[test]
fn logout_tokens_that_are_refused_and_taken() {
    let forge = Forge::new();
    let keys = forge.keys();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let good = json!({"iss": ISSUER, "aud": CLIENT, "sub": "u1", "iat": NOW, "exp": NOW + 120, "jti": "j1", "events": {event: {}}});
    let check = |changes: &Value, typ: &str| {
        let header = json!({"alg": "RS256", "kid": "rsa", "typ": typ});
        let token = forge.sign_with_header(Algorithm::Rs256, &header, &changed(good.clone(), changes));
        validate_logout_token(&token, &keys, ISSUER, CLIENT, now(), LEEWAY).map(|_| ()).map_err(|r| r.code)
    };
    for changes in
        [json!({}), json!({"sid": "s1"}), json!({"sub": null, "sid": "s1"}), json!({"aud": ["x", CLIENT]})]
    {
        assert_eq!(check(&changes, "logout+jwt"), Ok(()), "{changes}");
    }
    let table = [
        (json!({"sub": null}), C::ClaimMissing),
        (json!({"sub": ""}), C::ClaimMalformed),
        (json!({"sub": null, "sid": ""}), C::ClaimMissing),
        (json!({"sid": 5}), C::ClaimMalformed),
        (json!({"events": null}), C::NotALogoutToken),
        (json!({"events": {}}), C::NotALogoutToken),
        (json!({"events": [event]}), C::NotALogoutToken),
        (json!({"events": {event: "x"}}), C::NotALogoutToken),
        (json!({"nonce": "n"}), C::NotALogoutToken),
        (json!({"jti": null}), C::ClaimMissing),
        (json!({"iss": "https://evil.test"}), C::IssuerMismatch),
        (json!({"aud": "other"}), C::AudienceMismatch),
        (json!({"exp": NOW - 60}), C::Expired),
        (json!({"iat": NOW + 61}), C::NotYetValid),
    ];
    for (changes, code) in table {
        assert_eq!(check(&changes, "logout+jwt"), Err(code), "{changes}");
    }
    assert_eq!(check(&json!({}), "at+jwt"), Err(C::TokenType));
    // An ID token of the same person is no logout token, whatever it is called.
    let id_token = forge.sign(Algorithm::Rs256, &claims());
    let refused = validate_logout_token(&id_token, &keys, ISSUER, CLIENT, now(), LEEWAY).unwrap_err();
    assert_eq!(refused.code, C::NotALogoutToken);
}

#[test]
fn client_assertions_that_are_refused_and_taken() {
    let forge = Forge::new();
    let keys = forge.keys();
    let good = json!({"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "j1", "exp": NOW + 60});
    let check = |changes: &Value| {
        let token = forge.sign(Algorithm::Es256, &changed(good.clone(), changes));
        verify_client_assertion(&token, &keys, CLIENT, &[ISSUER], now(), LEEWAY)
            .map(|_| ())
            .map_err(|r| r.code)
    };
    for changes in [json!({}), json!({"aud": [ISSUER]}), json!({"iat": NOW}), json!({"exp": NOW + 3600})] {
        assert_eq!(check(&changes), Ok(()), "{changes}");
    }
    let table = [
        (json!({"iss": null}), C::ClaimMissing),
        (json!({"iss": "other"}), C::IssuerMismatch),
        (json!({"sub": "other"}), C::SubjectMismatch),
        (json!({"aud": null}), C::ClaimMissing),
        (json!({"aud": "https://evil.test"}), C::AudienceMismatch),
        (json!({"jti": null}), C::ClaimMissing),
        (json!({"exp": null}), C::ClaimMissing),
        (json!({"exp": NOW - 60}), C::Expired),
        (json!({"exp": NOW + 3661}), C::LifetimeTooLong),
        (json!({"nbf": NOW + 61}), C::NotYetValid),
        (json!({"iat": "x"}), C::ClaimMalformed),
    ];
    for (changes, code) in table {
        assert_eq!(check(&changes), Err(code), "{changes}");
    }
    let header = json!({"alg": "HS256", "kid": "secret"});
    let token = forge.sign_with_header(Algorithm::Es256, &header, &good);
    let refused = verify_client_assertion(&token, &keys, CLIENT, &[ISSUER], now(), LEEWAY).unwrap_err();
    assert_eq!(refused.code, C::AlgorithmNotAllowed);
}
