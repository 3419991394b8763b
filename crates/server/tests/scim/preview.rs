//! The preview tells what going live would do to whom; going live does that, and goes back to the preview.

use model::{DirectoryStatus, Role};
use serde_json::json;
use testkit::{TestApp, TestBrowser, each_database};

use crate::feed::{Feed, person};

async fn desk(t: &TestApp, feed: &Feed) -> (TestBrowser, String) {
    (t.operator().await, feed.desk("/preview"))
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
        feed.configure(&json!({"roles": [{"group": admins, "role": "admin"}]})).await;

        let (mut browser, page) = desk(&t, &feed).await;
        let shown = browser.get(&page).await;
        let count = |n: u64, words: &str| format!("<b class=\"num\">{n}</b> {words}");
        for there in [
            count(2, "get a place"),
            count(1, "joins the place they have"),
            count(1, "stays incomplete"),
            count(1, "leaves"),
            count(1, "gets no place"),
            count(1, "becomes an administrator"),
        ] {
            assert!(shown.text.contains(&there), "{there} not in {}", shown.text);
        }
        assert_eq!(feed.status("new@acme.test").await, "none", "nothing has happened");
        let asked = browser.post(&page, &[("do", "live")]).await;
        assert_eq!(asked.status, 422, "somebody would leave");
        assert!(asked.text.contains("Tick the box"), "{}", asked.text);
        assert_eq!(feed.now().await.status, DirectoryStatus::Preview);
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
        assert_eq!(feed.now().await.status, DirectoryStatus::Preview);
        feed.user("later@acme.test").await;
        assert_eq!(feed.status("later@acme.test").await, "none");
        assert_eq!(feed.status("new@acme.test").await, "active");
        let again = browser.get(&page).await;
        assert!(again.text.contains(&count(1, "gets a place")), "{}", again.text);
        assert!(again.text.contains(&count(3, "stay as they are")), "{}", again.text);
        assert_eq!(browser.post(&page, &[("do", "live")]).await.status, 303, "nobody would leave any more");
        t.work().await;
        assert_eq!(feed.status("later@acme.test").await, "active");
    });
}

/// As many people as a large company has, written at once; each lacks every field.
async fn crowd(t: &TestApp, feed: &Feed, count: usize) {
    let mut tx = t.app.store.write().await.unwrap();
    for number in 0..count {
        let it = store::directory_user::DirectoryUser {
            id: t.app.id(model::DirectoryUserId::new),
            directory_id: feed.directory.id,
            user_name_folded: format!("user{number}"),
            external_id: None,
            email_folded: None,
            display_name_folded: None,
            active: true,
            claimed: false,
            resource: "{}".to_owned(),
            version: 1,
            created_at: t.app.now(),
            updated_at: t.app.now(),
        };
        assert_eq!(store::directory_user::add(&mut tx, &it, &[]).await.unwrap(), None);
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn everybody_of_a_large_directory_is_counted_and_listed_page_by_page() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Preview).await;
        for address in ["one@acme.test", "two@acme.test"] {
            feed.user(address).await;
        }
        crowd(&t, &feed, 2_345).await;
        let (mut browser, page) = desk(&t, &feed).await;
        let shown = browser.get(&page).await;
        assert!(shown.text.contains("Okta sent 2,347 people"), "{}", shown.text);
        assert!(shown.text.contains("<b class=\"num\">2,345</b> stay incomplete"), "{}", shown.text);
        assert!(shown.text.contains("See all 2,345"), "{}", shown.text);
        // Every page of the list, to its end.
        let (mut at, mut listed, mut pages) = (format!("{page}?who=incomplete"), 0, 0);
        loop {
            let shown = browser.get(&at).await;
            assert_eq!(shown.status, 200);
            listed += shown.text.matches("<li class=\"row row-between\">").count();
            pages += 1;
            let next = shown
                .text
                .split("<a class=\"btn btn-sm\" href=\"")
                .find(|part| part.contains("rel=\"next\""));
            let Some(next) = next else { break };
            at = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        }
        assert_eq!((listed, pages), (2_345, 47));
        // The trial of a mapping and the page about how it does count everybody too.
        let mapping = page.replace("/preview", "/mapping");
        browser.get(&mapping).await;
        let tried = browser.post(&mapping, &[("places-country", "title")]).await;
        assert!(tried.text.contains("Something is different for 2 of 2,347 people."), "{}", tried.text);
        let health = server::directory::health(&t.app, &feed.directory).await.unwrap();
        let country = health.missing.iter().find(|it| it.field == profile::Field::Country).unwrap();
        assert_eq!((country.count, country.people.len()), (2_345, 20));
    });
}

/// So many members who are inactive in the directory, beside one administrator.
async fn leavers(t: &TestApp, feed: &Feed, count: usize) {
    for number in 0..count {
        let address = format!("leaver{number}@acme.test");
        let account = t.account(&address).await;
        t.member(&feed.org, &account, Role::Member).await;
        let mut it = person(&address);
        it["active"] = json!(false);
        assert_eq!(feed.call("POST", "/Users", Some(it)).await.status, 201);
    }
}

#[tokio::test]
async fn a_preview_says_beforehand_that_the_brake_would_hold_and_it_does() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Preview).await;
        for number in 0..5 {
            feed.user(&format!("first{number}@acme.test")).await;
        }
        leavers(&t, &feed, 11).await;
        feed.user("last@acme.test").await;
        let (mut browser, page) = desk(&t, &feed).await;
        let shown = browser.get(&page).await;
        // Eleven are there, and five come before the first leaver.
        assert!(shown.text.contains("11 of 16 members would leave: more than the limit"), "{}", shown.text);
        assert!(shown.text.contains("Yes, go live, and ask before 11 people leave"), "{}", shown.text);
        assert_eq!(browser.post(&page, &[("do", "live"), ("sure", "1")]).await.status, 303);
        t.work().await;
        for number in 0..11 {
            assert_eq!(feed.status(&format!("leaver{number}@acme.test")).await, "active");
        }
        assert_eq!(feed.status("last@acme.test").await, "active", "everybody else is taken in");
        let mut db = feed.app.store.read().await.unwrap();
        let it = store::directory::lookup(&mut db, feed.directory.id).await.unwrap().unwrap();
        drop(db);
        let stop = server::directory::Brake::of(&it.brake).stop().expect("it has stopped");
        assert_eq!(stop.members, 16, "what was told beforehand");
        // Decided to stay, they are none who would leave the next time.
        let stopped = page.replace("/preview", "/stop");
        browser.get(&stopped).await;
        assert_eq!(browser.post(&stopped, &[("do", "keep")]).await.status, 303);
        t.work().await;
        assert_eq!(browser.post(&page, &[("do", "preview")]).await.status, 303);
        let again = browser.get(&page).await;
        assert!(
            again.text.contains("<b class=\"num\">11</b> stay, though inactive over there"),
            "{}",
            again.text
        );
        assert!(!again.text.contains("would leave"), "{}", again.text);
        assert_eq!(browser.post(&page, &[("do", "live")]).await.status, 303, "nothing to ask");
    });
}

#[tokio::test]
async fn as_many_leavers_as_the_limit_allows_are_no_stop_and_whoever_had_left_comes_back() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Preview).await;
        leavers(&t, &feed, 10).await;
        let account = t.account("back@acme.test").await;
        t.member_with(&feed.org, &account, Role::Member, |it| {
            it.status = model::MemberStatus::Disconnected;
            it.left_at = Some(t.app.now());
            it.country = None;
        })
        .await;
        feed.user("back@acme.test").await;
        // What the directory does not say is known of the member already.
        let account = t.account("known@acme.test").await;
        t.member(&feed.org, &account, Role::Member).await;
        let mut bare = person("known@acme.test");
        bare["addresses"] = json!([]);
        assert_eq!(feed.call("POST", "/Users", Some(bare)).await.status, 201);
        let (mut browser, page) = desk(&t, &feed).await;
        let shown = browser.get(&page).await;
        for there in [
            "<b class=\"num\">1</b> comes back",
            "<b class=\"num\">1</b> joins the place",
            "Yes, 10 people leave",
        ] {
            assert!(shown.text.contains(there), "{there} not in {}", shown.text);
        }
        assert!(!shown.text.contains("more than the limit") && !shown.text.contains("stay incomplete"));
        assert_eq!(browser.post(&page, &[("do", "live"), ("sure", "1")]).await.status, 303);
        t.work().await;
        assert_eq!(feed.status("leaver9@acme.test").await, "disconnected");
        assert_eq!(feed.status("back@acme.test").await, "active");
        assert_eq!(feed.status("known@acme.test").await, "active");
    });
}
