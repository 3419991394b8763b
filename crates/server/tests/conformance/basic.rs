//! The flow itself: tokens, userinfo, scopes, codes, client authentication.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use oidc::provider::verify_id_token_hint;
use oidc::{Jwks, pkce};
use serde_json::{Value, json};
use testkit::each_database;

use crate::world::{CALLBACK, VERIFIER, client, post, query, refresh};
use crate::{answer, exchange, flow, id_token, request, suite, userinfo};

#[tokio::test]
async fn server() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let received = answer(&mut ada, &client, &[("nonce", "n-1"), ("state", "st")]).await;
        assert_eq!((received["state"].as_str(), received["iss"].as_str()), ("st", "http://127.0.0.1:8080"));
        assert!(received["code"].len() >= 43, "128 bits of chance and more");
        let given = exchange(&t, &client, &received["code"]).await;
        assert_eq!(
            (given.status.as_u16(), &given.headers["cache-control"]),
            (200, &"no-store".parse().unwrap())
        );
        assert_eq!(given.headers["content-type"], "application/json");
        let given = given.json();
        assert_eq!(given["token_type"], "Bearer");
        let keys = t.browser().get("/oauth2/jwks").await;
        let keys = Jwks::parse(keys.text.as_bytes()).unwrap();
        let token = given["id_token"].as_str().unwrap();
        let hint = verify_id_token_hint(token, &keys, "http://127.0.0.1:8080").unwrap();
        let claims = id_token(&given);
        assert_eq!((hint.client_id, claims["nonce"].as_str()), (client.id.clone(), Some("n-1")));
        let now = t.app.now().as_seconds();
        assert!(claims["exp"].as_i64().unwrap() > now && claims["iat"].as_i64().unwrap() <= now);
        assert!(claims["sub"].as_str().unwrap().len() <= 255);
        assert_eq!(userinfo(&t, &given).await["sub"], claims["sub"]);
    });
}

#[tokio::test]
async fn idtoken_signature_is_rs256_with_a_published_kid() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let given = flow(&t, &mut ada, &client, &[]).await;
        let header = jsonwebtoken::decode_header(given["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
        let keys = t.browser().get("/oauth2/jwks").await.json();
        let known = keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == json!(header.kid));
        assert!(known);
    });
}

#[tokio::test]
async fn userinfo_get() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let given = flow(&t, &mut ada, &client, &[]).await;
        assert_eq!(userinfo(&t, &given).await["sub"], id_token(&given)["sub"]);
    });
}

#[tokio::test]
async fn userinfo_post_header() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let given = flow(&t, &mut ada, &client, &[]).await;
        let token = given["access_token"].as_str().unwrap();
        let answer = t.browser().api("POST", "/oauth2/userinfo", token, None).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["sub"]), (200, &id_token(&given)["sub"]));
    });
}

#[tokio::test]
async fn userinfo_post_body() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let given = flow(&t, &mut ada, &client, &[]).await;
        let token = given["access_token"].as_str().unwrap();
        let by_form = |bearer: Option<&str>| {
            let mut request = Request::post("/oauth2/userinfo")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            if let Some(bearer) = bearer {
                request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
            }
            request.body(Body::from(format!("access_token={token}"))).unwrap()
        };
        let answer = t.browser().send(by_form(None)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["sub"]), (200, &id_token(&given)["sub"]));
        let twice = t.browser().send(by_form(Some(token))).await;
        assert_eq!((twice.status.as_u16(), twice.json()["error"].as_str()), (400, Some("invalid_request")));
    });
}

#[tokio::test]
async fn ensure_request_without_nonce_succeeds_for_code_flow() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let given = flow(&t, &mut ada, &client, &[("nonce", "")]).await;
        assert!(id_token(&given).get("nonce").is_none());
    });
}

/// The claims about the person that userinfo gives for these scopes, sorted.
async fn names(t: &testkit::TestApp, scope: &str) -> Vec<String> {
    let (mut ada, client) = suite(t).await;
    let given = flow(t, &mut ada, &client, &[("scope", scope)]).await;
    let Value::Object(claims) = userinfo(t, &given).await else { panic!("no object") };
    let other = ["sub", "org_id", "org_name", "role", "auth_time", "acr", "amr"];
    claims.keys().filter(|name| !other.contains(&name.as_str())).cloned().collect()
}

#[tokio::test]
async fn scope_profile() {
    each_database!(|t| {
        let names = names(&t, "openid profile").await;
        for name in ["name", "given_name", "family_name", "updated_at"] {
            assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        }
        assert!(!names.contains(&"email".to_owned()));
    });
}

#[tokio::test]
async fn scope_email() {
    each_database!(|t| {
        assert_eq!(names(&t, "openid email").await, ["email", "email_verified"]);
    });
}

#[tokio::test]
async fn scope_address() {
    each_database!(|t| {
        assert_eq!(names(&t, "openid address").await, ["address"]);
    });
}

#[tokio::test]
async fn scope_phone() {
    each_database!(|t| {
        // A scope that the discovery document does not name is passed over (OpenID Connect Core 3.1.2.1).
        let metadata = t.browser().get("/.well-known/openid-configuration").await.json();
        assert!(!metadata["scopes_supported"].as_array().unwrap().contains(&json!("phone")));
        assert!(names(&t, "openid phone").await.is_empty());
    });
}

#[tokio::test]
async fn scope_all() {
    each_database!(|t| {
        let names = names(&t, "openid profile email address phone").await;
        for name in ["name", "email", "email_verified", "address"] {
            assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        }
    });
}

#[tokio::test]
async fn ensure_other_scope_order_succeeds() {
    each_database!(|t| {
        assert_eq!(names(&t, "email openid").await, ["email", "email_verified"]);
    });
}

#[tokio::test]
async fn codereuse() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let code = answer(&mut ada, &client, &[]).await.remove("code").unwrap();
        let first = exchange(&t, &client, &code).await.json();
        let second = exchange(&t, &client, &code).await;
        assert_eq!((second.status.as_u16(), second.json()["error"].as_str()), (400, Some("invalid_grant")));
        let token = first["access_token"].as_str().unwrap();
        assert_eq!(crate::world::userinfo(&t, token).await.status, 401);
    });
}

#[tokio::test]
async fn codereuse_30seconds() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let code = answer(&mut ada, &client, &[]).await.remove("code").unwrap();
        let first = exchange(&t, &client, &code).await.json();
        t.clock.advance(Duration::from_secs(30));
        assert_eq!(exchange(&t, &client, &code).await.json()["error"], "invalid_grant");
        let token = first["access_token"].as_str().unwrap();
        assert_eq!(crate::world::userinfo(&t, token).await.status, 401);
    });
}

#[tokio::test]
async fn ensure_registered_redirect_uri() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        for other in [
            "https://evil.example/callback",
            "https://product.example/callback/",
            "https://product.example/callback?x",
            "https://product.example/Callback",
            "http://product.example/callback",
            "https://product.example:443/callback",
            "https://product.example/callback#x",
            "https://product.example/a/../callback",
            "https://product.example@evil.example/callback",
            "https://product.example.evil.example/callback",
            "https://product.example/callback%2F..",
        ] {
            let answer = ada.browser.get(&request(&client, &[("redirect_uri", other)])).await;
            assert_eq!(answer.status, 400, "{other}");
            assert!(!answer.headers.contains_key("location"), "{other}");
        }
    });
}

#[tokio::test]
async fn server_client_secret_post() {
    each_database!(|t| {
        let (mut ada, _) = suite(&t).await;
        let method = json!({"token_endpoint_auth_method": "client_secret_post", "require_pkce": false});
        let client = client(&t, method).await;
        let code = answer(&mut ada, &client, &[]).await.remove("code").unwrap();
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", CALLBACK),
                ("client_id", &client.id),
                ("client_secret", &client.secret),
            ])
            .finish();
        let request = Request::post("/oauth2/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        assert_eq!(t.browser().send(request.unwrap()).await.status, 200);
    });
}

#[tokio::test]
async fn ensure_request_with_valid_pkce_succeeds() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let challenge = pkce::challenge(VERIFIER);
        let more = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        let code = answer(&mut ada, &client, &more).await.remove("code").unwrap();
        // The code without its verifier is worth nothing, and stays for whoever has it.
        assert_eq!(exchange(&t, &client, &code).await.json()["error"], "invalid_grant");
        assert_eq!(crate::world::redeem(&t, &client, &code).await.status, 200);
        // A verifier for a code without a challenge shows that the challenge was taken out on the way.
        let stripped = answer(&mut ada, &client, &[]).await.remove("code").unwrap();
        assert_eq!(crate::world::redeem(&t, &client, &stripped).await.json()["error"], "invalid_grant");
    });
}

#[tokio::test]
async fn refresh_token() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let scope = ("scope", "openid offline_access");
        let first = flow(&t, &mut ada, &client, &[scope, ("prompt", "consent")]).await;
        let token = first["refresh_token"].as_str().unwrap();
        t.clock.advance(Duration::from_secs(5));
        let second = refresh(&t, &client, token).await;
        assert_eq!(second.status, 200, "{}", second.text);
        let second = second.json();
        let (before, after) = (id_token(&first), id_token(&second));
        for same in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(before[same], after[same], "{same}");
        }
        assert!(after["iat"].as_i64() > before["iat"].as_i64());
        assert_eq!(userinfo(&t, &second).await["sub"], after["sub"]);
        // Another client cannot use it.
        let other = crate::world::client(&t, json!({})).await;
        let stolen = second["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(&t, &other, stolen).await.json()["error"], "invalid_grant");
        assert_eq!(refresh(&t, &client, stolen).await.status, 200);
    });
}

#[tokio::test]
async fn code_of_one_client_is_worth_nothing_to_another() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let other = crate::world::client(&t, json!({"require_pkce": false})).await;
        let code = answer(&mut ada, &client, &[]).await.remove("code").unwrap();
        assert_eq!(exchange(&t, &other, &code).await.json()["error"], "invalid_grant");
        // Named for one, proven by the other.
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("client_id", client.id.as_str()),
        ];
        assert_eq!(post(&t, &other, "/oauth2/token", &form).await.status, 401);
        assert_eq!(exchange(&t, &client, &code).await.status, 200);
    });
}

#[tokio::test]
async fn ensure_post_request_succeeds() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let path = request(&client, &[]);
        let pairs = query(&path);
        let form: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let again = ada.browser.post_cross_site("/oauth2/authorize", &form).await.location().to_owned();
        let received = query(ada.browser.get(&again).await.location());
        assert_eq!(exchange(&t, &client, &received["code"]).await.status, 200);
    });
}
