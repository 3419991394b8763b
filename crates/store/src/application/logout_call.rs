//! Logout tokens that were posted to applications, and how that went.

use model::{ApplicationId, JobId, Time, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// One logout that an application is told, over all its tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutCall {
    /// The job that tells it.
    pub id: JobId,
    /// Who is told.
    pub application_id: ApplicationId,
    /// Which of its sessions has ended: the `sid` claim.
    pub sid: String,
    /// When it was tried last.
    pub tried_at: Time,
    /// How often it was tried.
    pub attempts: i64,
    /// `told`, `trying` or `given_up`.
    pub status: String,
    /// What the last try came to, in words.
    pub outcome: String,
}

#[derive(FromRow)]
struct Row {
    id: Text<JobId>,
    application_id: Text<ApplicationId>,
    sid: String,
    tried_at: At,
    attempts: i64,
    status: String,
    outcome: String,
}

impl From<Row> for LogoutCall {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            application_id: r.application_id.0,
            sid: r.sid,
            tried_at: r.tried_at.0,
            attempts: r.attempts,
            status: r.status,
            outcome: r.outcome,
        }
    }
}

/// Writes how the last try went, over what is known of earlier ones.
pub async fn record_logout_call(tx: &mut Tx, it: &LogoutCall) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO logout_calls (id, application_id, sid, tried_at, attempts, status, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET tried_at = $4, attempts = $5, status = $6, outcome = $7"
    )
    .bind(Text(it.id))
    .bind(Text(it.application_id))
    .bind(&it.sid)
    .bind(At(it.tried_at))
    .bind(it.attempts)
    .bind(&it.status)
    .bind(&it.outcome)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The newest calls to an application, at most `limit`.
pub async fn list_logout_calls(
    c: &mut impl Connected,
    application: ApplicationId,
    limit: i64,
) -> Result<Vec<LogoutCall>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM logout_calls WHERE application_id = $1 ORDER BY id DESC LIMIT $2"
    )
    .bind(Text(application))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How the application was told that this grant has ended; nothing where it was not tried yet.
pub async fn logout_call_of(c: &mut impl Connected, grant: TokenId) -> Result<Option<LogoutCall>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM logout_calls WHERE sid = $1")
        .bind(Text(grant))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Forgets calls that were tried last before `then`.
pub async fn forget_logout_calls(tx: &mut Tx, then: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM logout_calls WHERE tried_at < $1")
        .bind(At(then))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
