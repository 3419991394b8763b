//! The offer to keep the account: its language, its reminder, and what the company sees afterwards.

use std::time::Duration;

use model::{DirectoryStatus, Mail, Member, Organization, Role};
use serde_json::{Value, json};
use testkit::{TestApp, each_database};

use crate::world::{claims, leaves, link, of_kind, scim, with_sign_on};

const DAY: Duration = Duration::from_hours(24);

async fn offers(t: &TestApp) -> Vec<Mail> {
    of_kind(t, "offboarding").await
}

async fn stored(t: &TestApp, member: &Member) -> Member {
    store::member::lookup_any(&mut t.app.read().await.unwrap(), member.id).await.unwrap().unwrap()
}

async fn back(t: &TestApp, org: &Organization, member: Member) -> Member {
    let mut tx = t.app.write().await.unwrap();
    let member = server::member::restore(&t.app, &mut tx, org, member).await.unwrap();
    tx.commit().await.unwrap();
    member
}

#[tokio::test]
async fn the_offer_and_its_reminder_are_in_the_persons_language() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        for (name, said, subject, reminder) in [
            ("jens", json!({"preferredLanguage": "de-CH"}), "Ihr Konto bei", "möglich bis zum"),
            ("jean", json!({"locale": "fr_FR"}), "Votre compte", "possible jusqu’au"),
            (
                "juan",
                json!({"preferredLanguage": "tlh", "locale": "es"}),
                "Su cuenta de",
                "disponible hasta el",
            ),
            ("yuki", json!({"preferredLanguage": "ja,en;q=0.5"}), "退職後", "まで引き継げます"),
            ("kim", json!({"preferredLanguage": "tlh"}), "account after Acme", "open until"),
        ] {
            let mut body = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": format!("{name}@acme.test"), "active": true,
                "name": {"givenName": "Kim", "familyName": "Weber"},
                "emails": [{"type": "work", "value": format!("{name}@acme.test"), "primary": true}],
                "addresses": [{"type": "work", "country": "DE"}],
            });
            body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let made = scim(&t, &directory, &token, "POST", "/Users", Some(body)).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let id = made.json()["id"].as_str().unwrap().to_owned();
            let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                             "Operations": [{"op": "replace", "value": {"active": false}}]});
            let answer = scim(&t, &directory, &token, "PATCH", &format!("/Users/{id}"), Some(off)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let mail = offers(&t).await.pop().unwrap();
            assert!(mail.subject.contains(subject), "{name}: {}", mail.subject);
            t.clock.advance(DAY * 24);
            t.work().await;
            let mail = of_kind(&t, "offboarding_reminder").await.pop().unwrap();
            assert_eq!(mail.recipient, format!("{name}@acme.test"));
            assert!(mail.subject.contains(reminder), "{name}: {}", mail.subject);
        }
    });
}

#[tokio::test]
async fn one_reminder_is_sent_a_week_before_the_end_and_only_while_the_offer_stands() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let mut people = Vec::new();
        for name in ["waits", "claims", "returns", "returns-and-leaves"] {
            let (work, own) = (format!("{name}@acme.test"), format!("{name}@home.example"));
            let account = t.account_with(&work, |it| it.personal_email = Some(own)).await;
            let person = t.member(&org, &account, Role::Member).await;
            leaves(&t, &org, person.clone()).await;
            people.push(person);
        }
        assert_eq!(offers(&t).await.len(), 8, "to the work address and to the one of one's own");
        let to =
            |all: Vec<Mail>, address: &str| all.into_iter().rev().find(|m| m.recipient == address).unwrap();
        let offer = to(offers(&t).await, "claims@home.example");
        claims(&t, &link(&offer), "claims@home.example").await;
        let here = stored(&t, &people[2]).await;
        back(&t, &org, here).await;
        t.clock.advance(DAY * 22);
        let here = stored(&t, &people[3]).await;
        let again = back(&t, &org, here).await;
        leaves(&t, &org, again).await;
        assert!(of_kind(&t, "offboarding_reminder").await.is_empty());

        t.clock.advance(DAY + Duration::from_mins(1));
        t.work().await;
        let reminders = of_kind(&t, "offboarding_reminder").await;
        assert_eq!(reminders.len(), 1);
        assert_eq!(reminders[0].recipient, "waits@home.example");
        assert_eq!(t.browser().get(&link(&reminders[0])).await.status, 200);
        assert_eq!(t.browser().get(&link(&to(offers(&t).await, "waits@home.example"))).await.status, 200);
        // The machine died after the work and before the record of it: the job runs again.
        let jobs = |kind: &'static str| {
            model::Job {
            id: t.app.id(model::JobId::new),
            kind: kind.to_owned(),
            payload: json!({"member": people[0].id.to_string(), "until": (testkit::START.after(DAY * 30)).as_micros()}).to_string(),
            run_at: t.app.now(),
            attempts: 0,
        }
        };
        let job = jobs(server::member::CLAIM_REMINDER);
        server::member::claim_reminder_job(&t.app, &job).await.unwrap();
        assert_eq!(of_kind(&t, "offboarding_reminder").await.len(), 1);

        t.clock.advance(DAY * 22);
        t.work().await;
        t.clock.advance(DAY * 40);
        t.work().await;
        let reminders = of_kind(&t, "offboarding_reminder").await;
        let whom: Vec<&str> = reminders.iter().map(|m| m.recipient.as_str()).collect();
        assert_eq!(whom, ["waits@home.example", "returns-and-leaves@home.example"]);
        t.assert_no_work().await;
    });
}

/// Everything a company's administrator can open, from its own pages: every address that a page links to.
async fn walk(browser: &mut testkit::TestBrowser) -> Vec<(String, String)> {
    walk_from(browser, "/org", &["/org/members", "/org/members/export", "/org/receipts"]).await
}

/// Every address below `root` that these pages lead to.
async fn walk_from(browser: &mut testkit::TestBrowser, root: &str, first: &[&str]) -> Vec<(String, String)> {
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut open: Vec<String> = first.iter().map(ToString::to_string).collect();
    while let Some(path) = open.pop() {
        if seen.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let answer = browser.get(&path).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.status);
        for part in answer.text.split("href=\"").skip(1) {
            let href = part.split('"').next().unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&");
            let href = href.split('#').next().unwrap_or_default().to_owned();
            if href.starts_with(root) {
                open.push(href);
            }
        }
        seen.push((path, answer.text));
    }
    seen
}

/// Fails where one of the texts shows one of the traces.
fn assert_nowhere(all: &[(String, String)], traces: &[&str]) {
    for (place, text) in all {
        let text = text.to_lowercase();
        for trace in traces {
            let around = text.find(trace).map(|at| text.get(at.saturating_sub(80)..at + 40).unwrap_or(trace));
            assert!(around.is_none(), "{place} shows {trace}: {around:?}");
        }
    }
}

#[tokio::test]
async fn after_a_claim_no_page_export_event_or_search_of_the_company_shows_the_person() {
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let (directory, token) = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let boss = t.account_with("boss@acme.test", |it| "Priya".clone_into(&mut it.first_name)).await;
        let member =
            t.member_with(&org, &boss, Role::Admin, |it| it.first_name = Some("Priya".to_owned())).await;
        let mut priya = t.browser();
        t.session(&mut priya, &boss, Some(&member)).await;
        let api = t.api_token().await;

        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "zenobia@acme.test", "active": true,
            "name": {"givenName": "Zenobia", "familyName": "Quillfeather"},
            "emails": [{"type": "work", "value": "zenobia@acme.test", "primary": true}],
            "addresses": [{"type": "work", "country": "DE"}],
        });
        let made = scim(&t, &directory, &token, "POST", "/Users", Some(body)).await;
        let id = made.json()["id"].as_str().unwrap().to_owned();
        t.import(org.id, "First name,Last name,Email,Country\nZenobia,Quillfeather,zenobia@acme.test,DE\n")
            .await;
        let before = walk(&mut priya).await;
        assert!(before.iter().any(|(_, text)| text.contains("Quillfeather")), "she is there before");
        let off = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                         "Operations": [{"op": "replace", "value": {"active": false}}]});
        scim(&t, &directory, &token, "PATCH", &format!("/Users/{id}"), Some(off)).await;
        t.work().await;
        let left = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap().len();
        let offer = offers(&t).await.pop().unwrap();
        let mut zenobia = claims(&t, &link(&offer), "zq@home.example").await;
        t.work().await;
        zenobia.get("/account").await;

        let pages = walk(&mut priya).await;
        assert!(
            pages.len() > 12,
            "the pages were walked: {:?}",
            pages.iter().map(|p| &p.0).collect::<Vec<_>>()
        );
        let searches = [
            "/org/members?q=zenobia",
            "/org/members?q=zq%40home.example",
            "/org/sign-ins?q=zq%40home.example",
        ];
        let mut all = pages;
        for path in searches {
            let text = priya.get(path).await.text.replace("zq@home.example", "").replace("zenobia", "");
            all.push((path.to_owned(), text));
        }
        let base = format!("/api/v1/organizations/{}", org.id);
        let calls = [
            "",
            "/members",
            "/members?q=zenobia",
            "/members?email=zq@home.example",
            "/setup-links",
            "/bypasses",
            "/directories",
            "/email-exceptions",
        ];
        for path in calls.map(|path| format!("{base}{path}")) {
            let answer = t.browser().api("GET", &path, &api, None).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            all.push((path, answer.text));
        }
        for event in store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000)
            .await
            .unwrap()
            .into_iter()
            .skip(left)
        {
            all.push((event.kind, event.data));
        }
        assert_nowhere(&all, &["zq@home.example", "zenobia", "quillfeather"]);
        let rows: Value = t.browser().api("GET", &format!("{base}/members"), &api, None).await.json();
        assert_eq!(rows["data"].as_array().unwrap().len(), 1, "only the administrator is left");
    });
}

/// A company whose leaver Zenobia keeps her account: its directory with token and her user's id, its administrator's browser,
/// and a token of the API.
struct AfterClaim {
    org: model::Organization,
    feed: (model::Directory, String),
    user: String,
    priya: testkit::TestBrowser,
    api: String,
}

const ZENOBIA: &str = "zenobia@acme.test";

fn zenobia() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": ZENOBIA, "externalId": "e-1", "active": true,
        "name": {"givenName": "Zenobia", "familyName": "Quillfeather"},
        "emails": [{"type": "work", "value": ZENOBIA, "primary": true}],
        "addresses": [{"type": "work", "country": "Atlantis"}],
    })
}

fn patch(value: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
           "Operations": [{"op": "replace", "value": value}]})
}

/// Every record of a request, as it is kept.
async fn kept(t: &TestApp) -> String {
    server::provisioning::flush(&t.app).await.unwrap();
    let all = t.contents().await;
    all["scim_requests"].join("\n")
}

impl AfterClaim {
    async fn new(t: &TestApp) -> Self {
        let org = with_sign_on(t, "Acme", "acme.test").await;
        let feed = t.directory(&org, "okta-scim", DirectoryStatus::Active).await;
        let boss = t.account_with("boss@acme.test", |it| "Priya".clone_into(&mut it.first_name)).await;
        let member =
            t.member_with(&org, &boss, Role::Admin, |it| it.first_name = Some("Priya".to_owned())).await;
        let mut priya = t.browser();
        t.session(&mut priya, &boss, Some(&member)).await;
        let api = t.api_token().await;
        let made = scim(t, &feed.0, &feed.1, "POST", "/Users", Some(zenobia())).await;
        let user = made.json()["id"].as_str().unwrap().to_owned();
        let off = patch(&json!({"active": false}));
        scim(t, &feed.0, &feed.1, "PATCH", &format!("/Users/{user}"), Some(off)).await;
        t.work().await;
        let offer = offers(t).await.pop().unwrap();
        claims(t, &link(&offer), "zq@home.example").await;
        t.work().await;
        Self { org, feed, user, priya, api }
    }

    async fn status(&self, t: &TestApp, to: &str) {
        let path = format!("/api/v1/organizations/{}/directories/{}", self.org.id, self.feed.0.id);
        let answer = t.browser().api("PATCH", &path, &self.api, Some(json!({"status": to}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        t.work().await;
    }

    async fn call(&self, t: &TestApp, method: &str, path: &str, body: Option<Value>) -> u16 {
        scim(t, &self.feed.0, &self.feed.1, method, path, body).await.status.as_u16()
    }

    /// Everything that the company can read: its pages, a setup link's, the API.
    async fn everything(&mut self, t: &TestApp) -> Vec<(String, String)> {
        let mut all = walk(&mut self.priya).await;
        let base = format!("/api/v1/organizations/{}", self.org.id);
        let links = format!("{base}/setup-links");
        let body = json!({"purposes": ["sso", "scim"], "expires_in": 86400});
        let made = t.browser().api("POST", &links, &self.api, Some(body)).await.json();
        let at = made["url"].as_str().unwrap().trim_start_matches("http://127.0.0.1:8080").to_owned();
        let mut admin = t.browser();
        admin.get("/login").await;
        let begun = admin.post(&format!("{at}/scim/providers/okta-scim"), &[]).await;
        assert!(begun.status.is_success() || begun.status.is_redirection(), "{}", begun.text);
        let steps = ["", "/scim/waiting", "/scim/mapping", "/scim/live", "/joining"]
            .map(|step| format!("{at}{step}"));
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        all.extend(walk_from(&mut admin, &at, &steps).await);
        let directory = format!("{base}/directories/{}", self.feed.0.id);
        for path in [
            format!("{base}/members"),
            format!("{base}/members?q=quillfeather"),
            format!("{directory}/health"),
            format!("{directory}/syncs"),
        ] {
            let answer = t.browser().api("GET", &path, &self.api, None).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            all.push((path, answer.text));
        }
        all
    }
}

#[tokio::test]
async fn back_in_preview_and_after_more_requests_about_her_nothing_names_a_leaver_who_keeps_the_account() {
    each_database!(|t| {
        let mut it = AfterClaim::new(&t).await;
        let user = format!("/Users/{}", it.user);
        for status in ["active", "paused", "preview"] {
            it.status(&t, status).await;
            // The provider goes on speaking of her, and is answered as before.
            let by_name = "/Users?filter=userName%20eq%20%22zenobia@acme.test%22";
            assert_eq!(it.call(&t, "GET", by_name, None).await, 200, "{status}");
            assert_eq!(it.call(&t, "GET", &user, None).await, 200);
            let title = patch(&json!({"title": format!("Quillfeather {status}")}));
            assert_eq!(it.call(&t, "PATCH", &user, Some(title)).await, 200);
            assert_eq!(it.call(&t, "POST", "/Users", Some(zenobia())).await, 409);
            let mut wrong = patch(&json!({"displayName": "Zenobia Quillfeather"}));
            wrong["Operations"][0]["op"] = json!("turn");
            assert!(it.call(&t, "PATCH", &user, Some(wrong)).await >= 400);
            let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": status,
                "members": [{"value": it.user, "display": "Zenobia Quillfeather"}]});
            assert_eq!(it.call(&t, "POST", "/Groups", Some(group)).await, 201);
            assert!(!kept(&t).await.contains("Quillfeather"), "{status}");
            let all = it.everything(&t).await;
            assert!(all.len() > 25, "{} pages", all.len());
            assert!(all.iter().any(|(_, text)| text.contains("nothing of the person is kept here")));
            assert_nowhere(&all, &["zq@home.example", "zenobia", "quillfeather", "atlantis"]);
        }
        // Going live again makes nobody of her, though somebody had called her active.
        it.status(&t, "active").await;
        let members = format!("/api/v1/organizations/{}/members", it.org.id);
        let rows = t.browser().api("GET", &members, &it.api, None).await.json();
        assert_eq!(rows["data"].as_array().unwrap().len(), 1, "{rows}");
        // Hired again, she is the company's to see again.
        let on = patch(&json!({"active": true}));
        assert_eq!(it.call(&t, "PATCH", &user, Some(on)).await, 200);
        let all = it.everything(&t).await;
        assert!(all.iter().any(|(_, text)| text.contains("Quillfeather")));
        assert_nowhere(&all, &["zq@home.example"]);
    });
}

#[tokio::test]
async fn whoever_was_checked_out_by_hand_and_keeps_the_account_is_not_taken_in_again_from_what_was_stored() {
    each_database!(|t| {
        let mut it = AfterClaim::new(&t).await;
        let user = format!("/Users/{}", it.user);
        assert_eq!(it.call(&t, "PATCH", &user, Some(patch(&json!({"active": true})))).await, 200);
        t.work().await;
        let mut db = t.app.read().await.unwrap();
        let her = store::member::lookup_email(&mut db, it.org.id, ZENOBIA).await.unwrap().expect("a member");
        drop(db);
        leaves(&t, &it.org, her).await;
        let offer = offers(&t).await.pop().unwrap();
        claims(&t, &link(&offer), "zq2@home.example").await;
        t.work().await;
        // Her user is active still; settings that are kept anew reach everybody who was stored.
        it.status(&t, "preview").await;
        let all = it.everything(&t).await;
        assert_nowhere(&all, &["zq2@home.example", "zenobia", "quillfeather"]);
        it.status(&t, "active").await;
        let mut db = t.app.read().await.unwrap();
        let none = store::member::lookup_email(&mut db, it.org.id, ZENOBIA).await.unwrap();
        assert!(none.is_none(), "{none:?}");
    });
}

#[tokio::test]
async fn members_are_asked_once_for_an_address_of_their_own_and_the_company_sees_neither_question_nor_answer()
{
    each_database!(|t| {
        let org = with_sign_on(&t, "Acme", "acme.test").await;
        let mut browsers = Vec::new();
        for name in ["ada", "bob"] {
            let account = t.account(&format!("{name}@acme.test")).await;
            let member = t.member(&org, &account, Role::Admin).await;
            let mut browser = t.browser();
            t.session(&mut browser, &account, Some(&member)).await;
            browsers.push(browser);
        }
        let (mut bob, mut ada) = (browsers.pop().unwrap(), browsers.pop().unwrap());
        let question = "If you ever leave Acme, where should we write to?";
        assert!(ada.get("/account").await.text.contains(question));
        let answer = ada.post("/account/email", &[("email", "ada@home.example")]).await;
        assert_eq!(answer.location(), "/account?done=mailed");
        let confirm = link(&of_kind(&t, "confirmation").await.pop().unwrap());
        ada.get(&confirm).await;
        ada.post(&confirm, &[]).await;
        assert!(!ada.get("/account").await.text.contains(question), "she has answered");

        bob.get("/account").await;
        assert_eq!(bob.post("/account/email/later", &[]).await.location(), "/account?done=later");
        let page = bob.get("/account").await.text;
        assert!(!page.contains(question) && page.contains("Personal address"), "it waits, and he may still");
        for (path, text) in walk(&mut bob).await {
            assert!(!text.contains("ada@home.example"), "{path} shows a private address");
        }
    });
}
