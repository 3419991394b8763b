//! What both databases must do alike.

use std::time::Duration;

use model::{Defaults, DirectoryStatus, LeaverPolicy, NewEvent, Organization, OrganizationId, Role};
use store::scim_request::{self, Of};
use testkit::{TestApp, databases};

fn organization(t: &TestApp, name: &str) -> Organization {
    Organization {
        id: t.app.id(OrganizationId::new),
        name: name.to_owned(),
        leaver_policy: LeaverPolicy::Disconnect,
        erase_grace: Duration::from_hours(24),
        brake_people: 10,
        brake_percent: 20,
        jit: true,
        self_service: false,
        session_max: None,
        end_provider_session: false,
        defaults: Defaults {
            country: Some("DE".to_owned()),
            role: Some(Role::Member),
            current_city: Some("Hamburg".to_owned()),
            current_state: None,
        },
        opened_until: None,
        created_at: t.app.now(),
    }
}

fn event() -> NewEvent {
    NewEvent { kind: "test.happened", organization_id: None, member_id: None, data: "{}".to_owned() }
}

#[tokio::test]
async fn what_is_committed_is_read_back_and_what_is_dropped_is_not() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let (kept, dropped) = (organization(&t, "Kept"), organization(&t, "Dropped"));
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::add(&mut tx, &kept).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::add(&mut tx, &dropped).await.unwrap();
        drop(tx);
        let mut db = t.app.store.read().await.unwrap();
        assert_eq!(store::organization::lookup(&mut db, kept.id).await.unwrap(), Some(kept));
        assert_eq!(store::organization::lookup(&mut db, dropped.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_event_stream_has_no_gaps_when_transactions_run_at_once_and_some_are_dropped() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..60 {
            let app = t.app.clone();
            tasks.spawn(async move {
                let mut tx = app.store.write().await.unwrap();
                app.append(&mut tx, event());
                if number % 3 == 0 { drop(tx) } else { tx.commit().await.unwrap() }
            });
        }
        tasks.join_all().await;
        let events = store::event::list_after(&mut t.app.store.read().await.unwrap(), 0, 100).await.unwrap();
        let positions: Vec<i64> = events.iter().map(|e| e.position).collect();
        assert_eq!(positions, (1..=40).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn a_failed_transaction_takes_nobody_else_with_it() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let it = organization(&t, "Acme");
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::add(&mut tx, &it).await.unwrap();
        tx.commit().await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (app, mut other) = (t.app.clone(), it.clone());
            if number % 2 == 0 {
                other.id = app.id(OrganizationId::new);
            }
            tasks.spawn(async move {
                let mut tx = app.store.write().await.unwrap();
                match store::organization::add(&mut tx, &other).await {
                    Ok(()) => tx.commit().await.is_ok(),
                    Err(error) => {
                        assert!(error.is_unique_violation());
                        false
                    }
                }
            });
        }
        let good = tasks.join_all().await.into_iter().filter(|ok| *ok).count();
        assert_eq!(good, 15);
        let all =
            store::organization::list(&mut t.app.store.read().await.unwrap(), "ac", None, 100).await.unwrap();
        assert_eq!(all.items.len(), 16);
    }
}

#[tokio::test]
async fn pages_of_a_list_meet_without_gap_or_overlap() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let mut tx = t.app.store.write().await.unwrap();
        for name in ["delta", "Alpha", "Zürich", "alpha", "Ωmega", "_x"] {
            store::organization::add(&mut tx, &organization(&t, name)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut db = t.app.store.read().await.unwrap();
        let (mut names, mut cursor) = (Vec::new(), None);
        loop {
            let page = store::organization::list(&mut db, "", cursor.as_deref(), 2).await.unwrap();
            names.extend(page.items.into_iter().map(|o| o.name));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(names.join(" "), "_x Alpha alpha delta Zürich Ωmega");
    }
}

#[tokio::test]
async fn requests_of_an_organization_with_several_directories_are_one_list_newest_first() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let org = t.organization_with("one.test", |_| {}).await;
        let other = t.organization_with("two.test", |_| {}).await;
        let first = t.directory(&org, "custom-scim2", DirectoryStatus::Active).await.0;
        let second = t.directory(&org, "okta-scim", DirectoryStatus::Active).await.0;
        let foreign = t.directory(&other, "okta-scim", DirectoryStatus::Active).await.0;
        let mut wanted = Vec::new();
        for directory in [&first, &second, &second, &first, &foreign, &second] {
            t.clock.advance(Duration::from_millis(5));
            let it = t.scim_request(directory.organization_id, directory.id);
            let mut tx = t.app.store.write().await.unwrap();
            scim_request::keep(&mut tx, it.clone());
            tx.commit().await.unwrap();
            if directory.id != foreign.id {
                wanted.insert(0, it.id);
            }
        }
        let mut db = t.app.store.read().await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let of = Of::Organization(org.id);
            let page = scim_request::list(&mut db, of, false, cursor.as_deref(), 2).await.unwrap();
            seen.extend(page.items.into_iter().map(|it| it.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, wanted);
    }
}

#[tokio::test]
async fn record_and_events_of_a_transaction_are_there_together_however_many_events_it_has() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let org = t.organization_with("one.test", |_| {}).await;
        let directory = t.directory(&org, "custom-scim2", DirectoryStatus::Active).await.0;
        let mut db = t.app.store.read().await.unwrap();
        for events in 0..=9 {
            let before = store::event::list_after(&mut db, 0, 1000).await.unwrap().len();
            let it = t.scim_request(org.id, directory.id);
            let mut tx = t.app.store.write().await.unwrap();
            scim_request::keep(&mut tx, it.clone());
            for _ in 0..events {
                t.app.append(&mut tx, event());
            }
            tx.commit().await.unwrap();
            assert_eq!(scim_request::lookup(&mut db, org.id, it.id).await.unwrap(), Some(it));
            let all = store::event::list_after(&mut db, 0, 1000).await.unwrap();
            assert_eq!(all.len(), before + events);
            assert!(all.iter().zip(1..).all(|(event, place)| event.position == place));
        }
    }
}

#[tokio::test]
async fn locks_of_a_dropped_transaction_are_free_for_the_next() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let locks = ["directory:one".to_owned(), "members:two".to_owned()];
        for _ in 0..40 {
            drop(t.app.store.write_holding(&locks).await.unwrap());
        }
        // One that was given up while it still waited for them.
        let holder = t.app.store.write_holding(&locks).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(1), t.app.store.write_holding(&locks)).await;
        assert!(waits.is_err());
        drop(holder);
        let mut tx = t.app.store.write_holding(&locks).await.unwrap();
        store::organization::add(&mut tx, &organization(&t, "Acme")).await.unwrap();
        tx.commit().await.unwrap();
    }
}
