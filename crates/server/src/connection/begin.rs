//! Sending a browser to the identity provider.

use axum::response::Response;
use model::{Connection, FlowId};
use serde_json::Value;

use crate::app::App;
use crate::problem::Problem;

/// What to send to the browser, and what the flow must remember for the answer.
#[derive(Debug)]
pub struct Begin {
    /// A redirect, or a page with a form that leaves.
    pub response: Response,
    /// Request id, nonce, verifier: JSON for [`super::finish_saml`] or [`super::finish_oidc`].
    pub state: Value,
}

/// Wishes for the sign-in at the provider.
#[derive(Debug, Clone, Default)]
pub struct BeginOptions {
    /// The address that the person typed.
    pub login_hint: Option<String>,
    /// Ask the person to sign in again even where the provider has a session.
    pub force_authn: bool,
}

/// Starts a sign-in at the connection's provider. `flow` comes back as `RelayState`, or inside `state`.
pub async fn begin(
    app: &App,
    connection: &Connection,
    flow: FlowId,
    options: &BeginOptions,
) -> Result<Begin, Problem> {
    let _ = (app, connection, flow, options);
    Err(Problem::internal(&"not there yet"))
}

/// The flow that an OpenID Connect `state` belongs to.
pub fn flow_of_state(state: &str) -> Option<FlowId> {
    state.split_once('.')?.0.parse().ok()
}
