//! How a person signed in, asked for by the application and told to it, through a company's SAML provider.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Person, SamlProvider, TestApp, TestBrowser, each_database};

use crate::world::{Client, ada, authorize_path, claims, client, query, redeem, tokens, userinfo};

const CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// Follows the way to the provider and back to the application; gives its answer, and whether a new sign-in was forced.
async fn through(t: &TestApp, idp: &SamlProvider, browser: &mut TestBrowser, path: &str) -> (String, bool) {
    let asked = idp.reads(browser.get(path).await.location());
    let answer = asked.post(browser, &idp.lets_in(t, &asked, &Person::new("u1", "ann@acme.test"))).await;
    (browser.get(answer.location()).await.location().to_owned(), asked.force_authn)
}

async fn acme(t: &TestApp) -> SamlProvider {
    let organization = t.organization("Acme").await;
    t.domain(&organization, "acme.test").await;
    let idp = SamlProvider::of("acme.test");
    t.saml_connection(&organization, &idp).await;
    idp
}

async fn id_token(t: &TestApp, product: &Client, answer: &str) -> (Value, Value) {
    let code = query(answer).remove("code").unwrap_or_else(|| panic!("no code in {answer}"));
    let given = redeem(t, product, &code).await.json();
    let person = userinfo(t, given["access_token"].as_str().unwrap()).await.json();
    (claims(given["id_token"].as_str().unwrap()), person)
}

#[tokio::test]
async fn class_of_the_sign_in_is_told_and_a_domain_leads_to_its_provider() {
    each_database!(|t| {
        let idp = acme(&t).await;
        let product = client(&t, json!({})).await;
        let mut browser = t.browser();
        let path = authorize_path(&product, &[("domain_hint", "acme.test")]);
        let (answer, forced) = through(&t, &idp, &mut browser, &path).await;
        assert!(!forced);
        let (token, person) = id_token(&t, &product, &answer).await;
        for told in [&token, &person] {
            assert_eq!((&told["acr"], &told["amr"]), (&json!(CLASS), &json!(["fed"])));
            assert_eq!(told["auth_time"], t.app.now().as_seconds());
        }
        // The session that is there has the class.
        let path = authorize_path(&product, &[("acr_values", CLASS)]);
        assert!(query(browser.get(&path).await.location()).contains_key("code"));
    });
}

#[tokio::test]
async fn new_sign_in_is_forced_at_the_provider_by_prompt_and_by_age() {
    each_database!(|t| {
        let idp = acme(&t).await;
        let product = client(&t, json!({})).await;
        let mut browser = t.browser();
        let path = authorize_path(&product, &[("login_hint", "ann@acme.test")]);
        let (answer, _) = through(&t, &idp, &mut browser, &path).await;
        let before = id_token(&t, &product, &answer).await.0;
        for more in [("prompt", "login"), ("max_age", "60"), ("prompt", "select_account")] {
            t.clock.advance(Duration::from_mins(5));
            let path = authorize_path(&product, &[("login_hint", "ann@acme.test"), more]);
            let (answer, forced) = through(&t, &idp, &mut browser, &path).await;
            assert!(forced, "{more:?}");
            let token = id_token(&t, &product, &answer).await.0;
            assert_eq!(token["auth_time"], t.app.now().as_seconds(), "{more:?}");
            assert_eq!(token["sub"], before["sub"]);
        }
    });
}

#[tokio::test]
async fn other_class_is_asked_for_once_and_missed_only_where_it_is_essential() {
    each_database!(|t| {
        let idp = acme(&t).await;
        let product = client(&t, json!({})).await;
        let mut browser = t.browser();
        let hint = ("login_hint", "ann@acme.test");
        through(&t, &idp, &mut browser, &authorize_path(&product, &[hint])).await;
        let wanted = authorize_path(&product, &[hint, ("acr_values", "urn:example:mfa")]);
        let (answer, forced) = through(&t, &idp, &mut browser, &wanted).await;
        assert!(!forced);
        assert_eq!(id_token(&t, &product, &answer).await.0["acr"], CLASS);
        let silent = authorize_path(&product, &[("acr_values", "urn:example:mfa"), ("prompt", "none")]);
        assert!(query(browser.get(&silent).await.location()).contains_key("code"));
        let essential =
            json!({"id_token": {"acr": {"essential": true, "values": ["urn:example:mfa"]}}}).to_string();
        let path = authorize_path(&product, &[hint, ("claims", &essential)]);
        let (answer, _) = through(&t, &idp, &mut browser, &path).await;
        assert_eq!(query(&answer)["error"], "unmet_authentication_requirements");
    });
}

#[tokio::test]
async fn claims_by_name_come_beside_those_of_the_scopes_and_within_the_registration() {
    each_database!(|t| {
        let mut ada = ada(&t).await;
        let product = client(&t, json!({"scope": "openid email address"})).await;
        let wish = json!({
            "userinfo": {"email": {"essential": true}, "given_name": null, "nonsense": null},
            "id_token": {"address": null},
        });
        let path = authorize_path(&product, &[("scope", "openid"), ("claims", &wish.to_string())]);
        let answer = ada.browser.get(&path).await;
        let (token, person) = id_token(&t, &product, answer.location()).await;
        assert_eq!(token["address"], json!({"country": "GB"}));
        assert!(token.get("email").is_none());
        assert_eq!(person["email"], "ada@acme.example");
        assert!(person.get("given_name").is_none(), "the registration does not allow the scope profile");
        let stranger = json!({"id_token": {"sub": {"value": "acc_other"}}}).to_string();
        let path = authorize_path(&product, &[("claims", &stranger), ("prompt", "none")]);
        assert_eq!(query(ada.browser.get(&path).await.location())["error"], "login_required");
        let path = authorize_path(&product, &[("claims", "{")]);
        assert_eq!(query(ada.browser.get(&path).await.location())["error"], "invalid_request");
        assert!(tokens(&t, &mut ada.browser, &client(&t, json!({})).await).await["id_token"].is_string());
    });
}
