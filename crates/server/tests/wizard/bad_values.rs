//! What people bring by mistake: each is recognised, told in a sentence with the next step, and leaves nothing behind,
//! in the wizard as over the API.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use oidc::provider::SigningAlgorithm;
use oidc::simulated::SimulatedProvider;
use serde_json::{Value, json};
use server::Config;
use testkit::{TestApp, each_database};

use crate::world::{Admin, Company, IDP, Idp, SSO, serve};

const MEGABYTE: usize = 1024 * 1024;

async fn chosen(t: &TestApp, provider: &str) -> (Company, Admin) {
    let acme = Company::new(t, "Acme", "acme.test").await;
    let (_, link) = acme.link(t, &["sso"]).await;
    let mut admin = Admin::new(t, &link).await;
    admin.get("/sso/providers").await;
    admin.go(&format!("/sso/providers/{provider}"), &[], "/sso/steps").await;
    (acme, admin)
}

/// The connection of the wizard is as empty as before, and there is no other.
async fn assert_nothing_kept(t: &TestApp, acme: &Company) {
    let all = acme.connections(t).await;
    assert_eq!(all.iter().map(|it| it.config.as_str()).collect::<Vec<_>>(), ["{}"]);
    assert_eq!(acme.told(t, "connection.updated").await, 0);
}

/// A browser's text of a page: character references are read.
fn readable(text: &str) -> String {
    let text = text.replace("&#60;", "<").replace("&lt;", "<").replace("&gt;", ">").replace("&#62;", ">");
    text.replace("&#39;", "'").replace("&quot;", "\"").replace("<code>", "").replace("</code>", "")
}

fn ended_certificate() -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2023, 5, 4);
    params.self_signed(&key).unwrap().pem()
}

#[tokio::test]
async fn what_is_pasted_by_mistake_is_named_with_the_next_step_and_leaves_nothing_behind() {
    each_database!(|t| {
        let idp = Idp::new();
        let sign_in = "<!DOCTYPE html><html><body>Sign in</body></html>";
        let router = Router::new()
            .route("/html/metadata", get(move || async move { sign_in }))
            .route("/big/metadata", get(|| async { "<".repeat(40 * MEGABYTE) }))
            .route("/around/metadata", get(|| async { Redirect::to("/around/metadata") }))
            .route("/gone/metadata", get(|| async { StatusCode::FORBIDDEN }));
        let host = serve(router).await;
        let (acme, mut admin) = chosen(&t, "okta-saml").await;
        let ended = ended_certificate();
        let ended_body = ended.lines().filter(|it| !it.starts_with("-----")).collect::<String>();
        let good = idp.certificate().lines().filter(|it| !it.starts_with("-----")).collect::<String>();
        let url = |path: &str| format!("{host}/{path}/metadata");
        // Field of the API, value, and words that both say.
        let cases: [(&str, String, &str); 9] = [
            ("metadata_url", url("html"), "web page, not metadata"),
            ("metadata_xml", sign_in.to_owned(), "web page, not metadata"),
            (
                "metadata_url",
                "http://www.okta.com/exk9f2kq7LmT3wPzA5d7".to_owned(),
                "is the Issuer, not the Metadata URL",
            ),
            ("metadata_xml", idp.certificate().to_owned(), "That is only the certificate"),
            ("metadata_url", url("big"), "the metadata of a whole federation"),
            ("metadata_url", url("around"), "sends us from one address to the next"),
            ("metadata_url", url("gone"), "answered with status 403"),
            ("metadata_xml", idp.metadata().replace(&good, &ended_body), "ended on 4 May 2023"),
            (
                "metadata_xml",
                idp.metadata().replace("use=\"signing\"", "use=\"encryption\""),
                "a key for encryption only",
            ),
        ];
        for (field, value, words) in cases {
            let page = admin.values("/sso/values", &[("paste", &value)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", page.text);
            assert!(readable(&page.text).contains(words), "{words}: {}", page.text);
            let answer =
                acme.refuses(&t, json!({"protocol": "saml", "provider": "okta-saml", field: value})).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", answer.text);
            let problem = answer.json();
            let said = problem["errors"][0]["problem"].as_str().unwrap_or_default();
            assert!(
                said.contains(words) && (said.ends_with('.') || said.contains("Expected: ")),
                "{words}: {problem}"
            );
            assert_nothing_kept(&t, &acme).await;
        }
        // By hand, and in the form for a new certificate.
        let by_hand = [("sso_url", SSO), ("issuer", IDP), ("certificate", ended.as_str())];
        let page = admin.values("/sso/values", &by_hand).await;
        assert!(page.text.contains("ended on 4 May 2023"), "{}", page.text);
        let body = json!({"protocol": "saml", "idp_entity_id": IDP, "sso_url": SSO, "certificate": ended});
        let answer = acme.refuses(&t, body).await;
        assert!(answer.text.contains("ended on 4 May 2023"), "{}", answer.text);
        assert_nothing_kept(&t, &acme).await;
    });
}

#[tokio::test]
async fn oktas_issuer_is_known_whichever_provider_was_chosen() {
    each_database!(|t| {
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        for issuer in
            ["http://www.okta.com/exk9f2kq7LmT3wPzA5d7", "https://www.okta.com/exk9f2kq7LmT3wPzA5d7"]
        {
            let page = admin.values("/sso/values", &[("paste", issuer)]).await;
            assert!(page.text.contains("is the Issuer, not the Metadata URL"), "{}", page.text);
            let answer = acme.refuses(&t, json!({"protocol": "saml", "metadata_url": issuer})).await;
            assert!(answer.text.contains("is the Issuer, not the Metadata URL"), "{}", answer.text);
        }
        assert_nothing_kept(&t, &acme).await;
    });
}

#[tokio::test]
async fn a_whole_support_mail_with_the_address_in_it_is_enough() {
    each_database!(|t| {
        let served = Idp::new().metadata();
        let host = serve(Router::new().route("/saml/metadata", get(move || async move { served }))).await;
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        let mail = format!(
            "From: Helpdesk <it@acme.test>\nTicket #4711: https://support.acme.test/4711\n\nHi Priya,\nas you asked, the \
             metadata is at <{host}/saml/metadata>.\n\nKind regards, Bo (https://acme.test)"
        );
        let answer = admin.values("/sso/values", &[("paste", &mail)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert!(acme.connections(&t).await[0].config.contains("/saml/metadata"));
    });
}

#[tokio::test]
async fn a_file_of_a_whole_federation_is_refused_with_the_way_out() {
    each_database!(|t| {
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        let one = Idp::new().metadata();
        let page = admin.upload("/sso/values", &[], ("all.xml", "x".repeat(40 * MEGABYTE).as_bytes())).await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(readable(&page.text).contains("the metadata of a whole federation"), "{}", page.text);
        let body = json!({"protocol": "saml", "metadata_xml": "x".repeat(40 * MEGABYTE)});
        let answer = acme.refuses(&t, body).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text.contains("the metadata of a whole federation"), "{}", answer.text);
        // Two providers: which of them?
        let bare = &one[one.find("<md:EntityDescriptor").unwrap()..];
        let other = bare.replacen(IDP, "https://other.test", 1);
        let two = format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{bare}{other}</md:EntitiesDescriptor>"
        );
        let page = admin.upload("/sso/values", &[], ("two.xml", two.as_bytes())).await;
        assert!(
            page.text.contains("2 identity providers") && page.text.contains("https://other.test"),
            "{}",
            page.text
        );
        assert_nothing_kept(&t, &acme).await;
        let answer = acme.refuses(&t, json!({"protocol": "saml", "metadata_xml": two})).await;
        assert_eq!(answer.json()["errors"][0]["field"], "idp_entity_id", "{}", answer.text);
        let body = json!({"protocol": "saml", "metadata_xml": two, "idp_entity_id": "https://other.test"});
        assert_eq!(
            acme.api(&t, "POST", "/connections", body).await["saml"]["idp_entity_id"],
            "https://other.test"
        );
        // The page asks which, and takes the answer with the same text; a slip of the pen is told.
        assert!(page.text.contains("Entity ID of your provider"), "{}", page.text);
        let slip = [("paste", two.as_str()), ("entity_id", "https://othre.test")];
        let page = admin.values("/sso/values", &slip).await;
        assert!(page.text.contains("https://othre.test is not in this file"), "{}", page.text);
        let right = [("paste", two.as_str()), ("entity_id", "https://other.test")];
        assert_eq!(admin.values("/sso/values", &right).await.status, StatusCode::SEE_OTHER);
        let kept = || async { acme.connections(&t).await[0].config.clone() };
        assert!(kept().await.contains("https://other.test"));
        // From then on the same provider is meant.
        let again = admin.values("/sso/values", &[("paste", two.as_str())]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
        assert!(kept().await.contains("https://other.test"));
    });
}

#[tokio::test]
async fn a_provider_that_never_answers_or_lies_in_a_private_network_is_named() {
    for database in testkit::databases().await {
        let mut config = Config::new("http://127.0.0.1:8080".parse().unwrap());
        config.allow_private_network = true;
        config.limits.fetch = Duration::from_secs(1);
        let t = TestApp::with(database, config).await;
        let silent = serve(Router::new().fallback(get(std::future::pending::<String>))).await;
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        let url = format!("{silent}/metadata");
        let page = admin.values("/sso/values", &[("paste", &url)]).await;
        assert!(page.text.contains("did not answer within 1 seconds"), "{}", page.text);
        for body in [
            json!({"protocol": "saml", "metadata_url": url}),
            json!({"protocol": "oidc", "issuer": silent, "client_id": "c", "client_secret": "s"}),
        ] {
            let answer = acme.refuses(&t, body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains("did not answer within"), "{}", answer.text);
            // An OpenID provider has no file to send.
            let by_file = answer.text.contains("upload the file");
            assert_eq!(by_file, answer.text.contains("metadata_url"), "{}", answer.text);
        }
        assert_nothing_kept(&t, &acme).await;
    }
    for database in testkit::databases().await {
        let t = TestApp::with(database, Config::new("http://127.0.0.1:8080".parse().unwrap())).await;
        let (acme, mut admin) = chosen(&t, "generic-saml").await;
        for url in ["https://10.1.2.3/metadata", "https://localhost/metadata"] {
            let page = admin.values("/sso/values", &[("paste", url)]).await;
            assert!(page.text.contains("leads into a private network"), "{}", page.text);
            let answer = acme.refuses(&t, json!({"protocol": "saml", "metadata_url": url})).await;
            assert!(answer.text.contains("leads into a private network"), "{}", answer.text);
        }
        let plain =
            acme.refuses(&t, json!({"protocol": "saml", "metadata_url": "http://idp.test/metadata"})).await;
        assert!(plain.text.contains("begins with http://"), "{}", plain.text);
        assert_nothing_kept(&t, &acme).await;
    }
}

#[tokio::test]
async fn a_clients_secret_comes_with_its_end_or_is_none_because_we_sign() {
    each_database!(|t| {
        let idp = crate::world::OpenIdp::new(&t).await;
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let with = |more: Value| {
            let mut body = json!({"protocol": "oidc", "issuer": idp.issuer, "client_id": "frontdesk"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        for (more, field) in [
            (json!({"client_secret": "s", "client_secret_expires_at": "soon"}), "client_secret_expires_at"),
            (
                json!({"client_secret": "s", "client_secret_expires_at": "2026-02-30"}),
                "client_secret_expires_at",
            ),
            (
                json!({"client_secret": "s", "client_secret_expires_at": "2025-11-23"}),
                "client_secret_expires_at",
            ),
            (json!({"client_auth": "tls"}), "client_auth"),
        ] {
            let answer = acme.refuses(&t, with(more)).await.json();
            assert_eq!(answer["errors"][0]["field"], field, "{answer}");
        }
        assert!(acme.connections(&t).await.is_empty());
        let body = with(json!({"client_secret": "s", "client_secret_expires_at": "2026-05-30"}));
        let made = acme.api(&t, "POST", "/connections", body).await;
        assert_eq!(made["oidc"]["client_auth"], "client_secret");
        assert_eq!(made["oidc"]["client_secret_expires_at"], "2026-05-30T00:00:00Z");
        assert!(made["oidc"]["jwks_uri"].as_str().unwrap().ends_with("/jwks.json"));
        let path = made["oidc"]["jwks_uri"]
            .as_str()
            .unwrap()
            .strip_prefix("http://127.0.0.1:8080")
            .unwrap()
            .to_owned();
        let keys = t.browser().get(&path).await.json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        assert_ne!(keys, t.browser().get("/oauth2/jwks").await.json(), "keys of their own");

        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut admin = Admin::new(&t, &link).await;
        admin.get("/sso/providers").await;
        admin.go("/sso/providers/entra-oidc", &[], "/sso/steps").await;
        let form = admin.get("/sso/values").await;
        assert!(form.text.contains("secret_expires") && form.text.contains("/jwks.json"), "{}", form.text);
        let values = [("issuer", idp.issuer.as_str()), ("client_id", "frontdesk"), ("client_secret", "s")];
        let wrong = [&values[..], &[("secret_expires", "2024-01-01")]].concat();
        let page = admin.post("/sso/client", &wrong).await;
        assert!(page.text.contains("This secret ended on 1 January 2024"), "{}", page.text);
        assert!(page.text.contains("value=\"2024-01-01\""), "{}", page.text);
        let right = [&values[..], &[("secret_expires", "2026-05-30")]].concat();
        admin.go("/sso/client", &right, "/sso/test").await;
        let kept = admin.get("/sso/values").await;
        assert!(kept.text.contains("value=\"2026-05-30\""), "{}", kept.text);
    });
}

#[tokio::test]
async fn a_client_secret_goes_to_nobody_but_the_provider_that_it_was_entered_for() {
    each_database!(|t| {
        let idp = crate::world::OpenIdp::new(&t).await;
        let (acme, mut admin) = chosen(&t, "generic-oidc").await;
        let sealed = async || {
            let all = acme.connections(&t).await;
            let config: Value = serde_json::from_str(&all[0].config).unwrap();
            (config["issuer"].as_str().unwrap().to_owned(), config["client_secret_sealed"].clone())
        };
        let values =
            [("issuer", idp.issuer.as_str()), ("client_id", "frontdesk"), ("client_secret", "s3cret")];
        admin.go("/sso/client", &values, "/sso/test").await;
        let (_, first) = sealed().await;
        assert_ne!(first, "");
        // The empty field keeps it, for the same provider and client.
        let same = [("issuer", idp.issuer.as_str()), ("client_id", "frontdesk"), ("client_secret", "")];
        admin.go("/sso/client", &same, "/sso/test").await;
        assert_eq!(sealed().await, (idp.issuer.clone(), first));
        let other = [("issuer", idp.issuer.as_str()), ("client_id", "another"), ("client_secret", "")];
        let page = admin.post("/sso/client", &other).await;
        assert!(page.text.contains("asks for a client secret"), "{}", page.text);

        // Whoever has the link names a provider of their own, which takes clients without a secret, and with one.
        let discovery = async |headers: axum::http::HeaderMap| {
            let at = |path: &str| format!("http://{}{path}", headers["host"].to_str().unwrap());
            axum::Json(json!({"issuer": at(""), "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"), "jwks_uri": at("/jwks"),
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"]}))
        };
        let keys = SimulatedProvider::new("https://thief.test", SigningAlgorithm::Es256).unwrap().jwks();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(async move || axum::Json(keys)));
        let thief = serve(router).await;
        let theirs = [("issuer", thief.as_str()), ("client_id", "frontdesk"), ("client_secret", "")];
        admin.go("/sso/client", &theirs, "/sso/test").await;
        assert_eq!(sealed().await, (thief, json!("")));
    });
}
