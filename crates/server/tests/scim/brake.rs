//! A directory that tells of too many leavers at once is stopped before the first of them.

use std::time::Duration;

use model::DirectoryStatus;
use serde_json::{Value, json};
use testkit::each_database;

use crate::feed::Feed;

#[tokio::test]
async fn more_leavers_than_both_limits_leave_nobody_out_until_somebody_decides() {
    each_database!(|t| {
        t.operator_cookie().await;
        let (feed, users) = Feed::with_people(&t, 40).await;
        feed.deactivate(&users[..10]).await;
        t.work().await;
        assert_eq!(feed.here(40).await, 30, "ten are not too many");
        feed.set_active(&users[10], false).await;
        assert!(feed.last_outcome().await.contains("held back, because 11 of 40 members"));
        feed.set_active(&users[11], false).await;
        feed.call("DELETE", &format!("/Users/{}", users[12]), None).await;
        t.work().await;
        assert_eq!(feed.here(40).await, 40, "nobody has been removed");
        assert_eq!(t.rows("events", "directory.stopped").await, 1);
        // What comes besides is applied as usual.
        feed.user("new@acme.test").await;
        assert_eq!(feed.status("new@acme.test").await, "active");
        let stop = feed.api(&t, "GET", "/stop", None).await.json();
        assert_eq!((&stop["leavers"], &stop["members"]), (&json!(13), &json!(40)));
        assert_eq!(stop["data"].as_array().unwrap().len(), 13);
        t.clock.advance(Duration::from_hours(2));
        t.work().await;
        let mails = t.mails().await;
        let told: Vec<_> = mails.iter().filter(|mail| mail.kind == "directory_stopped").collect();
        assert!(!told.is_empty());
        for mail in told {
            assert!(mail.subject.contains("13 of 40"), "{}", mail.subject);
            assert!(
                mail.text.contains("They all go on working") && mail.text.contains("Jonas p12"),
                "{}",
                mail.text
            );
        }
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn decision_to_let_them_go_lets_go_also_those_who_come_after_for_an_hour() {
    each_database!(|t| {
        let (feed, users) = Feed::with_people(&t, 20).await;
        feed.deactivate(&users[..12]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        let wrong = feed.api(&t, "POST", "/stop", Some(json!({"decision": "maybe"}))).await;
        assert_eq!(wrong.status, 422, "{}", wrong.text);
        let done = feed.api(&t, "POST", "/stop", Some(json!({"decision": "let_go"}))).await;
        assert_eq!((done.status.as_u16(), &done.json()["people"]), (200, &json!(12)), "{}", done.text);
        t.work().await;
        assert_eq!(feed.here(20).await, 8);
        let again = feed.api(&t, "POST", "/stop", Some(json!({"decision": "let_go"}))).await;
        assert_eq!((again.status.as_u16(), &again.json()["code"]), (409, &json!("nothing_waits")));
        feed.set_active(&users[12], false).await;
        assert_eq!(feed.here(20).await, 7, "the same sync goes on");
        let syncs = feed.api(&t, "GET", "/syncs", None).await.json();
        assert_eq!(syncs["data"][0]["left"], 13, "{syncs}");
    });
}

#[tokio::test]
async fn decision_to_keep_them_holds_until_the_directory_speaks_of_them_anew() {
    each_database!(|t| {
        let (feed, users) = Feed::with_people(&t, 20).await;
        feed.deactivate(&users[..12]).await;
        t.work().await;
        assert_eq!(feed.api(&t, "POST", "/stop", Some(json!({"decision": "keep"}))).await.status, 200);
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        // Applying everything again does not undo the decision.
        let mut tx = t.app.write().await.unwrap();
        server::directory::reapply(&t.app, &mut tx, &feed.directory, None).await.unwrap();
        tx.commit().await.unwrap();
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        // The sync is still too large: the next one waits again.
        feed.set_active(&users[12], false).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        assert_eq!(feed.api(&t, "GET", "/stop", None).await.json()["leavers"], 1);
        assert_eq!(feed.api(&t, "POST", "/stop", Some(json!({"decision": "keep"}))).await.status, 200);
        // Back and gone again, and later: an ordinary leaver.
        feed.set_active(&users[0], true).await;
        t.clock.advance(Duration::from_hours(2));
        feed.set_active(&users[0], false).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 19);
    });
}

#[tokio::test]
async fn stop_ends_by_itself_when_the_directory_takes_everybody_back() {
    each_database!(|t| {
        let (feed, users) = Feed::with_people(&t, 20).await;
        feed.deactivate(&users[..12]).await;
        t.work().await;
        for user in &users[..12] {
            assert_eq!(feed.api(&t, "GET", "/stop", None).await.status, 200);
            feed.set_active(user, true).await;
        }
        assert_eq!(feed.api(&t, "GET", "/stop", None).await.status, 404);
        t.clock.advance(Duration::from_mins(3));
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        assert!(t.mails().await.iter().all(|mail| mail.kind != "directory_stopped"), "nobody need be told");
    });
}

#[tokio::test]
async fn sync_is_undone_as_a_whole() {
    each_database!(|t| {
        let (feed, users) = Feed::with_people(&t, 30).await;
        feed.deactivate(&users[..5]).await;
        t.clock.advance(Duration::from_hours(3));
        feed.deactivate(&users[5..8]).await;
        t.work().await;
        assert_eq!(feed.here(30).await, 22);
        let syncs = feed.api(&t, "GET", "/syncs", None).await.json();
        let lefts: Vec<&Value> = syncs["data"].as_array().unwrap().iter().map(|it| &it["left"]).collect();
        assert_eq!(lefts, [3, 5]);
        let id = syncs["data"][1]["id"].as_str().unwrap();
        let undo = feed.api(&t, "POST", &format!("/syncs/{id}/undo"), None).await;
        assert_eq!((undo.status.as_u16(), &undo.json()["people"]), (200, &json!(5)), "{}", undo.text);
        t.work().await;
        assert_eq!(feed.here(30).await, 27);
        let twice = feed.api(&t, "POST", &format!("/syncs/{id}/undo"), None).await;
        assert_eq!(twice.status, 404, "nobody of it is out any more");
        let other = Feed::new(&t, "other.test", "okta-scim", DirectoryStatus::Active).await;
        let id = syncs["data"][0]["id"].as_str().unwrap();
        let foreign = other.api(&t, "POST", &format!("/syncs/{id}/undo"), None).await;
        assert_eq!(foreign.status, 404, "another company's sync");
        assert_eq!(feed.here(30).await, 27);
    });
}

#[tokio::test]
async fn operator_decides_on_the_page_and_types_the_number_before_they_go() {
    each_database!(|t| {
        let (feed, users) = Feed::with_people(&t, 20).await;
        let mut boss = t.administrator(&feed.org, "boss@acme.test").await;
        assert_eq!(boss.get("/org/directory").await.status, 403, "self-service is off for this company");
        let mut operator = t.operator().await;
        let desk = format!("/console/organizations/{}/desk", feed.org.id);
        let limits = [("policy", "disconnect"), ("grace", "24"), ("people", "3"), ("percent", "101")];
        operator.get(&format!("{desk}/leavers")).await;
        let wrong = operator.post(&format!("{desk}/leavers"), &limits).await;
        assert!(wrong.status == 422 && wrong.text.contains("0 to 100"), "{}", wrong.text);
        let limits = [("policy", "disconnect"), ("grace", "24"), ("people", "3"), ("percent", "15")];
        assert_eq!(operator.post(&format!("{desk}/leavers"), &limits).await.status, 303);
        feed.deactivate(&users[..4]).await;
        t.work().await;
        assert_eq!(feed.here(20).await, 20);
        let page = operator.get(&format!("{desk}/directory")).await;
        assert!(page.text.contains("We stopped a sync of Okta"), "{}", page.text);
        let at = format!("{desk}/directory/{}/stop", feed.directory.id);
        let page = operator.get(&at).await;
        assert!(page.text.contains("Nobody has been removed") && page.text.contains("4 of"), "{}", page.text);
        let refused = operator.post(&at, &[("do", "let_go"), ("n", "5")]).await;
        assert!(refused.status == 422 && refused.text.contains("to let all 4 people go"), "{}", refused.text);
        assert_eq!(operator.post(&at, &[("do", "let_go"), ("n", "4")]).await.status, 303);
        t.work().await;
        assert_eq!(feed.here(20).await, 16);
        assert_eq!(operator.get(&at).await.status, 303, "nothing waits any more");
        let page = operator.get(&format!("{desk}/directory")).await;
        assert!(page.text.contains("4 people left"), "{}", page.text);
    });
}
