//! The token endpoint, userinfo, revocation and introspection.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use model::MemberStatus;
use oidc::provider::verify_id_token_hint;
use oidc::{Jwks, pkce};
use serde_json::{Value, json};
use testkit::{TestApp, each_database};

use crate::world::{
    CALLBACK, Client, VERIFIER, ada, authorize_path, claims, client, code, post, query, redeem, refresh,
    set_status, tokens, userinfo,
};

async fn get_json(t: &TestApp, path: &str) -> Value {
    let answer = t.browser().get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn application_reads_discovery_and_signs_somebody_in() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let discovery = get_json(&t, "/.well-known/openid-configuration").await;
        assert_eq!(discovery["issuer"], "http://127.0.0.1:8080");
        let answer = tokens(&t, &mut ada.browser, &product).await;
        let keys = get_json(&t, "/oauth2/jwks").await;
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        let keys = Jwks::parse(keys.to_string().as_bytes()).unwrap();
        let id_token = answer["id_token"].as_str().unwrap();
        let verified = verify_id_token_hint(id_token, &keys, "http://127.0.0.1:8080").unwrap();
        assert_eq!((verified.client_id, verified.subject), (product.id.clone(), ada.account.id.to_string()));
        let claims = claims(id_token);
        assert_eq!(claims["nonce"], "n1");
        assert_eq!(claims["auth_time"], ada.session.auth_at.as_seconds());
        assert_eq!(claims["exp"], t.app.now().as_seconds() + 600);
        assert_eq!(claims["amr"], json!(["fed"]));
        assert!(claims["sid"].as_str().unwrap().starts_with("tok_"));
        for (name, value) in [
            ("org_id", json!(ada.organization.id.to_string())),
            ("org_name", json!("Acme")),
            ("role", json!("admin")),
            ("email", json!("ada@acme.example")),
            ("email_verified", json!(true)),
            ("name", json!("Ada Lovelace")),
            ("country", json!("GB")),
            ("birth_year", json!(1815)),
            ("employee_number", json!("7")),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        let person = userinfo(&t, answer["access_token"].as_str().unwrap()).await;
        assert_eq!(person.status, 200);
        assert_eq!(person.json()["sub"], claims["sub"]);
        assert_eq!(person.json()["employee_number"], "7");
        assert_eq!(
            (answer["token_type"].as_str(), answer["expires_in"].as_i64()),
            (Some("Bearer"), Some(600))
        );
        assert_eq!(answer["scope"], "openid email profile");
    });
}

#[tokio::test]
async fn code_that_comes_twice_revokes_what_it_gave() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let code = code(&mut ada.browser, &product).await;
        let first = redeem(&t, &product, &code).await.json();
        let second = redeem(&t, &product, &code).await;
        assert_eq!((second.status.as_u16(), second.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(userinfo(&t, first["access_token"].as_str().unwrap()).await.status, 401);
        let again = refresh(&t, &product, first["refresh_token"].as_str().unwrap()).await;
        assert_eq!(again.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn code_that_comes_again_after_its_minute_still_revokes_what_it_gave() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let code = code(&mut ada.browser, &product).await;
        let first = redeem(&t, &product, &code).await.json();
        t.clock.advance(Duration::from_secs(90));
        assert_eq!(redeem(&t, &product, &code).await.json()["error"], "invalid_grant");
        assert_eq!(userinfo(&t, first["access_token"].as_str().unwrap()).await.status, 401);
    });
}

#[tokio::test]
async fn longest_request_that_is_taken_fits_into_a_code() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let discovery = get_json(&t, "/.well-known/openid-configuration").await;
        let names = discovery["claims_supported"].as_array().unwrap().iter();
        let all: serde_json::Map<String, Value> =
            names.map(|name| (name.as_str().unwrap().to_owned(), Value::Null)).collect();
        let (wishes, nonce) = (json!({"id_token": all, "userinfo": all}).to_string(), "n".repeat(1024));
        let path = authorize_path(&product, &[("claims", &wishes), ("nonce", &nonce)]);
        let answer = ada.browser.get(&path).await;
        let code = query(answer.location()).remove("code").expect("a code");
        assert!((1500..=4096).contains(&code.len()), "{}", code.len());
        let given = redeem(&t, &product, &code).await.json();
        assert_eq!(claims(given["id_token"].as_str().unwrap())["nonce"], nonce);
    });
}

#[tokio::test]
async fn token_that_was_changed_or_is_for_another_use_is_unknown() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let code = code(&mut ada.browser, &product).await;
        let as_access = code.replace("fd_code_", "fd_at_");
        assert_eq!(userinfo(&t, &as_access).await.status, 401);
        let mut changed = code.clone();
        let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
        changed.push(last);
        assert_eq!(redeem(&t, &product, &changed).await.json()["error"], "invalid_grant");
        let given = redeem(&t, &product, &code).await.json();
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&t, access).await.status, 200);
        let as_code = access.replace("fd_at_", "fd_code_");
        assert_eq!(redeem(&t, &product, &as_code).await.json()["error"], "invalid_grant");
        assert_eq!(userinfo(&t, access).await.status, 200, "what is no code revokes nothing");
    });
}

#[tokio::test]
async fn code_holds_only_for_its_application_address_verifier_and_minute() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let other = client(&t, json!({})).await;
        let given = code(&mut ada.browser, &product).await;
        let attempt = |redirect: &'static str, verifier: &'static str| {
            let form = vec![
                ("grant_type", "authorization_code"),
                ("code", given.as_str()),
                ("redirect_uri", redirect),
                ("code_verifier", verifier),
            ];
            form.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
        };
        let wrong = "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong";
        for form in [
            attempt(CALLBACK, wrong),
            attempt(CALLBACK, ""),
            attempt("https://product.example/other", VERIFIER),
        ] {
            let answer = post(&t, &product, "/oauth2/token", &form).await;
            assert_eq!(answer.json()["error"], "invalid_grant", "{form:?}");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
        assert_eq!(redeem(&t, &other, &given).await.json()["error"], "invalid_grant");
        assert_eq!(redeem(&t, &product, &given).await.status, 200);
        let late = code(&mut ada.browser, &product).await;
        t.clock.advance(Duration::from_secs(61));
        assert_eq!(redeem(&t, &product, &late).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn code_of_a_session_that_has_ended_is_worth_nothing() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let given = code(&mut ada.browser, &product).await;
        let mut tx = t.app.write().await.unwrap();
        server::provider::end_session(&t.app, &mut tx, &ada.session, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(redeem(&t, &product, &given).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn refresh_token_is_replaced_and_an_old_one_revokes_the_family() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let first = tokens(&t, &mut ada.browser, &product).await;
        let old = first["refresh_token"].as_str().unwrap().to_owned();
        t.clock.advance(Duration::from_hours(11));
        let second = refresh(&t, &product, &old).await;
        assert_eq!(second.status, 200, "{}", second.text);
        let second = second.json();
        let fresh = second["refresh_token"].as_str().unwrap().to_owned();
        assert_ne!(old, fresh);
        let (one, two) =
            (claims(first["id_token"].as_str().unwrap()), claims(second["id_token"].as_str().unwrap()));
        assert_eq!((&one["sid"], &one["auth_time"]), (&two["sid"], &two["auth_time"]));
        assert!(two.get("nonce").is_none());
        let wider =
            [("grant_type", "refresh_token"), ("refresh_token", &fresh), ("scope", "openid offline_access")];
        assert_eq!(post(&t, &product, "/oauth2/token", &wider).await.json()["error"], "invalid_scope");
        assert_eq!(refresh(&t, &product, &old).await.json()["error"], "invalid_grant");
        assert_eq!(refresh(&t, &product, &fresh).await.json()["error"], "invalid_grant");
        assert_eq!(userinfo(&t, second["access_token"].as_str().unwrap()).await.status, 401);
    });
}

#[tokio::test]
async fn refresh_token_that_waited_too_long_or_belongs_to_another_is_refused() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let other = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let token = given["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(&t, &other, token).await.json()["error"], "invalid_grant");
        t.clock.advance(Duration::from_hours(12));
        assert_eq!(refresh(&t, &product, token).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn application_without_the_grant_type_gets_no_refresh_token() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"grant_types": ["authorization_code"]})).await;
        let path = authorize_path(&product, &[("scope", "openid offline_access")]);
        let code = query(ada.browser.get(&path).await.location()).remove("code").unwrap();
        let given = redeem(&t, &product, &code).await.json();
        assert!(given.get("refresh_token").is_none());
        assert_eq!(given["scope"], "openid");
        let answer = refresh(&t, &product, "fd_rt_x").await;
        assert_eq!(answer.json()["error"], "unauthorized_client");
    });
}

#[tokio::test]
async fn member_who_was_suspended_is_refused_everywhere() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let waiting = code(&mut ada.browser, &product).await;
        set_status(&t, &ada.member, MemberStatus::Suspended).await;
        let answer = userinfo(&t, given["access_token"].as_str().unwrap()).await;
        assert_eq!(answer.status, 401);
        assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"));
        let answer = refresh(&t, &product, given["refresh_token"].as_str().unwrap()).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
        assert_eq!(redeem(&t, &product, &waiting).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn application_must_prove_itself_the_way_it_registered() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let wrong = Client { id: product.id.clone(), secret: "wrong".to_owned() };
        let unnamed = Client { id: product.id.clone(), secret: String::new() };
        let given = code(&mut ada.browser, &product).await;
        let refused = redeem(&t, &wrong, &given).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["error"].as_str()),
            (401, Some("invalid_client"))
        );
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        let refused = redeem(&t, &unnamed, &given).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["error"].as_str()),
            (401, Some("invalid_client"))
        );
        let form = [
            ("grant_type", "authorization_code"),
            ("code", given.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_secret", product.secret.as_str()),
        ];
        assert_eq!(post(&t, &unnamed, "/oauth2/token", &form).await.status, 200);
        let public =
            client(&t, json!({"token_endpoint_auth_method": "none", "application_type": "native"})).await;
        assert!(public.secret.is_empty());
        let given = code(&mut ada.browser, &public).await;
        let answer = redeem(&t, &public, &given).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
    });
}

#[tokio::test]
async fn application_with_a_key_proves_itself_once_with_each_assertion() {
    use oidc::provider::{SigningAlgorithm, SigningKey};
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let keys = json!({"keys": [key.public().to_json()]});
        let product =
            client(&t, json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": keys})).await;
        let assertion = assertion(&t, &key, &product.id);
        let mut statuses = Vec::new();
        for _ in 0..2 {
            let given = code(&mut ada.browser, &product).await;
            let form = [
                ("grant_type", "authorization_code"),
                ("code", given.as_str()),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
                ("client_assertion_type", oidc::provider::ASSERTION_TYPE),
                ("client_assertion", &assertion),
            ];
            statuses.push(post(&t, &product, "/oauth2/token", &form).await.status.as_u16());
        }
        assert_eq!(statuses, [200, 401]);
    });
}

fn assertion(t: &TestApp, key: &oidc::provider::SigningKey, client_id: &str) -> String {
    let header = jsonwebtoken::Header {
        kid: Some(key.kid().to_owned()),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256)
    };
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": "http://127.0.0.1:8080", "jti": "one",
        "exp": t.app.now().as_seconds() + 60,
    });
    let der = key.to_pkcs8().unwrap();
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_ec_der(&der)).unwrap()
}

#[tokio::test]
async fn request_that_is_no_form_is_told_so() {
    each_database!(|t| {
        let request = Request::post("/oauth2/token").header(header::CONTENT_TYPE, "application/json");
        let answer = t.browser().send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("invalid_request")));
        let product = client(&t, json!({})).await;
        let answer = post(&t, &product, "/oauth2/token", &[("grant_type", "password")]).await;
        assert_eq!(answer.json()["error"], "unsupported_grant_type");
        let answer = userinfo(&t, "").await;
        assert_eq!((answer.status.as_u16(), answer.headers.contains_key("www-authenticate")), (401, true));
    });
}

#[tokio::test]
async fn application_gives_tokens_back_and_asks_only_about_its_own() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let other = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let (access, refresh_token) =
            (given["access_token"].as_str().unwrap(), given["refresh_token"].as_str().unwrap());
        let active = async |who: &Client, token: &str| {
            post(&t, who, "/oauth2/introspect", &[("token", token)]).await.json()["active"] == true
        };
        assert!(active(&product, access).await);
        assert!(active(&product, refresh_token).await);
        assert!(!active(&other, access).await);
        assert_eq!(post(&t, &other, "/oauth2/revoke", &[("token", refresh_token)]).await.status, 200);
        assert!(active(&product, refresh_token).await);
        assert_eq!(post(&t, &product, "/oauth2/revoke", &[("token", access)]).await.status, 200);
        assert!(!active(&product, access).await);
        assert!(active(&product, refresh_token).await);
        assert_eq!(post(&t, &product, "/oauth2/revoke", &[("token", refresh_token)]).await.status, 200);
        assert!(!active(&product, refresh_token).await);
        assert_eq!(refresh(&t, &product, refresh_token).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn application_that_wants_es256_is_signed_for_so() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"id_token_signed_response_alg": "ES256"})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let header = given["id_token"].as_str().unwrap().split('.').next().unwrap().to_owned();
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["alg"], "ES256");
        assert!(pkce::verify(&pkce::challenge(VERIFIER), VERIFIER));
    });
}

#[tokio::test]
async fn registration_that_is_wrong_names_every_field() {
    each_database!(|t| {
        let metadata =
            json!({"redirect_uris": ["ftp://x"], "grant_types": ["password"], "scope": "everything"});
        let mut tx = t.app.write().await.unwrap();
        let metadata = metadata.as_object().unwrap();
        let made =
            server::provider::applications::create(&t.app, &mut tx, "Product", metadata, "system").await;
        let problem = made.unwrap_err();
        assert_eq!(problem.status, 422);
        let fields: Vec<&str> = problem.fields.iter().map(|f| f.field.as_str()).collect();
        for field in ["redirect_uris", "grant_types", "scope"] {
            assert!(fields.contains(&field), "{fields:?}");
        }
    });
}

#[tokio::test]
async fn two_machines_that_begin_together_publish_the_same_keys() {
    each_database!(|t| {
        let app = &t.app;
        let other = server::App::new(server::AppParts {
            store: app.store.clone(),
            clock: t.clock.clone(),
            rng: app.rng.clone(),
            seal: model::Seal::new(&[42; 32]).unwrap(),
            config: app.config.clone(),
            dns: app.dns.clone(),
        });
        let (here, there) =
            tokio::join!(server::provider::keys::ring(app), server::provider::keys::ring(&other));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!(here.published, there.published);
        assert_eq!(here.published["keys"].as_array().unwrap().len(), 2);
    });
}

#[tokio::test]
async fn of_two_exchanges_at_the_same_moment_one_gets_through() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let waiting = code(&mut ada.browser, &product).await;
        let (one, two) = tokio::join!(redeem(&t, &product, &waiting), redeem(&t, &product, &waiting));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        let token = given["refresh_token"].as_str().unwrap();
        let (one, two) = tokio::join!(refresh(&t, &product, token), refresh(&t, &product, token));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    });
}

#[tokio::test]
async fn address_is_verified_by_its_owner_or_by_the_domain_of_the_company() {
    use model::{Domain, DomainId, DomainStatus};
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let unproven = model::Account { email_verified_at: None, ..ada.account.clone() };
        let domain = Domain {
            id: t.app.id(DomainId::new),
            organization_id: ada.organization.id,
            name: "acme.example".to_owned(),
            status: DomainStatus::Pending,
            dns_token: "x".to_owned(),
            looked_at: None,
            found: None,
            next_look: None,
            sso_required_at: None,
            routing: None,
            proof_missing_at: None,
            proof_told_at: None,
            verified_at: None,
            verified_by: None,
            created_at: t.app.now(),
        };
        let mut tx = t.app.write().await.unwrap();
        store::account::update(&mut tx, &unproven).await.unwrap();
        store::domain::add(&mut tx, &domain).await.unwrap();
        tx.commit().await.unwrap();
        let given = tokens(&t, &mut ada.browser, &product).await;
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&t, access).await.json()["email_verified"], false);
        let mut tx = t.app.write().await.unwrap();
        store::domain::verify(&mut tx, domain.id, "dns", t.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(userinfo(&t, access).await.json()["email_verified"], true);
    });
}
