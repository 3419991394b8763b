//! A file of people as a directory: brought, or fetched every night.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use model::DirectoryStatus;
use serde_json::json;
use testkit::{Answer, databases};

use crate::world::World;

const HEAD: &str = "First name,Last name,Email,Country,Role\n";

fn rows(people: &[&str]) -> String {
    let rows = people.iter().map(|name| format!("{name},Smith,{name}@acme.test,DE,"));
    HEAD.to_owned() + &rows.chain([String::new()]).collect::<Vec<_>>().join("\n")
}

async fn bring(w: &World, file: &str) -> Answer {
    let path = format!("/api/v1/organizations/{}/directories/{}/source/file", w.org.id, w.directory.id);
    let token = w.t.api_token().await;
    let request = Request::builder()
        .method("PUT")
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/csv")
        .body(Body::from(file.to_owned()))
        .unwrap();
    w.t.browser().send(request).await
}

async fn fed_by_hand(database: testkit::Database) -> World {
    let w = World::new(database, "nightly-file", DirectoryStatus::Active).await;
    let kept = w.api("PUT", "/source", Some(json!({"file": {}}))).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    assert_eq!(w.read().await, 1, "nothing was brought: nothing happens");
    w
}

#[tokio::test]
async fn whoever_is_no_longer_in_the_file_has_left() {
    for database in databases().await {
        let w = fed_by_hand(database).await;
        let people = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal"];
        let brought = bring(&w, &rows(&people)).await;
        assert_eq!(
            (brought.status.as_u16(), &brought.json()["people"]),
            (202, &json!(8)),
            "{}",
            brought.text
        );
        assert_eq!(w.read().await, 1);
        assert_eq!(w.status("ada@acme.test").await, "active");
        let changed = rows(&people[1..]).replace("bob,Smith", "Bobby,Smith");
        assert_eq!(bring(&w, &changed).await.status, 202);
        w.read().await;
        assert_eq!(w.status("ada@acme.test").await, "disconnected");
        assert_eq!(w.member("bob@acme.test").await.unwrap().first_name.as_deref(), Some("Bobby"));
        let last = w.last().await;
        assert_eq!((&last["changed"], &last["gone"]), (&json!(1), &json!(1)), "{last}");
        assert_eq!(bring(&w, &rows(&people)).await.status, 202);
        w.read().await;
        assert_eq!(w.status("ada@acme.test").await, "active", "back in the file");
        assert_eq!(w.read().await, 0, "the file is read once");
    }
}

#[tokio::test]
async fn file_that_is_empty_or_broken_removes_nobody() {
    for database in databases().await {
        let w = fed_by_hand(database).await;
        assert_eq!(bring(&w, &rows(&["ada", "bob"])).await.status, 202);
        w.read().await;
        for (file, words) in [
            (HEAD.to_owned(), "no"),
            (String::new(), "empty"),
            ("%PDF-1.7 …".to_owned(), "PDF"),
            ("a,b\n1,2\n".to_owned(), ""),
        ] {
            let refused = bring(&w, &file).await;
            assert_eq!(refused.status, 422, "{file}: {}", refused.text);
            assert!(refused.text.contains(words), "{file}: {}", refused.text);
        }
        // Bob's address is broken in this one: he must not be taken for somebody who has left.
        let broken = rows(&["ada", "cleo"]) + "Bob,Smith,bob at acme,DE,\n";
        assert_eq!(bring(&w, &broken).await.status, 202);
        w.read().await;
        assert_eq!(w.status("bob@acme.test").await, "active");
        assert_eq!(w.status("cleo@acme.test").await, "active");
        let last = w.last().await;
        assert_eq!((&last["troubles"], &last["gone"]), (&json!(1), &json!(0)), "{last}");
        assert!(last["notes"][0].as_str().unwrap().starts_with("Row 4"), "{last}");
    }
}

#[tokio::test]
async fn what_a_cell_says_is_read_as_ever_and_shown_where_it_cannot_be() {
    for database in databases().await {
        let w = fed_by_hand(database).await;
        let file = format!(
            "{HEAD}Ada,Lovelace,ada@acme.test,Royaume-Uni,admin\nBob,Smith,bob@acme.test,Atlantis,\nBob,Twice,BOB@acme.test,DE,\n"
        );
        assert_eq!(bring(&w, &file).await.status, 202);
        w.read().await;
        let ada = w.member("ada@acme.test").await.unwrap();
        assert_eq!((ada.country.as_deref(), ada.role), (Some("GB"), model::Role::Admin));
        let bob = w.member("bob@acme.test").await.unwrap();
        assert_eq!((bob.status.as_str(), bob.last_name.as_deref()), ("incomplete", Some("Smith")));
        assert!(bob.unread.contains("Atlantis"), "{}", bob.unread);
        let notes = w.last().await["notes"].to_string();
        assert!(notes.contains("the same address as a row above"), "{notes}");
    }
}

/// A server of files that wants a password.
async fn serve(file: Arc<Mutex<(StatusCode, String)>>) -> String {
    let answer = move |headers: HeaderMap| {
        let (status, text) = file.lock().unwrap().clone();
        async move {
            if headers.get("authorization").is_some_and(|it| it == "Bearer s3cret") {
                (status, text)
            } else {
                (StatusCode::FORBIDDEN, String::new())
            }
        }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/people.csv", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, Router::new().route("/people.csv", get(answer))).await });
    at
}

#[tokio::test]
async fn file_is_fetched_every_night() {
    for database in databases().await {
        let w = World::new(database, "nightly-file", DirectoryStatus::Active).await;
        let file = Arc::new(Mutex::new((StatusCode::OK, rows(&["ada", "bob"]))));
        let url = serve(file.clone()).await;
        let refused = w.api("PUT", "/source", Some(json!({"file": {"url": url, "hour": 2}}))).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("403"), "{}", refused.text);
        let source = json!({"file": {"url": url, "authorization": "Bearer s3cret", "hour": 2}});
        let kept = w.api("PUT", "/source", Some(source)).await;
        assert_eq!(kept.status, 200, "{}", kept.text);
        assert!(!kept.text.contains("s3cret"), "{}", kept.text);
        w.read().await;
        assert_eq!(w.status("bob@acme.test").await, "active");
        assert_eq!(w.api("GET", "/source", None).await.json()["next_at"], "2026-03-02T02:00:00Z");
        *file.lock().unwrap() = (StatusCode::OK, rows(&["ada"]));
        w.t.clock.advance(Duration::from_hours(18));
        w.read().await;
        assert_eq!(w.status("bob@acme.test").await, "disconnected");
        *file.lock().unwrap() = (StatusCode::NOT_FOUND, String::new());
        w.t.clock.advance(Duration::from_hours(24));
        w.read().await;
        assert_eq!(w.status("ada@acme.test").await, "active");
        assert_eq!(w.last().await["error"]["code"], "file_refused");
        assert_eq!(w.mails("directory_unreadable").await.len(), 1);
    }
}
