//! Both halves against each other: a whole sign-in of the relying party at the simulated provider, tokens of the
//! provider read by another implementation, logout tokens and client assertions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use oidc::pkce::Pkce;
use oidc::provider::{
    ASSERTION_TYPE, Form, IdToken, LogoutToken, PresentedClient, Reply, SigningAlgorithm, SigningKey,
    half_hash, jwks_json, mint_id_token, mint_logout_token, verify_client_assertion, verify_id_token_hint,
};
use oidc::relying_party::{
    AuthorizationUrl, Callback, CallbackExpected, ClientAuth, Discovery, Expected, TokenResponse,
    client_assertion, merge_userinfo, token_call, validate_id_token, validate_logout_token,
};
use oidc::simulated::{SimulatedClient, SimulatedProvider};
use oidc::{Algorithm, Jwks, RejectionCode};
use serde_json::{Map, Value, json};

const ISSUER: &str = "http://127.0.0.2:9000";
const REDIRECT: &str = "http://127.0.0.1:8080/oidc/callback";
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or_default()
}

fn key_set(key: &SigningKey) -> Jwks {
    Jwks::parse(jwks_json([key.public()]).to_string().as_bytes()).unwrap_or_default()
}

fn id_token(key: &SigningKey, claims: Map<String, Value>) -> String {
    let token = IdToken {
        issuer: ISSUER,
        subject: "acc_1",
        client_id: "app",
        issued_at: now(),
        expires_at: now() + SignedDuration::from_mins(5),
        auth_time: Some(now()),
        nonce: Some("n"),
        acr: None,
        amr: &["pwd"],
        session_id: Some("ses_1"),
        access_token: Some("at"),
        code: None,
        claims,
    };
    mint_id_token(&token, key).expect("token")
}

struct Login {
    provider: SimulatedProvider,
    discovery: Discovery,
    pkce: Pkce,
}

impl Login {
    fn start(algorithm: SigningAlgorithm) -> Login {
        let mut provider = SimulatedProvider::new(ISSUER, algorithm).expect("provider");
        let client = SimulatedClient { secret: "s+e%c".to_owned(), redirect_uris: vec![REDIRECT.to_owned()] };
        provider.register("frontdesk", client);
        let discovery =
            Discovery::parse(provider.discovery().to_string().as_bytes(), ISSUER).expect("discovery");
        Login { provider, discovery, pkce: Pkce::from_random(&[9; 32]) }
    }

    /// Authorization request, the person allowed, callback: the code.
    fn code(&mut self) -> String {
        let request = AuthorizationUrl::new(
            &self.discovery.authorization_endpoint,
            "frontdesk",
            REDIRECT,
            ("state-1", "nonce-1", &self.pkce.challenge),
        );
        let url = url::Url::parse(&request.build().expect("request")).expect("url");
        let request = self.provider.authorize(url.query_pairs()).expect("request taken");
        let claims = json!({"sub": "u1", "given_name": "Ann", "groups": ["staff"]});
        let reply =
            self.provider.allow(request, claims.as_object().cloned().unwrap_or_default(), "code-1", now());
        let Reply::Redirect(back) = reply else { panic!("no redirect") };
        let callback = Callback::parse(url::Url::parse(&back).expect("url").query_pairs()).expect("callback");
        let expected = CallbackExpected {
            state: "state-1",
            issuer: ISSUER,
            issuer_in_response: self.discovery.issuer_in_response,
        };
        callback.code(&expected).expect("code").to_owned()
    }

    fn redeem(
        &mut self,
        auth: ClientAuth<'_>,
        code: &str,
        at: Timestamp,
    ) -> Result<TokenResponse, RejectionCode> {
        let call = token_call("frontdesk", auth, code, REDIRECT, &self.pkce.verifier);
        let (status, body) =
            match self.provider.token(call.authorization.as_deref(), call.form, "access-1", at) {
                Ok(body) => (200, body),
                Err(error) => (error.status(), error.to_json()),
            };
        TokenResponse::parse(status, body.to_string().as_bytes()).map_err(|rejection| rejection.code)
    }
}

#[test]
fn whole_sign_in_at_the_simulated_provider() {
    for &algorithm in SigningAlgorithm::ALL {
        let mut login = Login::start(algorithm);
        let code = login.code();
        let answer = login.redeem(ClientAuth::Basic { secret: "s+e%c" }, &code, now()).expect("tokens");
        let access_token = answer.access_token.unwrap_or_default();
        let keys = Jwks::parse(login.provider.jwks().to_string().as_bytes()).expect("keys");
        let expected = Expected {
            access_token: Some(&access_token),
            algorithms: &login.discovery.id_token_algorithms,
            ..Expected::new(ISSUER, "frontdesk", "nonce-1")
        };
        let person = validate_id_token(&answer.id_token, &keys, &expected, now(), LEEWAY).expect("person");
        assert_eq!(person.subject, "u1");
        assert_eq!(person.claims.texts("groups"), ["staff"]);
        let userinfo = login.provider.userinfo(&access_token, now()).expect("userinfo");
        assert_eq!(merge_userinfo(person.clone(), userinfo.to_string().as_bytes()), Ok(person));
        assert_eq!(login.provider.userinfo("other", now()), None);
    }
}

#[test]
fn code_works_once_in_time_and_only_with_the_secret() {
    let post = ClientAuth::Post { secret: "s+e%c" };
    let mut login = Login::start(SigningAlgorithm::Es256);
    let code = login.code();
    assert_eq!(
        login.redeem(ClientAuth::Post { secret: "wrong" }, &code, now()).err(),
        Some(RejectionCode::ClientRefused)
    );
    assert!(login.redeem(post, &code, now()).is_ok());
    assert_eq!(login.redeem(post, &code, now()).err(), Some(RejectionCode::CodeRefused));
    let code = login.code();
    let late = now() + SignedDuration::from_mins(1);
    assert_eq!(login.redeem(post, &code, late).err(), Some(RejectionCode::CodeRefused));
    let code = login.code();
    login.pkce = Pkce::from_random(&[1; 32]);
    assert_eq!(login.redeem(post, &code, now()).err(), Some(RejectionCode::CodeRefused));
}

#[test]
fn person_who_is_not_assigned_is_explained() {
    let login = Login::start(SigningAlgorithm::Es256);
    let query =
        format!("response_type=code&client_id=frontdesk&redirect_uri={REDIRECT}&scope=openid&state=state-1");
    let request = login.provider.authorize(url::form_urlencoded::parse(query.as_bytes())).expect("request");
    let Reply::Redirect(back) = login.provider.deny(&request) else { panic!("no redirect") };
    let callback = Callback::parse(url::Url::parse(&back).expect("url").query_pairs()).expect("callback");
    let expected = CallbackExpected { state: "state-1", issuer: ISSUER, issuer_in_response: true };
    let rejection = callback.code(&expected).expect_err("denied");
    assert_eq!(rejection.code, RejectionCode::AccessDenied);
    assert!(rejection.message.contains("assigned"));
}

#[test]
fn another_implementation_verifies_our_tokens() {
    for &algorithm in SigningAlgorithm::ALL {
        let key = SigningKey::generate(algorithm).expect("key");
        let custom = json!({"email": "ann@acme.test", "iss": "evil", "sid": "evil"});
        let token = id_token(&key, custom.as_object().cloned().unwrap_or_default());
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.public().to_json()).expect("jwk");
        let theirs = jsonwebtoken::Algorithm::try_from(jwk.common.key_algorithm.expect("alg")).expect("alg");
        let mut validation = jsonwebtoken::Validation::new(theirs);
        validation.set_audience(&["app"]);
        validation.set_issuer(&[ISSUER]);
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).expect("key");
        let read = jsonwebtoken::decode::<Value>(&token, &decoding, &validation).expect("their verdict");
        assert_eq!(read.header.kid.as_deref(), Some(key.kid()));
        assert_eq!(read.claims["email"], "ann@acme.test");
        assert_eq!(read.claims["sid"], "ses_1");
        assert_eq!(read.claims["at_hash"], half_hash(algorithm.algorithm(), "at"));
    }
}

#[test]
fn hint_is_taken_after_its_end_but_only_if_it_is_ours() {
    let key = SigningKey::generate(SigningAlgorithm::Rs256).expect("key");
    let token = id_token(&key, Map::new());
    let hint = verify_id_token_hint(&token, &key_set(&key), ISSUER).expect("hint");
    assert_eq!((hint.subject.as_str(), hint.client_id.as_str()), ("acc_1", "app"));
    assert_eq!(hint.session_id.as_deref(), Some("ses_1"));
    let other = SigningKey::generate(SigningAlgorithm::Rs256).expect("key");
    let code = |result: Result<_, oidc::Rejection>| result.map(|_| ()).unwrap_err().code;
    assert_eq!(code(verify_id_token_hint(&token, &key_set(&other), ISSUER)), RejectionCode::UnknownKey);
    assert_eq!(
        code(verify_id_token_hint(&token, &key_set(&key), "https://x.test")),
        RejectionCode::IssuerMismatch
    );
    let logout = logout_token(&key, "acc_1", None);
    assert_eq!(code(verify_id_token_hint(&logout, &key_set(&key), ISSUER)), RejectionCode::TokenType);
}

fn logout_token(key: &SigningKey, subject: &str, session_id: Option<&str>) -> String {
    let token = LogoutToken {
        issuer: ISSUER,
        client_id: "app",
        subject,
        session_id,
        id: "jti-1",
        issued_at: now(),
        expires_at: now() + SignedDuration::from_mins(2),
    };
    mint_logout_token(&token, key).expect("token")
}

#[test]
fn logout_tokens_are_taken_once_they_are_complete() {
    let key = SigningKey::generate(SigningAlgorithm::Rs256).expect("key");
    let check = |token: &str, at| validate_logout_token(token, &key_set(&key), ISSUER, "app", at, LEEWAY);
    let whole = check(&logout_token(&key, "acc_1", Some("ses_1")), now()).expect("logout");
    assert_eq!((whole.subject.as_deref(), whole.session_id.as_deref()), (Some("acc_1"), Some("ses_1")));
    let code = |token: &str, at| check(token, at).unwrap_err().code;
    assert_eq!(
        code(&logout_token(&key, "acc_1", None), now() + SignedDuration::from_mins(3)),
        RejectionCode::Expired
    );
    assert_eq!(code(&id_token(&key, Map::new()), now()), RejectionCode::NotALogoutToken);
    let header: Value = logout_token(&key, "a", None)
        .split('.')
        .next()
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    assert_eq!(header["typ"], "logout+jwt");
}

#[test]
fn client_assertions_are_verified() {
    use RejectionCode as C;
    let key = SigningKey::generate(SigningAlgorithm::Es256).expect("key");
    let make = |client: &str, audience: &str| {
        client_assertion(client, audience, "jti-1", &key, now()).expect("assertion")
    };
    let check = |assertion: &str, at| {
        verify_client_assertion(assertion, &key_set(&key), "app", &[ISSUER, "http://x/token"], at, LEEWAY)
            .map(|verified| verified.id)
            .map_err(|rejection| rejection.code)
    };
    assert_eq!(check(&make("app", ISSUER), now()), Ok("jti-1".to_owned()));
    assert_eq!(check(&make("app", "http://x/token"), now()), Ok("jti-1".to_owned()));
    assert_eq!(check(&make("app", "https://evil.test"), now()), Err(C::AudienceMismatch));
    assert_eq!(check(&make("other", ISSUER), now()), Err(C::IssuerMismatch));
    assert_eq!(check(&make("app", ISSUER), now() + SignedDuration::from_mins(2)), Err(C::Expired));
    assert_eq!(check(&make("app", ISSUER), now() - SignedDuration::from_mins(2)), Err(C::NotYetValid));
    assert_eq!(check(&make("app", ISSUER), now() - SignedDuration::from_hours(2)), Err(C::LifetimeTooLong));
    assert_eq!(check(&id_token(&key, Map::new()), now()), Err(C::IssuerMismatch));

    let assertion = make("app", ISSUER);
    let form = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    let Ok(PresentedClient::Assertion { client_id, .. }) =
        PresentedClient::parse(None, &Form::parse(form).expect("form"))
    else {
        panic!("not read")
    };
    assert_eq!(client_id, "app");
}

#[test]
fn userinfo_fills_gaps_and_never_speaks_for_another_person() {
    let key = SigningKey::generate(SigningAlgorithm::Es256).expect("key");
    let person = |claims: Value| {
        let token = id_token(&key, claims.as_object().cloned().unwrap_or_default());
        validate_id_token(&token, &key_set(&key), &Expected::new(ISSUER, "app", "n"), now(), LEEWAY)
            .expect("person")
    };
    let merge = |claims: Value, userinfo: &str| merge_userinfo(person(claims), userinfo.as_bytes());
    let code = |userinfo: &str| merge(json!({}), userinfo).unwrap_err().code;
    assert_eq!(code(r#"{"sub":"acc_2"}"#), RejectionCode::UserinfoSubjectMismatch);
    assert_eq!(code(r#"{"sub":"acc_1","sub":"acc_1"}"#), RejectionCode::UserinfoMalformed);
    assert_eq!(code("eyJhbGciOi.J9.x"), RejectionCode::UserinfoMalformed);
    assert_eq!(code("{}"), RejectionCode::ClaimMissing);

    let filled = merge(
        json!({"email": ""}),
        r#"{"sub":"acc_1","email":"a@acme.test","email_verified":"true","iss":"evil"}"#,
    );
    let filled = filled.expect("merged");
    assert_eq!((filled.email.as_deref(), filled.email_verified), (Some("a@acme.test"), Some(true)));
    assert_eq!(filled.claims.text("iss"), Some(ISSUER));

    // The verified flag belongs to the other address, so it must not come along.
    let kept = merge(
        json!({"email": "old@acme.test"}),
        r#"{"sub":"acc_1","email":"new@acme.test","email_verified":true}"#,
    );
    let kept = kept.expect("merged");
    assert_eq!((kept.email.as_deref(), kept.email_verified), (Some("old@acme.test"), None));
    // And the other way round: a flag without an address is not a flag for userinfo's address.
    let foreign =
        merge(json!({"email_verified": true}), r#"{"sub":"acc_1","email":"new@acme.test"}"#).expect("merged");
    assert_eq!((foreign.email.as_deref(), foreign.email_verified), (Some("new@acme.test"), None));
}

#[test]
fn hash_of_the_access_token_as_in_openid_connect_core_a_3() {
    let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(half_hash(Algorithm::Rs256, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
}
