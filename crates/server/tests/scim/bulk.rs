//! Bulk requests, and lists that are paged by cursor.

use std::time::Duration;

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::each_database;

use crate::feed::{Feed, person};

const URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

async fn bulk(feed: &Feed, more: &Value, operations: Vec<Value>) -> Value {
    let mut body = json!({"schemas": [URN], "Operations": operations});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = feed.call("POST", "/Bulk", Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    answer["Operations"].clone()
}

fn group(name: &str, members: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members})
}

fn post(path: &str, id: &str, data: &Value) -> Value {
    json!({"method": "POST", "path": path, "bulkId": id, "data": data})
}

fn id_of(result: &Value) -> &str {
    result["location"].as_str().unwrap().rsplit('/').next().unwrap()
}

#[tokio::test]
async fn operations_of_a_bulk_request_speak_of_what_the_others_make() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let done = bulk(
            &feed,
            &json!({}),
            vec![
                post(
                    "/Groups",
                    "tour",
                    &group("Tour", &json!([{"value": "bulkId:ada"}, {"value": "bulkId:bob"}])),
                ),
                post("/Users", "ada", &person("ada@acme.test")),
                post("/Users", "bob", &person("bob@acme.test")),
                json!({"method": "PATCH", "path": "/Users/bulkId:bob", "data": [
                    {"op": "replace", "path": "active", "value": false}]}),
            ],
        )
        .await;
        // The operations and the whole are recorded, all in this moment.
        server::provisioning::flush(&t.app).await.unwrap();
        let of = store::scim_request::Of::Directory(feed.directory.id);
        let records = store::scim_request::list(&mut t.app.read().await.unwrap(), of, false, None, 9)
            .await
            .unwrap()
            .items;
        let whole = records.iter().find(|it| it.path == "/Bulk").expect("a record of the whole");
        assert_eq!(whole.outcome, "Bulk request: 4 of 4 operations done, 0 refused");
        assert_eq!((records.len(), whole.body.as_ref()), (5, None), "bodies stand with the operations");
        let statuses: Vec<&str> =
            done.as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["201", "201", "201", "200"], "{done}");
        assert_eq!((&done[1]["bulkId"], &done[1]["method"]), (&json!("ada"), &json!("POST")));
        assert!(done[1]["version"].as_str().unwrap().starts_with("W/"));
        let tour = feed.get(&format!("/Groups/{}", id_of(&done[0]))).await;
        assert_eq!(tour["members"].as_array().unwrap().len(), 2, "{tour}");
        assert_eq!(feed.status("ada@acme.test").await, "active");
        assert_eq!(feed.status("bob@acme.test").await, "disconnected");
    });
}

#[tokio::test]
async fn groups_of_a_bulk_request_may_hold_each_other() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let holds = |other: &str| json!([{"value": format!("bulkId:{other}"), "type": "Group"}]);
        let done = bulk(
            &feed,
            &json!({}),
            vec![
                post("/Groups", "a", &group("A", &holds("b"))),
                post("/Groups", "b", &group("B", &holds("c"))),
                post("/Groups", "c", &group("C", &holds("a"))),
            ],
        )
        .await;
        for (at, next) in [(0, 1), (1, 2), (2, 0)] {
            assert_eq!(done[at]["status"], "201", "{done}");
            let it = feed.get(&format!("/Groups/{}", id_of(&done[at]))).await;
            assert_eq!(it["members"][0]["value"], id_of(&done[next]), "{it}");
            assert_eq!(it["meta"]["version"], done[at]["version"], "the version is that of the whole group");
        }
    });
}

#[tokio::test]
async fn operation_that_is_refused_is_refused_alone() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        feed.user("ada@acme.test").await;
        let operations = || {
            vec![
                post("/Users", "twin", &person("ada@acme.test")),
                post("/Groups", "lost", &group("Lost", &json!([{"value": "bulkId:twin"}]))),
                post("/Groups", "void", &group("Void", &json!([{"value": "bulkId:nobody"}]))),
                json!({"method": "GET", "path": "/Users"}),
                json!({"method": "POST", "path": "/Users", "data": person("no-id@acme.test")}),
                json!({"method": "DELETE", "path": "/Users/unknown"}),
                json!({"method": "POST", "path": "/Bulk", "bulkId": "in", "data": {}}),
                post("/Users", "eve", &person("eve@acme.test")),
            ]
        };
        let done = bulk(&feed, &json!({}), operations()).await;
        let statuses: Vec<&str> =
            done.as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["409", "409", "409", "400", "400", "404", "400", "201"], "{done}");
        assert_eq!(done[0]["response"]["scimType"], "uniqueness");
        assert_eq!(done[0]["response"]["status"], "409");
        assert!(done[1]["location"].is_null());
        assert_eq!(feed.status("eve@acme.test").await, "active");
        let done = bulk(&feed, &json!({"failOnErrors": 2}), operations()).await;
        assert_eq!(done.as_array().unwrap().len(), 2, "the rest is left undone: {done}");
    });
}

#[tokio::test]
async fn bulk_request_that_is_too_large_or_none_at_all_is_refused_as_a_whole() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let config = feed.get("/ServiceProviderConfig").await;
        let most = usize::try_from(config["bulk"]["maxOperations"].as_u64().unwrap()).unwrap();
        assert_eq!(config["bulk"]["supported"], true);
        let one = json!({"method": "DELETE", "path": "/Users/x"});
        let many = json!({"schemas": [URN], "Operations": vec![one; most + 1]});
        assert_eq!(feed.call("POST", "/Bulk", Some(many)).await.status, 413);
        let none = feed.call("POST", "/Bulk", Some(json!({"Operations": []}))).await;
        assert_eq!((none.status.as_u16(), &none.json()["scimType"]), (400, &json!("invalidSyntax")));
        assert_eq!(feed.call("GET", "/Bulk", None).await.status, 405);
        let large =
            vec![b' '; usize::try_from(config["bulk"]["maxPayloadSize"].as_u64().unwrap()).unwrap() + 1];
        assert_eq!(feed.raw("POST", "/Bulk", large, &[]).await.status, 413);
    });
}

#[tokio::test]
async fn stale_version_stops_one_operation() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("ada@acme.test").await;
        let change = |version: &str| {
            json!({"method": "PATCH", "path": format!("/Users/{id}"), "version": version,
                "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "add", "path": "nickName", "value": "A"}]}})
        };
        let version = feed.get(&format!("/Users/{id}")).await["meta"]["version"].as_str().unwrap().to_owned();
        let done = bulk(&feed, &json!({}), vec![change("W/\"0\""), change(&version)]).await;
        assert_eq!((&done[0]["status"], &done[1]["status"]), (&json!("412"), &json!("200")), "{done}");
    });
}

#[tokio::test]
async fn cursor_shows_each_resource_once_also_while_others_come_and_go() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut ids = Vec::new();
        for n in 0..7 {
            ids.push(feed.user(&format!("p{n}@acme.test")).await);
        }
        feed.group("All", &[&ids[0]]).await;
        let sizes = |pages: &[Vec<String>]| pages.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&feed.pages("/Users?count=3").await), [3, 3, 1]);
        assert_eq!(sizes(&feed.pages("/Users?count=7").await), [7]);
        assert_eq!(sizes(&feed.pages("?count=4").await), [4, 4], "users, then groups");
        let sorted = feed.pages("/Users?count=5&sortBy=userName&sortOrder=descending").await;
        assert_eq!((sizes(&sorted), sorted[0][0].as_str()), (vec![5, 2], "p6@acme.test"));
        assert_eq!(sizes(&feed.pages("/Users?count=2&filter=userName%20sw%20%22p%22").await), [2, 2, 2, 1]);
        let first = feed.get("/Users?count=3&cursor=").await;
        assert_eq!(first["totalResults"], 7);
        let next = first["nextCursor"].as_str().unwrap();
        feed.call("DELETE", &format!("/Users/{}", ids[0]), None).await;
        feed.user("late@acme.test").await;
        let second = feed.get(&format!("/Users?count=3&cursor={next}")).await;
        assert_eq!(second["Resources"][0]["userName"], "p3@acme.test", "nobody is skipped or shown twice");
        let other = feed.call("GET", &format!("/Groups?count=3&cursor={next}"), None).await;
        assert_eq!((other.status.as_u16(), &other.json()["scimType"]), (400, &json!("invalidCursor")));
        let made_up = feed.call("GET", "/Users?cursor=abc", None).await;
        assert_eq!(made_up.json()["scimType"], "invalidCursor");
        t.clock.advance(Duration::from_hours(25));
        let old = feed.call("GET", &format!("/Users?count=3&cursor={next}"), None).await;
        assert_eq!((old.status.as_u16(), &old.json()["scimType"]), (400, &json!("expiredCursor")));
        let config = feed.get("/ServiceProviderConfig").await;
        assert_eq!(
            (&config["pagination"]["cursor"], &config["pagination"]["cursorTimeout"]),
            (&json!(true), &json!(86_400))
        );
    });
}
