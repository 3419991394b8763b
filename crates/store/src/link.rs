//! Setup links.

use model::{LinkId, OrganizationId, Purpose, SetupLink, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, StoreError, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<LinkId>,
    organization_id: Text<OrganizationId>,
    purposes: String,
    created_by: String,
    progress: String,
    created_at: At,
    expires_at: At,
    revoked_at: Option<At>,
    first_used_at: Option<At>,
    last_used_at: Option<At>,
    last_used_from: Option<String>,
    sent_to: Option<String>,
}

impl TryFrom<Row> for SetupLink {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self> {
        let purposes: std::result::Result<Vec<Purpose>, _> =
            row.purposes.split(' ').map(str::parse).collect();
        Ok(Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            purposes: purposes.map_err(|e| StoreError::Corrupt(e.to_string()))?,
            created_by: row.created_by,
            progress: row.progress,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            revoked_at: row.revoked_at.map(|t| t.0),
            first_used_at: row.first_used_at.map(|t| t.0),
            last_used_at: row.last_used_at.map(|t| t.0),
            last_used_from: row.last_used_from,
            sent_to: row.sent_to,
        })
    }
}

/// Writes a new link.
pub async fn add(tx: &mut Tx, it: &SetupLink, hash: &TokenHash) -> Result<()> {
    let purposes: Vec<&str> = it.purposes.iter().map(|p| p.as_str()).collect();
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO setup_links (id, organization_id, token_hash, purposes, created_by, progress, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(Text(it.id))
    .bind(Text(it.organization_id))
    .bind(Text(hash))
    .bind(purposes.join(" "))
    .bind(&it.created_by)
    .bind(&it.progress)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Keeps where the wizard stands.
pub async fn set_progress(tx: &mut Tx, id: LinkId, progress: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE setup_links SET progress = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(progress)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Keeps the address that the link was mailed to.
pub async fn set_sent_to(tx: &mut Tx, id: LinkId, to: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE setup_links SET sent_to = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(to)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records that somebody opened the link.
pub async fn touch(tx: &mut Tx, id: LinkId, at: Time, from: &str) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "UPDATE setup_links SET first_used_at = COALESCE(first_used_at, $2), last_used_at = $2, last_used_from = $3
         WHERE id = $1"
    )
    .bind(Text(id))
    .bind(At(at))
    .bind(from)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Ends the link now. Whether it still worked.
pub async fn revoke(tx: &mut Tx, organization: OrganizationId, id: LinkId, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
        "UPDATE setup_links SET revoked_at = $3 WHERE id = $1 AND organization_id = $2 AND revoked_at IS NULL"
    )
    .bind(Text(id))
    .bind(Text(organization))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows > 0)
}

/// The link that a token opens, working or not.
pub async fn lookup_token(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<SetupLink>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM setup_links WHERE token_hash = $1")
        .bind(Text(hash))
        .fetch_optional(db)
        .await)?;
    row.map(TryInto::try_into).transpose()
}

/// The link, if there is one.
pub async fn lookup(c: &mut impl Connected, id: LinkId) -> Result<Option<SetupLink>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM setup_links WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    row.map(TryInto::try_into).transpose()
}

/// An organization's links, newest first.
pub async fn list(c: &mut impl Connected, organization: OrganizationId) -> Result<Vec<SetupLink>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM setup_links WHERE organization_id = $1 ORDER BY id DESC LIMIT 200"
    )
    .bind(Text(organization))
    .fetch_all(db)
    .await)?;
    rows.into_iter().map(TryInto::try_into).collect()
}
