//! What applications read first: the discovery document (OpenID Connect Discovery 1.0, RFC 8414) and the public keys.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use oidc::provider::provider_metadata;

use super::keys;
use crate::app::App;
use crate::problem::Problem;

/// `GET /.well-known/openid-configuration`, and the same for OAuth libraries at
/// `/.well-known/oauth-authorization-server`.
pub async fn metadata(State(app): State<App>) -> Response {
    public(Json(provider_metadata(&app.config.issuer())))
}

/// `GET /oauth2/jwks`.
pub async fn jwks(State(app): State<App>) -> Result<Response, Problem> {
    Ok(public(Json(keys::ring(&app).await?.published.clone())))
}

/// Anybody may read it, scripts of other sites too, and keep it for five minutes.
fn public(body: impl IntoResponse) -> Response {
    let headers =
        [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, body).into_response()
}
