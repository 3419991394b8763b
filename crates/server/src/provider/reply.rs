//! How the endpoints for programs answer and refuse (RFC 6749 sections 5.1 and 5.2, RFC 6750 section 3).
//!
//! Owns their headers: nothing is kept by anybody, and scripts of other sites may read the answer, because these endpoints
//! know no cookie.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oidc::provider::{ErrorCode, Form, OAuthError, Reply};
use serde_json::Value;

use crate::app::App;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, pairs};
use web::pages::login::Handoff;

/// Why an endpoint for programs refuses.
#[derive(Debug)]
pub enum Failure {
    /// In the words of the protocol; the challenge goes into `WWW-Authenticate`.
    OAuth(OAuthError, Option<String>),
    /// Too many failures from one network address.
    Wait(Box<Problem>),
    /// Our own fault.
    Internal(Box<Problem>),
}

impl Failure {
    /// The code or token does not hold.
    pub fn grant(description: &str) -> Self {
        OAuthError::new(ErrorCode::InvalidGrant, description).into()
    }

    /// Counts a failed proof of who calls; beyond the limit the answer is to wait.
    pub async fn counted(self, app: &App, name: &str) -> Self {
        match rate::check(app, name, rate::FAILED_SECRETS).await {
            Ok(()) => self,
            Err(problem) if problem.status == StatusCode::TOO_MANY_REQUESTS => Self::Wait(Box::new(problem)),
            Err(problem) => problem.into(),
        }
    }

    /// The access token does not hold.
    pub fn token(error: OAuthError) -> Self {
        let challenge = error.www_authenticate();
        Self::OAuth(error, Some(challenge))
    }
}

impl From<OAuthError> for Failure {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error, None)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Internal(Box::new(problem))
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (error, challenge) = match self {
            Self::Wait(problem) => return wait(*problem),
            Self::OAuth(error, challenge) => {
                tracing::info!(
                    code = error.code.as_str(),
                    detail = error.description,
                    "an application was refused"
                );
                (error, challenge)
            }
            Self::Internal(problem) => {
                let cause = problem.cause.unwrap_or(problem.detail);
                tracing::error!(cause, "an answer to an application failed");
                (OAuthError::new(ErrorCode::ServerError, "Something failed on our side. Try again."), None)
            }
        };
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = answer(&error.to_json());
        *response.status_mut() = status;
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn wait(problem: Problem) -> Response {
    tracing::info!(detail = problem.detail, "an application has to wait");
    let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, problem.detail);
    let mut response = answer(&error.to_json());
    *response.status_mut() = problem.status;
    response.headers_mut().extend(problem.headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}

/// JSON for the one who asked, kept by nobody.
pub fn answer(body: &Value) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, Json(body)).into_response()
}

/// What a browser asks before a script of another site may call one of these endpoints (the CORS preflight).
pub async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The parameters of a program's request.
pub fn form(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Form, Failure> {
    let refuse = |why: &str| OAuthError::new(ErrorCode::InvalidRequest, why);
    let body = body.map_err(|e| refuse(&e.body_text()))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(refuse("Send the parameters as application/x-www-form-urlencoded.").into());
    }
    Ok(Form::parse(form_urlencoded::parse(&body))?)
}

/// Sends a browser back to an application.
pub fn to_application(app: &App, browser: &Browser, name: &str, reply: Reply) -> Response {
    match reply {
        Reply::Redirect(address) => see_other(&address),
        Reply::FormPost { action, fields } => {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let page = browser.page(app, format!("On the way to {name}"));
            web::respond_leaving(StatusCode::OK, &Handoff { page, to: name.to_owned(), action, fields })
        }
    }
}

/// 303 to an address that may hold a code: no other site hears of it, and nobody keeps it.
pub fn see_other(address: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else {
        return Problem::internal(&"an address that cannot stand in a header").into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What other sites post to an address for browsers is asked again as a query: with a cross-site post no browser sends the
/// session's cookie, with the redirect that follows it does.
pub fn as_query(path: &str, body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let body = body.map_err(|e| Problem::bad_request("body_not_read", e.body_text()))?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(&body)).finish();
    Ok(see_other(&format!("{path}?{query}")))
}
