//! Passkeys: made on one's own page, used on the sign-in page, and every way in which they must not open anything.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Account, Role};
use serde_json::Value;
use server::Config;
use store::passkey::Owner;
use testkit::{Answer, Authenticator, TestApp, TestBrowser, databases};

use crate::company::{is_signed_in, rows, uses};

const SITE: &str = "http://localhost:8080";
const PASSWORD: &str = "a long enough password";

/// Runs a test on every database, at an address that can have passkeys.
macro_rules! at_a_name {
    (|$t:ident| $body:block) => {
        for database in databases().await {
            let mut config = Config::new(SITE.parse().unwrap());
            config.allow_private_network = true;
            let $t = TestApp::with(database, config).await;
            $body
        }
    };
}

async fn by_password(t: &TestApp, email: &str) -> TestBrowser {
    let mut browser = t.browser();
    browser.get("/login").await;
    let answer = browser.post("/login/password", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/account");
    browser.get("/account").await;
    browser
}

/// A challenge and its options.
async fn asked(browser: &mut TestBrowser, path: &str) -> (String, Value) {
    let answer = browser.post(path, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    (body["challenge"].as_str().unwrap().to_owned(), body["options"].clone())
}

async fn send(browser: &mut TestBrowser, path: &str, challenge: &str, credential: &str) -> Answer {
    browser.post(path, &[("challenge", challenge), ("credential", credential)]).await
}

async fn registers(browser: &mut TestBrowser, device: &mut Authenticator) -> Answer {
    let (challenge, options) = asked(browser, "/account/passkeys/options").await;
    let credential = device.create(&options);
    let form = [("challenge", challenge.as_str()), ("credential", credential.as_str()), ("name", "My phone")];
    browser.post("/account/passkeys", &form).await
}

async fn signs_in(browser: &mut TestBrowser, device: &mut Authenticator) -> Answer {
    browser.get("/login").await;
    let (challenge, options) = asked(browser, "/login/passkey/options").await;
    let credential = device.get(&options);
    send(browser, "/login/passkey?return_to=%2Fwanted", &challenge, &credential).await
}

async fn passkeys(t: &TestApp, account: &Account) -> Vec<server::passkey::Passkey> {
    store::passkey::list(&mut t.app.read().await.unwrap(), Owner::Account(account.id)).await.unwrap()
}

#[tokio::test]
async fn a_person_makes_a_passkey_signs_in_with_it_and_takes_it_away() {
    at_a_name!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let mut here = by_password(&t, "ann@home.example").await;
        let mut phone = Authenticator::at(SITE);
        assert_eq!(registers(&mut here, &mut phone).await.location(), "/account?done=passkey");
        let page = here.get("/account?done=passkey").await;
        assert!(page.text.contains("My phone") && page.text.contains("not used yet"), "{}", page.text);

        let mut there = t.browser();
        assert!(there.get("/login").await.text.contains("Sign in with a passkey"));
        assert_eq!(signs_in(&mut there, &mut phone).await.location(), "/wanted");
        let page = there.get("/account").await;
        assert!(page.text.contains("by passkey") && page.text.contains("last used 1 March 2026"));
        // Another one, and the first with a second device.
        let mut key = Authenticator::at(SITE);
        t.clock.advance(Duration::from_secs(1));
        assert_eq!(registers(&mut there, &mut key).await.status, 303);
        let all = passkeys(&t, &ann).await;
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].user_handle, all[1].user_handle);
        // Taken away: it opens nothing any more, and every other browser is signed out.
        here.get("/account").await;
        let gone = here.post(&format!("/account/passkeys/{}/remove", all[0].id), &[]).await;
        assert_eq!(gone.location(), "/account?done=passkey-removed");
        assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await);
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        assert_eq!(signs_in(&mut t.browser(), &mut key).await.location(), "/wanted");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_challenge_works_once_in_its_own_browser_for_its_own_ceremony_and_five_minutes() {
    at_a_name!(|t| {
        t.account_with_password("ann@home.example", PASSWORD).await;
        let eve = t.account_with_password("eve@home.example", PASSWORD).await;
        let mut ann = by_password(&t, "ann@home.example").await;
        let mut other = by_password(&t, "eve@home.example").await;
        let mut phone = Authenticator::at(SITE);
        // Registration with another's challenge, with none, with one for signing in, and without the form's token.
        let (challenge, options) = asked(&mut ann, "/account/passkeys/options").await;
        let made = phone.create(&options);
        assert_eq!(send(&mut other, "/account/passkeys", &challenge, &made).await.status, 403);
        assert_eq!(send(&mut ann, "/account/passkeys", &challenge, &made).await.status, 403, "used up");
        assert_eq!(send(&mut ann, "/account/passkeys", "", &made).await.status, 403);
        let (challenge, _) = asked(&mut ann, "/login/passkey/options").await;
        assert_eq!(send(&mut ann, "/account/passkeys", &challenge, &made).await.status, 403);
        let (challenge, options) = asked(&mut ann, "/account/passkeys/options").await;
        let made = phone.create(&options);
        t.clock.advance(Duration::from_mins(5));
        assert_eq!(send(&mut ann, "/account/passkeys", &challenge, &made).await.status, 403, "too late");
        let csrf = std::mem::take(&mut ann.csrf);
        assert_eq!(ann.post("/account/passkeys/options", &[]).await.status, 403);
        ann.csrf = csrf;
        assert_eq!(registers(&mut ann, &mut phone).await.status, 303);
        // The same passkey for a second account, or a second time.
        assert_eq!(registers(&mut ann, &mut phone).await.status, 403, "the device should have said so");
        assert_eq!(registers(&mut other, &mut phone).await.status, 409);
        assert!(passkeys(&t, &eve).await.is_empty());
        phone.handle.clear();
        let (challenge, options) = asked(&mut ann, "/account/passkeys/options").await;
        phone.create(&options);
        // Signing in: a second use, another browser.
        let (mut browser, mut stranger) = (t.browser(), t.browser());
        browser.get("/login").await;
        stranger.get("/login").await;
        let (first, options) = asked(&mut browser, "/login/passkey/options").await;
        let shown = phone.get(&options);
        assert_eq!(send(&mut stranger, "/login/passkey", &first, &shown).await.status, 403);
        assert_eq!(send(&mut browser, "/login/passkey", &first, &shown).await.status, 403, "used up");
        assert_eq!(send(&mut browser, "/login/passkey", &challenge, &shown).await.status, 403);
        let (second, options) = asked(&mut browser, "/login/passkey/options").await;
        assert_eq!(
            send(&mut browser, "/login/passkey", &second, &shown).await.status,
            403,
            "another's answer"
        );
        let (third, options_of_third) = asked(&mut browser, "/login/passkey/options").await;
        let shown = phone.get(&options_of_third);
        assert_eq!(send(&mut browser, "/login/passkey", &third, &shown).await.location(), "/account");
        drop(options);
        assert_eq!(rows(&t, &["passkey_challenges"]).await, [0]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_answer_that_proves_nothing_opens_nothing() {
    at_a_name!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let mut here = by_password(&t, "ann@home.example").await;
        let mut phone = Authenticator::at(SITE);
        assert_eq!(registers(&mut here, &mut phone).await.status, 303);
        // Another key under the same name; another site; nobody verified; another's handle.
        let mut forged = Authenticator::at(SITE);
        forged.id.clone_from(&phone.id);
        forged.handle.clone_from(&phone.handle);
        assert_eq!(signs_in(&mut t.browser(), &mut forged).await.status, 403);
        phone.origin = "http://localhost.evil.example:8080".to_owned();
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        phone.origin = SITE.to_owned();
        phone.verifies = false;
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        phone.verifies = true;
        let handle = std::mem::replace(&mut phone.handle, "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        phone.handle = handle;
        for credential in ["", "{}", "null", "[1]", "\u{1F511}"] {
            let mut browser = t.browser();
            browser.get("/login").await;
            let (challenge, _) = asked(&mut browser, "/login/passkey/options").await;
            assert_eq!(send(&mut browser, "/login/passkey", &challenge, credential).await.status, 403);
        }
        // An operator's door does not open to a person's passkey.
        let mut browser = t.browser();
        browser.get("/console/login").await;
        let (challenge, options) = asked(&mut browser, "/console/login/passkey/options").await;
        let shown = phone.get(&options);
        assert_eq!(send(&mut browser, "/console/login/passkey", &challenge, &shown).await.status, 403);
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");
        // Registration without verification.
        let mut careless = Authenticator::at(SITE);
        careless.verifies = false;
        assert_eq!(registers(&mut here, &mut careless).await.status, 403);
        assert_eq!(passkeys(&t, &ann).await.len(), 1);
        // A counter that goes back: somebody may have a copy. The passkey is taken away.
        phone.counter = 2;
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        assert!(passkeys(&t, &ann).await.is_empty());
        phone.counter = 100;
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_passkey_never_goes_around_a_companys_sign_in_nor_back_into_an_account_that_is_gone() {
    at_a_name!(|t| {
        let ann = t.account_with_password("ann@acme.test", PASSWORD).await;
        let acme = t.organization("Acme").await;
        let member = t.member(&acme, &ann, Role::Member).await;
        let mut here = by_password(&t, "ann@acme.test").await;
        let mut phone = Authenticator::at(SITE);
        assert_eq!(registers(&mut here, &mut phone).await.status, 303);
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");
        // Suspended: no session as a member.
        let mut tx = t.app.write().await.unwrap();
        server::member::suspend(&t.app, &mut tx, &acme, member.clone()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");
        let sessions =
            store::session::list(&mut t.app.read().await.unwrap(), ann.id, t.app.now()).await.unwrap();
        assert!(!sessions.is_empty() && sessions.iter().all(|session| session.member_id.is_none()));
        // The company has a sign-in of its own: beside it only its active members come by a way of theirs.
        let domain = t.domain(&acme, "acme.test").await;
        let it = t.bare_connection(&acme).await;
        let mut stranger = t.browser();
        let refused = signs_in(&mut stranger, &mut phone).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("Your company signs you in"), "{}", refused.text);
        let mut tx = t.app.write().await.unwrap();
        store::member::update(&mut tx, &member).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");
        // It requires it: then nobody does.
        let mut tx = t.app.write().await.unwrap();
        store::connection::touch(&mut tx, it.id, t.app.now()).await.unwrap();
        store::domain::require_sso(&mut tx, domain.id, Some(t.app.now())).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(signs_in(&mut stranger, &mut phone).await.status, 403);
        assert!(!is_signed_in(&mut stranger).await);
        here.get("/account").await;
        let mut second = by_session(&t, &ann).await;
        second.get("/account").await;
        assert_eq!(second.post("/account/passkeys/options", &[]).await.status, 403);
        let mut tx = t.app.write().await.unwrap();
        store::connection::remove(&mut tx, it.id).await.unwrap();
        store::account::remove(&mut tx, ann.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.status, 403);
        assert_eq!(rows(&t, &["passkeys"]).await, [0]);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_application_hears_what_a_passkey_proves_and_no_more() {
    at_a_name!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let mut here = by_password(&t, &ann.email).await;
        let mut phone = Authenticator::at(SITE);
        assert_eq!(registers(&mut here, &mut phone).await.status, 303);
        let product =
            t.application(serde_json::json!({"token_endpoint_auth_method": "client_secret_post"})).await;
        let amr = |given: &serde_json::Value| {
            let claims = given["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
            serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["amr"].clone()
        };
        let mut browser = t.browser();
        assert_eq!(signs_in(&mut browser, &mut phone).await.location(), "/wanted");
        // Which kind of hardware keeps the key was not attested, so nothing is said of it.
        assert_eq!(amr(&uses(&t, &mut browser, &product).await), serde_json::json!(["pop", "user", "mfa"]));
        assert_eq!(amr(&uses(&t, &mut here, &product).await), serde_json::json!(["pwd"]));
        t.assert_no_work().await;
    });
}

async fn by_session(t: &TestApp, account: &Account) -> TestBrowser {
    let mut browser = t.browser();
    t.session(&mut browser, account, None).await;
    browser
}

#[tokio::test]
async fn an_operator_signs_in_by_passkey_and_a_colleagues_stays_the_colleagues() {
    at_a_name!(|t| {
        let (mut maren, mut theo) = (t.operator().await, t.operator().await);
        let mut key = Authenticator::at(SITE);
        assert_eq!(maren.get("/console/passkeys").await.status, 200);
        theo.get("/console/passkeys").await;
        let (challenge, options) = asked(&mut maren, "/console/passkeys/options").await;
        let made = key.create(&options);
        assert_eq!(send(&mut theo, "/console/passkeys", &challenge, &made).await.status, 403);
        let (challenge, options) = asked(&mut maren, "/console/passkeys/options").await;
        let made = key.create(&options);
        let done = send(&mut maren, "/console/passkeys", &challenge, &made).await;
        assert_eq!(done.location(), "/console/passkeys?done=passkey");
        let mut browser = t.browser();
        assert!(browser.get("/console/login").await.text.contains("Sign in with a passkey"));
        let (challenge, options) = asked(&mut browser, "/console/login/passkey/options").await;
        let shown = key.get(&options);
        let path = "/console/login/passkey?return_to=%2Fconsole%2Foperators";
        assert_eq!(send(&mut browser, path, &challenge, &shown).await.location(), "/console/operators");
        assert_eq!(browser.get("/console").await.status, 200);
        // Nobody's account opens with it.
        assert_eq!(signs_in(&mut t.browser(), &mut key).await.status, 403);
        let page = maren.get("/console/passkeys").await;
        let at = page.text.find("/console/passkeys/pky_").expect("a passkey on the page");
        let path: String = page.text[at..].chars().take_while(|c| *c != '"').collect();
        assert_eq!(theo.post(&path, &[]).await.status, 404);
        assert_eq!(maren.post(&path, &[]).await.location(), "/console/passkeys?done=removed");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_installation_without_a_name_offers_none_and_says_why() {
    testkit::each_database!(|t| {
        t.account_with_password("ann@home.example", PASSWORD).await;
        let mut browser = by_password(&t, "ann@home.example").await;
        assert!(!browser.get("/account").await.text.contains("Add a passkey"));
        let answer = browser.post("/account/passkeys/options", &[]).await;
        assert_eq!(answer.status, 409);
        let mut stranger = t.browser();
        assert!(!stranger.get("/login").await.text.contains("Sign in with a passkey"));
        assert_eq!(stranger.post("/login/passkey/options", &[]).await.status, 409);
        t.assert_no_work().await;
    });
}

/// The path of the newest mail's link that begins so.
async fn path(t: &TestApp, begins: &str) -> String {
    let mails = t.mails().await;
    let mail = mails.iter().rev().find(|mail| mail.text.contains(begins)).expect("a mail with the link");
    let at = mail.text.find(begins).expect("the link");
    mail.text[at..].split_whitespace().next().expect("a word").to_owned()
}

#[tokio::test]
async fn an_invitation_and_a_claim_take_a_passkey_in_the_place_of_a_password() {
    at_a_name!(|t| {
        let acme = t.organization("Acme").await;
        let ann = t.account_with("ann@acme.test", |it| it.email_verified_at = None).await;
        let member = t
            .member_with(&acme, &ann, Role::Member, |it| {
                it.status = model::MemberStatus::Invited;
                it.account_id = None;
            })
            .await;
        let mut tx = t.app.write().await.unwrap();
        server::member::invite(&t.app, &mut tx, &acme, &member).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = t.browser();
        let invitation = path(&t, "/invite/").await;
        assert!(browser.get(&invitation).await.text.contains("Use a passkey, without a password"));
        assert_eq!(browser.post(&invitation, &[]).await.status, 422, "neither");
        assert_eq!(browser.post(&invitation, &[("with", "passkey")]).await.location(), "/invite/accepted");
        assert!(browser.get("/invite/accepted").await.text.contains("Add your passkey"));
        browser.get("/account").await;
        let mut phone = Authenticator::at(SITE);
        assert_eq!(registers(&mut browser, &mut phone).await.status, 303);
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");

        // She leaves, and keeps the account without a password.
        let mut tx = t.app.write().await.unwrap();
        let mut account = store::account::lookup(&mut tx, ann.id).await.unwrap().unwrap();
        account.personal_email = Some("ann@home.example".to_owned());
        store::account::update(&mut tx, &account).await.unwrap();
        let member = store::member::lookup(&mut tx, acme.id, member.id).await.unwrap().unwrap();
        let reason = server::member::Reason::Administrator;
        server::member::leave(&t.app, &mut tx, &acme, member, reason).await.unwrap();
        tx.commit().await.unwrap();
        let mails = t.mails().await;
        let private = mails.iter().find(|mail| mail.recipient == "ann@home.example").expect("a private mail");
        let at = private.text.find("/claim/").expect("the link");
        let claim = private.text[at..].split_whitespace().next().unwrap().to_owned();
        let mut browser = t.browser();
        assert!(browser.get(&claim).await.text.contains("Use a passkey, without a password"));
        let form = [("email", "ann@home.example"), ("with", "passkey")];
        assert_eq!(browser.post(&claim, &form).await.location(), "/claim/done");
        assert!(browser.get("/claim/done").await.text.contains("Add your passkey"));
        let kept = store::account::lookup(&mut t.app.read().await.unwrap(), ann.id).await.unwrap().unwrap();
        assert_eq!((kept.email.as_str(), kept.password_hash), ("ann@home.example", None));
        assert_eq!(signs_in(&mut t.browser(), &mut phone).await.location(), "/wanted");
        t.work().await;
        t.assert_no_work().await;
    });
}
