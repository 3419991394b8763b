//! The record of sign-in attempts.

use model::{AccountId, ConnectionId, MemberId, OrganizationId, Time, TraceId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Page, Result, Tx};

/// One sign-in attempt with its outcome explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The reference that people are shown.
    pub id: TraceId,
    /// When.
    pub at: Time,
    /// At which organization, when known.
    pub organization_id: Option<OrganizationId>,
    /// Through which connection, when known.
    pub connection_id: Option<ConnectionId>,
    /// Whose, when known.
    pub account_id: Option<AccountId>,
    /// Whose, when known.
    pub member_id: Option<MemberId>,
    /// The address that was typed or asserted.
    pub email: Option<String>,
    /// Whether the person was signed in.
    pub accepted: bool,
    /// Stable code of the outcome.
    pub code: String,
    /// JSON: message, expected, received, steps.
    pub explanation: String,
    /// The message as it came.
    pub message: Option<String>,
}

#[derive(FromRow)]
struct AttemptRow {
    id: Text<TraceId>,
    at: At,
    organization_id: Option<Text<OrganizationId>>,
    connection_id: Option<Text<ConnectionId>>,
    account_id: Option<Text<AccountId>>,
    member_id: Option<Text<MemberId>>,
    email: Option<String>,
    accepted: bool,
    code: String,
    explanation: String,
    message: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(r: AttemptRow) -> Self {
        Self {
            id: r.id.0,
            at: r.at.0,
            organization_id: r.organization_id.map(|v| v.0),
            connection_id: r.connection_id.map(|v| v.0),
            account_id: r.account_id.map(|v| v.0),
            member_id: r.member_id.map(|v| v.0),
            email: r.email,
            accepted: r.accepted,
            code: r.code,
            explanation: r.explanation,
            message: r.message,
        }
    }
}

/// Records an attempt.
pub async fn add_attempt(tx: &mut Tx, it: &Attempt) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO login_attempts (id, at, organization_id, connection_id, account_id, member_id, email, accepted,
                                     code, explanation, message)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )
    .bind(Text(it.id))
    .bind(At(it.at))
    .bind(it.organization_id.map(Text))
    .bind(it.connection_id.map(Text))
    .bind(it.account_id.map(Text))
    .bind(it.member_id.map(Text))
    .bind(&it.email)
    .bind(it.accepted)
    .bind(&it.code)
    .bind(&it.explanation)
    .bind(&it.message)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The attempt behind a reference.
pub async fn lookup_attempt(c: &mut impl Connected, id: TraceId) -> Result<Option<Attempt>> {
    let row: Option<AttemptRow> = on!(c, |db| sqlx::query_as("SELECT * FROM login_attempts WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Which attempts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attempts<'a> {
    /// Of this organization alone.
    pub organization: Option<OrganizationId>,
    /// With this address alone, in any case.
    pub email: Option<&'a str>,
    /// Only those that signed nobody in.
    pub refused: bool,
    /// The last page's `next`.
    pub cursor: Option<&'a str>,
    /// At most so many.
    pub limit: usize,
}

/// Attempts, newest first.
pub async fn list_attempts(c: &mut impl Connected, which: &Attempts<'_>) -> Result<Page<Attempt>> {
    let rows: Vec<AttemptRow> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM login_attempts
         WHERE ($1 IS NULL OR organization_id = $1) AND id < $2 AND ($3 IS NULL OR lower(email) = $3)
           AND ($4 = '' OR accepted = FALSE)
         ORDER BY id DESC LIMIT $5",
        )
        .bind(which.organization.map(Text))
        .bind(which.cursor.unwrap_or("~"))
        .bind(which.email.map(fold))
        .bind(if which.refused { "refused" } else { "" })
        .bind(i64::try_from(which.limit + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
    })?;
    Ok(Page::from_rows(rows.into_iter().map(Attempt::from).collect(), which.limit, |a| a.id.to_string()))
}

/// How many attempts of an organization since then signed somebody in, and how many did not. Refused sign-outs are
/// neither.
pub async fn count_attempts(
    c: &mut impl Connected,
    organization: OrganizationId,
    since: Time,
) -> Result<(u64, u64)> {
    let rows: Vec<(bool, i64)> = on!(c, |db| {
        sqlx::query_as(
            "SELECT accepted, COUNT(*) FROM login_attempts WHERE organization_id = $1 AND at >= $2
            AND code NOT LIKE 'sign_out_%' GROUP BY accepted",
        )
        .bind(Text(organization))
        .bind(At(since))
        .fetch_all(db)
        .await
    })?;
    let count = |accepted| {
        rows.iter().find(|(a, _)| *a == accepted).map_or(0, |(_, n)| u64::try_from(*n).unwrap_or(0))
    };
    Ok((count(true), count(false)))
}

/// Forgets at most `limit` attempts from before `before`, the oldest first; links to them go with them. How many there
/// were.
pub async fn forget_attempts(tx: &mut Tx, before: Time, limit: usize) -> Result<u64> {
    Ok(on!(tx, |db| {
        sqlx::query(
            "DELETE FROM login_attempts WHERE id IN
                (SELECT id FROM login_attempts WHERE id < $1 ORDER BY id LIMIT $2)",
        )
        // An attempt's id is made at the moment of the attempt.
        .bind(Text(TraceId::first_of(before)))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?)
}
