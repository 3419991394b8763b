//! The record of requests: of writes at once, of reads together with others, of erased people never.

use model::DirectoryStatus;
use serde_json::json;
use testkit::each_database;

use crate::feed::Feed;

/// The records that are written, oldest first: method and path.
async fn written(feed: &Feed) -> Vec<String> {
    feed.written().await.into_iter().rev().map(|it| format!("{} {}", it.method, it.path)).collect()
}

#[tokio::test]
async fn the_first_request_is_recorded_at_once_and_later_reads_wait_for_company() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        feed.get("/Users").await;
        assert_eq!(written(&feed).await, ["GET /Users"], "a page waits for it");
        for _ in 0..3 {
            feed.get("/Groups").await;
        }
        assert_eq!(written(&feed).await.len(), 1);
        server::provisioning::flush(&t.app).await.unwrap();
        assert_eq!(written(&feed).await, ["GET /Users", "GET /Groups", "GET /Groups", "GET /Groups"]);
        // A write takes along what waits, in order.
        feed.get("/Schemas").await;
        feed.user("ann@acme.test").await;
        assert_eq!(written(&feed).await[4..], ["GET /Schemas", "POST /Users"]);
        // A refusal is written before it is answered: its reference must lead somewhere.
        assert_eq!(feed.call("GET", "/Users/unknown", None).await.status, 404);
        assert_eq!(written(&feed).await.len(), 7);
    });
}

#[tokio::test]
async fn reads_wait_on_when_the_write_that_would_take_them_along_fails() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        feed.user("ann@acme.test").await;
        feed.get("/Groups").await;
        let twice = feed.call("POST", "/Users", Some(crate::feed::person("ann@acme.test"))).await;
        assert_eq!(twice.status, 409);
        assert_eq!(written(&feed).await, ["POST /Users", "POST /Users"]);
        server::provisioning::flush(&t.app).await.unwrap();
        assert_eq!(written(&feed).await, ["POST /Users", "GET /Groups", "POST /Users"]);
    });
}

#[tokio::test]
async fn no_more_than_a_thousand_reads_wait() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        for _ in 0..1001 {
            feed.get("/Schemas?count=1").await;
        }
        assert_eq!(written(&feed).await.len(), 1001);
    });
}

#[tokio::test]
async fn a_read_of_somebody_who_is_erased_while_its_record_waits_leaves_no_trace() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("ann@acme.test").await;
        feed.get(&format!("/Users/{id}")).await;
        let member = feed.member("ann@acme.test").await.unwrap();
        let mut tx = t.app.store.write().await.unwrap();
        server::member::erase_now(&t.app, &mut tx, &member, server::receipt::Asked::Company).await.unwrap();
        tx.commit().await.unwrap();
        server::provisioning::flush(&t.app).await.unwrap();
        let all = t.contents().await;
        let all = json!(all).to_string();
        assert!(!all.contains("ann@acme.test") && !all.contains(&format!("GET /Users/{id}")), "{all}");
    });
}

#[tokio::test]
async fn waiting_records_are_written_by_themselves_and_at_the_end() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        feed.get("/Users").await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let writer = tokio::spawn(server::provisioning::keep_writing(t.app.clone(), async {
            let _ = stopped.await;
        }));
        feed.get("/Groups").await;
        while written(&feed).await.len() < 2 {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
        writer.await.unwrap();
        feed.get("/Groups").await;
        assert_eq!(written(&feed).await.len(), 2);
        server::provisioning::flush(&t.app).await.unwrap();
        assert_eq!(written(&feed).await.len(), 3);
    });
}

#[tokio::test]
async fn members_of_a_group_whom_nobody_knows_are_told_and_harm_nobody_else() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let other = Feed::new(&t, "other.test", "entra-scim", DirectoryStatus::Active).await;
        let (ann, ben) = (feed.user("ann@acme.test").await, feed.user("ben@acme.test").await);
        let foreign = other.user("cat@other.test").await;
        let inner = feed.call("POST", "/Groups", Some(json!({ "displayName": "Inner" }))).await;
        let inner = inner.json()["id"].as_str().unwrap().to_owned();
        let outer = json!({ "displayName": "Outer", "members": [{ "value": ann }, { "value": inner }] });
        let outer = feed.call("POST", "/Groups", Some(outer)).await;
        assert_eq!(feed.last_outcome().await, "Created the group Outer: 2 members added");
        let path = format!("/Groups/{}", outer.json()["id"].as_str().unwrap());
        let add = |ids: &[&str]| {
            let members: Vec<_> = ids.iter().map(|id| json!({ "value": id })).collect();
            json!({ "Operations": [{ "op": "Add", "path": "members", "value": members }] })
        };
        let answer = feed.call("PATCH", &path, Some(add(&[&foreign, &ben, "someone@acme.test"]))).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        assert_eq!(
            feed.last_outcome().await,
            format!(
                "Changed the group Outer: 3 members added. 2 of them are nobody in this directory ({foreign}): correct the \
                 group at the provider, or provision the people anew"
            )
        );
        let shown = feed.get(&format!("/Users/{ben}")).await;
        assert_eq!(shown["groups"][0]["display"], "Outer");
        // Sent again, they are no news.
        feed.call("PATCH", &path, Some(add(&[&foreign, &ben]))).await;
        assert_eq!(feed.last_outcome().await, "Nothing to change: the group Outer is like that already");
    });
}
