//! Single addresses outside the verified domains that an organization's connections may vouch for.

use model::{ExceptionId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx, fold};

/// A named exception to the e-mail gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailException {
    /// Its id.
    pub id: ExceptionId,
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// The address, as written.
    pub email: String,
    /// Why.
    pub reason: String,
    /// Who allowed it, as in the audit log.
    pub allowed_by: String,
    /// When.
    pub allowed_at: Time,
    /// When it ends by itself; none where it stays until it is removed.
    pub ends_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<ExceptionId>,
    organization_id: Text<OrganizationId>,
    email: String,
    reason: String,
    allowed_by: String,
    allowed_at: At,
    ends_at: Option<At>,
}

impl From<Row> for EmailException {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            email: row.email,
            reason: row.reason,
            allowed_by: row.allowed_by,
            allowed_at: row.allowed_at.0,
            ends_at: row.ends_at.map(|t| t.0),
        }
    }
}

/// Writes an exception; one for the same address takes its place.
pub async fn set(tx: &mut Tx, it: &EmailException) -> Result<()> {
    on!(tx, |db| {
        sqlx::query("DELETE FROM email_exceptions WHERE organization_id = $1 AND email_folded = $2")
            .bind(Text(it.organization_id))
            .bind(fold(&it.email))
            .execute(db)
            .await
            .map(|_| ())
    })?;
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO email_exceptions (id, organization_id, email, email_folded, reason, allowed_by, allowed_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(Text(it.id))
        .bind(Text(it.organization_id))
        .bind(&it.email)
        .bind(fold(&it.email))
        .bind(&it.reason)
        .bind(&it.allowed_by)
        .bind(At(it.allowed_at))
        .bind(it.ends_at.map(At))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Takes an exception away.
pub async fn remove(tx: &mut Tx, id: ExceptionId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM email_exceptions WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The exception for this address, also one that has ended.
pub async fn lookup(
    c: &mut impl Connected,
    organization: OrganizationId,
    email: &str,
) -> Result<Option<EmailException>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM email_exceptions WHERE organization_id = $1 AND email_folded = $2"
    )
    .bind(Text(organization))
    .bind(fold(email))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// An organization's exceptions, newest first.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<EmailException>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM email_exceptions WHERE organization_id = $1 ORDER BY id DESC LIMIT 1000"
    )
    .bind(Text(organization))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
