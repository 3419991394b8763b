//! The situations that tests begin in: companies, people, directories, applications.
//!
//! What is made here stands in the database as its own room would have left it, without the events, mails and work that
//! the room's act would have caused: a test that is about those acts through the room instead.

use std::time::Duration;

use model::{
    Account, AccountId, Connection, ConnectionId, ConnectionStatus, Defaults, Directory, DirectoryId,
    DirectoryStatus, Domain, DomainId, DomainStatus, ImportId, LeaverPolicy, Member, MemberId, MemberStatus,
    Organization, OrganizationId, Protocol, Role, SessionId, Source, TraceId,
};
use serde_json::{Map, Value, json};
use server::connection::{self, Change, Input};
use server::provider::applications;
use store::import::Import;
use store::scim_request::ScimRequest;
use store::session::Session;

use crate::{SamlProvider, TestApp, TestBrowser};

/// Who does what no particular person does.
pub const ACTOR: &str = "operator:test";
/// Where the application of every test receives its answers.
pub const CALLBACK: &str = "https://product.example/callback";

/// A registered application.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its `client_id`.
    pub id: String,
    /// Its `client_secret`; empty where it has none.
    pub secret: String,
}

impl TestApp {
    /// A company: leavers are disconnected, with a day of grace; first sign-ins make members; self-service is on.
    pub async fn organization(&self, name: &str) -> Organization {
        self.organization_with(name, |_| {}).await
    }

    /// A company that differs in something.
    pub async fn organization_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut Organization),
    ) -> Organization {
        let mut it = Organization {
            id: self.app.id(OrganizationId::new),
            name: name.to_owned(),
            leaver_policy: LeaverPolicy::Disconnect,
            erase_grace: Duration::from_hours(24),
            brake_people: 10,
            brake_percent: 20,
            jit: true,
            self_service: true,
            session_max: None,
            end_provider_session: false,
            defaults: Defaults::default(),
            opened_until: None,
            created_at: self.app.now(),
        };
        change(&mut it);
        let mut tx = self.app.write().await.expect("a transaction");
        store::organization::add(&mut tx, &it).await.expect("the organization is kept");
        tx.commit().await.expect("the commit");
        it
    }

    /// A verified domain of the company.
    pub async fn domain(&self, organization: &Organization, name: &str) -> Domain {
        let now = self.app.now();
        let it = Domain {
            id: self.app.id(DomainId::new),
            organization_id: organization.id,
            name: name.to_owned(),
            status: DomainStatus::Verified,
            dns_token: "x".to_owned(),
            looked_at: None,
            found: None,
            next_look: None,
            sso_required_at: None,
            routing: None,
            proof_missing_at: None,
            proof_told_at: None,
            verified_at: Some(now),
            verified_by: Some("api".to_owned()),
            created_at: now,
        };
        let mut tx = self.app.write().await.expect("a transaction");
        store::domain::add(&mut tx, &it).await.expect("the domain is kept");
        tx.commit().await.expect("the commit");
        it
    }

    /// An active connection that says nothing of its provider: for what only asks whether there is one.
    pub async fn bare_connection(&self, organization: &Organization) -> Connection {
        let now = self.app.now();
        let it = Connection {
            id: self.app.id(ConnectionId::new),
            organization_id: organization.id,
            protocol: Protocol::Saml,
            provider: "generic-saml".to_owned(),
            status: ConnectionStatus::Active,
            config: "{}".to_owned(),
            tested_at: None,
            last_login_at: None,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.app.write().await.expect("a transaction");
        store::connection::add(&mut tx, &it).await.expect("the connection is kept");
        tx.commit().await.expect("the commit");
        it
    }

    /// A draft of a connection to a provider that has a guide.
    pub async fn draft(&self, organization: &Organization, provider: &str) -> Connection {
        let mut tx = self.app.write().await.expect("a transaction");
        let it = connection::draft(&self.app, &mut tx, organization, provider, ACTOR).await.expect("a draft");
        tx.commit().await.expect("the commit");
        it
    }

    /// An active connection to this SAML provider, set up by its metadata.
    pub async fn saml_connection(&self, organization: &Organization, idp: &SamlProvider) -> Connection {
        let it = self.draft(organization, "okta-saml").await;
        let input = Input::MetadataXml { xml: idp.metadata(), entity_id: None };
        let settings =
            connection::read_input(&self.app, "okta-saml", Some(&it), &input).await.expect("its metadata");
        let change = Change { settings: Some(settings), ..Change::default() };
        let mut tx = self.app.write().await.expect("a transaction");
        let it = connection::change(&self.app, &mut tx, &it, change, ACTOR).await.expect("the change");
        let it = connection::activate(&self.app, &mut tx, &it, ACTOR).await.expect("it goes live");
        tx.commit().await.expect("the commit");
        it
    }

    /// A directory and its token.
    pub async fn directory(
        &self,
        organization: &Organization,
        provider: &str,
        status: DirectoryStatus,
    ) -> (Directory, String) {
        let mut tx = self.app.write().await.expect("a transaction");
        let made = server::directory::create(&self.app, &mut tx, organization, provider, status).await;
        let (it, token) = made.expect("a directory");
        tx.commit().await.expect("the commit");
        (it, token.expose().to_owned())
    }

    /// A read of a directory, as its record tells of it; not written yet.
    pub fn scim_request(&self, organization_id: OrganizationId, directory_id: DirectoryId) -> ScimRequest {
        ScimRequest {
            id: self.app.id(TraceId::new),
            directory_id,
            organization_id,
            at: self.app.now(),
            method: "GET".to_owned(),
            path: "/Users".to_owned(),
            status: 200,
            outcome: "Read 0 users".to_owned(),
            body: None,
            subject_id: None,
            effect: None,
            cause: None,
        }
    }

    /// An account whose address is proven.
    pub async fn account(&self, email: &str) -> Account {
        self.account_with(email, |_| {}).await
    }

    /// An account that differs in something.
    pub async fn account_with(&self, email: &str, change: impl FnOnce(&mut Account)) -> Account {
        let mut it = Account {
            id: self.app.id(AccountId::new),
            email: email.to_owned(),
            email_verified_at: Some(self.app.now()),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            password_hash: None,
            personal_email: None,
            locale: None,
            created_at: self.app.now(),
        };
        change(&mut it);
        let mut tx = self.app.write().await.expect("a transaction");
        store::account::add(&mut tx, &it).await.expect("the account is kept");
        tx.commit().await.expect("the commit");
        it
    }

    /// An account with a password.
    pub async fn account_with_password(&self, email: &str, password: &str) -> Account {
        let hash = server::account::hash_password(&self.app, password.to_owned()).await.expect("a hash");
        self.account_with(email, |it| it.password_hash = Some(hash)).await
    }

    /// An active member with a complete profile.
    pub async fn member(&self, organization: &Organization, account: &Account, role: Role) -> Member {
        self.member_with(organization, account, role, |_| {}).await
    }

    /// A member that differs in something.
    pub async fn member_with(
        &self,
        organization: &Organization,
        account: &Account,
        role: Role,
        change: impl FnOnce(&mut Member),
    ) -> Member {
        let now = self.app.now();
        let mut it = Member {
            id: self.app.id(MemberId::new),
            organization_id: organization.id,
            account_id: Some(account.id),
            directory_user_id: None,
            status: MemberStatus::Active,
            source: Source::Sso,
            role,
            email: Some(account.email.clone()),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
            country: Some("GB".to_owned()),
            current_city: None,
            current_state: None,
            birth_year: None,
            extra: "{}".to_owned(),
            unread: "[]".to_owned(),
            status_before: None,
            erase_at: None,
            left_at: None,
            last_sign_in_at: None,
            created_at: now,
            updated_at: now,
        };
        change(&mut it);
        let mut tx = self.app.write().await.expect("a transaction");
        store::member::add(&mut tx, &it).await.expect("the member is kept");
        tx.commit().await.expect("the commit");
        it
    }

    /// Signs a person in, as `login` would have done by now.
    pub async fn session(
        &self,
        browser: &mut TestBrowser,
        account: &Account,
        member: Option<&Member>,
    ) -> Session {
        let now = self.app.now();
        let session = Session {
            id: self.app.id(SessionId::new),
            account_id: account.id,
            member_id: member.map(|m| m.id),
            organization_id: member.map(|m| m.organization_id),
            connection_id: None,
            name_id: None,
            name_id_form: None,
            id_token_sealed: None,
            session_index: None,
            auth_at: now,
            method: "saml".to_owned(),
            acr: None,
            amr: None,
            user_agent: "test".to_owned(),
            created_at: now,
            expires_at: now.after(Duration::from_hours(12)),
        };
        let token = self.app.token("");
        let mut tx = self.app.write().await.expect("a transaction");
        store::session::add(&mut tx, &session, &token.hash()).await.expect("the session is kept");
        tx.commit().await.expect("the commit");
        browser.add_cookie(&format!("{}={}", server::request::SESSION_COOKIE, token.expose()));
        session
    }

    /// Somebody of a company, signed in: account, member and session.
    pub async fn person(
        &self,
        organization: &Organization,
        email: &str,
        role: Role,
    ) -> (TestBrowser, Member) {
        let account = self.account(email).await;
        let member = self.member(organization, &account, role).await;
        let mut browser = self.browser();
        self.session(&mut browser, &account, Some(&member)).await;
        (browser, member)
    }

    /// An administrator of a company, signed in.
    pub async fn administrator(&self, organization: &Organization, email: &str) -> TestBrowser {
        self.person(organization, email, Role::Admin).await.0
    }

    /// An application with these members besides its redirect URI.
    pub async fn application(&self, more: Value) -> Application {
        let mut metadata = Map::new();
        metadata.insert("redirect_uris".to_owned(), json!([CALLBACK]));
        if let Value::Object(more) = more {
            metadata.extend(more);
        }
        let mut tx = self.app.write().await.expect("a transaction");
        let made = applications::create(&self.app, &mut tx, "Product", &metadata, "system").await;
        let (it, secret) = made.expect("an application");
        tx.commit().await.expect("the commit");
        Application { id: it.id.to_string(), secret: secret.unwrap_or_default() }
    }

    /// A file of people that waits to be invited.
    pub async fn import(&self, organization: OrganizationId, content: &str) -> ImportId {
        let it = Import {
            id: self.app.id(ImportId::new),
            organization_id: organization,
            file_name: "people.csv".to_owned(),
            content: content.as_bytes().to_vec(),
            created_by: "system".to_owned(),
            created_at: self.app.now(),
            applied_at: None,
            result: String::new(),
        };
        let mut tx = self.app.write().await.expect("a transaction");
        store::import::add(&mut tx, &it).await.expect("the file is kept");
        tx.commit().await.expect("the commit");
        it.id
    }
}
