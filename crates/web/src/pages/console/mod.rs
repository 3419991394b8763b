//! Pages of the operators, `/console`.

mod access;
mod keys;
mod log;
mod mail;
mod organization;
mod product;
mod requests;

pub use access::{FirstOperator, OperatorPasskeys, OperatorSignIn, Operators};
pub use keys::{KeyGroup, KeyRow, Keys};
pub use log::{Attempts, LogRow, ScimRequests, Trace};
pub use mail::{MailPage, MailRow, Mails};
pub use organization::{NewOrganization, Organization, OrganizationRow, Organizations, Switch};
pub use product::{
    ApplicationForm, ApplicationRow, Applications, EventFeed, LogoutCallRow, SecretMade, TokenRow, Tokens,
};
pub use requests::ConnectionRequests;

use super::sample_page;
use crate::layout::{NavItem, Page};
use crate::parts::Person;

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
    /// `/console/keys`
    Keys,
    /// `/console/mails`
    Mails,
    /// `/console/operators`
    Operators,
}

/// The main navigation of `/console`.
pub fn nav(current: Option<Place>) -> Vec<NavItem> {
    [
        (Place::Organizations, "Organizations", "/console"),
        (Place::SignIns, "Sign-ins", "/console/sign-ins"),
        (Place::Scim, "SCIM requests", "/console/scim"),
        (Place::Applications, "Applications", "/console/applications"),
        (Place::Tokens, "API tokens", "/console/tokens"),
        (Place::Keys, "Keys", "/console/keys"),
        (Place::Mails, "Mails", "/console/mails"),
        (Place::Operators, "Operators", "/console/operators"),
    ]
    .into_iter()
    .map(|(place, label, href)| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        current: Some(place) == current,
    })
    .collect()
}

/// Surroundings of a sample page of `/console`.
fn sample_console(title: &str, current: Place) -> Page {
    let mut page = sample_page(&format!("{title} · Console")).place("Console", "/console");
    page.nav = nav(Some(current));
    page.user = Some(Person::new("Maren Okafor", ""));
    page.sign_out = Some("/console/sign-out".to_owned());
    page
}
