//! What our requests ask for is changed like every other setting: as a draft, which is tested, put in use and taken back.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::each_database;

use crate::world::{ANN, Company, follow, told};

const TOKEN: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

#[tokio::test]
async fn what_requests_ask_for_touches_nobody_until_it_was_tested_and_is_put_in_use_and_one_step_goes_back() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let idp = acme.idp.clone();
        let wanted = json!({"force_authn": true, "authn_context": [TOKEN], "idp_initiated": "off", "allow_sha1": true});
        let answer = acme.ok(&t, "PUT", "/requests", Some(wanted)).await;
        assert_eq!(
            (&answer["force_authn"], &answer["draft"]),
            (&json!(true), &acme.ok(&t, "GET", "/draft", None).await["id"])
        );
        let live = acme.ok(&t, "GET", "/requests", None).await;
        assert_eq!((&live["force_authn"], &live["idp_initiated"]), (&json!(false), &json!("round_trip")));
        assert_eq!(acme.signs_in(&t, &idp, &ANN).await.location(), "/account", "nobody notices");
        acme.refused(&t, "POST", "/draft/replace", json!({}), "connection_untested").await;

        // The page shows each of them beside what is in use.
        let path = acme.page();
        let page = acme.administrator.get(&path).await;
        for part in [
            "People prove themselves",
            "at each sign-in",
            "whenever their provider wants it",
            "How people must sign in",
            TOKEN,
            "Who starts at the provider",
            "is told to start here",
            "Signatures with SHA-1",
            "taken, which can be forged",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        // The test asks as the draft does, and the provider signs people in in another way.
        let failed = acme.tests(&t, &idp, &ANN).await;
        assert!(failed.text.contains("in another way than this connection demands"), "{}", failed.text);
        let wanted = json!({"force_authn": true, "authn_context": [PASSWORD]});
        acme.ok(&t, "PUT", "/requests", Some(wanted)).await;
        let begun = acme.acts(&[("act", "test")]).await;
        assert!(idp.reads(begun.location()).force_authn);
        let passed = acme.returns(&t, &idp, &ANN, &begun).await;
        assert!(passed.text.contains("Test passed"), "{}", passed.text);
        acme.ok(&t, "POST", "/draft/replace", Some(json!({}))).await;
        let live = acme.ok(&t, "GET", "/requests", None).await;
        assert_eq!((&live["force_authn"], &live["authn_context"]), (&json!(true), &json!([PASSWORD])));
        assert_eq!(live["allow_sha1"], true, "what is not named stays");
        assert_eq!(acme.signs_in(&t, &idp, &ANN).await.location(), "/account");
        acme.ok(&t, "POST", "/revert", Some(json!({}))).await;
        let live = acme.ok(&t, "GET", "/requests", None).await;
        assert_eq!((&live["force_authn"], &live["allow_sha1"]), (&json!(false), &json!(false)));
        assert_eq!(told(&t, "connection.updated").await, 1, "only the setup");
        assert_eq!((told(&t, "connection.replaced").await, told(&t, "connection.reverted").await), (1, 1));
    });
}

#[tokio::test]
async fn requests_join_a_draft_that_is_there_and_one_that_comes_to_nothing_is_none() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let new = acme.rotated();
        acme.drafts(&t, &new).await;
        acme.ok(&t, "PUT", "/requests", Some(json!({"name_id_format": "email"}))).await;
        let draft = acme.ok(&t, "GET", "/draft", None).await;
        assert_eq!(draft["saml"]["certificates"].as_array().map(Vec::len), Some(2), "{draft}");
        assert_eq!(draft["saml"]["requests"]["name_id_format"], saml::name_id_format::EMAIL);
        // Beside other values in one call.
        let both = json!({"attributes": {"email": "mail"}, "requests": {"binding": "post"}});
        let draft = acme.ok(&t, "PUT", "/draft", Some(both)).await;
        assert_eq!(
            (&draft["attributes"]["email"], &draft["saml"]["requests"]["binding"]),
            (&json!("mail"), &json!("post"))
        );
        let wrong = json!({"requests": {"binding": "soap"}});
        let answer = acme.api(&t, "PUT", "/draft", Some(wrong)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["errors"][0]["field"], "binding", "{}", answer.text);

        acme.ok(&t, "PUT", "/draft", Some(json!({"requests": {"force_authn": true}}))).await;
        let answer = acme.ok(&t, "PUT", "/requests", Some(json!({}))).await;
        assert_eq!(answer["draft"], Value::Null);
        assert!(acme.draft(&t).await.is_none(), "as in use");
        assert_eq!(acme.ok(&t, "PUT", "/requests", Some(json!({}))).await["draft"], Value::Null);
    });
}

#[tokio::test]
async fn an_operator_saves_them_as_a_draft_and_is_told_where_somebody_else_changed_it() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let mut operator = t.operator().await;
        let base = format!("/console/organizations/{}", acme.organization.id);
        let form = format!("{base}/connections/{}/requests", acme.connection.id);
        let page = operator.get(&form).await;
        assert!(
            page.text.contains("This is in use.") && page.text.contains("Save the draft"),
            "{}",
            page.text
        );
        let seen = page.input("draft").unwrap();
        let saved = operator.post(&form, &[("draft", &seen), ("signed", "yes"), ("force_authn", "1")]).await;
        assert_eq!(saved.location(), format!("{base}/desk/sign-on/{}?done=drafted", acme.connection.id));
        let draft = follow(&mut operator, saved.location()).await;
        assert!(draft.text.contains("People prove themselves"), "{}", draft.text);
        assert!(draft.text.contains(&form), "the way back to the form: {}", draft.text);
        let again = operator.get(&form).await;
        assert!(again.text.contains("This is the draft."), "{}", again.text);
        assert!(again.text.contains("name=\"force_authn\" value=\"1\" checked"), "{}", again.text);
        let seen = again.input("draft").unwrap();
        acme.ok(&t, "PUT", "/requests", Some(json!({"binding": "post"}))).await;
        let late = operator.post(&form, &[("draft", &seen), ("signed", "no")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.text.contains("The draft was changed meanwhile"), "{}", late.text);
        assert!(acme.draft(&t).await.unwrap().config.contains("HTTP-POST"));
        // A company's administrator sees the draft, and no form for it.
        let mut acme = acme;
        let path = acme.page();
        let page = acme.administrator.get(&path).await;
        assert!(page.text.contains("Requests travel by") && !page.text.contains(&form), "{}", page.text);
    });
}
