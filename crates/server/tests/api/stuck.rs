//! A feed that is stuck, on the page of its application in the console.

use std::time::Duration;

use serde_json::Value;
use testkit::each_database;

use crate::receiver::Pushed;

#[tokio::test]
async fn operator_sees_since_when_a_feed_is_stuck_why_and_how_many_wait_and_has_it_tried_again() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let mut it = Pushed::new(&t).await;
        let (list, page) = ("/console/applications", format!("/console/applications/{}", it.application));
        let (calm, again) = ("Try again now", format!("{page}/security-events/again"));
        let before = operator.get(&page).await;
        assert!(before.text.contains("Security events") && !before.text.contains(calm), "{}", before.text);
        assert!(!operator.get(list).await.text.contains("Not taken"));

        let description = r#"{"err":"authentication_failed","description":"Who are <you>?"}"#;
        it.to.answers(&[(500, ""), (400, description)]);
        let (first, second) = (it.make(1).await, it.make(2).await);
        assert_eq!(it.round().await, std::slice::from_ref(&first));
        let shown = operator.get(&page).await;
        for there in [
            "does not take its security events",
            "Nothing is lost",
            &it.to.address,
            "1 March 2026, 09:00 UTC",
            "2 events",
            "It answered 500 Internal Server Error; expected 202 Accepted.",
            &format!("PUT /api/v1/applications/{}/security-events", it.application),
            "data-tone=\"warn\"",
            calm,
        ] {
            assert!(shown.text.contains(there), "{there}: {}", shown.text);
        }
        let listed = operator.get(list).await;
        assert!(listed.text.contains("Not taken</b> since 1 March 2026, 09:00 UTC"), "{}", listed.text);

        // After an hour the operators have a mail, whose button leads here; the page tells since when.
        t.clock.advance(Duration::from_mins(61));
        assert_eq!(it.round().await, std::slice::from_ref(&first));
        let shown = operator.get(&page).await;
        for there in [
            "data-tone=\"bad\"",
            "It answered 400 Bad Request; expected 202 Accepted.",
            "<code>authentication_failed</code>",
            "Who are &lt;you&gt;?",
            "1 March 2026, 10:01 UTC",
        ] {
            assert!(shown.text.contains(there), "{there}: {}", shown.text);
        }
        let mail = t.mails().await.into_iter().find(|mail| mail.kind == "feed_stuck").expect("a mail");
        assert!(mail.text.contains(&page) && !mail.text.contains("Who are"), "{}", mail.text);

        // It rests, until somebody has it tried again.
        assert_eq!(it.round().await, Vec::<Value>::new());
        let tried = operator.post(&again, &[]).await;
        assert_eq!((tried.status.as_u16(), tried.location()), (303, format!("{page}?done=tried").as_str()));
        assert_eq!(it.round().await, [first, second]);
        let over = operator.get(&page).await;
        assert!(over.text.contains("Taken last") && !over.text.contains(calm), "{}", over.text);
        assert!(!operator.get(list).await.text.contains("Not taken"));
        assert_eq!(t.rows("audit_log", "application.feed_tried_again").await, 1);
    });
}

#[tokio::test]
async fn nothing_is_tried_again_where_the_application_polls_or_asks_for_nothing() {
    each_database!(|t| {
        let mut operator = t.operator().await;
        let mut it = Pushed::new(&t).await;
        let page = format!("/console/applications/{}", it.application);
        let again = format!("{page}/security-events/again");
        it.api.call("PUT", &it.feed, Some(serde_json::json!({}))).await;
        it.make(1).await;
        let polled = operator.get(&page).await;
        assert!(polled.text.contains("Polled") && polled.text.contains("1 event"), "{}", polled.text);
        assert_eq!(operator.post(&again, &[]).await.status, 409);
        it.api.call("DELETE", &it.feed, None).await;
        assert!(!operator.get(&page).await.text.contains("Security events"));
        assert_eq!(operator.post(&again, &[]).await.status, 404);
        assert_eq!(t.rows("audit_log", "application.feed_tried_again").await, 0);
    });
}
