//! One login, as an application, a browser and an identity provider take part in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bench::Outcome;
use bench::idp::{self, IDP, SSO};
use bench::server::Server;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, header};
use saml::idp::{Answer, Signed, receive_redirect};
use saml::{SignerKey, name_id_format};
use serde_json::{Value, json};

use crate::Settings;

const CALLBACK: &str = "https://product.example/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// People who sign in, shared out over the organizations.
pub const PEOPLE: usize = 320;

/// What all browsers share.
pub struct World {
    server: Arc<Server>,
    places: Places,
    client: Client,
    idp: SignerKey,
    organizations: usize,
    unique: AtomicUsize,
}

/// Where the server is asked, and as which application.
struct Places {
    base: String,
    authorize: String,
    token: String,
    userinfo: String,
    client_id: String,
    client_secret: String,
}

impl World {
    /// Starts the server and sets up everybody.
    pub async fn new(settings: &Settings) -> Outcome<Self> {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let idp = idp::key()?;
        let metadata = idp::metadata(&idp);
        let (server, places) = match &settings.measured.peer {
            Some(line) => {
                let told =
                    [("FRONTDESK_BENCH_METADATA", metadata.as_str()), ("FRONTDESK_BENCH_CALLBACK", CALLBACK)];
                let (server, said) = Server::peer(line, &told)?;
                (server, Places::of_peer(&said)?)
            }
            None => {
                let (server, base, token) =
                    Server::frontdesk(&settings.measured.program, settings.measured.database.as_deref())?;
                (server, set_up(&client, &base, &token, &metadata, settings.organizations).await?)
            }
        };
        let organizations = if settings.measured.peer.is_some() { 1 } else { settings.organizations };
        Ok(Self { server: Arc::new(server), places, client, idp, organizations, unique: AtomicUsize::new(0) })
    }

    /// The process that is measured.
    pub fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    fn person(&self, number: usize) -> String {
        format!("person{}@{}", number % PEOPLE, domain(number % self.organizations))
    }

    /// From the application's request to who the person is.
    pub async fn login(&self, number: usize) -> Outcome<()> {
        let person = self.person(number);
        let mut browser = Browser { world: self, cookies: BTreeMap::new() };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.places.client_id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("scope", "openid email profile")
            .append_pair("state", "s1")
            .append_pair("nonce", "n1")
            .append_pair("code_challenge", &oidc::pkce::challenge(VERIFIER))
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", &person)
            .finish();
        let at = browser.follow(format!("{}?{query}", self.places.authorize), SSO).await?;
        let asked = parameters(&at);
        let request = receive_redirect(asked.get("SAMLRequest").ok_or("no SAMLRequest")?)?;
        let acs = request.acs_url.as_deref().ok_or("nowhere to answer")?;
        let (path, answer) =
            (path_of(acs).to_owned(), self.answer(&request.id, acs, &request.issuer, &person)?);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &answer)
            .append_pair("RelayState", asked.get("RelayState").map_or("", String::as_str))
            .finish();
        let next = browser.go(Method::POST, &path, Some(form)).await?;
        // A peer may send the browser back to the application from here.
        let at = if next.starts_with(CALLBACK) {
            next
        } else {
            browser.follow(path_of(&next).to_owned(), CALLBACK).await?
        };
        let code = parameters(&at).remove("code").ok_or_else(|| format!("no code in {at}"))?;
        self.redeem(&code, &person).await
    }

    async fn redeem(&self, code: &str, person: &str) -> Outcome<()> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("client_id", &self.places.client_id),
            ("client_secret", &self.places.client_secret),
        ];
        let answer = self
            .client
            .post(format!("{}{}", self.places.base, self.places.token))
            .form(&form)
            .send()
            .await?
            .error_for_status()?;
        let tokens: Value = answer.json().await?;
        text(&tokens["id_token"])?;
        let answer = self
            .client
            .get(format!("{}{}", self.places.base, self.places.userinfo))
            .bearer_auth(text(&tokens["access_token"])?)
            .send()
            .await?
            .error_for_status()?;
        let told: Value = answer.json().await?;
        if told["email"] != person {
            return Err(format!("{person} was expected, {told} came").into());
        }
        Ok(())
    }

    /// The identity provider's signed answer, about 5 kB.
    fn answer(&self, request: &str, acs: &str, audience: &str, person: &str) -> Outcome<String> {
        let unique = self.unique.fetch_add(1, Ordering::Relaxed);
        let answer = Answer {
            response_id: &format!("_r{unique}"),
            assertion_id: &format!("_a{unique}"),
            issue_instant: Timestamp::now(),
            valid_for: SignedDuration::from_mins(5),
            issuer: IDP,
            audience,
            acs_url: acs,
            in_response_to: Some(request),
            name_id: person,
            name_id_format: name_id_format::EMAIL,
            session_index: Some("_s1"),
            attributes: &[("email", &[person]), ("firstName", &["Ann"]), ("lastName", &["Lee"])],
        };
        Ok(STANDARD.encode(answer.to_xml(&self.idp, Signed::Assertion, None)?))
    }
}

/// A browser: its cookies.
struct Browser<'a> {
    world: &'a World,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    /// Follows redirects from a path of the server until an address begins with `end`.
    async fn follow(&mut self, path: String, end: &str) -> Outcome<String> {
        let mut at = path;
        for _ in 0..10 {
            let next = self.go(Method::GET, &at, None).await?;
            if next.starts_with(end) {
                return Ok(next);
            }
            path_of(&next).clone_into(&mut at);
        }
        Err(format!("no way from {at} to {end}").into())
    }

    /// One request; where it leads.
    async fn go(&mut self, method: Method, path: &str, form: Option<String>) -> Outcome<String> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.world.client.request(method, format!("{}{path}", self.world.places.base));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(form) = form {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        let answer = request.send().await?;
        for set in answer.headers().get_all(header::SET_COOKIE) {
            if let Some((name, value)) = set.to_str()?.split(';').next().and_then(|pair| pair.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let next = answer.headers().get(header::LOCATION).and_then(|l| l.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        match next {
            Some(next) => Ok(next),
            None => Err(format!("{path}: {status} leads nowhere: {:.400}", answer.text().await?).into()),
        }
    }
}

impl Places {
    fn of_peer(said: &Value) -> Outcome<Self> {
        Ok(Self {
            base: text(&said["base"])?,
            authorize: text(&said["authorize"])?,
            token: text(&said["token"])?,
            userinfo: text(&said["userinfo"])?,
            client_id: text(&said["client_id"])?,
            client_secret: text(&said["client_secret"])?,
        })
    }
}

/// Gives each organization a domain and a live connection, and registers an application.
async fn set_up(
    client: &Client,
    base: &str,
    token: &str,
    metadata: &str,
    organizations: usize,
) -> Outcome<Places> {
    let post = async |path: String, body: Value| -> Outcome<Value> {
        let answer = client.post(format!("{base}{path}")).bearer_auth(token).json(&body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    };
    for number in 0..organizations {
        let organization = json!({ "name": format!("Company {number}"), "domains": [domain(number)] });
        let id = text(&post("/api/v1/organizations".to_owned(), organization).await?["id"])?;
        let connection = json!({
            "protocol": "saml", "provider": "generic-saml", "metadata_xml": metadata, "status": "active",
        });
        post(format!("/api/v1/organizations/{id}/connections"), connection).await?;
        let path = format!("{base}/api/v1/organizations/{id}");
        let defaults = json!({"defaults": {"country": "US"}});
        client.patch(path).bearer_auth(token).json(&defaults).send().await?.error_for_status()?;
    }
    let application = json!({"name": "Product", "redirect_uris": [CALLBACK]});
    let application = post("/api/v1/applications".to_owned(), application).await?;
    Ok(Places {
        base: base.to_owned(),
        authorize: "/oauth2/authorize".to_owned(),
        token: "/oauth2/token".to_owned(),
        userinfo: "/oauth2/userinfo".to_owned(),
        client_id: text(&application["client_id"])?,
        client_secret: text(&application["client_secret"])?,
    })
}

/// The address without the server's own origin, whatever it calls itself.
fn path_of(address: &str) -> &str {
    match address.strip_prefix("http://127.0.0.1:") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => address,
    }
}

fn domain(number: usize) -> String {
    format!("company{number}.example")
}

fn text(value: &Value) -> Outcome<String> {
    Ok(value.as_str().ok_or_else(|| format!("text was expected, {value} came"))?.to_owned())
}

fn parameters(address: &str) -> HashMap<String, String> {
    let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}
