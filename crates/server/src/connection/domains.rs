//! E-mail domains of organizations.

use model::{Domain, DomainId, Organization, OrganizationId};
use store::{Connected, Tx};

use crate::app::App;
use crate::problem::Problem;

/// The DNS record that proves a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// `_frontdesk.acme.test`.
    pub name: String,
    /// Always `TXT`.
    pub kind: &'static str,
    /// `frontdesk-verify=…`.
    pub value: String,
}

/// Names a domain: verified at once where somebody trusted attests it (`api`, an operator's id), pending otherwise.
/// `actor` goes into the audit log.
pub async fn add(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    name: &str,
    attested_by: Option<&str>,
    actor: &str,
) -> Result<Domain, Problem> {
    let _ = (app, tx, organization, name, attested_by, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Attests a pending domain of the organization.
pub async fn attest(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: DomainId,
    by: &str,
    actor: &str,
) -> Result<Domain, Problem> {
    let _ = (app, tx, organization, id, by, actor);
    Err(Problem::internal(&"not there yet"))
}

/// Takes a domain of the organization away.
pub async fn remove(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: DomainId,
    actor: &str,
) -> Result<(), Problem> {
    let _ = (app, tx, organization, id, actor);
    Err(Problem::internal(&"not there yet"))
}

/// The record that proves the domain.
pub fn dns_record(domain: &Domain) -> DnsRecord {
    DnsRecord {
        name: format!("_frontdesk.{}", domain.name),
        kind: "TXT",
        value: format!("frontdesk-verify={}", domain.dns_token),
    }
}

/// A domain as it is stored (lower case, ASCII), or why it cannot be an organization's.
pub fn normalise(name: &str) -> Result<String, Problem> {
    Ok(name.to_owned())
}

/// The domain part of an address as it is stored; none where it is no address.
pub fn of_email(email: &str) -> Option<String> {
    email.rsplit_once('@').map(|(_, domain)| domain.to_owned())
}

/// Whether the address lies in a verified domain of the organization.
pub async fn vouches_for(
    db: &mut impl Connected,
    organization: OrganizationId,
    email: &str,
) -> Result<bool, Problem> {
    let _ = (db, organization, email);
    Ok(false)
}
