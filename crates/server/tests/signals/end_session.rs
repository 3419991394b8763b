//! A sign-out here goes on to the OpenID provider, where the company wants its session ended too.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use model::{Connection, Organization, Role};
use serde_json::{Value, json};
use server::connection::Settings;
use testkit::{TestApp, TestBrowser, each_database};

use crate::world::{self, CLIENT, Key, is_signed_in};

const OURS: &str = "http://127.0.0.1:8080";

/// A provider that lets Ann in, and its ID token.
struct Idp {
    host: String,
    document: Value,
    key: Arc<Key>,
    next: Arc<Mutex<Value>>,
    token: Arc<Mutex<String>>,
}

impl Idp {
    async fn new(ends_sessions: bool) -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", socket.local_addr().unwrap());
        let key = Arc::new(Key::new("k1"));
        let (next, token) = (Arc::new(Mutex::new(Value::Null)), Arc::new(Mutex::new(String::new())));
        let mut document = world::discovery(&host);
        if ends_sessions {
            document["end_session_endpoint"] = json!(format!("{host}/end?theirs=1"));
        }
        let jwks = json!({"keys": [key.jwk()]});
        let published = document.clone();
        let redeem = {
            let (key, next, token) = (key.clone(), next.clone(), token.clone());
            async move || {
                let signed = key.sign("JWT", &next.lock().unwrap());
                token.lock().unwrap().clone_from(&signed);
                axum::Json(json!({"access_token": "a", "token_type": "Bearer", "id_token": signed}))
            }
        };
        let router = Router::new()
            .route("/token", post(redeem))
            .route("/jwks", get(async move || axum::Json(jwks)))
            .route("/.well-known/openid-configuration", get(async move || axum::Json(published)));
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { host, document, key, next, token }
    }

    /// Ann signs in through the connection for good.
    async fn signs_in(&self, t: &TestApp, it: &Connection) -> TestBrowser {
        let mut browser = t.browser();
        let sent = browser.get(&format!("/login?connection={}", it.id)).await;
        let asked = |name: &str| param(sent.location(), name).expect("a parameter");
        let now = t.app.now().as_micros() / 1_000_000;
        *self.next.lock().unwrap() = json!({
            "iss": self.host, "aud": CLIENT, "sub": "ann-1", "iat": now, "exp": now + 300, "nonce": asked("nonce"),
            "email": "ann@acme.test", "email_verified": true, "given_name": "Ann", "family_name": "Lee", "sid": "s1",
        });
        let back = format!("/oidc/{}/callback?code=c&state={}", it.id, asked("state"));
        let answered = browser.get(&back).await;
        let signed = browser.get(answered.location()).await;
        assert_eq!(signed.location(), "/account", "{}", signed.text);
        assert!(is_signed_in(&mut browser).await);
        browser
    }
}

fn param(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let found = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

async fn acme(t: &TestApp, idp: &Idp, change: impl FnOnce(&mut Organization)) -> (Organization, Connection) {
    let organization = t.organization_with("Acme", change).await;
    t.domain(&organization, "acme.test").await;
    let mut it = world::connection(t, &organization, &idp.host, CLIENT, &idp.key).await;
    let Some(Settings::Oidc(mut config)) = Settings::of(&it) else { panic!("OpenID Connect") };
    config.scopes = vec!["openid".to_owned()];
    config.discovery = idp.document.clone();
    it.config = Settings::Oidc(config).to_text();
    let mut tx = t.app.write().await.unwrap();
    store::connection::update(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    let account = t.account("ann@acme.test").await;
    t.member(&organization, &account, Role::Member).await;
    (organization, it)
}

/// What a browser that signs out is sent to, by way of our page.
async fn leaves(browser: &mut TestBrowser) -> Option<String> {
    browser.get("/account").await;
    let out = browser.post("/logout", &[]).await;
    assert!(!is_signed_in(browser).await, "here it has ended whatever the provider does");
    if !out.location().starts_with("/logout/provider/") {
        assert_eq!(out.location(), "/logout");
        return None;
    }
    let page = browser.get(out.location()).await;
    let tag = page.text.split("<a ").find(|tag| tag.contains("data-onward")).expect("a link onward");
    let href = tag.split_once("href=\"").unwrap().1.split('"').next().unwrap();
    Some(href.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn a_sign_out_ends_the_providers_session_too_and_comes_back_once_to_the_browser_that_left() {
    each_database!(|t| {
        let idp = Idp::new(true).await;
        let (_, it) = acme(&t, &idp, |it| it.end_provider_session = true).await;
        let mut ann = idp.signs_in(&t, &it).await;
        let token = idp.token.lock().unwrap().clone();
        let kept = t.contents().await;
        for table in ["sessions", "login_flows"] {
            assert!(kept[table].iter().all(|row| !row.contains(&token)), "a token lies open in {table}");
        }
        let url = leaves(&mut ann).await.expect("the provider");
        assert!(url.starts_with(&format!("{}/end?theirs=1&", idp.host)), "{url}");
        assert_eq!(param(&url, "id_token_hint").as_ref(), Some(&token));
        assert_eq!(param(&url, "client_id").as_deref(), Some(CLIENT));
        let back = param(&url, "post_logout_redirect_uri").unwrap();
        assert_eq!(back, format!("{OURS}/oidc/{}/signed-out", it.id));
        let state = param(&url, "state").unwrap();
        let (flow, _) = state.split_once('.').unwrap();
        let path = back.trim_start_matches(OURS);
        let waits = async || {
            let kept = t.contents().await;
            kept["login_flows"].iter().any(|row| row.contains("leaving"))
        };
        // Somebody else's browser, a state that was made up, none, and another connection's address.
        let other = format!("/oidc/{}/signed-out?state={state}", t.app.id(model::ConnectionId::new));
        for wrong in [format!("{path}?state={flow}.guess"), format!("{path}?state=x"), path.to_owned(), other]
        {
            assert_eq!(ann.get(&wrong).await.location(), "/logout", "{wrong}");
            assert!(waits().await, "{wrong}");
        }
        let mut eve = t.browser();
        eve.get("/login").await;
        assert_eq!(eve.get(&format!("{path}?state={state}")).await.location(), "/logout");
        assert!(waits().await);
        assert_eq!(ann.get(&format!("{path}?state={state}")).await.location(), "/logout");
        assert!(!waits().await, "it has come back");
        assert_eq!(ann.get("/logout").await.status, 200);
        t.assert_no_work().await;
    });
}

#[tokio::test]
async fn an_application_gets_its_person_back_after_the_provider() {
    each_database!(|t| {
        let idp = Idp::new(true).await;
        let (_, it) = acme(&t, &idp, |it| it.end_provider_session = true).await;
        let goodbye = "https://product.example/goodbye";
        let product = t.application(json!({"post_logout_redirect_uris": [goodbye]})).await;
        let mut ann = idp.signs_in(&t, &it).await;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &product.id)
            .append_pair("post_logout_redirect_uri", goodbye)
            .append_pair("state", "theirs")
            .finish();
        let asked = ann.get(&format!("/oauth2/logout?{query}")).await;
        assert_eq!(asked.status, 200, "without a hint the person is asked: {}", asked.text);
        let fields: Vec<(String, String)> = asked
            .text
            .split("<input type=\"hidden\"")
            .skip(1)
            .filter_map(|tag| {
                let value =
                    |name: &str| Some(tag.split_once(&format!("{name}=\""))?.1.split('"').next()?.to_owned());
                Some((value(" name")?, value(" value")?.replace("&#38;", "&").replace("&amp;", "&")))
            })
            .filter(|(name, _)| name != "csrf")
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let out = ann.post("/oauth2/logout/confirm", &fields).await;
        let page = ann.get(out.location()).await;
        assert!(page.text.contains(&format!("{}/end?", idp.host)), "{}", page.text);
        let tag = page.text.split("<a ").find(|tag| tag.contains("data-onward")).unwrap();
        let href = tag.split_once("href=\"").unwrap().1.split('"').next().unwrap();
        let state = param(&href.replace("&#38;", "&").replace("&amp;", "&"), "state").unwrap();
        let back = ann.get(&format!("/oidc/{}/signed-out?state={state}", it.id)).await;
        assert_eq!(back.location(), format!("{goodbye}?state=theirs"));
    });
}

#[tokio::test]
async fn without_the_companys_wish_or_an_address_of_the_provider_nothing_is_kept_and_nobody_goes_there() {
    each_database!(|t| {
        let idp = Idp::new(true).await;
        let (mut organization, it) = acme(&t, &idp, |_| {}).await;
        let mut ann = idp.signs_in(&t, &it).await;
        assert_eq!(leaves(&mut ann).await, None);
        // Where the wish came after the sign-in there is no token, and the provider knows us by our name.
        let mut ann = idp.signs_in(&t, &it).await;
        organization.end_provider_session = true;
        let mut tx = t.app.write().await.unwrap();
        store::organization::update(&mut tx, &organization).await.unwrap();
        tx.commit().await.unwrap();
        let url = leaves(&mut ann).await.expect("the provider");
        assert_eq!((param(&url, "id_token_hint"), param(&url, "client_id").as_deref()), (None, Some(CLIENT)));
        assert!(param(&url, "state").is_some() && param(&url, "post_logout_redirect_uri").is_some());
    });
    each_database!(|t| {
        let idp = Idp::new(false).await;
        let (_, it) = acme(&t, &idp, |it| it.end_provider_session = true).await;
        let mut ann = idp.signs_in(&t, &it).await;
        assert_eq!(leaves(&mut ann).await, None);
    });
}
