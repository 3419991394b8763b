//! A person's own page: addresses, password, sessions.

use std::time::Duration;

use model::Role;
use store::session::Session;
use testkit::{TestApp, TestBrowser, each_database};

use crate::company::{company, is_signed_in, link, rows};

const PASSWORD: &str = "a long enough password";

/// Signed in by password, as `login` leaves it.
async fn by_password(t: &TestApp, account: &model::Account) -> (TestBrowser, Session) {
    let mut browser = t.browser();
    browser.get("/login").await;
    let form = [("email", account.email.as_str()), ("password", PASSWORD)];
    assert_eq!(browser.post("/login/password", &form).await.location(), "/account");
    browser.get("/account").await;
    let mut db = t.app.read().await.unwrap();
    let session = store::session::list(&mut db, account.id, t.app.now()).await.unwrap().remove(0);
    (browser, session)
}

#[tokio::test]
async fn a_person_ends_single_sessions_and_all_the_others() {
    each_database!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let bob = t.account_with_password("bob@home.example", PASSWORD).await;
        let mut browsers = Vec::new();
        for _ in 0..4 {
            t.clock.advance(Duration::from_secs(1));
            browsers.push(by_password(&t, &ann).await);
        }
        let (mut stranger, theirs) = by_password(&t, &bob).await;
        let (mut here, this) = browsers.remove(0);
        let (mut phone, there) = browsers.remove(0);
        // Somebody else's session is nobody's.
        for id in [theirs.id.to_string(), "ses_unknown".to_owned(), "%00".to_owned()] {
            let answer = here.post(&format!("/account/sessions/{id}/end"), &[]).await;
            assert_eq!(answer.status, 404, "{id}");
        }
        assert!(is_signed_in(&mut stranger).await);
        let answer = here.post(&format!("/account/sessions/{}/end", there.id), &[]).await;
        assert_eq!(answer.location(), "/account?done=signed-out");
        assert!(!is_signed_in(&mut phone).await && is_signed_in(&mut here).await);
        assert_eq!(here.post("/account/sessions/end-others", &[]).await.status, 303);
        for (mut other, _) in browsers {
            assert!(!is_signed_in(&mut other).await);
        }
        assert!(is_signed_in(&mut here).await && is_signed_in(&mut stranger).await);
        let answer = here.post(&format!("/account/sessions/{}/end", this.id), &[]).await;
        assert_eq!(answer.location(), "/logout");
        assert!(!is_signed_in(&mut here).await);
        assert_eq!(rows(&t, &["sessions"]).await, [1]);
    });
}

#[tokio::test]
async fn a_new_password_signs_every_other_browser_out() {
    each_database!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let (mut here, _) = by_password(&t, &ann).await;
        let (mut there, _) = by_password(&t, &ann).await;
        for (current, new) in [
            ("wrong", "another good password"),
            ("", "another good password"),
            (PASSWORD, "short"),
            (PASSWORD, "ann@home.example"),
        ] {
            let answer = here.post("/account/password", &[("current", current), ("password", new)]).await;
            assert_eq!(answer.status, 422, "{current} {new}");
        }
        assert!(is_signed_in(&mut there).await);
        let form = [("current", PASSWORD), ("password", "another good password")];
        assert_eq!(here.post("/account/password", &form).await.location(), "/account?done=password");
        assert!(is_signed_in(&mut here).await && !is_signed_in(&mut there).await);
        let now = store::account::lookup(&mut t.app.read().await.unwrap(), ann.id).await.unwrap().unwrap();
        let hash = now.password_hash.as_deref();
        assert!(server::account::check_password(hash, "another good password").await.unwrap());
    });
}

#[tokio::test]
async fn who_is_signed_in_by_a_company_has_no_password_here() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let mut browser = t.browser();
        acme.signs_in(&t, &mut browser, &testkit::Person::new("u1", "ann@acme.test")).await;
        let page = browser.get("/account").await;
        assert!(!page.text.contains("/account/password"), "{}", page.text);
        let form = [("password", "another good password")];
        assert_eq!(browser.post("/account/password", &form).await.status, 403);
    });
}

#[tokio::test]
async fn a_private_address_is_proven_by_a_mail_and_shown_to_no_company() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        t.domain(&org, "acme.test").await;
        let ann = t.account("ann@acme.test").await;
        let member = t.member(&org, &ann, Role::Member).await;
        let mut browser = t.browser();
        t.session(&mut browser, &ann, Some(&member)).await;
        browser.get("/account").await;
        for wrong in ["", "nonsense", "ann@acme.test", "ANN@acme.test", "other@acme.test"] {
            let answer = browser.post("/account/email", &[("email", wrong)]).await;
            assert_eq!(answer.status, 422, "{wrong}");
        }
        assert!(t.mails().await.is_empty());
        let answer = browser.post("/account/email", &[("email", "Ann@Home.example")]).await;
        assert_eq!(answer.location(), "/account?done=mailed");
        let mails = t.mails().await;
        assert_eq!((mails.len(), mails[0].recipient.as_str()), (1, "ann@home.example"));
        assert_eq!((mails[0].organization_id, mails[0].member_id), (None, Some(member.id)), "no company’s");
        let at = link(&mails[0]);
        let known = async || {
            let mut db = t.app.read().await.unwrap();
            store::account::lookup(&mut db, ann.id).await.unwrap().unwrap().personal_email
        };
        assert_eq!(browser.get(&at).await.status, 200);
        assert_eq!(known().await, None, "reading changes nothing");
        let mut phone = t.browser();
        phone.get(&at).await;
        assert_eq!(phone.post(&at, &[]).await.location(), "/verify/done");
        assert_eq!(known().await.as_deref(), Some("ann@home.example"));
        assert_eq!(phone.post(&at, &[]).await.status, 410, "it works once");
        browser.get("/account").await;
        assert_eq!(browser.post("/account/email/remove", &[]).await.status, 303);
        assert_eq!(known().await, None);
        browser.post("/account/email", &[("email", "ann@home.example")]).await;
        let late = link(t.mails().await.last().unwrap());
        t.clock.advance(Duration::from_hours(49));
        assert_eq!(phone.get(&late).await.status, 410);
        assert_eq!(phone.post(&late, &[]).await.status, 410);
        assert_eq!(phone.get("/verify/unknown").await.status, 410);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_signing_out() {
    each_database!(|t| {
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let (mut browser, _) = by_password(&t, &ann).await;
        t.clock.advance(Duration::from_hours(12));
        let answer = browser.get("/account?x=1").await;
        assert_eq!(answer.location(), "/login?return_to=%2Faccount%3Fx%3D1");

        let (mut browser, _) = by_password(&t, &ann).await;
        let (mut other, _) = by_password(&t, &ann).await;
        // Neither a link nor another site's form signs anybody out.
        assert_eq!(browser.get("/logout").await.location(), "/account");
        assert_eq!(browser.post_cross_site("/logout", &[]).await.status, 403);
        assert!(is_signed_in(&mut browser).await);
        let answer = browser.post("/logout", &[]).await;
        assert_eq!(answer.location(), "/logout");
        assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        assert!(!is_signed_in(&mut browser).await && is_signed_in(&mut other).await);
        browser.get("/login").await;
        assert_eq!(browser.post("/logout", &[]).await.status, 303, "signing out twice is no error");
        t.assert_no_work().await;
    });
}
