//! Two tokens of a directory at once, so that one takes the other's place without a gap.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::feed::Feed;

async fn ask(t: &TestApp, feed: &Feed, method: &str, rest: &str, body: Option<Value>) -> Answer {
    feed.api(t, method, &format!("/tokens{rest}"), body).await
}

async fn status(feed: &Feed) -> u16 {
    feed.call("GET", "/ServiceProviderConfig", None).await.status.as_u16()
}

#[tokio::test]
async fn token_takes_the_place_of_another_without_a_gap() {
    each_database!(|t| {
        let mut feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let made = ask(&t, &feed, "POST", "", Some(json!({}))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let second = made.json()["token"].as_str().unwrap().to_owned();
        let third = ask(&t, &feed, "POST", "", Some(json!({}))).await;
        assert_eq!((third.status.as_u16(), &third.json()["code"]), (409, &json!("two_tokens")));
        feed.user("ada@acme.test").await;
        let first = std::mem::replace(&mut feed.token, second);
        assert_eq!(status(&feed).await, 200, "the second works");
        server::provisioning::flush(&t.app).await.unwrap();
        let all = ask(&t, &feed, "GET", "", None).await.json()["data"].clone();
        assert_eq!(all.as_array().unwrap().len(), 2);
        assert!(all.as_array().unwrap().iter().all(|it| it["last_used_at"].is_string()), "{all}");
        assert!(all.to_string().find("fd_scim").is_none(), "{all}");
        let old = format!("/{}", all[1]["id"].as_str().unwrap());
        assert_eq!(ask(&t, &feed, "DELETE", &old, None).await.status, 204);
        assert_eq!(ask(&t, &feed, "DELETE", &old, None).await.status, 404);
        assert_eq!(status(&feed).await, 200);
        feed.token = first;
        assert_eq!(status(&feed).await, 401, "the first is revoked");
    });
}

#[tokio::test]
async fn token_ends_when_it_was_told_to() {
    each_database!(|t| {
        let mut feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        for (wrong, code) in
            [(json!({"expires_at": "soon"}), 422), (json!({"expires_at": "2001-01-01T00:00:00Z"}), 422)]
        {
            assert_eq!(ask(&t, &feed, "POST", "", Some(wrong)).await.status, code);
        }
        let end = t.app.now().after(Duration::from_hours(48)).to_string();
        let made = ask(&t, &feed, "POST", "", Some(json!({"expires_at": end}))).await;
        assert_eq!(made.json()["expires_at"], end, "{}", made.text);
        let first = std::mem::replace(&mut feed.token, made.json()["token"].as_str().unwrap().to_owned());
        assert_eq!(status(&feed).await, 200);
        t.clock.advance(Duration::from_hours(49));
        assert_eq!(status(&feed).await, 401);
        feed.token = first;
        assert_eq!(status(&feed).await, 200);
        assert_eq!(ask(&t, &feed, "GET", "", None).await.json()["data"].as_array().unwrap().len(), 1);
    });
}

/// What the token endpoint of this directory answers to a form.
async fn exchange(feed: &Feed, form: &str, basic: Option<&str>) -> Answer {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("/scim/v2/{}/oauth2/token", feed.directory.id))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(basic)));
    }
    let mut browser = testkit::TestBrowser::new(server::router(feed.app.clone()));
    browser.send(request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test]
async fn client_changes_its_secret_for_tokens_that_end() {
    each_database!(|t| {
        let mut feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let made = ask(&t, &feed, "POST", "", Some(json!({"kind": "client"}))).await.json();
        let (id, secret) =
            (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap().to_owned());
        assert!(made["token_url"].as_str().unwrap().ends_with("/oauth2/token"), "{made}");
        let grant = "grant_type=client_credentials";
        let posted = format!("{grant}&client_id={id}&client_secret={secret}");
        let first = exchange(&feed, grant, Some(&format!("{id}:{secret}"))).await;
        assert_eq!((first.status.as_u16(), &first.json()["expires_in"]), (200, &json!(3600)));
        assert_eq!(first.headers["cache-control"], "no-store");
        let bearer = std::mem::take(&mut feed.token);
        feed.token = exchange(&feed, &posted, None).await.json()["access_token"].as_str().unwrap().to_owned();
        feed.user("ada@acme.test").await;
        feed.token.push('A');
        assert_eq!(status(&feed).await, 401, "a changed token");
        feed.token = secret.clone();
        assert_eq!(status(&feed).await, 401, "the secret itself opens nothing");
        for (form, basic, error) in [
            (grant.to_owned(), Some(format!("{id}:wrong")), "invalid_client"),
            (grant.to_owned(), Some(format!("tok_x:{secret}")), "invalid_client"),
            (grant.to_owned(), Some(format!("{id}:{bearer}")), "invalid_client"),
            (grant.to_owned(), None, "invalid_client"),
            (posted.replace("client_credentials", "password"), None, "unsupported_grant_type"),
            (format!("{posted}&{grant}"), None, "invalid_request"),
        ] {
            let refused = exchange(&feed, &form, basic.as_deref()).await;
            assert_eq!(refused.json()["error"], error, "{form}: {}", refused.text);
        }
        feed.token = first.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(status(&feed).await, 200);
        t.clock.advance(Duration::from_mins(61));
        assert_eq!(status(&feed).await, 401, "an hour is over");
        feed.token = exchange(&feed, &posted, None).await.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(status(&feed).await, 200);
        let all = ask(&t, &feed, "GET", "", None).await.json()["data"].clone();
        assert_eq!((&all[0]["kind"], &all[1]["kind"]), (&json!("client"), &json!("bearer")));
        assert_eq!(ask(&t, &feed, "DELETE", &format!("/{id}"), None).await.status, 204);
        assert_eq!(status(&feed).await, 401, "a revoked client’s tokens end with it");
        assert_eq!(exchange(&feed, &posted, None).await.json()["error"], "invalid_client");
        feed.token = bearer;
        assert_eq!(status(&feed).await, 200);
    });
}

#[tokio::test]
async fn client_of_one_directory_opens_no_other() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let mut other = Feed::new(&t, "globex.test", "entra-scim", DirectoryStatus::Active).await;
        let made = ask(&t, &feed, "POST", "", Some(json!({"kind": "client"}))).await.json();
        let pair =
            format!("{}:{}", made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
        let grant = "grant_type=client_credentials";
        assert_eq!(exchange(&other, grant, Some(&pair)).await.json()["error"], "invalid_client");
        let token = exchange(&feed, grant, Some(&pair)).await.json()["access_token"].clone();
        token.as_str().unwrap().clone_into(&mut other.token);
        assert_eq!(status(&other).await, 401);
    });
}

#[tokio::test]
async fn operator_makes_and_revokes_tokens_on_the_page() {
    each_database!(|t| {
        let mut feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut operator = t.operator().await;
        let at = feed.desk("/tokens");
        let page = operator.get(&at).await;
        assert!(
            page.text.contains("Never used") && page.text.contains("Make an OAuth client"),
            "{}",
            page.text
        );
        let made = operator.post(&at, &[]).await;
        let (_, token) = made.text.split_once("fd_scim_").expect("the token is shown");
        let token: String =
            token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        feed.token = format!("fd_scim_{token}");
        assert_eq!(status(&feed).await, 200);
        assert!(!operator.get(&at).await.text.contains("fd_scim_"), "it is shown once");
        let all = ask(&t, &feed, "GET", "", None).await.json()["data"].clone();
        let revoke = format!("{at}/{}/revoke", all[0]["id"].as_str().unwrap());
        assert_eq!(operator.post(&revoke, &[]).await.status, 303);
        assert_eq!(status(&feed).await, 401);
    });
}

/// What a form of a page sends along.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field is there");
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn page_with_a_new_token_that_is_loaded_again_makes_no_other_one() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut operator = t.operator().await;
        let at = feed.desk("/tokens");
        let beside = hidden(&operator.get(&at).await.text, "beside");
        let made = operator.post(&at, &[("beside", &beside)]).await;
        assert!(made.text.contains("fd_scim_"), "{}", made.text);
        let again = operator.post(&at, &[("beside", &beside)]).await;
        assert_eq!(again.status, 303);
        let there = operator.get(again.headers["location"].to_str().unwrap()).await;
        assert!(
            there.text.contains("was made already") && !there.text.contains("fd_scim_"),
            "{}",
            there.text
        );
        assert_eq!(ask(&t, &feed, "GET", "", None).await.json()["data"].as_array().unwrap().len(), 2);
    });
}

#[tokio::test]
async fn last_token_of_a_live_directory_is_revoked_after_a_question_alone() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut operator = t.operator().await;
        let at = feed.desk("/tokens");
        let all = ask(&t, &feed, "GET", "", None).await.json()["data"].clone();
        let revoke = format!("{at}/{}/revoke", all[0]["id"].as_str().unwrap());
        operator.get(&at).await;
        let asked = operator.post(&revoke, &[]).await;
        assert_eq!(asked.status, 200);
        assert!(asked.text.contains("nobody new gets a place"), "{}", asked.text);
        assert_eq!(status(&feed).await, 200);
        assert_eq!(operator.post(&revoke, &[("sure", "yes")]).await.status, 303);
        assert_eq!(status(&feed).await, 401);
    });
}
