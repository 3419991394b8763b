//! A company with a directory, and a provider that calls it.

use axum::body::Body;
use axum::http::{Request, header};
use model::{Directory, DirectoryStatus, Member, Organization};
use serde_json::{Value, json};
use store::scim_request::ScimRequest;
use testkit::{Answer, TestApp};

/// A provider's end of a directory.
pub struct Feed {
    pub app: server::App,
    clock: std::sync::Arc<testkit::ManualClock>,
    pub org: Organization,
    pub directory: Directory,
    pub token: String,
}

impl Feed {
    /// A company with a verified domain, single sign-on and a directory.
    pub async fn new(t: &TestApp, domain: &str, provider: &str, status: DirectoryStatus) -> Self {
        let org = t.organization_with(domain, |it| it.self_service = false).await;
        t.domain(&org, domain).await;
        t.bare_connection(&org).await;
        let (directory, token) = t.directory(&org, provider, status).await;
        Self { app: t.app.clone(), clock: t.clock.clone(), org, directory, token }
    }

    /// The same provider, calling another machine.
    pub fn at(&self, app: server::App) -> Self {
        Self {
            app,
            clock: self.clock.clone(),
            org: self.org.clone(),
            directory: self.directory.clone(),
            token: self.token.clone(),
        }
    }

    /// A live directory of so many people, `p0@acme.test` and on, who are all active; and the ids of its users.
    pub async fn with_people(t: &TestApp, people: usize) -> (Self, Vec<String>) {
        let feed = Self::new(t, "acme.test", "okta-scim", DirectoryStatus::Active).await;
        let mut users = Vec::new();
        for n in 0..people {
            users.push(feed.user(&format!("p{n}@acme.test")).await);
        }
        t.work().await;
        assert_eq!(feed.here(people).await, people);
        (feed, users)
    }

    /// How many of those people are active.
    pub async fn here(&self, people: usize) -> usize {
        let mut all = 0;
        for n in 0..people {
            all += usize::from(self.status(&format!("p{n}@acme.test")).await == "active");
        }
        all
    }

    /// The directory in the REST API, asked by a program of the vendor.
    pub async fn api(&self, t: &TestApp, method: &str, rest: &str, body: Option<Value>) -> Answer {
        let path = format!("/api/v1/organizations/{}/directories/{}{rest}", self.org.id, self.directory.id);
        t.browser().api(method, &path, &t.api_token().await, body).await
    }

    /// The path of a page of the directory in the console.
    pub fn desk(&self, rest: &str) -> String {
        format!("/console/organizations/{}/desk/directory/{}{rest}", self.org.id, self.directory.id)
    }

    /// The directory as it is now.
    pub async fn now(&self) -> Directory {
        let mut db = self.app.store.read().await.unwrap();
        store::directory::lookup(&mut db, self.directory.id).await.unwrap().unwrap()
    }

    /// Writes the mapping, as the REST API knows it.
    pub async fn configure(&self, config: &Value) {
        let config = server::directory::DirectoryConfig::from_json(config).unwrap();
        let mut tx = self.app.store.write().await.unwrap();
        server::directory::set_config(&self.app, &mut tx, self.directory.clone(), &config).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.raw(method, path, body.map(|b| b.to_string().into_bytes()).unwrap_or_default(), &[]).await
    }

    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        headers: &[(header::HeaderName, &str)],
    ) -> Answer {
        // Ids sort by the millisecond they were made in.
        self.clock.advance(std::time::Duration::from_millis(2));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{}{path}", self.directory.id))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/scim+json");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut browser = testkit::TestBrowser::new(server::router(self.app.clone()));
        browser.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// Follows cursors from the first page on; the names of every page.
    pub async fn pages(&self, path: &str) -> Vec<Vec<String>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let glue = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{glue}cursor={cursor}")).await;
            assert!(page["startIndex"].is_null(), "{page}");
            let name = |it: &Value| {
                let mut names =
                    ["userName", "displayName", "name"].iter().filter_map(|key| it[*key].as_str());
                names.next().unwrap().to_owned()
            };
            all.push(page["Resources"].as_array().unwrap().iter().map(name).collect());
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return all,
            }
        }
    }

    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.call("PATCH", path, Some(body)).await
    }

    /// Creates a user and answers its id.
    pub async fn user(&self, address: &str) -> String {
        self.sends(address, |_| ()).await
    }

    /// Creates a user who is a complete person but for what is changed, and answers its id.
    pub async fn sends(&self, address: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut it = person(address);
        change(&mut it);
        let answer = self.call("POST", "/Users", Some(it)).await;
        assert_eq!(answer.status, 201, "{address}: {}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Says that a user is active or is not, without a path.
    pub async fn set_active(&self, user: &str, active: bool) {
        let operations = json!([{"op": "replace", "value": {"active": active}}]);
        let answer = self.patch(&format!("/Users/{user}"), operations).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["active"]),
            (200, &json!(active)),
            "{}",
            answer.text
        );
    }

    /// Deactivates users, one after the other.
    pub async fn deactivate(&self, users: &[String]) {
        for user in users {
            self.set_active(user, false).await;
        }
    }

    /// Creates a group and answers its id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name, "members": members,
        });
        let answer = self.call("POST", "/Groups", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn member(&self, address: &str) -> Option<Member> {
        let mut db = self.app.store.read().await.unwrap();
        store::member::lookup_email(&mut db, self.org.id, address).await.unwrap()
    }

    pub async fn status(&self, address: &str) -> String {
        self.member(address).await.map_or("none".to_owned(), |member| member.status.to_string())
    }

    /// The records of its requests that are written, newest first.
    pub async fn written(&self) -> Vec<ScimRequest> {
        let mut db = self.app.store.read().await.unwrap();
        let of = store::scim_request::Of::Directory(self.directory.id);
        store::scim_request::list(&mut db, of, false, None, 5000).await.unwrap().items
    }

    /// The records of all its requests, newest first.
    pub async fn records(&self) -> Vec<ScimRequest> {
        server::provisioning::flush(&self.app).await.unwrap();
        self.written().await
    }

    /// The outcome of the last request, as administrators see it.
    pub async fn last_outcome(&self) -> String {
        self.records().await.into_iter().next().map(|it| it.outcome).unwrap_or_default()
    }
}

/// A complete person, as most providers send one.
pub fn person(address: &str) -> Value {
    let (local, _) = address.split_once('@').unwrap_or((address, ""));
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": address,
        "externalId": format!("ext-{address}"),
        "name": { "givenName": "Jonas", "familyName": local },
        "displayName": format!("Jonas {local}"),
        "emails": [{ "value": address, "type": "work", "primary": true }],
        "addresses": [{ "type": "work", "country": "Germany", "locality": "Berlin" }],
        "active": true,
    })
}
