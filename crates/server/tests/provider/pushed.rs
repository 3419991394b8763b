//! Pushed authorization requests (RFC 9126).

use std::time::Duration;

use oidc::pkce;
use serde_json::json;
use testkit::{Answer, TestApp, each_database};

use crate::world::{CALLBACK, Client, VERIFIER, ada, authorize_path, client, post, query, redeem};

async fn push(t: &TestApp, client: &Client, more: &[(&str, &str)]) -> Answer {
    let challenge = pkce::challenge(VERIFIER);
    let mut form = vec![
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email"),
        ("state", "pushed"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    post(t, client, "/oauth2/par", &form).await
}

async fn pushed(t: &TestApp, client: &Client) -> String {
    let answer = push(t, client, &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(
        (answer.json()["expires_in"].as_i64(), &answer.headers["cache-control"]),
        (Some(60), &"no-store".parse().unwrap())
    );
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

fn path(client: &Client, uri: &str) -> String {
    let pairs = [("client_id", client.id.as_str()), ("request_uri", uri)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth2/authorize?{query}")
}

#[tokio::test]
async fn pushed_request_is_answered_once_and_what_stands_beside_it_is_not_looked_at() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"require_pushed_authorization_requests": true})).await;
        let uri = pushed(&t, &product).await;
        assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"));
        let beside = format!(
            "{}&state=evil&scope=openid+profile&redirect_uri=https://evil.example",
            path(&product, &uri)
        );
        let answer = ada.browser.get(&beside).await;
        let received = query(answer.location());
        assert!(answer.location().starts_with(CALLBACK));
        assert_eq!(received["state"], "pushed");
        let given = redeem(&t, &product, &received["code"]).await.json();
        assert_eq!(given["scope"], "openid email");
        assert_eq!(ada.browser.get(&path(&product, &uri)).await.status, 400);
    });
}

#[tokio::test]
async fn pushed_request_survives_the_sign_in_in_its_own_browser_only() {
    each_database!(|t| {
        let ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let uri = pushed(&t, &product).await;
        let mut browser = t.browser();
        let sent = query(browser.get(&path(&product, &uri)).await.location());
        t.clock.advance(Duration::from_mins(10));
        let mut other = t.browser();
        t.session(&mut other, &ada.account, Some(&ada.member)).await;
        assert_eq!(other.get(&path(&product, &uri)).await.status, 400);
        t.session(&mut browser, &ada.account, Some(&ada.member)).await;
        let answer = browser.get(&sent["return_to"]).await;
        assert!(query(answer.location()).contains_key("code"), "{}", answer.location());
    });
}

#[tokio::test]
async fn name_of_a_request_holds_a_minute_and_for_its_application() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let other = client(&t, json!({})).await;
        let uri = pushed(&t, &product).await;
        assert_eq!(ada.browser.get(&path(&other, &uri)).await.status, 400);
        let twice = format!("{}&client_id={}", path(&product, &uri), other.id);
        assert_eq!(ada.browser.get(&twice).await.status, 400);
        t.clock.advance(Duration::from_mins(1));
        assert_eq!(ada.browser.get(&path(&product, &uri)).await.status, 400);
        let unknown = path(&product, "urn:ietf:params:oauth:request_uri:guess");
        assert_eq!(ada.browser.get(&unknown).await.status, 400);
        let foreign = path(&product, "https://evil.example/request.jwt");
        assert_eq!(ada.browser.get(&foreign).await.status, 400);
    });
}

#[tokio::test]
async fn request_that_is_wrong_is_refused_when_it_is_pushed() {
    each_database!(|t| {
        let product = client(&t, json!({})).await;
        let other = client(&t, json!({})).await;
        for (more, error) in [
            (("redirect_uri", "https://evil.example/callback"), "invalid_request"),
            (("redirect_uri", "https://product.example/callback/../evil"), "invalid_request"),
            (("redirect_uri", "https://product.example/callback?x=1"), "invalid_request"),
            (("response_type", "token"), "unsupported_response_type"),
            (("scope", "email"), "invalid_scope"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("code_challenge", ""), "invalid_request"),
            (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
            (("request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
            (("client_id", other.id.as_str()), "invalid_client"),
        ] {
            let answer = push(&t, &product, &[more]).await;
            assert_eq!(answer.json()["error"], error, "{more:?}");
        }
        let stranger = Client { id: product.id.clone(), secret: "wrong".to_owned() };
        assert_eq!(push(&t, &stranger, &[]).await.status, 401);
        let rows = t.contents().await;
        assert!(rows["pushed_requests"].is_empty());
    });
}

#[tokio::test]
async fn application_that_must_push_cannot_ask_by_the_browser_alone() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"require_pushed_authorization_requests": true})).await;
        let answer = ada.browser.get(&authorize_path(&product, &[])).await;
        let received = query(answer.location());
        assert_eq!((received["error"].as_str(), received["state"].as_str()), ("invalid_request", "s1"));
        // An error answers a pushed request too.
        let uri = push(&t, &product, &[("prompt", "none")]).await.json()["request_uri"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut nobody = t.browser();
        let received = query(nobody.get(&path(&product, &uri)).await.location());
        assert_eq!((received["error"].as_str(), received["state"].as_str()), ("login_required", "pushed"));
        assert_eq!(nobody.get(&path(&product, &uri)).await.status, 400);
    });
}
