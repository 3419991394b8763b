//! An application, a person with a session, and the way through the code flow.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{
    Account, AccountId, Defaults, LeaverPolicy, Member, MemberId, MemberStatus, Organization, OrganizationId,
    Role, SessionId, Source,
};
use oidc::pkce;
use serde_json::{Map, Value, json};
use server::provider::applications;
use store::session::Session;
use testkit::{Answer, TestApp, TestBrowser};

/// Where the application of every test receives its answers.
pub const CALLBACK: &str = "https://product.example/callback";
/// A PKCE verifier.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A registered application.
pub struct Client {
    pub id: String,
    pub secret: String,
}

/// Registers an application with these members besides its redirect URI.
pub async fn client(t: &TestApp, more: Value) -> Client {
    let mut metadata = Map::new();
    metadata.insert("redirect_uris".to_owned(), json!([CALLBACK]));
    if let Value::Object(more) = more {
        metadata.extend(more);
    }
    let mut tx = t.app.write().await.unwrap();
    let (application, secret) =
        applications::create(&t.app, &mut tx, "Product", &metadata, "system").await.unwrap();
    tx.commit().await.unwrap();
    Client { id: application.id.to_string(), secret: secret.unwrap_or_default() }
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
    let app = &t.app;
    let now = app.now();
    let organization = Organization {
        id: app.id(OrganizationId::new),
        name: "Acme".to_owned(),
        leaver_policy: LeaverPolicy::Disconnect,
        erase_grace: Duration::from_hours(72),
        jit: true,
        self_service: true,
        defaults: Defaults::default(),
        created_at: now,
    };
    let account = Account {
        id: app.id(AccountId::new),
        email: "ada@acme.example".to_owned(),
        email_verified_at: Some(now),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        password_hash: None,
        personal_email: None,
        locale: None,
        created_at: now,
    };
    let member = Member {
        id: app.id(MemberId::new),
        organization_id: organization.id,
        account_id: Some(account.id),
        directory_user_id: None,
        status: MemberStatus::Active,
        source: Source::Sso,
        role: Role::Admin,
        email: Some(account.email.clone()),
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        country: Some("GB".to_owned()),
        current_city: None,
        current_state: None,
        birth_year: Some(1815),
        extra: json!({"employee_number": "7"}).to_string(),
        unread: "[]".to_owned(),
        status_before: None,
        erase_at: None,
        left_at: None,
        last_sign_in_at: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.write().await.unwrap();
    store::organization::add(&mut tx, &organization).await.unwrap();
    store::account::add(&mut tx, &account).await.unwrap();
    store::member::add(&mut tx, &member).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = t.browser();
    let session = sign_in(t, &mut browser, &account, Some(&member)).await;
    Ada { organization, account, member, session, browser }
}

/// Signs a person in, as `login` would have done by now.
pub async fn sign_in(
    t: &TestApp,
    browser: &mut TestBrowser,
    account: &Account,
    member: Option<&Member>,
) -> Session {
    let now = t.app.now();
    let session = Session {
        id: t.app.id(SessionId::new),
        account_id: account.id,
        member_id: member.map(|m| m.id),
        organization_id: member.map(|m| m.organization_id),
        connection_id: None,
        name_id: None,
        session_index: None,
        auth_at: now,
        method: "saml".to_owned(),
        user_agent: "test".to_owned(),
        created_at: now,
        expires_at: now.after(Duration::from_hours(12)),
    };
    let token = t.app.token("");
    let mut tx = t.app.write().await.unwrap();
    store::session::add(&mut tx, &session, &token.hash()).await.unwrap();
    tx.commit().await.unwrap();
    browser.add_cookie(&format!("{}={}", server::request::SESSION_COOKIE, token.expose()));
    session
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
