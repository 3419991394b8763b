//! Transmitters of security events (OpenID Shared Signals Framework), one for a connection.

use model::{ConnectionId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Whose security events are believed for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmitter {
    /// For which connection.
    pub connection_id: ConnectionId,
    /// `iss` of its events.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// `aud` of its events.
    pub audience: String,
    /// Hash of the bearer token that it must show besides.
    pub token: Option<TokenHash>,
    /// When it was set up.
    pub created_at: Time,
    /// When it last proved that it reaches us.
    pub verified_at: Option<Time>,
    /// When its last event came.
    pub last_event_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    connection_id: Text<ConnectionId>,
    issuer: String,
    jwks_uri: String,
    audience: String,
    token_hash: Option<Text<TokenHash>>,
    created_at: At,
    verified_at: Option<At>,
    last_event_at: Option<At>,
}

/// Writes a transmitter in the place of the one before.
pub async fn set(tx: &mut Tx, it: &Transmitter) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO signal_transmitters (connection_id, issuer, jwks_uri, audience, token_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (connection_id) DO UPDATE SET issuer = excluded.issuer, jwks_uri = excluded.jwks_uri,
                 audience = excluded.audience, token_hash = excluded.token_hash, created_at = excluded.created_at,
                 verified_at = NULL, last_event_at = NULL",
        )
        .bind(Text(it.connection_id))
        .bind(&it.issuer)
        .bind(&it.jwks_uri)
        .bind(&it.audience)
        .bind(it.token.as_ref().map(Text))
        .bind(At(it.created_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The transmitter of a connection.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Transmitter>> {
    let row: Option<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT connection_id, issuer, jwks_uri, audience, token_hash, created_at, verified_at, last_event_at
         FROM signal_transmitters WHERE connection_id = $1"
    )
    .bind(Text(id))
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(|r| Transmitter {
        connection_id: r.connection_id.0,
        issuer: r.issuer,
        jwks_uri: r.jwks_uri,
        audience: r.audience,
        token: r.token_hash.map(|t| t.0),
        created_at: r.created_at.0,
        verified_at: r.verified_at.map(|t| t.0),
        last_event_at: r.last_event_at.map(|t| t.0),
    }))
}

/// Notes that an event came, and perhaps that it proved the stream.
pub async fn heard(tx: &mut Tx, id: ConnectionId, now: Time, verified: bool) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "UPDATE signal_transmitters SET last_event_at = $2,
                 verified_at = CASE WHEN $3 THEN $2 ELSE verified_at END
             WHERE connection_id = $1",
        )
        .bind(Text(id))
        .bind(At(now))
        .bind(verified)
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Forgets a transmitter. Whether there was one.
pub async fn remove(tx: &mut Tx, id: ConnectionId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM signal_transmitters WHERE connection_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
