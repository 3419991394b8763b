//! A directory's mapping and its preview, over the API.

use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::program::{Program, assert_problem};

/// A company's directory, and who sends to it.
struct Sender {
    company: String,
    id: String,
    token: String,
}

impl Sender {
    async fn new(api: &mut Program, status: &str) -> Self {
        let company = api.company("Acme", &["acme.test"]).await;
        let body = json!({"provider": "custom-scim2", "status": status});
        let made = api.make(&format!("{company}/directories"), body).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { company, id: text(&made["id"]), token: text(&made["scim"]["token"]) }
    }

    fn at(&self, below: &str) -> String {
        format!("{}/directories/{}/{below}", self.company, self.id)
    }

    async fn sends(&self, t: &TestApp, to: &str, body: Value) -> String {
        let at = format!("/scim/v2/{}/{to}", self.id);
        let answer = t.browser().api("POST", &at, &self.token, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn person(&self, t: &TestApp, name: &str, country: &str) -> String {
        let email = format!("{name}@acme.test");
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "active": true,
            "name": {"givenName": name, "familyName": "Lee"}, "addresses": [{"type": "work", "country": country}],
            "emails": [{"value": email, "type": "work", "primary": true}],
            "urn:acme:2.0:User": {"land": "FR", "plan": "plus"},
        });
        self.sends(t, "Users", user).await
    }

    async fn member(&self, api: &mut Program, name: &str) -> Value {
        api.get(&format!("{}/members?email={name}@acme.test", self.company)).await["data"][0].clone()
    }
}

async fn audited(t: &TestApp) -> usize {
    t.rows("audit_log", "directory.updated").await
}

fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_mapping_is_read_tried_kept_and_reaches_the_people_who_are_there() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let it = Sender::new(&mut api, "active").await;
        let ann = it.person(&t, "ann", "Atlantis").await;
        it.person(&t, "bob", "DE").await;
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let leads = json!({"schemas": schemas, "displayName": "Leads", "members": [{"value": ann}]});
        it.sends(&t, "Groups", leads).await;
        let first = api.get(&it.at("mapping")).await;
        assert_eq!(first["rules"]["firstName"], json!(["name.givenName"]));
        assert_eq!((&first["readings"], &first["roles"]), (&json!([]), &json!([])));

        let wanted = json!({
            "rules": {"plan": ["*:plan", "*:plan"]},
            "readings": [{"field": "country", "received": "Atlantis", "value": "Greece"}],
            "roles": [{"group": " leads ", "role": "admin"}],
        });
        let tried = ok(&api.call("POST", &it.at("mapping/trial"), Some(wanted.clone())).await);
        assert_eq!(
            (&tried["tried"], &tried["changed"], &tried["failing"]),
            (&json!(2), &json!(2), &json!(0))
        );
        let of_ann = tried["people"].as_array().unwrap().iter().find(|it| it["email"] == "ann@acme.test");
        let of_ann = of_ann.unwrap();
        assert_eq!((&of_ann["user_id"], &of_ann["faults"]), (&json!(ann), &json!([])));
        for change in [
            json!({"field": "country", "from": null, "to": "Greece"}),
            json!({"field": "plan", "from": null, "to": "plus"}),
            json!({"field": "role", "from": "member", "to": "admin"}),
        ] {
            assert!(of_ann["changes"].as_array().unwrap().contains(&change), "{change} in {of_ann}");
        }
        assert_eq!(api.get(&it.at("mapping")).await, first, "a trial keeps nothing");
        assert_eq!(it.member(&mut api, "ann").await["status"], "incomplete");

        let before = audited(&t).await;
        let kept = ok(&api.call("PUT", &it.at("mapping"), Some(wanted.clone())).await);
        assert_eq!(kept["rules"]["plan"], json!(["*:plan"]));
        assert_eq!(kept["roles"], json!([{"group": "leads", "role": "admin"}]));
        assert_eq!(audited(&t).await, before + 1);
        t.work().await;
        let of_ann = it.member(&mut api, "ann").await;
        assert_eq!((&of_ann["status"], &of_ann["role"]), (&json!("invited"), &json!("admin")));
        assert_eq!(
            (&of_ann["profile"]["country"], &of_ann["profile"]["plan"]),
            (&json!("GR"), &json!("plus"))
        );
        assert_eq!(of_ann["unread"], json!([]));

        // What was read can be sent back, and the same again changes nothing.
        let shown = api.get(&it.at("mapping")).await;
        assert_eq!(ok(&api.call("PUT", &it.at("mapping"), Some(shown.clone())).await), shown);
        assert_eq!(audited(&t).await, before + 1);
        // All of it taken back: so is the role.
        assert_eq!(ok(&api.call("PUT", &it.at("mapping"), Some(json!({}))).await), first);
        t.work().await;
        assert_eq!(it.member(&mut api, "ann").await["role"], "member");
    });
}

#[tokio::test]
async fn a_mapping_that_cannot_be_one_is_refused_beside_its_field_and_keeps_nothing() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let it = Sender::new(&mut api, "active").await;
        let first = api.get(&it.at("mapping")).await;
        let many: serde_json::Map<String, Value> =
            (0..50).map(|n| (format!("own{n}"), json!(["*:own"]))).collect();
        let long = "x".repeat(201);
        for (body, field) in [
            (json!({"rules": {"country": ["addresses["]}}), "rules.country"),
            (json!({"rules": {"not a name": ["*:x"]}}), "rules.not a name"),
            (json!({"rules": {"country": vec!["*:x"; 51]}}), "rules.country"),
            (json!({"rules": many}), "rules.own"),
            (
                json!({"readings": [{"field": "country", "received": " ", "value": "DE"}]}),
                "readings[0].received",
            ),
            (json!({"readings": [{"field": "a b", "received": "x"}]}), "readings[0].field"),
            (
                json!({"readings": [{"field": "country", "received": "x", "value": long}]}),
                "readings[0].value",
            ),
            (json!({"roles": [{"group": "Leads", "role": "king"}]}), "roles[0].role"),
            (json!({"roles": [{"group": "", "role": "admin"}]}), "roles[0].group"),
            (json!({"roles": vec![json!({"group": "Leads", "role": "admin"}); 51]}), "roles"),
        ] {
            for (method, at) in [("PUT", "mapping"), ("POST", "mapping/trial")] {
                let answer = api.call(method, &it.at(at), Some(body.clone())).await;
                assert_problem(&answer, 422, &format!("{method} {field}"));
                assert!(answer.text.contains(field), "{field}: {}", answer.text);
            }
        }
        for body in [json!({"rule": {}}), json!([]), json!({"rules": ["country"]}), json!({"roles": [{}]})] {
            let answer = api.call("PUT", &it.at("mapping"), Some(body.clone())).await;
            assert!(answer.status.is_client_error(), "{body}: {}", answer.text);
        }
        assert_eq!(api.get(&it.at("mapping")).await, first);
        let other = api.company("Globex", &["globex.test"]).await;
        for (method, below) in [
            ("GET", "mapping"),
            ("PUT", "mapping"),
            ("POST", "mapping/trial"),
            ("GET", "preview"),
            ("GET", "preview/come"),
        ] {
            let at = format!("{other}/directories/{}/{below}", it.id);
            let body = (method != "GET").then(|| json!({}));
            assert_problem(&api.call(method, &at, body).await, 404, &at);
        }
    });
}

#[tokio::test]
async fn a_preview_counts_everybody_and_lists_them_page_by_page_until_the_directory_is_live() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let it = Sender::new(&mut api, "preview").await;
        let (ann, bob) = (it.person(&t, "ann", "DE").await, it.person(&t, "bob", "FR").await);
        let eve = it.person(&t, "eve", "Atlantis").await;
        let seen = api.get(&it.at("preview")).await;
        assert_eq!(
            (&seen["people"], &seen["active"], &seen["would_stop"]),
            (&json!(3), &json!(3), &Value::Null)
        );
        let kind = |who: &str| {
            let found = seen["data"].as_array().unwrap().iter().find(|it| it["who"] == who);
            found.unwrap_or_else(|| panic!("{who} in {seen}")).clone()
        };
        assert_eq!((&kind("come")["count"], &kind("leave")["count"]), (&json!(2), &json!(0)));
        let of_eve = &kind("incomplete")["people"][0];
        assert_eq!((&of_eve["user_id"], &of_eve["missing"]), (&json!(eve), &json!(["country"])));
        assert!(of_eve["problems"][0].as_str().unwrap().contains("Atlantis"), "{of_eve}");

        let one = api.get(&it.at("preview/come?limit=1")).await;
        let next = one["next_cursor"].as_str().expect("one more").to_owned();
        let two = api.get(&it.at(&format!("preview/come?limit=1&cursor={next}"))).await;
        for id in [json!(ann), json!(bob)] {
            let on = [&one, &two].map(|page| usize::from(page["data"][0]["user_id"] == id));
            assert_eq!(on.iter().sum::<usize>(), 1, "{id} in {one} or {two}");
        }
        assert_problem(&api.call("GET", &it.at("preview/nobody"), None).await, 404, "no kind of people");

        let live = format!("{}/directories/{}", it.company, it.id);
        ok(&api.call("PATCH", &live, Some(json!({"status": "active"}))).await);
        for below in ["preview", "preview/come"] {
            assert_problem(&api.call("GET", &it.at(below), None).await, 409, below);
        }
    });
}
