//! Two tokens of a directory at once, so that one takes the other's place without a gap.

use std::time::Duration;

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::feed::Feed;

async fn ask(t: &TestApp, feed: &Feed, method: &str, rest: &str, body: Option<Value>) -> Answer {
    let path =
        format!("/api/v1/organizations/{}/directories/{}/tokens{rest}", feed.org.id, feed.directory.id);
    let token = t.api_token().await;
    t.browser().api(method, &path, &token, body).await
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

#[tokio::test]
async fn operator_makes_and_revokes_tokens_on_the_page() {
    each_database!(|t| {
        let mut feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut operator = t.browser();
        operator.add_cookie(&t.operator_cookie().await);
        let at =
            format!("/console/organizations/{}/desk/directory/{}/tokens", feed.org.id, feed.directory.id);
        let page = operator.get(&at).await;
        assert!(
            page.text.contains("Never used") && page.text.contains("Make another token"),
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
