//! Signing out: asked for by an application, and told to the others.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use oidc::Jwks;
use oidc::relying_party::{LogoutClaims, validate_logout_token};
use serde_json::json;
use testkit::{TestApp, each_database};

use crate::world::{Client, ada, authorize_path, claims, client, query, refresh, sign_in, tokens};

const GOODBYE: &str = "https://product.example/goodbye";

/// An application that keeps the logout tokens it is sent; it refuses the first `refusals`.
async fn listener(refusals: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&received);
    let router = Router::new().route(
        "/logout",
        post(move |body: String| async move {
            let token = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "logout_token");
            let mut kept = kept.lock().unwrap();
            kept.push(token.map(|(_, value)| value.into_owned()).unwrap_or_default());
            if kept.len() <= refusals { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        }),
    );
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/logout", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });
    (address, received)
}

fn logout_path(pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth2/logout?{query}")
}

async fn is_signed_in(browser: &mut testkit::TestBrowser, client: &Client) -> bool {
    let answer = browser.get(&authorize_path(client, &[("prompt", "none")])).await;
    query(answer.location()).contains_key("code")
}

/// Verifies a logout token as an application would.
async fn verified(t: &TestApp, token: &str, client: &Client) -> LogoutClaims {
    let keys = t.browser().get("/oauth2/jwks").await;
    let keys = Jwks::parse(keys.text.as_bytes()).unwrap();
    let (now, leeway) = (t.app.now().to_jiff(), jiff::SignedDuration::from_secs(5));
    validate_logout_token(token, &keys, "http://127.0.0.1:8080", &client.id, now, leeway).unwrap()
}

#[tokio::test]
async fn id_token_of_the_person_signs_out_at_once_and_tells_the_other_applications() {
    each_database!(|t| {
        let (address, received) = listener(0).await;
        let (asking_address, asking_received) = listener(0).await;
        let mut ada = ada(&t).await;
        let product = client(
            &t,
            json!({"post_logout_redirect_uris": [GOODBYE], "backchannel_logout_uri": asking_address}),
        )
        .await;
        let other = client(&t, json!({"backchannel_logout_uri": address})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let there = tokens(&t, &mut ada.browser, &other).await;
        let hint = given["id_token"].as_str().unwrap();
        let path =
            logout_path(&[("id_token_hint", hint), ("post_logout_redirect_uri", GOODBYE), ("state", "bye")]);
        let answer = ada.browser.get(&path).await;
        assert_eq!(answer.location(), format!("{GOODBYE}?state=bye"));
        assert!(!is_signed_in(&mut ada.browser, &product).await);
        t.work().await;
        t.assert_no_work().await;
        let tokens = received.lock().unwrap().clone();
        assert_eq!(tokens.len(), 1);
        let told = verified(&t, &tokens[0], &other).await;
        assert_eq!(told.session_id.as_deref(), claims(there["id_token"].as_str().unwrap())["sid"].as_str());
        assert_eq!(told.subject, Some(ada.account.id.to_string()));
        assert!(asking_received.lock().unwrap().is_empty());
        for (who, answer) in [(&product, &given), (&other, &there)] {
            let token = answer["refresh_token"].as_str().unwrap();
            assert_eq!(refresh(&t, who, token).await.json()["error"], "invalid_grant");
        }
    });
}

#[tokio::test]
async fn application_that_did_not_answer_is_told_again_with_the_same_id() {
    each_database!(|t| {
        let (address, received) = listener(1).await;
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"backchannel_logout_uri": address})).await;
        tokens(&t, &mut ada.browser, &product).await;
        let mut tx = t.app.write().await.unwrap();
        server::provider::end_session(&t.app, &mut tx, &ada.session, None).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        assert_eq!(received.lock().unwrap().len(), 1);
        t.clock.advance(std::time::Duration::from_mins(1));
        t.work().await;
        t.assert_no_work().await;
        let tokens = received.lock().unwrap().clone();
        assert_eq!(tokens.len(), 2);
        assert_eq!(claims(&tokens[0])["jti"], claims(&tokens[1])["jti"]);
        assert_eq!(calls(&t, &product).await, [("told".to_owned(), 2, "It answered 200 OK.".to_owned())]);
        t.clock.advance(std::time::Duration::from_hours(24 * 8));
        server::job::tidy(&t.app).await.unwrap();
        assert!(calls(&t, &product).await.is_empty());
    });
}

#[tokio::test]
async fn person_is_asked_where_nothing_proves_the_wish() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"post_logout_redirect_uris": [GOODBYE]})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let bare = [("client_id", product.id.as_str()), ("post_logout_redirect_uri", GOODBYE)];
        let page = ada.browser.get(&logout_path(&bare)).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Product"), "{}", page.text);
        assert!(is_signed_in(&mut ada.browser, &product).await);
        let forged = ada.browser.post_cross_site("/oauth2/logout/confirm", &bare).await;
        assert_eq!(forged.status, 403);
        assert!(is_signed_in(&mut ada.browser, &product).await);
        ada.browser.get(&logout_path(&bare)).await;
        let answer = ada.browser.post("/oauth2/logout/confirm", &bare).await;
        assert_eq!(answer.location(), GOODBYE);
        assert!(!is_signed_in(&mut ada.browser, &product).await);
        // The ID token of somebody else proves nothing either.
        let hint = given["id_token"].as_str().unwrap();
        let mut other = ada.account.clone();
        other.id = t.app.id(model::AccountId::new);
        other.email = "eve@acme.example".to_owned();
        let mut tx = t.app.write().await.unwrap();
        store::account::add(&mut tx, &other).await.unwrap();
        tx.commit().await.unwrap();
        sign_in(&t, &mut ada.browser, &other, None).await;
        assert_eq!(ada.browser.get(&logout_path(&[("id_token_hint", hint)])).await.status, 200);
        assert!(is_signed_in(&mut ada.browser, &product).await);
    });
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"post_logout_redirect_uris": [GOODBYE]})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let hint = given["id_token"].as_str().unwrap();
        let evil = [("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example/")];
        let answer = ada.browser.get(&logout_path(&evil)).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("location"));
        assert!(!is_signed_in(&mut ada.browser, &product).await);
        let contradiction = [("id_token_hint", hint), ("client_id", "app_other")];
        assert_eq!(ada.browser.get(&logout_path(&contradiction)).await.status, 400);
    });
}

#[tokio::test]
async fn application_is_told_even_when_the_person_is_erased_before() {
    each_database!(|t| {
        let (address, received) = listener(0).await;
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"backchannel_logout_uri": address})).await;
        tokens(&t, &mut ada.browser, &product).await;
        let mut tx = t.app.write().await.unwrap();
        let why = server::provider::Ending::Administrator;
        server::member::sign_out_everywhere(&t.app, &mut tx, ada.member.id, why).await.unwrap();
        store::account::remove(&mut tx, ada.account.id).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        t.assert_no_work().await;
        let tokens = received.lock().unwrap().clone();
        assert_eq!(tokens.len(), 1);
        assert_eq!(verified(&t, &tokens[0], &product).await.subject, Some(ada.account.id.to_string()));
    });
}

/// How the application was told, for the operator.
async fn calls(t: &TestApp, client: &Client) -> Vec<(String, i64, String)> {
    let mut db = t.app.read().await.unwrap();
    let all = store::application::list_logout_calls(&mut db, client.id.parse().unwrap(), 10).await.unwrap();
    all.into_iter().map(|it| (it.status, it.attempts, it.outcome)).collect()
}

#[tokio::test]
async fn application_that_never_answers_is_given_up_where_the_operator_sees_it() {
    each_database!(|t| {
        let (address, received) = listener(usize::MAX).await;
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"backchannel_logout_uri": address})).await;
        tokens(&t, &mut ada.browser, &product).await;
        let mut tx = t.app.write().await.unwrap();
        server::provider::end_session(&t.app, &mut tx, &ada.session, None).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        let refused = "It answered 503 Service Unavailable.".to_owned();
        assert_eq!(calls(&t, &product).await, [("trying".to_owned(), 1, refused.clone())]);
        for _ in 1..20 {
            t.clock.advance(std::time::Duration::from_hours(1));
            t.work().await;
        }
        t.assert_no_work().await;
        assert_eq!(received.lock().unwrap().len(), 20);
        assert_eq!(calls(&t, &product).await, [("given_up".to_owned(), 20, refused)]);
    });
}

#[tokio::test]
async fn applications_are_told_in_frames_of_their_own_origin_and_the_way_goes_on() {
    each_database!(|t| {
        let out = "https://product.example/out?x=1";
        let mut ada = ada(&t).await;
        let asking = client(
            &t,
            json!({"post_logout_redirect_uris": [GOODBYE], "frontchannel_logout_uri": "https://product.example/asking"}),
        )
        .await;
        let other = client(&t, json!({"frontchannel_logout_uri": out})).await;
        let silent = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &asking).await;
        tokens(&t, &mut ada.browser, &other).await;
        tokens(&t, &mut ada.browser, &silent).await;
        t.clock.advance(std::time::Duration::from_secs(1));
        let newest = tokens(&t, &mut ada.browser, &other).await;
        let hint = given["id_token"].as_str().unwrap();
        let path =
            logout_path(&[("id_token_hint", hint), ("post_logout_redirect_uri", GOODBYE), ("state", "bye")]);
        let page = ada.browser.get(&path).await;
        assert_eq!(page.status, 200);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("frame-src https://product.example"), "{policy}");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let frames: Vec<&str> =
            page.text.split("<iframe src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(frames.len(), 1, "the one that asked knows, the silent one has no address");
        let frame = frames[0].replace("&#38;", "&").replace("&amp;", "&");
        assert!(frame.starts_with("https://product.example/out?x=1&"), "{frame}");
        let told = query(&frame);
        assert_eq!(told["iss"], "http://127.0.0.1:8080");
        assert_eq!(claims(newest["id_token"].as_str().unwrap())["sid"], told["sid"].as_str());
        assert!(page.text.contains(&format!("{GOODBYE}?state=bye")), "{}", page.text);
        assert!(!is_signed_in(&mut ada.browser, &asking).await);
        // Our own button tells them too, and ends at our own page.
        let mut browser = t.browser();
        sign_in(&t, &mut browser, &ada.account, Some(&ada.member)).await;
        tokens(&t, &mut browser, &other).await;
        browser.get("/account").await;
        let page = browser.post("/logout", &[]).await;
        assert!(page.text.contains("<iframe") && page.text.contains("href=\"/logout\""), "{}", page.text);
        t.work().await;
        t.assert_no_work().await;
    });
}
