//! The sample product: an ordinary OpenID Connect relying party, with the `openidconnect` crate as any customer of
//! Frontdesk might use it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IdToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Places;
use super::html::{escape, page};
use super::story::Story;

const COOKIE: &str = "product_session";

/// What Frontdesk says beyond the standard claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    org_id: Option<String>,
    org_name: Option<String>,
    role: Option<String>,
    country: Option<String>,
    sid: Option<String>,
}

impl AdditionalClaims for Extra {}

type Fields = openidconnect::IdTokenFields<
    Extra,
    openidconnect::EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = openidconnect::StandardTokenResponse<Fields, openidconnect::core::CoreTokenType>;
type Client = openidconnect::Client<
    Extra,
    openidconnect::core::CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    openidconnect::core::CoreAuthPrompt,
    openidconnect::StandardErrorResponse<openidconnect::core::CoreErrorResponseType>,
    Tokens,
    openidconnect::core::CoreTokenIntrospectionResponse,
    openidconnect::core::CoreRevocableToken,
    openidconnect::core::CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct Pending {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

#[derive(Default)]
struct Memory {
    pending: HashMap<String, Pending>,
    /// Cookie to what the person's ID token said.
    sessions: HashMap<String, Value>,
    /// How many sessions ended because Frontdesk said so.
    logged_out: usize,
}

/// The product.
#[derive(Clone)]
pub struct Product(Arc<Inner>);

struct Inner {
    frontdesk: String,
    product: String,
    client_id: String,
    client_secret: String,
    http: reqwest::Client,
    memory: Mutex<Memory>,
}

impl Product {
    /// A product that is registered as the story says.
    pub fn new(places: &Places, story: &Story) -> Self {
        Self(Arc::new(Inner {
            frontdesk: places.frontdesk.clone(),
            product: places.product.clone(),
            client_id: story.client_id.clone(),
            client_secret: story.client_secret.clone(),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap_or_default(),
            memory: Mutex::default(),
        }))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn client(&self) -> Result<Client, String> {
        let issuer = IssuerUrl::new(self.0.frontdesk.clone()).map_err(|e| e.to_string())?;
        let http = self.0.http.clone();
        let metadata =
            CoreProviderMetadata::discover_async(issuer, &move |request| send(http.clone(), request))
                .await
                .map_err(|e| format!("discovery failed: {e:?}"))?;
        let redirect = RedirectUrl::new(format!("{}/callback", self.0.product)).map_err(|e| e.to_string())?;
        let secret = ClientSecret::new(self.0.client_secret.clone());
        let id = ClientId::new(self.0.client_id.clone());
        Ok(Client::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(redirect))
    }
}

/// Sends one of `openidconnect`'s requests.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let mut out = http.request(parts.method, parts.uri.to_string()).body(body);
    for (name, value) in &parts.headers {
        out = out.header(name, value);
    }
    let answer = out.send().await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

/// The product's routes.
pub fn router(product: Product) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/signin", get(sign_in))
        .route("/callback", get(callback))
        .route("/me", get(me))
        .route("/stats", get(stats))
        .route("/backchannel-logout", post(backchannel_logout))
        .with_state(product)
}

fn session(product: &Product, headers: &HeaderMap) -> Option<Value> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let id = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)?
        .1;
    product.memory().sessions.get(id).cloned()
}

async fn home(State(product): State<Product>, headers: HeaderMap) -> Response {
    match session(&product, &headers) {
        Some(person) => {
            let text = |name: &str| escape(person[name].as_str().unwrap_or("—"));
            let body = format!(
                "<p>Good morning, {} {}. You are here as <b>{}</b> of <b>{}</b>.</p><table><tr><th>Email</th><td>{}</td></tr>\
                 <tr><th>Role</th><td>{}</td></tr><tr><th>Country</th><td>{}</td></tr></table>\
                 <p><a href=\"{}/account\">Your account</a> · <a href=\"{}/org\">Administration</a></p>",
                text("given_name"),
                text("family_name"),
                text("role"),
                text("org_name"),
                text("email"),
                text("role"),
                text("country"),
                product.0.frontdesk,
                product.0.frontdesk
            );
            page("Northwind Privacy", &body).into_response()
        }
        None => page(
            "Northwind Privacy",
            "<p>We keep personal data of companies’ people off the market.</p><form action=\"/signin\">\
             <label>Work email <input name=\"email\" type=\"email\" value=\"priya.raman@acme.test\"></label>\
             <p><button>Sign in</button></p></form>",
        )
        .into_response(),
    }
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    email: String,
}

async fn sign_in(State(product): State<Product>, Query(wish): Query<SignIn>) -> Response {
    let client = match product.client().await {
        Ok(client) => client,
        Err(error) => return failed(&error),
    };
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .add_extra_param("login_hint", wish.email)
        .set_pkce_challenge(challenge);
    let (url, state, nonce) = request.url();
    product.memory().pending.insert(state.secret().clone(), Pending { nonce, verifier });
    Redirect::to(url.as_str()).into_response()
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(State(product): State<Product>, Query(answer): Query<Answer>) -> Response {
    if let Some(error) = answer.error {
        return failed(&format!("{error}: {}", answer.error_description.unwrap_or_default()));
    }
    let pending = answer.state.and_then(|state| product.memory().pending.remove(&state));
    let (Some(code), Some(pending)) = (answer.code, pending) else {
        return failed("This answer belongs to no sign-in of this browser.");
    };
    match redeem(&product, code, pending).await {
        Ok(person) => {
            let id = Nonce::new_random().secret().clone();
            product.memory().sessions.insert(id.clone(), person);
            let cookie = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(error) => failed(&error),
    }
}

async fn redeem(product: &Product, code: String, pending: Pending) -> Result<Value, String> {
    let client = product.client().await?;
    let http = product.0.http.clone();
    let tokens: Tokens = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|e| e.to_string())?
        .set_pkce_verifier(pending.verifier)
        .request_async(&move |request| send(http.clone(), request))
        .await
        .map_err(|e| format!("the code could not be redeemed: {e:?}"))?;
    let id_token: &IdToken<_, _, _, _> = tokens.id_token().ok_or("no ID token came")?;
    let claims = id_token
        .claims(&client.id_token_verifier(), &pending.nonce)
        .map_err(|e| format!("the ID token is not good: {e}"))?;
    let first = |name: Option<&openidconnect::LocalizedClaim<openidconnect::EndUserGivenName>>| {
        name.and_then(|n| n.get(None)).map(|n| n.as_str().to_owned())
    };
    let last = claims.family_name().and_then(|n| n.get(None)).map(|n| n.as_str().to_owned());
    let extra = claims.additional_claims();
    Ok(json!({
        "sub": claims.subject().as_str(),
        "email": claims.email().map(|e| e.as_str()),
        "email_verified": claims.email_verified(),
        "given_name": first(claims.given_name()),
        "family_name": last,
        "org_id": extra.org_id,
        "org_name": extra.org_name,
        "role": extra.role,
        "country": extra.country,
        "sid": extra.sid,
    }))
}

async fn me(State(product): State<Product>, headers: HeaderMap) -> Response {
    match session(&product, &headers) {
        Some(person) => Json(person).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn stats(State(product): State<Product>) -> Json<Value> {
    let memory = product.memory();
    Json(json!({"sessions": memory.sessions.len(), "logged_out": memory.logged_out}))
}

#[derive(Deserialize)]
struct Logout {
    logout_token: String,
}

/// OpenID Connect Back-Channel Logout 1.0, checked with Frontdesk's published keys.
async fn backchannel_logout(State(product): State<Product>, Form(logout): Form<Logout>) -> StatusCode {
    let keys = async {
        let url = format!("{}/oauth2/jwks", product.0.frontdesk);
        let bytes = product.0.http.get(url).send().await.ok()?.bytes().await.ok()?;
        oidc::Jwks::parse(&bytes).ok()
    };
    let Some(keys) = keys.await else { return StatusCode::SERVICE_UNAVAILABLE };
    let now = model::Clock::now(&model::SystemClock).to_jiff();
    let checked = oidc::relying_party::validate_logout_token(
        &logout.logout_token,
        &keys,
        &product.0.frontdesk,
        &product.0.client_id,
        now,
        jiff::SignedDuration::from_secs(60),
    );
    let Ok(token) = checked else { return StatusCode::BAD_REQUEST };
    let mut memory = product.memory();
    let before = memory.sessions.len();
    memory.sessions.retain(|_, person| {
        let same_session = token.session_id.as_deref().is_some_and(|sid| person["sid"] == sid);
        let same_person =
            token.session_id.is_none() && token.subject.as_deref().is_some_and(|sub| person["sub"] == sub);
        !(same_session || same_person)
    });
    memory.logged_out += before - memory.sessions.len();
    StatusCode::OK
}

fn failed(reason: &str) -> Response {
    let body = format!("<p>{}</p><p><a href=\"/\">Back</a></p>", escape(reason));
    (StatusCode::BAD_GATEWAY, page("That did not work", &body)).into_response()
}
