//! What applications read first: the discovery document (OpenID Connect Discovery 1.0, RFC 8414) and the public keys.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use oidc::provider::provider_metadata;
use serde_json::json;

use super::keys;
use crate::app::App;
use crate::problem::Problem;

/// `GET /.well-known/openid-configuration`.
pub async fn metadata(State(app): State<App>) -> Response {
    let mut document = provider_metadata(&app.config.issuer());
    let secret_or_key = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    document["revocation_endpoint"] = json!(app.config.url("/oauth2/revoke"));
    document["revocation_endpoint_auth_methods_supported"] =
        document["token_endpoint_auth_methods_supported"].clone();
    document["introspection_endpoint"] = json!(app.config.url("/oauth2/introspect"));
    document["introspection_endpoint_auth_methods_supported"] = secret_or_key;
    public(Json(document))
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
