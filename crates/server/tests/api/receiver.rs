//! An application that security events are pushed to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};
use server::feed;
use testkit::TestApp;

use crate::feeds::{member, read};
use crate::program::Program;

/// An application that takes tokens, and answers as it was told to: 202 where nothing else was said.
#[derive(Clone, Default)]
pub struct Receiver {
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
    pub got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    pub address: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it =
            Self { address: format!("http://{}/events", listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new().route("/events", post(Self::take)).with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        it
    }

    async fn take(State(it): State<Self>, headers: HeaderMap, body: String) -> Response {
        it.got.lock().unwrap().push((headers, body));
        let answer = it.answers.lock().unwrap().pop_front().unwrap_or((202, ""));
        match answer {
            // Never answers.
            (0, _) => std::future::pending().await,
            (302, to) => (StatusCode::FOUND, [("location", to)]).into_response(),
            (status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        }
    }

    pub fn answers(&self, all: &[(u16, &'static str)]) {
        self.answers.lock().unwrap().extend(all);
    }

    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }

    /// What came since the last look: ids of the tokens, and whom each is about.
    pub async fn came(&self, t: &TestApp, application: &str) -> Vec<(String, Value)> {
        let got = std::mem::take(&mut *self.got.lock().unwrap());
        let mut all = Vec::new();
        for (headers, token) in got {
            assert_eq!(headers["content-type"], "application/secevent+jwt");
            assert_eq!(headers["accept"], "application/json");
            let claims = read(t, application, &token).await;
            all.push((claims["jti"].as_str().unwrap().to_owned(), claims["sub_id"]["id"].clone()));
        }
        all
    }
}

/// A feed that is pushed to a receiver.
pub struct Pushed<'a> {
    pub t: &'a TestApp,
    pub api: Program,
    pub application: String,
    pub company: String,
    pub feed: String,
    pub to: Receiver,
}

impl<'a> Pushed<'a> {
    pub async fn new(t: &'a TestApp) -> Self {
        let mut api = Program::new(t).await;
        let application = t.application(json!({})).await.id;
        let company = api.company("Acme", &["acme.test"]).await;
        let feed = format!("/applications/{application}/security-events");
        let mut it = Self { t, api, application, company, feed, to: Receiver::start().await };
        it.set(json!({})).await;
        it
    }

    /// Asks for pushes to the receiver.
    pub async fn set(&mut self, mut more: Value) -> Value {
        more["method"] = json!("urn:ietf:rfc:8935");
        more["endpoint_url"] = json!(self.to.address);
        let answer = self.api.call("PUT", &self.feed, Some(json!({"delivery": more}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    pub async fn make(&mut self, n: usize) -> Value {
        self.api.make(&format!("{}/members", self.company), member(n)).await["id"].clone()
    }

    pub async fn state(&mut self) -> Value {
        let feed = self.feed.clone();
        self.api.get(&feed).await
    }

    /// Pushes what is due; whom the tokens that came were about.
    pub async fn round(&self) -> Vec<Value> {
        feed::round(&self.t.app).await.unwrap();
        self.to.came(self.t, &self.application).await.into_iter().map(|(_, id)| id).collect()
    }
}
