//! Links to the explanation of one sign-in.

use model::{OrganizationId, ShareId, Time, TokenHash, TraceId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A link to the explanation of one sign-in, good until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// Of which sign-in.
    pub trace_id: TraceId,
    /// At which organization.
    pub organization_id: OrganizationId,
    /// Whether it shows personal data.
    pub unmasked: bool,
    /// Who made it, as in the audit log.
    pub created_by: String,
    /// When.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was ended before that.
    pub revoked_at: Option<Time>,
    /// How often it was opened.
    pub opened: i64,
    /// When it was opened last.
    pub last_opened_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<ShareId>,
    trace_id: Text<TraceId>,
    organization_id: Text<OrganizationId>,
    unmasked: bool,
    created_by: String,
    created_at: At,
    expires_at: At,
    revoked_at: Option<At>,
    opened: i64,
    last_opened_at: Option<At>,
}

impl From<Row> for Share {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            trace_id: r.trace_id.0,
            organization_id: r.organization_id.0,
            unmasked: r.unmasked,
            created_by: r.created_by,
            created_at: r.created_at.0,
            expires_at: r.expires_at.0,
            revoked_at: r.revoked_at.map(|t| t.0),
            opened: r.opened,
            last_opened_at: r.last_opened_at.map(|t| t.0),
        }
    }
}

/// Writes a new link.
pub async fn add(tx: &mut Tx, it: &Share, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO trace_shares (id, token_hash, trace_id, organization_id, unmasked, created_by, created_at,
                                       expires_at, opened)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
        )
        .bind(Text(it.id))
        .bind(Text(hash))
        .bind(Text(it.trace_id))
        .bind(Text(it.organization_id))
        .bind(it.unmasked)
        .bind(&it.created_by)
        .bind(At(it.created_at))
        .bind(At(it.expires_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// What a token opens, working or not.
pub async fn lookup_token(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<Share>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM trace_shares WHERE token_hash = $1")
        .bind(Text(hash))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// The links to one sign-in, newest first.
pub async fn list(c: &mut impl Connected, trace: TraceId) -> Result<Vec<Share>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as("SELECT * FROM trace_shares WHERE trace_id = $1 ORDER BY id DESC LIMIT 50")
            .bind(Text(trace))
            .fetch_all(db)
            .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Counts one more opening.
pub async fn touch(tx: &mut Tx, id: ShareId, at: Time) -> Result<()> {
    on!(tx, |db| {
        sqlx::query("UPDATE trace_shares SET opened = opened + 1, last_opened_at = $2 WHERE id = $1")
            .bind(Text(id))
            .bind(At(at))
            .execute(db)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Ends a link to this sign-in. Whether it still worked.
pub async fn revoke(tx: &mut Tx, trace: TraceId, id: ShareId, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
            "UPDATE trace_shares SET revoked_at = $3 WHERE id = $1 AND trace_id = $2 AND revoked_at IS NULL",
        )
        .bind(Text(id))
        .bind(Text(trace))
        .bind(At(at))
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows > 0)
}
