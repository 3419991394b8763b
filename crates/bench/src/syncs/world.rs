//! The provider: what it knows, how it asks, and what it has been told.

use std::sync::{Mutex, PoisonError};

use bench::server::Server;
use bench::{Outcome, idp};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::Settings;

/// The company's domain.
pub const DOMAIN: &str = "company.example";

/// The domain of another company.
pub fn other_domain(number: usize) -> String {
    format!("company{number}.example")
}

/// The provider, and the server it sends to.
pub struct World {
    pub server: Server,
    client: Client,
    /// Where the API listens, and its token; a peer has none.
    api: Option<(String, String)>,
    base: String,
    token: String,
    /// Ids of users and groups by our number of them, as the server gave them.
    users: Mutex<Vec<String>>,
    groups: Mutex<Vec<String>>,
}

impl World {
    /// Starts the server, with one live directory.
    pub async fn new(settings: &Settings) -> Outcome<Self> {
        let client = Client::builder().no_proxy().build()?;
        let mut api = None;
        let (server, base, token) = if let Some(line) = &settings.measured.peer {
            let (server, said) = Server::peer(line, &[])?;
            (server, text(&said["scim"])?, text(&said["token"])?)
        } else {
            let (server, base, token) =
                Server::frontdesk(&settings.measured.program, settings.measured.database.as_deref())?;
            let (scim, own) = directory(&client, (&base, &token), ("Company", DOMAIN)).await?;
            api = Some((base, token));
            (server, scim, own)
        };
        let (users, groups) = (Mutex::default(), Mutex::default());
        Ok(Self { server, client, api, base, token, users, groups })
    }

    /// Another company with a directory, into which these users come.
    pub async fn other_company(&self, number: usize, users: impl Iterator<Item = Value>) -> Outcome<()> {
        let Some((base, token)) = &self.api else { return Err("a peer has one directory only".into()) };
        let names = (format!("Company {number}"), other_domain(number));
        let (base, token) = directory(&self.client, (base, token), (&names.0, &names.1)).await?;
        for user in users {
            let url = format!("{base}/Users");
            let (status, body) = self.send((Method::POST, url, &token), Some(&user)).await?;
            if status != 201 {
                return Err(format!("a user of {}: {status} {body}", names.0).into());
            }
        }
        Ok(())
    }

    /// Asks; the status and the body, null where there is none.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<(u16, Value)> {
        self.send((method, format!("{}{path}", self.base), &self.token), body).await
    }

    async fn send(
        &self,
        (method, url, token): (Method, String, &str),
        body: Option<&Value>,
    ) -> Outcome<(u16, Value)> {
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((status, body))
    }

    /// Asks, and expects this status.
    pub async fn expect(
        &self,
        (method, path): (Method, &str),
        body: Option<&Value>,
        wanted: &[u16],
    ) -> Outcome<Value> {
        let (status, body) = self.ask(method.clone(), path, body).await?;
        if !wanted.contains(&status) {
            return Err(format!("{method} {path}: {status} {body}").into());
        }
        Ok(body)
    }

    /// The server's id of a user.
    pub fn user(&self, number: usize) -> Outcome<String> {
        get(&self.users, number)
    }

    /// The server's id of a group.
    pub fn group(&self, number: usize) -> Outcome<String> {
        get(&self.groups, number)
    }

    pub fn made_user(&self, number: usize, id: String) {
        put(&self.users, number, id);
    }

    pub fn made_group(&self, number: usize, id: String) {
        put(&self.groups, number, id);
    }

    /// How many users there are.
    pub fn users(&self) -> usize {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

fn get(all: &Mutex<Vec<String>>, number: usize) -> Outcome<String> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(all.get(number).filter(|id| !id.is_empty()).ok_or("it was not made")?.clone())
}

fn put(all: &Mutex<Vec<String>>, number: usize, id: String) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() <= number {
        all.resize(number + 1, String::new());
    }
    all[number] = id;
}

/// A company with a proven domain, a live connection and a live directory: the directory's address and token. Nobody is held
/// back for leaving.
async fn directory(
    client: &Client,
    (base, token): (&str, &str),
    (name, domain): (&str, &str),
) -> Outcome<(String, String)> {
    let send = async |method: Method, path: String, body: Value| -> Outcome<Value> {
        let request = client.request(method, format!("{base}{path}")).bearer_auth(token);
        let answer = request.json(&body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    };
    let company = json!({ "name": name, "domains": [domain] });
    let id = text(&send(Method::POST, "/api/v1/organizations".to_owned(), company).await?["id"])?;
    let path = format!("/api/v1/organizations/{id}");
    let metadata = idp::metadata(&idp::key()?);
    let connection = json!({
        "protocol": "saml", "provider": "generic-saml", "metadata_xml": metadata, "status": "active",
    });
    send(Method::POST, format!("{path}/connections"), connection).await?;
    send(Method::PATCH, path.clone(), json!({ "brake_percent": 100 })).await?;
    let body = json!({ "provider": "custom-scim2", "status": "active" });
    let made = send(Method::POST, format!("{path}/directories"), body).await?;
    let address = text(&made["scim"]["base_url"])?;
    let at = address.find("/scim/").ok_or("no address")?;
    Ok((format!("{base}{}", &address[at..]), text(&made["scim"]["token"])?))
}

/// Text, or what came in its place.
pub fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or_else(|| format!("text was expected, {value} came"))?.to_owned())
}
