//! New certificates, metadata and secrets of a connection that people sign in through.

use axum::http::StatusCode;
use model::{Connection, ConnectionStatus};
use serde_json::json;
use server::connection::{self, Change, Settings};
use testkit::{TestApp, each_database};

use crate::world::{Admin, Company, Idp, OpenIdp, Wrong};

async fn live_saml(t: &TestApp, acme: &Company, idp: &Idp) {
    let body = json!({"protocol": "saml", "provider": "okta-saml", "metadata_xml": idp.metadata(),
        "status": "active"});
    acme.api(t, "POST", "/connections", body).await;
}

async fn with_link(t: &TestApp, acme: &Company) -> Admin {
    let (_, link) = acme.link(t, &["certificate"]).await;
    Admin::new(t, &link).await
}

fn keys(it: &Connection) -> usize {
    match Settings::of(it) {
        Some(Settings::Saml(saml)) => saml.certificates.len(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_certificate_is_tested_before_it_stands_beside_the_old_one_and_can_be_taken_back() {
    each_database!(|t| {
        let (old, new) = (Idp::new(), Idp::new());
        let acme = Company::new(&t, "Acme", "acme.test").await;
        live_saml(&t, &acme, &old).await;
        let before = acme.connections(&t).await.remove(0);
        let mut admin = with_link(&t, &acme).await;
        let trusted = admin.get("/certificate").await;
        assert!(
            trusted.text.contains("Signing certificate") && trusted.text.contains("ends "),
            "{}",
            trusted.text
        );
        let id = before.id.to_string();
        let form = admin.go("/certificate", &[("connection", &id)], "/certificate/values").await;
        assert!(form.text.contains("Metadata details"), "the provider's own words: {}", form.text);
        let kept = admin.values("/certificate/values", &[("certificate", new.certificate())]).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
        let test = admin.get("/certificate/test").await;
        assert!(test.text.contains("stays") && test.text.contains("new"), "{}", test.text);
        let early = admin.post("/certificate/use", &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
        assert_eq!(acme.connections(&t).await[0], before, "nothing changes before the test");
        let begun = admin.post("/certificate/test", &[]).await;
        let passed = new.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        assert!(passed.text.contains("That worked with the new values"), "{}", passed.text);
        assert_eq!(acme.connections(&t).await[0], before, "nor before somebody says so");
        let receipt = admin.go("/certificate/use", &[], "/certificate/done").await;
        assert!(receipt.text.contains("now signs in with the new values of Okta"), "{}", receipt.text);
        assert!(receipt.text.contains("from before, still trusted"), "{}", receipt.text);
        let after = acme.connections(&t).await.remove(0);
        assert_eq!((after.status, keys(&after)), (ConnectionStatus::Active, 2));
        // A second click is told nowhere.
        admin.go("/certificate/use", &[], "/certificate/done").await;
        assert_eq!(acme.told(&t, "connection.replaced").await, 1);
        admin.go("/certificate/restore", &[], "/certificate").await;
        let restored = acme.connections(&t).await.remove(0);
        assert_eq!((restored.config, restored.status), (before.config, ConnectionStatus::Active));
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn the_old_certificate_goes_when_asked_and_a_test_signed_with_it_fails_then() {
    each_database!(|t| {
        let (old, new) = (Idp::new(), Idp::new());
        let acme = Company::new(&t, "Acme", "acme.test").await;
        live_saml(&t, &acme, &old).await;
        let mut admin = with_link(&t, &acme).await;
        admin.get("/certificate/values").await;
        let metadata = new.metadata();
        let fields = [("paste", metadata.as_str()), ("only_new", "1")];
        admin.values("/certificate/values", &fields).await;
        assert!(admin.get("/certificate/test").await.text.contains("goes"));
        let begun = admin.post("/certificate/test", &[]).await;
        let failed = old.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        assert!(failed.text.contains("Test failed"), "{}", failed.text);
        assert!(failed.text.contains("go on signing in with the values that are in use"), "{}", failed.text);
        assert_eq!(admin.post("/certificate/use", &[]).await.status, StatusCode::CONFLICT);
        let begun = admin.post("/certificate/test", &[]).await;
        new.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        let receipt = admin.go("/certificate/use", &[], "/certificate/done").await;
        assert!(receipt.text.contains("no longer trusted"), "{}", receipt.text);
        assert_eq!(keys(&acme.connections(&t).await[0]), 1);
    });
}

#[tokio::test]
async fn a_new_client_secret_is_tested_before_it_is_used() {
    each_database!(|t| {
        let idp = OpenIdp::new(&t).await;
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let body = json!({"protocol": "oidc", "provider": "generic-oidc", "issuer": idp.issuer,
            "client_id": "frontdesk", "client_secret": "old secret", "status": "active"});
        acme.api(&t, "POST", "/connections", body).await;
        let before = acme.connections(&t).await.remove(0);
        idp.register("new secret", &format!("http://127.0.0.1:8080/oidc/{}/callback", before.id));
        let mut admin = with_link(&t, &acme).await;
        let form = admin.get("/certificate/values").await;
        assert!(form.text.contains("The new client secret"), "{}", form.text);
        let nothing = admin.values("/certificate/values", &[]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        for (secret, works) in [("a wrong one", false), ("new secret", true)] {
            let kept = admin.values("/certificate/values", &[("client_secret", secret)]).await;
            assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
            admin.get("/certificate/test").await;
            let begun = admin.post("/certificate/test", &[]).await;
            let result = idp.sign_in(&mut admin, &begun).await;
            assert_eq!(result.text.contains("That worked with the new values"), works, "{}", result.text);
            assert!(!result.text.contains(secret), "{}", result.text);
            assert_eq!(acme.connections(&t).await[0].config, before.config);
        }
        let receipt = admin.go("/certificate/use", &[], "/certificate/done").await;
        assert!(receipt.text.contains("with a new secret"), "{}", receipt.text);
        let after = acme.connections(&t).await.remove(0);
        assert!(after.config != before.config && !after.config.contains("new secret"));
    });
}

#[tokio::test]
async fn another_providers_metadata_and_another_companys_connection_are_refused() {
    each_database!(|t| {
        let idp = Idp::new();
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let globex = Company::new(&t, "Globex", "globex.test").await;
        live_saml(&t, &acme, &idp).await;
        live_saml(&t, &globex, &Idp::new()).await;
        let mut admin = with_link(&t, &acme).await;
        let theirs = globex.connections(&t).await[0].id.to_string();
        for id in [theirs.as_str(), "con_nothing", ""] {
            let foreign = admin.post("/certificate", &[("connection", id)]).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{id}");
        }
        admin.get("/certificate/values").await;
        let other = Idp::new().metadata().replace(crate::world::IDP, "https://elsewhere.test");
        let metadata = idp.metadata();
        for (fields, words) in [
            (("paste", other.as_str()), "another provider"),
            (("paste", metadata.as_str()), "in use already"),
            (("certificate", "hello"), "certificate"),
            (("paste", ""), "Paste the address"),
        ] {
            let answer = admin.values("/certificate/values", &[fields]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", answer.text);
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
        }
        assert_eq!(acme.told(&t, "connection.updated").await, 0);
    });
}

#[tokio::test]
async fn values_that_somebody_else_changed_meanwhile_are_not_overwritten() {
    each_database!(|t| {
        let (old, new) = (Idp::new(), Idp::new());
        let acme = Company::new(&t, "Acme", "acme.test").await;
        live_saml(&t, &acme, &old).await;
        let mut admin = with_link(&t, &acme).await;
        admin.get("/certificate/values").await;
        admin.values("/certificate/values", &[("certificate", new.certificate())]).await;
        admin.get("/certificate/test").await;
        let begun = admin.post("/certificate/test", &[]).await;
        new.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        let it = acme.connections(&t).await.remove(0);
        let change = Change { want_signed_requests: Some(true), ..Change::default() };
        let mut tx = t.app.write().await.unwrap();
        connection::change(&t.app, &mut tx, &it, change, "operator:test").await.unwrap();
        tx.commit().await.unwrap();
        let late = admin.post("/certificate/use", &[]).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
        assert!(late.text.contains("changed meanwhile"), "{}", late.text);
        assert_eq!(keys(&acme.connections(&t).await[0]), 1);
        let mut nothing_live = with_link(&t, &Company::new(&t, "Initech", "initech.test").await).await;
        let empty = nothing_live.get("/certificate").await;
        assert!(empty.text.contains("Nobody signs in through a provider yet"), "{}", empty.text);
    });
}
