//! A browser, told apart by a random cookie, and the two defences against forms sent from other sites.

use aws_lc_rs::hmac;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Token, TokenHash};
use subtle::ConstantTimeEq as _;

use super::cookie::{read_cookie, set_cookie};
use crate::app::App;
use crate::problem::Problem;
use web::Page;

const COOKIE: &str = "fd_browser";

/// The browser a request came from. Sign-ins under way belong to one browser.
#[derive(Clone, Debug)]
pub struct Browser {
    token: Token,
    fresh: bool,
}

impl Browser {
    /// What a sign-in under way keeps, to be answered in the same browser only.
    pub fn hash(&self) -> TokenHash {
        self.token.hash()
    }

    /// The token that every form of this browser carries.
    pub fn csrf(&self, app: &App) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.token.expose().as_bytes());
        let tag = hmac::sign(&key, app.config.issuer().as_bytes());
        URL_SAFE_NO_PAD.encode(tag.as_ref())
    }

    /// Whether a form's token is this browser's.
    pub fn accepts(&self, app: &App, csrf: &str) -> bool {
        self.csrf(app).as_bytes().ct_eq(csrf.as_bytes()).into()
    }

    /// A page for this browser.
    pub fn page(&self, app: &App, title: impl Into<String>) -> Page {
        Page::new(std::sync::Arc::clone(&app.brand), title, self.csrf(app))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal(&"no browser layer on this route"))
    }
}

/// The layer that knows browsers again: gives each a cookie at its first page. Never in an answer to another site's
/// form (an identity provider's POST comes without the cookie, and a new one would orphan the sign-in under way), nor
/// to a program that brings its own credentials.
pub async fn attach(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let known = read_cookie(&app.config, request.headers(), COOKIE).filter(|value| value.len() == 43);
    let browser = match known {
        Some(value) => Browser { token: Token::presented(&value), fresh: false },
        None => Browser { token: app.token(""), fresh: may_be_given_a_cookie(&app, &request) },
    };
    request.extensions_mut().insert(browser.clone());
    let mut response = next.run(request).await;
    if browser.fresh {
        let cookie = set_cookie(&app.config, COOKIE, browser.token.expose(), Some(YEAR));
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn may_be_given_a_cookie(app: &App, request: &Request) -> bool {
    let is_program = request.headers().contains_key(header::AUTHORIZATION);
    !is_program && (is_reading(request) || is_same_site(app, request.headers()))
}

const YEAR: std::time::Duration = std::time::Duration::from_hours(24 * 365);

/// The layer in front of every page: a request that changes something must come from one of our own pages.
pub async fn refuse_cross_site(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_reading(&request) || is_same_site(&app, request.headers()) {
        return next.run(request).await;
    }
    Problem::forbidden("This form was sent from another site. Open the page here and send it again.")
        .into_response()
}

fn is_reading(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

/// `Sec-Fetch-Site` where the browser says it, `Origin` otherwise. Programs that are no browser send neither.
fn is_same_site(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|v: &axum::http::HeaderValue| v.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == app.config.public_url.origin().ascii_serialization(),
        (None, None) => true,
    }
}
