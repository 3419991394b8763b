//! Whose security events are believed for a connection.

use model::{Connection, Token};
use serde_json::{Value, json};
use store::Tx;
use store::signal::Transmitter;

use crate::app::App;
use crate::connection;
use crate::problem::Problem;

/// What an operator's program says of a transmitter.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `iss` of its events.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// `aud` of its events; the address they are posted to where none is named.
    pub audience: Option<String>,
    /// A bearer token that it must show besides.
    pub bearer_token: Option<String>,
}

/// Where the transmitter posts to.
pub fn endpoint(app: &App, connection: &Connection) -> String {
    app.config.url(&format!("/ssf/{}/events", connection.id))
}

/// Reads what was wanted and fetches the keys once, so that nothing is kept that cannot work. Opens no transaction.
///
/// # Errors
/// A field problem for the first value that cannot be used.
pub async fn read(app: &App, connection: &Connection, wanted: Wanted) -> Result<Transmitter, Problem> {
    let text = |field: &'static str, value: &str| {
        let value = value.trim();
        let good = (1..=500).contains(&value.len()) && !value.chars().any(char::is_control);
        good.then(|| value.to_owned())
            .ok_or_else(|| Problem::field(field, "expected a text of 1 to 500 characters"))
    };
    let token = wanted.bearer_token.as_deref().map(|token| {
        let good = (16..=500).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
        let problem = || Problem::field("bearer_token", "expected 16 to 500 visible ASCII characters");
        good.then(|| Token::presented(token).hash()).ok_or_else(problem)
    });
    let it = Transmitter {
        connection_id: connection.id,
        issuer: text("issuer", &wanted.issuer)?,
        jwks_uri: text("jwks_uri", &wanted.jwks_uri)?,
        audience: match &wanted.audience {
            Some(audience) => text("audience", audience)?,
            None => endpoint(app, connection),
        },
        token: token.transpose()?,
        created_at: app.now(),
        verified_at: None,
        last_event_at: None,
    };
    let fetched = connection::fetch_signal_keys(app, &it.jwks_uri).await;
    fetched.map_err(|why| Problem::field("jwks_uri", why))?;
    Ok(it)
}

/// Keeps a transmitter in the place of the one before.
pub async fn set(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    it: &Transmitter,
    actor: &str,
) -> Result<(), Problem> {
    store::signal::set(tx, it).await?;
    let about = json!({"issuer": it.issuer, "jwks_uri": it.jwks_uri, "audience": it.audience});
    let target = Some(connection.id.to_string());
    let organization = Some(connection.organization_id);
    app.audit(tx, actor, "connection.signals_set", organization, target, &about).await
}

/// Believes nobody any more. Whether somebody was believed.
pub async fn remove(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<bool, Problem> {
    if !store::signal::remove(tx, connection.id).await? {
        return Ok(false);
    }
    let target = Some(connection.id.to_string());
    let organization = Some(connection.organization_id);
    app.audit(tx, actor, "connection.signals_removed", organization, target, &json!({})).await?;
    Ok(true)
}

/// A transmitter as the API shows it.
pub fn to_json(app: &App, connection: &Connection, it: &Transmitter) -> Value {
    json!({
        "endpoint": endpoint(app, connection),
        "issuer": it.issuer,
        "jwks_uri": it.jwks_uri,
        "audience": it.audience,
        "asks_for_bearer_token": it.token.is_some(),
        "created_at": it.created_at.to_string(),
        "verified_at": it.verified_at.map(|t| t.to_string()),
        "last_event_at": it.last_event_at.map(|t| t.to_string()),
    })
}
