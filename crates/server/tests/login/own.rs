//! Signing in by one's own password, or by a link in a mail.

use std::time::Duration;

use model::{MemberStatus, Role};
use testkit::{Answer, TestBrowser, each_database};

use crate::company::{company, is_signed_in, link, rows, types};

const PASSWORD: &str = "a long enough password";

/// An answer without what tells two addresses apart: the address itself.
fn calm(answer: &Answer, email: &str) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter();
    let headers = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()));
    let mut headers: Vec<_> = headers.filter(|(n, _)| n != "content-length").collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.text.replace(email, "EMAIL"))
}

async fn password(browser: &mut TestBrowser, email: &str, password: &str) -> Answer {
    browser.post("/login/password?return_to=%2Fwanted", &[("email", email), ("password", password)]).await
}

#[tokio::test]
async fn an_unknown_address_gets_the_very_same_answers_as_a_known_one() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        t.domain(&org, "acme.test").await;
        let known = t.account_with_password("known@home.example", PASSWORD).await;
        let colleague = t.account("works@acme.test").await;
        t.member(&org, &colleague, Role::Member).await;
        t.account("nopassword@home.example").await;
        let mut browser = t.browser();
        browser.get("/login").await;
        let all = [
            "nobody@home.example",
            &known.email,
            "nopassword@home.example",
            &colleague.email,
            "nobody@acme.test",
        ];
        for page in ["/login", "/signup"] {
            let mut seen = Vec::new();
            for email in all {
                seen.push(calm(&types(&mut browser, page, email, "/wanted").await, email));
            }
            assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
            assert_eq!(seen[0].0, 200);
        }
        let mut seen = Vec::new();
        for email in all {
            seen.push(calm(&password(&mut browser, email, "not the password").await, email));
        }
        assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
        assert_eq!(seen[0].0, 422);
        let mut seen = Vec::new();
        for email in all {
            let before = rows(&t, &["mails", "invitations"]).await;
            let answer = browser.post("/login/link", &[("email", email)]).await;
            seen.push(calm(&answer, email));
            // The work is the same too: one mail and one link for everybody.
            assert_eq!(rows(&t, &["mails", "invitations"]).await, [before[0] + 1, before[1] + 1]);
        }
        assert!(seen.iter().all(|it| *it == seen[0]), "{seen:#?}");
        assert!(!is_signed_in(&mut browser).await);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_password_signs_in_in_every_spelling_of_the_address() {
    each_database!(|t| {
        t.account_with_password("ann@xn--bcher-kva.example", PASSWORD).await;
        for email in ["ann@xn--bcher-kva.example", "Ann@Bücher.example", " ann@bücher.example "] {
            let mut browser = t.browser();
            browser.get("/login").await;
            let end = password(&mut browser, email, PASSWORD).await;
            assert_eq!(end.location(), "/wanted", "{email}");
            assert!(is_signed_in(&mut browser).await);
        }
        let mut browser = t.browser();
        browser.get("/login").await;
        for (email, secret) in [
            ("ann@xn--bcher-kva.example", ""),
            ("ann@xn--bcher-kva.example", "a long enough passwor"),
            ("ann@xn--bcher-kva.example", &"x".repeat(100_000)),
        ] {
            assert_eq!(password(&mut browser, email, secret).await.status, 422, "{email}");
        }
        assert_eq!(password(&mut browser, "nonsense", PASSWORD).await.status, 422);
        assert_eq!(password(&mut browser, "a\u{0}@b.example", PASSWORD).await.status, 400);
        assert!(!is_signed_in(&mut browser).await);
    });
}

#[tokio::test]
async fn a_password_ends_where_the_companys_sign_in_begins() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let ann = t.account_with_password("ann@acme.test", PASSWORD).await;
        t.member(&acme.organization, &ann, Role::Member).await;
        let mut browser = t.browser();
        browser.get("/login").await;
        // A link was asked for before the company required its own sign-in.
        browser.post("/login/link", &[("email", &ann.email)]).await;
        let at = link(&t.mails().await[0]);
        let mut tx = t.app.write().await.unwrap();
        let domain = store::domain::lookup_name(&mut tx, "acme.test").await.unwrap().unwrap();
        store::domain::require_sso(&mut tx, domain.id, Some(t.app.now())).await.unwrap();
        store::connection::touch(&mut tx, acme.connection.id, t.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(password(&mut browser, &ann.email, PASSWORD).await.status, 403);
        browser.get(&at).await;
        assert_eq!(browser.post(&at, &[]).await.status, 403);
        assert!(!is_signed_in(&mut browser).await);
    });
}

#[tokio::test]
async fn a_session_by_password_is_for_the_one_company_that_has_the_person() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let ann = t.account_with_password("ann@home.example", PASSWORD).await;
        let member = t.member(&org, &ann, Role::Member).await;
        let mut browser = t.browser();
        browser.get("/login").await;
        password(&mut browser, &ann.email, PASSWORD).await;
        let session = async || {
            let mut db = t.app.read().await.unwrap();
            store::session::list(&mut db, ann.id, t.app.now()).await.unwrap().remove(0)
        };
        assert_eq!(session().await.member_id, Some(member.id));
        t.clock.advance(Duration::from_secs(1));
        let mut tx = t.app.write().await.unwrap();
        let left = model::Member { status: MemberStatus::Suspended, ..member };
        store::member::update(&mut tx, &left).await.unwrap();
        tx.commit().await.unwrap();
        password(&mut browser, &ann.email, PASSWORD).await;
        assert_eq!(session().await.member_id, None, "a suspended member is nobody there");
    });
}

#[tokio::test]
async fn a_link_in_a_mail_makes_an_account_and_works_once() {
    each_database!(|t| {
        let mut browser = t.browser();
        browser.get("/signup").await;
        let sent = browser.post("/login/link?return_to=%2Fwanted", &[("email", "New@Home.Example")]).await;
        assert_eq!(sent.status, 200);
        assert_eq!(rows(&t, &["accounts"]).await, [0], "not before the mailbox is proven");
        let mails = t.mails().await;
        assert_eq!((mails.len(), mails[0].recipient.as_str()), (1, "new@home.example"));
        let at = link(&mails[0]);
        // Programs that look at every link of a mail change nothing.
        for _ in 0..3 {
            assert_eq!(t.browser().get(&at).await.status, 200);
        }
        assert!(!is_signed_in(&mut browser).await);
        // The mail may be read elsewhere than where it was asked for.
        let mut phone = t.browser();
        phone.get(&at).await;
        assert_eq!(phone.post(&at, &[]).await.location(), "/wanted");
        assert!(is_signed_in(&mut phone).await && !is_signed_in(&mut browser).await);
        browser.get(&at).await;
        assert_eq!(browser.post(&at, &[]).await.status, 410);
        assert_eq!(browser.get(&at).await.status, 410);
        assert_eq!(rows(&t, &["accounts", "sessions"]).await, [1, 1]);

        browser.post("/login/link", &[("email", "new@home.example")]).await;
        let late = link(t.mails().await.last().unwrap());
        t.clock.advance(Duration::from_mins(21));
        browser.get(&late).await;
        assert_eq!(browser.post(&late, &[]).await.status, 410);
        assert_eq!(browser.get("/signin/unknown").await.status, 410);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_link_used_twice_at_the_same_moment_signs_in_once() {
    each_database!(|t| {
        let (mut one, mut two) = (t.browser(), t.browser());
        one.get("/login").await;
        one.post("/login/link", &[("email", "ann@home.example")]).await;
        let at = link(&t.mails().await[0]);
        one.get(&at).await;
        two.get(&at).await;
        let both = tokio::join!(one.post(&at, &[]), two.post(&at, &[]));
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 410]);
        assert_eq!(rows(&t, &["accounts", "sessions"]).await, [1, 1]);
    });
}

#[tokio::test]
async fn a_form_of_another_site_or_visit_signs_nobody_in() {
    each_database!(|t| {
        t.account_with_password("ann@home.example", PASSWORD).await;
        let form = [("email", "ann@home.example"), ("password", PASSWORD)];
        let mut browser = t.browser();
        browser.get("/login").await;
        assert_eq!(browser.post_cross_site("/login/password", &form).await.status, 403);
        browser.csrf = "of-another-visit".to_owned();
        let answer = browser.post("/login/password", &form).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text.contains("open for too long"), "{}", answer.text);
        assert!(!is_signed_in(&mut browser).await);
    });
}
