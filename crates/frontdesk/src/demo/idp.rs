//! The simulated identity provider: SAML for Acme, OpenID Connect for Globex, and a directory for both that speaks
//! SCIM as a client.

mod directory;

use std::collections::BTreeMap;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use model::{Clock as _, Rng as _, SystemClock, SystemRng};
use oidc::provider::{Reply, SigningAlgorithm};
use oidc::simulated::{SimulatedClient, SimulatedProvider};
use saml::SignerKey;
use saml::idp::{Answer, Signed};
use serde_json::{Map, Value, json};

use super::Places;
use super::cast::{self, Person};
use super::html::{escape, page};
use crate::settings::Refusal;

/// How a client of the simulated OpenID provider identifies itself.
pub const CLIENT_ID: &str = "northwind";
/// And its secret; it is told on the provider's page.
pub const CLIENT_SECRET: &str = "simulated-secret";

/// A company at the provider.
pub struct Company {
    /// What it is called.
    pub name: &'static str,
    /// Its people.
    pub people: Vec<Person>,
    /// Base URL and token of Frontdesk's directory, once pasted.
    pub scim: Option<(String, String)>,
    oidc: SimulatedProvider,
}

/// The provider.
#[derive(Clone)]
pub struct Idp(Arc<Inner>);

struct Inner {
    place: String,
    signer: SignerKey,
    http: reqwest::Client,
    companies: Mutex<BTreeMap<&'static str, Company>>,
}

impl Idp {
    /// A provider whose SAML key is kept in `folder`, so that a connection set up yesterday still works.
    pub fn new(folder: &FilePath, places: &Places) -> Result<Self, Refusal> {
        let failed =
            |e: &dyn std::fmt::Display| Refusal(format!("The simulated provider could not begin: {e}."));
        let signer = signer(folder)?;
        let mut companies = BTreeMap::new();
        for (key, name, people) in [("acme", "Acme", cast::acme()), ("globex", "Globex", cast::globex())] {
            let issuer = format!("{}/{key}/oidc", places.idp);
            let mut oidc =
                SimulatedProvider::new(&issuer, SigningAlgorithm::Rs256).map_err(|e| failed(&e))?;
            let client = SimulatedClient { secret: CLIENT_SECRET.to_owned(), redirect_uris: Vec::new() };
            oidc.register(CLIENT_ID, client);
            companies.insert(key, Company { name, people, scim: None, oidc });
        }
        let http = reqwest::Client::builder().no_proxy().build().map_err(|e| failed(&e))?;
        let inner = Inner { place: places.idp.clone(), signer, http, companies: Mutex::new(companies) };
        Ok(Self(Arc::new(inner)))
    }

    fn companies(&self) -> MutexGuard<'_, BTreeMap<&'static str, Company>> {
        self.0.companies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn person(&self, company: &str, local: &str) -> Option<Person> {
        self.companies().get(company)?.people.iter().find(|p| p.local == local).cloned()
    }
}

fn signer(folder: &FilePath) -> Result<SignerKey, Refusal> {
    let failed = |e: &dyn std::fmt::Display| Refusal(format!("The simulated provider has no key: {e}."));
    let (key_path, cert_path) = (folder.join("simulated-idp.key"), folder.join("simulated-idp.crt"));
    if !key_path.exists() {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            .map_err(|e| failed(&e))?;
        let params =
            rcgen::CertificateParams::new(vec!["simulated.idp.test".to_owned()]).map_err(|e| failed(&e))?;
        let certificate = params.self_signed(&key).map_err(|e| failed(&e))?;
        std::fs::write(&cert_path, certificate.pem()).map_err(|e| failed(&e))?;
        std::fs::write(&key_path, key.serialize_pem()).map_err(|e| failed(&e))?;
    }
    let key = std::fs::read_to_string(key_path).map_err(|e| failed(&e))?;
    let certificate = std::fs::read_to_string(cert_path).map_err(|e| failed(&e))?;
    SignerKey::from_pem(&key, &certificate).map_err(|e| failed(&e))
}

/// The provider's routes.
pub fn router(idp: Idp) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/{company}/saml/metadata", get(metadata))
        .route("/{company}/saml/sso", get(saml_sso))
        .route("/{company}/saml/answer", post(saml_answer))
        .route("/{company}/oidc/.well-known/openid-configuration", get(discovery))
        .route("/{company}/oidc/jwks", get(jwks))
        .route("/{company}/oidc/authorize", get(oidc_authorize))
        .route("/{company}/oidc/answer", post(oidc_answer))
        .route("/{company}/oidc/token", post(oidc_token))
        .route("/{company}/oidc/userinfo", get(oidc_userinfo))
        .route("/{company}/directory", get(directory::directory))
        .route("/{company}/directory/connect", post(directory::connect))
        .route("/{company}/directory/sync", post(directory::sync))
        .route("/{company}/directory/people/{local}", post(directory::change))
        .with_state(idp)
}

async fn home(State(idp): State<Idp>) -> Response {
    let rows: String = idp
        .companies()
        .iter()
        .map(|(key, company)| {
            format!(
                "<h2>{}</h2><ul><li>SAML metadata: <code>{place}/{key}/saml/metadata</code></li><li>OpenID issuer: \
                 <code>{place}/{key}/oidc</code>, client id <code>{CLIENT_ID}</code>, secret <code>{CLIENT_SECRET}</code></li>\
                 <li><a href=\"/{key}/directory\">Directory</a></li></ul>",
                company.name,
                place = idp.0.place
            )
        })
        .collect();
    page("Simulated identity provider", &rows).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, page("Nothing here", "<p><a href=\"/\">Back</a></p>")).into_response()
}

// -- SAML -------------------------------------------------------------------------------------------------------

fn entity_id(idp: &Idp, company: &str) -> String {
    format!("{}/{company}/saml", idp.0.place)
}

async fn metadata(State(idp): State<Idp>, Path(company): Path<String>) -> Response {
    if !idp.companies().contains_key(company.as_str()) {
        return missing();
    }
    let entity = entity_id(&idp, &company);
    let sso = format!("{entity}/sso");
    let xml = saml::idp::metadata_xml(&entity, &sso, None, &[idp.0.signer.cert_der()]);
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response()
}

async fn saml_sso(
    State(idp): State<Idp>,
    Path(company): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let value = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    };
    let Some(request) = value("SAMLRequest") else { return missing() };
    if let Err(error) = saml::idp::receive_redirect(&request) {
        return (StatusCode::BAD_REQUEST, page("Bad request", &escape(&error.to_string()))).into_response();
    }
    let hidden = [("SAMLRequest", request), ("RelayState", value("RelayState").unwrap_or_default())];
    choose(&idp, &company, &format!("/{company}/saml/answer"), &hidden)
}

/// The page on which a visitor says who signs in. There are no passwords in a simulation.
fn choose(idp: &Idp, company: &str, action: &str, hidden: &[(&str, String)]) -> Response {
    let companies = idp.companies();
    let Some(it) = companies.get(company) else { return missing() };
    let fields: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    let people: String = it
        .people
        .iter()
        .filter(|p| p.active)
        .map(|p| {
            format!(
                "<p><button name=\"person\" value=\"{}\">{}</button> {}</p>",
                p.local,
                escape(&p.name()),
                p.email()
            )
        })
        .collect();
    let body =
        format!("<p>Who signs in?</p><form method=\"post\" action=\"{action}\">{fields}{people}</form>");
    page(&format!("{} signs in", it.name), &body).into_response()
}

type Fields = Form<BTreeMap<String, String>>;

async fn saml_answer(State(idp): State<Idp>, Path(company): Path<String>, Form(form): Fields) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let Some(person) = idp.person(&company, value("person")).filter(|p| p.active) else { return missing() };
    let request = match saml::idp::receive_redirect(value("SAMLRequest")) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let Some(acs) = request.acs_url.clone() else { return missing() };
    let (response_id, assertion_id, session) = (random(), random(), random());
    let (email, id) = (person.email(), person.id());
    let attributes = [
        ("id", vec![id.as_str()]),
        ("email", vec![email.as_str()]),
        ("firstName", vec![person.first_name]),
        ("lastName", vec![person.last_name]),
    ];
    let attributes: Vec<(&str, &[&str])> = attributes.iter().map(|(n, v)| (*n, v.as_slice())).collect();
    let answer = Answer {
        response_id: &response_id,
        assertion_id: &assertion_id,
        issue_instant: SystemClock.now().to_jiff(),
        valid_for: jiff::SignedDuration::from_mins(5),
        issuer: &entity_id(&idp, &company),
        audience: &request.issuer,
        acs_url: &acs,
        in_response_to: Some(&request.id),
        name_id: &email,
        name_id_format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        session_index: Some(&session),
        attributes: &attributes,
    };
    let xml = match answer.to_xml(&idp.0.signer, Signed::Both, None) {
        Ok(xml) => xml,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let fields =
        [("SAMLResponse", saml::binding::post_value(&xml)), ("RelayState", value("RelayState").to_owned())];
    send_on(&acs, &fields)
}

/// A page that goes on by itself, or by a click where scripts are off.
fn send_on(action: &str, fields: &[(&str, String)]) -> Response {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\" id=\"on\">{fields}<p><button>Continue</button></p></form>\
         <script>document.getElementById('on').submit()</script>",
        escape(action)
    );
    page("Signed in", &body).into_response()
}

fn random() -> String {
    let mut bytes = [0_u8; 16];
    SystemRng::default().fill(&mut bytes);
    bytes.iter().fold(String::from("_"), |text, byte| format!("{text}{byte:02x}"))
}

// -- OpenID Connect ---------------------------------------------------------------------------------------------

async fn discovery(State(idp): State<Idp>, Path(company): Path<String>) -> Response {
    match idp.companies().get(company.as_str()) {
        Some(it) => Json(it.oidc.discovery()).into_response(),
        None => missing(),
    }
}

async fn jwks(State(idp): State<Idp>, Path(company): Path<String>) -> Response {
    match idp.companies().get(company.as_str()) {
        Some(it) => Json(it.oidc.jwks()).into_response(),
        None => missing(),
    }
}

async fn oidc_authorize(
    State(idp): State<Idp>,
    Path(company): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let hidden = [("query", query.unwrap_or_default())];
    choose(&idp, &company, &format!("/{company}/oidc/answer"), &hidden)
}

async fn oidc_answer(State(idp): State<Idp>, Path(company): Path<String>, Form(form): Fields) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let Some(person) = idp.person(&company, value("person")).filter(|p| p.active) else { return missing() };
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(value("query").as_bytes()).into_owned().collect();
    let mut companies = idp.companies();
    let Some(it) = companies.get_mut(company.as_str()) else { return missing() };
    // The simulation lets every address of Frontdesk be the redirect URI; a real provider asks for it beforehand.
    let redirects: Vec<String> =
        pairs.iter().filter(|(name, _)| name == "redirect_uri").map(|(_, uri)| uri.clone()).collect();
    it.oidc
        .register(CLIENT_ID, SimulatedClient { secret: CLIENT_SECRET.to_owned(), redirect_uris: redirects });
    let request = match it.oidc.authorize(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(error.to_json())).into_response(),
    };
    let claims = json!({
        "sub": person.id(), "email": person.email(), "email_verified": true, "given_name": person.first_name,
        "family_name": person.last_name,
    });
    let claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
    match it.oidc.allow(request, claims, &random(), SystemClock.now().to_jiff()) {
        Reply::Redirect(url) => Redirect::to(&url).into_response(),
        Reply::FormPost { action, fields } => {
            let fields: Vec<(&str, String)> = fields.iter().map(|(n, v)| (*n, v.clone())).collect();
            send_on(&action, &fields)
        }
    }
}

async fn oidc_token(
    State(idp): State<Idp>,
    Path(company): Path<String>,
    headers: HeaderMap,
    Form(form): Fields,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let mut companies = idp.companies();
    let Some(it) = companies.get_mut(company.as_str()) else { return missing() };
    match it.oidc.token(authorization, &form, &random(), SystemClock.now().to_jiff()) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error.to_json())).into_response(),
    }
}

async fn oidc_userinfo(State(idp): State<Idp>, Path(company): Path<String>, headers: HeaderMap) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    let companies = idp.companies();
    let claims = companies
        .get(company.as_str())
        .and_then(|it| it.oidc.userinfo(token.unwrap_or_default(), SystemClock.now().to_jiff()));
    claims.map_or_else(|| StatusCode::UNAUTHORIZED.into_response(), |claims| Json(claims).into_response())
}
