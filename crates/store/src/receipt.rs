//! That people were erased, without the people, and what each application said about it.

use model::{ApplicationId, ErasureId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Page, Result, Tx};

/// That somebody was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its id; nothing of the person is in it.
    pub id: ErasureId,
    /// Whose member it was.
    pub organization_id: OrganizationId,
    /// `company`, or `person` for a leaver who chose it: that the company does not see.
    pub asked_by: String,
    /// When.
    pub erased_at: Time,
    /// JSON: how many records of which kind were removed.
    pub removed: String,
    /// How many reminders were sent.
    pub reminded: i64,
    /// When the last application was done.
    pub completed_at: Option<Time>,
    /// The signed receipt.
    pub receipt: Option<String>,
}

/// What became of an erasure in one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Which application.
    pub application_id: ApplicationId,
    /// What people called it then.
    pub application_name: String,
    /// `waiting`, `confirmed` or `excused`.
    pub state: String,
    /// When that was said.
    pub at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<ErasureId>,
    organization_id: Text<OrganizationId>,
    asked_by: String,
    erased_at: At,
    removed: String,
    reminded: i64,
    completed_at: Option<At>,
    receipt: Option<String>,
}

impl From<Row> for Erasure {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            organization_id: r.organization_id.0,
            asked_by: r.asked_by,
            erased_at: r.erased_at.0,
            removed: r.removed,
            reminded: r.reminded,
            completed_at: r.completed_at.map(|v| v.0),
            receipt: r.receipt,
        }
    }
}

#[derive(FromRow)]
struct ConfirmationRow {
    application_id: Text<ApplicationId>,
    application_name: String,
    state: String,
    at: Option<At>,
}

/// Writes that somebody was erased.
pub async fn add(tx: &mut Tx, it: &Erasure) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO erasures (id, organization_id, asked_by, erased_at, removed) VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.asked_by)
    .bind(At(it.erased_at))
    .bind(&it.removed)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes that an application is to confirm.
pub async fn expect(tx: &mut Tx, id: ErasureId, it: &Confirmation) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO erasure_confirmations (erasure_id, application_id, application_name, state)
         VALUES ($1, $2, $3, 'waiting')"
    )
    .bind(Text(id))
    .bind(Text(it.application_id))
    .bind(&it.application_name)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The erasure, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ErasureId) -> Result<Option<Erasure>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM erasures WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Erasures, newest first; of one organization or all. `asked_by` leaves out those that others asked for. `cursor` is the
/// last page's `next`.
pub async fn list(
    c: &mut impl Connected,
    organization: Option<OrganizationId>,
    asked_by: Option<&str>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Erasure>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM erasures
         WHERE ($1 IS NULL OR organization_id = $1) AND ($2 IS NULL OR asked_by = $2) AND id < $3
         ORDER BY id DESC LIMIT $4"
    )
    .bind(organization.map(Text))
    .bind(asked_by)
    .bind(cursor.unwrap_or("~"))
    .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(Page::from_rows(rows.into_iter().map(Erasure::from).collect(), limit, |it| it.id.to_string()))
}

/// What each application said, in the order in which the applications were made.
pub async fn confirmations(c: &mut impl Connected, id: ErasureId) -> Result<Vec<Confirmation>> {
    let rows: Vec<ConfirmationRow> = on!(c, |db| sqlx::query_as(
        "SELECT application_id, application_name, state, at FROM erasure_confirmations
         WHERE erasure_id = $1 ORDER BY application_id"
    )
    .bind(Text(id))
    .fetch_all(db)
    .await)?;
    Ok(rows
        .into_iter()
        .map(|r| Confirmation {
            application_id: r.application_id.0,
            application_name: r.application_name,
            state: r.state,
            at: r.at.map(|v| v.0),
        })
        .collect())
}

/// The erasures for which an application is waited, oldest first.
pub async fn waiting_for(
    c: &mut impl Connected,
    application: ApplicationId,
    limit: i64,
) -> Result<Vec<ErasureId>> {
    let rows: Vec<Text<ErasureId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT erasure_id FROM erasure_confirmations WHERE application_id = $1 AND state = 'waiting'
         ORDER BY erasure_id LIMIT $2"
    )
    .bind(Text(application))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// How many erasures wait for an application.
pub async fn count_waiting_for(c: &mut impl Connected, application: ApplicationId) -> Result<u64> {
    let n: i64 = on!(c, |db| sqlx::query_scalar(
        "SELECT COUNT(*) FROM erasure_confirmations WHERE application_id = $1 AND state = 'waiting'"
    )
    .bind(Text(application))
    .fetch_one(db)
    .await)?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// An application confirmed, or is waited for no more. False where it was not waited for.
pub async fn decide(
    tx: &mut Tx,
    id: ErasureId,
    application: ApplicationId,
    state: &str,
    at: Time,
) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE erasure_confirmations SET state = $3, at = $4
         WHERE erasure_id = $1 AND application_id = $2 AND state = 'waiting'"
    )
    .bind(Text(id))
    .bind(Text(application))
    .bind(state)
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Every application is done. False where that was written before.
pub async fn complete(tx: &mut Tx, id: ErasureId, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE erasures SET completed_at = $2 WHERE id = $1 AND completed_at IS NULL"
    )
    .bind(Text(id))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Keeps the signed receipt. False where there is one already.
pub async fn keep(tx: &mut Tx, id: ErasureId, receipt: &str) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("UPDATE erasures SET receipt = $2 WHERE id = $1 AND receipt IS NULL")
            .bind(Text(id))
            .bind(receipt)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Reminder number `step` is being sent. False where it was sent before.
pub async fn remind(tx: &mut Tx, id: ErasureId, step: i64) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("UPDATE erasures SET reminded = $2 WHERE id = $1 AND reminded < $2")
            .bind(Text(id))
            .bind(step)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}
