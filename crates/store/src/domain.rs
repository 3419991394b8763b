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
        }
    }
}

/// Writes a new domain. The name is unique over all organizations.
pub async fn add(tx: &mut Tx, it: &Domain) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO domains (id, organization_id, name, status, dns_token, verified_at, verified_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(&it.name)
    .bind(it.status.as_str())
    .bind(&it.dns_token)
    .bind(it.verified_at.map(At))
    .bind(&it.verified_by)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Records that the domain is proven, by whom.
pub async fn verify(tx: &mut Tx, id: DomainId, by: &str, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE domains SET status = 'verified', verified_by = $2, verified_at = $3 WHERE id = $1"
    )
    .bind(Text(id))
    .bind(by)
    .bind(At(at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Takes a domain away.
pub async fn remove(tx: &mut Tx, id: DomainId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM domains WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The domain with this (lower-case ASCII) name, whosever it is.
pub async fn lookup_name(c: &mut impl Connected, name: &str) -> Result<Option<Domain>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM domains WHERE name = $1")
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
