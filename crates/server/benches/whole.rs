//! What a person and a directory wait for, through the whole router on a durable SQLite: a sign-in from the
//! application's request to its userinfo, and the creation of a user by SCIM. Beside them what one durable commit costs,
//! the floor of both. The network, the browser and the identity provider's own work are left out as far as they can be:
//! the simulated provider's signature is part of the sign-in's figure and stands beside it.

use std::hint::black_box;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::SignedDuration;
use saml::idp::{Answer, ReceivedRequest, Signed, metadata_xml, receive_redirect};
use saml::{SignerKey, name_id_format};
use serde_json::{Value, json};
use testkit::{TestApp, TestBrowser};
use tokio::runtime::Runtime;

const IDP: &str = "https://idp.acme.example/metadata";
const SSO: &str = "https://idp.acme.example/sso";
const CALLBACK: &str = "https://product.example/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A company whose people sign in by SAML, its directory, and an application.
struct World {
    t: TestApp,
    idp: SignerKey,
    basic: String,
    authorize: String,
    directory: String,
    directory_token: String,
    users: u64,
}

impl World {
    async fn new() -> Self {
        let database = testkit::databases().await.remove(0);
        assert_eq!(database.name, "sqlite");
        let t = TestApp::on(database).await;
        let idp = identity_provider();
        let token = t.api_token().await;
        let mut browser = t.browser();
        let mut post = async |path: &str, body: Value| {
            let answer = browser.api("POST", path, &token, Some(body)).await;
            assert_eq!(answer.status, 201, "{path}: {}", answer.text);
            answer.json()
        };
        let organization =
            post("/api/v1/organizations", json!({"name": "Acme", "domains": ["acme.example"]})).await;
        let organization = format!("/api/v1/organizations/{}", text(&organization["id"]));
        let metadata = metadata_xml(IDP, SSO, None, &[idp.cert_der()]);
        let connection = json!({
            "protocol": "saml", "provider": "generic-saml", "metadata_xml": metadata, "status": "active",
        });
        post(&format!("{organization}/connections"), connection).await;
        let directory = json!({"provider": "custom-scim2", "status": "active"});
        let directory = post(&format!("{organization}/directories"), directory).await;
        let application =
            post("/api/v1/applications", json!({"name": "Product", "redirect_uris": [CALLBACK]})).await;
        let client_id = text(&application["client_id"]);
        let basic = STANDARD.encode(format!("{client_id}:{}", text(&application["client_secret"])));
        let patch = json!({"defaults": {"country": "US"}});
        let answer = browser.api("PATCH", &organization, &token, Some(patch)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &client_id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("scope", "openid email profile")
            .append_pair("state", "s1")
            .append_pair("nonce", "n1")
            .append_pair("code_challenge", &oidc::pkce::challenge(VERIFIER))
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", "ann@acme.example")
            .finish();
        let base = text(&directory["scim"]["base_url"]);
        Self {
            directory: url::Url::parse(&base).expect("an address").path().to_owned(),
            directory_token: text(&directory["scim"]["token"]),
            authorize: format!("/oauth2/authorize?{query}"),
            users: 0,
            basic,
            idp,
            t,
        }
    }

    /// From the application's request to who the person is.
    async fn sign_in(&self) {
        // The limits of sign-in forms count by time; one person every four seconds stays below them.
        self.t.clock.advance(Duration::from_secs(4));
        let mut browser = self.t.browser();
        let mut at = self.authorize.clone();
        while !at.starts_with(SSO) {
            at = local(browser.get(&at).await.location());
        }
        let query = parameters(&at);
        let request = receive_redirect(&query["SAMLRequest"]).expect("a request");
        let response = self.answer(&request);
        let form = [("SAMLResponse", response.as_str()), ("RelayState", query["RelayState"].as_str())];
        let acs = local(request.acs_url.as_deref().expect("where to answer"));
        at = local(browser.post_cross_site(&acs, &form).await.location());
        while !at.starts_with(CALLBACK) {
            at = local(browser.get(&at).await.location());
        }
        let tokens = self.redeem(&mut browser, &parameters(&at)["code"]).await;
        let person = browser.api("GET", "/oauth2/userinfo", &text(&tokens["access_token"]), None).await;
        assert_eq!(person.json()["email"], "ann@acme.example", "{}", person.text);
    }

    fn answer(&self, request: &ReceivedRequest) -> String {
        let now = self.t.app.now();
        let unique = now.as_micros();
        let answer = Answer {
            response_id: &format!("_r{unique}"),
            assertion_id: &format!("_a{unique}"),
            issue_instant: now.to_jiff(),
            valid_for: SignedDuration::from_mins(5),
            issuer: IDP,
            audience: &request.issuer,
            acs_url: request.acs_url.as_deref().unwrap_or_default(),
            in_response_to: Some(&request.id),
            name_id: "ann@acme.example",
            name_id_format: name_id_format::EMAIL,
            session_index: Some("_s1"),
            attributes: &[("email", &["ann@acme.example"]), ("firstName", &["Ann"]), ("lastName", &["Lee"])],
        };
        STANDARD.encode(answer.to_xml(&self.idp, Signed::Assertion, None).expect("an answer"))
    }

    async fn redeem(&self, browser: &mut TestBrowser, code: &str) -> Value {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("code_verifier", VERIFIER)
            .finish();
        let request = Request::post("/oauth2/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, format!("Basic {}", self.basic))
            .body(Body::from(body));
        let answer = browser.send(request.expect("a request")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// A directory creates somebody new, who becomes a member.
    async fn scim_create(&mut self) {
        self.users += 1;
        self.t.clock.advance(Duration::from_millis(2));
        let name = format!("person{}@acme.example", self.users);
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "externalId": format!("00u{}", self.users),
            "name": {"givenName": "Person", "familyName": "Number"},
            "emails": [{"value": name, "type": "work", "primary": true}],
            "addresses": [{"type": "work", "country": "US", "locality": "Springfield"}],
            "active": true,
        });
        let request = Request::post(format!("{}/Users", self.directory))
            .header(header::CONTENT_TYPE, "application/scim+json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.directory_token))
            .body(Body::from(user.to_string()));
        let answer = self.t.browser().send(request.expect("a request")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// The smallest write there is.
    async fn commit(&self) {
        let mut tx = self.t.app.store.write().await.expect("a transaction");
        let now = self.t.app.now();
        let counted = store::rate::hit(&mut tx, "bench", now, Duration::from_mins(1)).await;
        black_box(counted.expect("counted"));
        tx.commit().await.expect("the commit");
    }
}

fn identity_provider() -> SignerKey {
    let key =
        rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).expect("a key");
    let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
    SignerKey::from_pem(&key.serialize_pem(), &certificate.pem()).expect("a signer")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected text, got {value}")).to_owned()
}

/// The address without our own origin.
fn local(address: &str) -> String {
    address.strip_prefix("http://127.0.0.1:8080").unwrap_or(address).to_owned()
}

fn parameters(address: &str) -> std::collections::HashMap<String, String> {
    let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn whole(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut world = runtime.block_on(World::new());
    let mut group = criterion.benchmark_group("whole");
    group.bench_function("floor: one durable commit", |b| b.iter(|| runtime.block_on(world.commit())));
    let request = ReceivedRequest {
        id: "_q1".to_owned(),
        issuer: "https://login.example".to_owned(),
        acs_url: Some("https://login.example/acs".to_owned()),
        name_id_format: None,
        force_authn: false,
    };
    group.bench_function("simulated provider's own work", |b| b.iter(|| world.answer(black_box(&request))));
    group.bench_function("sign-in: authorize, SAML, code, token, userinfo", |b| {
        b.iter(|| runtime.block_on(world.sign_in()));
    });
    group.bench_function("SCIM create, applied to a member", |b| {
        b.iter(|| runtime.block_on(world.scim_create()));
    });
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
