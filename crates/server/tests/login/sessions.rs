//! Sessions: how long they last, who sees them, and who ends them.

use std::time::Duration;

use model::{Account, Organization, Role};
use serde_json::{Value, json};
use server::organization::Change;
use store::session::Session;
use testkit::{Person, TestApp, TestBrowser, each_database};

use crate::company::{Company, company, company_with, is_signed_in, rows, token, uses};

const ANN: &str = "ann@acme.test";

fn ann() -> Person<'static> {
    Person::new("00u1", ANN)
}

/// Ann, signed in through the company.
async fn signed_in(t: &TestApp, it: &Company) -> (TestBrowser, Session) {
    // Ids sort by the time of making, to the millisecond.
    t.clock.advance(Duration::from_secs(1));
    let mut browser = t.browser();
    assert_eq!(it.signs_in(t, &mut browser, &ann()).await.location(), "/wanted");
    browser.get("/account").await;
    let session = sessions_of(t, ANN).await.remove(0);
    (browser, session)
}

async fn sessions_of(t: &TestApp, email: &str) -> Vec<Session> {
    let mut db = t.app.read().await.unwrap();
    let account = store::account::lookup_email(&mut db, email).await.unwrap().unwrap();
    store::session::list(&mut db, account.id, t.app.now()).await.unwrap()
}

async fn administrator(t: &TestApp, organization: &Organization, email: &str) -> (TestBrowser, Account) {
    let account = t.account(email).await;
    let member = t.member(organization, &account, Role::Admin).await;
    let mut browser = t.browser();
    t.session(&mut browser, &account, Some(&member)).await;
    browser.get("/org/settings").await;
    (browser, account)
}

async fn reasons(t: &TestApp) -> Vec<String> {
    let facts = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    let ended = facts.iter().filter(|fact| fact.kind == "session.revoked");
    ended
        .map(|fact| serde_json::from_str::<Value>(&fact.data).unwrap()["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_company_sees_and_ends_the_sessions_through_itself_and_no_others() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let (mut browser, session) = signed_in(&t, &acme).await;
        let member = session.member_id.unwrap();
        // Ann has a place in a second company too.
        let globex = t.organization("Globex").await;
        let account =
            store::account::lookup(&mut t.app.read().await.unwrap(), session.account_id).await.unwrap();
        let account = account.unwrap();
        let elsewhere = t.member(&globex, &account, Role::Member).await;
        let mut there = t.browser();
        let theirs = t.session(&mut there, &account, Some(&elsewhere)).await;

        let (mut admin, _) = administrator(&t, &acme.organization, "boss@acme.test").await;
        let page = admin.get(&format!("/org/members/{member}")).await;
        assert!(page.text.contains("Signed in now") && page.text.contains("through single sign-on"));
        assert!(page.text.contains(&session.id.to_string()) && !page.text.contains(&theirs.id.to_string()));
        let end =
            |member: &model::MemberId, session: &str| format!("/org/members/{member}/sessions/{session}/end");
        for (member, session) in [
            (&member, theirs.id.to_string()),
            (&elsewhere.id, theirs.id.to_string()),
            (&elsewhere.id, session.id.to_string()),
            (&member, "ses_0".to_owned()),
        ] {
            assert_eq!(admin.post(&end(member, &session), &[]).await.status, 404, "{member} {session}");
        }
        let (mut other, _) = administrator(&t, &globex, "boss@globex.test").await;
        assert_eq!(other.post(&end(&member, &session.id.to_string()), &[]).await.status, 404);
        assert_eq!(other.get(&format!("/org/members/{member}")).await.status, 404);
        // Without the form's token, nothing.
        let csrf = std::mem::take(&mut admin.csrf);
        assert_eq!(admin.post(&end(&member, &session.id.to_string()), &[]).await.status, 403);
        admin.csrf = csrf;
        assert!(is_signed_in(&mut browser).await && is_signed_in(&mut there).await);

        let answer = admin.post(&end(&member, &session.id.to_string()), &[]).await;
        assert_eq!(answer.location(), format!("/org/members/{member}?done=session-ended"));
        assert!(!is_signed_in(&mut browser).await && is_signed_in(&mut there).await);
        assert_eq!(reasons(&t).await, ["administrator"]);
        let page = admin.get(&format!("/org/members/{member}?done=session-ended")).await;
        assert!(
            page.text.contains("Signed out there") && page.text.contains("Signed out by an administrator")
        );
        assert!(!page.text.contains("Signed in now"));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_operator_ends_a_session_from_the_console() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let (mut browser, session) = signed_in(&t, &acme).await;
        let mut operator = t.operator().await;
        let desk = format!("/console/organizations/{}/desk", acme.organization.id);
        let member = session.member_id.unwrap();
        assert!(operator.get(&format!("{desk}/members/{member}")).await.text.contains("Signed in now"));
        let path = format!("{desk}/members/{member}/sessions/{}/end", session.id);
        assert_eq!(operator.post(&path, &[]).await.status, 303);
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(reasons(&t).await, ["operator"]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn the_product_lists_and_ends_sessions_over_the_api() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = t.organization("Globex").await;
        let (mut first, _) = signed_in(&t, &acme).await;
        let (mut second, session) = signed_in(&t, &acme).await;
        let member = session.member_id.unwrap();
        let token = t.api_token().await;
        let mut program = t.browser();
        let at = format!("/api/v1/organizations/{}/members/{member}/sessions", acme.organization.id);
        let listed = program.api("GET", &at, &token, None).await;
        let data = listed.json()["data"].as_array().unwrap().clone();
        assert_eq!(data.len(), 2);
        assert_eq!(data[0]["id"], session.id.to_string());
        assert_eq!(data[0]["connection_id"], acme.connection.id.to_string());
        assert_eq!((&data[0]["method"], &data[0]["browser"]), (&json!("saml"), &json!("A browser")));
        let elsewhere =
            format!("/api/v1/organizations/{}/members/{member}/sessions/{}", globex.id, session.id);
        assert_eq!(program.api("DELETE", &elsewhere, &token, None).await.status, 404);
        assert_eq!(program.api("DELETE", &format!("{at}/{}", session.id), "", None).await.status, 401);
        let one = format!("{at}/{}", session.id);
        assert_eq!(program.api("DELETE", &one, &token, None).await.status, 204);
        assert_eq!(program.api("DELETE", &one, &token, None).await.status, 404);
        assert!(is_signed_in(&mut first).await && !is_signed_in(&mut second).await);
        assert_eq!(program.api("DELETE", &at, &token, None).await.status, 204);
        assert!(!is_signed_in(&mut first).await);
        assert_eq!(reasons(&t).await, ["api", "api"]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_organization_that_wants_shorter_sessions_gets_them() {
    each_database!(|t| {
        let change = |it: &mut Organization| it.session_max = Some(Duration::from_hours(2));
        let acme = company_with(&t, "Acme", "acme.test", change).await;
        let (mut browser, session) = signed_in(&t, &acme).await;
        assert_eq!(session.expires_at, session.created_at.after(Duration::from_hours(2)));
        let (mut admin, _) = administrator(&t, &acme.organization, "boss@acme.test").await;
        for wrong in ["4", "721", "two hours", "-5"] {
            let page = admin.post("/org/settings", &[("sessionMinutes", wrong)]).await;
            assert_eq!(page.status, 422, "{wrong}");
            assert!(page.text.contains("Expected whole minutes, from 5 to 720, or nothing."), "{wrong}");
        }
        t.clock.advance(Duration::from_mins(29));
        let answer = admin.post("/org/settings", &[("sessionMinutes", "30")]).await;
        assert_eq!(answer.location(), "/org/settings?done=saved");
        assert!(is_signed_in(&mut browser).await);
        t.clock.advance(Duration::from_mins(1));
        assert!(!is_signed_in(&mut browser).await, "an older session is shortened too");
        let (_, session) = signed_in(&t, &acme).await;
        assert_eq!(session.expires_at, session.created_at.after(Duration::from_mins(30)));

        // Over the API, and taken back.
        let token = t.api_token().await;
        let at = format!("/api/v1/organizations/{}", acme.organization.id);
        let mut program = t.browser();
        let too_long = program.api("PATCH", &at, &token, Some(json!({"session_max_seconds": 43_201}))).await;
        assert_eq!(
            (too_long.status.as_u16(), &too_long.json()["errors"][0]["field"]),
            (422, &json!("session_max_seconds"))
        );
        let kept = program.api("PATCH", &at, &token, Some(json!({"session_max_seconds": 600}))).await;
        assert_eq!(kept.json()["session_max_seconds"], 600);
        let same = program.api("PATCH", &at, &token, Some(json!({"jit": true}))).await;
        assert_eq!(same.json()["session_max_seconds"], 600);
        let gone = program.api("PATCH", &at, &token, Some(json!({"session_max_seconds": null}))).await;
        assert_eq!(gone.json()["session_max_seconds"], Value::Null);
        let (_, session) = signed_in(&t, &acme).await;
        assert_eq!(session.expires_at, session.created_at.after(Duration::from_hours(12)));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn what_applications_were_granted_ends_with_the_sessions_that_a_company_shortens() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = company(&t, "Globex", "globex.test").await;
        let more = json!({"token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code", "refresh_token"]});
        let product = t.application(more).await;
        let (mut old, _) = signed_in(&t, &acme).await;
        let first = uses(&t, &mut old, &product).await;
        let mut other = t.browser();
        globex.signs_in(&t, &mut other, &Person::new("00u2", "eve@globex.test")).await;
        let theirs = uses(&t, &mut other, &product).await;
        t.clock.advance(Duration::from_mins(25));
        let (mut young, _) = signed_in(&t, &acme).await;
        let second = uses(&t, &mut young, &product).await;

        let mut tx = t.app.write().await.unwrap();
        let it = store::organization::lookup(&mut tx, acme.organization.id).await.unwrap().unwrap();
        let change = Change { session_max: Some(Some(Duration::from_mins(20))), ..Change::default() };
        server::organization::update(&t.app, &mut tx, it, change, "operator:test").await.unwrap();
        tx.commit().await.unwrap();
        assert!(!is_signed_in(&mut old).await && is_signed_in(&mut young).await);
        assert_eq!(reasons(&t).await, ["limit"], "the one that is over, and an application is told of it");
        assert_eq!(rows(&t, &["jobs"]).await, [1]);
        let refresh = async |given: &Value| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", given["refresh_token"].as_str().unwrap()),
            ];
            token(&t, &product, &form).await
        };
        assert_eq!(refresh(&first).await.status, 400);
        let again = refresh(&second).await;
        assert_eq!(again.status, 200, "{}", again.text);
        t.clock.advance(Duration::from_mins(15));
        let kept = t.contents().await;
        assert_eq!(kept["grants"].len(), 3);
        t.clock.advance(Duration::from_mins(5));
        assert!(!is_signed_in(&mut young).await && is_signed_in(&mut other).await);
        assert_eq!(refresh(&again.json()).await.status, 400);
        assert_eq!(refresh(&theirs).await.status, 200, "another company has its own limit");
        t.work().await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_sign_in_of_ones_own_keeps_to_the_limit_of_the_one_company_it_is_for() {
    each_database!(|t| {
        let acme = t.organization_with("Acme", |it| it.session_max = Some(Duration::from_hours(1))).await;
        let ann = t.account_with_password("ann@home.example", "a long enough password").await;
        t.member(&acme, &ann, Role::Member).await;
        let mut browser = t.browser();
        browser.get("/login").await;
        let form = [("email", "ann@home.example"), ("password", "a long enough password")];
        assert_eq!(browser.post("/login/password", &form).await.location(), "/account");
        let session = sessions_of(&t, "ann@home.example").await.remove(0);
        assert_eq!(session.expires_at, session.created_at.after(Duration::from_hours(1)));
        t.assert_no_work().await;
    });
}
