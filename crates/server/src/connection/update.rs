//! Changing connections: settings, life, and their end.

use model::{Connection, Time};
use store::Tx;

use super::config::Settings;
use crate::app::App;
use crate::problem::Problem;

/// What to change; none keeps what is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The guide to follow.
    pub provider: Option<String>,
    /// New settings from [`super::read_input`]. Switches of SAML below are kept.
    pub settings: Option<Settings>,
    /// SAML: the exception for SHA-1.
    pub allow_sha1: Option<bool>,
    /// SAML: whether people may start at the provider.
    pub allow_idp_initiated: Option<bool>,
    /// SAML: whether our requests are signed.
    pub want_signed_requests: Option<bool>,
}

/// Changes a connection as a whole, or not at all.
pub async fn change(
    app: &App,
    tx: &mut Tx,
    connection: Connection,
    change: Change,
    actor: &str,
) -> Result<Connection, Problem> {
    let _ = (app, tx, connection, change, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Lets people sign in through the connection from now on.
pub async fn activate(
    app: &App,
    tx: &mut Tx,
    connection: Connection,
    actor: &str,
) -> Result<Connection, Problem> {
    let _ = (app, tx, connection, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Switches the connection off.
pub async fn deactivate(
    app: &App,
    tx: &mut Tx,
    connection: Connection,
    actor: &str,
) -> Result<Connection, Problem> {
    let _ = (app, tx, connection, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Takes the connection away, with the identities known through it.
pub async fn remove(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<(), Problem> {
    let _ = (app, tx, connection, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Records that a test sign-in came through whole.
pub async fn mark_tested(tx: &mut Tx, connection: &Connection, at: Time) -> Result<(), Problem> {
    let _ = (tx, connection, at);
    Err(Problem::internal(&"not there yet"))
}
