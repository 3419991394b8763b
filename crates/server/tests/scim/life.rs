//! Preview and going live, roles by groups, many callers at once, lists and versions.

use axum::http::header;
use model::{DirectoryStatus, Role};
use serde_json::{Value, json};
use server::directory::{self, DirectoryConfig};
use testkit::each_database;
use tokio::task::JoinSet;

use crate::feed::{Feed, person};

#[tokio::test]
async fn preview_stores_and_answers_and_going_live_applies() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Preview).await;
        feed.user("one@acme.test").await;
        let mut odd = person("two@acme.test");
        odd["addresses"][0]["country"] = json!("Atlantis");
        assert_eq!(feed.call("POST", "/Users", Some(odd)).await.status, 201);
        assert!(feed.last_outcome().await.contains("not live yet"));
        assert_eq!(feed.status("one@acme.test").await, "none");
        let config = DirectoryConfig::default();
        let seen = directory::arrivals(&t.app, &feed.directory, &config, 10).await.unwrap();
        assert_eq!(seen.len(), 2);
        let two = seen.iter().find(|one| one.user["userName"] == "two@acme.test").unwrap();
        assert!(two.member.is_none() && two.problems[0].contains("Atlantis"), "{:?}", two.problems);
        assert_eq!(two.missing, [profile::Field::Country]);
        let mut tx = t.app.store.write().await.unwrap();
        directory::activate(&t.app, &mut tx, feed.directory.clone()).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        assert_eq!(feed.status("one@acme.test").await, "active");
        assert_eq!(feed.status("two@acme.test").await, "incomplete");
        let counts =
            directory::counts(&mut t.app.store.read().await.unwrap(), &feed.directory).await.unwrap();
        assert_eq!((counts.users, counts.applied, counts.incomplete), (2, 2, 1));
    });
}

#[tokio::test]
async fn going_live_applies_the_others_when_one_person_is_in_the_way() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Preview).await;
        for number in 0..250 {
            feed.user(&format!("p{number}@acme.test")).await;
        }
        let mut tx = t.app.store.write().await.unwrap();
        directory::activate(&t.app, &mut tx, feed.directory.clone()).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        let counts =
            directory::counts(&mut t.app.store.read().await.unwrap(), &feed.directory).await.unwrap();
        assert_eq!((counts.users, counts.applied), (250, 250));
    });
}

#[tokio::test]
async fn roles_follow_groups_that_gain_lose_rename_and_go() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let config = json!({"roles": [{"group": "Admins", "role": "admin"}]});
        let mut tx = t.app.store.write().await.unwrap();
        let config = DirectoryConfig::from_json(&config).unwrap();
        directory::set_config(&t.app, &mut tx, feed.directory.clone(), &config).await.unwrap();
        tx.commit().await.unwrap();
        let id = feed.user("ada@acme.test").await;
        let role = async || feed.member("ada@acme.test").await.unwrap().role;
        assert_eq!(role().await, Role::Member);
        let group = feed.group("admins", &[&id]).await;
        assert_eq!(role().await, Role::Admin);
        let at = format!("/Groups/{group}");
        feed.patch(&at, json!([{"op": "remove", "path": "members"}])).await;
        assert_eq!(role().await, Role::Member);
        feed.patch(&at, json!([{"op": "add", "path": "members", "value": [{"value": id}]}])).await;
        assert_eq!(role().await, Role::Admin);
        feed.patch(&at, json!([{"op": "replace", "path": "displayName", "value": "Former admins"}])).await;
        assert_eq!(role().await, Role::Member);
        feed.patch(&at, json!([{"op": "replace", "path": "displayName", "value": "Admins"}])).await;
        assert_eq!(role().await, Role::Admin);
        feed.call("DELETE", &at, None).await;
        assert_eq!(role().await, Role::Member);
    });
}

#[tokio::test]
async fn many_callers_at_once_lose_no_member() {
    each_database!(|t| {
        let feed =
            std::sync::Arc::new(Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await);
        let group = feed.group("Everybody", &[]).await;
        let mut tasks = JoinSet::new();
        for number in 0..40 {
            let (feed, at) = (feed.clone(), format!("/Groups/{group}"));
            tasks.spawn(async move {
                let value = json!([{"value": format!("m{number}")}, {"value": format!("n{number}")}]);
                feed.patch(&at, json!([{"op": "Add", "path": "members", "value": value}]))
                    .await
                    .status
                    .as_u16()
            });
        }
        assert!(tasks.join_all().await.into_iter().all(|status| status == 204));
        assert_eq!(feed.get(&format!("/Groups/{group}")).await["members"].as_array().unwrap().len(), 80);
        // Creates of the same person at once make one person.
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let feed = feed.clone();
            let body = Some(person("same@acme.test"));
            tasks.spawn(async move { feed.call("POST", "/Users", body).await.status.as_u16() });
        }
        let mut statuses = tasks.join_all().await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[9]), (201, 409, 409));
    });
}

#[tokio::test]
async fn lists_page_filter_sort_and_project() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        for name in ["c", "a", "b", "d"] {
            feed.user(&format!("{name}@acme.test")).await;
        }
        feed.group("G", &[]).await;
        let names = |list: &Value| -> Vec<String> {
            let all = list["Resources"].as_array().unwrap();
            all.iter().map(|r| r["userName"].as_str().unwrap_or("-")[..1].to_owned()).collect()
        };
        let page = feed.get("/Users?startIndex=2&count=2").await;
        assert_eq!(
            (page["totalResults"].as_u64(), page["startIndex"].as_u64(), names(&page)),
            (Some(4), Some(2), vec!["a".into(), "b".into()])
        );
        let totals = feed.get("/Users?count=0").await;
        assert_eq!((totals["totalResults"].as_u64(), totals["itemsPerPage"].as_u64()), (Some(4), Some(0)));
        assert_eq!(
            names(&feed.get("/Users?sortBy=userName&sortOrder=descending&count=3").await),
            ["d", "c", "b"]
        );
        let some = feed
            .get("/Users?filter=not%20(userName%20sw%20%22a%22)%20and%20active%20eq%20true&count=2")
            .await;
        assert_eq!((some["totalResults"].as_u64(), names(&some)), (Some(3), vec!["c".into(), "b".into()]));
        let twice = feed.get("/Users?filter=userName%20eq%20%22a%2540acme.test%22").await;
        assert_eq!(twice["totalResults"], 1);
        let few = feed.get("/Users?attributes=userName&count=1").await;
        assert!(few["Resources"][0].get("name").is_none() && few["Resources"][0]["id"].is_string());
        let search = json!({"filter": "userName co \"acme\"", "count": 1, "attributes": ["userName"]});
        let found = feed.call("POST", "/Users/.search", Some(search)).await;
        assert_eq!((found.status.as_u16(), &found.json()["totalResults"]), (200, &json!(4)));
        assert_eq!(feed.get("").await["totalResults"], 5);
        assert_eq!(feed.call("POST", "/.search", Some(json!({}))).await.json()["totalResults"], 5);
    });
}

#[tokio::test]
async fn versions_keep_stale_writers_out_and_known_readers_short() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let path = format!("/Users/{}", feed.user("a@acme.test").await);
        let first = feed.call("GET", &path, None).await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(first.json()["meta"]["version"], tag);
        let same = feed.raw("GET", &path, Vec::new(), &[(header::IF_NONE_MATCH, &tag)]).await;
        assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""));
        // What is there already leaves the version alone.
        let none = feed.patch(&path, json!([{"op": "add", "path": "displayName", "value": "Jonas a"}])).await;
        assert_eq!(none.headers["etag"], tag);
        assert_eq!(
            feed.patch(&path, json!([{"op": "add", "path": "title", "value": "Dr"}])).await.status,
            200
        );
        let body = person("a@acme.test").to_string().into_bytes();
        let stale = feed.raw("PUT", &path, body, &[(header::IF_MATCH, &tag)]).await;
        assert_eq!(stale.status, 412);
        assert_eq!(feed.get(&path).await["title"], "Dr");
    });
}
