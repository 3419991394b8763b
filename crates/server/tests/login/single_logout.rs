//! SAML single logout: the provider ends our sessions, and a sign-out here ends the provider's.

use std::time::Duration;

use model::{Connection, Organization};
use saml::logout::{Carrier, Expected, ReceivedLogoutRequest, Request, Response, Status};
use saml::{NameId, SigningKey, binding_uri, name_id_format};
use serde_json::{Value, json};
use server::connection::Settings;
use testkit::{Answer, Person, SamlProvider, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, is_signed_in, uses};

const OURS: &str = "http://127.0.0.1:8080";
const SLO: &str = "https://idp.acme.test/slo";
const POST: &str = binding_uri::POST;

/// Acme, whose provider takes sign-out messages.
async fn acme(t: &TestApp, change: impl FnOnce(&mut Organization)) -> Company {
    let organization = t.organization_with("Acme", change).await;
    t.domain(&organization, "acme.test").await;
    let idp = SamlProvider::of("acme.test").with_logout();
    let connection = t.saml_connection(&organization, &idp).await;
    Company { organization, idp, connection }
}

async fn ends_both(t: &TestApp) -> Company {
    acme(t, |it| it.end_provider_session = true).await
}

/// Lets the provider take sign-out messages by this binding alone, answers perhaps elsewhere.
async fn only_by(t: &TestApp, it: &mut Connection, binding: &str, answers: Option<&str>) {
    let Some(Settings::Saml(mut config)) = Settings::of(it) else { panic!("a SAML connection") };
    config.slo.retain(|endpoint| endpoint.binding == binding);
    config.slo[0].response_location = answers.map(str::to_owned);
    it.config = Settings::Saml(config).to_text();
    let mut tx = t.app.write().await.unwrap();
    store::connection::update(&mut tx, it).await.unwrap();
    tx.commit().await.unwrap();
}

async fn signed_in(t: &TestApp, it: &Company, person: &Person<'_>) -> TestBrowser {
    let mut browser = t.browser();
    assert_eq!(it.signs_in(t, &mut browser, person).await.location(), "/wanted");
    assert!(is_signed_in(&mut browser).await);
    browser
}

fn ann(session: &'static str) -> Person<'static> {
    Person { session, ..Person::new("00u1", "ann@acme.test") }
}

/// What the provider asks.
struct Asks<'a> {
    id: &'a str,
    person: &'a str,
    sessions: &'a [&'a str],
}

impl Asks<'_> {
    fn with<T>(&self, t: &TestApp, it: &Company, make: impl FnOnce(Request<'_>) -> T) -> T {
        let name_id = NameId {
            value: self.person.to_owned(),
            format: Some(name_id_format::PERSISTENT.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
        };
        let now = t.app.now();
        make(Request {
            id: self.id,
            issue_instant: now.to_jiff(),
            not_on_or_after: now.after(Duration::from_mins(5)).to_jiff(),
            destination: &slo_url(&it.connection),
            issuer: &it.idp.entity_id,
            name_id: &name_id,
            session_indexes: self.sessions,
            reason: None,
        })
    }

    fn redirect(&self, t: &TestApp, it: &Company, signer: &SamlProvider) -> String {
        let url = self.with(t, it, |r| r.redirect_url(Some("their state"), &signer.signer()).unwrap());
        url.trim_start_matches(OURS).to_owned()
    }

    fn form(&self, t: &TestApp, it: &Company, signer: &SamlProvider) -> String {
        self.with(t, it, |r| r.post_value(&signer.signer()).unwrap())
    }
}

fn slo_url(it: &Connection) -> String {
    format!("{OURS}/saml/{}/slo", it.id)
}

fn slo_path(it: &Connection) -> String {
    format!("/saml/{}/slo", it.id)
}

/// Our key, as the provider read it from our metadata.
async fn our_keys(t: &TestApp, it: &Connection) -> Vec<SigningKey> {
    let pem = t.browser().get(&format!("/saml/{}/certificate.pem", it.id)).await;
    vec![SigningKey::from_pem(&pem.text, t.app.now().to_jiff()).unwrap()]
}

/// The provider reads our answer to its request.
async fn outcome(t: &TestApp, it: &Company, carrier: Carrier<'_>, at: &str, request: &str) -> Status {
    let (keys, us) = (our_keys(t, &it.connection).await, format!("{OURS}/saml/{}", it.connection.id));
    let expected = Expected::new(&us, &keys, at);
    saml::logout::validate_response(carrier, &expected, request, t.app.now().to_jiff()).unwrap().status
}

/// The provider reads our request.
async fn asked(t: &TestApp, it: &Company, carrier: Carrier<'_>) -> ReceivedLogoutRequest {
    let (keys, us) = (our_keys(t, &it.connection).await, format!("{OURS}/saml/{}", it.connection.id));
    let expected = Expected::new(&us, &keys, SLO);
    saml::logout::validate_request(carrier, &expected, t.app.now().to_jiff()).unwrap()
}

fn query(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

/// The link of a page that goes on by itself.
fn onward(page: &Answer) -> String {
    let tag = page.text.split("<a ").find(|tag| tag.contains("data-onward")).expect("a link onward");
    let href = tag.split_once("href=\"").unwrap().1.split('"').next().unwrap();
    href.replace("&#38;", "&").replace("&amp;", "&")
}

async fn reasons(t: &TestApp) -> Vec<String> {
    let facts = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    let ended = facts.iter().filter(|fact| fact.kind == "session.revoked");
    ended
        .map(|fact| serde_json::from_str::<Value>(&fact.data).unwrap()["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_provider_ends_the_sessions_that_it_names_and_is_answered_where_its_metadata_says() {
    each_database!(|t| {
        let mut acme = acme(&t, |_| {}).await;
        let mut first = signed_in(&t, &acme, &ann("s1")).await;
        let mut second = signed_in(&t, &acme, &ann("s2")).await;
        let mut third = signed_in(&t, &acme, &ann("s3")).await;
        let bob = Person { session: "s1", ..Person::new("00u2", "bob@acme.test") };
        let mut other = signed_in(&t, &acme, &bob).await;

        // One session, by redirect, without any cookie of ours.
        let one = Asks { id: "_r1", person: "00u1", sessions: &["s1"] };
        let answer = t.browser().get(&one.redirect(&t, &acme, &acme.idp)).await;
        let back = answer.location().to_owned();
        assert!(back.starts_with(&format!("{SLO}?SAMLResponse=")), "{back}");
        assert!(back.contains("&RelayState=their+state&SigAlg="), "{back}");
        let status = outcome(&t, &acme, Carrier::Redirect(query(&back)), SLO, "_r1").await;
        assert_eq!(status, Status::Success);
        assert!(!is_signed_in(&mut first).await && is_signed_in(&mut second).await);
        assert!(is_signed_in(&mut other).await, "the session of somebody else has the same name");

        // All of the person's, by form, answered by form elsewhere.
        let answers = "https://idp.acme.test/slo/answers";
        only_by(&t, &mut acme.connection, POST, Some(answers)).await;
        let all = Asks { id: "_r2", person: "00u1", sessions: &[] }.form(&t, &acme, &acme.idp);
        let form = [("SAMLRequest", all.as_str()), ("RelayState", "their state")];
        let page = t.browser().post_cross_site(&slo_path(&acme.connection), &form).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(&format!("action=\"{answers}\"")), "{}", page.text);
        assert_eq!(page.input("RelayState").as_deref(), Some("their state"));
        let value = page.input("SAMLResponse").unwrap();
        assert_eq!(outcome(&t, &acme, Carrier::Post(&value), answers, "_r2").await, Status::Success);
        assert!(!is_signed_in(&mut second).await && !is_signed_in(&mut third).await);
        assert!(is_signed_in(&mut other).await);
        assert_eq!(reasons(&t).await, ["identity_provider"; 3]);

        // Over already, or never there: nothing to complain of.
        let gone = Asks { id: "_r3", person: "nobody", sessions: &[] }.form(&t, &acme, &acme.idp);
        let page = t.browser().post_cross_site(&slo_path(&acme.connection), &[("SAMLRequest", &gone)]).await;
        let value = page.input("SAMLResponse").unwrap();
        assert_eq!(outcome(&t, &acme, Carrier::Post(&value), answers, "_r3").await, Status::Success);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn applications_hear_of_a_providers_sign_out_and_it_hears_of_those_that_cannot() {
    each_database!(|t| {
        let mut acme = acme(&t, |_| {}).await;
        let told = t
            .application(json!({
                "frontchannel_logout_uri": "https://product.example/out",
                "token_endpoint_auth_method": "client_secret_post",
            }))
            .await;
        let mut browser = signed_in(&t, &acme, &ann("s1")).await;
        uses(&t, &mut browser, &told).await;
        let asks = Asks { id: "_r1", person: "00u1", sessions: &["s1"] };
        let page = t.browser().get(&asks.redirect(&t, &acme, &acme.idp)).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("<iframe src=\"https://product.example/out?"), "{}", page.text);
        let back = onward(&page);
        let status = outcome(&t, &acme, Carrier::Redirect(query(&back)), SLO, "_r1").await;
        assert_eq!(status, Status::Success);

        // By form, in a frame of the provider's page: no room for frames of ours, and the provider's page may hold it.
        only_by(&t, &mut acme.connection, POST, None).await;
        let mut browser = signed_in(&t, &acme, &ann("s2")).await;
        uses(&t, &mut browser, &told).await;
        let value = Asks { id: "_r2", person: "00u1", sessions: &["s2"] }.form(&t, &acme, &acme.idp);
        let page = in_frame(&t, &acme, &value).await;
        assert!(!page.text.contains("<iframe"), "{}", page.text);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors https://idp.acme.test"), "{policy}");
        assert!(!page.headers.contains_key("x-frame-options"));
        let value = page.input("SAMLResponse").unwrap();
        assert_eq!(outcome(&t, &acme, Carrier::Post(&value), SLO, "_r2").await, Status::Partial);

        // An application that nobody can tell.
        let deaf = t.application(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
        let mut browser = signed_in(&t, &acme, &ann("s3")).await;
        uses(&t, &mut browser, &deaf).await;
        let value = Asks { id: "_r3", person: "00u1", sessions: &["s3"] }.form(&t, &acme, &acme.idp);
        let form = [("SAMLRequest", value.as_str())];
        let page = t.browser().post_cross_site(&slo_path(&acme.connection), &form).await;
        let value = page.input("SAMLResponse").unwrap();
        assert_eq!(outcome(&t, &acme, Carrier::Post(&value), SLO, "_r3").await, Status::Partial);
        assert!(!is_signed_in(&mut browser).await);
        t.work().await;
        t.assert_no_work().await;
    });
}

async fn in_frame(t: &TestApp, it: &Company, value: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("SAMLRequest", value).finish();
    let request = axum::http::Request::post(slo_path(&it.connection))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-dest", "iframe")
        .body(axum::body::Body::from(body))
        .unwrap();
    t.browser().send(request).await
}

#[tokio::test]
async fn a_sign_out_message_that_is_forged_unsigned_replayed_or_meant_for_others_ends_nothing() {
    each_database!(|t| {
        let acme = acme(&t, |_| {}).await;
        let globex = crate::company::company(&t, "Globex", "globex.test").await;
        let mut browser = signed_in(&t, &acme, &ann("s1")).await;
        let asks = Asks { id: "_r1", person: "00u1", sessions: &[] };
        let stranger = SamlProvider::of("acme.test");
        let good = asks.redirect(&t, &acme, &acme.idp);
        let unsigned = good.split("&SigAlg=").next().unwrap().to_owned();
        let tampered = good.replace("RelayState=their", "RelayState=other");
        let elsewhere = good.replace(&acme.connection.id.to_string(), &globex.connection.id.to_string());
        for (path, code) in [
            (asks.redirect(&t, &acme, &stranger), "signature_invalid"),
            (unsigned, "signature_missing"),
            (tampered, "signature_invalid"),
            (elsewhere, "signature_invalid"),
            (format!("{}?SAMLRequest=rubbish", slo_path(&acme.connection)), "signature_missing"),
        ] {
            t.clock.advance(Duration::from_secs(1));
            let page = t.browser().get(&path).await;
            assert_eq!(page.status, 400, "{path}");
            assert!(page.text.contains("You may still be signed in here"), "{}", page.text);
            assert!(page.text.contains(&format!("sign_out_{code}")), "{code}: {}", page.text);
            assert_eq!(attempts(&t).await[0], format!("sign_out_{code}"));
        }
        let form = asks.form(&t, &acme, &stranger);
        let page = t.browser().post_cross_site(&slo_path(&acme.connection), &[("SAMLRequest", &form)]).await;
        assert_eq!(page.status, 400);
        for (form, status) in [(vec![], 400), (vec![("SAMLRequest", "a"), ("SAMLResponse", "b")], 400)] {
            assert_eq!(t.browser().post_cross_site(&slo_path(&acme.connection), &form).await.status, status);
        }
        assert_eq!(t.browser().get("/saml/con_nowhere/slo?SAMLRequest=a").await.status, 404);
        assert!(is_signed_in(&mut browser).await);

        assert_eq!(t.browser().get(&good).await.status, 303);
        assert!(!is_signed_in(&mut browser).await);
        let mut again = signed_in(&t, &acme, &ann("s1")).await;
        let page = t.browser().get(&good).await;
        assert_eq!(page.status, 400);
        assert!(page.text.contains("This sign-out was done before"), "{}", page.text);
        t.clock.advance(Duration::from_mins(8));
        let page = t.browser().get(&good).await;
        assert!(page.text.contains("sign_out_expired"), "{}", page.text);
        assert!(is_signed_in(&mut again).await);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn strangers_fill_no_record_with_sign_outs_and_the_operator_reads_those_that_are_kept() {
    each_database!(|t| {
        let acme = acme(&t, |_| {}).await;
        let asks = Asks { id: "_r1", person: "00u1", sessions: &[] };
        let forged = asks.redirect(&t, &acme, &SamlProvider::of("acme.test"));
        for _ in 0..30 {
            assert_eq!(t.browser().get(&forged).await.status, 400);
        }
        assert_eq!(attempts(&t).await.len(), 20);
        let mut operator = t.operator().await;
        let list = operator.get("/console/sign-ins").await;
        assert!(list.text.contains("Sign-out: signature does not fit"), "{}", list.text);
        let at = list.text.split("href=\"/console/sign-ins/").nth(1).unwrap().split('"').next().unwrap();
        let page = operator.get(&format!("/console/sign-ins/{at}")).await;
        assert_eq!(page.status, 200);
        for words in ["Okta sent a sign-out message that was not believed", ", a sign-out", "LogoutRequest"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        let overview = operator.get(&format!("/console/organizations/{}", acme.organization.id)).await;
        assert!(overview.text.contains("–"), "no sign-in has failed: {}", overview.text);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_sign_out_here_goes_by_way_of_the_provider_and_ends_ours_first() {
    each_database!(|t| {
        let mut acme = ends_both(&t).await;
        let mut browser = signed_in(&t, &acme, &ann("s1")).await;
        let away = browser.post("/logout", &[]).await;
        let leaving = away.location().to_owned();
        assert!(leaving.starts_with("/logout/provider/"), "{leaving}");
        assert!(!is_signed_in(&mut browser).await, "ours has ended before the provider is asked");
        assert_eq!(reasons(&t).await, ["signed_out"]);
        assert_eq!(t.browser().get(&leaving).await.location(), "/logout", "another browser is sent nowhere");
        let page = browser.get(&leaving).await;
        let there = onward(&page);
        let request = asked(&t, &acme, Carrier::Redirect(query(&there))).await;
        let named = (request.name_id.value.as_str(), request.name_id.format.as_deref());
        assert_eq!(named, ("00u1", Some(name_id_format::PERSISTENT)));
        assert_eq!(request.session_indexes, ["s1"]);
        let state = request.relay_state.unwrap();

        let response = |in_response_to, status| {
            Response {
                id: "_a1",
                issue_instant: t.app.now().to_jiff(),
                destination: &slo_url(&acme.connection),
                issuer: &acme.idp.entity_id,
                in_response_to,
                status,
            }
            .redirect_url(Some(&state), &acme.idp.signer())
            .unwrap()
            .trim_start_matches(OURS)
            .to_owned()
        };
        let page = t.browser().get(&response("_another", Status::Success)).await;
        assert_eq!(page.status, 400);
        assert!(page.text.contains("You are signed out here"), "{}", page.text);
        assert!(attempts(&t).await.contains(&"sign_out_in_response_to_mismatch".to_owned()));
        let answer = browser.get(&response(&request.id, Status::Success)).await;
        assert_eq!(answer.location(), "/logout");
        assert!(browser.get("/logout").await.text.contains("You are signed out"));
        let again = browser.get(&response(&request.id, Status::Success)).await;
        assert_eq!(again.status, 400);
        assert!(again.text.contains("This sign-out has ended"), "{}", again.text);

        // By form, and the provider does it in part.
        only_by(&t, &mut acme.connection, POST, None).await;
        let mut browser = signed_in(&t, &acme, &ann("s2")).await;
        let leaving = browser.post("/logout", &[]).await.location().to_owned();
        let page = browser.get(&leaving).await;
        let value = page.input("SAMLRequest").unwrap();
        let request = asked(&t, &acme, Carrier::Post(&value)).await;
        let state = page.input("RelayState").unwrap();
        for (status, words) in [(Status::Partial, "has ended its session too"), (Status::Failed, "")] {
            let value = Response {
                id: "_a2",
                issue_instant: t.app.now().to_jiff(),
                destination: &slo_url(&acme.connection),
                issuer: &acme.idp.entity_id,
                in_response_to: &request.id,
                status,
            }
            .post_value(&acme.idp.signer())
            .unwrap();
            let form = [("SAMLResponse", value.as_str()), ("RelayState", state.as_str())];
            let page = browser.post_cross_site(&slo_path(&acme.connection), &form).await;
            if status == Status::Partial {
                assert_eq!(page.status, 200);
                assert!(page.text.contains(words) && page.text.contains("href=\"/logout\""), "{}", page.text);
            } else {
                assert_eq!(page.status, 400, "each request is answered once");
            }
        }
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_application_gets_the_person_back_after_the_provider_answered() {
    each_database!(|t| {
        let goodbye = "https://product.example/goodbye";
        let acme = ends_both(&t).await;
        let product = t.application(json!({"post_logout_redirect_uris": [goodbye]})).await;
        let mut browser = signed_in(&t, &acme, &ann("s1")).await;
        let query_of = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &product.id)
            .append_pair("post_logout_redirect_uri", goodbye)
            .append_pair("state", "bye")
            .finish();
        let question = browser.get(&format!("/oauth2/logout?{query_of}")).await;
        assert_eq!(question.status, 200);
        let form =
            [("client_id", product.id.as_str()), ("post_logout_redirect_uri", goodbye), ("state", "bye")];
        let leaving = browser.post("/oauth2/logout/confirm", &form).await.location().to_owned();
        assert!(leaving.starts_with("/logout/provider/"), "{leaving}");
        assert!(!is_signed_in(&mut browser).await);
        let there = onward(&browser.get(&leaving).await);
        let request = asked(&t, &acme, Carrier::Redirect(query(&there))).await;
        let answer = |status| {
            Response {
                id: "_a1",
                issue_instant: t.app.now().to_jiff(),
                destination: &slo_url(&acme.connection),
                issuer: &acme.idp.entity_id,
                in_response_to: &request.id,
                status,
            }
            .redirect_url(request.relay_state.as_deref(), &acme.idp.signer())
            .unwrap()
        };
        let back = answer(Status::Success);
        let last = browser.get(back.trim_start_matches(OURS)).await;
        assert_eq!(last.location(), format!("{goodbye}?state=bye"));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn nobody_is_sent_to_a_provider_that_was_not_asked_for_or_takes_no_sign_out() {
    each_database!(|t| {
        let off = acme(&t, |_| {}).await;
        let mut browser = signed_in(&t, &off, &ann("s1")).await;
        assert_eq!(browser.post("/logout", &[]).await.location(), "/logout");
        let token = t.api_token().await;
        let at = format!("/api/v1/organizations/{}", off.organization.id);
        let set = t.browser().api("PATCH", &at, &token, Some(json!({"end_provider_session": true}))).await;
        assert_eq!(set.json()["end_provider_session"], true);
        let mut browser = signed_in(&t, &off, &ann("s2")).await;
        browser.get("/account").await;
        let mut db = t.app.read().await.unwrap();
        let now = t.app.now();
        let own = store::session::list_of_name_id(&mut db, off.connection.id, "00u1", now).await.unwrap();
        drop(db);
        let ended = browser.post(&format!("/account/sessions/{}/end", own[0].id), &[]).await;
        assert!(ended.location().starts_with("/logout/provider/"), "{}", ended.location());
        let mut browser = signed_in(&t, &off, &ann("s3")).await;
        browser.get("/account").await;
        assert!(browser.post("/logout", &[]).await.location().starts_with("/logout/provider/"));

        let deaf = crate::company::company_with(&t, "Globex", "globex.test", |it| {
            it.end_provider_session = true;
        })
        .await;
        let person = Person::new("00u9", "eve@globex.test");
        let mut browser = t.browser();
        deaf.signs_in(&t, &mut browser, &person).await;
        browser.get("/account").await;
        assert_eq!(browser.post("/logout", &[]).await.location(), "/logout");
        // A session of one's own has no provider.
        let ann = t.account_with_password("ann@home.example", "a long enough password").await;
        let mut browser = t.browser();
        t.session(&mut browser, &ann, None).await;
        browser.get("/account").await;
        assert_eq!(browser.post("/logout", &[]).await.location(), "/logout");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn our_metadata_names_the_address_for_sign_outs_by_both_bindings() {
    each_database!(|t| {
        let acme = acme(&t, |_| {}).await;
        let xml = t.browser().get(&format!("/saml/{}/metadata", acme.connection.id)).await.text;
        for binding in [binding_uri::REDIRECT, POST] {
            let line = format!(
                "<md:SingleLogoutService Binding=\"{binding}\" Location=\"{}\"/>",
                slo_url(&acme.connection)
            );
            assert!(xml.contains(&line), "{xml}");
        }
        t.assert_no_work().await;
    });
}
