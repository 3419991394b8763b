//! Many requests about the same people at once, on one machine and on two that share a database.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};
use tokio::task::JoinSet;

use crate::feed::{Feed, person};

/// The provider's ends: one for each machine.
async fn ends(t: &TestApp) -> Vec<Arc<Feed>> {
    let feed = Feed::new(t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
    let other = t.second().await.map(|app| Arc::new(feed.at(app)));
    [Some(Arc::new(feed)), other].into_iter().flatten().collect()
}

/// Sends all of them at once, to each machine in turn.
async fn send(ends: &[Arc<Feed>], requests: Vec<(&'static str, String, Option<Value>)>) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    for (number, (method, path, body)) in requests.into_iter().enumerate() {
        let feed = ends[number % ends.len()].clone();
        tasks.spawn(async move { feed.call(method, &path, body).await });
    }
    tasks.join_all().await
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn one_person_whom_many_make_at_once_in_different_case_is_one() {
    each_database!(|t| {
        let ends = ends(&t).await;
        let made = |number: u32| {
            let mut body = person(if number.is_multiple_of(3) { "ADA@acme.TEST" } else { "ada@acme.test" });
            body["externalId"] = json!(format!("e{}", number % 5));
            ("POST", "/Users".to_owned(), Some(body))
        };
        let answers = send(&ends, (0..16).map(made).collect()).await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 15));
        // The same id of the provider, with other names.
        let named = |number: u32| {
            let mut body = person(&format!("eve{number}@acme.test"));
            body["externalId"] = json!("same");
            ("POST", "/Users".to_owned(), Some(body))
        };
        let answers = send(&ends, (0..8).map(named).collect()).await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 7));
        for feed in &ends {
            assert_eq!(feed.get("/Users").await["totalResults"], 2);
        }
        let mut db = t.app.store.read().await.unwrap();
        let counts = store::member::count_by_status(&mut db, ends[0].org.id).await.unwrap();
        assert_eq!(counts.into_iter().map(|(_, count)| count).sum::<i64>(), 2);
    });
}

#[tokio::test]
async fn nothing_is_lost_where_two_machines_change_one_group_and_one_user() {
    each_database!(|t| {
        let ends = ends(&t).await;
        let mut people = Vec::new();
        for number in 0..12 {
            people.push(ends[0].user(&format!("p{number}@acme.test")).await);
        }
        let (old, new) = people.split_at(6);
        let group = ends[0].group("Tour", &old.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let (at_group, at_user) = (format!("/Groups/{group}"), format!("/Users/{}", people[0]));
        let patch = |operation: Value| Some(json!({ "Operations": [operation] }));
        let mut requests = Vec::new();
        for (number, (gone, come)) in old.iter().zip(new).enumerate() {
            let remove = patch(json!({"op": "Remove", "path": format!("members[value eq \"{gone}\"]")}));
            let add = patch(json!({"op": "Add", "path": "members", "value": [{"value": come}]}));
            let set = patch(json!({"op": "add", "path": format!("urn:x:2.0:User:a{number}"), "value": "x"}));
            let bulk = json!({"schemas": [scim::bulk::REQUEST_URN], "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "b", "data": person(&format!("b{number}@acme.test"))},
                {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
                    "displayName": format!("B{number}"), "members": [{"value": "bulkId:b"}]}},
            ]});
            requests.push(("PATCH", at_group.clone(), remove));
            requests.push(("PATCH", at_group.clone(), add));
            requests.push(("PATCH", at_user.clone(), set));
            requests.push(("POST", "/Bulk".to_owned(), Some(bulk)));
        }
        for answer in send(&ends, requests).await {
            assert!(answer.status.is_success(), "{} {}", answer.status, answer.text);
            assert!(!answer.text.contains("\"status\":\"4"), "{}", answer.text);
        }
        for feed in &ends {
            let shown = feed.get(&at_group).await;
            let members: BTreeSet<&str> =
                shown["members"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
            assert_eq!(members, new.iter().map(String::as_str).collect());
            assert_eq!(feed.get(&at_user).await["urn:x:2.0:User"].as_object().unwrap().len(), 6);
            assert_eq!(feed.get("/Groups").await["totalResults"], 7);
        }
    });
}

#[tokio::test]
async fn removal_beside_a_change_of_the_same_person_leaves_nobody_behind() {
    each_database!(|t| {
        let ends = ends(&t).await;
        let group = ends[0].group("Tour", &[]).await;
        let mut requests = Vec::new();
        for number in 0..6 {
            let address = format!("p{number}@acme.test");
            let at = format!("/Users/{}", ends[0].user(&address).await);
            let title = json!({ "Operations": [{"op": "replace", "path": "title", "value": "x"}] });
            let mut whole = person(&address);
            whole["active"] = json!(number % 2 == 0);
            requests.push(("PATCH", at.clone(), Some(title)));
            requests.push(("DELETE", at.clone(), None));
            requests.push(("PUT", at, Some(whole)));
        }
        for answer in send(&ends, requests).await {
            assert!([200, 204, 404].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
        }
        assert_eq!(ends[0].get("/Users").await["totalResults"], 0);
        assert!(ends[0].get(&format!("/Groups/{group}")).await.get("members").is_none());
        for number in 0..6 {
            assert_eq!(ends[0].status(&format!("p{number}@acme.test")).await, "disconnected");
        }
    });
}
