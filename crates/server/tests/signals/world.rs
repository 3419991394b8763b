//! A company with an OpenID provider whose keys are these tests', and people who are signed in through it.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{
    Account, Connection, ConnectionId, ConnectionStatus, Member, Organization, Protocol, Role, SessionId,
};
use serde_json::{Value, json};
use server::connection::{OidcConfig, Settings};
use store::session::Session;
use testkit::{Answer, TestApp, TestBrowser};

pub const ISSUER: &str = "https://idp.test";
pub const CLIENT: &str = "client-1";

/// A key of an identity provider.
pub struct Key {
    kid: &'static str,
    pair: EcdsaKeyPair,
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    pub fn new(kid: &'static str) -> Self {
        Self { kid, pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    pub fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "x": b64(x), "y": b64(y)})
    }

    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "ES256", "kid": self.kid, "typ": typ}), claims)
    }

    /// Signs with this key, whatever the header says.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", b64(signature))
    }

    /// The attack of a public key as the secret of an HMAC.
    pub fn hmac_with_public_key(&self, typ: &str, claims: &Value) -> String {
        let header = json!({"alg": "HS256", "kid": self.kid, "typ": typ});
        let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let secret = self.jwk().to_string();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
        format!("{input}.{}", b64(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
    }
}

/// A key set behind an address; how often it was fetched is counted.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Arc<Mutex<Vec<Value>>>,
    fetched: Arc<Mutex<usize>>,
}

impl KeySet {
    pub fn publish(&self, keys: &[&Key]) {
        *self.keys.lock().unwrap() = keys.iter().map(|key| key.jwk()).collect();
    }

    pub fn fetched(&self) -> usize {
        *self.fetched.lock().unwrap()
    }

    /// Serves it; gives the address of the host. The discovery document there names `/jwks`.
    pub async fn serve(&self) -> String {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", socket.local_addr().unwrap());
        let (it, issuer) = (self.clone(), host.clone());
        let jwks = async move || {
            *it.fetched.lock().unwrap() += 1;
            axum::Json(json!({"keys": it.keys.lock().unwrap().clone()}))
        };
        let router = Router::new()
            .route("/jwks", get(jwks))
            .route("/.well-known/openid-configuration", get(async move || axum::Json(discovery(&issuer))));
        tokio::spawn(async move { axum::serve(socket, router).await });
        host
    }
}

pub fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })
}

/// An active OpenID Connect connection to `issuer`, which publishes this key.
pub async fn connection(
    t: &TestApp,
    org: &Organization,
    issuer: &str,
    client: &str,
    key: &Key,
) -> Connection {
    let settings = Settings::Oidc(OidcConfig {
        issuer: issuer.to_owned(),
        client_id: client.to_owned(),
        discovery: discovery(issuer),
        jwks: json!({"keys": [key.jwk()]}),
        fetched_at: t.app.now(),
        ..OidcConfig::default()
    });
    let mut it = t.bare_connection(org).await;
    let old = it.id;
    it.id = t.app.id(ConnectionId::new);
    it.protocol = Protocol::Oidc;
    "generic-oidc".clone_into(&mut it.provider);
    it.status = ConnectionStatus::Active;
    it.config = settings.to_text();
    let mut tx = t.app.write().await.unwrap();
    store::connection::remove(&mut tx, old).await.unwrap();
    store::connection::add(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    it
}

/// A person whom the connection's provider knows as `subject`.
pub struct Someone {
    pub account: Account,
    pub member: Member,
}

pub async fn someone(
    t: &TestApp,
    org: &Organization,
    it: &Connection,
    subject: &str,
    email: &str,
) -> Someone {
    let account = t.account(email).await;
    let member = t.member(org, &account, Role::Member).await;
    known_as(t, it, subject, &account).await;
    Someone { account, member }
}

pub async fn known_as(t: &TestApp, it: &Connection, subject: &str, account: &Account) {
    let mut tx = t.app.write().await.unwrap();
    store::connection::set_identity(&mut tx, it.id, subject, account.id, t.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A browser that signed in through the connection, in the provider's session `sid`.
pub async fn signed_in(
    t: &TestApp,
    it: &Connection,
    account: &Account,
    member: &Member,
    sid: Option<&str>,
) -> TestBrowser {
    let now = t.app.now();
    let session = Session {
        id: t.app.id(SessionId::new),
        account_id: account.id,
        member_id: Some(member.id),
        organization_id: Some(member.organization_id),
        connection_id: Some(it.id),
        name_id: None,
        name_id_form: None,
        id_token_sealed: None,
        session_index: sid.map(str::to_owned),
        auth_at: now,
        method: "oidc".to_owned(),
        acr: None,
        amr: None,
        user_agent: String::new(),
        created_at: now,
        expires_at: now.after(std::time::Duration::from_hours(12)),
    };
    let token = t.app.token("");
    let mut tx = t.app.write().await.unwrap();
    store::session::add(&mut tx, &session, &token.hash()).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = t.browser();
    browser.add_cookie(&format!("{}={}", server::request::SESSION_COOKIE, token.expose()));
    browser
}

pub async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    browser.get("/account").await.status == 200
}

/// Posts a body as a program does.
pub async fn post(t: &TestApp, path: &str, kind: &str, bearer: Option<&str>, body: String) -> Answer {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, kind);
    if let Some(token) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    t.browser().send(request.body(Body::from(body)).unwrap()).await
}

/// `base` with other members; `null` takes one away.
pub fn changed(mut base: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        base.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            base[name] = value.clone();
        }
    }
    base
}

/// The reasons of all ends of sessions, in order.
pub async fn reasons(t: &TestApp) -> Vec<Value> {
    let all = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    let ended = all.iter().filter(|fact| fact.kind == "session.revoked");
    ended.map(|fact| serde_json::from_str::<Value>(&fact.data).unwrap()["reason"].clone()).collect()
}
