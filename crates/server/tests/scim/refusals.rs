//! Bad input and strangers: the right error for that one request, the rest unharmed, and a line to act on.

use axum::http::header;
use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::{TestApp, each_database};

use crate::feed::{Feed, person};

/// Method, path, body, status and SCIM type.
type Case = (&'static str, String, Vec<u8>, u16, Option<&'static str>);

#[tokio::test]
async fn a_stranger_learns_nothing() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let other = Feed::new(&t, "other.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let mut texts = Vec::new();
        for (directory, token) in [
            (feed.directory.id.to_string(), other.token.as_str()),
            (feed.directory.id.to_string(), "nonsense"),
            (feed.directory.id.to_string(), ""),
            ("dir_00000000000000000000000000".to_owned(), feed.token.as_str()),
            ("nonsense".to_owned(), "nonsense"),
        ] {
            let answer =
                t.browser().api("GET", &format!("/scim/v2/{directory}/Users/{id}"), token, None).await;
            assert_eq!(answer.status, 401);
            assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/scim+json");
            texts.push(answer.text.split(" (reference").next().unwrap().to_owned());
        }
        texts.dedup();
        assert_eq!(texts.len(), 1);
        // Another company's ids mean nothing here, in any place.
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let body = match method {
                "PUT" => Some(person("x@other.test")),
                "PATCH" => Some(json!({"Operations": [{"op": "replace", "path": "active", "value": false}]})),
                _ => None,
            };
            assert_eq!(other.call(method, &format!("/Users/{id}"), body).await.status, 404, "{method}");
        }
        other.group("Admins", &[&id]).await;
        assert!(feed.get(&format!("/Users/{id}")).await.get("groups").is_none());
        assert_eq!(feed.status("a@acme.test").await, "active");
    });
}

#[tokio::test]
async fn an_address_of_another_company_is_refused_for_that_person_alone() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let _other = Feed::new(&t, "other.test", "custom-scim2", DirectoryStatus::Active).await;
        let answer = feed.call("POST", "/Users", Some(person("boss@OTHER.test"))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["scimType"]), (400, &json!("invalidValue")));
        assert!(answer.json()["detail"].as_str().unwrap().contains("other.test"));
        assert!(feed.last_outcome().await.starts_with("Refused: The address boss@other.test"));
        let path = format!("/Users/{}", feed.user("a@acme.test").await);
        let steal =
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@other.test"}]);
        assert_eq!(feed.patch(&path, steal).await.status, 400);
        assert_eq!(feed.get(&path).await["emails"][0]["value"], "a@acme.test");
        assert_eq!(feed.status("a@acme.test").await, "active");
    });
}

/// The answer says what was wrong, and its reference finds the line.
async fn expect_refusal(t: &TestApp, feed: &Feed, (method, path, body, status, scim_type): Case) {
    let answer = feed.raw(method, &path, body, &[]).await;
    let short: String = format!("{method} {path}").chars().take(80).collect();
    assert_eq!(answer.status.as_u16(), status, "{short}: {}", answer.text);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/scim+json", "{short}");
    assert_eq!(answer.headers.contains_key(header::ALLOW), status == 405, "{short}");
    let error = answer.json();
    assert_eq!(error["status"], status.to_string(), "{short}");
    assert_eq!(error["scimType"].as_str(), scim_type, "{short}: {}", answer.text);
    // The reference in the answer finds the line.
    let reference = error["detail"].as_str().unwrap().rsplit("reference ").next().unwrap();
    let reference = reference.trim_end_matches(')').parse().unwrap();
    let mut db = t.app.store.read().await.unwrap();
    let line = store::scim_request::lookup(&mut db, feed.org.id, reference).await.unwrap().unwrap();
    assert_eq!(line.status, status, "{short}");
    assert!(line.outcome.starts_with("Refused: "), "{}", line.outcome);
}

#[tokio::test]
async fn bad_input_gets_its_error_and_changes_nothing() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let (user, before) = (format!("/Users/{id}"), feed.get(&format!("/Users/{id}")).await);
        let many: Vec<Value> =
            (0..100_000).map(|_| json!({"op": "add", "path": "title", "value": "x"})).collect();
        let long_filter = vec!["userName%20eq%20%22x%22"; 200].join("%20or%20");
        let search = |filter: String| json!({"filter": filter}).to_string().into_bytes();
        let longest = vec!["userName eq \"x\""; 10_000].join(" or ");
        let deepest = format!("{}active pr{}", "(".repeat(2_000), ")".repeat(2_000));
        let ops = |op: Value| json!({"Operations": [op]}).to_string().into_bytes();
        let twin = person("A@ACME.TEST").to_string().into_bytes();
        let cases: Vec<Case> = vec![
            ("POST", "/Users".into(), b"{".to_vec(), 400, Some("invalidSyntax")),
            ("POST", "/Users".into(), b"[]".to_vec(), 400, Some("invalidSyntax")),
            ("POST", "/Users".into(), Vec::new(), 400, Some("invalidSyntax")),
            ("POST", "/Users".into(), b"{\"userName\":\"\xff\"}".to_vec(), 400, Some("invalidSyntax")),
            ("POST", "/Users".into(), b"{\"userName\":\"\"}".to_vec(), 400, Some("invalidValue")),
            ("POST", "/Users".into(), vec![b' '; 1024 * 1024 + 1], 413, None),
            ("POST", "/Users".into(), twin, 409, Some("uniqueness")),
            ("PATCH", user.clone(), ops(json!({"op": "remove"})), 400, Some("noTarget")),
            ("PATCH", user.clone(), ops(json!({"op": "jump"})), 400, Some("invalidSyntax")),
            (
                "PATCH",
                user.clone(),
                ops(json!({"op": "replace", "path": "a b", "value": 1})),
                400,
                Some("invalidPath"),
            ),
            ("PATCH", user.clone(), json!({ "Operations": many }).to_string().into_bytes(), 413, None),
            ("GET", "/Users?filter=userName".into(), Vec::new(), 400, Some("invalidFilter")),
            ("GET", "/Users?filter=active%20gt%20true".into(), Vec::new(), 400, Some("invalidFilter")),
            ("GET", format!("/Users?filter={long_filter}"), Vec::new(), 400, Some("invalidFilter")),
            ("POST", "/Users/.search".into(), search(longest), 400, Some("invalidFilter")),
            ("POST", "/Users/.search".into(), search(deepest), 400, Some("invalidFilter")),
            ("GET", "/Users/usr_00000000000000000000000000".into(), Vec::new(), 404, None),
            ("GET", "/Users/%ff".into(), Vec::new(), 404, None),
            ("DELETE", "/Groups/nothing".into(), Vec::new(), 404, None),
            ("GET", "/Nothing".into(), Vec::new(), 404, None),
            ("POST", "/Schemas".into(), b"{}".to_vec(), 405, None),
            ("DELETE", "/ServiceProviderConfig".into(), Vec::new(), 405, None),
            ("GET", "/ResourceTypes?filter=id%20eq%20%22x%22".into(), Vec::new(), 403, None),
            ("GET", "/Me".into(), Vec::new(), 501, None),
            ("PUT", "/Users".into(), b"{}".to_vec(), 405, None),
            ("POST", "/Bulk".into(), b"{}".to_vec(), 400, Some("invalidSyntax")),
            (
                "PATCH",
                user.clone(),
                ops(
                    json!({"op": "replace", "path": "emails[value eq \"no@acme.test\"].type", "value": "home"}),
                ),
                400,
                Some("noTarget"),
            ),
        ];
        for case in cases {
            expect_refusal(&t, &feed, case).await;
        }
        assert_eq!(feed.get(&user).await, before);
        assert_eq!(feed.get("/Users").await["totalResults"], 1);
    });
}

#[tokio::test]
async fn nul_in_a_text_is_refused_on_every_database() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let user = format!("/Users/{}", feed.user("a@acme.test").await);
        let group = feed.group("Everybody", &[]).await;
        let search = |filter: &str| json!({"filter": filter}).to_string().into_bytes();
        let ops = |op: Value| json!({"Operations": [op]}).to_string().into_bytes();
        let cases: Vec<Case> = vec![
            (
                "POST",
                "/Users".into(),
                person("nul\0@acme.test").to_string().into(),
                400,
                Some("invalidValue"),
            ),
            ("PUT", user.clone(), person("nul\0@acme.test").to_string().into(), 400, Some("invalidValue")),
            (
                "PATCH",
                user.clone(),
                ops(json!({"op": "add", "path": "externalId", "value": "\0"})),
                400,
                Some("invalidValue"),
            ),
            (
                "POST",
                "/Groups".into(),
                json!({"displayName": "\0"}).to_string().into(),
                400,
                Some("invalidValue"),
            ),
            (
                "POST",
                "/Groups".into(),
                json!({"displayName": "x", "members": [{"value": "\0"}]}).to_string().into(),
                400,
                Some("invalidValue"),
            ),
            (
                "GET",
                "/Users?filter=userName%20eq%20%22%5Cu0000%22".into(),
                Vec::new(),
                400,
                Some("invalidFilter"),
            ),
            (
                "POST",
                "/Users/.search".into(),
                search("externalId sw \"\\u0000\""),
                400,
                Some("invalidFilter"),
            ),
            (
                "PATCH",
                format!("/Groups/{group}"),
                ops(json!({"op": "remove", "path": "members[value eq \"\\u0000\"]"})),
                400,
                Some("invalidFilter"),
            ),
        ];
        for case in cases {
            expect_refusal(&t, &feed, case).await;
        }
    });
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_kept() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut body = person("a@acme.test");
        body["addresses"] = json!([{"type": "home", "country": "Atlantis"}]);
        body["urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User"] = json!({"birthYear": 3000});
        body["favouriteColour"] = json!("green");
        let made = feed.call("POST", "/Users", Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json()["favouriteColour"], "green");
        assert_eq!(feed.status("a@acme.test").await, "incomplete");
        let outcome = feed.last_outcome().await;
        assert!(outcome.contains("Atlantis") && outcome.contains("3000"), "{outcome}");
        // Groups that hold each other are only groups.
        let one = feed.group("One", &[]).await;
        let two = feed.group("Two", &[&one]).await;
        let add = json!([{"op": "add", "path": "members", "value": [{"value": two}, {"value": one}]}]);
        assert_eq!(feed.patch(&format!("/Groups/{one}"), add).await.status, 200);
        assert_eq!(feed.get(&format!("/Groups/{two}")).await["members"][0]["type"], "Group");
    });
}

#[tokio::test]
async fn a_bulk_request_with_one_bad_text_does_the_rest() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let make = |id: &str, name: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": person(name)});
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
        let body =
            json!({"schemas": schemas, "Operations": [make("a", "a\0@acme.test"), make("b", "b@acme.test")]});
        let answer = feed.call("POST", "/Bulk", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json();
        let of = |at: usize| {
            (answer["Operations"][at]["bulkId"].clone(), answer["Operations"][at]["status"].clone())
        };
        assert_eq!((of(0), of(1)), ((json!("a"), json!("400")), (json!("b"), json!("201"))));
        assert_eq!(feed.status("b@acme.test").await, "active");
    });
}

#[tokio::test]
async fn a_group_sent_whole_with_very_many_members_is_taken() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let group = feed.group("Everybody", &[]).await;
        let mut members: Vec<Value> = (0..12_000)
            .map(
                |n| json!({"value": format!("nobody-knows-{n:012}"), "display": "Somebody With A Very, Very Long Name Indeed"}),
            )
            .collect();
        members.push(json!({"value": id, "display": "a@acme.test"}));
        let body = json!({"displayName": "Everybody", "members": members}).to_string().into_bytes();
        assert!(body.len() > 1024 * 1024, "more than other requests may have");
        let answer = feed.raw("PUT", &format!("/Groups/{group}?excludedAttributes=members"), body, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let groups = feed.get(&format!("/Users/{id}")).await["groups"].clone();
        assert_eq!(groups[0]["value"], json!(group));
    });
}

#[tokio::test]
async fn a_text_that_fits_no_index_is_refused_and_one_that_was_there_before_may_stay() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let group = feed.group("One", &[]).await;
        // No text that a database could pack into less.
        let spread = |n: u32| n.wrapping_mul(2_654_435_761) >> 8;
        let long: String = (0..3000).map(|n| char::from_u32(97 + spread(n) % 26).unwrap()).collect();
        let with = |name: &str, value: Value| {
            let mut body = person("b@acme.test");
            body[name] = value;
            body
        };
        let replace = |path: &str| json!({"Operations": [{"op": "replace", "path": path, "value": long}]});
        let (user, group) = (format!("/Users/{id}"), format!("/Groups/{group}"));
        for (method, path, body) in [
            ("POST", "/Users", with("userName", json!(format!("{long}@acme.test")))),
            ("POST", "/Users", with("externalId", json!(long))),
            ("POST", "/Users", with("displayName", json!(long))),
            ("POST", "/Users", with("emails", json!([{"value": format!("{long}@acme.test")}]))),
            ("PUT", user.as_str(), with("externalId", json!(long))),
            ("PATCH", user.as_str(), replace("userName")),
            ("PATCH", user.as_str(), replace("emails[type eq \"work\"].value")),
            ("POST", "/Groups", json!({"displayName": long})),
            ("POST", "/Groups", json!({"displayName": "Two", "externalId": long})),
            ("POST", "/Groups", json!({"displayName": "Two", "members": [{"value": long}]})),
            ("PATCH", group.as_str(), replace("displayName")),
            (
                "PATCH",
                group.as_str(),
                json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": long}]}]}),
            ),
        ] {
            let answer = feed.call(method, path, Some(body)).await;
            assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
            assert_eq!(answer.json()["scimType"], "invalidValue", "{method} {path}");
            assert!(answer.json()["detail"].as_str().unwrap().contains("at most 1000 are taken"));
        }
        // What is found by nothing may be as long as a body.
        let title = json!([{"op": "replace", "path": "title", "value": long}]);
        assert_eq!(feed.patch(&user, title).await.status, 200);
        assert_eq!(feed.status("a@acme.test").await, "active");
    });
}

#[tokio::test]
async fn a_name_that_is_given_twice_is_no_guess_of_ours() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let id = feed.user("a@acme.test").await;
        let twice = br#"{"Operations":[{"op":"replace","value":{"active":true,"active":false}}]}"#;
        let answer = feed.raw("PATCH", &format!("/Users/{id}"), twice.to_vec(), &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["scimType"]), (400, &json!("invalidSyntax")));
        assert!(
            answer.json()["detail"].as_str().unwrap().contains("“active” is given twice"),
            "{}",
            answer.text
        );
        assert_eq!(feed.status("a@acme.test").await, "active");
        let nul = feed.call("GET", "/Users?filter=userName%20eq%20%22%00%22", None).await;
        assert_eq!((nul.status.as_u16(), &nul.json()["scimType"]), (400, &json!("invalidValue")));
    });
}
