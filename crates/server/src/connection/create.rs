//! Making connections.
//!
//! Owns the new row with its event. Does not own reading what an administrator brings (`read`) or changing what is
//! there (`update`).

use model::{Connection, ConnectionId, ConnectionStatus, NewEvent, Organization, Protocol};
use serde_json::json;
use store::Tx;

use super::config::Settings;
use crate::app::App;
use crate::problem::Problem;
use web::guide;

/// A draft without settings, so that our values for the provider's console exist.
pub async fn draft(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    provider: &str,
    actor: &str,
) -> Result<Connection, Problem> {
    let protocol = match guide::find(provider).map(|guide| guide.protocol) {
        Some(guide::Protocol::Saml) => Protocol::Saml,
        Some(guide::Protocol::Oidc) => Protocol::Oidc,
        _ => {
            return Err(Problem::field(
                "provider",
                format!("“{provider}” is not an identity provider that we know. Choose one from the list."),
            ));
        }
    };
    add(app, tx, organization, (provider, protocol, "{}".to_owned()), actor).await
}

/// A draft with settings from [`read_input`].
pub async fn create(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    provider: &str,
    settings: Settings,
    actor: &str,
) -> Result<Connection, Problem> {
    check_provider(provider, settings.protocol())?;
    let row = (provider, settings.protocol(), settings.to_text());
    add(app, tx, organization, row, actor).await
}

/// The guide must be for the protocol; an unknown one would leave people without help.
pub(super) fn check_provider(provider: &str, protocol: Protocol) -> Result<(), Problem> {
    let fits = match guide::find(provider).map(|guide| guide.protocol) {
        Some(guide::Protocol::Saml) => protocol == Protocol::Saml,
        Some(guide::Protocol::Oidc) => protocol == Protocol::Oidc,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let general = match protocol {
        Protocol::Saml => "generic-saml",
        Protocol::Oidc => "generic-oidc",
    };
    Err(Problem::field(
        "provider",
        format!("“{provider}” is not a provider for {protocol}. Choose one from the list, or “{general}”."),
    ))
}

async fn add(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    (provider, protocol, config): (&str, Protocol, String),
    actor: &str,
) -> Result<Connection, Problem> {
    let connection = Connection {
        id: app.id(ConnectionId::new),
        organization_id: organization.id,
        protocol,
        provider: provider.to_owned(),
        status: ConnectionStatus::Draft,
        config,
        tested_at: None,
        last_login_at: None,
        created_at: app.now(),
        updated_at: app.now(),
    };
    store::connection::add(tx, &connection).await?;
    record(app, tx, &connection, "connection.created", actor).await?;
    Ok(connection)
}

/// The event and the line in the audit log of a change.
pub(crate) async fn record(
    app: &App,
    tx: &mut Tx,
    connection: &Connection,
    kind: &'static str,
    actor: &str,
) -> Result<(), Problem> {
    let data = json!({
        "organization_id": connection.organization_id.to_string(),
        "connection_id": connection.id.to_string(),
        "protocol": connection.protocol.as_str(),
        "provider": connection.provider,
        "status": connection.status.as_str(),
    });
    app.append(
        tx,
        NewEvent {
            kind,
            organization_id: Some(connection.organization_id),
            member_id: None,
            data: data.to_string(),
        },
    );
    let (organization, target) = (Some(connection.organization_id), Some(connection.id.to_string()));
    app.audit(tx, actor, kind, organization, target, &data).await
}
