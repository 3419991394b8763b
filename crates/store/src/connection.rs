//! Connections, and the identities that people have at them.

use model::{AccountId, Connection, ConnectionId, ConnectionStatus, OrganizationId, Protocol, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<ConnectionId>,
    organization_id: Text<OrganizationId>,
    protocol: Text<Protocol>,
    provider: String,
    status: Text<ConnectionStatus>,
    config: String,
    tested_at: Option<At>,
    last_login_at: Option<At>,
    created_at: At,
    updated_at: At,
}

impl From<Row> for Connection {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            protocol: row.protocol.0,
            provider: row.provider,
            status: row.status.0,
            config: row.config,
            tested_at: row.tested_at.map(|t| t.0),
            last_login_at: row.last_login_at.map(|t| t.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// Writes a new connection.
pub async fn add(tx: &mut Tx, it: &Connection) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO connections (id, organization_id, protocol, provider, status, config, tested_at, last_login_at,
                                  created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(it.protocol.as_str())
    .bind(&it.provider)
    .bind(it.status.as_str())
    .bind(&it.config)
    .bind(it.tested_at.map(At))
    .bind(it.last_login_at.map(At))
    .bind(At(it.created_at))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes everything that can change but the time of the last login, which [`touch`] keeps.
pub async fn update(tx: &mut Tx, it: &Connection) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "UPDATE connections SET protocol = $2, provider = $3, status = $4, config = $5, tested_at = $6, updated_at = $7
         WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(it.protocol.as_str())
    .bind(&it.provider)
    .bind(it.status.as_str())
    .bind(&it.config)
    .bind(it.tested_at.map(At))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Records a sign-in through the connection.
pub async fn touch(tx: &mut Tx, id: ConnectionId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE connections SET last_login_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Takes a connection away, with the identities known through it.
pub async fn remove(tx: &mut Tx, id: ConnectionId) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("DELETE FROM connections WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The connection, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Connection>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM connections WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// An organization's connections, oldest first.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<Connection>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM connections WHERE organization_id = $1 ORDER BY id")
            .bind(Text(organization))
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Whether the organization has a connection that people sign in with.
pub async fn any_active(c: &mut impl Connected, organization: OrganizationId) -> Result<bool> {
    Ok(on!(c, |db| sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM connections WHERE organization_id = $1 AND status = 'active')"
    )
    .bind(Text(organization))
    .fetch_one(db)
    .await)?)
}

/// The account that `subject` at this connection was joined to.
pub async fn identity(c: &mut impl Connected, id: ConnectionId, subject: &str) -> Result<Option<AccountId>> {
    let row: Option<Text<AccountId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT account_id FROM account_identities WHERE connection_id = $1 AND subject = $2"
    )
    .bind(Text(id))
    .bind(subject)
    .fetch_optional(db)
    .await)?;
    Ok(row.map(|id| id.0))
}

/// The name by which the connection knows an account, the newest where there are several.
pub async fn subject(c: &mut impl Connected, id: ConnectionId, account: AccountId) -> Result<Option<String>> {
    Ok(on!(c, |db| sqlx::query_scalar(
        "SELECT subject FROM account_identities WHERE connection_id = $1 AND account_id = $2
         ORDER BY created_at DESC, subject LIMIT 1"
    )
    .bind(Text(id))
    .bind(Text(account))
    .fetch_optional(db)
    .await)?)
}

/// Joins `subject` at this connection to an account; a later call joins it to another.
pub async fn set_identity(
    tx: &mut Tx,
    id: ConnectionId,
    subject: &str,
    account: AccountId,
    at: Time,
) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO account_identities (connection_id, subject, account_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (connection_id, subject) DO UPDATE SET account_id = excluded.account_id"
    )
    .bind(Text(id))
    .bind(subject)
    .bind(Text(account))
    .bind(At(at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Forgets by which names the organization's connections know an account.
pub async fn forget_identities(tx: &mut Tx, organization: OrganizationId, account: AccountId) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "DELETE FROM account_identities
             WHERE account_id = $1 AND connection_id IN (SELECT id FROM connections WHERE organization_id = $2)",
        )
        .bind(Text(account))
        .bind(Text(organization))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Every active connection of a protocol, oldest first.
pub async fn active(c: &mut impl Connected, protocol: Protocol) -> Result<Vec<Connection>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM connections WHERE status = 'active' AND protocol = $1 ORDER BY id"
    )
    .bind(protocol.as_str())
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
