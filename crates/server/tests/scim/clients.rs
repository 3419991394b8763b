//! What Entra, Okta and others really send, checked for its effect.

use model::DirectoryStatus;
use serde_json::json;
use testkit::each_database;

use crate::feed::{Feed, person};

#[tokio::test]
async fn entra_provisions_changes_and_deactivates() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        // Test Connection.
        let probe = feed.get("/Users?filter=userName+eq+%22d7cc3bbc-0001%22&aadOptscim062020").await;
        assert_eq!(
            (probe["totalResults"].as_u64(), probe["Resources"].as_array().map(Vec::len)),
            (Some(0), Some(0))
        );
        let mut body = person("jonas@acme.test");
        body.as_object_mut().unwrap().remove("addresses");
        let made = feed.call("POST", "/Users?aadOptscim062020", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert!(made.headers["location"].to_str().unwrap().ends_with(&format!("/Users/{id}")));
        assert_eq!(feed.status("jonas@acme.test").await, "incomplete");
        assert!(feed.last_outcome().await.contains("country missing"), "{}", feed.last_outcome().await);
        // A filtered element of a list that is not there yet is made.
        let path = format!("/Users/{id}");
        let add =
            json!([{"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "Deutschland"}]);
        assert_eq!(feed.patch(&path, add).await.status, 200);
        assert_eq!(feed.status("jonas@acme.test").await, "active");
        assert_eq!(feed.member("jonas@acme.test").await.unwrap().country.as_deref(), Some("DE"));
        // Path-less, with dotted and URN names.
        let rename = json!([{"op": "replace", "value": {
            "name.givenName": "Jona",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "A-1",
        }}]);
        assert_eq!(feed.patch(&format!("{path}?aadOptscim062020"), rename).await.status, 200);
        assert_eq!(feed.member("jonas@acme.test").await.unwrap().first_name.as_deref(), Some("Jona"));
        let moved = json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "j.weber@acme.test"}]);
        assert_eq!(feed.patch(&path, moved).await.status, 200);
        assert_eq!(feed.status("jonas@acme.test").await, "none");
        assert_eq!(feed.status("j.weber@acme.test").await, "active");
        let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        let answer = feed.patch(&path, off).await;
        assert_eq!((answer.status.as_u16(), answer.json()["active"].as_bool()), (200, Some(false)));
        assert_eq!(feed.status("j.weber@acme.test").await, "disconnected");
        assert!(feed.last_outcome().await.starts_with("Deactivated Jonas"), "{}", feed.last_outcome().await);
        let on = json!([{"op": "Replace", "path": "active", "value": "True"}]);
        assert_eq!(feed.patch(&path, on).await.status, 200);
        assert_eq!(feed.status("j.weber@acme.test").await, "active");
        assert_eq!(feed.call("DELETE", &path, None).await.status, 204);
        assert_eq!(feed.status("j.weber@acme.test").await, "disconnected");
        assert_eq!(feed.call("GET", &path, None).await.status, 404);
    });
}

#[tokio::test]
async fn entra_changes_members_by_value_lists() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
        let (one, two) = (feed.user("one@acme.test").await, feed.user("two@acme.test").await);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "8aa1a0c0", "displayName": "Sales", "meta": {"resourceType": "Group"},
        });
        let made = feed.call("POST", "/Groups", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/Groups/{}", made.json()["id"].as_str().unwrap());
        let add = json!([{"op": "Add", "path": "members", "value": [
            {"$ref": null, "value": one}, {"$ref": null, "value": two}]}]);
        assert_eq!(feed.patch(&path, add).await.status, 204);
        assert_eq!(feed.get(&path).await["members"].as_array().unwrap().len(), 2);
        assert!(feed.get(&format!("{path}?excludedAttributes=members")).await.get("members").is_none());
        let user = feed.get(&format!("/Users/{one}")).await;
        assert_eq!(
            (&user["groups"][0]["display"], &user["groups"][0]["type"]),
            (&json!("Sales"), &json!("direct"))
        );
        let remove = json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": one}]}]);
        assert_eq!(feed.patch(&path, remove).await.status, 204);
        let left = feed.get(&path).await;
        assert_eq!(
            (left["members"].as_array().unwrap().len(), &left["members"][0]["value"]),
            (1, &json!(two))
        );
        let found = feed.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22SALES%22").await;
        assert_eq!(found["totalResults"], 1);
        assert_eq!(feed.call("DELETE", &path, None).await.status, 204);
        assert!(feed.get(&format!("/Users/{two}")).await.get("groups").is_none());
    });
}

#[tokio::test]
async fn okta_puts_whole_users_and_groups_and_never_loses_the_rest() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut body = person("ada@acme.test");
        body["password"] = json!("throw-away-1");
        body["groups"] = json!([]);
        let made = feed.call("POST", "/Users", Some(body.clone())).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert!(!made.text.contains("throw-away-1"));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/Users/{id}");
        let found =
            feed.get("/Users?filter=userName%20eq%20%22ADA@acme.test%22&startIndex=1&count=100").await;
        assert_eq!((found["totalResults"].as_u64(), &found["Resources"][0]["id"]), (Some(1), &json!(id)));
        body["title"] = json!("Analyst");
        body["active"] = json!(false);
        assert_eq!(feed.call("PUT", &path, Some(body.clone())).await.status, 200);
        assert_eq!(feed.status("ada@acme.test").await, "disconnected");
        assert_eq!(
            feed.patch(&path, json!([{"op": "replace", "value": {"active": true}}])).await.status,
            200
        );
        assert_eq!(feed.status("ada@acme.test").await, "active");
        let group = feed.group("Team", &[]).await;
        let at = format!("/Groups/{group}");
        let add =
            json!([{"op": "add", "path": "members", "value": [{"value": id, "display": "ada@acme.test"}]}]);
        let answer = feed.patch(&at, add).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["members"][0]["display"]),
            (200, &json!("ada@acme.test"))
        );
        let rename = json!([{"op": "replace", "value": {"id": group, "displayName": "New"}}]);
        assert_eq!(feed.patch(&at, rename).await.status, 200);
        let now = feed.get(&at).await;
        assert_eq!((&now["displayName"], now["members"].as_array().unwrap().len()), (&json!("New"), 1));
        let gone = json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
        assert!(feed.patch(&at, gone).await.json().get("members").is_none());
        let mut requests = Vec::new();
        server::provisioning::flush(&t.app).await.unwrap();
        let mut db = t.app.store.read().await.unwrap();
        let of = store::scim_request::Of::Organization(feed.org.id);
        requests.extend(store::scim_request::list(&mut db, of, false, None, 50).await.unwrap().items);
        assert!(requests.len() >= 8);
        assert!(requests.iter().all(|r| !r.body.as_deref().unwrap_or_default().contains("throw-away-1")));
    });
}

#[tokio::test]
async fn others_send_what_they_send() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let group = feed.group("G", &[]).await;
        // Keycloak: a bare string; JumpCloud and scim-sanity: members that nobody knows.
        let add = json!([{"op": "add", "path": "members", "value": id}]);
        assert_eq!(feed.patch(&format!("/Groups/{group}"), add).await.status, 200);
        let fake = json!([{"op": "add", "path": "members", "value": [{"value": "fake-member-id"}]}]);
        let answer = feed.patch(&format!("/Groups/{group}"), fake).await;
        assert_eq!(answer.json()["members"].as_array().unwrap().len(), 2);
        // PingFederate: a filter on the complex attribute itself; Rippling: a repeated create.
        assert_eq!(feed.get("/Users?filter=emails%20eq%20%22A@acme.test%22").await["totalResults"], 1);
        let again = feed.call("POST", "/Users", Some(person("a@acme.test"))).await;
        assert_eq!((again.status.as_u16(), &again.json()["scimType"]), (409, &json!("uniqueness")));
        let mut renamed = person("A2@acme.test");
        renamed["externalId"] = json!("ext-a@acme.test");
        assert_eq!(feed.call("POST", "/Users", Some(renamed)).await.status, 409);
        // CyberArk.
        assert_eq!(feed.get("/Users?count=1").await["itemsPerPage"], 1);
        assert_eq!(feed.get("/ResourceTypes/User").await["id"], "User");
        assert_eq!(feed.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").await["name"], "User");
        assert_eq!(feed.get("/ServiceProviderConfig").await["patch"]["supported"], true);
        // OneLogin: SCIM 1 names, nulls, an address that ends in `&`.
        let body = json!({"schemas": ["urn:scim:schemas:core:2.0"], "userName": "o@acme.test", "groups": null,
            "emails": [{"value": "o@acme.test"}, {"value": "second@acme.test"}]});
        assert_eq!(feed.call("POST", "/Users?", Some(body)).await.status, 201);
        let by_second = feed.get("/Users?filter=emails.value%20eq%20%22second@acme.test%22&").await;
        assert_eq!(by_second["totalResults"], 1);
        // Entra with the flag in the middle of the address.
        let odd = feed.get("?aadOptscim062020/Users?filter=userName%20eq%20%22o@acme.test%22").await;
        assert_eq!(odd["totalResults"], 1);
    });
}
