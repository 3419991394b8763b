//! What is remembered of settings is what the database says, whoever changes it, however the change ends.

use std::time::Duration;

use model::{LeaverPolicy, Organization, OrganizationId};
use store::{Store, known};
use testkit::{TestApp, databases};

fn organization(t: &TestApp) -> Organization {
    Organization {
        id: t.app.id(OrganizationId::new),
        name: "Before".to_owned(),
        leaver_policy: LeaverPolicy::Disconnect,
        erase_grace: Duration::from_hours(24),
        brake_people: 10,
        brake_percent: 20,
        jit: true,
        self_service: false,
        session_max: None,
        end_provider_session: false,
        defaults: model::Defaults::default(),
        opened_until: None,
        created_at: t.app.now(),
    }
}

async fn keep(store: &Store, it: &Organization) {
    let mut tx = store.write().await.unwrap();
    store::organization::add(&mut tx, it).await.unwrap();
    tx.commit().await.unwrap();
}

fn renamed(it: &Organization, name: &str) -> Organization {
    Organization { name: name.to_owned(), ..it.clone() }
}

async fn read(store: &Store, id: OrganizationId) -> String {
    let mut db = store.read().await.unwrap();
    known::organization(&mut db, id).await.unwrap().unwrap().name.clone()
}

async fn write(store: &Store, id: OrganizationId) -> String {
    let mut tx = store.write().await.unwrap();
    known::organization(&mut tx, id).await.unwrap().unwrap().name.clone()
}

#[tokio::test]
async fn committed_change_is_seen_at_once_by_readers_and_writers() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let it = organization(&t);
        keep(&t.app.store, &it).await;
        assert_eq!(
            (read(&t.app.store, it.id).await, write(&t.app.store, it.id).await),
            ("Before".to_owned(), "Before".to_owned())
        );
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::update(&mut tx, &renamed(&it, "After")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            (read(&t.app.store, it.id).await, write(&t.app.store, it.id).await),
            ("After".to_owned(), "After".to_owned())
        );
    }
}

#[tokio::test]
async fn change_that_is_undone_is_remembered_by_nobody_who_saw_it() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let it = organization(&t);
        keep(&t.app.store, &it).await;
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::update(&mut tx, &renamed(&it, "Undone")).await.unwrap();
        let own = known::organization(&mut tx, it.id).await.unwrap().unwrap();
        assert_eq!(own.name, "Undone", "the transaction itself sees what it wrote");
        assert_eq!(read(&t.app.store, it.id).await, "Before", "nobody else does");
        drop(tx);
        assert_eq!(
            (read(&t.app.store, it.id).await, write(&t.app.store, it.id).await),
            ("Before".to_owned(), "Before".to_owned())
        );
    }
}

#[tokio::test]
async fn reader_who_looked_while_a_change_was_under_way_remembers_nothing_of_before() {
    for database in databases().await {
        let t = TestApp::on(database).await;
        let it = organization(&t);
        keep(&t.app.store, &it).await;
        let mut tx = t.app.store.write().await.unwrap();
        store::organization::update(&mut tx, &renamed(&it, "After")).await.unwrap();
        assert_eq!(read(&t.app.store, it.id).await, "Before");
        tx.commit().await.unwrap();
        assert_eq!(
            (read(&t.app.store, it.id).await, write(&t.app.store, it.id).await),
            ("After".to_owned(), "After".to_owned())
        );
    }
}

#[tokio::test]
async fn change_by_another_machine_is_seen_by_the_next_transaction() {
    for database in databases().await.into_iter().filter(|database| database.file().is_none()) {
        let other = database.open().await;
        let t = TestApp::on(database).await;
        let it = organization(&t);
        keep(&t.app.store, &it).await;
        for name in ["First", "Second", "Third"] {
            let mut tx = other.write().await.unwrap();
            store::organization::update(&mut tx, &renamed(&it, name)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(
                (write(&t.app.store, it.id).await, read(&t.app.store, it.id).await),
                (name.to_owned(), name.to_owned())
            );
            // Back and forth: the numbers of two machines never pass for each other.
            keep(&t.app.store, &Organization { id: t.app.id(OrganizationId::new), ..it.clone() }).await;
            assert_eq!(write(&other, it.id).await, name);
        }
    }
}
