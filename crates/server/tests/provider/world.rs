//! An application, a person with a session, and the way through the code flow.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Account, Member, MemberStatus, Organization, Role};
use oidc::pkce;
use serde_json::{Value, json};
use store::session::Session;
use testkit::{Answer, TestApp, TestBrowser};
pub use testkit::{Application as Client, CALLBACK};

/// A PKCE verifier.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Registers an application with these members besides its redirect URI.
pub async fn client(t: &TestApp, more: Value) -> Client {
    t.application(more).await
}

/// Ada of Acme, signed in.
pub struct Ada {
    pub organization: Organization,
    pub account: Account,
    pub member: Member,
    pub session: Session,
    pub browser: TestBrowser,
}

/// Makes a company, a member with an account, and a session in a browser.
pub async fn ada(t: &TestApp) -> Ada {
    let organization = t.organization_with("Acme", |it| it.erase_grace = Duration::from_hours(72)).await;
    let account = t.account("ada@acme.example").await;
    let extra = json!({"employee_number": "7"}).to_string();
    let member = t
        .member_with(&organization, &account, Role::Admin, |it| {
            it.birth_year = Some(1815);
            it.extra = extra;
        })
        .await;
    let mut browser = t.browser();
    let session = t.session(&mut browser, &account, Some(&member)).await;
    Ada { organization, account, member, session, browser }
}

/// Signs a person in, as `login` would have done by now.
pub async fn sign_in(
    t: &TestApp,
    browser: &mut TestBrowser,
    account: &Account,
    member: Option<&Member>,
) -> Session {
    t.session(browser, account, member).await
}

/// Changes the status of a member.
pub async fn set_status(t: &TestApp, member: &Member, status: MemberStatus) {
    let mut tx = t.app.write().await.unwrap();
    store::member::update(&mut tx, &Member { status, ..member.clone() }).await.unwrap();
    tx.commit().await.unwrap();
}

/// The authorization request of an application, with more parameters.
pub fn authorize_path(client: &Client, more: &[(&str, &str)]) -> String {
    let challenge = pkce::challenge(VERIFIER);
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        pairs.retain(|(known, _)| known != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth2/authorize?{query}")
}

/// The parameters of an address.
pub fn query(address: &str) -> HashMap<String, String> {
    let (_, query) = address.split_once('?').unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Asks for a code in a browser that is signed in.
pub async fn code(browser: &mut TestBrowser, client: &Client) -> String {
    let answer = browser.get(&authorize_path(client, &[])).await;
    assert!(answer.location().starts_with(CALLBACK), "{}", answer.location());
    query(answer.location()).remove("code").expect("a code")
}

/// Posts to an endpoint for programs, with the application's secret in the header where it has one.
pub async fn post(t: &TestApp, client: &Client, path: &str, form: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://product.example");
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    if client.secret.is_empty() {
        body.append_pair("client_id", &client.id);
    } else {
        let pair = format!("{}:{}", client.id, client.secret);
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
    }
    t.browser().send(request.body(Body::from(body.finish())).unwrap()).await
}

/// Redeems a code.
pub async fn redeem(t: &TestApp, client: &Client, code: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(t, client, "/oauth2/token", &form).await
}

/// Uses a refresh token.
pub async fn refresh(t: &TestApp, client: &Client, token: &str) -> Answer {
    post(t, client, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// Signs in to the application and gives the answer of the token endpoint.
pub async fn tokens(t: &TestApp, browser: &mut TestBrowser, client: &Client) -> Value {
    let code = code(browser, client).await;
    let answer = redeem(t, client, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Asks who the bearer of the token is.
pub async fn userinfo(t: &TestApp, token: &str) -> Answer {
    t.browser().api("GET", "/oauth2/userinfo", token, None).await
}

/// The claims of a token, not verified.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
