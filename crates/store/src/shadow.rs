//! Drafts and second connections that judge real sign-ins beside the ones in use, and what these came to.

use model::{ConnectionId, OrganizationId, ShadowId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Settings that judge real sign-ins without a say in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    /// Whose settings: its draft's, or its own.
    pub connection_id: ConnectionId,
    /// In which organization.
    pub organization_id: OrganizationId,
    /// The draft's.
    pub of_draft: bool,
    /// Who began it, as in the audit log.
    pub started_by: String,
    /// Since when.
    pub since: Time,
}

#[derive(FromRow)]
struct ShadowRow {
    connection_id: Text<ConnectionId>,
    organization_id: Text<OrganizationId>,
    of_draft: bool,
    started_by: String,
    since: At,
}

impl From<ShadowRow> for Shadow {
    fn from(row: ShadowRow) -> Self {
        Self {
            connection_id: row.connection_id.0,
            organization_id: row.organization_id.0,
            of_draft: row.of_draft,
            started_by: row.started_by,
            since: row.since.0,
        }
    }
}

/// What one sign-in would have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: ShadowId,
    /// Whose settings judged it.
    pub connection_id: ConnectionId,
    /// In which organization.
    pub organization_id: OrganizationId,
    /// When it came.
    pub at: Time,
    /// Who it was about, as far as it could be read.
    pub email: Option<String>,
    /// The connection in use let the person in.
    pub lets_in: bool,
    /// These settings would have.
    pub would: bool,
    /// They would have read the person otherwise.
    pub differs: bool,
    /// Code of the refusal; `signed_in` where there is none.
    pub code: String,
    /// JSON of the `shadow` room.
    pub explanation: String,
}

#[derive(FromRow)]
struct OutcomeRow {
    id: Text<ShadowId>,
    connection_id: Text<ConnectionId>,
    organization_id: Text<OrganizationId>,
    at: At,
    email: Option<String>,
    lets_in: bool,
    would: bool,
    differs: bool,
    code: String,
    explanation: String,
}

impl From<OutcomeRow> for Outcome {
    fn from(row: OutcomeRow) -> Self {
        Self {
            id: row.id.0,
            connection_id: row.connection_id.0,
            organization_id: row.organization_id.0,
            at: row.at.0,
            email: row.email,
            lets_in: row.lets_in,
            would: row.would,
            differs: row.differs,
            code: row.code,
            explanation: row.explanation,
        }
    }
}

/// So many sign-ins came to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The connection in use let them in.
    pub lets_in: bool,
    /// These settings would have.
    pub would: bool,
    /// They would have read the people otherwise.
    pub differs: bool,
    /// So many.
    pub count: u64,
}

/// Begins, or begins anew.
pub async fn set(tx: &mut Tx, it: &Shadow) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO connection_shadows (connection_id, organization_id, of_draft, started_by, since)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (connection_id) DO UPDATE SET of_draft = excluded.of_draft,
                started_by = excluded.started_by, since = excluded.since",
        )
        .bind(Text(it.connection_id))
        .bind(Text(it.organization_id))
        .bind(it.of_draft)
        .bind(&it.started_by)
        .bind(At(it.since))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Ends it. Whether there was one. What it found stays until [`forget`].
pub async fn remove(tx: &mut Tx, id: ConnectionId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM connection_shadows WHERE connection_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// The shadow of a connection, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ConnectionId) -> Result<Option<Shadow>> {
    let row: Option<ShadowRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM connection_shadows WHERE connection_id = $1")
            .bind(Text(id))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// The shadows in an organization.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<Shadow>> {
    let rows: Vec<ShadowRow> = on!(c, |db| {
        sqlx::query_as("SELECT * FROM connection_shadows WHERE organization_id = $1 ORDER BY connection_id")
            .bind(Text(organization))
            .fetch_all(db)
            .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The organizations that have any.
pub async fn organizations(c: &mut impl Connected) -> Result<Vec<OrganizationId>> {
    let rows: Vec<Text<OrganizationId>> = on!(c, |db| {
        sqlx::query_scalar("SELECT DISTINCT organization_id FROM connection_shadows").fetch_all(db).await
    })?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Writes what a sign-in came to, where the shadow is still there as it was.
pub async fn add(tx: &mut Tx, it: &Outcome, since: Time) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO shadow_results (id, connection_id, organization_id, at, email, lets_in, would, differs, code,
                                         explanation)
             SELECT $1, s.connection_id, s.organization_id, $3, $4, $5, $6, $7, $8, $9
             FROM connection_shadows s WHERE s.connection_id = $2 AND s.since = $10",
        )
        .bind(Text(it.id))
        .bind(Text(it.connection_id))
        .bind(At(it.at))
        .bind(&it.email)
        .bind(it.lets_in)
        .bind(it.would)
        .bind(it.differs)
        .bind(&it.code)
        .bind(&it.explanation)
        .bind(At(since))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// How many sign-ins came to what.
pub async fn counts(c: &mut impl Connected, id: ConnectionId) -> Result<Vec<Count>> {
    let rows: Vec<(bool, bool, bool, i64)> = on!(c, |db| {
        sqlx::query_as(
            "SELECT lets_in, would, differs, COUNT(*) FROM shadow_results WHERE connection_id = $1
             GROUP BY lets_in, would, differs",
        )
        .bind(Text(id))
        .fetch_all(db)
        .await
    })?;
    let count = |(lets_in, would, differs, count): (bool, bool, bool, i64)| Count {
        lets_in,
        would,
        differs,
        count: u64::try_from(count).unwrap_or(0),
    };
    Ok(rows.into_iter().map(count).collect())
}

/// Sign-ins that would have failed or differed, newest first.
pub async fn notable(c: &mut impl Connected, id: ConnectionId, limit: usize) -> Result<Vec<Outcome>> {
    let rows: Vec<OutcomeRow> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM shadow_results
             WHERE connection_id = $1 AND (would = FALSE OR differs = TRUE OR lets_in = FALSE)
             ORDER BY id DESC LIMIT $2",
        )
        .bind(Text(id))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Forgets what a shadow found, all of it.
pub async fn forget(tx: &mut Tx, id: ConnectionId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM shadow_results WHERE connection_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Forgets all but the `newest` that a shadow found.
pub async fn forget_beyond(tx: &mut Tx, id: ConnectionId, newest: usize) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "DELETE FROM shadow_results WHERE connection_id = $1 AND id <
                (SELECT id FROM shadow_results WHERE connection_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
        .bind(Text(id))
        .bind(i64::try_from(newest.saturating_sub(1)).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Forgets at most `limit` results from before `before`, the oldest first. How many there were.
pub async fn forget_before(tx: &mut Tx, before: Time, limit: usize) -> Result<u64> {
    Ok(on!(tx, |db| {
        sqlx::query(
            "DELETE FROM shadow_results WHERE id IN (SELECT id FROM shadow_results WHERE at < $1 ORDER BY at LIMIT $2)",
        )
        .bind(At(before))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?)
}
