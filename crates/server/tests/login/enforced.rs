//! Single sign-on that a domain requires, and the ways back in.

use std::time::Duration;

use model::{Member, MemberStatus, Role};
use serde_json::json;
use testkit::{Answer, Person, TestApp, TestBrowser, each_database};

use crate::company::{Company, company, is_signed_in, link, rows, types, uses};

const PASSWORD: &str = "a long enough password";
const ANN: Person<'static> = Person::new("u1", "ann@acme.test");
const BOB: Person<'static> = Person::new("u2", "bob@acme.test");

/// Acme with its administrator Ann and its member Bob, who has a password.
async fn acme(t: &TestApp) -> (Company, Member, Member) {
    let acme = company(t, "Acme", "acme.test").await;
    let ann = t.account(ANN.email).await;
    let ann = t.member(&acme.organization, &ann, Role::Admin).await;
    let bob = t.account_with_password(BOB.email, PASSWORD).await;
    let bob = t.member(&acme.organization, &bob, Role::Member).await;
    (acme, ann, bob)
}

/// The same with single sign-on required, after Ann and Bob have signed in. Ann's browser, and her codes.
async fn required(t: &TestApp) -> (Company, TestBrowser, Vec<String>) {
    let (acme, _, _) = acme(t).await;
    let mut ann = t.browser();
    assert_eq!(acme.signs_in(t, &mut ann, &ANN).await.location(), "/wanted");
    assert_eq!(acme.signs_in(t, &mut t.browser(), &BOB).await.location(), "/wanted");
    let shown = switch(&mut ann, &acme, "yes").await;
    let codes = codes_on(&shown);
    assert_eq!(codes.len(), 10, "{}", shown.text);
    (acme, ann, codes)
}

/// Of this company, the page of the one domain.
async fn domain_page(browser: &mut TestBrowser) -> String {
    let page = browser.get("/org/sign-on/required").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let at = page.text.find("/org/sign-on/required/dom_").expect("a domain");
    page.text[at..].split('"').next().unwrap().to_owned()
}

async fn switch(browser: &mut TestBrowser, _acme: &Company, required: &str) -> Answer {
    let path = domain_page(browser).await;
    browser.get(&path).await;
    browser.post(&path, &[("required", required)]).await
}

fn codes_on(page: &Answer) -> Vec<String> {
    let area = page.text.split("<textarea").find(|part| part.contains("id=\"codes\"")).expect("the codes");
    let inside = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
    inside.split_whitespace().map(ToOwned::to_owned).collect()
}

async fn password(browser: &mut TestBrowser, email: &str) -> Answer {
    browser.get("/login").await;
    browser.post("/login/password?return_to=%2Fwanted", &[("email", email), ("password", PASSWORD)]).await
}

async fn with_code(browser: &mut TestBrowser, email: &str, code: &str) -> Answer {
    browser.get("/login/recovery").await;
    browser.post("/login/recovery?return_to=%2Forg%2Fmembers", &[("email", email), ("code", code)]).await
}

async fn events(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    store::event::list_after(&mut db, 0, 1000).await.unwrap().into_iter().map(|it| it.kind).collect()
}

/// Mails of this kind, by recipient.
async fn mailed(t: &TestApp, kind: &str) -> Vec<String> {
    t.mails().await.into_iter().filter(|it| it.kind == kind).map(|it| it.recipient).collect()
}

/// The sign-in link that was mailed to this address.
async fn link_to(t: &TestApp, email: &str) -> String {
    let mails = t.mails().await;
    link(mails.iter().find(|it| it.kind == "sign_in_link" && it.recipient == email).expect("a link"))
}

async fn api(t: &TestApp, method: &str, path: &str, body: serde_json::Value) -> Answer {
    let token = t.api_token().await;
    t.browser().api(method, path, &token, Some(body)).await
}

#[tokio::test]
async fn a_domain_requires_single_sign_on_only_after_real_people_came_in_through_it() {
    each_database!(|t| {
        let (acme, ann, _) = acme(&t).await;
        let sso = format!("/api/v1/organizations/{}/domains/acme.test/sso", acme.organization.id);
        let mut browser = t.browser();
        let account =
            store::account::lookup_email(&mut t.app.read().await.unwrap(), ANN.email).await.unwrap().unwrap();
        t.session(&mut browser, &account, Some(&ann)).await;
        // Nobody has signed in: neither an administrator nor a program can switch it on.
        let refused = switch(&mut browser, &acme, "yes").await;
        assert_eq!(refused.status, 409);
        assert!(refused.text.contains("You yourself have not signed in"), "{}", refused.text);
        assert!(refused.text.contains("bob@acme.test"), "{}", refused.text);
        let refused = api(&t, "PUT", &sso, json!({"required": true})).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("sso_not_proven")));
        assert!(refused.text.contains("No administrator of Acme"), "{}", refused.text);
        // Ann has: one of two people is not enough.
        acme.signs_in(&t, &mut browser, &ANN).await;
        let refused = switch(&mut browser, &acme, "yes").await;
        assert!(refused.text.contains("Expected 2 people of acme.test"), "{}", refused.text);
        let told = api(&t, "GET", &sso, json!({})).await.json();
        assert_eq!(told["evidence"]["signed_in"], 1);
        assert_eq!(told["evidence"]["with_password"], 1);
        assert_eq!((&told["required"], told["missing"].is_string()), (&json!(false), true));
        assert!(mailed(&t, "sso_required").await.is_empty() && rows(&t, &["recovery_codes"]).await == [0]);
        // What was long ago proves nothing.
        acme.signs_in(&t, &mut t.browser(), &BOB).await;
        t.clock.advance(Duration::from_hours(24 * 31));
        let refused = api(&t, "PUT", &sso, json!({"required": true})).await;
        assert_eq!(refused.status, 409);
        acme.signs_in(&t, &mut browser, &ANN).await;
        acme.signs_in(&t, &mut t.browser(), &BOB).await;
        let done = api(&t, "PUT", &sso, json!({"required": true})).await;
        assert_eq!((done.status.as_u16(), &done.json()["required"]), (200, &json!(true)), "{}", done.text);
        assert_eq!(mailed(&t, "sso_required").await, ["ann@acme.test"]);
        assert!(events(&t).await.contains(&"domain.sso_required".to_owned()));
        // Switched on again it changes nothing; the administrator lifts it.
        api(&t, "PUT", &sso, json!({"required": true})).await;
        assert_eq!(mailed(&t, "sso_required").await.len(), 1);
        switch(&mut browser, &acme, "no").await;
        assert_eq!(api(&t, "GET", &sso, json!({})).await.json()["required"], false);
        assert_eq!(events(&t).await.iter().filter(|kind| kind.starts_with("domain.sso")).count(), 2);
        for body in [json!({}), json!({"required": "yes"}), json!({"required": true, "force": true})] {
            assert_eq!(api(&t, "PUT", &sso, body.clone()).await.status, 422, "{body}");
        }
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn what_signs_in_beside_the_company_ends_where_single_sign_on_is_required() {
    each_database!(|t| {
        let (acme, _, bob) = acme(&t).await;
        let mut browser = t.browser();
        // The company's sign-in is the way, and a member's password another one.
        let other = {
            browser.get("/login/other").await;
            browser.post("/login/other?return_to=%2Fwanted", &[("email", BOB.email)]).await
        };
        assert_eq!(other.status, 200);
        assert!(other.text.contains("Sign in without Acme’s sign-in"), "{}", other.text);
        assert_eq!(password(&mut browser, BOB.email).await.location(), "/wanted");
        browser.get("/login").await;
        browser.post("/login/link", &[("email", BOB.email)]).await;
        let early = link_to(&t, BOB.email).await;
        // Who is new comes through the company alone.
        browser.post("/login/link", &[("email", "new@acme.test")]).await;
        let new = link_to(&t, "new@acme.test").await;
        let mut fresh = t.browser();
        fresh.get(&new).await;
        assert_eq!(fresh.post(&new, &[]).await.status, 403);
        let personal = t.account_with_password("bob@home.example", PASSWORD).await;

        let mut ann = t.browser();
        acme.signs_in(&t, &mut ann, &ANN).await;
        acme.signs_in(&t, &mut t.browser(), &BOB).await;
        switch(&mut ann, &acme, "yes").await;
        let before = t.mails().await.len();
        let mut browser = t.browser();
        let refused = password(&mut browser, BOB.email).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("Acme signs you in"), "{}", refused.text);
        // The refusal is the same for an address that nobody knows, and leads to the provider.
        let unknown = password(&mut browser, "who@acme.test").await;
        assert_eq!(unknown.text.replace("who@", "bob@").replace("who%40", "bob%40"), refused.text);
        let href = refused.text.split("href=\"").find(|h| h.starts_with("/login?login_hint")).unwrap();
        let href = href.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        acme.idp.reads(browser.get(&href).await.location());
        assert_eq!(browser.post("/login/link", &[("email", BOB.email)]).await.status, 403);
        assert_eq!(t.mails().await.len(), before, "no mail for a way that is closed");
        browser.get(&early).await;
        assert_eq!(browser.post(&early, &[]).await.status, 403);
        assert!(!is_signed_in(&mut browser).await);
        // A personal account is not touched, and does not reach the place at the company by the back door.
        let mut tx = t.app.write().await.unwrap();
        let moved = Member { account_id: Some(personal.id), ..bob };
        store::member::update(&mut tx, &moved).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(password(&mut browser, "bob@home.example").await.location(), "/wanted");
        let sessions =
            store::session::list(&mut t.app.read().await.unwrap(), personal.id, t.app.now()).await.unwrap();
        assert_eq!((sessions.len(), sessions[0].member_id), (1, None));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn what_began_beside_the_company_before_ends_when_single_sign_on_becomes_required() {
    each_database!(|t| {
        let (acme, _, _) = acme(&t).await;
        let sso = format!("/api/v1/organizations/{}/domains/acme.test/sso", acme.organization.id);
        let product = t
            .application(json!({
                "token_endpoint_auth_method": "client_secret_post",
                "backchannel_logout_uri": "http://127.0.0.1:9/out",
            }))
            .await;
        let (mut by_password, mut by_sso, mut personal) = (t.browser(), t.browser(), t.browser());
        assert_eq!(password(&mut by_password, BOB.email).await.location(), "/wanted");
        uses(&t, &mut by_password, &product).await;
        acme.signs_in(&t, &mut by_sso, &BOB).await;
        t.account_with_password("bob@home.example", PASSWORD).await;
        assert_eq!(password(&mut personal, "bob@home.example").await.location(), "/wanted");
        let mut ann = t.browser();
        acme.signs_in(&t, &mut ann, &ANN).await;
        assert_eq!(api(&t, "GET", &sso, json!({})).await.json()["evidence"]["own_sessions"], 1);
        // Told before the act, with the number.
        let path = domain_page(&mut ann).await;
        let page = ann.get(&path).await;
        assert!(page.text.contains("One person will be signed out"), "{}", page.text);
        let shown = ann.post(&path, &[("required", "yes")]).await;
        assert_eq!(codes_on(&shown).len(), 10);
        for (browser, stays) in
            [(&mut by_password, false), (&mut by_sso, true), (&mut personal, true), (&mut ann, true)]
        {
            assert_eq!(is_signed_in(browser).await, stays);
        }
        let rows = t.contents().await;
        let revoked: Vec<&String> =
            rows["events"].iter().filter(|row| row.contains("session.revoked")).collect();
        assert_eq!(revoked.len(), 1, "{revoked:?}");
        assert!(revoked[0].contains("sso_required"), "{revoked:?}");
        let audit =
            store::audit::list(&mut t.app.read().await.unwrap(), None, None, 100).await.unwrap().items;
        let line = audit.iter().find(|it| it.action == "domain.sso_required").expect("its audit line");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line.data).unwrap()["sessions_ended"], 1);
        assert!(
            rows["jobs"].iter().any(|row| row.contains("provider.backchannel_logout")),
            "the product is told"
        );
        // The page of a domain that requires it has nothing to end.
        assert!(!ann.get(&path).await.text.contains("signed out"));
        assert_eq!(api(&t, "GET", &sso, json!({})).await.json()["evidence"]["own_sessions"], 0);
    });
}

#[tokio::test]
async fn an_administrator_whose_own_session_ends_with_the_switch_is_told_and_goes_through_the_company() {
    each_database!(|t| {
        let (acme, ann, _) = acme(&t).await;
        acme.signs_in(&t, &mut t.browser(), &BOB).await;
        acme.signs_in(&t, &mut t.browser(), &ANN).await;
        let mut tx = t.app.write().await.unwrap();
        let mut account = store::account::lookup(&mut tx, ann.account_id.unwrap()).await.unwrap().unwrap();
        account.password_hash =
            Some(server::account::hash_password(&t.app, PASSWORD.to_owned()).await.unwrap());
        store::account::update(&mut tx, &account).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = t.browser();
        assert_eq!(password(&mut browser, ANN.email).await.location(), "/wanted");
        let path = domain_page(&mut browser).await;
        let page = browser.get(&path).await;
        assert!(page.text.contains("You will be signed out"), "{}", page.text);
        // The codes are shown once, so the answer that makes them is still the administrator's.
        let shown = browser.post(&path, &[("required", "yes")]).await;
        assert_eq!(codes_on(&shown).len(), 10);
        assert!(!is_signed_in(&mut browser).await);
        let href = shown
            .text
            .split("href=\"")
            .find(|it| it.starts_with("/login?login_hint=ann"))
            .expect("the way on");
        let href = href.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let asked = acme.idp.reads(browser.get(&href).await.location());
        let answer = acme.answers(&t, &mut browser, &asked, &ANN).await;
        assert_eq!(browser.get(answer.location()).await.location(), "/org/sign-on/required");
        assert_eq!(browser.get("/org/sign-on/required").await.status, 200);

        // With codes already, the switch itself leads there.
        browser.get(&path).await;
        browser.post(&path, &[("required", "no")]).await;
        assert!(is_signed_in(&mut browser).await, "lifting ends nothing");
        let mut again = t.browser();
        assert_eq!(password(&mut again, ANN.email).await.location(), "/wanted");
        again.get(&path).await;
        let done = again.post(&path, &[("required", "yes")]).await;
        assert!(
            done.location().starts_with("/login?login_hint=ann%40acme.test&return_to=%2Forg"),
            "{}",
            done.location()
        );
        acme.idp.reads(again.get(done.location()).await.location());
    });
}

#[tokio::test]
async fn a_requirement_holds_only_while_people_can_follow_it() {
    each_database!(|t| {
        let (acme, mut ann, _) = required(&t).await;
        let mut bob = t.browser();
        assert_eq!(password(&mut bob, BOB.email).await.status, 403);
        ann.get("/org/sign-on").await;
        let off = [("deactivate", acme.connection.id.to_string())];
        ann.post("/org/sign-on", &[("deactivate", off[0].1.as_str())]).await;
        assert_eq!(password(&mut bob, BOB.email).await.location(), "/wanted");
        ann.post("/org/sign-on", &[("activate", off[0].1.as_str())]).await;
        assert_eq!(password(&mut t.browser(), BOB.email).await.status, 403);
    });
}

#[tokio::test]
async fn a_recovery_code_signs_an_administrator_in_once() {
    each_database!(|t| {
        let (_, mut ann, codes) = required(&t).await;
        let kept = t.contents().await;
        for code in &codes {
            assert!(!format!("{kept:?}").contains(code.as_str()), "{code} is kept in plain text");
        }
        let mut browser = t.browser();
        // As people type it: small letters, no hyphens.
        let typed = codes[0].to_lowercase().replace('-', " ");
        assert_eq!(with_code(&mut browser, "Ann@ACME.test", &typed).await.location(), "/org/members");
        assert_eq!(browser.get("/org/members").await.status, 200);
        assert_eq!(mailed(&t, "recovery_code_used").await, ["ann@acme.test"]);
        let mut again = t.browser();
        let used = with_code(&mut again, ANN.email, &codes[0]).await;
        let wrong = with_code(&mut again, ANN.email, "K7QD9-MX2PT-4VH8Z-C0RWA").await;
        let unknown = with_code(&mut again, "who@acme.test", &codes[1]).await;
        assert_eq!((used.status.as_u16(), wrong.status.as_u16()), (422, 422));
        assert!(used.text == wrong.text && wrong.text == unknown.text.replace("who@", "ann@"));
        assert!(!is_signed_in(&mut again).await);
        // Not for somebody who is no administrator, and not with another one's address.
        assert_eq!(with_code(&mut again, BOB.email, &codes[1]).await.status, 422);
        // It is for mending the sign-in, not for a day.
        t.clock.advance(Duration::from_hours(4));
        assert!(!is_signed_in(&mut browser).await);
        // New codes end the old ones.
        ann.get("/org/sign-on/required").await;
        let fresh = codes_on(&ann.post("/org/sign-on/codes", &[]).await);
        assert_eq!(with_code(&mut again, ANN.email, &codes[1]).await.status, 422);
        assert_eq!(with_code(&mut again, ANN.email, &fresh[0]).await.location(), "/org/members");
        // A suspended administrator's codes open nothing.
        let mut tx = t.app.write().await.unwrap();
        let account = store::account::lookup_email(&mut tx, ANN.email).await.unwrap().unwrap();
        let member = store::member::list_of_account(&mut tx, account.id).await.unwrap().remove(0);
        let member = Member { status: MemberStatus::Suspended, ..member };
        store::member::update(&mut tx, &member).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(with_code(&mut t.browser(), ANN.email, &fresh[1]).await.status, 422);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn recovery_codes_are_not_guessed_and_one_code_is_not_used_twice_at_once() {
    each_database!(|t| {
        let (_, _, codes) = required(&t).await;
        let (mut one, mut two) = (t.browser(), t.browser());
        one.get("/login/recovery").await;
        two.get("/login/recovery").await;
        let form = [("email", ANN.email), ("code", codes[0].as_str())];
        let both = tokio::join!(one.post("/login/recovery", &form), two.post("/login/recovery", &form));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422]);
        assert_eq!(mailed(&t, "recovery_code_used").await.len(), 1);
        for guess in 0..3 {
            let answer = with_code(&mut one, ANN.email, &format!("00000-00000-00000-0000{guess}")).await;
            assert_eq!(answer.status, 422);
        }
        // From now on even the right one waits.
        assert_eq!(with_code(&mut one, ANN.email, &codes[1]).await.status, 429);
        t.clock.advance(Duration::from_mins(16));
        assert_eq!(with_code(&mut one, ANN.email, &codes[1]).await.location(), "/org/members");
    });
}

#[tokio::test]
async fn a_bypass_opens_a_domain_for_a_time_and_ends_by_itself() {
    each_database!(|t| {
        let (acme, mut ann, _) = required(&t).await;
        let bypasses = format!("/api/v1/organizations/{}/bypasses", acme.organization.id);
        let body = json!({"domain": "acme.test", "hours": 4, "reason": "**Okta** is down <b>since nine</b>"});
        let made = api(&t, "POST", &bypasses, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(mailed(&t, "sso_opened").await, ["ann@acme.test"]);
        // The sign-in page offers both ways, and who types the password comes in for as long as it lasts.
        let mut bob = t.browser();
        let page = types(&mut bob, "/login", BOB.email, "/wanted").await;
        assert!(page.status == 200 && page.text.contains("Acme has opened another way"), "{}", page.text);
        assert_eq!(password(&mut bob, BOB.email).await.location(), "/wanted");
        assert!(is_signed_in(&mut bob).await);
        // Nobody makes a password that outlives it, and nobody new comes in.
        let own =
            bob.post("/account/password", &[("current", PASSWORD), ("password", "another good one")]).await;
        assert_eq!(own.status, 403);
        // Administrators see it on every page, with what people typed as text.
        let page = ann.get("/org/members").await;
        assert!(page.text.contains("People may sign in without single sign-on until"), "{}", page.text);
        let page = ann.get("/org/sign-on/required").await;
        assert!(page.text.contains("Okta") && !page.text.contains("<b>since nine</b>"), "{}", page.text);
        // It does not outlive its time: neither the way nor the session, whether or not any work was done.
        t.clock.advance(Duration::from_mins(239));
        assert!(is_signed_in(&mut bob).await);
        t.clock.advance(Duration::from_mins(1));
        assert!(!is_signed_in(&mut bob).await);
        assert_eq!(password(&mut bob, BOB.email).await.status, 403);
        acme.idp.reads(types(&mut bob, "/login", BOB.email, "/wanted").await.location());
        assert!(!ann.get("/org/members").await.text.contains("without single sign-on"));
        t.work().await;
        let told =
            events(&t).await.into_iter().filter(|kind| kind.starts_with("sign_on.")).collect::<Vec<_>>();
        assert_eq!(told, ["sign_on.opened", "sign_on.closed"]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_bypass_is_for_whom_it_names_and_can_be_ended() {
    each_database!(|t| {
        let (acme, mut ann, _) = required(&t).await;
        let other = t.account_with_password("cleo@acme.test", PASSWORD).await;
        t.member(&acme.organization, &other, Role::Member).await;
        ann.get("/org/sign-on/required").await;
        for (form, words) in [
            ([("whom", "acme.test"), ("hours", "0"), ("reason", "x")], "Expected a number from 1 to 72"),
            ([("whom", "acme.test"), ("hours", "73"), ("reason", "x")], "Expected a number from 1 to 72"),
            ([("whom", "acme.test"), ("hours", "4"), ("reason", " ")], "Expected a reason"),
            (
                [("whom", "globex.test"), ("hours", "4"), ("reason", "x")],
                "Expected one of the domains of Acme",
            ),
            (
                [("whom", "who@acme.test"), ("hours", "4"), ("reason", "x")],
                "Expected the address of a member",
            ),
        ] {
            let answer = ann.post("/org/sign-on/openings", &form).await;
            assert!(answer.status == 422 && answer.text.contains(words), "{words}: {}", answer.text);
        }
        let form = [("whom", "Bob@acme.test"), ("hours", "72"), ("reason", "lost the phone")];
        let opened = ann.post("/org/sign-on/openings", &form).await;
        assert_eq!(opened.location(), "/org/sign-on/required?done=opened");
        let mut bob = t.browser();
        assert_eq!(password(&mut t.browser(), "cleo@acme.test").await.status, 403);
        assert_eq!(password(&mut bob, BOB.email).await.location(), "/wanted");
        let page = ann.get("/org/sign-on/required").await;
        let end =
            page.text.split("action=\"").find(|it| it.starts_with("/org/sign-on/openings/opn_")).unwrap();
        let end = end.split('"').next().unwrap().to_owned();
        // Another company's administrator does not find it.
        let globex = company(&t, "Globex", "globex.test").await;
        let eve = t.account("eve@globex.test").await;
        let eve = (t.member(&globex.organization, &eve, Role::Admin).await, eve);
        let mut stranger = t.browser();
        t.session(&mut stranger, &eve.1, Some(&eve.0)).await;
        stranger.get("/org/sign-on/required").await;
        assert_eq!(stranger.post(&end, &[]).await.status, 404);
        assert!(is_signed_in(&mut bob).await);
        // Ended early, it takes those along who came in by it; Ann came through the provider and stays.
        assert_eq!(ann.post(&end, &[]).await.location(), "/org/sign-on/required?done=closed");
        assert!(!is_signed_in(&mut bob).await && is_signed_in(&mut ann).await);
        assert_eq!(password(&mut bob, BOB.email).await.status, 403);
        ann.post(&end, &[]).await;
        assert_eq!(events(&t).await.iter().filter(|kind| *kind == "sign_on.closed").count(), 1);
        t.clock.advance(Duration::from_hours(73));
        t.work().await;
        assert_eq!(events(&t).await.iter().filter(|kind| *kind == "sign_on.closed").count(), 1);
        t.assert_no_work().await;
    });
}
