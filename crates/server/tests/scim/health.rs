//! How a directory does: who is incomplete and why, what could not be read, what was refused, and what puts it right.

use std::time::Duration;

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::feed::{Feed, person};

async fn api(t: &TestApp, feed: &Feed) -> Value {
    let answer = feed.api(t, "GET", "/health", None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn page(t: &TestApp, feed: &Feed) -> Answer {
    let mut operator = t.operator().await;
    let answer = operator.get(&feed.desk("/health")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// Somebody with these addresses and this year of birth.
fn odd(address: &str, addresses: &Value, year: u16) -> Value {
    let mut it = person(address);
    it["addresses"] = addresses.clone();
    it["urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User"] = json!({"birthYear": year});
    it
}

async fn send_odd_people(t: &TestApp, feed: &Feed) {
    let globex = t.organization_with("globex.test", |_| ()).await;
    t.domain(&globex, "globex.test").await;
    let home = |country: &str| json!({"type": "home", "country": country});
    let work = |country: &str| json!([{"type": "work", "country": country}]);
    for (address, addresses, year) in [
        ("ann@acme.test", work("Atlantis"), 1984),
        ("bob@acme.test", work("France"), 3000),
        ("cid@acme.test", json!([home("France"), {"type": "other", "country": "Spain"}]), 1984),
        ("dot@acme.test", json!([]), 1984),
        ("eve@acme.test", work("DE"), 1984),
    ] {
        let answer = feed.call("POST", "/Users", Some(odd(address, &addresses, year))).await;
        assert_eq!(answer.status, 201, "{address}: {}", answer.text);
    }
    for (address, status) in [("out@globex.test", 400), ("eve@acme.test", 409), ("bob@acme.test", 409)] {
        assert_eq!(feed.call("POST", "/Users", Some(person(address))).await.status, status, "{address}");
    }
}

fn of<'a>(all: &'a Value, key: &str, value: &str) -> &'a Value {
    let found = all.as_array().unwrap().iter().find(|it| it[key] == value);
    found.unwrap_or_else(|| panic!("no {key} {value} in {all}"))
}

#[tokio::test]
async fn nothing_that_came_is_dropped_and_each_trouble_has_its_fix_in_the_providers_words() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        send_odd_people(&t, &feed).await;
        let health = api(&t, &feed).await;
        assert_eq!((health["users"].as_u64(), health["incomplete_members"].as_u64()), (Some(5), Some(3)));
        let country = of(&health["missing"], "field", "country");
        assert_eq!(country["count"], 3, "{country}");
        let mut emails: Vec<&str> =
            country["people"].as_array().unwrap().iter().filter_map(|p| p["email"].as_str()).collect();
        emails.sort_unstable();
        assert_eq!(emails, ["ann@acme.test", "cid@acme.test", "dot@acme.test"]);
        let fix = country["fix"].as_str().unwrap();
        assert!(fix.contains("Provision on demand") && fix.contains("Attribute mapping"), "{fix}");
        let atlantis = of(&health["unread"], "received", "Atlantis");
        assert_eq!((&atlantis["email"], &atlantis["field"]), (&json!("ann@acme.test"), &json!("country")));
        let year = of(&health["unread"], "received", "3000");
        assert_eq!((&year["email"], &year["field"]), (&json!("bob@acme.test"), &json!("birthYear")));
        let several = of(&health["unread"], "received", "France, Spain");
        assert_eq!(several["email"], "cid@acme.test", "an address list without a work address");
        assert!(several["problem"].as_str().unwrap().contains("several different values"), "{several}");
        assert_eq!(of(&health["refused"], "code", "uniqueness")["count"], 2);
        let foreign = of(&health["refused"], "code", "foreign_domain");
        assert_eq!(foreign["count"], 1);
        assert!(foreign["fix"].as_str().unwrap().contains("Users and groups"), "{foreign}");
        let shown = page(&t, &feed).await.text;
        for there in [
            "Atlantis",
            "3000",
            "France, Spain",
            "cause=foreign_domain",
            "Provision on demand",
            "Needs a look",
        ] {
            assert!(shown.contains(there), "{there} not in {shown}");
        }
    });
}

#[tokio::test]
async fn a_directory_in_preview_tells_the_same_of_people_who_are_no_members_yet() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Preview).await;
        send_odd_people(&t, &feed).await;
        let health = api(&t, &feed).await;
        assert_eq!((health["users"].as_u64(), health["members"].as_u64()), (Some(5), Some(0)));
        assert_eq!(of(&health["missing"], "field", "country")["count"], 3);
        assert!(
            of(&health["missing"], "field", "country")["fix"].as_str().unwrap().contains("Profile Editor")
        );
        assert_eq!(of(&health["unread"], "received", "3000")["member_id"], Value::Null);
        assert_eq!(health["unread"].as_array().unwrap().len(), 3, "{health}");
        assert!(page(&t, &feed).await.text.contains("Profile Editor"));
    });
}

#[tokio::test]
async fn what_was_put_right_is_no_trouble_any_more_and_old_refusals_are_not_counted() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let body = odd("ann@acme.test", &json!([{"type": "work", "country": "Atlantis"}]), 1984);
        let ann =
            feed.call("POST", "/Users", Some(body.clone())).await.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(feed.call("POST", "/Users", Some(body)).await.status, 409);
        let before = api(&t, &feed).await;
        assert_eq!(
            (before["unread"].as_array().unwrap().len(), before["refused"].as_array().unwrap().len()),
            (1, 1)
        );
        let operations =
            json!([{"op": "replace", "path": "addresses[type eq \"work\"].country", "value": "France"}]);
        assert_eq!(feed.patch(&format!("/Users/{ann}"), operations).await.status, 200);
        t.clock.advance(Duration::from_hours(24 * server::directory::DAYS + 1));
        let after = api(&t, &feed).await;
        for empty in ["missing", "unread", "refused"] {
            assert_eq!(after[empty], json!([]), "{empty}");
        }
        assert!(page(&t, &feed).await.text.contains("Nothing to do"));
    });
}
