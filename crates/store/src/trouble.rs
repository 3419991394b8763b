//! Connections that seem to fail for everybody: what our own calls found, and whom refusals concern.

use model::{ConnectionId, Time};

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// What our own calls found about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Since when it is so; of one that works, when that was seen last.
    pub began_at: Time,
    /// So many calls in a row failed; 0: it works; -1: it was never reached, so that says nothing.
    pub bad: i64,
    /// Why, in a sentence.
    pub cause: String,
    /// When the company was told of refusals.
    pub told_at: Option<Time>,
}

/// What is known of a connection.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Trouble>> {
    let row: Option<(At, i64, String, Option<At>)> = on!(c, |db| {
        sqlx::query_as(
            "SELECT began_at, bad, cause, told_at FROM connection_troubles WHERE connection_id = $1",
        )
        .bind(Text(id))
        .fetch_optional(db)
        .await
    })?;
    Ok(row.map(|(began_at, bad, cause, told_at)| Trouble {
        began_at: began_at.0,
        bad,
        cause,
        told_at: told_at.map(|t| t.0),
    }))
}

/// Keeps what is known of a connection.
pub async fn set(tx: &mut Tx, id: ConnectionId, it: &Trouble) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO connection_troubles (connection_id, began_at, bad, cause, told_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (connection_id) DO UPDATE SET began_at = excluded.began_at, bad = excluded.bad,
                cause = excluded.cause, told_at = excluded.told_at",
        )
        .bind(Text(id))
        .bind(At(it.began_at))
        .bind(it.bad)
        .bind(&it.cause)
        .bind(it.told_at.map(At))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Connections whose company requires their sign-in, that fail or were not looked at since then.
pub async fn due_for_a_look(c: &mut impl Connected, since: Time, limit: usize) -> Result<Vec<ConnectionId>> {
    let rows: Vec<Text<ConnectionId>> = on!(c, |db| {
        sqlx::query_scalar(
            "SELECT c.id FROM connections c
             WHERE c.status = 'active' AND c.last_login_at IS NOT NULL
               AND EXISTS (SELECT 1 FROM domains d
                           WHERE d.organization_id = c.organization_id AND d.sso_required_at IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM connection_troubles t
                               WHERE t.connection_id = c.id AND t.bad <= 0 AND t.began_at > $1)
             ORDER BY c.id LIMIT $2",
        )
        .bind(At(since))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// How many members were refused at a connection since then with one of these codes.
pub async fn refused_members(
    c: &mut impl Connected,
    connection: ConnectionId,
    since: Time,
    codes: &[&str],
) -> Result<u64> {
    let codes = format!(" {} ", codes.join(" "));
    let count: i64 = on!(c, |db| {
        sqlx::query_scalar(
            "SELECT COUNT(DISTINCT m.id) FROM connections k
             JOIN login_attempts l ON l.organization_id = k.organization_id AND l.at > $2
             JOIN members m ON m.organization_id = k.organization_id AND m.email_folded = lower(l.email)
             WHERE k.id = $1 AND l.connection_id = $1 AND l.accepted = FALSE AND m.status = 'active'
               AND $3 LIKE '% ' || l.code || ' %'",
        )
        .bind(Text(connection))
        .bind(At(since))
        .bind(codes)
        .fetch_one(db)
        .await
    })?;
    Ok(u64::try_from(count).unwrap_or(0))
}
