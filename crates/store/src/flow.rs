//! Sign-ins under way.

use model::{FlowId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// Hash of the cookie of the browser that began it.
    pub browser: TokenHash,
    /// Where the state machine stands.
    pub step: String,
    /// What it knows, as JSON of the `login` room.
    pub state: String,
    /// When it began.
    pub created_at: Time,
    /// When it is forgotten.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct FlowRow {
    id: Text<FlowId>,
    browser_hash: Text<TokenHash>,
    step: String,
    state: String,
    created_at: At,
    expires_at: At,
}

/// Writes a new flow.
pub async fn add_flow(tx: &mut Tx, it: &Flow) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO login_flows (id, browser_hash, step, state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(Text(&it.browser))
    .bind(&it.step)
    .bind(&it.state)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Moves a flow on, if it still stands at `from`: of two answers to one request only the first gets through.
pub async fn advance_flow(tx: &mut Tx, id: FlowId, from: &str, to: &str, state: &str) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE login_flows SET step = $3, state = $4 WHERE id = $1 AND step = $2"
    )
    .bind(Text(id))
    .bind(from)
    .bind(to)
    .bind(state)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The flow, if it has not been forgotten.
pub async fn lookup_flow(c: &mut impl Connected, id: FlowId, now: Time) -> Result<Option<Flow>> {
    let row: Option<FlowRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM login_flows WHERE id = $1 AND expires_at > $2")
            .bind(Text(id))
            .bind(At(now))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|r| Flow {
        id: r.id.0,
        browser: r.browser_hash.0,
        step: r.step,
        state: r.state,
        created_at: r.created_at.0,
        expires_at: r.expires_at.0,
    }))
}

/// Forgets a flow.
pub async fn remove_flow(tx: &mut Tx, id: FlowId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM login_flows WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
