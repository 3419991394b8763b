//! A company with people in it, and the acts of leaving.

use std::collections::HashMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{Request, header};
use axum::routing::post;
use model::{Directory, LeaverPolicy, Mail, Member, Organization, Role};
use serde_json::Value;
use server::member::{self, Reason};
use std::time::Duration;
use testkit::{Answer, TestApp, TestBrowser};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A company with a verified domain and single sign-on; leavers are disconnected.
pub async fn with_sign_on(t: &TestApp, name: &str, domain: &str) -> Organization {
    let org = t.organization(name).await;
    t.domain(&org, domain).await;
    t.bare_connection(&org).await;
    org
}

/// The same, but leavers are erased at once.
pub async fn erasing(t: &TestApp, name: &str, domain: &str) -> Organization {
    let org = t
        .organization_with(name, |it| {
            it.leaver_policy = LeaverPolicy::Delete;
            it.erase_grace = Duration::ZERO;
        })
        .await;
    t.domain(&org, domain).await;
    t.bare_connection(&org).await;
    org
}

/// An active member with an account.
pub async fn somebody(t: &TestApp, org: &Organization, email: &str) -> Member {
    let account = t.account(email).await;
    t.member(org, &account, Role::Member).await
}

/// Checks a member out, by the directory, and does what is due.
pub async fn leaves(t: &TestApp, org: &Organization, member: Member) {
    let mut tx = t.app.write().await.unwrap();
    member::leave(&t.app, &mut tx, org, member, Reason::Directory).await.unwrap();
    tx.commit().await.unwrap();
    t.work().await;
}

/// A provider calls its directory.
pub async fn scim(
    t: &TestApp,
    directory: &Directory,
    token: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Answer {
    // Ids sort by the millisecond they were made in.
    t.clock.advance(Duration::from_millis(2));
    let request = Request::builder()
        .method(method)
        .uri(format!("/scim/v2/{}{path}", directory.id))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/scim+json");
    let body = Body::from(body.map(|it| it.to_string()).unwrap_or_default());
    t.browser().send(request.body(body).unwrap()).await
}

/// Keeps the account under a new address, by the link of an offer; answers the browser, signed in.
pub async fn claims(t: &TestApp, path: &str, email: &str) -> TestBrowser {
    let mut browser = t.browser();
    browser.get(path).await;
    let form = [("email", email), ("password", "a long enough password")];
    let answer = browser.post(path, &form).await;
    if answer.location() != "/claim/done" {
        let mail = of_kind(t, "confirmation").await.pop().expect("a mail to the new address");
        let confirm = link(&mail);
        browser.get(&confirm).await;
        assert_eq!(browser.post(&confirm, &[]).await.location(), "/claim/done");
    }
    browser
}

/// The path of the link in a mail.
pub fn link(mail: &Mail) -> String {
    let at = mail.text.find("http://127.0.0.1:8080/").expect("a link in the mail");
    let url = mail.text[at..].split_whitespace().next().unwrap();
    url.trim_start_matches("http://127.0.0.1:8080").to_owned()
}

/// The mails of one kind, oldest first.
pub async fn of_kind(t: &TestApp, kind: &str) -> Vec<Mail> {
    t.mails().await.into_iter().filter(|mail| mail.kind == kind).collect()
}

/// The data of every event of a kind.
pub async fn events(t: &TestApp, kind: &str) -> Vec<Value> {
    let all = store::event::list_after(&mut t.app.read().await.unwrap(), 0, 1000).await.unwrap();
    all.into_iter().filter(|it| it.kind == kind).map(|it| serde_json::from_str(&it.data).unwrap()).collect()
}

/// An application that listens for logout tokens: where, and what it heard.
pub async fn listener() -> (SocketAddr, UnboundedReceiver<HashMap<String, String>>) {
    async fn hear(
        State(heard): State<UnboundedSender<HashMap<String, String>>>,
        Form(form): Form<HashMap<String, String>>,
    ) {
        heard.send(form).unwrap();
    }
    let (tell, heard) = unbounded_channel();
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let router = Router::new().route("/logout", post(hear)).with_state(tell);
    tokio::spawn(async move { axum::serve(socket, router).await });
    (address, heard)
}
