//! Sending a browser to the identity provider.
//!
//! Owns the request that leaves, and what the flow must remember for the answer. Does not own the flow (`login`).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::{Connection, FlowId};
use oidc::pkce::Pkce;
use oidc::relying_party::AuthorizationUrl;
use saml::{AuthnRequest, binding_uri};
use serde_json::{Value, json};

use super::config::{OidcConfig, SamlConfig, Settings};
use super::requests::Comparison;
use super::{keys, metadata, provider_documents};
use crate::app::App;
use crate::problem::Problem;
use web::guide;
use web::layout::Page;
use web::pages::login::Handoff;

/// Where a sealed PKCE verifier belongs.
pub(super) const VERIFIER_PLACE: &str = "login_flows.verifier";

/// The issuer that all customers of Google share; `hd` tells them apart.
pub(super) const GOOGLE: &str = "https://accounts.google.com";

/// What to send to the browser, and what the flow must remember for the answer.
#[derive(Debug)]
pub struct Begin {
    /// A redirect, or a page with a form that leaves.
    pub response: Response,
    /// Request id, nonce, verifier: JSON for [`super::finish_saml`] or [`super::finish_oidc`].
    pub state: Value,
}

/// Wishes for the sign-in at the provider.
#[derive(Debug, Clone, Default)]
pub struct BeginOptions {
    /// The address that the person typed.
    pub login_hint: Option<String>,
    /// Ask the person to sign in again even where the provider has a session.
    pub force_authn: bool,
    /// Wanted authentication classes, in order of preference (`acr_values`, `RequestedAuthnContext`).
    pub acr_values: Vec<String>,
}

/// Starts a sign-in at the connection's provider. `flow` comes back as `RelayState`, or inside `state`.
pub async fn begin(
    app: &App,
    connection: &Connection,
    flow: FlowId,
    options: &BeginOptions,
) -> Result<Begin, Problem> {
    match Settings::required(connection)? {
        Settings::Saml(config) => begin_saml(app, connection, &config, flow, options).await,
        Settings::Oidc(config) => begin_oidc(app, connection, &config, flow, options).await,
    }
}

/// The flow that an OpenID Connect `state` belongs to.
pub fn flow_of_state(state: &str) -> Option<FlowId> {
    state.split_once('.')?.0.parse().ok()
}

/// SAML core 3.4.1 by the redirect or the POST binding.
async fn begin_saml(
    app: &App,
    connection: &Connection,
    config: &SamlConfig,
    flow: FlowId,
    options: &BeginOptions,
) -> Result<Begin, Problem> {
    let wanted = &config.requests;
    let endpoint = config
        .sign_in_endpoint()
        .ok_or_else(|| Problem::internal(&"a SAML connection without a sign-in address"))?;
    let keys = if config.want_signed_requests { Some(keys::ensure(app).await?) } else { None };
    let signer = keys.as_ref().map(|keys| &keys.signer);
    let id = message_id(app);
    let issuer = metadata::entity_id(app, connection.id);
    let acs_url = metadata::acs_url(app, connection.id);
    let mut request = AuthnRequest::new(&id, app.now().to_jiff(), &endpoint.location, &issuer, &acs_url);
    request.force_authn = options.force_authn || wanted.force_authn;
    request.name_id_format = wanted.name_id_format.as_deref();
    // A class of SAML is an address; whatever else an application asks for would only be refused there.
    let classes: Vec<&str> =
        options.acr_values.iter().map(String::as_str).filter(|class| class.contains(':')).collect();
    let own: Vec<&str> = wanted.authn_context.iter().map(String::as_str).collect();
    // What the connection demands stands above what an application would like.
    if own.is_empty() {
        request.authn_context = &classes;
    } else {
        request.authn_context = &own;
        request.comparison = match wanted.comparison {
            Comparison::Exact => saml::Comparison::Exact,
            Comparison::Minimum => saml::Comparison::Minimum,
        };
    }
    let relay_state = flow.to_string();
    let response = if endpoint.binding == binding_uri::POST {
        let value = request.post_value(signer).map_err(|e| Problem::internal(&e))?;
        let fields = vec![("SAMLRequest".to_owned(), value), ("RelayState".to_owned(), relay_state)];
        handoff(app, connection, &endpoint.location, fields)
    } else {
        let url = request.redirect_url(Some(&relay_state), signer).map_err(|e| Problem::internal(&e))?;
        leave(&url)
    };
    let state = json!({
        "request_id": id,
        "fresh_since": wanted.force_authn.then(|| app.now().as_micros()),
        "classes": wanted.demanded(),
    });
    Ok(Begin { response, state })
}

/// What an answer that nobody asked for is judged by, in the place of what a request left behind.
pub fn unasked(config: &SamlConfig) -> Value {
    json!({ "unasked": true, "classes": config.requests.demanded() })
}

/// OpenID Connect Core 3.1.2.1 with RFC 7636.
async fn begin_oidc(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
    flow: FlowId,
    options: &BeginOptions,
) -> Result<Begin, Problem> {
    let documents = provider_documents::current(app, connection, config).await.map_err(|error| {
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "provider_unreachable",
            "The company's sign-in does not answer",
            "Its identity provider cannot be reached just now. Try again in a minute; if it stays, tell your \
             administrator.",
        )
        .because(&error.sentence())
    })?;
    let state = format!("{flow}.{}", random_hex(app));
    let nonce = random_hex(app);
    let mut random = [0; 32];
    app.rng.fill(&mut random);
    let pkce = Pkce::from_random(&random);
    let redirect_uri = metadata::redirect_uri(app, connection.id);
    let scopes: Vec<&str> = config.scopes.iter().map(String::as_str).collect();
    let hosted = options.login_hint.as_deref().and_then(super::domains::of_email);
    let extra: Vec<(&str, &str)> = hosted
        .as_deref()
        .filter(|_| config.issuer == GOOGLE)
        .map(|domain| ("hd", domain))
        .into_iter()
        .collect();
    let acr_values: Vec<&str> = options.acr_values.iter().map(String::as_str).collect();
    let url = AuthorizationUrl {
        scopes: &scopes,
        login_hint: options.login_hint.as_deref(),
        prompt: options.force_authn.then_some("login"),
        // Only with it must the provider say when the person signed in.
        max_age: options.force_authn.then_some(0),
        acr_values: &acr_values,
        extra: &extra,
        ..AuthorizationUrl::new(
            &documents.discovery.authorization_endpoint,
            &config.client_id,
            &redirect_uri,
            (&state, &nonce, &pkce.challenge),
        )
    }
    .build()
    .map_err(|e| Problem::internal(&e))?;
    let verifier = app.seal_text(VERIFIER_PLACE, &pkce.verifier);
    Ok(Begin {
        response: leave(&url),
        state: json!({ "state": state, "nonce": nonce, "verifier": verifier, "anew": options.force_authn }),
    })
}

/// 303 to another site, never from a cache.
fn leave(url: &str) -> Response {
    let mut response = Redirect::to(url).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page with a form to another site, sent by our script or by its button.
fn handoff(app: &App, connection: &Connection, action: &str, fields: Vec<(String, String)>) -> Response {
    let to = guide::find(&connection.provider).map_or("your company's sign-in", |guide| &guide.name);
    let page = Handoff {
        page: Page::new(std::sync::Arc::clone(&app.brand), format!("On the way to {to}"), ""),
        to: to.to_owned(),
        action: action.to_owned(),
        fields,
    };
    web::respond_leaving(StatusCode::OK, &page)
}

/// A fresh id of a SAML message: an XML name.
pub fn message_id(app: &App) -> String {
    format!("_{}", random_hex(app))
}

/// 128 random bits in hex.
fn random_hex(app: &App) -> String {
    let mut bytes = [0_u8; 16];
    app.rng.fill(&mut bytes);
    hex::encode(bytes)
}
