//! Lists that are followed to their end, the event stream, and files of people.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::each_database;

use crate::program::{Program, assert_problem};

/// Follows a list to its end; the pages' sizes and all of it.
async fn follow(api: &mut Program, path: &str, limit: usize) -> (Vec<usize>, Vec<Value>) {
    let (mut pages, mut all, mut cursor) = (Vec::new(), Vec::new(), String::new());
    let glue = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = api.get(&format!("{path}{glue}limit={limit}&cursor={cursor}")).await;
        let data = page["data"].as_array().unwrap().clone();
        pages.push(data.len());
        all.extend(data);
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (pages, all),
        }
        assert!(pages.len() < 100, "a list without an end");
    }
}

#[tokio::test]
async fn lists_are_followed_by_cursor_to_their_end() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        // Names that hold what an address or a cursor could stumble over.
        for name in ["b & c", "a+b", "Ärger", "zz/..?x=1#y", "b & c", "%41", "a=b"] {
            api.make("/organizations", json!({ "name": name })).await;
        }
        for limit in [1, 3, 7, 50] {
            let (pages, all) = follow(&mut api, "/organizations", limit).await;
            assert_eq!(all.len(), 7, "{pages:?}");
            let ids: BTreeSet<_> = all.iter().map(|it| it["id"].as_str().unwrap()).collect();
            assert_eq!(ids.len(), 7);
            assert!(pages.iter().all(|&size| size <= limit && size > 0), "{pages:?}");
        }
        assert_eq!(follow(&mut api, "/organizations?name=B%20%26", 1).await.1.len(), 2);
        let at = api.company("Acme", &["acme.test"]).await;
        for number in 0..7 {
            let profile = json!({"firstName": "Ann", "lastName": "Lee", "email": format!("a{number}@acme.test"), "country": "DE"});
            api.make(&format!("{at}/members"), json!({ "profile": profile })).await;
        }
        for (limit, sizes) in [(3, vec![3, 3, 1]), (7, vec![7]), (200, vec![7])] {
            let (pages, all) = follow(&mut api, &format!("{at}/members?status=invited"), limit).await;
            assert_eq!((pages, all.len()), (sizes, 7));
        }
        for wrong in ["limit=0", "limit=201", "limit=x", "limit=-1", "cursor=*", "cursor=AA%3D", "status=odd"]
        {
            assert_problem(&api.call("GET", &format!("{at}/members?{wrong}"), None).await, 422, wrong);
        }
    });
}

#[tokio::test]
async fn a_reader_that_follows_the_stream_sees_every_event_once_and_in_order() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..12 {
            let (mut browser, token) = (t.browser(), api.token.clone());
            writers.spawn(async move {
                let body =
                    json!({"name": format!("Company {number}"), "domains": [format!("c{number}.test")]});
                browser.api("POST", "/api/v1/organizations", &token, Some(body)).await.status.as_u16()
            });
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        while seen.len() < 36 {
            let page = api.get(&format!("/events?limit=5&after={after}")).await;
            for event in page["data"].as_array().unwrap() {
                for name in ["id", "type", "created_at", "organization_id", "data"] {
                    assert!(event.get(name).is_some(), "{name} in {event}");
                }
                seen.push(event.clone());
            }
            page["next_cursor"].as_str().unwrap().clone_into(&mut after);
            tokio::task::yield_now().await;
        }
        assert!(writers.join_all().await.into_iter().all(|status| status == 201));
        let ids: BTreeSet<_> = seen.iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert_eq!((seen.len(), ids.len()), (36, 36));
        // Each transaction's events stand together.
        for three in seen.chunks(3) {
            let kinds: Vec<_> = three.iter().map(|event| event["type"].as_str().unwrap()).collect();
            assert_eq!(kinds, ["organization.created", "domain.added", "domain.verified"]);
        }
        let (mut again, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/events?limit=7&after={cursor}")).await;
            let data = page["data"].as_array().unwrap().clone();
            let next = page["next_cursor"].as_str().unwrap().to_owned();
            if data.is_empty() {
                assert_eq!(next, cursor, "the cursor stays where nothing is new");
                break;
            }
            again.extend(data);
            cursor = next;
        }
        assert_eq!(again, seen);
        for wrong in ["x", "-1", "1.5", "99999999999999999999"] {
            let answer = api.call("GET", &format!("/events?after={wrong}"), None).await;
            assert_problem(&answer, 422, wrong);
        }
    });
}

const PEOPLE: &str = "First name,Last name,Email,Country\nAnn,Lee,ann@acme.test,Germany\nBob,Ray,bob@acme.test,Atlantis\n\
                      Cid,Fox,not-an-address,US\nDee,Kay,dee@acme.test,US\n";

#[tokio::test]
async fn a_file_is_previewed_and_then_invited_as_a_whole_or_the_valid_rows() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        let preview = api.import(&at, "?dry_run=true", PEOPLE).await;
        assert_eq!(preview.status, 200, "{}", preview.text);
        let json = preview.json();
        assert_eq!(
            (&json["rows"], &json["valid"], &json["invited"], &json["skipped"]),
            (&json!(4), &json!(2), &json!(0), &json!(0))
        );
        let invalid: Vec<_> =
            json["invalid"].as_array().unwrap().iter().map(|it| (&it["row"], &it["field"])).collect();
        assert_eq!(invalid.len(), 2, "{json}");
        assert_eq!((invalid[0].1, invalid[1].1), (&json!("country"), &json!("email")));
        assert!(json["invalid"][0]["problem"].as_str().unwrap().contains("Atlantis"));
        for query in ["", "?mode=all", "?dry_run=false&mode=all"] {
            let answer = api.import(&at, query, PEOPLE).await;
            assert_problem(&answer, 422, query);
            let told = answer.json();
            assert_eq!(told["invalid"].as_array().unwrap().len(), 2, "the rows are told");
            assert_eq!((&told["invited"], &told["skipped"]), (&json!(0), &json!(0)));
        }
        assert!(t.mails().await.is_empty(), "nobody is invited yet");
        let done = api.import(&at, "?mode=valid", PEOPLE).await.json();
        assert_eq!((&done["invited"], &done["skipped"]), (&json!(2), &json!(0)));
        assert_eq!(t.mails().await.len(), 2);
        for query in ["?mode=valid", "?mode=valid&dry_run=true"] {
            let again = api.import(&at, query, PEOPLE).await.json();
            assert_eq!((&again["invited"], &again["skipped"]), (&json!(0), &json!(2)), "{query}");
        }
        assert_eq!(t.mails().await.len(), 2, "the same file twice invites nobody twice");
        let members = api.get(&format!("{at}/members?status=invited")).await;
        assert_eq!(members["data"].as_array().unwrap().len(), 2);
        assert_eq!(members["data"][0]["source"], "csv");
    });
}

#[tokio::test]
async fn what_is_no_file_of_people_is_refused() {
    each_database!(|t| {
        let mut api = Program::new(&t).await;
        let at = api.company("Acme", &["acme.test"]).await;
        for query in ["?mode=some", "?dry_run=perhaps"] {
            assert_problem(&api.import(&at, query, PEOPLE).await, 422, query);
        }
        for file in ["", "hello", "First name,Last name\nAnn,Lee\n", "\u{0}\u{1}\u{2}PNG"] {
            assert_problem(&api.import(&at, "", file).await, 422, file);
        }
        let path = format!("{at}/imports");
        assert_problem(&api.raw("POST", &path, "text/csv", PEOPLE).await, 400, "no multipart");
        assert_problem(
            &api.raw("POST", &path, "multipart/form-data; boundary=x", "--x\r\nbroken").await,
            400,
            "cut off",
        );
        let nameless = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nhello\r\n--x--\r\n";
        assert_problem(
            &api.raw("POST", &path, "multipart/form-data; boundary=x", nameless).await,
            422,
            "no file",
        );
        let large = format!("Email\n{}", "a@acme.test\n".repeat(900_000));
        assert_problem(&api.import(&at, "", &large).await, 413, "larger than 10 MB");
        assert_problem(&api.import("/organizations/org_unknown", "", PEOPLE).await, 404, "no company");
        assert!(t.mails().await.is_empty());
    });
}
