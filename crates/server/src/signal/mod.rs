//! What identity providers tell between sign-ins: that a session, or every session of a person, is over.
//!
//! Owns OpenID Connect Back-Channel Logout as a relying party hears it, Security Event Tokens that are pushed (RFC 8935),
//! the transmitters that may push them, and the single logout address of SAML. Does not own the checks of the tokens (`oidc`), the provider's keys
//! (`connection`), or the end of a session (`provider`).
//!
//! Whatever a provider says reaches the sessions of its own connection and no others.

mod event;
mod logout;
mod single_logout;
mod subject;
pub mod transmitter;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use model::{Connection, Time};
use serde_json::json;
use store::session::Session;
use store::{Connected, Tx};

use crate::app::App;
use crate::problem::Problem;
use crate::provider::{self, Ending};

pub use single_logout::newer;

/// A token has up to 64 KiB; a form makes it a little longer.
const LIMIT: usize = 128 * 1024;

/// Where identity providers post to.
pub fn protocol() -> Router<App> {
    Router::new()
        .route("/oidc/{connection}/backchannel-logout", post(logout::receive))
        .route("/ssf/{connection}/events", post(event::receive))
        .layer(DefaultBodyLimit::max(LIMIT))
        .merge(saml())
}

/// SAML messages have up to 1 MiB; base64 and form encoding make them longer.
fn saml() -> Router<App> {
    Router::new()
        .route("/saml/{connection}/slo", get(single_logout::by_redirect).post(single_logout::by_post))
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
}

async fn connection(app: &App, id: &str) -> Result<Connection, Problem> {
    let found = match id.parse() {
        Ok(id) => store::connection::lookup(&mut app.read().await?, id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Problem::not_found("connection"))
}

/// The sessions of whom the provider knows as `subject`, through this connection.
async fn of_subject(
    db: &mut impl Connected,
    connection: &Connection,
    subject: &str,
    now: Time,
) -> Result<Vec<Session>, Problem> {
    let Some(account) = store::connection::identity(db, connection.id, subject).await? else {
        return Ok(Vec::new());
    };
    let mut all = store::session::list(db, account, now).await?;
    all.retain(|it| it.connection_id == Some(connection.id));
    Ok(all)
}

/// Ends them, because the connection's provider asked for it. `by` is the way in which it did.
async fn end(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    sessions: &[Session],
    by: &str,
) -> Result<(), Problem> {
    for session in sessions {
        provider::revoke_session(app, tx, session, Ending::Provider, None).await?;
        let about = json!({"by": by, "member_id": session.member_id.map(|id| id.to_string())});
        let actor = format!("connection:{}", connection.id);
        let target = Some(session.id.to_string());
        app.audit(tx, &actor, "session.revoked", Some(connection.organization_id), target, &about).await?;
    }
    Ok(())
}
