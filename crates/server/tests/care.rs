//! Connections and keys that look after themselves, while the clock moves through months.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Connection, Mail, Organization, Role, Time};
use saml::SignerKey;
use saml::idp::metadata_xml;
use serde_json::{Value, json};
use server::care;
use server::connection::{self, Change, Input, Settings};
use server::keys::{self, Purpose};
use testkit::{ACTOR, Answer, Person, SamlProvider, TestApp, each_database};

const DAY: Duration = Duration::from_hours(24);
const IDP: &str = "https://idp.acme.test";
const SSO: &str = "https://idp.acme.test/sso";

/// A key with a certificate that ends so many days after the test begins.
fn key_until(days: u32) -> (String, String) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    let at = |time: Time| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(time.as_seconds().cast_unsigned())
    };
    params.not_before = at(testkit::START.before(DAY * 300));
    params.not_after = at(testkit::START.after(DAY * days));
    let certificate = params.self_signed(&key).unwrap();
    (key.serialize_pem(), certificate.pem())
}

fn provider(days: u32) -> SamlProvider {
    let (key_pem, certificate_pem) = key_until(days);
    SamlProvider { key_pem, certificate_pem, ..SamlProvider::new(IDP, SSO) }
}

fn document(entity_id: &str, sso: &str, of: &[&SamlProvider]) -> String {
    let signers: Vec<SignerKey> = of.iter().map(|it| it.signer()).collect();
    let certificates: Vec<&[u8]> = signers.iter().map(SignerKey::cert_der).collect();
    metadata_xml(entity_id, sso, None, &certificates)
}

/// What a metadata server says, and how often it was asked.
#[derive(Default)]
struct Site {
    body: String,
    status: u16,
    etag: &'static str,
    asked: usize,
    unchanged: usize,
}

type Shared = Arc<Mutex<Site>>;

async fn answer(State(site): State<Shared>, headers: HeaderMap) -> Response {
    let mut site = site.lock().unwrap();
    site.asked += 1;
    if site.status != 200 {
        return StatusCode::from_u16(site.status).unwrap().into_response();
    }
    if !site.etag.is_empty() && headers.get("if-none-match").is_some_and(|it| it == site.etag) {
        site.unchanged += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([("etag", site.etag)], site.body.clone()).into_response()
}

async fn serve(body: String) -> (Shared, String) {
    let site: Shared = Arc::new(Mutex::new(Site { body, status: 200, ..Site::default() }));
    let router = Router::new().route("/metadata", get(answer)).with_state(Arc::clone(&site));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (site, format!("http://{address}/metadata"))
}

async fn live(t: &TestApp, org: &Organization, input: Input) -> Connection {
    let it = t.draft(org, "okta-saml").await;
    let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &input).await.unwrap();
    let mut tx = t.app.write().await.unwrap();
    let change = Change { settings: Some(settings), ..Change::default() };
    let it = connection::change(&t.app, &mut tx, &it, change, ACTOR).await.unwrap();
    let it = connection::activate(&t.app, &mut tx, &it, ACTOR).await.unwrap();
    tx.commit().await.unwrap();
    it
}

async fn now(t: &TestApp, it: &Connection) -> Connection {
    store::connection::lookup(&mut t.app.read().await.unwrap(), it.id).await.unwrap().unwrap()
}

async fn state(t: &TestApp, it: &Connection) -> care::State {
    care::of(&mut t.app.read().await.unwrap(), it.id).await.unwrap()
}

fn saml(it: &Connection) -> connection::SamlConfig {
    match Settings::of(it) {
        Some(Settings::Saml(saml)) => saml,
        other => panic!("{other:?}"),
    }
}

async fn events(t: &TestApp, kind: &str) -> Vec<Value> {
    let all = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 10_000).await.unwrap();
    all.into_iter().filter(|it| it.kind == kind).map(|it| serde_json::from_str(&it.data).unwrap()).collect()
}

/// The mails to the administrator, oldest first.
async fn to_ada(t: &TestApp) -> Vec<Mail> {
    t.mails().await.into_iter().filter(|it| it.recipient == "ada@acme.test").collect()
}

/// An administrator of the company and an operator of the vendor.
async fn people(t: &TestApp, org: &Organization) {
    let account = t.account("ada@acme.test").await;
    t.member(org, &account, Role::Admin).await;
    t.operator_cookie().await;
}

#[tokio::test]
async fn a_new_certificate_in_the_metadata_is_trusted_within_the_hour_and_the_old_one_two_days_longer() {
    each_database!(|t| {
        let (old, new) = (provider(900), provider(900));
        let (site, url) = serve(document(IDP, SSO, &[&old])).await;
        let org = t.organization("Acme").await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        care::round(&t.app).await.unwrap();
        assert_eq!(now(&t, &it).await, it, "nothing has changed");
        site.lock().unwrap().body = document(IDP, SSO, &[&new]);
        t.clock.advance(Duration::from_mins(67));
        care::round(&t.app).await.unwrap();
        let after = now(&t, &it).await;
        assert_eq!(saml(&after).certificates.len(), 2, "the new one stands beside the old one");
        assert_eq!(after.tested_at, it.tested_at);
        assert_eq!(events(&t, "connection.certificate_added").await.len(), 1);
        t.clock.advance(DAY);
        care::round(&t.app).await.unwrap();
        assert_eq!(saml(&now(&t, &it).await).certificates.len(), 2);
        t.clock.advance(DAY + Duration::from_hours(2));
        care::round(&t.app).await.unwrap();
        let last = saml(&now(&t, &it).await);
        assert_eq!(last.certificates.len(), 1);
        assert_eq!(last.certificates[0].fingerprint, saml(&after).certificates[0].fingerprint);
        assert_eq!(events(&t, "connection.certificate_removed").await.len(), 1);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_less_and_less_often_and_what_was_known_stays() {
    each_database!(|t| {
        let idp = provider(900);
        let (site, url) = serve(document(IDP, SSO, &[&idp])).await;
        site.lock().unwrap().etag = "\"v1\"";
        let org = t.organization("Acme").await;
        people(&t, &org).await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        for _ in 0..3 {
            care::round(&t.app).await.unwrap();
            t.clock.advance(Duration::from_mins(67));
        }
        assert_eq!(
            site.lock().unwrap().unchanged,
            2,
            "asked whether it has changed since the first whole answer"
        );
        let asked_before = site.lock().unwrap().asked;
        site.lock().unwrap().status = 503;
        // Every five minutes of two days.
        for _ in 0..(2 * 24 * 12) {
            care::round(&t.app).await.unwrap();
            t.clock.advance(Duration::from_mins(5));
        }
        let asked = site.lock().unwrap().asked - asked_before;
        assert!((9..=12).contains(&asked), "{asked}: 5, 10, 20 … minutes apart");
        assert_eq!(now(&t, &it).await, it);
        let known = state(&t, &it).await;
        assert!(known.error.as_deref().is_some_and(|words| words.contains("status 503")), "{known:?}");
        assert!(known.next_at().is_some_and(|at| at > t.app.now()));
        assert_eq!(events(&t, "connection.refresh_failed").await.len(), 1);
        // Once, to the administrator and the operator.
        assert_eq!(t.mails().await.len(), 2);
        let mails = to_ada(&t).await;
        assert_eq!(mails[0].subject, "We cannot read Okta’s metadata any more");
        assert!(mails[0].text.contains("status 503"), "{}", mails[0].text);
        site.lock().unwrap().status = 200;
        t.clock.advance(DAY * 2);
        care::round(&t.app).await.unwrap();
        assert_eq!(state(&t, &it).await.error, None);
        assert_eq!(events(&t, "connection.refresh_recovered").await.len(), 1);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn new_addresses_and_another_provider_wait_for_a_persons_word() {
    each_database!(|t| {
        let idp = provider(900);
        let (site, url) = serve(document(IDP, SSO, &[&idp])).await;
        let org = t.organization("Acme").await;
        people(&t, &org).await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        care::round(&t.app).await.unwrap();
        let elsewhere = "https://new.acme.test/sso";
        site.lock().unwrap().body = document(IDP, elsewhere, &[&idp]);
        for _ in 0..3 {
            t.clock.advance(Duration::from_mins(67));
            care::round(&t.app).await.unwrap();
        }
        assert_eq!(now(&t, &it).await, it, "not taken silently");
        assert_eq!(events(&t, "connection.metadata_changed").await.len(), 1, "told once");
        let mails = to_ada(&t).await;
        assert_eq!((mails.len(), t.mails().await.len()), (1, 2));
        assert!(mails[0].text.contains(SSO) && mails[0].text.contains(elsewhere), "{}", mails[0].text);

        let token = t.api_token().await;
        let path = format!("/api/v1/organizations/{}/connections/{}", org.id, it.id);
        let shown = t.browser().api("GET", &path, &token, None).await.json();
        let changes = shown["provider_documents"]["changes"].clone();
        assert_eq!(changes["sso_urls"][0], elsewhere);
        let refresh = async |body: Value| -> Answer {
            t.browser().api("POST", &format!("{path}/refresh"), &token, Some(body)).await
        };
        assert_eq!(refresh(json!({"accept": "other"})).await.status, StatusCode::CONFLICT);
        assert_eq!(now(&t, &it).await, it);
        assert_eq!(refresh(json!({"accept": changes["id"]})).await.status, StatusCode::OK);
        assert_eq!(saml(&now(&t, &it).await).sso[0].location, elsewhere);

        site.lock().unwrap().body = document("https://evil.test", "https://evil.test/sso", &[&provider(900)]);
        let before = now(&t, &it).await;
        let read = refresh(json!({})).await.json();
        let words = read["provider_documents"]["last_error"].as_str().unwrap();
        assert!(words.contains(IDP) && words.contains("https://evil.test"), "{words}");
        assert_eq!(now(&t, &it).await.config, before.config);
        assert_eq!(t.mails().await.len(), 4);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_company_sees_how_its_provider_is_read_and_takes_over_what_changed() {
    each_database!(|t| {
        let idp = provider(40);
        let (site, url) = serve(document(IDP, SSO, &[&idp])).await;
        let org = t.organization("Acme").await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        let account = t.account("ada@acme.test").await;
        let member = t.member(&org, &account, Role::Admin).await;
        let mut browser = t.browser();
        t.session(&mut browser, &account, Some(&member)).await;
        browser.get("/login").await;
        let page = browser.get("/org/sign-on").await;
        assert!(page.text.contains("in 40 days") && page.text.contains("Read again now"), "{}", page.text);
        site.lock().unwrap().status = 500;
        let id = it.id.to_string();
        let done = browser.post("/org/sign-on", &[("refresh", &id)]).await;
        assert_eq!(done.location(), "/org/sign-on?done=unread");
        let page = browser.get("/org/sign-on").await;
        assert!(page.text.contains("Okta’s metadata could not be read"), "{}", page.text);
        assert!(page.text.contains("status 500"), "{}", page.text);
        *site.lock().unwrap() =
            Site { body: document(IDP, "https://b.test/sso", &[&idp]), status: 200, ..Site::default() };
        let done = browser.post("/org/sign-on", &[("refresh", &id)]).await;
        assert_eq!(done.location(), "/org/sign-on?done=read");
        let page = browser.get("/org/sign-on").await;
        let value = page.text.split("name=\"accept\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let other = t.organization("Other").await;
        let mut stranger = t.administrator(&other, "eve@other.test").await;
        stranger.get("/login").await;
        for form in [("refresh", id.as_str()), ("accept", value)] {
            assert_eq!(stranger.post("/org/sign-on", &[form]).await.status, StatusCode::NOT_FOUND);
        }
        browser.post("/org/sign-on", &[("accept", value)]).await;
        assert_eq!(saml(&now(&t, &it).await).sso[0].location, "https://b.test/sso");
    });
}

/// The links in the mails to Ada, oldest first.
async fn links(t: &TestApp) -> Vec<String> {
    let mails = to_ada(t).await;
    mails
        .iter()
        .map(|it| {
            it.text
                .split("http://127.0.0.1:8080")
                .nth(1)
                .unwrap()
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn people_are_warned_before_a_certificate_ends_each_time_with_a_fresh_link_and_not_after_it_was_renewed()
 {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        people(&t, &org).await;
        let ending = provider(90);
        let it = live(&t, &org, Input::MetadataXml { xml: ending.metadata(), entity_id: None }).await;
        let mut told = Vec::new();
        for day in 0..85 {
            let before = events(&t, "connection.certificate_expiring").await.len();
            care::round(&t.app).await.unwrap();
            if events(&t, "connection.certificate_expiring").await.len() > before {
                told.push(90 - day);
            }
            t.clock.advance(DAY);
        }
        assert_eq!(told, [60, 30, 14, 7]);
        let data = events(&t, "connection.certificate_expiring").await;
        assert_eq!(data.iter().map(|it| it["days"].as_u64().unwrap()).collect::<Vec<_>>(), [60, 30, 14, 7]);
        assert_eq!(data[0]["connection_id"], it.id.to_string());
        assert!(data[0]["not_after"].as_str().unwrap().starts_with("2026-05-30"), "{}", data[0]);
        // One to the administrator, one to the operator.
        let mails = t.mails().await;
        assert_eq!(mails.len(), 8);
        assert_eq!(to_ada(&t).await[0].subject, "Okta’s certificate ends in 60 days");
        let operators = mails.iter().filter(|it| it.subject.starts_with("Acme: "));
        assert_eq!(operators.filter(|it| !it.text.contains("/s/")).count(), 4);
        let links = links(&t).await;
        assert_eq!(links.len(), 4);
        for (at, link) in links.iter().enumerate() {
            let page = t.browser().get(link).await;
            assert_eq!(page.status.as_u16(), if at == 3 { 200 } else { 410 }, "{link}");
        }
        let mut browser = t.browser();
        browser.get("/login").await;
        let trust = browser.get(&format!("{}/certificate", links[3])).await;
        assert!(trust.text.contains("Ends in"), "{}", trust.text);
        assert_ne!(browser.get(&format!("{}/sso/providers", links[3])).await.status, StatusCode::OK);

        // Renewed: the last warning is not sent.
        let renewed = document(IDP, SSO, &[&ending, &provider(900)]);
        let input = Input::MetadataXml { xml: renewed, entity_id: None };
        let settings = connection::read_input(&t.app, "okta-saml", Some(&it), &input).await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let change = Change { settings: Some(settings), ..Change::default() };
        connection::change(&t.app, &mut tx, &it, change, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..20 {
            care::round(&t.app).await.unwrap();
            t.clock.advance(DAY);
        }
        assert_eq!(t.mails().await.len(), 8);
        assert!(events(&t, "connection.certificate_expired").await.is_empty());
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn metadata_that_brings_a_new_certificate_cancels_the_warnings_and_none_is_said_when_it_ended() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        let (ending, new) = (provider(10), provider(900));
        let (site, url) = serve(document(IDP, SSO, &[&ending])).await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        for _ in 0..11 {
            care::round(&t.app).await.unwrap();
            t.clock.advance(DAY);
        }
        let kinds = ["connection.certificate_expiring", "connection.certificate_expired"];
        let count = async || (events(&t, kinds[0]).await.len(), events(&t, kinds[1]).await.len());
        care::round(&t.app).await.unwrap();
        assert_eq!(count().await, (3, 1), "14, 7 and 1 day before, and when it ended");
        let known = state(&t, &it).await;
        let shown = care::notice(&it, &known, t.app.now()).unwrap();
        assert_eq!(shown.title, "Okta’s certificate has ended");
        site.lock().unwrap().body = document(IDP, SSO, &[&new]);
        t.clock.advance(DAY);
        care::round(&t.app).await.unwrap();
        let it = now(&t, &it).await;
        assert!(care::notice(&it, &state(&t, &it).await, t.app.now()).is_none());
        assert_eq!(count().await, (3, 1));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_sign_in_with_a_key_that_was_published_a_moment_ago_goes_through() {
    each_database!(|t| {
        let (old, new) = (provider(900), provider(900));
        let (site, url) = serve(document(IDP, SSO, &[&old])).await;
        let org = t.organization("Acme").await;
        t.domain(&org, "acme.test").await;
        let it = live(&t, &org, Input::MetadataUrl(url)).await;
        site.lock().unwrap().body = document(IDP, SSO, &[&new]);
        let asked_before = site.lock().unwrap().asked;
        let begin = async |browser: &mut testkit::TestBrowser| {
            browser.get("/login").await;
            let sent = browser.post("/login", &[("email", "ann@acme.test")]).await;
            new.reads(sent.location())
        };
        let mut browser = t.browser();
        let asked = begin(&mut browser).await;
        let person = Person::new("u1", "ann@acme.test");
        let back = asked.post(&mut browser, &new.lets_in(&t, &asked, &person)).await;
        let done = browser.get(back.location()).await;
        assert_eq!(done.location(), "/account", "{}", done.text);
        assert_eq!(saml(&now(&t, &it).await).certificates.len(), 2);
        // Strangers' keys do not make us ask again and again.
        for _ in 0..5 {
            let mut browser = t.browser();
            let asked = begin(&mut browser).await;
            let stranger = provider(900);
            asked.post(&mut browser, &stranger.lets_in(&t, &asked, &person)).await;
        }
        assert_eq!(site.lock().unwrap().asked - asked_before, 1);
    });
}

#[tokio::test]
async fn signing_keys_are_published_before_they_sign_and_known_long_after() {
    each_database!(|t| {
        let kids = async || -> Vec<String> {
            let set = t.browser().get("/oauth2/jwks").await.json();
            set["keys"].as_array().unwrap().iter().map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
        };
        let first = kids().await;
        assert_eq!(first.len(), 2);
        let mut changes = vec![(0, first.clone())];
        for day in 1..=230 {
            t.clock.advance(DAY);
            keys::tend(&t.app).await.unwrap();
            let now = kids().await;
            if now != changes.last().unwrap().1 {
                changes.push((day, now));
            }
        }
        let days: Vec<i32> = changes.iter().map(|it| it.0).collect();
        assert_eq!(days, [0, 178, 180, 210], "published, signing, and the old ones gone");
        let (published, signing, gone) = (&changes[1].1, &changes[2].1, &changes[3].1);
        assert_eq!((published.len(), &published[..2]), (4, &first[..]), "the old ones still sign");
        assert_eq!((signing.len(), &signing[2..]), (4, &first[..]), "the old ones are still known");
        assert_eq!((gone.len(), &gone[..]), (2, &signing[..2]));

        keys::rotate(&t.app, Purpose::Oidc, false, ACTOR).await.unwrap();
        keys::rotate(&t.app, Purpose::Oidc, false, ACTOR).await.unwrap();
        assert_eq!(kids().await.len(), 4, "a second click leaves one successor");
        keys::rotate(&t.app, Purpose::Oidc, true, ACTOR).await.unwrap();
        let emergency = kids().await;
        assert_eq!(emergency.len(), 2);
        assert!(emergency.iter().all(|kid| !gone.contains(kid)));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn our_saml_key_is_replaced_only_when_an_operator_says_so() {
    each_database!(|t| {
        let org = t.organization("Acme").await;
        people(&t, &org).await;
        let idp = provider(900);
        let it = live(&t, &org, Input::MetadataXml { xml: idp.metadata(), entity_id: None }).await;
        let signed = Change { want_signed_requests: Some(true), ..Change::default() };
        let mut tx = t.app.write().await.unwrap();
        connection::change(&t.app, &mut tx, &it, signed, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        let path = |what: &str| format!("/saml/{}/{what}", it.id);
        let current = t.browser().get(&path("certificate.pem")).await.text;
        assert_eq!(t.browser().get(&path("certificate.pem?next=1")).await.status, StatusCode::NOT_FOUND);
        let body = |pem: &str| pem.lines().filter(|it| !it.starts_with("-----")).collect::<String>();
        t.clock.advance(DAY * 2000);
        keys::tend(&t.app).await.unwrap();
        assert_eq!(t.browser().get(&path("certificate.pem")).await.text, current);
        assert_eq!(keys::switch_saml(&t.app, ACTOR).await.unwrap_err().code, "key_not_prepared");
        for _ in 0..2 {
            keys::prepare_saml(&t.app, ACTOR).await.unwrap();
        }
        let next = t.browser().get(&path("certificate.pem?next=1")).await.text;
        assert_ne!(next, current);
        let metadata = t.browser().get(&path("metadata")).await.text;
        assert!(metadata.contains(&body(&current)) && metadata.contains(&body(&next)), "{metadata}");
        let mails = t.mails().await;
        assert_eq!(mails.len(), 1, "told once, with the way to the new certificate");
        assert!(mails[0].text.contains("certificate.pem?next=1"), "{}", mails[0].text);
        assert_eq!(t.browser().get(&path("certificate.pem")).await.text, current, "not signing yet");
        keys::switch_saml(&t.app, ACTOR).await.unwrap();
        assert_eq!(t.browser().get(&path("certificate.pem")).await.text, next);
        let metadata = t.browser().get(&path("metadata")).await.text;
        assert!(!metadata.contains(&body(&current)), "{metadata}");
        let all = store::key::list(&mut t.app.read().await.unwrap(), "saml").await.unwrap();
        assert_eq!(all.len(), 2, "the old one still decrypts");
        let (old, signing) = (all[0].id.to_string(), all[1].id.to_string());
        assert_eq!(keys::discard(&t.app, &signing, ACTOR).await.unwrap_err().code, "key_in_use");
        keys::discard(&t.app, &old, ACTOR).await.unwrap();
        assert_eq!(keys::discard(&t.app, &old, ACTOR).await.unwrap_err().status, StatusCode::NOT_FOUND);
        t.assert_no_work().await;
    });
}
