//! A program with a token, and what it expects of a problem.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, TestBrowser};

/// A program with a token.
pub struct Program {
    browser: TestBrowser,
    /// What it sends.
    pub token: String,
}

impl Program {
    /// A program with a working token.
    pub async fn new(t: &TestApp) -> Self {
        Self { browser: t.browser(), token: t.api_token().await }
    }

    /// Calls with JSON, or without a body.
    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.browser.api(method, &format!("/api/v1{path}"), &self.token, body).await
    }

    /// Posts and expects it to be made.
    pub async fn make(&mut self, path: &str, body: Value) -> Value {
        let answer = self.call("POST", path, Some(body)).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.text);
        answer.json()
    }

    /// Reads what must be there.
    pub async fn get(&mut self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// Makes a company; its path.
    pub async fn company(&mut self, name: &str, domains: &[&str]) -> String {
        let it = self.make("/organizations", json!({"name": name, "domains": domains})).await;
        format!("/organizations/{}", it["id"].as_str().unwrap())
    }

    /// A body of any kind.
    pub async fn raw(&mut self, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.browser.send(request.body(body.into()).unwrap()).await
    }

    /// Uploads a file of people.
    pub async fn import(&mut self, company: &str, query: &str, file: &str) -> Answer {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{file}\r\n--x--\r\n"
        );
        let path = format!("{company}/imports{query}");
        self.raw("POST", &path, "multipart/form-data; boundary=x", body).await
    }
}

/// Fails unless the answer is a problem with this status, in the form of RFC 9457.
pub fn assert_problem(answer: &Answer, status: u16, about: &str) {
    assert_eq!(answer.status.as_u16(), status, "{about}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{about}");
    let json = answer.json();
    assert_eq!(json["status"], status, "{about}");
    for member in ["type", "title", "detail", "code", "instance"] {
        assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "{about}: {member} in {json}");
    }
    assert!(json["instance"].as_str().unwrap().starts_with("ref_"), "{about}: {json}");
}
