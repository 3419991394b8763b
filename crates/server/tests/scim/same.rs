//! What must hold whatever is asked: both sides of a membership agree, what was read and sent back changes nothing, and an
//! index finds what a look at every resource finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::DirectoryStatus;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use testkit::each_database;
use tokio::task::JoinSet;

use crate::feed::{Feed, person};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// One change of somebody's membership: how, which group, which people.
type Move = (usize, usize, Vec<usize>);

async fn make(feed: &Feed, (how, group, people): &Move, groups: &[String], users: &[String]) {
    let path = format!("/Groups/{}", groups[group % groups.len()]);
    let ids: Vec<&String> = people.iter().map(|at| &users[at % users.len()]).collect();
    let list: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    let answer = match how % 6 {
        0 => feed.patch(&path, json!([{"op": "add", "path": "members", "value": list}])).await,
        1 => feed.patch(&path, json!([{"op": "Remove", "path": "members", "value": list}])).await,
        2 => {
            let gone =
                ids.iter().map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}));
            feed.patch(&path, gone.collect()).await
        }
        3 => feed.patch(&path, json!([{"op": "replace", "path": "members", "value": list}])).await,
        4 => {
            let whole = json!({"schemas": [GROUP], "displayName": "Whole", "members": list});
            feed.call("PUT", &path, Some(whole)).await
        }
        _ => feed.patch(&path, json!([{"op": "remove", "path": "members"}])).await,
    };
    assert!(answer.status.is_success(), "{how} {}", answer.text);
}

/// Pairs of user and group, as the groups tell them and as the users do.
async fn memberships(feed: &Feed) -> [BTreeSet<(String, String)>; 2] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut sides = [BTreeSet::new(), BTreeSet::new()];
    for (side, path, list) in [(0, "/Groups", "members"), (1, "/Users", "groups")] {
        let all = feed.get(&format!("{path}?count=100")).await;
        for one in all["Resources"].as_array().unwrap() {
            for other in one[list].as_array().into_iter().flatten() {
                let (own, linked) = (text(&one["id"]), text(&other["value"]));
                sides[side].insert(if side == 0 { (linked, own) } else { (own, linked) });
            }
        }
    }
    sides
}

#[tokio::test]
async fn users_and_groups_tell_the_same_memberships_after_two_clients_changed_them_at_once() {
    let people = prop::collection::vec(0..12_usize, 1..6);
    let moves = prop::collection::vec((0..6_usize, 0..3_usize, people), 12..20);
    let mut runner = TestRunner::deterministic();
    each_database!(|t| {
        let feed = Arc::new(Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await);
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for number in 0..12 {
            users.push(feed.user(&format!("p{number}@acme.test")).await);
        }
        for name in ["A", "B", "C"] {
            groups.push(feed.group(name, &[]).await);
        }
        let (users, groups) = (Arc::new(users), Arc::new(groups));
        for _ in 0..3 {
            let mut clients = JoinSet::new();
            for _ in 0..2 {
                let own: Vec<Move> = moves.new_tree(&mut runner).unwrap().current();
                let (feed, users, groups) = (feed.clone(), users.clone(), groups.clone());
                clients.spawn(async move {
                    for one in &own {
                        make(&feed, one, &groups, &users).await;
                    }
                });
            }
            clients.join_all().await;
            let [told_by_groups, told_by_users] = memberships(&feed).await;
            assert_eq!(told_by_groups, told_by_users);
        }
        // Somebody goes, and with them their places; a total goes down with them.
        feed.call("DELETE", &format!("/Users/{}", users[0]), None).await;
        let [told_by_groups, told_by_users] = memberships(&feed).await;
        assert_eq!(told_by_groups, told_by_users);
        assert_eq!(feed.get("/Users?count=0").await["totalResults"], 11);
    });
}

#[tokio::test]
async fn what_was_read_and_is_sent_back_changes_nothing() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut odd = person("odd@acme.test");
        odd["addresses"] =
            json!([{"type": "home", "country": "Atlantis"}, {"type": "work", "country": "DE"}]);
        odd["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] =
            json!({"manager": {"value": "m1"}});
        odd["roles"] = json!(["admin"]);
        odd["favouriteColour"] = json!(["green", {"shade": 3}]);
        odd["active"] = json!("True");
        let made = feed.call("POST", "/Users", Some(odd)).await.json();
        let plain = feed.user("plain@acme.test").await;
        let group = feed.group("G", &[&plain, "somebody-else"]).await;
        let odd = made["id"].as_str().unwrap();
        for path in [format!("/Users/{odd}"), format!("/Users/{plain}"), format!("/Groups/{group}")] {
            let before = feed.get(&path).await;
            assert_eq!(feed.call("PUT", &path, Some(before.clone())).await.status, 200);
            assert_eq!(feed.get(&path).await, before, "{path}");
        }
    });
}

#[tokio::test]
async fn index_finds_what_a_look_at_every_resource_finds() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "custom-scim2", DirectoryStatus::Active).await;
        let mut moments = Vec::new();
        for (name, shown) in
            [("anna", "Ann A"), ("ANNIKA", "ann a"), ("bea", "Odysseus"), ("ΟΔΥΣΣΕΥΣ", "ΟΔΥΣ")]
        {
            let mut body = person(&format!("{name}@acme.test"));
            body["displayName"] = json!(shown);
            body["emails"] = json!([{"value": format!("{name}@acme.test"), "type": "work"},
                {"value": format!("{name}@home.test"), "type": "home"}]);
            let made = feed.call("POST", "/Users", Some(body)).await;
            assert_eq!(made.status, 201, "{}", made.text);
            moments.push(made.json()["meta"]["lastModified"].as_str().unwrap().to_owned());
        }
        let one = feed.group("Anglers", &[]).await;
        feed.group("angels", &[&one]).await;
        let second = &moments[1];
        let users = [
            "userName sw \"ann\"",
            "userName sw \"ΟΔΥΣ\"",
            "displayName eq \"ANN A\"",
            "displayName sw \"odys\"",
            "displayName sw \"ΟΔΥ\" or userName eq \"BEA@acme.test\"",
            "emails.value sw \"anna@h\"",
            "emails eq \"bea@home.test\"",
            "emails[type eq \"home\" and value eq \"bea@acme.test\"]",
            "emails[type eq \"home\"].value eq \"bea@home.test\" and userName co \"b\"",
            "externalId sw \"ext-a\" and active eq true",
            "userName eq \"anna@acme.test\" or emails.value eq \"bea@home.test\" or externalId eq \"none\"",
            "userName co \"nn\" and displayName sw \"ann\" and emails pr",
            "id eq \"nothing\" or displayName eq \"Odysseus\"",
            &format!("meta.lastModified gt \"{second}\""),
            &format!("meta.lastModified ge \"{second}\" and userName sw \"b\""),
            &format!("meta.lastModified lt \"{second}\" or userName sw \"b\""),
            &format!("meta.lastModified le \"{second}\""),
            &format!("meta.lastModified eq \"{second}\""),
            "members.value eq \"x\" or userName sw \"a\"",
        ];
        let groups = [
            "displayName sw \"an\"",
            "displayName eq \"ANGELS\" or displayName eq \"anglers\"",
            &format!("members.value eq \"{one}\" or displayName sw \"angl\""),
            &format!("meta.lastModified gt \"{second}\""),
            "userName eq \"x\" or displayName sw \"ang\"",
        ];
        for (path, filter) in
            users.iter().map(|it| ("/Users", it)).chain(groups.iter().map(|it| ("/Groups", it)))
        {
            let ask = async |filter: String| {
                let search = json!({"filter": filter, "attributes": ["userName", "displayName"]});
                let answer = feed.call("POST", &format!("{path}/.search"), Some(search)).await;
                assert_eq!(answer.status, 200, "{filter}: {}", answer.text);
                answer.json()
            };
            let by_index = ask((*filter).to_owned()).await;
            // No index helps with a negation.
            assert_eq!(by_index, ask(format!("not (not ({filter}))")).await, "{filter}");
        }
        assert_eq!(feed.get("/Users?filter=userName%20sw%20%22ann%22").await["totalResults"], 2);
    });
}
