//! Answers that nobody asked for: people who start at the provider, and what is planted in other people's browsers.

use std::time::Duration;

use serde_json::json;
use server::connection::requests::IdpInitiated;
use testkit::{Answer, Asked, Person, TestApp, TestBrowser, each_database};

use crate::company::{Company, attempts, company, is_signed_in, rows, wants};

const ANN: Person<'static> = Person::new("00u1", "ann@acme.test");
const START: &str = "https://product.example/start?from=portal";

async fn takes(t: &TestApp, acme: &Company, how: IdpInitiated) {
    wants(t, &acme.connection, |config| config.requests.idp_initiated = how).await;
}

/// To whom and where the provider of the company sends its answers.
async fn place(t: &TestApp, acme: &Company) -> Asked {
    acme.begins(&mut t.browser(), ANN.email, "/").await
}

async fn brings(browser: &mut TestBrowser, at: &Asked, response: &str, relay_state: &str) -> Answer {
    let form = [("SAMLResponse", response), ("RelayState", relay_state)];
    browser.post_cross_site(&at.acs_path(), &form[..if relay_state.is_empty() { 1 } else { 2 }]).await
}

#[tokio::test]
async fn who_starts_at_the_provider_goes_once_around_and_on_to_the_product() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let product = t.application(json!({"initiate_login_uri": START})).await;
        let at = place(&t, &acme).await;
        let answer = acme.idp.lets_in_unasked(&t, &at, &ANN, "1");
        let mut browser = t.browser();
        for (relay_state, ends) in [
            ("", "/account".to_owned()),
            ("https://evil.example/", "/account".to_owned()),
            (START, format!("/login/to/{}", product.id)),
        ] {
            let around = brings(&mut browser, &at, &answer, relay_state).await;
            assert!(around.location().starts_with("/login?connection="), "{}", around.location());
            let asked = acme.idp.reads(browser.get(around.location()).await.location());
            let again = acme.idp.lets_in(&t, &asked, &ANN);
            let finish = asked.post(&mut browser, &again).await;
            assert_eq!(browser.get(finish.location()).await.location(), ends, "{relay_state}");
        }
        let there = browser.get(&format!("/login/to/{}", product.id)).await;
        assert_eq!(there.location(), format!("{START}&iss=http%3A%2F%2F127.0.0.1%3A8080"));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_connection_that_takes_none_says_why_and_where_to_start() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let at = place(&t, &acme).await;
        let answer = acme.idp.lets_in_unasked(&t, &at, &ANN, "1");
        takes(&t, &acme, IdpInitiated::Off).await;
        let mut browser = t.browser();
        let told = brings(&mut browser, &at, &answer, "https://app.example/").await;
        assert_eq!(told.status, 403);
        assert!(told.text.contains("Start the sign-in here") && told.text.contains("ref_"), "{}", told.text);
        assert!(!is_signed_in(&mut browser).await);
        assert_eq!(attempts(&t).await, ["idp_initiated_off"]);
        // Anybody can post rubbish: the record has an end.
        for _ in 0..30 {
            assert_eq!(brings(&mut browser, &at, "rubbish", "").await.status, 403);
        }
        assert_eq!(attempts(&t).await.len(), 20);
        // What we asked for is answered as ever.
        assert_eq!(acme.signs_in(&t, &mut browser, &ANN).await.location(), "/wanted");
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn a_connection_that_takes_the_answer_itself_signs_in_with_it_once() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let product = t.application(json!({"initiate_login_uri": START})).await;
        takes(&t, &acme, IdpInitiated::Direct).await;
        let at = place(&t, &acme).await;
        let answer = acme.idp.lets_in_unasked(&t, &at, &ANN, "1");
        let mut browser = t.browser();
        let finish = brings(&mut browser, &at, &answer, START).await;
        assert!(finish.location().starts_with("/login/finish/"), "{}", finish.text);
        assert!(!is_signed_in(&mut browser).await, "nothing happens on another site's request");
        assert_eq!(browser.get(finish.location()).await.location(), format!("/login/to/{}", product.id));
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(attempts(&t).await, ["signed_in"]);

        // The same answer again, and the same flow in another browser.
        let mut thief = t.browser();
        let again = brings(&mut thief, &at, &answer, "").await;
        t.clock.advance(Duration::from_secs(1));
        let refused = thief.get(again.location()).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert_eq!(attempts(&t).await[0], "replayed");
        assert!(!is_signed_in(&mut thief).await);
        assert!(thief.get(finish.location()).await.status.is_client_error());
        assert_eq!(rows(&t, &["sessions"]).await, [1]);

        // Where it leads is nobody's to choose.
        let twin = t.application(json!({"initiate_login_uri": "https://twin.example/start"})).await;
        for (n, relay_state, ends) in [
            (2, "https://evil.example/", "/account".to_owned()),
            (3, "//evil.example/", "/account".to_owned()),
            (4, "/logout", "/account".to_owned()),
            (5, "/start", "/account".to_owned()),
            (6, "https://product.example/callback", "/account".to_owned()),
            (7, "https://twin.example/start", format!("/login/to/{}", twin.id)),
        ] {
            let answer = acme.idp.lets_in_unasked(&t, &at, &ANN, &n.to_string());
            let finish = brings(&mut browser, &at, &answer, relay_state).await;
            assert_eq!(browser.get(finish.location()).await.location(), ends, "{relay_state}");
        }
        // Kept too long on the way, nothing comes of it.
        let answer = acme.idp.lets_in_unasked(&t, &at, &ANN, "8");
        let finish = brings(&mut browser, &at, &answer, "").await;
        t.clock.advance(Duration::from_mins(3));
        assert_eq!(browser.get(finish.location()).await.status, 410);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_answer_that_names_a_request_or_another_connection_is_not_taken_as_unasked() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let globex = company(&t, "Globex", "globex.test").await;
        takes(&t, &acme, IdpInitiated::Direct).await;
        takes(&t, &globex, IdpInitiated::Direct).await;
        let at = place(&t, &acme).await;
        let theirs = globex.begins(&mut t.browser(), "gus@globex.test", "/").await;
        let hank = Person::new("g1", "ann@acme.test");
        let mallory = testkit::SamlProvider::of("acme.test");
        let elsewhere = Asked { acs_url: theirs.acs_url.clone(), ..at.clone() };
        for (what, response, code) in [
            // Taken from a sign-in that somebody began.
            ("in response to", acme.idp.lets_in(&t, &at, &ANN), "in_response_to_mismatch"),
            // Of another company's provider, to its own place and to ours.
            ("theirs", globex.idp.lets_in_unasked(&t, &theirs, &hank, "2"), "issuer_mismatch"),
            ("to ours", globex.idp.lets_in_unasked(&t, &at, &hank, "3"), "issuer_mismatch"),
            ("for there", acme.idp.lets_in_unasked(&t, &elsewhere, &ANN, "4"), "destination_mismatch"),
            // Who only calls themselves so.
            ("forged", mallory.lets_in_unasked(&t, &at, &ANN, "5"), "signature_invalid"),
        ] {
            let mut browser = t.browser();
            let finish = brings(&mut browser, &at, &response, "").await;
            let page = browser.get(finish.location()).await;
            assert_eq!(page.status, 403, "{what}: {}", page.text);
            assert!(page.text.contains("ref_"), "{what}: {}", page.text);
            assert!(!is_signed_in(&mut browser).await, "{what}");
            assert_eq!(attempts(&t).await[0], code, "{what}");
            t.clock.advance(Duration::from_secs(1));
        }
        // An answer of another connection's request is no answer here either.
        let mut browser = t.browser();
        let response = acme.idp.lets_in_unasked(&t, &at, &ANN, "6");
        assert_eq!(brings(&mut browser, &at, &response, &theirs.relay_state).await.status, 400);
        t.clock.advance(Duration::from_secs(1));
        // An address that is not the company's.
        let stranger = Person::new("g2", "gus@globex.test");
        let response = acme.idp.lets_in_unasked(&t, &at, &stranger, "7");
        let finish = brings(&mut browser, &at, &response, "").await;
        assert_eq!(browser.get(finish.location()).await.status, 403);
        assert_eq!(attempts(&t).await[0], "email_not_in_domain");
        assert_eq!(rows(&t, &["sessions"]).await, [0]);
    });
}

#[tokio::test]
async fn what_the_connection_demands_holds_for_answers_that_nobody_asked_for() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        let token = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken".to_owned();
        wants(&t, &acme.connection, |config| {
            config.requests.idp_initiated = IdpInitiated::Direct;
            config.requests.authn_context = vec![token];
        })
        .await;
        let at = place(&t, &acme).await;
        let mut browser = t.browser();
        let finish = brings(&mut browser, &at, &acme.idp.lets_in_unasked(&t, &at, &ANN, "1"), "").await;
        assert_eq!(browser.get(finish.location()).await.status, 403);
        assert_eq!(attempts(&t).await[0], "authn_context_mismatch");
        // Switched off, it takes nothing at all.
        let mut tx = t.app.write().await.unwrap();
        server::connection::deactivate(&t.app, &mut tx, &acme.connection, "operator:test").await.unwrap();
        tx.commit().await.unwrap();
        let answer = brings(&mut browser, &at, &acme.idp.lets_in_unasked(&t, &at, &ANN, "2"), "").await;
        assert!(answer.text.contains("switched off"), "{}", answer.text);
    });
}

#[tokio::test]
async fn who_is_let_in_without_a_country_is_asked_in_the_browser_that_finished() {
    each_database!(|t| {
        let acme = company(&t, "Acme", "acme.test").await;
        takes(&t, &acme, IdpInitiated::Direct).await;
        let at = place(&t, &acme).await;
        let somebody = Person { country: "", ..ANN };
        let answer = acme.idp.lets_in_unasked(&t, &at, &somebody, "1");
        let (mut browser, mut other) = (t.browser(), t.browser());
        let finish = brings(&mut browser, &at, &answer, "").await;
        browser.get("/login").await;
        let form = browser.get(finish.location()).await.location().to_owned();
        assert!(form.starts_with("/login/profile/"), "{form}");
        // The way from the answer to here is short; the form may stay open.
        t.clock.advance(Duration::from_mins(30));
        other.get("/login").await;
        assert_eq!(other.get(&form).await.status, 403, "begun in another browser");
        assert_eq!(browser.get(&form).await.status, 200);
        assert_eq!(browser.post(&form, &[("country", "DE")]).await.location(), "/account");
        assert!(is_signed_in(&mut browser).await);
    });
}
