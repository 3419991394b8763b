//! The cut: how soon an application hears, and the cases that are easily forgotten.

use std::time::Duration;

use model::{
    Account, Clock as _, Directory, DirectoryStatus, Member, MemberStatus, Organization, Role, SystemClock,
    TokenId,
};
use serde_json::{Value, json};
use store::application::Grant;
use testkit::{Answer, TestApp, each_database};

use crate::world::{claims, erasing, events, link, listener, of_kind, scim, with_sign_on};

/// What an application was granted in a session of the member.
async fn granted(t: &TestApp, application: &str, account: &Account, member: &Member) -> Grant {
    let mut browser = t.browser();
    let session = t.session(&mut browser, account, Some(member)).await;
    let grant = Grant {
        id: t.app.id(TokenId::new),
        application_id: application.parse().unwrap(),
        account_id: account.id,
        member_id: Some(member.id),
        organization_id: Some(member.organization_id),
        session_id: Some(session.id),
        scope: "openid".to_owned(),
        auth_at: t.app.now(),
        method: "saml".to_owned(),
        acr: None,
        amr: None,
        ends_at: None,
        claims: None,
        created_at: t.app.now(),
        revoked_at: None,
    };
    let mut tx = t.app.write().await.unwrap();
    store::application::add_grant(&mut tx, &grant).await.unwrap();
    tx.commit().await.unwrap();
    grant
}

async fn provisioned(
    t: &TestApp,
    directory: &Directory,
    token: &str,
    email: &str,
    role: &str,
) -> (String, Member) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "active": true,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": email, "primary": true}],
        "addresses": [{"type": "work", "country": "GB"}], "roles": [{"value": role}],
    });
    let made = scim(t, directory, token, "POST", "/Users", Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let mut db = t.app.read().await.unwrap();
    let member = store::member::lookup_directory_user(&mut db, id.parse().unwrap()).await.unwrap().unwrap();
    (id, member)
}

async fn set_active(t: &TestApp, directory: &Directory, token: &str, user: &str, active: bool) -> Answer {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                      "Operations": [{"op": "replace", "path": "active", "value": active}]});
    let answer = scim(t, directory, token, "PATCH", &format!("/Users/{user}"), Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

async fn stored(t: &TestApp, member: &Member) -> Option<Member> {
    store::member::lookup_any(&mut t.app.read().await.unwrap(), member.id).await.unwrap()
}

async fn account_of(t: &TestApp, member: &Member) -> Account {
    let mut db = t.app.read().await.unwrap();
    store::account::lookup(&mut db, member.account_id.unwrap()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_hears_within_a_second_that_somebody_left() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let (address, mut heard) = listener().await;
        let product =
            t.application(json!({"backchannel_logout_uri": format!("http://{address}/logout")})).await;
        let (user, member) = provisioned(&t, &directory, &token, "ada@acme.test", "member").await;
        let grant = granted(&t, &product.id, &account_of(&t, &member).await, &member).await;
        // Our keys are there, as they are after the first sign-in.
        t.browser().get("/oauth2/jwks").await;

        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = tokio::spawn(server::job::run_until(t.app.clone(), async { drop(stopped.await) }));
        let began = SystemClock.now();
        set_active(&t, &directory, &token, &user, false).await;
        let told = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await.unwrap().unwrap();
        let took = SystemClock.now().since(began);
        assert!(took < Duration::from_secs(1), "the application heard after {took:?}");
        let claims = &oidc::unverified(&told["logout_token"])["claims"];
        assert_eq!(claims["sid"], grant.id.to_string());
        stop.send(()).unwrap();
        worker.await.unwrap();
    });
}

#[tokio::test]
async fn who_leaves_one_of_two_companies_goes_on_in_the_other() {
    each_database!(|t| {
        let acme = erasing(&t, "Acme", "acme.test").await;
        let globex = with_sign_on(&t, "Globex", "globex.test").await;
        let product = t.application(json!({})).await;
        let account = t.account("ada@acme.test").await;
        let here = t.member(&acme, &account, Role::Member).await;
        let there = t
            .member_with(&globex, &account, Role::Member, |it| it.email = Some("ada@globex.test".to_owned()))
            .await;
        let mine = granted(&t, &product.id, &account, &here).await;
        let theirs = granted(&t, &product.id, &account, &there).await;
        crate::world::leaves(&t, &acme, here.clone()).await;

        assert!(stored(&t, &here).await.is_none());
        assert_eq!(stored(&t, &there).await.unwrap().status, MemberStatus::Active);
        assert_eq!(account_of(&t, &there).await.id, account.id, "the account has a place elsewhere");
        let mut db = t.app.read().await.unwrap();
        assert!(store::application::lookup_grant(&mut db, mine.id).await.unwrap().is_none());
        let kept = store::application::lookup_grant(&mut db, theirs.id).await.unwrap().unwrap();
        assert_eq!(kept.revoked_at, None);
        let sessions = store::session::list(&mut db, account.id, t.app.now()).await.unwrap();
        assert_eq!(sessions.iter().map(|s| s.member_id).collect::<Vec<_>>(), [Some(there.id)]);
        let told = &events(&t, "member.erased").await[0];
        assert_eq!(told["account_erased"], false);
    });
}

#[tokio::test]
async fn the_last_administrator_leaves_by_the_directory_and_the_operators_are_told() {
    each_database!(|t| {
        t.operator_cookie().await;
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let (first, admin) = provisioned(&t, &directory, &token, "ada@acme.test", "admin").await;
        let (second, other) = provisioned(&t, &directory, &token, "bob@acme.test", "admin").await;
        assert_eq!((admin.role, other.role), (Role::Admin, Role::Admin));
        set_active(&t, &directory, &token, &first, false).await;
        assert!(of_kind(&t, "no_administrator").await.is_empty());
        set_active(&t, &directory, &token, &second, false).await;
        assert_eq!(
            stored(&t, &other).await.unwrap().status,
            MemberStatus::Disconnected,
            "the cut does not wait"
        );
        let told: Vec<Value> = events(&t, "member.disconnected").await;
        assert_eq!(
            (&told[0]["last_administrator"], &told[1]["last_administrator"]),
            (&json!(false), &json!(true))
        );
        let mails = of_kind(&t, "no_administrator").await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].subject.contains("Acme has no administrator"), "{}", mails[0].subject);
    });
}

#[tokio::test]
async fn who_claimed_the_account_and_is_hired_again_begins_anew_and_keeps_the_own_one() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let (user, first) = provisioned(&t, &directory, &token, "ada@acme.test", "member").await;
        set_active(&t, &directory, &token, &user, false).await;
        let offer = of_kind(&t, "offboarding").await.pop().unwrap();
        let mut own = claims(&t, &link(&offer), "ada@home.example").await;

        set_active(&t, &directory, &token, &user, true).await;
        let mut db = t.app.read().await.unwrap();
        let again =
            store::member::lookup_directory_user(&mut db, user.parse().unwrap()).await.unwrap().unwrap();
        drop(db);
        assert_ne!((again.id, again.account_id), (first.id, first.account_id));
        assert_eq!(again.status, MemberStatus::Active);
        let page = own.get("/account").await.text;
        assert!(page.contains("ada@home.example") && !page.contains("Acme"), "the own account stays apart");
        assert_eq!(account_of(&t, &again).await.email, "ada@acme.test");
    });
}

#[tokio::test]
async fn whoever_comes_back_within_the_grace_is_as_before_and_after_it_begins_anew() {
    each_database!(|t| {
        let org = t.organization_with("Acme", |it| it.leaver_policy = model::LeaverPolicy::Delete).await;
        t.domain(&org, "acme.test").await;
        t.bare_connection(&org).await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let (user, ada) = provisioned(&t, &directory, &token, "ada@acme.test", "admin").await;
        set_active(&t, &directory, &token, &user, false).await;
        t.clock.advance(Duration::from_hours(23));
        t.work().await;
        set_active(&t, &directory, &token, &user, true).await;
        let back = stored(&t, &ada).await.unwrap();
        assert_eq!(
            (back.status, back.role, back.account_id),
            (MemberStatus::Active, Role::Admin, ada.account_id)
        );
        t.clock.advance(Duration::from_hours(48));
        t.work().await;
        assert!(stored(&t, &ada).await.is_some(), "the erasure of the first time is off");

        set_active(&t, &directory, &token, &user, false).await;
        t.clock.advance(Duration::from_hours(25));
        t.work().await;
        assert!(stored(&t, &ada).await.is_none());
        let gone = scim(&t, &directory, &token, "GET", &format!("/Users/{user}"), None).await;
        assert_eq!(gone.status, 404, "the provider is told, and sends the person anew");
        let (_, anew) = provisioned(&t, &directory, &token, "ada@acme.test", "member").await;
        assert_ne!((anew.id, anew.account_id), (ada.id, ada.account_id));
    });
}

#[tokio::test]
async fn one_person_is_let_back_in_by_one_click() {
    each_database!(|t| {
        let org: Organization = with_sign_on(&t, "Acme", "acme.test").await;
        let mut priya = t.administrator(&org, "boss@acme.test").await;
        let account = t.account("ada@acme.test").await;
        let ada = t.member(&org, &account, Role::Member).await;
        crate::world::leaves(&t, &org, ada.clone()).await;
        let page = priya.get("/org/leavers").await;
        let action = format!("/org/members/{}", ada.id);
        let form = page
            .text
            .split("<form")
            .find(|form| form.contains(&format!("action=\"{action}\"")))
            .expect("an undo beside who left");
        assert!(form.contains("name=\"do\" value=\"undo\""), "{form}");
        let answer = priya.post(&action, &[("do", "undo")]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(stored(&t, &ada).await.unwrap().status, MemberStatus::Active);
        let offer = of_kind(&t, "offboarding").await.pop().unwrap();
        assert_eq!(t.browser().get(&link(&offer)).await.status, 404, "the offer is withdrawn");
    });
}
