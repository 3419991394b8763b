//! The preview tells what going live would do to whom; going live does that, and goes back to the preview.

use model::{DirectoryStatus, Role};
use serde_json::json;
use testkit::{TestApp, TestBrowser, each_database};

use crate::feed::{Feed, person};

async fn desk(t: &TestApp, feed: &Feed) -> (TestBrowser, String) {
    let mut browser = t.browser();
    browser.add_cookie(&t.operator_cookie().await);
    let (org, id) = (feed.org.id, feed.directory.id);
    (browser, format!("/console/organizations/{org}/desk/directory/{id}/preview"))
}

async fn status(feed: &Feed) -> DirectoryStatus {
    let mut db = feed.app.store.read().await.unwrap();
    store::directory::lookup(&mut db, feed.directory.id).await.unwrap().unwrap().status
}

#[tokio::test]
async fn each_person_is_sorted_by_what_going_live_would_do_and_then_does() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Preview).await;
        // Two have a place already: one of them is inactive over there.
        for address in ["join@acme.test", "leave@acme.test"] {
            let account = t.account(address).await;
            t.member(&feed.org, &account, Role::Member).await;
        }
        let mut users = Vec::new();
        for address in ["new@acme.test", "join@acme.test", "boss@acme.test"] {
            users.push(feed.user(address).await);
        }
        for (address, key, value) in [
            ("bare@acme.test", "addresses", json!([])),
            ("leave@acme.test", "active", json!(false)),
            ("off@acme.test", "active", json!(false)),
        ] {
            let mut it = person(address);
            it[key] = value;
            assert_eq!(feed.call("POST", "/Users", Some(it)).await.status, 201);
        }
        let admins = feed.group("Admins", &[&users[2]]).await;
        let config = json!({"roles": [{"group": admins, "role": "admin"}]});
        let config = server::directory::DirectoryConfig::from_json(&config).unwrap();
        let mut tx = t.app.store.write().await.unwrap();
        server::directory::set_config(&t.app, &mut tx, feed.directory.clone(), &config).await.unwrap();
        tx.commit().await.unwrap();

        let (mut browser, page) = desk(&t, &feed).await;
        let shown = browser.get(&page).await;
        let count = |n: u64, words: &str| format!("<b class=\"num\">{n}</b> {words}");
        for there in [
            count(2, "get a place"),
            count(1, "join the place they have"),
            count(1, "stay incomplete"),
            count(1, "leave"),
            count(1, "get no place"),
            count(1, "become administrators"),
        ] {
            assert!(shown.text.contains(&there), "{there} not in {}", shown.text);
        }
        assert_eq!(feed.status("new@acme.test").await, "none", "nothing has happened");
        let asked = browser.post(&page, &[("do", "live")]).await;
        assert_eq!(asked.status, 422, "somebody would leave");
        assert!(asked.text.contains("Tick the box"), "{}", asked.text);
        assert_eq!(status(&feed).await, DirectoryStatus::Preview);
        assert_eq!(browser.post(&page, &[("do", "live"), ("sure", "1")]).await.status, 303);
        let under_way = browser.get(&page).await;
        assert!(under_way.text.contains("0 of 4 people taken in"), "{}", under_way.text);
        t.work().await;
        assert!(browser.get(&page).await.text.contains("has been taken in"));
        for (address, there) in [
            ("new@acme.test", "active"),
            ("join@acme.test", "active"),
            ("bare@acme.test", "incomplete"),
            ("leave@acme.test", "disconnected"),
            ("off@acme.test", "none"),
        ] {
            assert_eq!(feed.status(address).await, there, "{address}");
        }
        assert_eq!(feed.member("boss@acme.test").await.unwrap().role, Role::Admin);

        // Back to the preview nobody loses anything, and nothing is applied until it is live again.
        assert_eq!(browser.post(&page, &[("do", "preview")]).await.status, 303);
        assert_eq!(status(&feed).await, DirectoryStatus::Preview);
        feed.user("later@acme.test").await;
        assert_eq!(feed.status("later@acme.test").await, "none");
        assert_eq!(feed.status("new@acme.test").await, "active");
        let again = browser.get(&page).await;
        assert!(again.text.contains(&count(1, "get a place")), "{}", again.text);
        assert!(again.text.contains(&count(3, "are here already")), "{}", again.text);
        assert_eq!(browser.post(&page, &[("do", "live")]).await.status, 303, "nobody would leave any more");
        t.work().await;
        assert_eq!(feed.status("later@acme.test").await, "active");
    });
}
