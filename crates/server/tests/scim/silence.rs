//! A directory that is silent for longer than it ever was is told of once, and once again when it is back.

use std::time::Duration;

use model::{DirectoryStatus, Role};
use server::directory::silence::{FLOOR, HEARD, round};
use testkit::{TestApp, each_database};

use crate::feed::Feed;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A directory that has spoken once an hour, with an administrator and an operator to tell.
async fn known(t: &TestApp) -> Feed {
    let feed = Feed::new(t, "acme.test", "entra-scim", DirectoryStatus::Active).await;
    let account = t.account("boss@acme.test").await;
    t.member(&feed.org, &account, Role::Admin).await;
    t.operator_cookie().await;
    for _ in 0..HEARD {
        speak(t, &feed, HOUR).await;
    }
    feed
}

/// A request after a pause.
async fn speak(t: &TestApp, feed: &Feed, after: Duration) {
    t.clock.advance(after);
    feed.get("/Users?count=1").await;
    server::provisioning::flush(&feed.app).await.unwrap();
}

/// Subjects of the mails since the last look, for administrators and operators alike.
async fn mails(t: &TestApp, seen: &mut usize) -> Vec<String> {
    round(&t.app).await.unwrap();
    let all = t.mails().await;
    let mut new: Vec<String> =
        all[*seen..].iter().map(|mail| format!("{}: {}", mail.kind, mail.recipient)).collect();
    *seen = all.len();
    new.sort();
    new
}

#[tokio::test]
async fn administrators_and_operators_are_told_once_and_once_again_when_it_is_back() {
    each_database!(|t| {
        let feed = known(&t).await;
        let mut seen = 0;
        mails(&t, &mut seen).await;
        t.clock.advance(FLOOR);
        assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new(), "not before the floor has passed");
        t.clock.advance(HOUR);
        let told = mails(&t, &mut seen).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|it| it.starts_with("directory_silent: ")), "{told:?}");
        assert!(told.iter().any(|it| it.ends_with("boss@acme.test")), "{told:?}");
        let last = t.mails().await.pop().unwrap();
        assert!(last.text.contains("Restart provisioning"), "{}", last.text);
        for _ in 0..3 {
            t.clock.advance(DAY * 5);
            assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new(), "never twice for one silence");
        }
        // Another operator, who is told too from now on.
        let mut operator = t.operator().await;
        let page = format!("/console/organizations/{}/desk/directory", feed.org.id);
        for path in [page.clone(), format!("{page}/{}/health", feed.directory.id)] {
            let shown = operator.get(&path).await;
            assert!(
                shown.text.contains("is silent since") && shown.text.contains("Silent"),
                "{}",
                shown.text
            );
        }
        speak(&t, &feed, HOUR).await;
        let told = mails(&t, &mut seen).await;
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().all(|it| it.starts_with("directory_back: ")), "{told:?}");
        assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new());
        assert_eq!(feed.now().await.silent_since, None);
        assert_eq!(
            (t.rows("events", "directory.silent").await, t.rows("events", "directory.heard_again").await),
            (1, 1)
        );
        // It has been silent for 18 days by now: as long again is nothing new, and a quarter more is.
        t.clock.advance(DAY * 20);
        assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new());
        t.clock.advance(DAY * 4);
        assert_eq!(mails(&t, &mut seen).await.len(), 3);
    });
}

#[tokio::test]
async fn nobody_is_told_of_one_that_hardly_spoke_or_is_not_live() {
    each_database!(|t| {
        let mut seen = 0;
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        for _ in 1..HEARD {
            speak(&t, &feed, HOUR).await;
        }
        t.operator_cookie().await;
        mails(&t, &mut seen).await;
        t.clock.advance(DAY * 30);
        assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new(), "nobody knows how it speaks");
        speak(&t, &feed, HOUR).await;
        let mut tx = t.app.store.write().await.unwrap();
        let it = feed.now().await;
        server::directory::set_status(&t.app, &mut tx, it, DirectoryStatus::Paused).await.unwrap();
        tx.commit().await.unwrap();
        t.clock.advance(DAY * 300);
        assert_eq!(mails(&t, &mut seen).await, Vec::<String>::new(), "whoever paused it knows");
    });
}

#[tokio::test]
async fn the_pause_is_written_along_with_the_last_request_and_not_more_often() {
    each_database!(|t| {
        let feed = Feed::new(&t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        for _ in 0..5 {
            feed.user(&format!("p{}@acme.test", feed.app.now().as_micros())).await;
        }
        let it = feed.now().await;
        assert_eq!((it.heard, it.longest_gap), (1, Duration::ZERO), "five requests of one moment are one");
        speak(&t, &feed, DAY).await;
        speak(&t, &feed, HOUR).await;
        let it = feed.now().await;
        assert_eq!((it.heard, it.longest_gap.as_secs() / 3600), (3, 24));
    });
}
