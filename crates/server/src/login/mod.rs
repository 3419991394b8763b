//! Signing in: a persisted state machine behind `/login`, the assertion consumer service and the callback.
//!
//! Owns the way from an address to a session: the flow, its one answer, the browser it belongs to, joining the person
//! to an account and a member, and the record of every attempt. Does not own what an identity provider's answer means
//! (`connection`), passwords (`account`) or a member's life (`member`).
//!
//! The answer of an identity provider arrives by a request from another site, without our cookies. It is checked and
//! kept in the flow there; the browser is then sent to `/login/finish/{flow}` on our own site, where its cookie must
//! be the one of the browser that began. So no cookie has to be sent across sites.

mod answer;
mod chooser;
mod complete;
mod confirm;
mod finish;
mod flow;
mod join;
mod landing;
mod logout;
pub mod meeting;
mod own;
mod passkey;
mod provider_session;
mod record;
mod return_to;
mod start;
mod test;
mod unasked;
mod ways;
mod whose;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub use provider_session::{Arrived, by_way_of_provider, provider_answered, sign_out_refused};
pub use return_to::safe as safe_return_to;
pub use test::{TestResult, begin_test, test_result};

use crate::app::App;

/// SAML messages have up to 1 MiB; base64 and form encoding make them longer.
const ANSWER_LIMIT: usize = 2 * 1024 * 1024;

/// Pages of the sign-in.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/login", get(start::show).post(start::submit))
        .route("/signup", get(start::show).post(start::submit))
        .route("/login/choose", get(chooser::show).post(chooser::choose))
        .route("/login/other", get(ways::show).post(ways::choose))
        .route("/login/recovery", get(ways::show_recovery).post(ways::recover))
        .route("/login/password", post(own::password))
        .route("/login/passkey", post(passkey::submit))
        .route("/login/passkey/options", post(passkey::options))
        .route("/login/link", post(own::send_link))
        .route("/signin/{token}", get(own::show_link).post(own::use_link))
        .route("/login/confirm/{token}", get(confirm::show).post(confirm::confirm))
        .route("/login/finish/{flow}", get(finish::finish))
        .route("/login/to/{application}", get(landing::go))
        .route("/login/profile/{flow}", get(complete::show).post(complete::submit))
        .route("/logout", get(logout::show).post(logout::submit))
        .route("/logout/provider/{flow}", get(provider_session::leave))
}

/// Where identity providers send people back to.
pub fn protocol() -> Router<App> {
    Router::new()
        .route("/saml/{connection}/acs", post(answer::saml))
        .route("/oidc/{connection}/callback", get(answer::oidc_query).post(answer::oidc_form))
        .route("/oidc/{connection}/signed-out", get(provider_session::came_back))
        .layer(DefaultBodyLimit::max(ANSWER_LIMIT))
}
