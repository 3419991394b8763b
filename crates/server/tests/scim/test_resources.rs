//! `/TestResources`: served where the operator asks for it, and then exactly as their schema says.

use axum::http::header;
use model::DirectoryStatus;
use serde_json::{Value, json};
use server::Config;
use testkit::TestApp;

use crate::feed::Feed;

const URN: &str = "urn:ietf:params:scim:schemas:frontdesk:2.0:TestResource";

/// A directory of a server that serves them, on each database.
async fn feeds() -> Vec<(TestApp, Feed)> {
    let mut all = Vec::new();
    for database in testkit::databases().await {
        let mut config = Config::new("http://127.0.0.1:8080".parse().unwrap());
        config.scim_test_resources = true;
        let t = TestApp::with(database, config).await;
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        all.push((t, feed));
    }
    all
}

fn full(name: &str) -> Value {
    json!({
        "schemas": [URN], "name": name, "text": "Text", "exactText": "Exact", "flag": true, "whole": 7,
        "bytes": "AAEC", "address": "https://x.example/",
        "colour": "red", "serial": 99, "origin": "here", "secret": "s3cret", "note": "N",
        "tags": ["a", "b"], "part": {"text": "t", "flag": false, "whole": 1},
        "entries": [{"value": "one", "type": "work", "primary": true}, {"value": "two", "type": "home"}],
    })
}

async fn made(feed: &Feed, name: &str) -> (String, Value) {
    let answer = feed.call("POST", "/TestResources", Some(full(name))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let body = answer.json();
    let id = body["id"].as_str().unwrap();
    assert!(answer.headers[header::LOCATION].to_str().unwrap().ends_with(&format!("/TestResources/{id}")));
    (format!("/TestResources/{id}"), body)
}

#[tokio::test]
async fn nobody_finds_them_where_the_operator_has_not_asked() {
    testkit::each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        for (method, path) in [
            ("GET", "/TestResources".to_owned()),
            ("POST", "/TestResources".to_owned()),
            ("GET", "/ResourceTypes/TestResource".to_owned()),
            ("GET", format!("/Schemas/{URN}")),
        ] {
            let body = (method == "POST").then(|| full("a"));
            assert_eq!(feed.call(method, &path, body).await.status, 404, "{method} {path}");
        }
        assert_eq!(feed.get("/ResourceTypes").await["totalResults"], 2);
    });
}

#[tokio::test]
async fn every_kind_of_attribute_is_kept_and_shown_as_its_schema_says() {
    for (_t, feed) in feeds().await {
        assert_eq!(feed.get("/ResourceTypes").await["totalResults"], 3);
        assert_eq!(feed.get(&format!("/Schemas/{URN}")).await["name"], "TestResource");
        let (path, body) = made(&feed, "First").await;
        for kept in ["text", "exactText", "flag", "whole", "bytes", "address", "tags", "part"] {
            assert_eq!(body[kept], full("First")[kept], "{kept}");
        }
        assert_eq!(
            (&body["serial"], &body["half"]),
            (&json!(1), &json!(0.5)),
            "what the server gives is not the client's"
        );
        assert!(body.get("secret").is_none(), "{body}");
        assert_eq!(body["note"], "N", "what a request has given is in its answer");
        assert!(feed.get(&path).await.get("note").is_none(), "but not in every other");
        assert_eq!(feed.get(&format!("{path}?attributes=note")).await["note"], "N");
        let little = feed.get(&format!("{path}?attributes=flag,secret")).await;
        assert_eq!((&little["name"], &little["flag"]), (&json!("First"), &json!(true)), "{little}");
        assert!(little.get("text").is_none() && little.get("secret").is_none(), "{little}");
        assert_eq!(feed.get(&format!("{path}?excludedAttributes=name,text")).await["name"], "First");

        let twice = feed.call("POST", "/TestResources", Some(full("FIRST"))).await;
        assert_eq!((twice.status.as_u16(), &twice.json()["scimType"]), (409, &json!("uniqueness")));
        for (key, wrong) in [("flag", json!("perhaps")), ("whole", json!("x")), ("part", json!(5))] {
            let mut body = full("Second");
            body[key] = wrong;
            let answer = feed.call("POST", "/TestResources", Some(body)).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["scimType"]),
                (400, &json!("invalidValue")),
                "{key}"
            );
        }
        let (second, other) = made(&feed, "Second").await;
        assert_eq!(other["serial"], 2);
        for (filter, found) in [
            ("name eq \"FIRST\"", 1),
            ("exactText eq \"exact\"", 0),
            ("whole gt 6 and flag eq true", 2),
            ("entries[type eq \"work\" and primary eq true]", 2),
            ("serial eq 2 or moment lt \"2020-01-01T00:00:00Z\"", 1),
            ("half lt 0.75 and moment gt \"2020-01-01T00:00:00Z\"", 1),
        ] {
            let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter,
                "sortBy": "serial", "sortOrder": "descending"});
            let answer = feed.call("POST", "/TestResources/.search", Some(search)).await.json();
            assert_eq!(answer["totalResults"], found, "{filter}");
        }
        let everything =
            json!({"filter": "meta.resourceType eq \"TestResource\" or userName pr", "count": 1});
        let answer = feed.call("POST", "/.search", Some(everything)).await.json();
        assert_eq!((&answer["totalResults"], &answer["itemsPerPage"]), (&json!(2), &json!(1)), "{answer}");
        let page = feed.get("/TestResources?startIndex=2&count=1&sortBy=name").await;
        assert_eq!((&page["totalResults"], &page["Resources"][0]["name"]), (&json!(2), &json!("Second")));
        assert_eq!(feed.call("DELETE", &second, None).await.status, 204);
        assert_eq!(feed.call("GET", &second, None).await.status, 404);
    }
}

#[tokio::test]
async fn changes_keep_to_mutability_versions_and_the_primary_rule() {
    for (_t, feed) in feeds().await {
        let (path, body) = made(&feed, "First").await;
        let tag = body["meta"]["version"].as_str().unwrap().to_owned();
        let nothing = feed.patch(&path, json!([{"op": "add", "path": "text", "value": "Text"}])).await.json();
        assert_eq!(nothing["meta"], body["meta"], "nothing is new");
        let other = json!([{"op": "add", "path": "entries", "value": [{"value": "three", "primary": true}]}]);
        let changed = feed.patch(&path, other).await.json();
        let primary: Vec<bool> =
            changed["entries"].as_array().unwrap().iter().map(|it| it["primary"] == json!(true)).collect();
        assert_eq!(primary, [false, false, true]);
        let stale =
            feed.raw("PUT", &path, full("x").to_string().into_bytes(), &[(header::IF_MATCH, &tag)]).await;
        assert_eq!(stale.status, 412);
        for (value, status) in [("here", 200), ("there", 400)] {
            let answer =
                feed.patch(&path, json!([{"op": "replace", "path": "origin", "value": value}])).await;
            assert_eq!(answer.status, status, "{}", answer.text);
            let mut whole = full("First");
            whole["origin"] = json!(value);
            let answer = feed.call("PUT", &path, Some(whole)).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        let read_only = feed.patch(&path, json!([{"op": "replace", "path": "serial", "value": 5}])).await;
        assert_eq!((read_only.status.as_u16(), &read_only.json()["scimType"]), (400, &json!("mutability")));
        let mut late = full("Late");
        late.as_object_mut().unwrap().remove("origin");
        let answer = feed.call("POST", "/TestResources", Some(late)).await.json();
        let late = format!("/TestResources/{}", answer["id"].as_str().unwrap());
        let given = feed.patch(&late, json!([{"op": "add", "path": "origin", "value": "now"}])).await;
        assert_eq!(given.json()["origin"], "now", "what was not given may be given once");
        assert_eq!(feed.patch(&late, json!([{"op": "remove", "path": "origin"}])).await.status, 400);
        // Another directory has its own.
        assert_eq!(feed.get("/Users").await["totalResults"], 0, "they are nobody");
    }
}

#[tokio::test]
async fn they_are_listed_by_cursor_as_others_are_and_behind_them() {
    for (_t, feed) in feeds().await {
        feed.user("ann@acme.test").await;
        feed.group("Sales", &[]).await;
        for name in ["One", "Two", "Three"] {
            made(&feed, name).await;
        }
        let two = |first: &str, second: &str| vec![first.to_owned(), second.to_owned()];
        let of_their_own = [two("One", "Two"), vec!["Three".to_owned()]];
        assert_eq!(feed.pages("/TestResources?count=2").await, of_their_own);
        let filtered = feed.pages("/TestResources?count=2&filter=whole%20gt%206").await;
        assert_eq!(filtered, of_their_own);
        let sorted = feed.pages("/TestResources?count=2&sortBy=name&sortOrder=descending").await;
        assert_eq!(sorted[0], two("Two", "Three"));
        let everything = [two("ann@acme.test", "Sales"), two("One", "Two"), vec!["Three".to_owned()]];
        assert_eq!(feed.pages("?count=2").await, everything);
        let page = feed.get("?startIndex=2&count=2").await;
        let second = &page["Resources"];
        assert_eq!(
            (&second[0]["displayName"], &second[1]["name"]),
            (&json!("Sales"), &json!("One")),
            "{page}"
        );
        assert_eq!(page["totalResults"], 5);
        assert!(second[1].get("note").is_none(), "shown by the rules of its schema there too");
    }
}
