//! A company with a setup link, its administrator's browser, and the identity providers that the wizard is pointed at.

use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use model::{Connection, OrganizationId};
use oidc::provider::{Reply, SigningAlgorithm};
use oidc::simulated::{SimulatedClient, SimulatedProvider};
use saml::idp::{Answer as SamlAnswer, Signed, metadata_xml, receive_redirect};
use saml::{SignerKey, name_id_format};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestBrowser};

pub const IDP: &str = "https://idp.acme.test";
pub const SSO: &str = "https://idp.acme.test/sso";

/// A company that is known by the API.
pub struct Company {
    pub id: String,
    token: String,
}

impl Company {
    /// With a domain that is attested.
    pub async fn new(t: &TestApp, name: &str, domain: &str) -> Self {
        let token = t.api_token().await;
        let body = json!({"name": name, "domains": [domain]});
        let answer = t.browser().api("POST", "/api/v1/organizations", &token, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        Self { id: answer.json()["id"].as_str().expect("an id").to_owned(), token }
    }

    pub fn organization(&self) -> OrganizationId {
        self.id.parse().expect("an id")
    }

    /// What the API answers to a connection that cannot be made.
    pub async fn refuses(&self, t: &TestApp, body: Value) -> Answer {
        let path = format!("/api/v1/organizations/{}/connections", self.id);
        t.browser().api("POST", &path, &self.token, Some(body)).await
    }

    pub async fn api(&self, t: &TestApp, method: &str, path: &str, body: Value) -> Value {
        let path = format!("/api/v1/organizations/{}{path}", self.id);
        let answer = t.browser().api(method, &path, &self.token, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// A setup link: its id, and its path.
    pub async fn link(&self, t: &TestApp, purposes: &[&str]) -> (String, String) {
        let link =
            self.api(t, "POST", "/setup-links", json!({"purposes": purposes, "expires_in": 86400})).await;
        let url = link["url"].as_str().expect("a url");
        let path = url.strip_prefix("http://127.0.0.1:8080").expect("our own address");
        (link["id"].as_str().expect("an id").to_owned(), path.to_owned())
    }

    /// When its links were last used, newest link first.
    pub async fn uses(&self, t: &TestApp) -> Vec<Option<String>> {
        let path = format!("/api/v1/organizations/{}/setup-links", self.id);
        let all = t.browser().api("GET", &path, &self.token, None).await.json();
        let used = |link: &Value| link["last_used_at"].as_str().map(ToOwned::to_owned);
        all["data"].as_array().expect("links").iter().map(used).collect()
    }

    pub async fn connections(&self, t: &TestApp) -> Vec<Connection> {
        store::connection::list(&mut t.app.read().await.unwrap(), self.organization()).await.unwrap()
    }

    pub async fn directories(&self, t: &TestApp) -> Vec<model::Directory> {
        store::directory::list(&mut t.app.read().await.unwrap(), self.organization()).await.unwrap()
    }

    /// How often the audit log tells of an act.
    pub async fn told(&self, t: &TestApp, action: &str) -> usize {
        let rows = t.contents().await;
        let audit = rows.iter().find(|(table, _)| table.starts_with("audit")).expect("an audit log").1;
        audit.iter().filter(|row| row.contains(action) && row.contains(&self.id)).count()
    }
}

/// Somebody with the link.
pub struct Admin {
    pub browser: TestBrowser,
    pub link: String,
}

impl Admin {
    /// Opens the link.
    pub async fn new(t: &TestApp, link: &str) -> Self {
        let mut it = Self { browser: t.browser(), link: link.to_owned() };
        // The welcome has no form, so the token that forms carry comes from another of our pages.
        it.browser.get("/login").await;
        let welcome = it.get("").await;
        assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
        it
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let path = format!("{}{path}", self.link);
        self.browser.get(&path).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let path = format!("{}{path}", self.link);
        self.browser.post(&path, form).await
    }

    /// A form that must lead on to `next`.
    pub async fn go(&mut self, path: &str, form: &[(&str, &str)], next: &str) -> Answer {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        assert_eq!(answer.location(), format!("{}{next}", self.link), "{path}");
        self.get(next).await
    }

    /// A form with a file in it, perhaps an empty one as browsers send it.
    pub async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let path = format!("{}{path}", self.link);
        self.browser.upload(&path, fields, file).await
    }

    /// Fields alone, as the form without a chosen file sends them.
    pub async fn values(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.upload(path, fields, ("", b"")).await
    }
}

/// A SAML identity provider with one key at a time.
pub struct Idp {
    key: (String, String),
}

/// What an answer of it says wrongly.
#[derive(Default)]
pub struct Wrong<'a> {
    pub audience: Option<&'a str>,
}

impl Idp {
    pub fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        Self { key: (key.serialize_pem(), certificate.pem()) }
    }

    pub fn certificate(&self) -> &str {
        &self.key.1
    }

    fn signer(&self) -> SignerKey {
        SignerKey::from_pem(&self.key.0, &self.key.1).unwrap()
    }

    pub fn metadata(&self) -> String {
        metadata_xml(IDP, SSO, None, &[self.signer().cert_der()])
    }

    /// Follows a test sign-in to its end: the answer to the form that began it, to the page with the result.
    pub async fn sign_in(&self, t: &TestApp, admin: &mut Admin, begun: &Answer, wrong: Wrong<'_>) -> Answer {
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let url = url::Url::parse(begun.location()).expect("an address");
        assert!(url.as_str().starts_with(SSO), "{url}");
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned());
        let request = receive_redirect(&value("SAMLRequest").unwrap()).unwrap();
        let acs_url = request.acs_url.clone().expect("an address to answer to");
        let answer = SamlAnswer {
            response_id: "_resp1",
            assertion_id: &format!("_a{}", request.id),
            issue_instant: t.app.now().to_jiff(),
            valid_for: SignedDuration::from_mins(5),
            issuer: IDP,
            audience: wrong.audience.unwrap_or(&request.issuer),
            acs_url: &acs_url,
            in_response_to: Some(&request.id),
            name_id: ("p-1"),
            name_id_format: name_id_format::PERSISTENT,
            session_index: None,
            attributes: &[("email", &["ann@acme.test"]), ("firstName", &["Ann"]), ("lastName", &["Lee"])],
        };
        let response = STANDARD.encode(answer.to_xml(&self.signer(), Signed::Both, None).unwrap());
        let path = acs_url.strip_prefix("http://127.0.0.1:8080").expect("our own address").to_owned();
        let state = value("RelayState").unwrap();
        let form = [("SAMLResponse", response.as_str()), ("RelayState", state.as_str())];
        let mut other_site = t.browser();
        let kept = other_site.post_cross_site(&path, &form).await;
        follow(&mut admin.browser, kept.location()).await
    }
}

/// Goes where our own redirects lead.
pub async fn follow(browser: &mut TestBrowser, first: &str) -> Answer {
    let mut answer = browser.get(first).await;
    while answer.status == StatusCode::SEE_OTHER {
        let next = answer.location().to_owned();
        answer = browser.get(&next).await;
    }
    answer
}

/// Serves `router` on a free port of the loopback address.
pub async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// An OpenID provider that lets one person in.
pub struct OpenIdp {
    pub issuer: String,
    shared: Arc<Shared>,
}

struct Shared {
    provider: Mutex<Option<SimulatedProvider>>,
    now: Timestamp,
}

impl Shared {
    fn with<T>(&self, use_it: impl FnOnce(&mut SimulatedProvider) -> T) -> T {
        use_it(self.provider.lock().unwrap().as_mut().unwrap())
    }
}

type Known = State<Arc<Shared>>;

impl OpenIdp {
    pub async fn new(t: &TestApp) -> Self {
        let shared = Arc::new(Shared { provider: Mutex::new(None), now: t.app.now().to_jiff() });
        let token = async |State(it): Known,
                           headers: HeaderMap,
                           Form(form): Form<Vec<(String, String)>>|
               -> Response {
            let authorization = headers.get("authorization").and_then(|v| v.to_str().ok());
            match it.with(|p| p.token(authorization, form, "access-1", it.now)) {
                Ok(body) => Json(body).into_response(),
                Err(error) => (StatusCode::BAD_REQUEST, Json(error.to_json())).into_response(),
            }
        };
        let discovery = async |State(it): Known| Json(it.with(|p| p.discovery()));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(async |State(it): Known| Json(it.with(|p| p.jwks()))))
            .route("/token", post(token))
            .with_state(Arc::clone(&shared));
        let issuer = serve(router).await;
        *shared.provider.lock().unwrap() =
            Some(SimulatedProvider::new(&issuer, SigningAlgorithm::Es256).unwrap());
        Self { issuer, shared }
    }

    pub fn register(&self, secret: &str, redirect_uri: &str) {
        let client =
            SimulatedClient { secret: secret.to_owned(), redirect_uris: vec![redirect_uri.to_owned()] };
        self.shared.with(|p| p.register("frontdesk", client));
    }

    /// Follows a test sign-in to its end.
    pub async fn sign_in(&self, admin: &mut Admin, begun: &Answer) -> Answer {
        let who = json!({"sub": "u1", "email": "ann@acme.test", "email_verified": true, "given_name": "Ann",
            "family_name": "Lee"});
        self.sign_in_as(admin, begun, &who).await
    }

    /// The same of somebody else.
    pub async fn sign_in_as(&self, admin: &mut Admin, begun: &Answer, who: &Value) -> Answer {
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let location = url::Url::parse(begun.location()).unwrap();
        let request = self.shared.with(|p| p.authorize(location.query_pairs())).unwrap();
        let code = format!("code-{}", request.state.as_deref().unwrap_or_default());
        let claims = who.as_object().unwrap().clone();
        let Reply::Redirect(back) = self.shared.with(|p| p.allow(request, claims, &code, self.shared.now))
        else {
            panic!("a redirect was expected")
        };
        let back = back.strip_prefix("http://127.0.0.1:8080").expect("our own address").to_owned();
        follow(&mut admin.browser, &back).await
    }
}
