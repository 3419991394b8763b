//! Single sign-on: choosing, values in every form they come, the test, going live.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use model::ConnectionStatus;
use serde_json::{Value, json};
use testkit::{TestApp, each_database};

use crate::world::{Admin, Company, Idp, OpenIdp, Wrong, serve};

async fn chosen(t: &TestApp, provider: &str) -> (Company, Admin) {
    let acme = Company::new(t, "Acme", "acme.test").await;
    let (_, link) = acme.link(t, &["sso"]).await;
    let mut admin = Admin::new(t, &link).await;
    let list = admin.get("/sso/providers").await;
    assert!(list.text.contains(&format!("action=\"{link}/sso/providers/{provider}\"")), "{}", list.text);
    let steps = admin.go(&format!("/sso/providers/{provider}"), &[], "/sso/steps").await;
    assert_eq!(steps.status, StatusCode::OK);
    (acme, admin)
}

async fn live(acme: &Company, t: &TestApp, admin: &mut Admin) {
    let receipt = admin.go("/sso/live", &[], "/sso/live").await;
    assert!(receipt.text.contains("Acme now signs in through"), "{}", receipt.text);
    assert_eq!(acme.connections(t).await[0].status, ConnectionStatus::Active);
    assert_eq!(acme.told(t, "connection.activated").await, 1);
}

#[tokio::test]
async fn metadata_comes_as_an_address_a_text_a_file_or_by_hand_and_goes_live_after_a_test() {
    each_database!(|t| {
        let idp = Idp::new();
        let xml = idp.metadata();
        let served = xml.clone();
        let host =
            serve(Router::new().route("/saml/metadata", get(move || async move { served.clone() }))).await;
        let by_hand = [
            ("sso_url", crate::world::SSO),
            ("issuer", crate::world::IDP),
            ("certificate", idp.certificate()),
        ];
        let url = format!("{host}/saml/metadata");
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        for way in ["address", "text", "file", "by hand"] {
            let answer = match way {
                "address" => admin.values("/sso/values", &[("paste", &url)]).await,
                "text" => admin.values("/sso/values", &[("paste", &xml)]).await,
                "file" => admin.upload("/sso/values", &[], ("idp.xml", xml.as_bytes())).await,
                _ => admin.values("/sso/values", &by_hand).await,
            };
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{way}: {}", answer.text);
            let test = admin.get("/sso/test").await;
            assert!(test.text.contains("Sign in once, for a test"), "{way}: {}", test.text);
        }
        assert_eq!(acme.connections(&t).await.len(), 1);
        let before = admin.post("/sso/live", &[]).await;
        assert_eq!(before.status, StatusCode::CONFLICT, "{}", before.text);
        assert!(before.text.contains("A test comes first"), "{}", before.text);
        let begun = admin.post("/sso/test", &[]).await;
        let passed = idp.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        assert!(
            passed.text.contains("ann@acme.test") && passed.text.contains("That worked"),
            "{}",
            passed.text
        );
        live(&acme, &t, &mut admin).await;
        // A second click on either button is told nowhere.
        admin.go("/sso/live", &[], "/sso/live").await;
        admin.go("/sso/off", &[], "/sso/live").await;
        admin.go("/sso/off", &[], "/sso/live").await;
        assert_eq!(acme.told(&t, "connection.activated").await, 1);
        assert_eq!(acme.told(&t, "connection.deactivated").await, 1);
        t.assert_no_work().await;
        assert!(t.mails().await.is_empty());
    });
}

#[tokio::test]
async fn openid_connect_goes_live_after_a_test() {
    each_database!(|t| {
        let idp = OpenIdp::new(&t).await;
        let (acme, mut admin) = chosen(&t, "generic-oidc").await;
        let id = acme.connections(&t).await[0].id;
        idp.register("s3cret", &format!("http://127.0.0.1:8080/oidc/{id}/callback"));
        let values = admin.get("/sso/values").await;
        assert!(values.text.contains("Three values"), "{}", values.text);
        let wrong = [("issuer", idp.issuer.as_str()), ("client_id", "a b"), ("client_secret", "s3cret")];
        let refused = admin.post("/sso/client", &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let sentence = "has a space or a line break in it";
        assert_eq!(refused.text.matches(sentence).count(), 1, "said once: {}", refused.text);
        assert_eq!(refused.input("client_id").as_deref(), Some("a b"), "what was typed is kept");
        let good = [("issuer", idp.issuer.as_str()), ("client_id", "frontdesk"), ("client_secret", "s3cret")];
        admin.go("/sso/client", &good, "/sso/test").await;
        let begun = admin.post("/sso/test", &[]).await;
        let passed = idp.sign_in(&mut admin, &begun).await;
        assert!(passed.text.contains("ann@acme.test"), "{}", passed.text);
        live(&acme, &t, &mut admin).await;
    });
}

#[tokio::test]
async fn a_failed_test_says_what_was_expected_and_received_and_goes_nowhere() {
    each_database!(|t| {
        let idp = Idp::new();
        let (acme, mut admin) = chosen(&t, "okta-saml").await;
        admin.values("/sso/values", &[("paste", &idp.metadata())]).await;
        admin.get("/sso/test").await;
        let begun = admin.post("/sso/test", &[]).await;
        let wrong = Wrong { audience: Some("urn:somebody-else") };
        let failed = idp.sign_in(&t, &mut admin, &begun, wrong).await;
        let ours = format!("http://127.0.0.1:8080/saml/{}", acme.connections(&t).await[0].id);
        for words in ["Test failed", "urn:somebody-else", &ours, "Audience URI (SP Entity ID)", "Reference"] {
            assert!(failed.text.contains(words), "{words}: {}", failed.text);
        }
        assert_eq!(admin.post("/sso/live", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(acme.connections(&t).await[0].status, ConnectionStatus::Draft);
    });
}

#[tokio::test]
async fn what_an_openid_provider_said_is_decoded_under_the_reference_and_masked() {
    each_database!(|t| {
        let idp = OpenIdp::new(&t).await;
        let (acme, mut admin) = chosen(&t, "generic-oidc").await;
        let id = acme.connections(&t).await[0].id;
        idp.register("s3cret", &format!("http://127.0.0.1:8080/oidc/{id}/callback"));
        let values =
            [("issuer", idp.issuer.as_str()), ("client_id", "frontdesk"), ("client_secret", "s3cret")];
        admin.go("/sso/client", &values, "/sso/test").await;
        let begun = admin.post("/sso/test", &[]).await;
        let ann =
            json!({"sub": "u1", "email": "ann@acme.test", "email_verified": false, "given_name": "Annabel"});
        let failed = idp.sign_in_as(&mut admin, &begun, &ann).await;
        assert!(failed.text.contains("address is not verified"), "{}", failed.text);
        let mut db = t.app.read().await.unwrap();
        let which = store::session::Attempts { limit: 1, ..Default::default() };
        let attempt = store::session::list_attempts(&mut db, &which).await.unwrap().items.remove(0);
        drop(db);
        let kept: Value = serde_json::from_str(attempt.message.as_deref().unwrap()).unwrap();
        assert_eq!(kept["id_token"]["claims"]["given_name"], "Annabel");
        assert_eq!(
            (&kept["id_token"]["header"]["alg"], &kept["code"]),
            (&json!("ES256"), &json!("left out"))
        );
        let mut operator = t.operator().await;
        let page = operator.get(&format!("/console/sign-ins/{}", attempt.id)).await.text;
        for shown in ["given_name", "email_verified", "ES256", idp.issuer.as_str()] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        for hidden in ["Annabel", "u1&#34;", "ann@acme.test&#34;"] {
            assert!(!page.contains(hidden), "{hidden}: {page}");
        }
    });
}

#[tokio::test]
async fn a_wrong_value_is_named_once_and_what_was_typed_stays() {
    each_database!(|t| {
        let (_, mut admin) = chosen(&t, "okta-saml").await;
        admin.get("/sso/values").await;
        let issuer = "http://www.okta.com/exk9f2kq7LmT3wPzA5d7";
        for (pasted, words) in [
            (issuer, "That is the Issuer, not the Metadata URL"),
            ("please call me", "There is no metadata in this text"),
        ] {
            let answer = admin.values("/sso/values", &[("paste", pasted)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(answer.text.matches(words).count(), 1, "said once: {}", answer.text);
            assert!(answer.text.contains(&format!(">{pasted}</textarea>")), "{}", answer.text);
            assert!(answer.text.contains("aria-invalid=\"true\""), "{}", answer.text);
        }
    });
}

#[tokio::test]
async fn a_test_of_values_that_were_changed_since_lets_nothing_go_live() {
    each_database!(|t| {
        let (old, new) = (Idp::new(), Idp::new());
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        admin.values("/sso/values", &[("paste", &old.metadata())]).await;
        admin.get("/sso/test").await;
        let begun = admin.post("/sso/test", &[]).await;
        // Another tab brings other values while this one is at the provider.
        admin.values("/sso/values", &[("paste", &new.metadata())]).await;
        let late = old.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        assert!(late.text.contains("That test was of other values"), "{}", late.text);
        assert!(acme.connections(&t).await[0].tested_at.is_none());
        assert_eq!(admin.post("/sso/live", &[]).await.status, StatusCode::CONFLICT);
        // The same the other way round: tested first, changed afterwards, the old result opened again.
        let begun = admin.post("/sso/test", &[]).await;
        let flow = url::Url::parse(begun.location()).unwrap();
        let flow = flow.query_pairs().find(|(n, _)| n == "RelayState").unwrap().1.into_owned();
        new.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        assert!(acme.connections(&t).await[0].tested_at.is_some());
        admin.values("/sso/values", &[("paste", &old.metadata())]).await;
        let again = admin.get(&format!("/sso/test?flow={flow}")).await;
        assert!(again.text.contains("That test was of other values"), "{}", again.text);
        assert_eq!(admin.post("/sso/live", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(acme.connections(&t).await[0].status, ConnectionStatus::Draft);
    });
}

#[tokio::test]
async fn looking_at_a_provider_chooses_nothing_and_a_form_of_another_site_neither() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut admin = Admin::new(&t, &link).await;
        for method in ["GET", "HEAD"] {
            let path = format!("{link}/sso/providers/okta-saml");
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            assert_eq!(admin.browser.send(request).await.status, StatusCode::OK);
        }
        let page = admin.get("/sso/providers/okta-saml").await;
        assert!(page.text.contains("Choose Okta"), "{}", page.text);
        assert_eq!(admin.get("/sso/providers/nobody").await.status, StatusCode::NOT_FOUND);
        let forged = admin.browser.post_cross_site(&format!("{link}/sso/providers/okta-saml"), &[]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        let mut stranger = t.browser();
        let without_token = stranger.post(&format!("{link}/sso/providers/okta-saml"), &[]).await;
        assert_eq!(without_token.status, StatusCode::FORBIDDEN);
        // A provider that cannot be connected tells what to do instead, and chooses nothing either.
        let instead = admin.get("/sso/providers/slack").await;
        assert!(instead.status.is_success(), "{}", instead.text);
        assert!(acme.connections(&t).await.is_empty());
        assert_eq!(acme.uses(&t).await, [None], "opening pages is no use");
    });
}

#[tokio::test]
async fn two_who_choose_at_once_make_one_draft() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso", "scim"]).await;
        let (mut one, mut two) = (Admin::new(&t, &link).await, Admin::new(&t, &link).await);
        let (a, b) = tokio::join!(
            one.post("/sso/providers/okta-saml", &[]),
            two.post("/sso/providers/entra-oidc", &[])
        );
        assert_eq!((a.status, b.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        let all = acme.connections(&t).await;
        assert_eq!(all.len(), 1, "{all:?}");
        let (a, b) = tokio::join!(
            one.post("/scim/providers/okta-scim", &[]),
            two.post("/scim/providers/okta-scim", &[])
        );
        let shown = [&a, &b].iter().filter(|it| it.text.contains("fd_scim_")).count();
        assert_eq!(shown, 1, "one token, shown once: {} {}", a.status, b.status);
        let all = acme.directories(&t).await;
        assert_eq!(all.len(), 1, "{all:?}");
    });
}
