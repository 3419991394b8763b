//! Replays whole conversations of real clients (`testdata/scim`) and looks at their effect.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::each_database;

use crate::feed::Feed;

const CLIENTS: [&str; 12] = [
    "cyberark",
    "entra",
    "entra-aadoptscim",
    "jumpcloud",
    "keycloak",
    "okta-aiw",
    "okta-gallery",
    "onelogin",
    "pingfederate",
    "pingone",
    "rauthy",
    "rippling",
];

fn conversations() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/scim");
    let mut all = Vec::new();
    for client in CLIENTS {
        let files = fs::read_dir(root.join(client)).unwrap().map(|entry| entry.unwrap().path());
        let before = all.len();
        all.extend(files);
        assert!(all.len() > before, "{client} says nothing");
    }
    all.sort();
    all
}

#[tokio::test]
async fn every_conversation_of_every_client_has_its_effect() {
    let files = conversations();
    each_database!(|t| {
        for (number, file) in files.iter().enumerate() {
            let text = fs::read_to_string(file).unwrap();
            let conversation: Value = serde_json::from_str(&text).unwrap();
            let domain = format!("company{number}.test");
            let provider = conversation["provider"].as_str().unwrap();
            let feed = Feed::new(&t, &domain, provider, DirectoryStatus::Active).await;
            let mut replay = Replay { feed, file, names: HashMap::from([("domain".to_owned(), domain)]) };
            for (at, step) in conversation["steps"].as_array().unwrap().iter().enumerate() {
                replay.step(at, step).await;
            }
        }
    });
}

struct Replay<'a> {
    feed: Feed,
    file: &'a Path,
    /// What stands for a name in braces.
    names: HashMap<String, String>,
}

impl Replay<'_> {
    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, id)| {
            let plain = text.replace(&format!("{{{name}}}"), id);
            plain.replace(&format!("%7B{name}%7D"), id)
        })
    }

    async fn step(&mut self, at: usize, step: &Value) {
        let place = format!("{}, step {at}", self.file.display());
        if let Some(then) = step.get("then") {
            self.assert_people(&then["people"], &place).await;
            self.assert_groups(&then["groups"], &place).await;
            return;
        }
        let ask = self.filled(step["ask"].as_str().expect("a request or its effect"));
        let (method, path) = ask.split_once(' ').unwrap();
        let body =
            step.get("body").map(|body| serde_json::from_str(&self.filled(&body.to_string())).unwrap());
        let before = match step["unchanged"].as_str() {
            Some(name) => Some(self.meta(name).await),
            None => None,
        };
        let answer = self.feed.call(method, path, body).await;
        if let Some(wanted) = step.get("refused") {
            assert_eq!(answer.json()["scimType"], *wanted, "{place}: {}", answer.text);
            return;
        }
        assert!(answer.status.is_success(), "{place}: {} {}", answer.status, answer.text);
        if let Some(name) = step["as"].as_str() {
            self.names.insert(name.to_owned(), answer.json()["id"].as_str().unwrap().to_owned());
        }
        if let Some(finds) = step["finds"].as_array() {
            let list = answer.json();
            let found: BTreeSet<&str> =
                list["Resources"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
            let wanted: BTreeSet<&str> =
                finds.iter().map(|name| self.names[name.as_str().unwrap()].as_str()).collect();
            assert_eq!((found, list["totalResults"].as_u64()), (wanted, Some(finds.len() as u64)), "{place}");
        }
        if let (Some(before), Some(name)) = (before, step["unchanged"].as_str()) {
            assert_eq!(self.meta(name).await, before, "{place}");
        }
    }

    async fn meta(&self, name: &str) -> Value {
        self.feed.get(&format!("/Users/{}", self.names[name])).await["meta"].clone()
    }

    /// All members of the company, no more and no fewer.
    async fn assert_people(&self, people: &Value, place: &str) {
        let mut there = 0;
        for (address, wanted) in people.as_object().unwrap() {
            let address = self.filled(address);
            let member = self.feed.member(&address).await;
            let wanted = if wanted.is_string() { json!({ "status": wanted }) } else { wanted.clone() };
            let Some(member) = member else {
                assert_eq!(wanted["status"], "none", "{place}: nobody is {address}");
                continue;
            };
            there += 1;
            let all = json!({
                "status": member.status.as_str(),
                "role": member.role.as_str(),
                "firstName": member.first_name,
                "lastName": member.last_name,
                "country": member.country,
                "city": member.current_city,
            });
            for (field, value) in wanted.as_object().unwrap() {
                assert_eq!(all[field], *value, "{place}: {field} of {address}");
            }
        }
        let mut db = self.feed.app.store.read().await.unwrap();
        let counts = store::member::count_by_status(&mut db, self.feed.org.id).await.unwrap();
        let all: i64 = counts.into_iter().map(|(_, count)| count).sum();
        assert_eq!(all, there, "{place}: so many members");
    }

    /// All groups with all of their members, as both sides tell it.
    async fn assert_groups(&self, groups: &Value, place: &str) {
        let list = self.feed.get("/Groups?count=100").await;
        let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for group in list["Resources"].as_array().unwrap() {
            let members = group["members"].as_array().into_iter().flatten();
            let ids = members.map(|member| member["value"].as_str().unwrap().to_owned()).collect();
            told.insert(group["displayName"].as_str().unwrap().to_owned(), ids);
        }
        let wanted: BTreeMap<String, BTreeSet<String>> = groups
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, members)| {
                let ids =
                    members.as_array().unwrap().iter().map(|it| self.names[it.as_str().unwrap()].clone());
                (name.clone(), ids.collect())
            })
            .collect();
        assert_eq!(told, wanted, "{place}");
        let users = self.feed.get("/Users?count=100").await;
        for user in users["Resources"].as_array().unwrap() {
            let own: BTreeSet<&str> = user["groups"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|group| group["display"].as_str().unwrap())
                .collect();
            let id = user["id"].as_str().unwrap();
            let of: BTreeSet<&str> =
                wanted.iter().filter(|(_, ids)| ids.contains(id)).map(|(name, _)| name.as_str()).collect();
            assert_eq!(own, of, "{place}: groups of {id}");
        }
    }
}
