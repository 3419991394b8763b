//! A company with a directory, and a provider that calls it.

use axum::body::Body;
use axum::http::{Request, header};
use model::{Directory, DirectoryStatus, Member, Organization};
use serde_json::{Value, json};
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

    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.call("PATCH", path, Some(body)).await
    }

    /// Creates a user and answers its id.
    pub async fn user(&self, address: &str) -> String {
        let answer = self.call("POST", "/Users", Some(person(address))).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
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

    /// The outcome of the last request, as administrators see it.
    pub async fn last_outcome(&self) -> String {
        server::provisioning::flush(&self.app).await.unwrap();
        let mut db = self.app.store.read().await.unwrap();
        let of = store::scim_request::Of::Directory(self.directory.id);
        let page = store::scim_request::list(&mut db, of, false, None, 1).await.unwrap();
        page.items.into_iter().next().map(|it| it.outcome).unwrap_or_default()
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
