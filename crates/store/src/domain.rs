//! E-mail domains of organizations.

use model::{Domain, DomainId, DomainStatus, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<DomainId>,
    organization_id: Text<OrganizationId>,
    name: String,
    status: Text<DomainStatus>,
    dns_token: String,
    verified_at: Option<At>,
    verified_by: Option<String>,
    created_at: At,
    looked_at: Option<At>,
    found: Option<String>,
    next_look: Option<At>,
    sso_required_at: Option<At>,
    routing: Option<String>,
    proof_missing_at: Option<At>,
    proof_told_at: Option<At>,
}

impl From<Row> for Domain {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            name: row.name,
            status: row.status.0,
            dns_token: row.dns_token,
            verified_at: row.verified_at.map(|t| t.0),
            verified_by: row.verified_by,
            created_at: row.created_at.0,
            looked_at: row.looked_at.map(|t| t.0),
            found: row.found,
            next_look: row.next_look.map(|t| t.0),
            sso_required_at: row.sso_required_at.map(|t| t.0),
            routing: row.routing,
            proof_missing_at: row.proof_missing_at.map(|t| t.0),
            proof_told_at: row.proof_told_at.map(|t| t.0),
        }
    }
}

/// Writes a new domain. The name is unique within the organization, and over all organizations once verified.
pub async fn add(tx: &mut Tx, it: &Domain) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO domains
            (id, organization_id, name, status, dns_token, verified_at, verified_by, created_at, looked_at, found, next_look,
             sso_required_at, routing, proof_missing_at, proof_told_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.name)
    .bind(it.status.as_str())
    .bind(&it.dns_token)
    .bind(it.verified_at.map(At))
    .bind(&it.verified_by)
    .bind(At(it.created_at))
    .bind(it.looked_at.map(At))
    .bind(&it.found)
    .bind(it.next_look.map(At))
    .bind(it.sso_required_at.map(At))
    .bind(&it.routing)
    .bind(it.proof_missing_at.map(At))
    .bind(it.proof_told_at.map(At))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Records that the domain is proven, by whom.
pub async fn verify(tx: &mut Tx, id: DomainId, by: &str, at: Time) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
        "UPDATE domains SET status = 'verified', verified_by = $2, verified_at = $3, looked_at = $3, found = NULL, next_look = NULL WHERE id = $1"
    )
    .bind(Text(id))
    .bind(by)
    .bind(At(at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Records when the domain's DNS was looked at, what was found, and when to look again.
pub async fn look(tx: &mut Tx, id: DomainId, at: Time, found: &str, next: Option<Time>) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE domains SET looked_at = $2, found = $3, next_look = $4 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .bind(found)
        .bind(next.map(At))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records when the domain's DNS is looked at first.
pub async fn look_at(tx: &mut Tx, id: DomainId, next: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE domains SET next_look = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(next))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records since when its addresses sign in through the company alone; none lets them do otherwise too.
pub async fn require_sso(tx: &mut Tx, id: DomainId, since: Option<Time>) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("UPDATE domains SET sso_required_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(since.map(At))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Keeps which of several connections its addresses sign in through.
pub async fn set_routing(tx: &mut Tx, id: DomainId, routing: Option<&str>) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("UPDATE domains SET routing = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(routing)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records a look at the proof of a verified domain: since when it is missing, and when the company was told.
pub async fn look_at_proof(tx: &mut Tx, it: &Domain) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "UPDATE domains SET looked_at = $2, found = $3, proof_missing_at = $4, proof_told_at = $5 WHERE id = $1",
        )
        .bind(Text(it.id))
        .bind(it.looked_at.map(At))
        .bind(&it.found)
        .bind(it.proof_missing_at.map(At))
        .bind(it.proof_told_at.map(At))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Domains that were proven by DNS and not looked at since `before`, the longest waiting first.
pub async fn due_for_a_look(c: &mut impl Connected, before: Time, limit: usize) -> Result<Vec<Domain>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM domains WHERE verified_by = 'dns' AND COALESCE(looked_at, verified_at) <= $1
         ORDER BY COALESCE(looked_at, verified_at) LIMIT $2"
    )
    .bind(At(before))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A domain by its id, whosever it is.
pub async fn lookup(c: &mut impl Connected, id: DomainId) -> Result<Option<Domain>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM domains WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Takes a domain away.
pub async fn remove(tx: &mut Tx, id: DomainId) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| sqlx::query("DELETE FROM domains WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The domain with this (lower-case ASCII) name: the verified one, else the claim that was made first.
pub async fn lookup_name(c: &mut impl Connected, name: &str) -> Result<Option<Domain>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM domains WHERE name = $1
         ORDER BY CASE status WHEN 'verified' THEN 0 ELSE 1 END, created_at, id LIMIT 1"
    )
    .bind(name)
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// An organization's domains by name.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<Domain>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM domains WHERE organization_id = $1 ORDER BY name")
            .bind(Text(organization))
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
