//! Google Workspace, read by a service account.

use std::time::Duration;

use model::{DirectoryStatus, Role};
use serde_json::json;
use testkit::databases;

use crate::world::World;

async fn acme(database: testkit::Database, people: usize) -> World {
    let w = World::new(database, "google-directory-delegation", DirectoryStatus::Active).await;
    for n in 0..people {
        w.google.user(&format!("10{n:02}"), &format!("p{n}@acme.test"), json!({}));
    }
    let kept = w.connect(json!({})).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert_eq!(w.read().await, 1);
    w
}

#[tokio::test]
async fn people_arrive_change_and_leave_as_google_says() {
    for database in databases().await {
        let w = acme(database, 12).await;
        assert_eq!(w.status("p0@acme.test").await, "active");
        let last = w.last().await;
        assert_eq!(
            (&last["people"], &last["created"], &last["whole"]),
            (&json!(12), &json!(12), &json!(true))
        );
        assert_eq!(w.read().await, 0, "nothing is due before half an hour");

        w.google.user(
            "1000",
            "anna@acme.test",
            json!({"name": {"givenName": "Anna", "familyName": "Jones"}}),
        );
        w.google.user("1001", "p1@acme.test", json!({"suspended": true}));
        w.google.workspace().users.remove("1002");
        w.google.user("1099", "new@acme.test", json!({}));
        w.google.take_calls();
        w.read_later().await;
        let last = w.last().await;
        assert_eq!(
            (&last["changed"], &last["created"], &last["gone"]),
            (&json!(2), &json!(1), &json!(1)),
            "{last}"
        );
        let anna = w.member("anna@acme.test").await.unwrap();
        assert_eq!((anna.first_name.as_deref(), w.status("p0@acme.test").await.as_str()), (Some("Anna"), ""));
        assert_eq!(w.status("p1@acme.test").await, "disconnected");
        assert_eq!(w.status("p2@acme.test").await, "disconnected");
        assert_eq!(w.status("new@acme.test").await, "active");
        let calls = w.google.take_calls();
        let details = calls.iter().filter(|call| call.starts_with("users/")).count();
        assert_eq!(details, 3, "only what has another version is asked for: {calls:?}");

        w.google.user("1001", "p1@acme.test", json!({}));
        w.read_later().await;
        assert_eq!(w.status("p1@acme.test").await, "active", "back from suspension");
        w.read_later().await;
        let last = w.last().await;
        assert_eq!((&last["changed"], &last["created"]), (&json!(0), &json!(0)));
    }
}

#[tokio::test]
async fn list_that_is_empty_forbidden_or_cut_off_removes_nobody() {
    for database in databases().await {
        let w = acme(database, 12).await;
        let users = w.google.workspace().users.clone();
        w.google.workspace().users.clear();
        w.read_later().await;
        assert_eq!(w.last().await["error"]["code"], "empty_list");
        w.google.workspace().users.clone_from(&users);

        for (failure, code) in [
            ((403, "forbidden"), "forbidden"),
            ((403, "userRateLimitExceeded"), "unavailable"),
            ((503, "backendError"), "unavailable"),
        ] {
            w.google.workspace().failure = Some(failure);
            w.t.clock.advance(Duration::from_hours(7));
            assert_eq!(w.read().await, 1);
            assert_eq!(w.last().await["error"]["code"], code);
        }
        w.google.workspace().failure = None;
        // The second part of the list does not come: whoever is on it has not left.
        (w.google.workspace().part, w.google.workspace().cut_at) = (5, Some("part5"));
        w.t.clock.advance(Duration::from_hours(7));
        w.read().await;
        assert_eq!(w.last().await["error"]["code"], "unavailable");
        for n in 0..12 {
            assert_eq!(w.status(&format!("p{n}@acme.test")).await, "active");
        }
        let told = w.mails("directory_unreadable").await;
        assert_eq!(told.len(), 1, "one mail for the whole trouble: {told:?}");
        assert!(told[0].text.contains("Nobody was removed"), "{}", told[0].text);
        w.google.workspace().cut_at = None;
        w.t.clock.advance(Duration::from_hours(7));
        w.read().await;
        assert_eq!(w.last().await["ok"], true);
        assert!(w.mails("directory_unreadable").await[1].subject.contains("again"));
    }
}

#[tokio::test]
async fn many_leavers_at_once_are_stopped_by_the_brake() {
    for database in databases().await {
        let w = acme(database, 12).await;
        for n in 0..8 {
            w.google.workspace().users.remove(&format!("10{n:02}"));
        }
        w.read_later().await;
        for n in 0..12 {
            assert_eq!(w.status(&format!("p{n}@acme.test")).await, "active", "p{n}");
        }
        let stop = w.api("GET", "/stop", None).await;
        assert_eq!(stop.json()["data"].as_array().map(Vec::len), Some(8), "{}", stop.text);
    }
}

#[tokio::test]
async fn groups_give_roles_and_limit_who_is_read() {
    for database in databases().await {
        let w = World::new(database, "google-directory-delegation", DirectoryStatus::Active).await;
        for n in 0..4 {
            w.google.user(&format!("10{n:02}"), &format!("p{n}@acme.test"), json!({}));
        }
        w.google.group("g1", "app@acme.test", "App", &["1000", "g2"]);
        w.google.group("g2", "it@acme.test", "IT", &["1001"]);
        let unknown = w.connect(json!({"groups": ["nobody@acme.test"]})).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text);
        assert!(unknown.text.contains("nobody@acme.test"), "{}", unknown.text);
        assert_eq!(w.connect(json!({"groups": ["app@acme.test"]})).await.status, 200);
        let config = server::directory::DirectoryConfig {
            roles: vec![server::directory::RoleRule { group: "IT".to_owned(), role: Role::Admin }],
            ..server::directory::DirectoryConfig::default()
        };
        let mut tx = w.t.app.write().await.unwrap();
        server::directory::set_config(&w.t.app, &mut tx, w.directory.clone(), &config).await.unwrap();
        tx.commit().await.unwrap();
        w.read().await;
        assert_eq!(w.member("p0@acme.test").await.unwrap().role, Role::Member);
        assert_eq!(w.member("p1@acme.test").await.unwrap().role, Role::Admin, "by a group within a group");
        assert_eq!(w.status("p2@acme.test").await, "", "in none of the groups");
        // Members move; versions that stayed are not read again.
        w.google.group("g2", "it@acme.test", "IT", &["1002"]);
        w.read_later().await;
        assert_eq!(w.status("p1@acme.test").await, "disconnected");
        assert_eq!(w.member("p2@acme.test").await.unwrap().role, Role::Admin);
        w.google.workspace().groups.remove("g2");
        w.google.group("g1", "app@acme.test", "App", &["1000", "1002"]);
        w.read_later().await;
        assert_eq!(w.member("p2@acme.test").await.unwrap().role, Role::Member, "the group is gone");
    }
}

#[tokio::test]
async fn settings_are_proven_before_they_are_kept() {
    for database in databases().await {
        let w = World::new(database, "google-directory-delegation", DirectoryStatus::Preview).await;
        w.google.user("1000", "ada@acme.test", json!({}));
        for (more, words) in [
            (json!({"admin": "nobody"}), "work address"),
            (json!({"admin": "stranger@acme.test"}), "suspended"),
            (json!({"admin": "ada@acme.test"}), "privilege"),
            (json!({"groups": ["x"]}), "no group’s address"),
            (
                json!({"service_account": {"client_email": "a@b.c", "private_key_id": "1", "private_key": "x"}}),
                "private key",
            ),
        ] {
            let refused = w.connect(more.clone()).await;
            assert_eq!(refused.status, 422, "{more}: {}", refused.text);
            assert!(refused.text.contains(words), "{more}: {}", refused.text);
        }
        w.google.workspace().delegated = false;
        let refused = w.connect(json!({})).await;
        assert!(refused.text.contains("domain-wide delegation"), "{}", refused.text);
        assert_eq!(w.api("GET", "/source", None).await.status, 404, "nothing was kept");
        assert_eq!(w.api("POST", "/source/read", None).await.status, 404);
        w.google.workspace().delegated = true;
        assert_eq!(w.connect(json!({})).await.status, 200);
        w.read().await;
        assert_eq!(w.last().await["people"], 1);
        assert_eq!(w.status("ada@acme.test").await, "", "a preview changes nobody");
    }
}

#[tokio::test]
async fn one_person_who_cannot_be_taken_stops_nobody_else() {
    for database in databases().await {
        let w = World::new(database, "google-directory-delegation", DirectoryStatus::Active).await;
        let other = w.t.organization("Globex").await;
        w.t.domain(&other, "globex.test").await;
        w.google.user("1000", "ada@acme.test", json!({}));
        w.google.user("1001", "spy@globex.test", json!({}));
        w.google.user(
            "1002",
            "bob@acme.test",
            json!({"addresses": [{"type": "work", "country": "Atlantis"}]}),
        );
        assert_eq!(w.connect(json!({})).await.status, 200);
        w.read().await;
        let last = w.last().await;
        assert_eq!(
            (&last["ok"], &last["created"], &last["troubles"]),
            (&json!(true), &json!(2), &json!(1)),
            "{last}"
        );
        assert_eq!(w.status("ada@acme.test").await, "active");
        assert_eq!(w.status("bob@acme.test").await, "incomplete", "the country cannot be read");
    }
}

#[tokio::test]
async fn reading_that_was_overtaken_writes_nothing_more() {
    for database in databases().await {
        let w = acme(database, 3).await;
        w.t.clock.advance(Duration::from_mins(31));
        let mut tx = w.t.app.write().await.unwrap();
        let (id, now) = (w.directory.id, w.t.app.now());
        let first = store::pull::claim(&mut tx, id, now, Duration::from_mins(5)).await.unwrap().unwrap();
        assert!(store::pull::claim(&mut tx, id, now, Duration::from_mins(5)).await.unwrap().is_none());
        tx.commit().await.unwrap();
        assert_eq!(w.read().await, 0, "somebody reads it");
        // The other machine dies; after its time somebody else begins.
        w.t.clock.advance(Duration::from_mins(6));
        assert_eq!(w.read().await, 1);
        let mut tx = w.t.app.write().await.unwrap();
        assert!(!store::pull::renew(&mut tx, id, first.run, now).await.unwrap());
        assert!(!store::pull::finish(&mut tx, &first).await.unwrap());
    }
}
