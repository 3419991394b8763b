//! Our OpenID provider: how the vendor's applications sign people in (OpenID Connect Core 1.0, RFC 6749, RFC 7636).
//!
//! Owns applications, signing keys, `/oauth2/*` and the discovery document, and telling applications that somebody was
//! signed out. Does not own how a person proves who they are (`login`), nor who may (`member`). The rules of the
//! protocol are in the crate `oidc`.

pub mod applications;
pub mod keys;

mod authorize;
mod backchannel;
mod carried;
mod client;
mod client_keys;
mod discovery;
pub(crate) mod frontchannel;
mod issue;
mod logout;
mod mark;
mod person;
mod pushed;
mod refresh;
mod reply;
mod standing;
mod tell;
mod token;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

pub use backchannel::{
    BACKCHANNEL_LOGOUT, Ending, backchannel_logout_job, end_session, revoke_session, tell,
};
pub use client_keys::ClientKeys;
pub use frontchannel::has_deaf_applications;
pub use mark::wishes;
pub use reply::see_other;

use crate::app::App;

/// Pages of ours, with the defences of every page.
pub fn pages() -> Router<App> {
    Router::new().route("/oauth2/logout/confirm", post(logout::confirm))
}

/// Routes that other sites send browsers and programs to: no CSRF token, no same-site check.
pub fn protocol() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("/oauth2/jwks", get(discovery::jwks))
        .route("/oauth2/authorize", get(authorize::authorize).post(authorize::authorize_post))
        .route("/oauth2/par", post(pushed::push).options(reply::preflight))
        .route("/oauth2/token", post(token::token).options(reply::preflight))
        .route("/oauth2/userinfo", get(userinfo::userinfo).post(userinfo::userinfo).options(reply::preflight))
        .route("/oauth2/revoke", post(tell::revoke).options(reply::preflight))
        .route("/oauth2/introspect", post(tell::introspect))
        .route("/oauth2/logout", get(logout::logout).post(logout::logout_post))
}
