//! OAuth 2.0 client credentials for directories (RFC 6749 section 4.4): a client of the directory changes its secret for
//! access tokens that last an hour. They carry their facts under a stamp and have no rows; revoking the client ends them.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{DirectorySecret, Time, Token, TokenId};
use oidc::provider::{Credentials, ErrorCode, Form, OAuthError, PresentedClient};
use serde_json::json;
use store::directory_token::{self, Opened};
use store::known;

use crate::app::App;
use crate::problem::Problem;
use crate::rate;
use crate::request::ClientAddress;

const ACCESS: &str = "fd_sat_";
/// What the stamp is for.
const PLACE: &str = "scim.access_token";
/// How long an access token works.
const LIFE: Duration = Duration::from_hours(1);

/// The directory that a bearer token or an access token of a client leads to.
pub async fn open(app: &App, presented: &Token) -> Result<Option<Opened>, Problem> {
    let mut db = app.read().await?;
    let Some(stamped) = presented.expose().strip_prefix(ACCESS) else {
        return Ok(known::bearer(&mut db, &presented.hash(), app.now()).await?);
    };
    match client_of(app, stamped) {
        Some(client) => Ok(known::client(&mut db, client, app.now()).await?),
        None => Ok(None),
    }
}

/// The client of an access token of ours that has not ended.
fn client_of(app: &App, stamped: &str) -> Option<TokenId> {
    let facts = app.seal.stamped(PLACE, stamped).ok()?;
    let (client, end) = facts.split_once(' ')?;
    let end = Time::from_micros(end.parse().ok()?);
    if end > app.now() { client.parse().ok() } else { None }
}

/// `POST /scim/v2/{directory}/oauth2/token`.
pub async fn token(
    State(app): State<App>,
    Path(directory): Path<String>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match grant(&app, &directory, &headers, &body).await {
        Ok(response) => response,
        Err(Refusal::OAuth(error)) if error.code == ErrorCode::InvalidClient => {
            match rate::check(&app, &format!("scim:{address}"), rate::FAILED_SECRETS).await {
                Ok(()) => refuse(&error, headers.contains_key(header::AUTHORIZATION)),
                Err(problem) => problem.into_response(),
            }
        }
        Err(Refusal::OAuth(error)) => refuse(&error, false),
        Err(Refusal::Ours(problem)) => problem.into_response(),
    }
}

enum Refusal {
    OAuth(OAuthError),
    Ours(Box<Problem>),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Ours(Box::new(problem))
    }
}

async fn grant(app: &App, directory: &str, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    let form = Form::parse(form_urlencoded::parse(body))?;
    let authorization = headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or_default());
    let presented: Vec<Credentials> = match PresentedClient::parse(authorization, &form)? {
        PresentedClient::Basic(readings) => readings,
        PresentedClient::Post(credentials) => vec![credentials],
        PresentedClient::Assertion { .. } | PresentedClient::Public { .. } => Vec::new(),
    };
    let mut proven = None;
    for credentials in &presented {
        proven = proven.or(prove(app, directory, credentials).await?);
    }
    let client = proven.ok_or_else(|| {
        let why = "This client ID and secret do not belong together, were revoked, or are another directory's. Make a \
                   client on the directory's page and send its ID and secret by HTTP Basic or in the form.";
        OAuthError::new(ErrorCode::InvalidClient, why)
    })?;
    if form.get("grant_type") != Some("client_credentials") {
        let why = "Only grant_type=client_credentials is known here.";
        return Err(OAuthError::new(ErrorCode::UnsupportedGrantType, why).into());
    }
    let facts = format!("{client} {}", app.now().after(LIFE).as_micros());
    let answer = json!({
        "access_token": format!("{ACCESS}{}", app.seal.stamp(PLACE, &facts)),
        "token_type": "Bearer",
        "expires_in": LIFE.as_secs(),
    });
    Ok(unkept(Json(answer).into_response()))
}

/// The client whose secret this is, if it is one of this directory.
async fn prove(app: &App, directory: &str, presented: &Credentials) -> Result<Option<TokenId>, Problem> {
    let hash = Token::presented(&presented.client_secret).hash();
    let mut db = app.read().await?;
    let found = directory_token::open(&mut db, DirectorySecret::Client, &hash, app.now()).await?;
    let named = found
        .filter(|it| it.directory.id.to_string() == directory && it.token.to_string() == presented.client_id);
    Ok(named.map(|it| it.token))
}

fn refuse(error: &OAuthError, by_header: bool) -> Response {
    let mut response = unkept(Json(error.to_json()).into_response());
    *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    if by_header {
        let challenge = HeaderValue::from_static("Basic realm=\"frontdesk\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Nobody on the way keeps it (RFC 6749 section 5.1).
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
