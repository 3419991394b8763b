//! The behaviours that the OpenID Foundation's conformance suite asks of a provider: the plans
//! `oidcc-basic-certification-test-plan` and `oidcc-config-certification-test-plan`, module by module. Each test has the
//! name of its module, without `oidcc-`.

mod basic;
mod config;
mod parameters;
#[path = "../provider/world.rs"]
#[expect(dead_code, reason = "the kit of the provider's own tests, of which these need a part")]
mod world;

use std::collections::HashMap;

use serde_json::{Value, json};
use testkit::TestApp;

use world::{Ada, CALLBACK, Client};

/// The suite's client: with a secret, and without PKCE, which the basic profile does not know.
pub(crate) async fn suite(t: &TestApp) -> (Ada, Client) {
    let ada = world::ada(t).await;
    let client = world::client(t, json!({"require_pkce": false, "response_types": ["code"]})).await;
    (ada, client)
}

/// The suite's authorization request with these parameters more, or without those that are empty.
pub(crate) fn request(client: &Client, more: &[(&str, &str)]) -> String {
    let mut all = vec![("scope", "openid"), ("code_challenge", ""), ("code_challenge_method", "")];
    all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    all.extend(more);
    world::authorize_path(client, &all)
}

/// What came back to the client's redirect URI.
pub(crate) async fn answer(ada: &mut Ada, client: &Client, more: &[(&str, &str)]) -> HashMap<String, String> {
    let answer = ada.browser.get(&request(client, more)).await;
    assert!(answer.location().starts_with(CALLBACK), "{}", answer.location());
    world::query(answer.location())
}

/// Exchanges a code, as the client registered it: with Basic.
pub(crate) async fn exchange(t: &TestApp, client: &Client, code: &str) -> testkit::Answer {
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    world::post(t, client, "/oauth2/token", &form).await
}

/// The whole flow: the token endpoint's answer.
pub(crate) async fn flow(t: &TestApp, ada: &mut Ada, client: &Client, more: &[(&str, &str)]) -> Value {
    let received = answer(ada, client, more).await;
    let code = received.get("code").unwrap_or_else(|| panic!("no code in {received:?}"));
    let given = exchange(t, client, code).await;
    assert_eq!(given.status, 200, "{}", given.text);
    given.json()
}

/// The claims of the ID token.
pub(crate) fn id_token(given: &Value) -> Value {
    world::claims(given["id_token"].as_str().expect("an ID token"))
}

/// Userinfo by the header.
pub(crate) async fn userinfo(t: &TestApp, given: &Value) -> Value {
    let answer = world::userinfo(t, given["access_token"].as_str().expect("an access token")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}
