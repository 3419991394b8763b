//! A whole Frontdesk in a test: its own database, a clock that moves when told, and a browser that keeps cookies.
//!
//! Each test says on which databases it runs through [`databases`]: SQLite always, PostgreSQL where
//! `FRONTDESK_TEST_DATABASE` names a server. Without that variable the run fails, unless
//! `FRONTDESK_TEST_SQLITE_ONLY=1` says that PostgreSQL is left out on purpose.

#![expect(clippy::missing_panics_doc, reason = "a test kit fails a test by panicking")]

mod authenticator;
mod browser;
mod chance;
mod google;
mod saml;
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

pub use authenticator::Authenticator;
use axum::Router;
pub use browser::{Answer, TestBrowser};
pub use chance::{ManualClock, SeededRng};
pub use google::{GoogleStandIn, REFRESH_TOKEN, Workspace};
use model::{Mail, OperatorId, Seal, Time, TokenId};
pub use saml::{Asked, Person, SamlProvider, Says, key_pair};
use server::{App, AppParts, Config, Dns};
use store::{Store, Target};
pub use world::{ACTOR, Application, CALLBACK};

/// 2026-03-01T09:00:00Z, when every test begins.
pub const START: Time = Time::from_seconds(1_772_355_600);

/// One database a test runs on; it is removed afterwards.
pub struct Database {
    /// For failure messages.
    pub name: &'static str,
    target: Target,
    folder: PathBuf,
}

impl Database {
    /// The file of the embedded database; none for PostgreSQL.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }

    /// Opens it, migrated.
    pub async fn open(&self) -> Store {
        Store::open(&self.target).await.expect("the test database opens")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The databases to run on. PostgreSQL gets a schema of its own for each test.
pub async fn databases() -> Vec<Database> {
    let unique = unique();
    let mut all = vec![sqlite()];
    match std::env::var("FRONTDESK_TEST_DATABASE") {
        Ok(url) => all.push(Database {
            name: "postgres",
            target: Target::Postgres(postgres_schema(&url, &unique).await),
            folder: PathBuf::from("/nonexistent"),
        }),
        Err(_) => assert!(
            std::env::var("FRONTDESK_TEST_SQLITE_ONLY").is_ok_and(|v| v == "1"),
            "set FRONTDESK_TEST_DATABASE to a PostgreSQL address (scripts/test does), or \
             FRONTDESK_TEST_SQLITE_ONLY=1 to leave PostgreSQL out on purpose"
        ),
    }
    all
}

/// An SQLite database alone, for what does not depend on the database.
pub fn sqlite() -> Database {
    let folder = std::env::temp_dir().join(format!("frontdesk-test-{}", unique()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    Database { name: "sqlite", target: Target::Sqlite(folder.join("test.sqlite")), folder }
}

async fn postgres_schema(url: &str, unique: &str) -> String {
    let schema = format!("t_{unique}");
    store::testing::create_schema(url, &schema).await.expect("PostgreSQL takes a schema for the test");
    let glue = if url.contains('?') { '&' } else { '?' };
    format!("{url}{glue}options=-csearch_path%3D{schema}")
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 6];
    model::Rng::fill(&model::SystemRng::default(), &mut bytes);
    let random = hex::encode(bytes);
    format!("{random}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A running application without a socket.
pub struct TestApp {
    /// The application.
    pub app: App,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Made once: it has some two hundred routes.
    router: OnceLock<Router>,
    database: Database,
}

impl TestApp {
    /// An application on this database with default settings, at `http://127.0.0.1:8080`.
    pub async fn on(database: Database) -> Self {
        let mut config = Config::new("http://127.0.0.1:8080".parse().expect("a constant address"));
        config.allow_private_network = true;
        Self::with(database, config).await
    }

    /// An application on this database with these settings.
    pub async fn with(database: Database, config: Config) -> Self {
        Self::at(database, config, Arc::new(ManualClock::new(START))).await
    }

    /// The same with a clock that something else goes by too.
    pub async fn at(database: Database, config: Config, clock: Arc<ManualClock>) -> Self {
        let seal = Seal::new(&[42; 32]).expect("32 bytes");
        let store = database.open().await;
        let parts = AppParts {
            store,
            clock: clock.clone(),
            rng: Arc::new(SeededRng::new()),
            seal,
            config,
            dns: Dns::fixed(),
        };
        Self { app: App::new(parts), clock, router: OnceLock::new(), database }
    }

    /// Another application on the same database and clock, as a second machine would run it; none where one alone may use it.
    pub async fn second(&self) -> Option<App> {
        if self.database.file().is_some() {
            return None;
        }
        let parts = AppParts {
            store: self.database.open().await,
            clock: self.clock.clone(),
            // The same seed would make the same ids.
            rng: Arc::new(model::SystemRng::default()),
            seal: Seal::new(&[42; 32]).expect("32 bytes"),
            config: self.app.config.clone(),
            dns: Dns::fixed(),
        };
        Some(App::new(parts))
    }

    /// The file of the embedded database; none for PostgreSQL.
    pub fn database_file(&self) -> Option<&std::path::Path> {
        self.database.file()
    }

    /// A browser without cookies.
    pub fn browser(&self) -> TestBrowser {
        TestBrowser::new(self.router.get_or_init(|| server::router(self.app.clone())).clone())
    }

    /// A working API token.
    pub async fn api_token(&self) -> String {
        let token = self.app.token("fd_api_");
        let record = store::operator::ApiToken {
            id: self.app.id(TokenId::new),
            name: "test".to_owned(),
            created_at: self.app.now(),
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.app.store.write().await.expect("a transaction");
        store::operator::add_api_token(&mut tx, &record, &token.hash()).await.expect("the token is kept");
        tx.commit().await.expect("the commit");
        token.expose().to_owned()
    }

    /// An operator's session cookie, ready for a browser.
    pub async fn operator_cookie(&self) -> String {
        let operator = store::operator::Operator {
            id: self.app.id(OperatorId::new),
            email: format!("op{}@vendor.example", unique()),
            name: "Maren Okafor".to_owned(),
            password_hash: String::new(),
            created_at: self.app.now(),
        };
        let token = self.app.token("");
        let mut tx = self.app.store.write().await.expect("a transaction");
        store::operator::add(&mut tx, &operator).await.expect("the operator is kept");
        let end = self.app.now().after(std::time::Duration::from_hours(12));
        store::operator::add_session(&mut tx, &token.hash(), operator.id, self.app.now(), end)
            .await
            .expect("the session is kept");
        tx.commit().await.expect("the commit");
        format!("{}={}", server::request::OPERATOR_COOKIE, token.expose())
    }

    /// An operator of their own, in front of a page of the console.
    pub async fn operator(&self) -> TestBrowser {
        let mut browser = self.browser();
        browser.add_cookie(&self.operator_cookie().await);
        let answer = browser.get("/console/organizations/new").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        browser
    }

    /// Every row of every table, each as one text.
    pub async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let mut db = self.app.store.read().await.expect("a reader");
        store::testing::contents(&mut db).await.expect("the contents")
    }

    /// How many rows of a table have these words.
    pub async fn rows(&self, table: &str, words: &str) -> usize {
        self.contents().await[table].iter().filter(|row| row.contains(words)).count()
    }

    /// Runs background work until nothing is due.
    pub async fn work(&self) {
        while server::job::run_due(&self.app).await.expect("the runner runs") > 0 {}
    }

    /// Every mail in the outbox, oldest first.
    pub async fn mails(&self) -> Vec<Mail> {
        let mut db = self.app.store.read().await.expect("a reader");
        let mut all = store::mail::list(&mut db, None, None, None, 1000).await.expect("the outbox").items;
        all.reverse();
        all
    }

    /// Fails unless no work waits, now or later.
    pub async fn assert_no_work(&self) {
        let mut db = self.app.store.read().await.expect("a reader");
        let jobs = store::job::list(&mut db).await.expect("the jobs");
        assert!(jobs.is_empty(), "work is left: {jobs:?}");
    }
}

/// Runs the same test on every database: `each_database!(|t| async move { … })` with `t: TestApp`.
#[macro_export]
macro_rules! each_database {
    (|$t:ident| $body:block) => {
        for database in $crate::databases().await {
            let $t = $crate::TestApp::on(database).await;
            $body
        }
    };
}
