//! Changing connections: settings, life, and their end.
//!
//! Owns what may change and what a change resets. Does not own reading new values (`create`).

use std::borrow::Borrow;

use model::{Connection, ConnectionId, ConnectionStatus, Time};
use store::Tx;

use super::config::Settings;
use super::create::{check_provider, record};
use crate::app::App;
use crate::problem::Problem;

/// What to change; none keeps what is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The guide to follow.
    pub provider: Option<String>,
    /// New settings from [`super::read_input`]. The switches below are kept.
    pub settings: Option<Settings>,
    /// SAML: the exception for SHA-1.
    pub allow_sha1: Option<bool>,
    /// SAML: whether our requests are signed.
    pub want_signed_requests: Option<bool>,
}

/// Changes a connection as a whole, or not at all. New settings undo the proof of an earlier test sign-in.
pub async fn change(
    app: &App,
    tx: &mut Tx,
    connection: impl Borrow<Connection>,
    change: Change,
    actor: &str,
) -> Result<Connection, Problem> {
    let mut it = fresh(tx, connection.borrow().id).await?;
    let before = Settings::of(&it);
    let mut settings = change.settings.clone().or_else(|| before.clone());
    if let (Some(new), Some(old), true) = (&mut settings, &before, change.settings.is_some()) {
        carry_over(new, old);
    }
    apply_switches(&mut settings, &change)?;
    if let Some(settings) = &settings {
        it.protocol = settings.protocol();
        it.config = settings.to_text();
    }
    if let Some(provider) = change.provider {
        it.provider = provider;
    }
    check_provider(&it.provider, it.protocol)?;
    if change.settings.is_some() && settings != before {
        it.tested_at = None;
    }
    it.updated_at = app.now();
    store::connection::update(tx, &it).await?;
    record(app, tx, &it, "connection.updated", actor).await?;
    Ok(it)
}

/// Lets people sign in through the connection from now on.
pub async fn activate(
    app: &App,
    tx: &mut Tx,
    connection: impl Borrow<Connection>,
    actor: &str,
) -> Result<Connection, Problem> {
    let it = fresh(tx, connection.borrow().id).await?;
    Settings::required(&it)?;
    turn(app, tx, it, ConnectionStatus::Active, ("connection.activated", actor)).await
}

/// The same, when a test sign-in came through with exactly the settings that are stored now.
///
/// # Errors
/// A conflict when they were not tested, or changed since.
pub async fn activate_tested(
    app: &App,
    tx: &mut Tx,
    connection: impl Borrow<Connection>,
    actor: &str,
) -> Result<Connection, Problem> {
    let it = fresh(tx, connection.borrow().id).await?;
    Settings::required(&it)?;
    if it.tested_at.is_none() {
        return Err(Problem::conflict(
            "connection_untested",
            "A test comes first",
            "The values were not tested, or changed since the test. Sign in once for a test, then switch it on.",
        ));
    }
    turn(app, tx, it, ConnectionStatus::Active, ("connection.activated", actor)).await
}

/// Switches the connection off.
pub async fn deactivate(
    app: &App,
    tx: &mut Tx,
    connection: impl Borrow<Connection>,
    actor: &str,
) -> Result<Connection, Problem> {
    let it = fresh(tx, connection.borrow().id).await?;
    if it.status == ConnectionStatus::Draft {
        return Err(Problem::conflict(
            "connection_not_active",
            "This connection is not active",
            "It is still a draft, so nobody signs in through it. There is nothing to switch off.",
        ));
    }
    turn(app, tx, it, ConnectionStatus::Inactive, ("connection.deactivated", actor)).await
}

/// Takes the connection away, with the identities known through it.
pub async fn remove(app: &App, tx: &mut Tx, connection: &Connection, actor: &str) -> Result<(), Problem> {
    let mut it = fresh(tx, connection.id).await?;
    if it.status == ConnectionStatus::Active {
        it.status = ConnectionStatus::Inactive;
        record(app, tx, &it, "connection.deactivated", actor).await?;
    }
    store::connection::remove(tx, it.id).await?;
    let data = serde_json::json!({ "provider": it.provider, "protocol": it.protocol.as_str() });
    let (organization, target) = (Some(it.organization_id), Some(it.id.to_string()));
    app.audit(tx, actor, "connection.removed", organization, target, &data).await
}

/// Records that a test sign-in with `settings` (the stored text) came through whole. Whether they are still the
/// connection's: a test of others says nothing about these.
pub async fn mark_tested(
    tx: &mut Tx,
    connection: &Connection,
    settings: &str,
    at: Time,
) -> Result<bool, Problem> {
    let mut it = fresh(tx, connection.id).await?;
    if it.config != settings {
        return Ok(false);
    }
    it.tested_at = Some(at);
    store::connection::update(tx, &it).await?;
    Ok(true)
}

/// The connection as it is now, held until the transaction ends.
pub(super) async fn fresh(tx: &mut Tx, id: ConnectionId) -> Result<Connection, Problem> {
    tx.lock(&id.to_string()).await?;
    let found = store::connection::lookup(tx, id).await?;
    found.ok_or_else(|| Problem::not_found("connection"))
}

async fn turn(
    app: &App,
    tx: &mut Tx,
    mut it: Connection,
    status: ConnectionStatus,
    (kind, actor): (&'static str, &str),
) -> Result<Connection, Problem> {
    if it.status == status {
        return Ok(it);
    }
    it.status = status;
    it.updated_at = app.now();
    store::connection::update(tx, &it).await?;
    record(app, tx, &it, kind, actor).await?;
    Ok(it)
}

/// What new values of a provider do not say stays as it was.
pub(super) fn carry_over(new: &mut Settings, old: &Settings) {
    match (new, old) {
        (Settings::Saml(new), Settings::Saml(old)) => {
            new.allow_sha1 = old.allow_sha1;
            // Signing where it is not asked for does no harm; leaving it out where it is breaks every sign-in.
            new.want_signed_requests |= old.want_signed_requests;
            new.attributes.clone_from(&old.attributes);
            new.requests.clone_from(&old.requests);
        }
        (Settings::Oidc(new), Settings::Oidc(old)) => new.attributes.clone_from(&old.attributes),
        _ => {}
    }
}

pub(super) fn apply_switches(settings: &mut Option<Settings>, change: &Change) -> Result<(), Problem> {
    let switches = [change.allow_sha1, change.want_signed_requests];
    if switches.iter().all(Option::is_none) {
        return Ok(());
    }
    let Some(Settings::Saml(config)) = settings else {
        return Err(Problem::conflict(
            "connection_not_saml",
            "This switch is for SAML",
            "The connection is not set up, or speaks OpenID Connect, which has no such switch.",
        ));
    };
    for (place, wanted) in [
        (&mut config.allow_sha1, change.allow_sha1),
        (&mut config.want_signed_requests, change.want_signed_requests),
    ] {
        *place = wanted.unwrap_or(*place);
    }
    Ok(())
}
