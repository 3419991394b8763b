//! The audit log: every administrative act.

use model::{Clock, OrganizationId, Rng, Time, TraceId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Page, Result, Tx};

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: TraceId,
    /// When.
    pub at: Time,
    /// Who: `operator:…`, `member:…`, `api:…`, `link:…`, `system`.
    pub actor: String,
    /// What, dotted: `domain.attested`.
    pub action: String,
    /// Where.
    pub organization_id: Option<OrganizationId>,
    /// On which thing.
    pub target: Option<String>,
    /// JSON object with what changed; never a secret.
    pub data: String,
}

#[derive(FromRow)]
struct Row {
    id: Text<TraceId>,
    at: At,
    actor: String,
    action: String,
    organization_id: Option<Text<OrganizationId>>,
    target: Option<String>,
    data: String,
}

/// Records an act, now.
pub async fn record(
    tx: &mut Tx,
    (clock, rng): (&dyn Clock, &dyn Rng),
    actor: &str,
    action: &str,
    organization: Option<OrganizationId>,
    target: Option<String>,
    data: &str,
) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO audit_log (id, at, actor, action, organization_id, target, data) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(Text(TraceId::new(clock, rng)))
    .bind(At(clock.now()))
    .bind(actor)
    .bind(action)
    .bind(organization.map(Text))
    .bind(&target)
    .bind(data)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Acts, newest first; of one organization or of all. `cursor` is the last page's `next`.
pub async fn list(
    c: &mut impl Connected,
    organization: Option<OrganizationId>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Entry>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM audit_log WHERE ($1 IS NULL OR organization_id = $1) AND id < $2 ORDER BY id DESC LIMIT $3"
    )
    .bind(organization.map(Text))
    .bind(cursor.unwrap_or("~"))
    .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
    })?;
    let items = rows
        .into_iter()
        .map(|r| Entry {
            id: r.id.0,
            at: r.at.0,
            actor: r.actor,
            action: r.action,
            organization_id: r.organization_id.map(|v| v.0),
            target: r.target,
            data: r.data,
        })
        .collect();
    Ok(Page::from_rows(items, limit, |e: &Entry| e.id.to_string()))
}
