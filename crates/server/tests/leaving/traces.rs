//! What is left of a person who was there in every way that we know of: nothing in any table, file, mail or line of the log.

use std::fmt::{Debug, Write as _};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use model::{DirectoryStatus, LeaverPolicy};
use serde_json::json;
use server::Config;
use server::config::Smtp;
use testkit::{SamlProvider, TestApp, databases};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::world::scim;

/// A word that is nowhere but in this person's data.
const WORD: &str = "zyxquill";

/// Everything that this process has logged.
fn log() -> &'static Mutex<String> {
    static LOG: OnceLock<Mutex<String>> = OnceLock::new();
    LOG.get_or_init(|| Mutex::new(String::new()))
}

struct Keeper;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, it: &Metadata<'_>) -> bool {
        // What other crates say at their own detail is not ours: the log is kept at `info`.
        *it.level() <= tracing::Level::INFO
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(String::new());
        span.record(&mut line);
        log().lock().unwrap().push_str(&line.0);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        log().lock().unwrap().push_str(&line.0);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        line.0.push('\n');
        log().lock().unwrap().push_str(&line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A mail server that knows nobody, and says so by name.
async fn mail_server() -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 mail.test ESMTP\r\n").await.ok()?;
                while let Some(line) = lines.next_line().await.ok()? {
                    let answer = match line.split_once(':') {
                        Some((verb, whom)) if verb.starts_with("RCPT") => {
                            format!("550 5.1.1 {whom} is nobody here\r\n")
                        }
                        _ => "250 mail.test\r\n".to_owned(),
                    };
                    write.write_all(answer.as_bytes()).await.ok()?;
                }
                Some(())
            });
        }
    });
    format!("smtp://{address}")
}

fn in_file(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default().to_ascii_lowercase();
    bytes.windows(WORD.len()).any(|window| window == WORD.as_bytes())
}

/// Everything that happens to somebody in a company, from the first record to the last.
async fn lives(t: &TestApp) {
    let org = t
        .organization_with("Acme", |it| {
            it.leaver_policy = LeaverPolicy::Delete;
            it.erase_grace = Duration::from_hours(1);
        })
        .await;
    t.domain(&org, "acme.test").await;
    t.saml_connection(&org, &SamlProvider::of("acme.test")).await;
    let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
    let user = |name: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true,
            "externalId": format!("{WORD}-7"), "displayName": format!("{WORD} Person"),
            "name": {"givenName": WORD, "familyName": "Person"},
            "emails": [{"type": "work", "value": name, "primary": true}, {"type": "home", "value": format!("{WORD}@home.example")}],
            "addresses": [{"type": "work", "country": "DE", "locality": WORD, "region": WORD}],
            "preferredLanguage": "de",
        })
    };
    let (old, new) = (format!("{WORD}@acme.test"), format!("new.{WORD}@acme.test"));
    let made = scim(t, &directory, &token, "POST", "/Users", Some(user(&old))).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(scim(t, &directory, &token, "POST", "/Users", Some(user(&old))).await.status, 409);
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "All",
                       "members": [{"value": id, "display": format!("{WORD} Person")}]});
    scim(t, &directory, &token, "POST", "/Groups", Some(group)).await;
    scim(t, &directory, &token, "PUT", &format!("/Users/{id}"), Some(user(&new))).await;
    for address in [&old, &new] {
        let query = format!("/Users?filter=userName%20eq%20%22{}%22", address.replace('@', "%40"));
        scim(t, &directory, &token, "GET", &query, None).await;
    }
    t.import(org.id, &format!("First name,Last name,Email,Country\n{WORD},Person,{new},DE\n")).await;

    let mut db = t.app.read().await.unwrap();
    let member = store::member::lookup_directory_user(&mut db, id.parse().unwrap()).await.unwrap().unwrap();
    let account = store::account::lookup(&mut db, member.account_id.unwrap()).await.unwrap().unwrap();
    drop(db);
    let mut browser = t.browser();
    browser.get("/login").await;
    for address in [&old, &new] {
        browser.post("/login", &[("email", address)]).await;
    }
    t.session(&mut browser, &account, Some(&member)).await;
    browser.get("/account").await;
    browser.post("/account/email", &[("email", &format!("{WORD}@private.example"))]).await;
    let mut priya = t.administrator(&org, "boss@acme.test").await;
    priya.get("/org/members").await;
    let page = format!("/org/members/{}", member.id);
    for act in ["suspend", "resume", "admin", "sign-out"] {
        priya.post(&page, &[("do", act)]).await;
    }
    t.work().await;
    t.clock.advance(Duration::from_mins(1));
    t.work().await;
    let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                     "Operations": [{"op": "replace", "path": "active", "value": false}]});
    assert_eq!(scim(t, &directory, &token, "PATCH", &format!("/Users/{id}"), Some(off)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_erased_person_is_left_in_tables_files_mails_or_the_log() {
    tracing::subscriber::set_global_default(Keeper).expect("this test alone keeps the log");
    for database in databases().await {
        let name = database.name;
        let mut config = Config::new("http://127.0.0.1:8080".parse().unwrap());
        config.allow_private_network = true;
        config.smtp = Some(Smtp { url: mail_server().await, from: "Desk <desk@vendor.example>".to_owned() });
        let t = TestApp::with(database, config).await;
        Box::pin(lives(&t)).await;
        let before = t.contents().await;
        let full: Vec<&String> = before
            .iter()
            .filter(|(_, rows)| rows.iter().any(|row| row.to_lowercase().contains(WORD)))
            .map(|(table, _)| table)
            .collect();
        assert!(full.len() >= 10, "{name}: the person is in {full:?}");

        t.clock.advance(Duration::from_hours(1));
        t.work().await;
        for (table, rows) in t.contents().await {
            for row in rows {
                assert!(!row.to_lowercase().contains(WORD), "{name}: {table}: {row}");
            }
        }
        if let Some(file) = t.database_file() {
            assert!(!in_file(file) && !in_file(&file.with_extension("sqlite-wal")), "the bytes are gone too");
        }
    }
    let lines = log().lock().unwrap().clone();
    assert!(lines.contains("a job failed and will be tried again"), "the mail server refused: {lines}");
    let named: Vec<&str> = lines.lines().filter(|line| line.to_lowercase().contains(WORD)).collect();
    assert!(named.is_empty(), "the log names the person: {named:#?}");
}
