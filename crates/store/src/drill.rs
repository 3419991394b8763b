//! Leaver drills, and the made-up organizations they happen in.

use model::{DrillId, OrganizationId, Time, TokenId};
use sqlx::FromRow;

use crate::application::LogoutCall;
use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Page, Result, Tx};

/// A drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// Its id.
    pub id: DrillId,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// Who asked for it, as in the audit log.
    pub asked_by: String,
    /// `waiting`, `measuring`, `done` or `failed`.
    pub state: String,
    /// When it was asked for.
    pub began_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// JSON of the `drill` room.
    pub work: String,
    /// The signed report.
    pub report: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Text<DrillId>,
    organization_id: Text<OrganizationId>,
    asked_by: String,
    state: String,
    began_at: At,
    ended_at: Option<At>,
    work: String,
    report: Option<String>,
}

impl From<Row> for Drill {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            organization_id: r.organization_id.0,
            asked_by: r.asked_by,
            state: r.state,
            began_at: r.began_at.0,
            ended_at: r.ended_at.map(|v| v.0),
            work: r.work,
            report: r.report,
        }
    }
}

/// Writes a new one.
pub async fn add(tx: &mut Tx, it: &Drill) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO drills (id, organization_id, asked_by, state, began_at, work) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.asked_by)
    .bind(&it.state)
    .bind(At(it.began_at))
    .bind(&it.work)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes how far it is.
pub async fn update(tx: &mut Tx, it: &Drill) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE drills SET state = $2, ended_at = $3, work = $4, report = $5 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.state)
    .bind(it.ended_at.map(At))
    .bind(&it.work)
    .bind(&it.report)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The drill, if there is one.
pub async fn lookup(c: &mut impl Connected, id: DrillId) -> Result<Option<Drill>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM drills WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// The drills of an organization, newest first. `cursor` is the last page's `next`.
pub async fn list(
    c: &mut impl Connected,
    organization: OrganizationId,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Drill>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM drills WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    )
    .bind(Text(organization))
    .bind(cursor.unwrap_or("~"))
    .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(Page::from_rows(rows.into_iter().map(Drill::from).collect(), limit, |it| it.id.to_string()))
}

/// Whether an organization has a drill every month.
pub async fn is_monthly(c: &mut impl Connected, organization: OrganizationId) -> Result<bool> {
    let on: Option<i64> =
        on!(c, |db| sqlx::query_scalar("SELECT drill_monthly FROM organizations WHERE id = $1")
            .bind(Text(organization))
            .fetch_optional(db)
            .await)?;
    Ok(on.unwrap_or(0) != 0)
}

/// Sets whether an organization has a drill every month.
pub async fn set_monthly(tx: &mut Tx, organization: OrganizationId, on: bool) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("UPDATE organizations SET drill_monthly = $2 WHERE id = $1")
        .bind(Text(organization))
        .bind(i64::from(on))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Organizations that have a drill every month and none that began after `then`.
pub async fn due(c: &mut impl Connected, then: Time, limit: i64) -> Result<Vec<OrganizationId>> {
    let rows: Vec<Text<OrganizationId>> = on!(c, |db| sqlx::query_scalar(
        "SELECT id FROM organizations o WHERE drill_monthly <> 0
            AND NOT EXISTS (SELECT 1 FROM drills d WHERE d.organization_id = o.id AND d.began_at > $1)
         ORDER BY id LIMIT $2"
    )
    .bind(At(then))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Marks an organization as made up for a drill of another: it is in no list and no count.
pub async fn mark(tx: &mut Tx, made_up: OrganizationId, of: OrganizationId) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("UPDATE organizations SET drill_of = $2 WHERE id = $1")
        .bind(Text(made_up))
        .bind(Text(of))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// How the application was told that this grant has ended; nothing where it was not tried yet.
pub async fn told(c: &mut impl Connected, grant: TokenId) -> Result<Option<LogoutCall>> {
    crate::application::logout_call_of(c, grant).await
}

/// Takes a made-up organization away with all that hangs on it or names it, and the work that waits for these ids.
pub async fn take_away(tx: &mut Tx, made_up: OrganizationId, ids: &[String]) -> Result<()> {
    tx.changes_settings();
    for sql in [
        "DELETE FROM accounts WHERE id IN (SELECT account_id FROM members WHERE organization_id = $1)",
        "DELETE FROM sessions WHERE organization_id = $1",
        "DELETE FROM grants WHERE organization_id = $1",
        "DELETE FROM invitations WHERE organization_id = $1",
        "DELETE FROM mails WHERE organization_id = $1",
        "DELETE FROM login_attempts WHERE organization_id = $1",
        "DELETE FROM scim_requests WHERE organization_id = $1",
        "DELETE FROM audit_log WHERE organization_id = $1",
        "DELETE FROM organizations WHERE id = $1 AND drill_of IS NOT NULL",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(Text(made_up)).execute(db).await.map(|_| ()))?;
    }
    for id in ids {
        on!(tx, |db| sqlx::query("DELETE FROM jobs WHERE payload LIKE $1")
            .bind(format!("%{id}%"))
            .execute(db)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}
