//! Finding connections.
//!
//! Owns which connection an address leads to. Does not own what the rules mean (`routing`) or what is asked when there is
//! none (`login`).

use model::{Connection, ConnectionId, ConnectionStatus, Domain, DomainStatus, Organization, OrganizationId};
use store::Connected;

use super::domains;
use super::routing::{Decision, Facts, Routing, decide};
use crate::problem::Problem;

/// Where an address signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Through this connection.
    Through(Box<Connection>),
    /// The person picks one of these.
    Choose(Vec<Connection>),
}

impl Way {
    /// The connection, where there is nothing to pick.
    pub fn through(&self) -> Option<&Connection> {
        match self {
            Self::Through(it) => Some(it),
            Self::Choose(_) => None,
        }
    }
}

/// The organization of an address and where it signs in: its domain is verified, and a connection is active. None
/// otherwise. `chosen` is what the person picked before, where that is known; it is a hint and opens nothing.
pub async fn route(
    db: &mut impl Connected,
    email: &str,
    chosen: Option<ConnectionId>,
) -> Result<Option<(Organization, Way)>, Problem> {
    let Some(name) = domains::of_email(email) else { return Ok(None) };
    let Some(domain) = store::domain::lookup_name(db, &name).await? else { return Ok(None) };
    if domain.status != DomainStatus::Verified {
        return Ok(None);
    }
    let all = store::connection::list(db, domain.organization_id).await?;
    let way = match decision(db, &domain, &all, email, chosen).await? {
        Decision::Nowhere => return Ok(None),
        Decision::Through(id, _) => {
            let Some(it) = all.into_iter().find(|it| it.id == id) else { return Ok(None) };
            Way::Through(Box::new(it))
        }
        Decision::Choose(among) => Way::Choose(all.into_iter().filter(|it| among.contains(&it.id)).collect()),
    };
    let organization = store::organization::lookup(db, domain.organization_id).await?;
    Ok(organization.map(|organization| (organization, way)))
}

/// Which of the organization's connections an address of the domain leads to. Asks the database only for what the rules
/// ask for.
pub async fn decision(
    db: &mut impl Connected,
    domain: &Domain,
    connections: &[Connection],
    email: &str,
    chosen: Option<ConnectionId>,
) -> Result<Decision, Problem> {
    let active: Vec<ConnectionId> = actives(connections).map(|it| it.id).collect();
    let routing = Routing::of(domain);
    let several = active.len() > 1;
    let pilots = if several && routing.names_people() {
        store::routing::rules_naming(db, domain.id, email).await?
    } else {
        Vec::new()
    };
    let groups = if several && routing.names_groups() {
        store::routing::groups_of(db, domain.organization_id, email).await?
    } else {
        Vec::new()
    };
    Ok(decide(&routing, &Facts { active: &active, pilots: &pilots, groups: &groups, chosen }))
}

/// Those of the connections that people sign in through.
pub fn actives(connections: &[Connection]) -> impl Iterator<Item = &Connection> {
    connections.iter().filter(|it| it.status == ConnectionStatus::Active)
}

/// The connection that an organization's people sign in with where nothing tells them apart: the newest active one.
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
