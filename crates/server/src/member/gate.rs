//! The e-mail gate: whose address is it, and may this organization speak for it?

use axum::http::StatusCode;
use model::{Account, DomainStatus, Organization};
use store::Connected;

use crate::problem::Problem;

/// How an address stands to an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Footing {
    /// The address is in a verified domain of the organization: it may vouch for it.
    pub verified: bool,
    /// Besides, the organization has an active connection, so the person can simply sign in.
    pub covered: bool,
}

/// How an address stands to an organization.
///
/// # Errors
/// A problem with clear words where the address is in a verified domain of another organization.
pub async fn gate(db: &mut impl Connected, org: &Organization, email: &str) -> Result<Footing, Problem> {
    let Some(name) = profile::email::domain_of(email) else { return Ok(Footing::default()) };
    let domain = store::known::domain_owner(db, name).await?;
    match domain {
        Some(domain) if domain.status != DomainStatus::Verified => Ok(Footing::default()),
        Some(domain) if domain.organization_id == org.id => {
            let covered = store::known::any_active_connection(db, org.id).await?;
            Ok(Footing { verified: true, covered })
        }
        Some(_) => Err(foreign(org, name)),
        None => Ok(Footing::default()),
    }
}

/// The account that this address signs in to, if the organization may speak for the address.
pub(super) async fn account_behind(
    db: &mut impl Connected,
    footing: Footing,
    email: Option<&str>,
) -> Result<Option<Account>, Problem> {
    match email {
        Some(email) if footing.verified => Ok(store::account::lookup_email(db, email).await?),
        _ => Ok(None),
    }
}

fn foreign(org: &Organization, domain: &str) -> Problem {
    let mut it = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "email_of_another_organization",
        "This address belongs to another company",
        format!(
            "Addresses in {domain} are looked after by another company, so {} cannot add one. Expected an address in \
             a domain of {} or one that no company has verified. If {domain} is yours, write to support.",
            org.name, org.name
        ),
    );
    it.fields.push(crate::problem::FieldProblem {
        field: "email".to_owned(),
        problem: format!("an address in {domain} belongs to another company"),
    });
    it.scim("invalidValue")
}
