//! A company whose Google Workspace is read, and a clock that both go by.

use std::sync::Arc;
use std::time::Duration;

use model::{Directory, DirectoryStatus, Member, Organization, Role};
use serde_json::{Value, json};
use testkit::{Answer, Database, GoogleStandIn, ManualClock, START, TestApp};

/// Everything that a test needs.
pub struct World {
    pub t: TestApp,
    pub google: GoogleStandIn,
    pub org: Organization,
    pub directory: Directory,
}

impl World {
    /// A company with a verified domain, an administrator, and a directory of this provider, live or in preview.
    pub async fn new(database: Database, provider: &str, status: DirectoryStatus) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let google = GoogleStandIn::start(clock.clone()).await;
        let mut config = server::Config::new("http://127.0.0.1:8080".parse().unwrap());
        config.allow_private_network = true;
        config.google = google.addresses.clone();
        if provider == "google-directory" {
            let (id, secret) = ("vendor-client".to_owned(), "vendor-secret".to_owned());
            config.google_client = Some(server::config::GoogleClient { id, secret });
        }
        let t = TestApp::at(database, config, clock).await;
        let org = t.organization_with("Acme", |it| it.brake_people = 3).await;
        t.domain(&org, "acme.test").await;
        t.bare_connection(&org).await;
        let boss = t.account("boss@acme.test").await;
        t.member(&org, &boss, Role::Admin).await;
        let mut tx = t.app.write().await.unwrap();
        let made = server::directory::create_without_token(&t.app, &mut tx, &org, provider, status).await;
        tx.commit().await.unwrap();
        Self { google, org, directory: made.unwrap(), t }
    }

    /// Calls the API below the directory.
    pub async fn api(&self, method: &str, rest: &str, body: Option<Value>) -> Answer {
        let path = format!("/api/v1/organizations/{}/directories/{}{rest}", self.org.id, self.directory.id);
        let token = self.t.api_token().await;
        self.t.browser().api(method, &path, &token, body).await
    }

    /// Connects Google by the service account.
    pub async fn connect(&self, more: Value) -> Answer {
        let mut google = json!({"service_account": self.google.key_file(), "admin": "it@acme.test"});
        google.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.api("PUT", "/source", Some(json!({"google": google}))).await
    }

    /// Reads what is due, and does the work that follows.
    pub async fn read(&self) -> usize {
        let read = server::pull::round(&self.t.app).await.unwrap();
        self.t.work().await;
        read
    }

    /// Half an hour later, reads again.
    pub async fn read_later(&self) {
        self.t.clock.advance(Duration::from_mins(31));
        assert_eq!(self.read().await, 1, "it is due");
    }

    /// How the last reading went.
    pub async fn last(&self) -> Value {
        let answer = self.api("GET", "/source", None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains("PRIVATE KEY"), "{}", answer.text);
        answer.json()["last"].clone()
    }

    /// The member with this address.
    pub async fn member(&self, email: &str) -> Option<Member> {
        store::member::lookup_email(&mut self.t.app.read().await.unwrap(), self.org.id, email).await.unwrap()
    }

    /// The status of the member with this address; empty where there is none.
    pub async fn status(&self, email: &str) -> String {
        self.member(email).await.map(|it| it.status.to_string()).unwrap_or_default()
    }

    /// The mails of this kind.
    pub async fn mails(&self, kind: &str) -> Vec<model::Mail> {
        self.t.mails().await.into_iter().filter(|it| it.kind == kind).collect()
    }
}
