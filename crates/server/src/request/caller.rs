//! Programs: API tokens, and the address a request came from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use model::Token;

use crate::app::App;
use crate::problem::Problem;

/// A program with a working API token.
#[derive(Debug, Clone)]
#[expect(clippy::manual_non_exhaustive, reason = "only this module may build it, also within the crate")]
pub struct ApiCaller {
    /// The token's name, for the audit log.
    pub name: String,
    _built_here: (),
}

impl ApiCaller {
    /// Who acts, for the audit log.
    pub fn actor(&self) -> String {
        format!("api:{}", self.name)
    }
}

impl FromRequestParts<App> for ApiCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::unauthorized("Send an API token in the header Authorization: Bearer …. `frontdesk token create` makes one.")
        })?;
        let mut db = app.read().await?;
        let found = store::operator::lookup_api_token(&mut db, &token.hash()).await?;
        let found = found.ok_or_else(|| {
            Problem::unauthorized(
                "This API token is unknown or was revoked. `frontdesk token create` makes a new one.",
            )
        })?;
        drop(db);
        let now = app.now();
        // Last use is told to the minute; it is not worth a write for every call.
        if found.last_used_at.is_none_or(|at| now.since(at).as_secs() >= 60) {
            let mut tx = app.write().await?;
            store::operator::touch_api_token(&mut tx, found.id, now).await?;
            tx.commit().await?;
        }
        Ok(Self { name: found.name, _built_here: () })
    }
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Token::presented(token))
}

/// The address of whoever opened the connection, as text; empty when unknown (in tests).
#[derive(Debug, Clone, Default)]
pub struct ClientAddress(pub Option<IpAddr>);

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |ip| std::fmt::Display::fmt(&ip, f))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())))
    }
}
