//! People: members of the public with a session, and operators.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::{Account, Token};
use store::operator::Operator;
use store::session::Session;

use super::cookie::read_cookie;
use crate::app::App;
use crate::problem::Problem;

/// Cookie of a signed-in person.
pub const SESSION_COOKIE: &str = "fd_session";
/// Cookie of a signed-in operator.
pub const OPERATOR_COOKIE: &str = "fd_operator";

/// A person with a session that has not ended.
#[derive(Debug, Clone)]
#[expect(clippy::manual_non_exhaustive, reason = "only this module may build it, also within the crate")]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// Which browser.
    pub session: Session,
    _built_here: (),
}

impl SignedIn {
    /// The session that the request's cookie opens, if any.
    pub async fn of(app: &App, headers: &axum::http::HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(token) = read_cookie(&app.config, headers, SESSION_COOKIE) else { return Ok(None) };
        let mut db = app.read().await?;
        let hash = Token::presented(&token).hash();
        let found = store::session::lookup_token(&mut db, &hash, app.now()).await?;
        Ok(found.map(|(session, account)| Self { account, session, _built_here: () }))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = axum::response::Response;
    /// Sends whoever is not signed in to `/login`, and back here afterwards.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        use axum::response::IntoResponse as _;
        match Self::of(app, &parts.headers).await {
            Ok(Some(it)) => Ok(it),
            Ok(None) => Err(axum::response::Redirect::to(&way_back("/login", parts)).into_response()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

impl axum::extract::OptionalFromRequestParts<App> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        Self::of(app, &parts.headers).await
    }
}

/// Vendor staff with a session.
#[derive(Debug, Clone)]
#[expect(clippy::manual_non_exhaustive, reason = "only this module may build it, also within the crate")]
pub struct OperatorCaller {
    /// Who.
    pub operator: Operator,
    _built_here: (),
}

impl OperatorCaller {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> String {
        format!("operator:{}", self.operator.id)
    }
}

impl FromRequestParts<App> for OperatorCaller {
    type Rejection = axum::response::Response;
    /// Sends whoever is not signed in to `/console/login`, and back here afterwards.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        use axum::response::IntoResponse as _;
        let found = async {
            let Some(token) = read_cookie(&app.config, &parts.headers, OPERATOR_COOKIE) else {
                return Ok(None);
            };
            let mut db = app.read().await?;
            let hash = Token::presented(&token).hash();
            Ok::<_, Problem>(store::operator::lookup_session(&mut db, &hash, app.now()).await?)
        };
        match found.await {
            Ok(Some(operator)) => Ok(Self { operator, _built_here: () }),
            Ok(None) => Err(axum::response::Redirect::to(&way_back("/console/login", parts)).into_response()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// The sign-in page with the way back; only a page that was being read is worth coming back to.
fn way_back(sign_in: &str, parts: &Parts) -> String {
    let here = parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    if parts.method == axum::http::Method::GET {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("return_to", here).finish();
        format!("{sign_in}?{query}")
    } else {
        sign_in.to_owned()
    }
}
