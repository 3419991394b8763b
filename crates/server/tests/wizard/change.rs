//! Changing what is live with the link that set it up; and what of OpenID Connect can be judged beside it.

use axum::http::StatusCode;
use model::ConnectionStatus;
use serde_json::json;
use server::connection;
use testkit::each_database;

use crate::world::{Admin, Company, Idp, OpenIdp, Wrong, follow};

#[tokio::test]
async fn the_link_that_set_it_up_changes_it_as_a_draft() {
    each_database!(|t| {
        let (old, new) = (Idp::new(), Idp::new());
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut admin = Admin::new(&t, &link).await;
        admin.post("/sso/providers/okta-saml", &[("choose", "1")]).await;
        let metadata = old.metadata();
        admin.get("/sso/values").await;
        admin.values("/sso/values", &[("paste", &metadata)]).await;
        let early = admin.get("/sso/change").await;
        assert_eq!(early.location(), format!("{link}/sso/values"), "nothing is live yet");
        let begun = admin.post("/sso/test", &[]).await;
        old.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        let live = admin.go("/sso/live", &[], "/sso/live").await;
        assert!(live.text.contains("Change what is live"), "{}", live.text);
        let before = acme.connections(&t).await.remove(0);
        assert_eq!(before.status, ConnectionStatus::Active);
        let form = admin.get("/sso/values").await;
        assert_eq!(form.location(), format!("{link}/sso/change/values"));
        admin.get("/sso/change/values").await;
        let wrong = admin.values("/sso/change/values", &[("paste", "hello"), ("draft", "")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        let metadata = new.metadata();
        let saved = admin.values("/sso/change/values", &[("paste", &metadata), ("draft", "")]).await;
        assert_eq!(saved.location(), format!("{link}/sso/change?done=drafted"), "{}", saved.text);
        assert_eq!(acme.connections(&t).await[0], before);
        assert_eq!(admin.get("/sso/test").await.location(), format!("{link}/sso/change"));
        let begun = admin.post("/sso/change", &[("act", "test")]).await;
        let tested = new.sign_in(&t, &mut admin, &begun, Wrong::default()).await;
        for words in ["Test passed", "Signed by", "Put it in use"] {
            assert!(tested.text.contains(words), "{words}: {}", tested.text);
        }
        let digest = tested.input("draft").expect("what was looked at");
        let done = admin.post("/sso/change", &[("act", "replace"), ("draft", &digest)]).await;
        let after = follow(&mut admin.browser, done.location()).await;
        assert!(
            after.text.contains("In use before") && after.text.contains("somebody with a setup link"),
            "{}",
            after.text
        );
        assert_ne!(acme.connections(&t).await[0].config, before.config);
        let version = after.input("version").expect("what to go back to");
        admin.post("/sso/change", &[("act", "revert"), ("version", &version)]).await;
        assert_eq!(acme.connections(&t).await[0].config, before.config);
    });
}

#[tokio::test]
async fn another_link_for_single_sign_on_changes_what_is_live_or_sets_up_a_second() {
    each_database!(|t| {
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let globex = Company::new(&t, "Globex", "globex.test").await;
        for company in [&acme, &globex] {
            let body = json!({"protocol": "saml", "provider": "okta-saml", "metadata_xml": Idp::new().metadata(),
                "status": "active"});
            company.api(&t, "POST", "/connections", body).await;
        }
        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut admin = Admin::new(&t, &link).await;
        let list = admin.get("/sso/providers").await;
        assert!(list.text.contains("Okta is live") && list.text.contains("Change Okta"), "{}", list.text);
        let theirs = globex.connections(&t).await[0].id.to_string();
        for id in [theirs.as_str(), "con_nothing", ""] {
            let foreign = admin.post("/sso/change", &[("act", "choose"), ("connection", id)]).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{id}");
        }
        let ours = acme.connections(&t).await[0].id.to_string();
        let chosen = [("act", "choose"), ("connection", ours.as_str())];
        let page = admin.go("/sso/change", &chosen, "/sso/change").await;
        assert!(page.text.contains("Change it"), "{}", page.text);
        // Choosing a provider from the list goes on to set up a second one, and leaves the live one alone.
        admin.post("/sso/providers/entra-saml", &[]).await;
        let all: Vec<ConnectionStatus> = acme.connections(&t).await.iter().map(|it| it.status).collect();
        assert_eq!(all, [ConnectionStatus::Active, ConnectionStatus::Draft]);
    });
}

#[tokio::test]
async fn of_openid_connect_claims_issuer_audience_and_keys_are_judged_by_the_draft() {
    each_database!(|t| {
        let idp = OpenIdp::new(&t).await;
        let acme = Company::new(&t, "Acme", "acme.test").await;
        let body = json!({"protocol": "oidc", "provider": "generic-oidc", "issuer": idp.issuer,
            "client_id": "frontdesk", "client_secret": "secret", "status": "active"});
        let made = acme.api(&t, "POST", "/connections", body).await;
        let at = format!("/connections/{}", made["id"].as_str().unwrap());
        idp.register(
            "secret",
            &format!("http://127.0.0.1:8080/oidc/{}/callback", made["id"].as_str().unwrap()),
        );
        let names = json!({"attributes": {"lastName": "given_name"}});
        let draft = acme.api(&t, "PUT", &format!("{at}/draft"), names).await;
        assert_eq!(draft["oidc"]["client_auth"], "client_secret", "the secret in use stays: {draft}");
        acme.api(&t, "PUT", &format!("{at}/shadow"), json!({})).await;
        let (_, link) = acme.link(&t, &["sso"]).await;
        let mut ann = Admin::new(&t, &link).await;
        let begun = ann.browser.post("/login", &[("email", "ann@acme.test")]).await;
        idp.sign_in(&mut ann, &begun).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.api(&t, "GET", &format!("{at}/shadow"), json!({})).await;
        assert_eq!((&report["would_work"], &report["would_differ"]), (&json!(1), &json!(1)), "{report}");
        assert_eq!(report["data"][0]["differences"][0]["what"], "lastName");
        // A client of another name: the token is not for it.
        let other = json!({"client_id": "another", "client_secret": "of another"});
        acme.api(&t, "PUT", &format!("{at}/draft"), other).await;
        let begun = ann.browser.post("/login", &[("email", "ann@acme.test")]).await;
        idp.sign_in(&mut ann, &begun).await;
        connection::shadow::flush(&t.app).await.unwrap();
        let report = acme.api(&t, "GET", &format!("{at}/shadow"), json!({})).await;
        assert_eq!((&report["judged"], &report["would_fail"]), (&json!(1), &json!(1)), "{report}");
        assert_eq!(report["data"][0]["code"], "audience_mismatch", "{report}");
    });
}
