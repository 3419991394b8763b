//! Refresh tokens: lost answers, reuse, and the end of the session; what introspection tells.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{TestApp, each_database};

use crate::world::{Client, ada, claims, client, post, refresh, tokens, userinfo};

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

async fn kinds(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    store::event::list_after(&mut db, 0, 100).await.unwrap().into_iter().map(|event| event.kind).collect()
}

async fn active(t: &TestApp, who: &Client, token: &str) -> Value {
    post(t, who, "/oauth2/introspect", &[("token", token)]).await.json()
}

#[tokio::test]
async fn reused_token_raises_the_alarm_in_the_event_stream() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let first = tokens(&t, &mut ada.browser, &product).await;
        let second = refresh(&t, &product, text(&first, "refresh_token")).await.json();
        assert!(!kinds(&t).await.contains(&"refresh_token.reused".to_owned()));
        let again = refresh(&t, &product, text(&first, "refresh_token")).await;
        assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert!(kinds(&t).await.contains(&"refresh_token.reused".to_owned()));
        assert_eq!(refresh(&t, &product, text(&second, "refresh_token")).await.status, 400);
        assert_eq!(userinfo(&t, text(&second, "access_token")).await.status, 401);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn lost_answer_is_given_again_within_the_leeway_and_only_one_of_both_goes_on() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"refresh_token_leeway": 10})).await;
        let first = tokens(&t, &mut ada.browser, &product).await;
        let old = text(&first, "refresh_token");
        let lost = refresh(&t, &product, old).await.json();
        t.clock.advance(Duration::from_secs(9));
        let again = refresh(&t, &product, old).await;
        assert_eq!(again.status, 200, "{}", again.text);
        let again = again.json();
        assert_eq!(active(&t, &product, text(&lost, "refresh_token")).await["active"], false);
        // It goes on with the newest.
        let next = refresh(&t, &product, text(&again, "refresh_token")).await;
        assert_eq!(next.status, 200, "{}", next.text);
        // Whoever has the answer that was lost is somebody else.
        assert_eq!(refresh(&t, &product, text(&lost, "refresh_token")).await.status, 400);
        assert_eq!(refresh(&t, &product, text(&next.json(), "refresh_token")).await.status, 400);
        assert!(kinds(&t).await.contains(&"refresh_token.reused".to_owned()));
    });
}

#[tokio::test]
async fn leeway_ends_with_its_seconds_and_with_the_use_of_the_successor() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"refresh_token_leeway": 10})).await;
        let first = tokens(&t, &mut ada.browser, &product).await;
        refresh(&t, &product, text(&first, "refresh_token")).await;
        t.clock.advance(Duration::from_secs(10));
        assert_eq!(refresh(&t, &product, text(&first, "refresh_token")).await.status, 400);
        let first = tokens(&t, &mut ada.browser, &product).await;
        let second = refresh(&t, &product, text(&first, "refresh_token")).await.json();
        assert_eq!(refresh(&t, &product, text(&second, "refresh_token")).await.status, 200);
        assert_eq!(refresh(&t, &product, text(&first, "refresh_token")).await.status, 400);
    });
}

#[tokio::test]
async fn no_token_outlives_the_session() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let end = ada.session.expires_at.as_seconds();
        t.clock.advance(Duration::from_hours(12) - Duration::from_mins(5));
        let first = tokens(&t, &mut ada.browser, &product).await;
        assert_eq!(first["expires_in"], 300);
        let id_token = claims(text(&first, "id_token"));
        assert_eq!((&id_token["exp"], &id_token["session_expiry"]), (&json!(end), &json!(end)));
        let told = active(&t, &product, text(&first, "refresh_token")).await;
        assert_eq!((&told["active"], &told["exp"]), (&json!(true), &json!(end)));
        t.clock.advance(Duration::from_mins(5));
        assert_eq!(userinfo(&t, text(&first, "access_token")).await.status, 401);
        assert_eq!(active(&t, &product, text(&first, "refresh_token")).await, json!({"active": false}));
        let late = refresh(&t, &product, text(&first, "refresh_token")).await;
        assert_eq!((late.status.as_u16(), late.json()["error"].as_str()), (400, Some("invalid_grant")));
        server::job::tidy(&t.app).await.unwrap();
        let rows = t.contents().await;
        for table in ["grants", "refresh_tokens", "ended_access_tokens"] {
            assert!(rows[table].is_empty(), "{table} is forgotten");
        }
    });
}

#[tokio::test]
async fn exchanged_token_still_gives_everything_back() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let first = tokens(&t, &mut ada.browser, &product).await;
        let second = refresh(&t, &product, text(&first, "refresh_token")).await.json();
        let old = [("token", text(&first, "refresh_token"))];
        assert_eq!(post(&t, &product, "/oauth2/revoke", &old).await.status, 200);
        assert_eq!(refresh(&t, &product, text(&second, "refresh_token")).await.status, 400);
    });
}

#[tokio::test]
async fn introspection_tells_how_and_when_the_person_signed_in() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let given = tokens(&t, &mut ada.browser, &product).await;
        let told = active(&t, &product, text(&given, "access_token")).await;
        assert_eq!(told["auth_time"], ada.session.auth_at.as_seconds());
        assert_eq!((&told["amr"], &told["aud"]), (&json!(["fed"]), &json!(product.id)));
        assert_eq!(told["token_type"], "Bearer");
        let public = client(&t, json!({"token_endpoint_auth_method": "none"})).await;
        let answer = post(&t, &public, "/oauth2/introspect", &[("token", "x")]).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));
        assert_eq!(post(&t, &product, "/oauth2/introspect", &[]).await.json()["error"], "invalid_request");
    });
}
