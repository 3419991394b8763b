//! A connection that fails for everybody, and strangers who would like it to look so.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use model::Role;
use serde_json::json;
use testkit::{Answer, Person, SamlProvider, TestApp, TestBrowser, each_database};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::company::{Company, link, types};

const PASSWORD: &str = "a long enough password";
const ANN: Person<'static> = Person::new("u1", "ann@acme.test");
const BOB: Person<'static> = Person::new("u2", "bob@acme.test");

/// The provider's sign-in page, which minds that the question is missing.
async fn serve(port: u16) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
    let port = listener.local_addr().unwrap().port();
    let page = get(|| async { (axum::http::StatusCode::BAD_REQUEST, "no request") });
    let router = Router::new().route("/sso", page);
    (port, tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }))
}

/// Acme requires single sign-on through a provider on this port; Ann and Bob have come in through it.
async fn acme(t: &TestApp, port: u16) -> Company {
    let organization = t.organization("Acme").await;
    t.domain(&organization, "acme.test").await;
    let idp = SamlProvider::new("https://idp.acme.test", &format!("http://127.0.0.1:{port}/sso"));
    let connection = t.saml_connection(&organization, &idp).await;
    let acme = Company { organization, idp, connection };
    let ann = t.account(ANN.email).await;
    t.member(&acme.organization, &ann, Role::Admin).await;
    let bob = t.account_with_password(BOB.email, PASSWORD).await;
    t.member(&acme.organization, &bob, Role::Member).await;
    acme.signs_in(t, &mut t.browser(), &ANN).await;
    acme.signs_in(t, &mut t.browser(), &BOB).await;
    let token = t.api_token().await;
    let path = format!("/api/v1/organizations/{}/domains/acme.test/sso", acme.organization.id);
    let done = t.browser().api("PUT", &path, &token, Some(json!({"required": true}))).await;
    assert_eq!(done.status, 200, "{}", done.text);
    acme
}

/// What the job runner does every five minutes.
async fn round(t: &TestApp, minutes: u64) {
    t.clock.advance(Duration::from_mins(minutes));
    server::job::tidy(&t.app).await.unwrap();
    t.work().await;
}

async fn events(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    let all = store::event::list_after(&mut db, 0, 1000).await.unwrap();
    all.into_iter().map(|it| it.kind).filter(|kind| kind.starts_with("sign_on.")).collect()
}

async fn mailed(t: &TestApp, kind: &str) -> usize {
    t.mails().await.into_iter().filter(|it| it.kind == kind).count()
}

async fn password(browser: &mut TestBrowser) -> Answer {
    browser.get("/login").await;
    browser.post("/login/password", &[("email", BOB.email), ("password", PASSWORD)]).await
}

/// Somebody posts rubbish as the answer to a sign-in that was begun with this address.
async fn rubbish(t: &TestApp, acme: &Company, email: &str) {
    let mut browser = t.browser();
    let asked = acme.begins(&mut browser, email, "/").await;
    let other = SamlProvider::new("https://idp.acme.test", "https://elsewhere.test/sso");
    asked.post(&mut browser, &other.lets_in(t, &asked, &Person::new("x", email))).await;
}

#[tokio::test]
async fn members_come_in_by_mail_while_the_provider_cannot_be_reached() {
    each_database!(|t| {
        let (port, provider) = serve(0).await;
        let acme = acme(&t, port).await;
        round(&t, 5).await;
        provider.abort();
        assert!(provider.await.is_err());
        // Two calls in vain may be a hiccup.
        for minutes in [61, 5] {
            round(&t, minutes).await;
            assert!(events(&t).await.is_empty());
        }
        round(&t, 5).await;
        assert_eq!(events(&t).await, ["sign_on.opened"]);
        assert_eq!(mailed(&t, "sso_opened").await, 1);
        let mut bob = t.browser();
        let page = types(&mut bob, "/login", BOB.email, "/wanted").await;
        assert!(
            page.text.contains("by a link in a mail") && !page.text.contains("name=\"password\""),
            "{}",
            page.text
        );
        assert_eq!(
            password(&mut bob).await.status,
            422,
            "what Bob knew before does not stand in for the provider"
        );
        bob.post("/login/link?return_to=%2Fwanted", &[("email", BOB.email)]).await;
        let mails = t.mails().await;
        let at = link(mails.iter().find(|it| it.kind == "sign_in_link").expect("the link"));
        bob.get(&at).await;
        assert_eq!(bob.post(&at, &[]).await.location(), "/wanted");
        // Another round opens nothing twice. The provider is back: the way closes, and who came by it signs in anew.
        round(&t, 5).await;
        assert_eq!(events(&t).await.len(), 1);
        let (_, provider) = serve(port).await;
        round(&t, 5).await;
        assert_eq!(events(&t).await, ["sign_on.opened", "sign_on.closed"]);
        assert_eq!(bob.get("/account").await.status, 303);
        acme.idp.reads(types(&mut bob, "/login", BOB.email, "/wanted").await.location());
        provider.abort();
        round(&t, 240).await;
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn strangers_cannot_switch_enforcement_off_with_rubbish() {
    each_database!(|t| {
        let (port, provider) = serve(0).await;
        let acme = acme(&t, port).await;
        let cleo = t.account("cleo@acme.test").await;
        t.member(&acme.organization, &cleo, Role::Member).await;
        t.operator_cookie().await;
        t.clock.advance(Duration::from_secs(1));
        for _ in 0..20 {
            rubbish(&t, &acme, "nobody@acme.test").await;
        }
        round(&t, 6).await;
        assert_eq!((events(&t).await.len(), mailed(&t, "sso_failing").await), (0, 0), "nobody whom we know");
        // With the addresses of three members a stranger causes one mail a day, and nothing else.
        for _ in 0..2 {
            for email in [ANN.email, BOB.email, "cleo@acme.test"] {
                rubbish(&t, &acme, email).await;
            }
            round(&t, 6).await;
        }
        assert_eq!((events(&t).await.len(), mailed(&t, "sso_failing").await), (0, 2), "Ann and the operator");
        assert_eq!(password(&mut t.browser()).await.status, 403);
        provider.abort();
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_provider_that_we_could_never_reach_proves_nothing_by_not_answering() {
    each_database!(|t| {
        let (port, provider) = serve(0).await;
        provider.abort();
        assert!(provider.await.is_err());
        // People reach it inside their own walls; we never did.
        acme(&t, port).await;
        for _ in 0..5 {
            round(&t, 61).await;
        }
        assert!(events(&t).await.is_empty() && mailed(&t, "sso_opened").await == 0);
        assert_eq!(password(&mut t.browser()).await.status, 403);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn whoever_comes_in_through_the_provider_is_the_better_evidence() {
    each_database!(|t| {
        let (port, provider) = serve(0).await;
        let acme = acme(&t, port).await;
        round(&t, 5).await;
        provider.abort();
        assert!(provider.await.is_err());
        for minutes in [61, 5, 5, 5] {
            round(&t, minutes).await;
            acme.signs_in(&t, &mut t.browser(), &BOB).await;
        }
        assert!(events(&t).await.is_empty(), "it is only we who cannot reach it");
        t.assert_no_work().await;
    });
}
