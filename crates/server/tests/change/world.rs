//! A company whose people sign in, its administrator, and a program of the vendor.

use axum::http::StatusCode;
use model::{Connection, Organization, Role};
use serde_json::{Value, json};
use store::connection_draft::Draft;
use testkit::{Answer, Person, SamlProvider, TestApp, TestBrowser};

/// Ann, as the provider knows her.
pub const ANN: Person<'static> = Person::new("ann-1", "ann@acme.test");

/// A company with a live connection.
pub struct Company {
    pub organization: Organization,
    pub idp: SamlProvider,
    pub connection: Connection,
    pub administrator: TestBrowser,
    token: String,
}

impl Company {
    pub async fn new(t: &TestApp, name: &str, domain: &str) -> Self {
        let organization = t.organization(name).await;
        t.domain(&organization, domain).await;
        let idp = SamlProvider::of(domain);
        let connection = t.saml_connection(&organization, &idp).await;
        let account = t.account(&format!("boss@{domain}")).await;
        let member = t.member(&organization, &account, Role::Admin).await;
        let mut administrator = t.browser();
        t.session(&mut administrator, &account, Some(&member)).await;
        administrator.get("/account").await;
        let token = t.api_token().await;
        Self { organization, idp, connection, administrator, token }
    }

    /// Another key of the same provider.
    pub fn rotated(&self) -> SamlProvider {
        SamlProvider::new(&self.idp.entity_id, &self.idp.sso_url)
    }

    /// Calls the API about the connection.
    pub async fn api(&self, t: &TestApp, method: &str, path: &str, body: Option<Value>) -> Answer {
        let base =
            format!("/api/v1/organizations/{}/connections/{}", self.organization.id, self.connection.id);
        t.browser().api(method, &format!("{base}{path}"), &self.token, body).await
    }

    /// A call that must go well.
    pub async fn ok(&self, t: &TestApp, method: &str, path: &str, body: Option<Value>) -> Value {
        let answer = self.api(t, method, path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// A call that is refused with this code.
    pub async fn refused(&self, t: &TestApp, method: &str, path: &str, body: Value, code: &str) -> Answer {
        let answer = self.api(t, method, path, Some(body)).await;
        assert_eq!(answer.json()["code"], code, "{method} {path}: {}", answer.text);
        answer
    }

    /// Keeps the metadata of this provider as a draft.
    pub async fn drafts(&self, t: &TestApp, idp: &SamlProvider) -> Value {
        self.ok(t, "PUT", "/draft", Some(json!({"metadata_xml": idp.metadata()}))).await
    }

    /// The administrator tests the draft, and `idp` answers about this person. The page that comes of it.
    pub async fn tests(&mut self, t: &TestApp, idp: &SamlProvider, person: &Person<'_>) -> Answer {
        let begun = self.acts(&[("act", "test")]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        self.returns(t, idp, person, &begun).await
    }

    /// The rest of a test that has begun.
    pub async fn returns(
        &mut self,
        t: &TestApp,
        idp: &SamlProvider,
        person: &Person<'_>,
        begun: &Answer,
    ) -> Answer {
        let asked = idp.reads(begun.location());
        let answered = asked.post(&mut t.browser(), &idp.lets_in(t, &asked, person)).await;
        follow(&mut self.administrator, answered.location()).await
    }

    /// Where the administrator changes the connection.
    pub fn page(&self) -> String {
        format!("/org/sign-on/{}", self.connection.id)
    }

    /// One of the buttons of that page.
    pub async fn acts(&mut self, fields: &[(&str, &str)]) -> Answer {
        let page = self.page();
        self.administrator.post(&page, fields).await
    }

    /// A person signs in for good. The last answer.
    pub async fn signs_in(&self, t: &TestApp, idp: &SamlProvider, person: &Person<'_>) -> Answer {
        let mut browser = t.browser();
        browser.get("/login").await;
        let sent = browser.post("/login", &[("email", person.email)]).await;
        let asked = idp.reads(sent.location());
        let answer = asked.post(&mut browser, &idp.lets_in(t, &asked, person)).await;
        browser.get(answer.location()).await
    }

    /// The connection as it is stored.
    pub async fn stored(&self, t: &TestApp) -> Connection {
        let found = store::connection::lookup(&mut t.app.read().await.unwrap(), self.connection.id).await;
        found.unwrap().expect("the connection")
    }

    /// Its draft as it is stored.
    pub async fn draft(&self, t: &TestApp) -> Option<Draft> {
        let mut db = t.app.read().await.unwrap();
        store::connection_draft::lookup(&mut db, self.connection.id).await.unwrap()
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

/// How often the audit log tells of an act.
pub async fn told(t: &TestApp, action: &str) -> usize {
    let all = store::audit::list(&mut t.app.read().await.unwrap(), None, None, 200).await.unwrap();
    all.items.iter().filter(|it| it.action == action).count()
}

/// How many events of a kind there are.
pub async fn events(t: &TestApp, kind: &str) -> usize {
    t.rows("events", kind).await
}
