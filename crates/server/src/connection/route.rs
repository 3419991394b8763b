//! Finding connections.
//!
//! Owns which connection an address leads to. Does not own what is asked when there is none (`login`).

use model::{Connection, ConnectionId, ConnectionStatus, DomainStatus, Organization, OrganizationId};
use store::Connected;

use super::domains;
use crate::problem::Problem;

/// The organization and connection that an address signs in with: its domain is verified, and the connection is the
/// newest active one. None where there is no such domain, or no active connection.
pub async fn route(
    db: &mut impl Connected,
    email: &str,
) -> Result<Option<(Organization, Connection)>, Problem> {
    let Some(name) = domains::of_email(email) else { return Ok(None) };
    let Some(domain) = store::domain::lookup_name(db, &name).await? else { return Ok(None) };
    if domain.status != DomainStatus::Verified {
        return Ok(None);
    }
    let Some(connection) = active(db, domain.organization_id).await? else { return Ok(None) };
    let organization = store::organization::lookup(db, domain.organization_id).await?;
    Ok(organization.map(|organization| (organization, connection)))
}

/// The connection that an organization's people sign in with: the newest active one.
pub async fn active(
    db: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Option<Connection>, Problem> {
    let all = store::connection::list(db, organization).await?;
    Ok(all.into_iter().rev().find(|connection| connection.status == ConnectionStatus::Active))
}

/// A connection of the organization; anybody else's is not found.
pub async fn get(
    db: &mut impl Connected,
    organization: OrganizationId,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let found = store::connection::lookup(db, id).await?;
    found.filter(|it| it.organization_id == organization).ok_or_else(|| Problem::not_found("connection"))
}
