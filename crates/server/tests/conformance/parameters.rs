//! What a request may ask for: prompts, ages, hints, languages, claims, request objects.

use std::time::Duration;

use serde_json::json;
use testkit::each_database;

use crate::world::{query, sign_in};
use crate::{answer, flow, id_token, request, suite, userinfo};

#[tokio::test]
async fn response_type_missing() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let received = answer(&mut ada, &client, &[("response_type", "")]).await;
        assert_eq!((received["error"].as_str(), received["state"].as_str()), ("invalid_request", "s1"));
    });
}

#[tokio::test]
async fn display_page() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("display", "page")]).await;
    });
}

#[tokio::test]
async fn display_popup() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("display", "popup")]).await;
    });
}

#[tokio::test]
async fn prompt_login() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let first = id_token(&flow(&t, &mut ada, &client, &[]).await);
        t.clock.advance(Duration::from_mins(2));
        let sent = query(ada.browser.get(&request(&client, &[("prompt", "login")])).await.location());
        sign_in(&t, &mut ada.browser, &ada.account, Some(&ada.member)).await;
        let received = query(ada.browser.get(&sent["return_to"]).await.location());
        let given = crate::exchange(&t, &client, &received["code"]).await.json();
        let second = id_token(&given);
        assert_eq!(first["sub"], second["sub"]);
        assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
    });
}

#[tokio::test]
async fn prompt_none_not_logged_in() {
    each_database!(|t| {
        let (_, client) = suite(&t).await;
        let answer = t.browser().get(&request(&client, &[("prompt", "none")])).await;
        let received = query(answer.location());
        assert_eq!((received["error"].as_str(), received["state"].as_str()), ("login_required", "s1"));
    });
}

#[tokio::test]
async fn prompt_none_logged_in() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let first = id_token(&flow(&t, &mut ada, &client, &[]).await);
        let second = id_token(&flow(&t, &mut ada, &client, &[("prompt", "none")]).await);
        for same in ["sub", "auth_time"] {
            assert_eq!(first[same], second[same], "{same}");
        }
    });
}

#[tokio::test]
async fn max_age_1() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let first = id_token(&flow(&t, &mut ada, &client, &[]).await);
        t.clock.advance(Duration::from_mins(2));
        let sent = query(ada.browser.get(&request(&client, &[("max_age", "1")])).await.location());
        assert!(sent.contains_key("return_to"), "a new sign-in is asked for");
        sign_in(&t, &mut ada.browser, &ada.account, Some(&ada.member)).await;
        let received = query(ada.browser.get(&sent["return_to"]).await.location());
        let second = id_token(&crate::exchange(&t, &client, &received["code"]).await.json());
        assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
        assert_eq!(second["auth_time"], t.app.now().as_seconds());
    });
}

#[tokio::test]
async fn max_age_10000() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let first = id_token(&flow(&t, &mut ada, &client, &[]).await);
        t.clock.advance(Duration::from_mins(2));
        let second = id_token(&flow(&t, &mut ada, &client, &[("max_age", "10000")]).await);
        assert_eq!(first["auth_time"], second["auth_time"]);
    });
}

#[tokio::test]
async fn ensure_request_with_unknown_parameter_succeeds() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("extra", "foobar")]).await;
    });
}

#[tokio::test]
async fn id_token_hint() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let first = flow(&t, &mut ada, &client, &[]).await;
        let hint = first["id_token"].as_str().unwrap();
        let again = flow(&t, &mut ada, &client, &[("prompt", "none"), ("id_token_hint", hint)]).await;
        assert_eq!(id_token(&first)["sub"], id_token(&again)["sub"]);
        let eve = t.account("eve@acme.example").await;
        let mut other = t.browser();
        sign_in(&t, &mut other, &eve, None).await;
        let path = request(&client, &[("prompt", "none"), ("id_token_hint", hint)]);
        assert_eq!(query(other.get(&path).await.location())["error"], "login_required");
    });
}

#[tokio::test]
async fn login_hint() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("login_hint", "ada@acme.example")]).await;
        let path = request(&client, &[("login_hint", "ada@acme.example")]);
        let sent = query(t.browser().get(&path).await.location());
        assert_eq!(sent["login_hint"], "ada@acme.example");
    });
}

#[tokio::test]
async fn ui_locales() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("ui_locales", "se")]).await;
    });
}

#[tokio::test]
async fn claims_locales() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("claims_locales", "se")]).await;
    });
}

#[tokio::test]
async fn ensure_request_with_acr_values_succeeds() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        flow(&t, &mut ada, &client, &[("acr_values", "1 2")]).await;
    });
}

#[tokio::test]
async fn claims_essential() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let wish = json!({"userinfo": {"name": {"essential": true}}}).to_string();
        let given = flow(&t, &mut ada, &client, &[("claims", &wish)]).await;
        assert_eq!(userinfo(&t, &given).await["name"], "Ada Lovelace");
        assert!(id_token(&given).get("name").is_none());
    });
}

#[tokio::test]
async fn unsigned_request_object_supported_correctly_or_rejected_as_unsupported() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        let received = answer(&mut ada, &client, &[("request", "eyJhbGciOiJub25lIn0.e30.")]).await;
        assert_eq!(received["error"], "request_not_supported");
    });
}

#[tokio::test]
async fn ensure_request_object_with_redirect_uri() {
    each_database!(|t| {
        let (mut ada, client) = suite(&t).await;
        // A redirect URI in an object that is not read leads nowhere: without one outside, a page says so.
        let more = [("request", "eyJhbGciOiJub25lIn0.e30."), ("redirect_uri", "")];
        assert_eq!(ada.browser.get(&request(&client, &more)).await.status, 400);
        let received =
            answer(&mut ada, &client, &[("request_uri", "https://product.example/request.jwt")]).await;
        assert_eq!(received["error"], "request_uri_not_supported");
    });
}
