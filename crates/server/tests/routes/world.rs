//! Two companies that must know nothing of each other.

use std::collections::{BTreeMap, HashMap};

use model::{
    DepartureId, DepartureKind, DepartureState, DirectoryId, DrillId, ErasureId, Member, MemberId,
    OrganizationId, Role, TraceId,
};
use serde_json::{Value, json};
use store::departure::Departure;
use store::drill::Drill;
use store::receipt::Erasure;
use store::session::Attempt;
use testkit::{SamlProvider, TestApp, TestBrowser};

/// Counters and records of refused calls: they are there to change.
const RECORDS: [&str; 4] = ["rate_limits", "login_attempts", "scim_requests", "api_tokens"];

/// A company with one of everything.
pub struct Company {
    /// A browser of its administrator.
    pub administrator: TestBrowser,
    /// A browser of a member without the role.
    pub member: TestBrowser,
    /// What stands in a path's places.
    pub ids: HashMap<&'static str, String>,
    /// The token of its directory.
    pub scim_token: String,
    /// The token of its setup link, which is for the directory alone.
    pub setup_token: String,
}

/// Both companies, and a program of the vendor.
pub struct World {
    /// The one that is called.
    pub acme: Company,
    /// The one that has no business there.
    pub globex: Company,
    /// An API token.
    pub api_token: String,
    app: server::App,
}

impl World {
    /// Both companies.
    pub async fn new(t: &TestApp) -> Self {
        let api_token = t.api_token().await;
        // Our own keys are made when they are first asked for.
        t.browser().get("/oauth2/jwks").await;
        t.browser().get("/receipts/jwks.json").await;
        let acme = Company::new(t, &api_token, "Acme", "acme.test").await;
        let globex = Company::new(t, &api_token, "Globex", "globex.test").await;
        Self { acme, globex, api_token, app: t.app.clone() }
    }

    /// Every row of the database, but for the records of calls.
    pub async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = store::testing::contents(&mut self.app.store.read().await.unwrap()).await.unwrap();
        all.retain(|table, _| !RECORDS.contains(&table.as_str()));
        assert!(all["members"].len() == 4 && all["organizations"].len() == 2, "{all:?}");
        all
    }

    /// Fails where anything changed.
    pub async fn assert_unchanged(&self, before: &BTreeMap<String, Vec<String>>, who: &str) {
        for (table, rows) in self.contents().await {
            let new: Vec<_> = rows.iter().filter(|row| !before[&table].contains(row)).collect();
            assert!(rows.len() == before[&table].len() && new.is_empty(), "{who} changed {table}: {new:?}");
        }
    }
}

impl Company {
    async fn new(t: &TestApp, api_token: &str, name: &str, domain: &str) -> Self {
        let mut api = t.browser();
        let mut post = async |path: String, body: Value| {
            let answer = api.api("POST", &path, api_token, Some(body)).await;
            assert_eq!(answer.status, 201, "{path}: {}", answer.text);
            answer.json()
        };
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let it = post("/api/v1/organizations".to_owned(), json!({"name": name, "domains": [domain]})).await;
        let id = text(&it["id"]);
        let base = format!("/api/v1/organizations/{id}");
        let connection = post(
            format!("{base}/connections"),
            json!({"protocol": "saml", "provider": "generic-saml", "metadata_xml": SamlProvider::of(domain).metadata(), "status": "active"}),
        )
        .await;
        let directory =
            post(format!("{base}/directories"), json!({"provider": "custom-scim2", "status": "active"}))
                .await;
        let link =
            post(format!("{base}/setup-links"), json!({"purposes": ["scim"], "expires_in": 86400})).await;
        let opening = post(
            format!("{base}/bypasses"),
            json!({"domain": domain, "hours": 1, "reason": "the provider is being moved"}),
        )
        .await;
        let exception = post(
            format!("{base}/email-exceptions"),
            json!({"email": format!("kim@outside-of-{domain}"), "reason": "a contractor"}),
        )
        .await;
        let application = post(
            "/api/v1/applications".to_owned(),
            json!({"name": "Product", "redirect_uris": [format!("https://{domain}/callback")]}),
        )
        .await;
        let answer = api.api("PATCH", &base, api_token, Some(json!({"self_service": true}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let organization: OrganizationId = id.parse().unwrap();
        let domains =
            store::domain::list(&mut t.app.store.read().await.unwrap(), organization).await.unwrap();
        let (administrator, _) = person(t, organization, &format!("ada@{domain}"), Role::Admin).await;
        let (member, of) = person(t, organization, &format!("bob@{domain}"), Role::Member).await;
        let sessions = store::session::list_of_member(&mut t.app.read().await.unwrap(), of.id, t.app.now())
            .await
            .unwrap();
        let import =
            t.import(organization, "First name,Last name,Email,Country\nAnn,Lee,ann@example.test,US\n").await;
        let setup_token = text(&link["url"]).rsplit('/').next().expect("a token").to_owned();
        let sync = stopped(t, text(&directory["id"]).parse().unwrap(), of.id).await;
        let request = recorded(t, organization, text(&directory["id"]).parse().unwrap()).await;
        let ids = HashMap::from([
            ("sync", sync.to_string()),
            ("id", id.clone()),
            ("organization", id),
            ("connection", text(&connection["id"])),
            ("connection_id", text(&connection["id"])),
            ("directory", text(&directory["id"])),
            ("directory_id", text(&directory["id"])),
            ("link", text(&link["id"])),
            ("application", text(&application["client_id"])),
            ("domain", domains[0].id.to_string()),
            ("member", of.id.to_string()),
            ("opening", text(&opening["id"])),
            ("exception", text(&exception["id"])),
            ("session", sessions[0].id.to_string()),
            ("reference", refused(t, organization).await),
            ("request", request.to_string()),
            ("import", import.to_string()),
            ("erasure", erased(t, organization).await),
            ("drill", drilled(t, organization).await),
            ("act", "suspend".to_owned()),
            ("switch", "self-service".to_owned()),
            ("*rest", "Users".to_owned()),
            ("code", "123456".to_owned()),
            ("hash", "0".to_owned()),
            ("file", "frontdesk.css".to_owned()),
        ]);
        Self { administrator, member, ids, scim_token: text(&directory["scim"]["token"]), setup_token }
    }

    /// The path of a pattern with this company's ids; `token` where a link's is wanted, and where nothing fits.
    pub fn fill(&self, pattern: &str, token: &str) -> String {
        let mut path = String::new();
        for (at, part) in pattern.split(['{', '}']).enumerate() {
            let name = match (part, pattern) {
                ("id", p) if p.starts_with("/api/v1/applications") => "application",
                ("id", p) if p.starts_with("/api/v1/erasures") => "erasure",
                ("id", p) if p.contains("/domains/") => "domain",
                ("id", "/s/{token}/sso/providers/{id}") => "okta-saml",
                ("id", "/s/{token}/scim/providers/{id}") => "okta-scim",
                _ => part,
            };
            match (at % 2, self.ids.get(name)) {
                (0, _) => path.push_str(part),
                (_, Some(id)) => path.push_str(id),
                (_, None) if name.starts_with("okta") => path.push_str(name),
                (_, None) => path.push_str(if token.is_empty() { "unknown" } else { token }),
            }
        }
        path
    }
}

/// A sync that was stopped before this member left.
async fn stopped(t: &TestApp, directory: DirectoryId, member: MemberId) -> DepartureId {
    let (id, now) = (t.app.id(DepartureId::new), t.app.now());
    let row = Departure {
        id,
        directory_id: directory,
        sync_id: id,
        member_id: member,
        state: DepartureState::Held,
        at: now,
        how: DepartureKind::Deactivated,
        user_id: None,
    };
    let at = now.as_micros();
    let brake = json!({"sync": id.to_string(), "began": at, "told": 1, "members": 2, "stopped": at});
    let mut tx = t.app.write().await.unwrap();
    store::departure::add(&mut tx, &row).await.unwrap();
    store::directory::set_brake(&mut tx, directory, &brake.to_string()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn person(t: &TestApp, organization: OrganizationId, email: &str, role: Role) -> (TestBrowser, Member) {
    let organization =
        store::organization::lookup(&mut t.app.read().await.unwrap(), organization).await.unwrap().unwrap();
    let account = t.account(email).await;
    let member = t.member(&organization, &account, role).await;
    let mut browser = t.browser();
    t.session(&mut browser, &account, Some(&member)).await;
    browser.get("/account").await;
    assert!(!browser.csrf.is_empty(), "the account page has forms");
    (browser, member)
}

/// Somebody was erased at the company, and a receipt was signed.
async fn erased(t: &TestApp, organization: OrganizationId) -> String {
    let it = Erasure {
        id: t.app.id(ErasureId::new),
        organization_id: organization,
        asked_by: "company".to_owned(),
        erased_at: t.app.now(),
        removed: "{}".to_owned(),
        reminded: 0,
        completed_at: None,
        receipt: None,
    };
    let mut tx = t.app.write().await.unwrap();
    store::receipt::add(&mut tx, &it).await.unwrap();
    store::receipt::complete(&mut tx, it.id, t.app.now()).await.unwrap();
    store::receipt::keep(&mut tx, it.id, "e30.e30.c2ln").await.unwrap();
    tx.commit().await.unwrap();
    it.id.to_string()
}

/// A request of its directory.
async fn recorded(t: &TestApp, organization_id: OrganizationId, directory_id: DirectoryId) -> TraceId {
    let it = t.scim_request(organization_id, directory_id);
    let mut tx = t.app.write().await.unwrap();
    store::scim_request::add(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    it.id
}

/// A drill was run at the company, and its report signed.
async fn drilled(t: &TestApp, organization: OrganizationId) -> String {
    let it = Drill {
        id: t.app.id(DrillId::new),
        organization_id: organization,
        asked_by: "system".to_owned(),
        state: "done".to_owned(),
        began_at: t.app.now(),
        ended_at: Some(t.app.now()),
        work: "{}".to_owned(),
        report: Some("e30.e30.c2ln".to_owned()),
    };
    let mut tx = t.app.write().await.unwrap();
    store::drill::add(&mut tx, &it).await.unwrap();
    store::drill::update(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    it.id.to_string()
}

/// A refused sign-in at the company: its reference.
async fn refused(t: &TestApp, organization: OrganizationId) -> String {
    let it = Attempt {
        id: t.app.id(TraceId::new),
        at: t.app.now(),
        organization_id: Some(organization),
        connection_id: None,
        account_id: None,
        member_id: None,
        email: None,
        accepted: false,
        code: "expired".to_owned(),
        explanation: "{}".to_owned(),
        message: None,
    };
    let mut tx = t.app.write().await.unwrap();
    store::session::add_attempt(&mut tx, &it).await.unwrap();
    tx.commit().await.unwrap();
    it.id.to_string()
}
