//! The life of a member from end to end, on both databases.

use std::time::Duration;

use model::{Defaults, LeaverPolicy, Mail, Member, MemberStatus, Organization, Role, Source};
use profile::{Country, Profile};
use server::member::{self, Arrival, Reason};
use testkit::{TestApp, each_database};

async fn organization(t: &TestApp, name: &str, domain: &str, sso: bool) -> Organization {
    let org = t.organization(name).await;
    t.domain(&org, domain).await;
    if sso {
        t.bare_connection(&org).await;
    }
    org
}

fn person(email: &str, country: Option<&str>) -> Arrival {
    Arrival {
        source: Source::Manual,
        profile: Profile {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            email: Some(email.to_owned()),
            country: country.and_then(Country::from_code),
            ..Profile::default()
        },
        withdrawn: None,
        role: None,
        unread: Vec::new(),
        directory_user_id: None,
        active: true,
        unheard: false,
    }
}

async fn arrive(t: &TestApp, org: &Organization, arrival: Arrival) -> Result<Member, server::Problem> {
    let mut tx = t.app.write().await.unwrap();
    let member = member::arrive(&t.app, &mut tx, org, arrival).await?;
    tx.commit().await.unwrap();
    Ok(member)
}

macro_rules! act {
    ($t:ident, $f:ident, $org:expr, $member:expr $(, $more:expr)*) => {{
        let mut tx = $t.app.write().await.unwrap();
        let member = member::$f(&$t.app, &mut tx, $org, $member $(, $more)*).await.unwrap();
        tx.commit().await.unwrap();
        member
    }};
}

async fn stored(t: &TestApp, member: &Member) -> Option<Member> {
    store::member::lookup_any(&mut t.app.read().await.unwrap(), member.id).await.unwrap()
}

async fn kinds(t: &TestApp) -> Vec<String> {
    let events = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    events.into_iter().map(|e| e.kind).collect()
}

/// The path of the link in a mail.
fn link(mail: &Mail) -> String {
    let at = mail.text.find("http://127.0.0.1:8080/").expect("a link in the mail");
    let url = mail.text[at..].split_whitespace().next().unwrap();
    url.trim_start_matches("http://127.0.0.1:8080").to_owned()
}

#[tokio::test]
async fn covered_by_sso_a_member_is_active_with_an_account_at_once() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        assert_eq!(ada.status, MemberStatus::Active);
        assert!(ada.account_id.is_some());
        assert_eq!(kinds(&t).await, ["member.created", "member.activated"]);
        let again = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        assert_eq!(again, ada, "the same news again changes nothing");
        assert_eq!(kinds(&t).await.len(), 2);
        assert!(t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_missing_country_is_shown_and_completed() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let ada = arrive(&t, &org, person("ada@acme.test", None)).await.unwrap();
        assert_eq!(ada.status, MemberStatus::Incomplete);
        assert_eq!(member::missing(&ada), [profile::Field::Country]);
        let typed = Profile { country: Country::from_code("FR"), ..Profile::default() };
        let ada = act!(t, complete, &org, ada, typed);
        assert_eq!((ada.status, ada.country.as_deref()), (MemberStatus::Active, Some("FR")));
        assert_eq!(member::to_json(&ada)["missing"], serde_json::json!([]));
        let told = kinds(&t).await;
        assert_eq!(told, ["member.created", "member.updated", "member.completed", "member.activated"]);

        let with_default = Organization {
            defaults: Defaults {
                country: Some("US".to_owned()),
                role: Some(Role::Admin),
                current_city: Some("Austin".to_owned()),
                current_state: Some("Texas".to_owned()),
            },
            ..org
        };
        let bob = arrive(&t, &with_default, person("bob@acme.test", None)).await.unwrap();
        assert_eq!(
            (bob.status, bob.country.as_deref(), bob.role),
            (MemberStatus::Active, Some("US"), Role::Admin)
        );
        assert_eq!(
            (bob.current_city.as_deref(), bob.current_state.as_deref()),
            (Some("Austin"), Some("Texas"))
        );
    });
}

#[tokio::test]
async fn the_gate_refuses_addresses_of_another_organization() {
    each_database!(|t| {
        let acme = organization(&t, "Acme", "acme.test", true).await;
        organization(&t, "Globex", "globex.test", true).await;
        let refused = arrive(&t, &acme, person("eve@globex.test", Some("DE"))).await.unwrap_err();
        assert_eq!(refused.code, "email_of_another_organization");
        // In nobody's domain: asked by mail, no account before the answer.
        let guest = arrive(&t, &acme, person("guest@home.example", Some("DE"))).await.unwrap();
        assert_eq!((guest.status, guest.account_id), (MemberStatus::Invited, None));
        assert_eq!(t.mails().await[0].recipient, "guest@home.example");
    });
}

#[tokio::test]
async fn an_invitation_is_accepted_with_what_is_missing_and_a_password() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", false).await;
        let ada = arrive(&t, &org, person("ada@acme.test", None)).await.unwrap();
        assert_eq!(ada.status, MemberStatus::Incomplete);
        let mails = t.mails().await;
        assert_eq!((mails.len(), mails[0].kind.as_str()), (1, "invitation"));
        let path = link(&mails[0]);

        let mut browser = t.browser();
        let page = browser.get(&path).await;
        assert!(page.text.contains("Acme has a place for you") && page.text.contains("name=\"country\""));
        let wrong = browser.post(&path, &[("country", ""), ("password", "short")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("This is still empty") && wrong.text.contains("5 characters"));
        let right = [("country", "Germany"), ("password", "a long enough password")];
        let answer = browser.post(&path, &right).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/invite/accepted"));
        let page = browser.get("/invite/accepted").await;
        assert!(page.text.contains("You are in") && page.text.contains("ada@acme.test"));

        let ada = stored(&t, &ada).await.unwrap();
        assert_eq!((ada.status, ada.country.as_deref()), (MemberStatus::Active, Some("DE")));
        assert!(ada.last_sign_in_at.is_some());
        let mut db = t.app.read().await.unwrap();
        let account = store::account::lookup(&mut db, ada.account_id.unwrap()).await.unwrap().unwrap();
        assert!(account.email_verified_at.is_some());
        let hash = account.password_hash.as_deref();
        assert!(server::account::check_password(hash, "a long enough password").await.unwrap());
        assert!(!server::account::check_password(hash, "another password").await.unwrap());
        assert_eq!(t.browser().get(&path).await.status, 410, "it works once");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_invitation_that_ended_is_sent_anew() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", false).await;
        arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        let path = link(&t.mails().await[0]);
        t.clock.advance(Duration::from_hours(24 * 15));
        let mut browser = t.browser();
        let page = browser.get(&path).await;
        assert_eq!(page.status, 410);
        assert_eq!(browser.post(&format!("{path}/renew"), &[]).await.status, 200);
        let mails = t.mails().await;
        assert_eq!(mails.len(), 2);
        assert_eq!(browser.get(&link(&mails[1])).await.status, 200);
        assert_eq!(browser.get("/invite/unknown").await.status, 404);
    });
}

#[tokio::test]
async fn suspended_and_resumed() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        let ada = act!(t, suspend, &org, ada);
        assert_eq!(ada.status, MemberStatus::Suspended);
        let still = arrive(&t, &org, person("ada@acme.test", Some("FR"))).await.unwrap();
        assert_eq!(still.status, MemberStatus::Suspended, "news of a person resumes nobody");
        let ada = act!(t, resume, &org, still);
        assert_eq!((ada.status, ada.status_before), (MemberStatus::Active, None));
        let ada = act!(t, set_role, &org, ada, Role::Admin);
        assert_eq!(ada.role, Role::Admin);
    });
}

#[tokio::test]
async fn a_leaver_is_disconnected_told_and_can_come_back() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        let ada = act!(t, set_role, &org, ada, Role::Admin);
        let ada = act!(t, leave, &org, ada, Reason::Administrator);
        assert_eq!((ada.status, ada.left_at), (MemberStatus::Disconnected, Some(t.app.now())));
        let mails = t.mails().await;
        assert_eq!((mails.len(), mails[0].kind.as_str()), (1, "offboarding"));
        let again = act!(t, leave, &org, ada.clone(), Reason::Api);
        assert_eq!((again, t.mails().await.len()), (ada.clone(), 1), "leaving twice is leaving once");
        let events = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 100).await.unwrap();
        assert!(events.last().unwrap().data.contains("\"last_administrator\":true"));

        let back = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        assert_eq!((back.id, back.status, back.left_at), (ada.id, MemberStatus::Active, None));
        assert_eq!(t.browser().get(&link(&mails[0])).await.status, 404, "the offer is withdrawn");
        t.clock.advance(Duration::from_hours(24 * 30));
        t.work().await;
        let mut kinds: Vec<String> = t.mails().await.into_iter().map(|mail| mail.kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["offboarding", "offboarding_void"], "and nobody is reminded of it");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_claimed_account_is_out_of_the_employers_sight() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        let ada = act!(t, leave, &org, ada, Reason::Directory);
        let path = link(&t.mails().await[0]);
        let mut browser = t.browser();
        let page = browser.get(&path).await;
        assert!(page.text.contains("Keep your account") && page.text.contains("Acme"));
        let form = [("email", "ada@acme.test"), ("password", "a long enough password")];
        let wrong = browser.post(&path, &form).await;
        assert!(wrong.status == 422 && wrong.text.contains("belongs to Acme"));
        let form = [("email", "Ada@Home.example"), ("password", "a long enough password")];
        let answer = browser.post(&path, &form).await;
        assert_eq!(answer.location(), format!("{path}/sent"));
        let mails = t.mails().await;
        let mail = mails.last().unwrap();
        assert_eq!((mail.recipient.as_str(), mail.organization_id), ("ada@home.example", None));
        assert_eq!(
            stored(&t, &ada).await.unwrap().status,
            MemberStatus::Disconnected,
            "not before the proof"
        );

        let confirm = link(mail);
        assert!(browser.get(&confirm).await.text.contains("ada@home.example"));
        let answer = browser.post(&confirm, &[]).await;
        assert_eq!(answer.location(), "/claim/done");
        assert!(browser.get("/claim/done").await.text.contains("ada@home.example"));
        assert!(stored(&t, &ada).await.is_none());
        let mut db = t.app.read().await.unwrap();
        let account = store::account::lookup(&mut db, ada.account_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(account.email, "ada@home.example");
        let hash = account.password_hash.as_deref();
        assert!(server::account::check_password(hash, "a long enough password").await.unwrap());
        assert_eq!(kinds(&t).await.last().unwrap(), "member.claimed");
        assert_eq!(browser.get(&path).await.status, 404, "it works once");
        // The employer hires somebody with the same address: a new account.
        let other = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        assert_ne!(other.account_id, ada.account_id);
        t.clock.advance(Duration::from_hours(24 * 30));
        t.work().await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn under_the_delete_policy_everything_goes_after_the_grace() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let org = Organization { leaver_policy: LeaverPolicy::Delete, ..org };
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        let left = act!(t, leave, &org, ada.clone(), Reason::File);
        assert_eq!(left.status, MemberStatus::Erasing);
        t.work().await;
        assert!(stored(&t, &ada).await.is_some(), "the grace holds it");
        let back = act!(t, restore, &org, left);
        assert_eq!((back.status, back.erase_at), (MemberStatus::Active, None));
        t.clock.advance(Duration::from_hours(25));
        t.work().await;
        assert!(stored(&t, &ada).await.is_some(), "restored, so not erased");

        act!(t, leave, &org, back, Reason::File);
        t.clock.advance(Duration::from_hours(24));
        t.work().await;
        assert!(stored(&t, &ada).await.is_none());
        let mut db = t.app.read().await.unwrap();
        assert!(store::account::lookup(&mut db, ada.account_id.unwrap()).await.unwrap().is_none());
        let events = store::event::list_after(&mut db, 0, 100).await.unwrap();
        let last: Vec<&str> = events.iter().rev().take(2).map(|e| e.kind.as_str()).collect();
        assert_eq!(last, ["member.erasure_completed", "member.erased"], "no application is waited for");
        for event in &events {
            assert!(!event.data.contains("ada@") && !event.data.contains("Lovelace"), "{}", event.data);
        }
        assert!(t.mails().await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_unproven_account_loses_its_password_before_it_is_joined() {
    each_database!(|t| {
        let org = organization(&t, "Acme", "acme.test", true).await;
        let account = t
            .account_with("Ada@acme.test", |it| {
                it.email_verified_at = None;
                it.password_hash = Some("a stranger's".to_owned());
            })
            .await;
        let ada = arrive(&t, &org, person("ada@acme.test", Some("DE"))).await.unwrap();
        assert_eq!(ada.account_id, Some(account.id));
        let mut db = t.app.read().await.unwrap();
        let joined = store::account::lookup(&mut db, account.id).await.unwrap().unwrap();
        assert!(joined.password_hash.is_none() && joined.email_verified_at.is_some());
    });
}
