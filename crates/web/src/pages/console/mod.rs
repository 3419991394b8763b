//! Pages of the operators, `/console`.

mod access;
mod log;
mod mail;
mod organization;
mod product;

pub use access::{FirstOperator, OperatorSignIn, Operators};
pub use log::{Attempts, LogRow, ScimRequestPage, ScimRequests, Step, Trace};
pub use mail::{MailPage, MailRow, Mails};
pub use organization::{NewOrganization, Organization, OrganizationRow, Organizations, Switch};
pub use product::{ApplicationRow, Applications, NewApplication, SecretMade, TokenRow, Tokens};

use super::sample_page;
use crate::layout::{NavItem, Page};
use crate::parts::{Person, number};

/// The places of `/console`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/console`
    Organizations,
    /// `/console/sign-ins`
    SignIns,
    /// `/console/scim`
    Scim,
    /// `/console/applications`
    Applications,
    /// `/console/tokens`
    Tokens,
    /// `/console/mails`
    Mails,
    /// `/console/operators`
    Operators,
}

/// The main navigation of `/console`.
pub fn nav(current: Place, organizations: u64) -> Vec<NavItem> {
    [
        (Place::Organizations, "Organizations", "/console", number(organizations)),
        (Place::SignIns, "Sign-ins", "/console/sign-ins", String::new()),
        (Place::Scim, "SCIM requests", "/console/scim", String::new()),
        (Place::Applications, "Applications", "/console/applications", String::new()),
        (Place::Tokens, "API tokens", "/console/tokens", String::new()),
        (Place::Mails, "Mails", "/console/mails", String::new()),
        (Place::Operators, "Operators", "/console/operators", String::new()),
    ]
    .into_iter()
    .map(|(place, label, href, count)| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        count,
        current: place == current,
    })
    .collect()
}

/// Surroundings of a sample page of `/console`.
fn sample_console(title: &str, current: Place) -> Page {
    let mut page = sample_page(&format!("{title} · Console")).place("Console", "/console");
    page.nav = nav(current, 38);
    page.user = Some(Person::new("Maren Okafor", ""));
    page.sign_out = Some("/console/sign-out".to_owned());
    page
}
