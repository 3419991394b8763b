//! The end of a session at an OpenID provider (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Owns the address that a browser is sent to, and the ID token that is kept for it. Does not own sessions, or the flow that
//! waits for the browser to come back (`login`).

use model::{Connection, FlowId};
use oidc::relying_party::end_session_url;

use super::config::{OidcConfig, Settings};
use super::metadata;
use crate::app::App;
use crate::problem::Problem;

/// Where a sealed ID token belongs.
const ID_TOKEN_PLACE: &str = "sessions.id_token";
/// A token that would make the address longer than browsers and servers take is left out of it.
const LONGEST_HINT: usize = 6 * 1024;

fn endpoint(config: &OidcConfig) -> Option<&str> {
    config.discovery.get("end_session_endpoint")?.as_str().filter(|it| !it.is_empty())
}

/// Whether the connection's provider names a place for sign-outs.
pub(super) fn has_endpoint(config: &OidcConfig) -> bool {
    endpoint(config).is_some()
}

/// The ID token of a sign-in, to be kept for a sign-out; none where the provider takes none.
pub fn seal_id_token(app: &App, connection: &Connection, token: &str) -> Option<String> {
    let Some(Settings::Oidc(config)) = Settings::of(connection) else { return None };
    (has_endpoint(&config) && token.len() <= LONGEST_HINT).then(|| app.seal_text(ID_TOKEN_PLACE, token))
}

/// The address at the provider that ends its session and sends the browser back to `/oidc/{connection}/signed-out`; none
/// where the provider has none. `state` comes back in it. Without a token the provider asks the person.
pub fn end_session(
    app: &App,
    connection: &Connection,
    id_token_sealed: Option<&str>,
    state: &str,
) -> Result<Option<String>, Problem> {
    let Some(Settings::Oidc(config)) = Settings::of(connection) else { return Ok(None) };
    let Some(endpoint) = endpoint(&config) else { return Ok(None) };
    let hint = id_token_sealed.map(|sealed| app.open_text(ID_TOKEN_PLACE, sealed)).transpose()?;
    let back = metadata::signed_out_url(app, connection.id);
    let url = end_session_url(endpoint, &config.client_id, hint.as_deref(), (&back, state));
    // Its document is checked when it is read.
    Ok(Some(url.map_err(|error| Problem::internal(&error))?))
}

/// The state of a sign-out: the flow that waits, and what nobody else knows.
pub fn sign_out_state(flow: FlowId, secret: &str) -> String {
    format!("{flow}.{secret}")
}
