//! Records that say what a request changed, and for whom personal values are readable.

use std::time::Duration;

use model::DirectoryStatus;
use serde_json::{Value, json};
use store::scim_request::ScimRequest;
use testkit::each_database;

use crate::feed::{Feed, person};

/// What the last request changed: "path: from > to".
async fn told(feed: &Feed) -> Vec<String> {
    let last = feed.records().await.remove(0);
    let effect: Value = serde_json::from_str(last.effect.as_deref().unwrap_or("{}")).unwrap();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let lines = effect["lines"].as_array().into_iter().flatten();
    let mut all: Vec<String> = lines
        .map(|it| format!("{}: {} > {}", word(&it["path"]), word(&it["from"]), word(&it["to"])))
        .collect();
    if let Some(members) = effect.get("members") {
        all.push(format!("members: +{} -{}", members["added"], members["removed"]));
    }
    all
}

#[tokio::test]
async fn each_request_tells_what_it_changed_from_what_to_what() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let ann = feed.user("ann@acme.test").await;
        let new = told(&feed).await;
        assert!(new.contains(&"emails[work]: - > ann@acme.test".to_owned()), "{new:?}");
        let path = format!("/Users/{ann}");
        let operations = json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "eve@acme.test"},
            {"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "France"},
        ]);
        assert_eq!(feed.patch(&path, operations.clone()).await.status, 200);
        assert_eq!(
            told(&feed).await,
            [
                "active: yes > no",
                "addresses[work].country: Germany > France",
                "emails[work]: ann@acme.test > eve@acme.test"
            ]
        );
        assert_eq!(feed.patch(&path, operations).await.status, 200);
        assert_eq!(told(&feed).await, Vec::<String>::new(), "nothing was left to change");
        assert_eq!(feed.call("PUT", &path, Some(person("ann@acme.test"))).await.status, 200);
        assert!(told(&feed).await.contains(&"active: no > yes".to_owned()));
        let (bob, cid) = (feed.user("bob@acme.test").await, feed.user("cid@acme.test").await);
        let group = feed.group("Team", &[&ann]).await;
        assert_eq!(told(&feed).await, ["displayName: - > Team", "members: +1 -0"]);
        let operations = json!([
            {"op": "replace", "path": "displayName", "value": "Crew"},
            {"op": "add", "path": "members", "value": [{"value": bob}, {"value": cid}]},
            {"op": "remove", "path": format!("members[value eq \"{ann}\"]")},
        ]);
        assert!(feed.patch(&format!("/Groups/{group}"), operations).await.status.is_success());
        assert_eq!(told(&feed).await, ["displayName: Team > Crew", "members: +2 -1"]);
    });
}

#[tokio::test]
async fn each_operation_of_a_bulk_request_has_its_own_effect_and_each_refusal_its_cause() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let globex = t.organization_with("globex.test", |_| ()).await;
        t.domain(&globex, "globex.test").await;
        let ann = feed.user("ann@acme.test").await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let operations = json!([
            {"method": "PATCH", "path": format!("/Users/{ann}"), "data": {"Operations": off}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bob@acme.test")},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": person("bob@acme.test")},
            {"method": "POST", "path": "/Users", "bulkId": "d", "data": person("cid@globex.test")},
        ]);
        let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        let body = json!({"schemas": [urn], "Operations": operations});
        assert_eq!(feed.call("POST", "/Bulk", Some(body)).await.status, 200);
        assert_eq!(feed.call("GET", "/Users/nobody", None).await.status, 404);
        let all = feed.records().await;
        let changed = |method: &str| {
            let of = |it: &&ScimRequest| it.method == method && it.effect.is_some();
            all.iter().filter(of).count()
        };
        assert_eq!((changed("PATCH"), changed("POST")), (1, 2), "{all:?}");
        let patch = all.iter().find(|it| it.method == "PATCH").unwrap();
        assert!(patch.effect.as_deref().unwrap().contains("\"path\":\"active\""), "{patch:?}");
        let mut causes: Vec<&str> = all.iter().filter_map(|it| it.cause.as_deref()).collect();
        causes.sort_unstable();
        assert_eq!(causes, ["foreign_domain", "not_found", "uniqueness"]);
    });
}

#[tokio::test]
async fn personal_values_are_masked_until_somebody_says_why_and_that_is_audited() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let ann = feed.user("ann@acme.test").await;
        let operations = json!([{"op": "replace", "value": {"active": false, "emails[type eq \"work\"].value": "eve@acme.test",
            "addresses[type eq \"work\"].country": "France"}}]);
        assert_eq!(feed.patch(&format!("/Users/{ann}"), operations).await.status, 200);
        let last = feed.records().await.remove(0);
        let mut operator = t.operator().await;
        let desk = feed.desk("");
        let all = format!("{desk}/requests");
        let page = format!("{all}/{}", last.id);
        let console = format!("/console/scim/{}?organization={}", last.id, feed.org.id);
        for address in [&all, &page, &console, &format!("{all}?about={ann}")] {
            let shown = operator.get(address).await;
            assert_eq!(shown.status, 200, "{address}: {}", shown.text);
            assert!(shown.text.contains("a•••@acme.test"), "{address}: {}", shown.text);
            for hidden in ["ann@acme.test", "eve@acme.test", "France"] {
                assert!(!shown.text.contains(hidden), "{hidden} at {address}: {}", shown.text);
            }
        }
        let nothing = operator.post(&format!("{page}/unmask"), &[("reason", " ")]).await;
        assert_eq!(nothing.status, 422);
        assert!(!nothing.text.contains("eve@acme.test"), "{}", nothing.text);
        let open = operator.post(&format!("{page}/unmask"), &[("reason", "ticket 4711")]).await;
        assert_eq!(open.status, 200);
        assert!(open.text.contains("eve@acme.test") && open.text.contains("France"), "{}", open.text);
        let log = store::audit::list(&mut t.app.read().await.unwrap(), None, None, 50).await.unwrap();
        let looked: Vec<_> = log.items.iter().filter(|it| it.action == "scim_request.unmasked").collect();
        assert_eq!(looked.len(), 1);
        assert!(looked[0].data.contains("ticket 4711"), "{looked:?}");
        assert_eq!(looked[0].target, Some(last.id.to_string()));
    });
}

#[tokio::test]
async fn records_go_with_the_person_and_after_the_days_they_are_kept() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let ann = feed.user("ann@acme.test").await;
        let bob = feed.user("bob@acme.test").await;
        feed.group("Team", &[&ann, &bob]).await;
        let body = json!({"displayName": "Crew", "members": [{"value": ann, "display": "Annabelle Lee"}]});
        feed.call("POST", "/Groups", Some(body)).await;
        let operations =
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "eve@acme.test"}]);
        feed.patch(&format!("/Users/{ann}"), operations).await;
        // The place of a group's record is taken by the group itself.
        let member = feed.member("eve@acme.test").await.unwrap();
        let mut tx = t.app.store.write().await.unwrap();
        server::member::erase_now(&t.app, &mut tx, &member, server::receipt::Asked::Company).await.unwrap();
        tx.commit().await.unwrap();
        let left = feed.records().await;
        let text = format!("{left:?}");
        for gone in ["ann@acme.test", "eve@acme.test", "Annabelle", ann.as_str()] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert!(text.contains("bob@acme.test"), "{text}");
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(feed.records().await.len(), left.len());
        t.clock.advance(t.app.config.limits.traces + Duration::from_mins(1));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(feed.records().await.len(), 0);
    });
}
