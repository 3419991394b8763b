//! Reading Google by consent: an administrator of the Workspace lets us, with a click, in place of a service account.
//!
//! Where somebody began is kept in a sealed cookie of this browser, so that nobody else's consent can be brought in, and no
//! setup link travels to Google.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use model::{Directory, Time};
use oidc::pkce::Pkce;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::act;
use super::fault::Fault;
use super::google::SCOPES;
use super::settings::{GoogleSettings, Settings};
use crate::app::App;
use crate::config::GoogleClient;
use crate::directory::Held;
use crate::problem::Problem;
use crate::request::{Params, clear_cookie, read_cookie, set_cookie};

const COOKIE: &str = "frontdesk_consent";
/// What the cookie is sealed for.
const PLACE: &str = "cookies.consent";
/// How long the consent may take.
const LIFE: Duration = Duration::from_mins(20);
const PATH: &str = "/directories/google/callback";
const MAX_ANSWER: usize = 64 * 1024;

/// Where a consent was begun.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    directory: String,
    actor: String,
    /// Where it goes on: a page of ours.
    then: String,
    /// Where it began.
    back: String,
    state: String,
    verifier: String,
    until: i64,
}

/// The page that Google comes back to.
pub fn pages() -> Router<App> {
    Router::new().route("/directories/google/callback", get(answered))
}

/// Whether a directory of this provider is read by consent here.
pub fn is_offered(app: &App, provider: &str) -> bool {
    provider == "google-directory" && app.config.google_client.is_some()
}

/// Sends the browser to Google. It comes back to `then`, or to `back` with `?consent=…` where it came to nothing.
///
/// # Errors
/// 404 where the server has no client at Google.
pub fn begin(
    app: &App,
    it: &Directory,
    actor: &str,
    then: String,
    back: String,
) -> Result<Response, Problem> {
    let client = client(app)?;
    let mut random = [0; 32];
    app.rng.fill(&mut random);
    let pkce = Pkce::from_random(&random);
    let begun = Begun {
        directory: it.id.to_string(),
        actor: actor.to_owned(),
        then,
        back,
        state: app.token("").expose().to_owned(),
        verifier: pkce.verifier,
        until: app.now().after(LIFE).as_micros(),
    };
    let mut url = Url::parse(&app.config.google.authorize).map_err(|e| Problem::internal(&e))?;
    url.query_pairs_mut()
        .append_pair("client_id", &client.id)
        .append_pair("redirect_uri", &app.config.url(PATH))
        .append_pair("response_type", "code")
        .append_pair("scope", SCOPES)
        // A refresh token comes with both of these only.
        .append_pair("access_type", "offline")
        .append_pair("prompt", "consent")
        .append_pair("state", &begun.state)
        .append_pair("code_challenge", &pkce.challenge)
        .append_pair("code_challenge_method", "S256");
    let text = serde_json::to_string(&begun).map_err(|e| Problem::internal(&e))?;
    let cookie = set_cookie(&app.config, COOKIE, &app.seal_text(PLACE, &text), Some(LIFE));
    let location = HeaderValue::try_from(url.as_str()).map_err(|e| Problem::internal(&e))?;
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, location)]).into_response())
}

fn client(app: &App) -> Result<&GoogleClient, Problem> {
    app.config.google_client.as_ref().ok_or_else(|| Problem::not_found("Google client"))
}

/// `GET /directories/google/callback`: exchanges the code, proves that we can read, keeps it, and has everything read.
async fn answered(State(app): State<App>, headers: HeaderMap, params: Params) -> Result<Response, Problem> {
    let gone = || {
        Problem::bad_request(
            "consent_not_begun",
            "This consent was not begun in this browser, or more than 20 minutes ago. Go back to the directory’s page and \
             authorize with Google again.",
        )
    };
    let sealed = read_cookie(&app.config, &headers, COOKIE).ok_or_else(gone)?;
    let text = app.open_text(PLACE, &sealed).map_err(|_| gone())?;
    let begun: Begun = serde_json::from_str(&text).map_err(|e| Problem::internal(&e))?;
    let fresh = Time::from_micros(begun.until) > app.now();
    if !fresh || params.first("state") != Some(begun.state.as_str()) {
        return Err(gone());
    }
    let to = match keep(&app, &begun, &params).await {
        Ok(()) => begun.then,
        Err(Fault::Ours(problem)) => return Err(*problem),
        Err(fault) => format!("{}?consent={}", begun.back, fault.code()),
    };
    let cookie = clear_cookie(&app.config, COOKIE);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
}

async fn keep(app: &App, begun: &Begun, params: &Params) -> Result<(), Fault> {
    let Some(code) = params.first("code").filter(|_| params.first("error").is_none()) else {
        return Err(Fault::refused("denied", "Google brought no consent.", ""));
    };
    let refresh_token = Some(exchange(app, begun, code).await?);
    let id = begun.directory.parse().map_err(|_| Problem::not_found("directory"))?;
    let it = store::directory::lookup(&mut app.read().await?, id).await?;
    let it = it.ok_or_else(|| Problem::not_found("directory"))?;
    let groups = match act::state(app, &mut app.read().await?, &it).await?.map(|state| state.settings) {
        Some(Settings::Google(before)) => before.groups,
        _ => Vec::new(),
    };
    let settings = Settings::Google(GoogleSettings { refresh_token, groups, ..GoogleSettings::default() });
    act::look(app, &settings).await?;
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, it.id).await?;
    act::set(app, &mut tx, &held, &settings, &begun.actor).await?;
    Ok(tx.commit().await?)
}

/// The refresh token that a code gives.
async fn exchange(app: &App, begun: &Begun, code: &str) -> Result<String, Fault> {
    let client = client(app)?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &app.config.url(PATH)),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
        ("code_verifier", &begun.verifier),
    ];
    let form: Vec<(String, String)> =
        form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let answer = app.outbound.post_form(&app.config.google.token, &form, &[], MAX_ANSWER).await?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_server_error() {
        return Err(Fault::Later(format!("Google answered with status {}.", answer.status.as_u16())));
    }
    match body["refresh_token"].as_str() {
        Some(token) if answer.status.is_success() => Ok(token.to_owned()),
        _ => {
            let error = body["error"].as_str().unwrap_or("no refresh token");
            tracing::warn!(error, "Google refused the code of a consent");
            Err(Fault::refused("no_access", "Google gave us no lasting access.", ""))
        }
    }
}

/// What became of a consent, for the page where it was begun.
pub fn words(code: &str) -> &'static str {
    match code {
        "denied" => {
            "Google brought no consent. Somebody pressed Cancel, or may not consent. A super administrator can."
        }
        "forbidden" => {
            "Whoever consented may not read users and groups. Authorize as an administrator who may, such as a super \
             administrator."
        }
        "api_off" => {
            "The Admin SDK API is not enabled in the vendor’s project at Google. Ask the vendor to enable it, and authorize again."
        }
        "empty_list" => "Google lists nobody. Authorize as an administrator of your company’s Workspace.",
        _ => {
            "Google could not be read with this consent. Authorize again; if it stays, connect by a service account."
        }
    }
}
