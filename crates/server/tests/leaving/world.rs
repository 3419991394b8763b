//! A company with people in it, and the acts of leaving.

use model::{LeaverPolicy, Member, Organization, Role};
use serde_json::Value;
use server::member::{self, Reason};
use std::time::Duration;
use testkit::TestApp;

/// A company that erases leavers at once, with a verified domain and single sign-on.
pub async fn erasing(t: &TestApp, name: &str, domain: &str) -> Organization {
    let org = t
        .organization_with(name, |it| {
            it.leaver_policy = LeaverPolicy::Delete;
            it.erase_grace = Duration::ZERO;
        })
        .await;
    t.domain(&org, domain).await;
    t.bare_connection(&org).await;
    org
}

/// An active member with an account.
pub async fn somebody(t: &TestApp, org: &Organization, email: &str) -> Member {
    let account = t.account(email).await;
    t.member(org, &account, Role::Member).await
}

/// Checks a member out, by the directory, and does what is due.
pub async fn leaves(t: &TestApp, org: &Organization, member: Member) {
    let mut tx = t.app.write().await.unwrap();
    member::leave(&t.app, &mut tx, org, member, Reason::Directory).await.unwrap();
    tx.commit().await.unwrap();
    t.work().await;
}

/// The data of every event of a kind.
pub async fn events(t: &TestApp, kind: &str) -> Vec<Value> {
    let all = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    all.into_iter().filter(|it| it.kind == kind).map(|it| serde_json::from_str(&it.data).unwrap()).collect()
}
