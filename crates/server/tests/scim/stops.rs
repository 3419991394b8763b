//! What a stop knows: everybody who had left within the hour, why, and who goes and who stays.

use std::time::Duration;

use model::{LeaverPolicy, Mail};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, each_database};

use crate::feed::Feed;

/// A live directory of so many people who can all sign in and are written to, and the ids of its users.
async fn company(t: &TestApp, people: usize) -> (Feed, Vec<String>) {
    for n in 0..people {
        // Only who has an account of one's own is offered to keep it.
        t.account(&format!("p{n}@acme.test")).await;
    }
    Feed::with_people(t, people).await
}

async fn ask(t: &TestApp, feed: &Feed, method: &str, body: Option<Value>) -> Answer {
    feed.api(t, method, "/stop", body).await
}

async fn mails(t: &TestApp, kind: &str) -> Vec<Mail> {
    t.mails().await.into_iter().filter(|mail| mail.kind == kind).collect()
}

#[tokio::test]
async fn discarded_sync_gives_back_what_the_first_ones_lost_and_says_that_the_earlier_mail_is_void() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        feed.deactivate(&users[..10]).await;
        t.work().await;
        assert_eq!((feed.here(20).await, mails(&t, "offboarding").await.len()), (10, 10));
        feed.deactivate(&users[10..12]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        assert_eq!(
            ask(&t, &feed, "GET", None).await.json()["leavers"],
            12,
            "those who had left are on the list"
        );
        assert!(mails(&t, "offboarding_void").await.is_empty(), "nothing is void before somebody decided");
        let done = ask(&t, &feed, "POST", Some(json!({"decision": "keep"}))).await;
        assert_eq!(
            done.json(),
            json!({"decision": "keep", "people": 12, "go": 0, "stay": 12}),
            "{}",
            done.text
        );
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        let void = mails(&t, "offboarding_void").await;
        assert_eq!(void.len(), 10, "whoever was written to, and nobody else");
        assert!(void[0].text.contains("as before") && !void[0].text.contains("/claim/"), "{}", void[0].text);
    });
}

#[tokio::test]
async fn one_who_leaves_and_is_taken_back_at_once_is_told_too() {
    each_database!(|t| {
        let (feed, users) = company(&t, 3).await;
        feed.set_active(&users[0], false).await;
        feed.set_active(&users[0], true).await;
        feed.set_active(&users[0], true).await;
        let void = mails(&t, "offboarding_void").await;
        assert_eq!(void.iter().map(|it| it.recipient.as_str()).collect::<Vec<_>>(), ["p0@acme.test"]);
    });
}

#[tokio::test]
async fn leavers_of_an_hour_count_together_whenever_the_first_of_them_left() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        feed.deactivate(&users[..1]).await;
        t.clock.advance(Duration::from_mins(50));
        feed.deactivate(&users[1..8]).await;
        t.clock.advance(Duration::from_mins(15));
        // More than an hour after the first, less after the others.
        feed.deactivate(&users[8..11]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 9, "ten within an hour are not too many");
        feed.deactivate(&users[11..12]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 19, "the first one has left by itself");
        let stop = ask(&t, &feed, "GET", None).await.json();
        assert_eq!((&stop["leavers"], &stop["members"]), (&json!(11), &json!(19)), "{stop}");
        assert_eq!(feed.status("p0@acme.test").await, "disconnected");
    });
}

#[tokio::test]
async fn somebody_who_came_back_meanwhile_is_not_on_the_list() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        feed.deactivate(&users[..3]).await;
        for user in &users[..3] {
            feed.set_active(user, true).await;
        }
        feed.deactivate(&users[3..13]).await;
        t.work().await;
        assert_eq!(ask(&t, &feed, "GET", None).await.status, 404, "ten have left, not thirteen");
        feed.deactivate(&users[13..14]).await;
        assert_eq!(ask(&t, &feed, "GET", None).await.json()["leavers"], 11);
        ask(&t, &feed, "POST", Some(json!({"decision": "let_go"}))).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 9);
        assert_eq!(feed.status("p0@acme.test").await, "active");
    });
}

#[tokio::test]
async fn nobody_is_erased_while_the_leaving_may_still_be_stopped_even_without_a_grace() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        let mut tx = t.app.write().await.unwrap();
        let mut org = feed.org.clone();
        (org.leaver_policy, org.erase_grace) = (LeaverPolicy::Delete, Duration::ZERO);
        store::organization::update(&mut tx, &org).await.unwrap();
        tx.commit().await.unwrap();
        feed.deactivate(&users[..10]).await;
        t.clock.advance(Duration::from_mins(59));
        t.work().await;
        assert_eq!(feed.status("p0@acme.test").await, "erasing", "not erased within the hour");
        feed.deactivate(&users[10..11]).await;
        t.clock.advance(Duration::from_mins(2));
        t.work().await;
        assert_eq!(feed.here(20).await, 20, "everybody is back");
        ask(&t, &feed, "POST", Some(json!({"decision": "let_go"}))).await;
        t.work().await;
        assert_eq!(feed.status("p0@acme.test").await, "none", "decided, and without a grace: at once");
        assert_eq!(feed.here(20).await, 9);
        // A company of which nobody could be held back erases at once.
        t.clock.advance(Duration::from_hours(3));
        feed.deactivate(&users[11..12]).await;
        t.work().await;
        assert_eq!(feed.status("p11@acme.test").await, "none");
        t.clock.advance(Duration::from_hours(3));
        t.work().await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn cause_names_the_group_that_lost_the_leavers() {
    each_database!(|t| {
        t.operator_cookie().await;
        let (feed, users) = company(&t, 20).await;
        let ids: Vec<&str> = users.iter().map(String::as_str).collect();
        feed.group("Everybody", &ids).await;
        let sales = feed.group("Sales", &ids[..12]).await;
        feed.deactivate(&users[..11]).await;
        let cause = || async { ask(&t, &feed, "GET", None).await.json() };
        let stop = cause().await;
        let told = stop["cause"].as_str().unwrap();
        assert!(told.starts_with("All 11 are in “Sales”, and one other person is."), "{told}");
        let gone: Vec<Value> = ids[..11].iter().map(|id| json!({"value": id})).collect();
        let operations = json!([{"op": "remove", "path": "members", "value": gone}]);
        assert!(feed.patch(&format!("/Groups/{sales}"), operations).await.status.is_success());
        let told = cause().await["cause"].as_str().unwrap().to_owned();
        assert!(told.starts_with("All 11 were taken out of “Sales” by Okta, on "), "{told}");
        let operations = json!([{"op": "remove", "path": "members"}]);
        assert!(feed.patch(&format!("/Groups/{sales}"), operations).await.status.is_success());
        feed.call("DELETE", &format!("/Groups/{sales}"), None).await;
        let stop = cause().await;
        assert_eq!(stop["groups"][0]["name"], "Sales", "{stop}");
        t.clock.advance(Duration::from_mins(3));
        t.work().await;
        let told = mails(&t, "directory_stopped").await;
        assert!(told[0].text.contains("Sales") && told[0].text.contains("Jonas p10"), "{}", told[0].text);
        // The list grows after the mail: it is sent once more.
        feed.deactivate(&users[11..12]).await;
        t.clock.advance(Duration::from_hours(1));
        t.work().await;
        let told = mails(&t, "directory_stopped").await;
        let last = told.last().unwrap();
        assert!(last.subject.contains("has grown: 12 of 20"), "{}", last.subject);
        t.clock.advance(Duration::from_hours(3));
        t.work().await;
        assert_eq!(mails(&t, "directory_stopped").await.len(), told.len(), "and not again");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn cause_of_removed_and_of_emptied_groups_survives_the_group_and_the_people() {
    each_database!(|t| {
        let (feed, users) = company(&t, 30).await;
        let ids: Vec<&str> = users.iter().map(String::as_str).collect();
        let sales = feed.group("Sales", &ids[..11]).await;
        let design = feed.group("Design", &ids[11..22]).await;
        feed.call("DELETE", &format!("/Groups/{sales}"), None).await;
        for user in &users[..11] {
            feed.call("DELETE", &format!("/Users/{user}"), None).await;
        }
        let stop = ask(&t, &feed, "GET", None).await.json();
        let told = stop["cause"].as_str().unwrap();
        assert!(told.starts_with("All 11 were in “Sales”, which Okta removed on "), "{told}");
        let done = ask(&t, &feed, "POST", Some(json!({"decision": "let_some_go", "groups": [sales]}))).await;
        assert_eq!((&done.json()["go"], &done.json()["stay"]), (&json!(11), &json!(0)), "{}", done.text);
        t.work().await;
        assert_eq!(feed.here(30).await, 19);
        t.clock.advance(Duration::from_hours(3));
        let empty = json!([{"op": "replace", "path": "members", "value": []}]);
        assert!(feed.patch(&format!("/Groups/{design}"), empty).await.status.is_success());
        feed.deactivate(&users[11..22]).await;
        let stop = ask(&t, &feed, "GET", None).await.json();
        let told = stop["cause"].as_str().unwrap();
        assert!(told.starts_with("All 11 were in “Design”, which Okta emptied on "), "{told}");
    });
}

#[tokio::test]
async fn some_go_by_name_and_by_group_and_the_others_stay() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        let ids: Vec<&str> = users.iter().map(String::as_str).collect();
        let sales = feed.group("Sales", &ids[..3]).await;
        feed.deactivate(&users[..12]).await;
        t.work().await;
        let list = ask(&t, &feed, "GET", None).await.json();
        let member = |n: usize| {
            let all = list["data"].as_array().unwrap();
            let one = all.iter().find(|it| it["email"] == format!("p{n}@acme.test")).unwrap();
            one["member_id"].as_str().unwrap().to_owned()
        };
        let nobody = ask(&t, &feed, "POST", Some(json!({"decision": "let_some_go"}))).await;
        assert_eq!(nobody.status, 422, "{}", nobody.text);
        let other = feed.member("p15@acme.test").await.unwrap().id.to_string();
        let body = json!({"decision": "let_some_go", "people": [member(3), other]});
        let unlisted = ask(&t, &feed, "POST", Some(body)).await;
        assert!(unlisted.status == 422 && unlisted.text.contains("not on the list"), "{}", unlisted.text);
        let mixed = ask(&t, &feed, "POST", Some(json!({"decision": "keep", "people": [member(3)]}))).await;
        assert_eq!(mixed.status, 422, "{}", mixed.text);
        assert_eq!(feed.here(20).await, 20, "nothing was decided so far");
        // The second is in the group too: counted once.
        let body = json!({"decision": "let_some_go", "people": [member(3), member(1)], "groups": [sales]});
        let done = ask(&t, &feed, "POST", Some(body)).await;
        assert_eq!((&done.json()["go"], &done.json()["stay"]), (&json!(4), &json!(8)), "{}", done.text);
        t.work().await;
        for n in 0..12 {
            let expected = if n < 4 { "disconnected" } else { "active" };
            assert_eq!(feed.status(&format!("p{n}@acme.test")).await, expected, "p{n}");
        }
        // The sync goes on and is stopped again: who was let go does not come back by that.
        feed.deactivate(&users[12..13]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 16);
        assert_eq!(ask(&t, &feed, "GET", None).await.json()["leavers"], 1);
    });
}

#[tokio::test]
async fn operator_chooses_on_the_page_sees_who_it_is_and_types_their_number() {
    each_database!(|t| {
        let (feed, users) = company(&t, 20).await;
        let ids: Vec<&str> = users.iter().map(String::as_str).collect();
        let sales = feed.group("Sales", &ids[..3]).await;
        feed.deactivate(&users[..11]).await;
        t.work().await;
        let mut operator = t.operator().await;
        let at = feed.desk("/stop");
        let page = operator.get(&at).await;
        assert!(page.text.contains("Choose who goes"), "{}", page.text);
        let sent = operator.post(&at, &[("do", "some")]).await;
        let choose = format!("{at}/choose");
        assert_eq!((sent.status.as_u16(), sent.location()), (303, choose.as_str()));
        let page = operator.get(&choose).await;
        assert!(page.text.contains("Sales") && page.text.contains("Jonas p7"), "{}", page.text);
        let nobody = operator.post(&choose, &[]).await;
        assert!(nobody.status == 422 && nobody.text.contains("Nobody is chosen"), "{}", nobody.text);
        let person = feed.member("p5@acme.test").await.unwrap().id.to_string();
        let chosen = [("group", sales.as_str()), ("person", person.as_str())];
        let sure = operator.post(&choose, &chosen).await;
        assert!(sure.status == 200 && sure.text.contains("4 people go, 7 stay"), "{}", sure.text);
        assert!(sure.text.contains("Jonas p5") && !sure.text.contains("Jonas p7"), "{}", sure.text);
        let wrong = operator.post(&choose, &[chosen[0], chosen[1], ("n", "11")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("to let 4 go"), "{}", wrong.text);
        assert_eq!(feed.here(20).await, 20);
        let done = operator.post(&choose, &[chosen[0], chosen[1], ("n", "4")]).await;
        assert_eq!(done.status, 303);
        t.work().await;
        assert_eq!(feed.here(20).await, 16);
        assert_eq!(operator.get(&choose).await.status, 303, "nothing waits any more");
    });
}
