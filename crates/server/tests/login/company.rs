//! A company whose people sign in through its SAML provider, and a person on the way.

use model::{Connection, Organization};
use serde_json::Value;
use server::connection::{SamlConfig, Settings};
use store::session::Attempts;
use testkit::{Answer, Application, Asked, CALLBACK, Person, SamlProvider, TestApp, TestBrowser};

/// Acme, with the domain `acme.test`.
pub struct Company {
    pub organization: Organization,
    pub idp: SamlProvider,
    pub connection: Connection,
}

/// A company with a verified domain and an active connection.
pub async fn company(t: &TestApp, name: &str, domain: &str) -> Company {
    company_with(t, name, domain, |_| {}).await
}

/// A company that differs in something.
pub async fn company_with(
    t: &TestApp,
    name: &str,
    domain: &str,
    change: impl FnOnce(&mut Organization),
) -> Company {
    let organization = t.organization_with(name, change).await;
    t.domain(&organization, domain).await;
    let idp = SamlProvider::of(domain);
    let connection = t.saml_connection(&organization, &idp).await;
    Company { organization, idp, connection }
}

impl Company {
    /// Types an address, and reads what the provider is asked.
    pub async fn begins(&self, browser: &mut TestBrowser, email: &str, return_to: &str) -> Asked {
        let sent = types(browser, "/login", email, return_to).await;
        self.idp.reads(sent.location())
    }

    /// The provider lets the person in; where the browser is sent then.
    pub async fn answers(
        &self,
        t: &TestApp,
        browser: &mut TestBrowser,
        asked: &Asked,
        person: &Person<'_>,
    ) -> Answer {
        asked.post(browser, &self.idp.lets_in(t, asked, person)).await
    }

    /// The whole way; the last answer.
    pub async fn signs_in(&self, t: &TestApp, browser: &mut TestBrowser, person: &Person<'_>) -> Answer {
        let asked = self.begins(browser, person.email, "/wanted").await;
        let answer = self.answers(t, browser, &asked, person).await;
        browser.get(answer.location()).await
    }
}

/// Opens the page and types an address.
pub async fn types(browser: &mut TestBrowser, page: &str, email: &str, return_to: &str) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    let at = format!("{page}?{query}");
    assert_eq!(browser.get(&at).await.status, 200);
    browser.post(&at, &[("email", email)]).await
}

/// The person uses an application, which has its tokens from then on.
pub async fn uses(t: &TestApp, browser: &mut TestBrowser, application: &Application) -> Value {
    let encoded =
        |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let asked = encoded(&[
        ("response_type", "code"),
        ("client_id", &application.id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("code_challenge", &oidc::pkce::challenge(verifier)),
        ("code_challenge_method", "S256"),
    ]);
    let answer = browser.get(&format!("/oauth2/authorize?{asked}")).await;
    let (_, code) = answer.location().split_once("code=").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.split('&').next().unwrap()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier),
    ];
    token(t, application, &form).await.json()
}

/// Posts to the token endpoint as the application, which is registered for `client_secret_post`.
pub async fn token(t: &TestApp, application: &Application, form: &[(&str, &str)]) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    body.append_pair("client_id", &application.id).append_pair("client_secret", &application.secret);
    let request = axum::http::Request::post("/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(body.finish()))
        .unwrap();
    t.browser().send(request).await
}

/// Whether the browser is signed in, and as whom its page greets.
pub async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    let page = browser.get("/account").await;
    page.status == 200
}

/// The codes of all attempts, newest first.
pub async fn attempts(t: &TestApp) -> Vec<String> {
    let mut db = t.app.read().await.unwrap();
    let page = store::session::list_attempts(&mut db, &Attempts { limit: 100, ..Attempts::default() })
        .await
        .unwrap();
    page.items.into_iter().map(|it| it.code).collect()
}

/// How many rows these tables have.
pub async fn rows(t: &TestApp, tables: &[&str]) -> Vec<usize> {
    let all = t.contents().await;
    tables.iter().map(|table| all[*table].len()).collect()
}

/// The path of the link in a mail.
pub fn link(mail: &model::Mail) -> String {
    let at = mail.text.find("http://127.0.0.1:8080/").expect("a link in the mail");
    let url = mail.text[at..].split_whitespace().next().unwrap();
    url.trim_start_matches("http://127.0.0.1:8080").to_owned()
}

/// What the requests of a live connection ask for, as if a draft with it had taken its place.
pub async fn wants(t: &TestApp, it: &Connection, change: impl FnOnce(&mut SamlConfig)) {
    let mut tx = t.app.write().await.unwrap();
    let mut it = store::connection::lookup(&mut tx, it.id).await.unwrap().unwrap();
    let Some(Settings::Saml(mut config)) = Settings::of(&it) else { panic!("SAML") };
    change(&mut config);
    it.config = Settings::Saml(config).to_text();
    store::connection::update(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
}
