//! What a draft, or a second connection, would have made of real sign-ins.

use serde_json::json;
use server::connection::{self, Change, Input};
use testkit::{ACTOR, Person, SamlProvider, each_database};

use crate::world::{ANN, Company};

#[tokio::test]
async fn a_shadow_counts_what_would_have_worked_and_explains_what_would_have_failed() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let body = json!({"attributes": {"country": "nothing", "lastName": "firstName"}});
        acme.ok(&t, "PUT", "/draft", Some(body)).await;
        let began = acme.ok(&t, "PUT", "/shadow", None).await;
        assert_eq!((&began["of"], &began["judged"]), (&json!("draft"), &json!(0)));
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303);
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.ok(&t, "GET", "/shadow", None).await;
        assert_eq!(
            (&report["judged"], &report["would_work"], &report["would_differ"]),
            (&json!(1), &json!(1), &json!(1))
        );
        let first = &report["data"][0];
        assert_eq!(first["email"], "ann@acme.test");
        let differing: Vec<&str> =
            first["differences"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
        assert_eq!(differing, ["lastName"], "{first}");
        // Other values: what was found of the old ones is forgotten.
        let new = acme.rotated();
        let body = json!({"metadata_xml": new.metadata(), "only_new_certificates": true});
        acme.ok(&t, "PUT", "/draft", Some(body)).await;
        assert_eq!(acme.ok(&t, "GET", "/shadow", None).await["judged"], 0);
        assert_eq!(acme.signs_in(&t, &acme.idp, &ANN).await.status, 303, "a shadow has no say");
        // And a sign-in that the live connection refuses, and the draft would not.
        assert_eq!(acme.signs_in(&t, &new, &Person::new("bob", "bob@acme.test")).await.status, 403);
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.ok(&t, "GET", "/shadow", None).await;
        for (name, count) in [("judged", 2), ("would_work", 1), ("would_fail", 1), ("would_mend", 1)] {
            assert_eq!(report[name], count, "{name}: {report}");
        }
        let of = |email: &str| {
            let all = report["data"].as_array().unwrap();
            all.iter().find(|it| it["email"] == email).unwrap_or_else(|| panic!("{email}: {report}"))
        };
        let failed = of("ann@acme.test");
        assert_eq!((&failed["code"], &failed["signed_in"]), (&json!("signature_invalid"), &json!(true)));
        assert!(failed["refused"]["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{failed}");
        assert_eq!(of("bob@acme.test")["in_use_refused"]["code"], "signature_invalid");
        acme.ok(&t, "DELETE", "/shadow", None).await;
        acme.signs_in(&t, &acme.idp, &ANN).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let rows = t.contents().await;
        assert!(rows["shadow_results"].is_empty() && rows["connection_shadows"].is_empty());
    });
}

#[tokio::test]
async fn an_answer_is_used_once_whoever_judges_it_beside() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        acme.drafts(&t, &acme.rotated()).await;
        acme.ok(&t, "PUT", "/shadow", None).await;
        let mut browser = t.browser();
        browser.get("/login").await;
        let sent = browser.post("/login", &[("email", ANN.email)]).await;
        let asked = acme.idp.reads(sent.location());
        let response = acme.idp.lets_in(&t, &asked, &ANN);
        let kept = asked.post(&mut browser, &response).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let seen = |rows: &std::collections::BTreeMap<String, Vec<String>>| rows["seen_assertions"].len();
        let rows = t.contents().await;
        assert_eq!((seen(&rows), rows["shadow_results"].len()), (0, 1), "judged, and not remembered as used");
        assert_eq!(browser.get(kept.location()).await.status, 303, "the person is signed in by the live one");
        let rows = t.contents().await;
        assert_eq!(seen(&rows), 1);
        let again = asked.post(&mut browser, &response).await;
        assert!(again.status.is_client_error(), "{}", again.text);
    });
}

#[tokio::test]
async fn a_second_connection_judges_sign_ins_through_the_first() {
    each_database!(|t| {
        let mut acme = Company::new(&t, "Acme", "acme.test").await;
        let live = acme.connection.clone();
        acme.refused(&t, "PUT", "/shadow", json!({}), "nothing_to_shadow").await;
        let second = t.draft(&acme.organization, "entra-saml").await;
        let other = SamlProvider::new("https://sts.elsewhere.test", "https://sts.elsewhere.test/sso");
        let input = Input::MetadataXml { xml: other.metadata(), entity_id: None };
        let settings = connection::read_input(&t.app, "entra-saml", Some(&second), &input).await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let change = Change { settings: Some(settings), ..Change::default() };
        acme.connection = connection::change(&t.app, &mut tx, &second, change, ACTOR).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(acme.ok(&t, "PUT", "/shadow", None).await["of"], "connection");
        acme.signs_in(&t, &acme.idp, &ANN).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.ok(&t, "GET", "/shadow", None).await;
        assert_eq!(
            (&report["would_fail"], &report["data"][0]["code"]),
            (&json!(1), &json!("issuer_mismatch"))
        );
        let page = acme.administrator.get(&acme.page()).await;
        assert!(
            page.text.contains("Would have failed") && page.text.contains("ann@acme.test"),
            "{}",
            page.text
        );
        // The first one has nobody beside it.
        acme.connection = live;
        acme.refused(&t, "PUT", "/shadow", json!({}), "nothing_to_shadow").await;
    });
}

#[tokio::test]
async fn what_would_be_read_of_somebody_outside_the_companys_domains_is_no_sign_in() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        acme.ok(&t, "PUT", "/draft", Some(json!({"attributes": {"email": "id"}}))).await;
        acme.ok(&t, "PUT", "/shadow", None).await;
        acme.signs_in(&t, &acme.idp, &Person::new("ann@elsewhere.test", "ann@acme.test")).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.ok(&t, "GET", "/shadow", None).await;
        assert_eq!(report["data"][0]["code"], "email_not_in_domain", "{report}");
        assert_eq!(report["data"][0]["refused"]["received"], "ann@elsewhere.test");
    });
}

#[tokio::test]
async fn what_was_found_goes_with_its_time_and_with_the_person() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        acme.ok(&t, "PUT", "/draft", Some(json!({"attributes": {"lastName": "firstName"}}))).await;
        acme.ok(&t, "PUT", "/shadow", None).await;
        for person in [ANN, Person::new("bob", "bob@acme.test")] {
            acme.signs_in(&t, &acme.idp, &person).await;
        }
        connection::shadow::flush(&t.app).await.unwrap();
        let mut tx = t.app.write().await.unwrap();
        let member =
            store::member::lookup_email(&mut tx, acme.organization.id, ANN.email).await.unwrap().unwrap();
        let person = store::erasure::Person {
            member: member.id,
            organization: acme.organization.id,
            account: member.account_id,
            account_goes: true,
            directory_user: None,
            emails: vec![ANN.email.to_owned()],
            name: String::new(),
            first_name: String::new(),
            last_name: String::new(),
        };
        store::erasure::erase(&mut tx, &person).await.unwrap();
        tx.commit().await.unwrap();
        let report = acme.ok(&t, "GET", "/shadow", None).await;
        assert_eq!((&report["judged"], &report["data"][0]["email"]), (&json!(1), &json!("bob@acme.test")));
        t.clock.advance(t.app.config.limits.traces + std::time::Duration::from_hours(1));
        server::job::tidy(&t.app).await.unwrap();
        assert_eq!(acme.ok(&t, "GET", "/shadow", None).await["judged"], 0);
    });
}
