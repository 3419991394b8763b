//! The authorization endpoint.

use std::time::Duration;

use model::{MemberStatus, SessionId};
use serde_json::json;
use store::session::Session;
use testkit::{TestApp, TestBrowser, each_database};

use crate::world::{Ada, CALLBACK, ada, authorize_path, client, code, query, set_status, sign_in};

#[tokio::test]
async fn a_browser_without_a_session_is_sent_to_the_sign_in_and_back() {
    each_database!(|t| {
        let ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let mut browser = t.browser();
        let path = authorize_path(
            &product,
            &[("organization", &ada.organization.id.to_string()), ("login_hint", "ada@acme.example")],
        );
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location().starts_with("/login?"), "{}", answer.location());
        let sent = query(answer.location());
        assert_eq!(sent["organization"], ada.organization.id.to_string());
        assert_eq!(sent["login_hint"], "ada@acme.example");
        assert!(!sent.contains_key("prompt"));
        sign_in(&t, &mut browser, &ada.account, Some(&ada.member)).await;
        let back = browser.get(&sent["return_to"]).await;
        let received = query(back.location());
        assert!(back.location().starts_with(CALLBACK));
        assert_eq!(received["state"], "s1");
        assert_eq!(received["iss"], "http://127.0.0.1:8080");
        assert!(received.contains_key("code"));
        assert_eq!(back.headers["referrer-policy"], "no-referrer");
        assert_eq!(back.headers["cache-control"], "no-store");
    });
}

#[tokio::test]
async fn silent_request_without_a_session_is_answered_with_login_required() {
    each_database!(|t| {
        let product = client(&t, json!({})).await;
        let answer = t.browser().get(&authorize_path(&product, &[("prompt", "none")])).await;
        let received = query(answer.location());
        assert_eq!((received["error"].as_str(), received["state"].as_str()), ("login_required", "s1"));
        let mut ada = ada(&t).await;
        let answer = ada.browser.get(&authorize_path(&product, &[("prompt", "none")])).await;
        assert!(query(answer.location()).contains_key("code"));
    });
}

#[tokio::test]
async fn wish_for_a_new_sign_in_is_met_once_and_cannot_be_faked() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        t.clock.advance(Duration::from_mins(30));
        for more in [("prompt", "login"), ("max_age", "60"), ("max_age", "0")] {
            let path = authorize_path(&product, &[more]);
            let first = ada.browser.get(&path).await;
            let sent = query(first.location());
            assert_eq!(sent["prompt"], "login", "{more:?}");
            // Coming back with the old session is not enough, however often.
            let again = ada.browser.get(&sent["return_to"]).await;
            assert!(again.location().starts_with("/login?"));
            // The mark of another request is worth nothing.
            let mark = query(&sent["return_to"]).remove("fd_mark").unwrap();
            let other = authorize_path(&product, &[more, ("state", "s2"), ("fd_mark", &mark)]);
            t.clock.advance(Duration::from_mins(5));
            sign_in(&t, &mut ada.browser, &ada.account, Some(&ada.member)).await;
            let answer = ada.browser.get(&sent["return_to"]).await;
            assert!(query(answer.location()).contains_key("code"), "{more:?}: {}", answer.location());
            t.clock.advance(Duration::from_mins(5));
            assert!(ada.browser.get(&other).await.location().starts_with("/login?"));
        }
        let path = authorize_path(&product, &[("max_age", "3600")]);
        assert!(query(ada.browser.get(&path).await.location()).contains_key("code"));
    });
}

/// Signs in through an identity provider that lets the person in by a session of its own, two hours old.
async fn sign_in_by_an_old_session(t: &TestApp, browser: &mut TestBrowser, ada: &Ada) {
    let session = sign_in(t, browser, &ada.account, Some(&ada.member)).await;
    let auth_at = t.app.now().before(Duration::from_hours(2));
    let old = Session { id: t.app.id(SessionId::new), auth_at, ..session };
    let token = t.app.token("");
    let mut tx = t.app.write().await.unwrap();
    store::session::add(&mut tx, &old, &token.hash()).await.unwrap();
    tx.commit().await.unwrap();
    browser.add_cookie(&format!("{}={}", server::request::SESSION_COOKIE, token.expose()));
}

#[tokio::test]
async fn age_forces_nobody_until_the_providers_own_session_turns_out_too_old_and_then_once() {
    each_database!(|t| {
        let ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let path = authorize_path(&product, &[("max_age", "3600")]);
        let mut browser = t.browser();
        let sent = query(browser.get(&path).await.location());
        assert!(!sent.contains_key("prompt"), "{sent:?}");
        t.clock.advance(Duration::from_mins(1));
        sign_in_by_an_old_session(&t, &mut browser, &ada).await;
        let forced = query(browser.get(&sent["return_to"]).await.location());
        assert_eq!(forced["prompt"], "login");
        t.clock.advance(Duration::from_mins(1));
        sign_in_by_an_old_session(&t, &mut browser, &ada).await;
        let answer = query(browser.get(&forced["return_to"]).await.location());
        assert_eq!(answer["error"], "login_required", "nobody goes in circles");
        t.clock.advance(Duration::from_mins(1));
        sign_in(&t, &mut browser, &ada.account, Some(&ada.member)).await;
        assert!(query(browser.get(&forced["return_to"]).await.location()).contains_key("code"));
    });
}

#[tokio::test]
async fn session_of_another_company_leads_to_a_new_sign_in_and_then_to_an_answer() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let mut personal = t.browser();
        sign_in(&t, &mut personal, &ada.account, None).await;
        t.clock.advance(Duration::from_mins(1));
        let organization = ada.organization.id.to_string();
        let path = authorize_path(&product, &[("organization", &organization)]);
        assert!(query(ada.browser.get(&path).await.location()).contains_key("code"));
        let sent = query(personal.get(&path).await.location());
        assert_eq!(sent["prompt"], "login");
        sign_in(&t, &mut personal, &ada.account, None).await;
        let answer = personal.get(&sent["return_to"]).await;
        assert_eq!(query(answer.location())["error"], "access_denied");
        let path = authorize_path(&product, &[("organization", "org_unknown")]);
        assert_eq!(query(personal.get(&path).await.location())["error"], "invalid_request");
    });
}

#[tokio::test]
async fn member_who_was_suspended_gets_no_code() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        set_status(&t, &ada.member, MemberStatus::Suspended).await;
        let answer = ada.browser.get(&authorize_path(&product, &[])).await;
        assert!(answer.location().starts_with("/login?"));
    });
}

#[tokio::test]
async fn request_that_is_wrong_goes_back_only_to_a_registered_address() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        for more in [
            ("redirect_uri", "https://evil.example/callback"),
            ("redirect_uri", "https://product.example/callback/"),
            ("redirect_uri", ""),
            ("client_id", "app_unknown"),
            ("client_id", ""),
        ] {
            let answer = ada.browser.get(&authorize_path(&product, &[more])).await;
            assert_eq!(answer.status, 400, "{more:?}");
            assert!(answer.headers.contains_key("content-security-policy"));
        }
        let evil = [("redirect_uri", "https://evil.example/callback"), ("response_type", "token")];
        assert_eq!(ada.browser.get(&authorize_path(&product, &evil)).await.status, 400);
        for (more, error) in [
            (("response_type", "token"), "unsupported_response_type"),
            (("scope", "email"), "invalid_scope"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("id_token_hint", "nonsense"), "invalid_request"),
        ] {
            let answer = ada.browser.get(&authorize_path(&product, &[more])).await;
            assert!(answer.location().starts_with(CALLBACK), "{more:?}");
            assert_eq!(query(answer.location())["error"], error, "{more:?}");
        }
        let bare = authorize_path(&product, &[("code_challenge", ""), ("code_challenge_method", "")]);
        assert_eq!(query(ada.browser.get(&bare).await.location())["error"], "invalid_request");
    });
}

#[tokio::test]
async fn answer_travels_by_form_where_the_application_wants_it_so() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let answer = ada.browser.get(&authorize_path(&product, &[("response_mode", "form_post")])).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains(&format!("action=\"{CALLBACK}\"")), "{}", answer.text);
        assert!(answer.input("code").is_some());
        assert_eq!(answer.input("state").as_deref(), Some("s1"));
    });
}

#[tokio::test]
async fn request_posted_from_another_site_is_asked_again_as_a_query() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({})).await;
        let path = authorize_path(&product, &[]);
        let pairs = query(&path);
        let form: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = ada.browser.post_cross_site("/oauth2/authorize", &form).await;
        assert_eq!(answer.status, 303);
        let location = answer.location().to_owned();
        assert!(query(ada.browser.get(&location).await.location()).contains_key("code"));
        assert!(!code(&mut ada.browser, &product).await.is_empty());
    });
}
