//! A connection that fails for everybody, and strangers who would like it to look so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use model::Role;
use serde_json::json;
use server::connection::{self, Change, Input, OidcInput};
use testkit::{ACTOR, Answer, Person, SamlProvider, TestApp, TestBrowser, each_database};
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

#[tokio::test]
async fn of_several_connections_only_who_is_led_to_the_one_that_fails_comes_in_by_mail() {
    each_database!(|t| {
        let (port, works) = serve(0).await;
        let (other, fails) = serve(0).await;
        let acme = acme(&t, port).await;
        t.clock.advance(Duration::from_secs(1));
        let idp = SamlProvider::new("https://pilot.acme.test", &format!("http://127.0.0.1:{other}/sso"));
        let connection = t.saml_connection(&acme.organization, &idp).await;
        let pilot = Company { organization: acme.organization.clone(), idp, connection };
        let rules = json!({
            "rules": [{"pilot": [BOB.email], "connection": pilot.connection.id.to_string()}],
            "everybody_else": {"connection": acme.connection.id.to_string()},
        });
        let path = format!("/api/v1/organizations/{}/domains/acme.test/routing", acme.organization.id);
        let done = t.browser().api("PUT", &path, &t.api_token().await, Some(rules)).await;
        assert_eq!(done.status, 200, "{}", done.text);
        pilot.signs_in(&t, &mut t.browser(), &BOB).await;
        assert_eq!(password(&mut t.browser()).await.status, 403, "the pilot's connection is proven");
        round(&t, 5).await;
        fails.abort();
        assert!(fails.await.is_err());
        for minutes in [61, 5, 5] {
            round(&t, minutes).await;
        }
        assert_eq!(events(&t).await, ["sign_on.opened"]);
        let mut bob = t.browser();
        let page = types(&mut bob, "/login", BOB.email, "/wanted").await;
        assert!(page.text.contains("by a link in a mail"), "{}", page.text);
        bob.post("/login/link?return_to=%2Fwanted", &[("email", BOB.email)]).await;
        let mails = t.mails().await;
        let at = link(mails.iter().find(|it| it.kind == "sign_in_link").expect("the link"));
        bob.get(&at).await;
        assert_eq!(bob.post(&at, &[]).await.location(), "/wanted");
        // Whoever is led to the one that works goes there, and has no other way.
        let mut ann = t.browser();
        acme.idp.reads(types(&mut ann, "/login", ANN.email, "/wanted").await.location());
        ann.get("/login").await;
        assert_eq!(ann.post("/login/link", &[("email", ANN.email)]).await.status, 403);
        assert_eq!(mailed(&t, "sign_in_link").await, 1);
        // That the other one is fine ends nothing; that this one is back does.
        round(&t, 61).await;
        assert_eq!(events(&t).await, ["sign_on.opened"]);
        let (_, fails) = serve(other).await;
        round(&t, 5).await;
        assert_eq!(events(&t).await, ["sign_on.opened", "sign_on.closed"]);
        pilot.idp.reads(types(&mut bob, "/login", BOB.email, "/wanted").await.location());
        fails.abort();
        works.abort();
        round(&t, 240).await;
        t.assert_no_work().await;
    });
}

/// What an OpenID provider does today.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Today {
    /// It minds the code, and nothing else.
    Fine,
    /// It takes our secret no more.
    RefusesUs,
    /// Its discovery document is away.
    Away,
    /// It calls itself something else.
    Renamed,
}

/// An OpenID provider, and what it is told to do.
async fn openid() -> (String, Arc<Mutex<Today>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = format!("http://{}", listener.local_addr().unwrap());
    let today = Arc::new(Mutex::new(Today::Fine));
    let (issuer, is) = (host.clone(), today.clone());
    let discovery = async move || {
        let now = *is.lock().unwrap();
        let named = if now == Today::Renamed { "https://elsewhere.test" } else { issuer.as_str() };
        let document = json!({
            "issuer": named,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let status = if now == Today::Away { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, axum::Json(document))
    };
    let is = today.clone();
    let token = async move || {
        if *is.lock().unwrap() == Today::RefusesUs {
            return (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "invalid_client"})));
        }
        (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "invalid_grant"})))
    };
    // The key of RFC 7517, appendix A.1.
    let jwks = async || {
        axum::Json(json!({"keys": [{
            "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }]}))
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/token", post(token));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    (host, today)
}

#[tokio::test]
async fn an_openid_provider_fails_where_our_own_calls_say_so_and_is_back_when_they_do() {
    each_database!(|t| {
        let (issuer, today) = openid().await;
        let organization = t.organization("Acme").await;
        let domain = t.domain(&organization, "acme.test").await;
        let it = t.draft(&organization, "generic-oidc").await;
        let input = Input::Oidc(OidcInput {
            issuer,
            client_id: "us".to_owned(),
            client_secret: "a secret of ours".to_owned(),
            secret_ends: String::new(),
            by_key: false,
        });
        let settings = connection::read_input(&t.app, "generic-oidc", Some(&it), &input).await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let change = Change { settings: Some(settings), ..Change::default() };
        let it = connection::change(&t.app, &mut tx, &it, change, ACTOR).await.unwrap();
        connection::activate(&t.app, &mut tx, &it, ACTOR).await.unwrap();
        store::connection::touch(&mut tx, it.id, t.app.now()).await.unwrap();
        store::domain::require_sso(&mut tx, domain.id, Some(t.app.now())).await.unwrap();
        tx.commit().await.unwrap();
        let bob = t.account_with_password(BOB.email, PASSWORD).await;
        t.member(&organization, &bob, Role::Member).await;
        let says = |now: Today| *today.lock().unwrap() = now;
        round(&t, 5).await;
        for (n, fails) in [Today::RefusesUs, Today::Away, Today::Renamed].into_iter().enumerate() {
            says(fails);
            for minutes in [61, 5] {
                round(&t, minutes).await;
                assert_eq!(events(&t).await.len(), 2 * n, "two calls in vain may be a hiccup");
                assert_eq!(password(&mut t.browser()).await.status, 403);
            }
            round(&t, 5).await;
            assert_eq!(events(&t).await.len(), 2 * n + 1);
            let page = types(&mut t.browser(), "/login", BOB.email, "/wanted").await;
            assert!(page.text.contains("by a link in a mail"), "{}", page.text);
            says(Today::Fine);
            round(&t, 5).await;
            assert_eq!(events(&t).await.len(), 2 * n + 2, "it is back");
            assert_eq!(password(&mut t.browser()).await.status, 403);
        }
        // One good call between bad ones begins the count anew.
        for now in [Today::Away, Today::Away, Today::Fine, Today::Away, Today::Away] {
            says(now);
            round(&t, 61).await;
        }
        assert_eq!(events(&t).await.len(), 6);
        round(&t, 240).await;
        assert_eq!(events(&t).await.len(), 7);
        says(Today::Fine);
        round(&t, 5).await;
        round(&t, 240).await;
        t.assert_no_work().await;
    });
}
