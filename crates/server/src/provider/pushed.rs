//! `/oauth2/par`: an application brings its authorization request here first, and the browser only its name (RFC 9126).
//!
//! Owns what was pushed: one application's, for one browser, answered once. The name holds for a minute; from the first
//! browser that comes with it, as long as a sign-in may take.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Token, TokenHash};
use oidc::provider::{AuthorizeRequest, ErrorCode, OAuthError};
use serde_json::json;
use store::application::Pushed;

use super::client;
use super::reply::{self, Failure};
use crate::app::App;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, pairs};

const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a request waits for its browser.
const LIFE: Duration = Duration::from_mins(1);
/// Most bytes of one request.
const LONGEST: usize = 64 * 1024;
/// What proves the application is not part of its request.
const PROOF: &[&str] = &["client_secret", "client_assertion", "client_assertion_type"];

/// A pushed request that a browser came with.
#[derive(Debug)]
pub struct Opened {
    /// Under which it is kept.
    pub hash: TokenHash,
    /// What the application pushed.
    pub parameters: Vec<(String, String)>,
}

/// `POST /oauth2/par`.
pub async fn push(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let refuse = |why: &str| OAuthError::new(ErrorCode::InvalidRequest, why);
    let mut pairs = body.as_ref().map(|body| pairs(body)).unwrap_or_default();
    let form = reply::form(&headers, body)?;
    let client = client::authenticate(&app, &address, &headers, &form, "/oauth2/par").await?;
    rate::check(&app, &format!("par:{address}"), rate::BEGINNINGS).await?;
    let id = client.application.id.to_string();
    match form.get("client_id") {
        Some(named) if named != id => return Err(refuse("client_id is another application's.").into()),
        Some(_) => {}
        None => pairs.push(("client_id".to_owned(), id)),
    }
    pairs.retain(|(name, value)| !PROOF.contains(&name.as_str()) && !value.is_empty());
    if form.get("request_uri").is_some() {
        return Err(refuse("A pushed request cannot name a request_uri.").into());
    }
    let request = AuthorizeRequest::parse(pairs.iter().map(|(n, v)| (n, v))).map_err(|e| e.error)?;
    request.check_client(&client.metadata.rules()).map_err(|e| e.error)?;
    let parameters = serde_json::to_string(&pairs).map_err(|e| Problem::internal(&e))?;
    if parameters.len() > LONGEST {
        return Err(refuse("The request is longer than 64 KiB.").into());
    }
    let uri = format!("{PREFIX}{}", app.token("").expose());
    let expires_at = app.now().after(LIFE);
    let it = Pushed { application_id: client.application.id, parameters, browser: None, expires_at };
    let mut tx = app.write().await?;
    store::application::add_pushed(&mut tx, &Token::presented(&uri).hash(), &it).await?;
    tx.commit().await?;
    let mut answer = reply::answer(&json!({ "request_uri": uri, "expires_in": LIFE.as_secs() }));
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

/// The pushed request that the parameters name, if they name one. Whatever else they say is not looked at.
///
/// # Errors
/// A page, when it has ended, was answered, is another application's, or came to another browser.
pub async fn open(
    app: &App,
    browser: &Browser,
    pairs: &[(String, String)],
) -> Result<Option<Opened>, Problem> {
    let of = |name: &str| {
        let mut found = pairs.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str());
        (found.next(), found.next().is_some())
    };
    let (Some(uri), false) = of("request_uri") else { return Ok(None) };
    if !uri.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = Token::presented(uri).hash();
    let now = app.now();
    let found = store::application::lookup_pushed(&mut app.read().await?, &hash, now).await?;
    let (Some(named), false) = of("client_id") else { return Err(ended()) };
    let it = found.filter(|it| it.application_id.to_string() == named).ok_or_else(ended)?;
    match &it.browser {
        Some(known) if *known == browser.hash() => {}
        Some(_) => return Err(ended()),
        None => {
            let until = now.after(app.config.limits.flow);
            let mut tx = app.write().await?;
            if !store::application::claim_pushed(&mut tx, &hash, &browser.hash(), until).await? {
                return Err(ended());
            }
            tx.commit().await?;
        }
    }
    let parameters = serde_json::from_str(&it.parameters).map_err(|e| Problem::internal(&e))?;
    Ok(Some(Opened { hash, parameters }))
}

/// The page for a name that leads nowhere.
pub fn ended() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "request_uri_ended",
        "This sign-in has ended",
        "The application's request was answered already, waited too long, or was meant for another browser or \
         application. Go back to the application and begin again there.",
    )
}
