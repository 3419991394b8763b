//! Pages of a company's administrators, `/org`; the console shows several of them for any company.

mod drills;
mod enforcement;
mod exceptions;
mod import;
mod joining;
mod leavers;
mod members;
mod receipts;
mod routing;
mod tokens;
mod trust;

pub use drills::{OrgDrill, OrgDrills};
pub use enforcement::{CodesLeft, OpeningRow, OrgRequire, OrgRequired, RecoveryCodes, RequiredDomain};
pub use exceptions::{ExceptionRow, OrgExceptions};
pub use import::{ImportRow, OrgImport, OrgImportDone, OrgImportPreview};
pub use joining::{Joining, JoiningRow, OrgJoining, SetupJoining};
pub use leavers::{Leaving, OrgBrake, OrgBrakeSome, OrgBrakeSure, OrgLeavers, Pick, SyncRow};
pub use members::{Act, Confirm, MemberRow, OrgInvite, OrgMember, OrgMembers};
pub use receipts::{OrgReceipt, OrgReceipts, ReceiptRow};
pub use routing::{OrgRouting, RuleRow};
pub use tokens::{OrgTokens, TokenRow};
pub use trust::{ConnectionCard, LinkMade, LinkRow, OrgDirectory, OrgDomains, OrgSettings, OrgSignOn};

use super::sample_page;
use crate::layout::{NavItem, Page};
use crate::parts::Person;

/// The places of `/org`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/org/members`
    Members,
    /// `/org/import`
    Import,
    /// `/org/sign-on`
    SignOn,
    /// `/org/sign-ins`
    SignIns,
    /// `/org/directory`
    Directory,
    /// `/org/domains`
    Domains,
    /// `/org/leavers`
    Leavers,
    /// `/org/settings`
    Settings,
}

/// The main navigation of `/org`.
pub fn nav(current: Option<Place>) -> Vec<NavItem> {
    [
        (Place::Members, "Members", "/org/members"),
        (Place::Import, "Import", "/org/import"),
        (Place::SignOn, "Sign-on", "/org/sign-on"),
        (Place::SignIns, "Sign-ins", "/org/sign-ins"),
        (Place::Directory, "Directory", "/org/directory"),
        (Place::Domains, "Domains", "/org/domains"),
        (Place::Leavers, "Leavers", "/org/leavers"),
        (Place::Settings, "Settings", "/org/settings"),
    ]
    .into_iter()
    .map(|(place, label, href)| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        current: Some(place) == current,
    })
    .collect()
}

/// Surroundings of a sample page of `/org`.
pub(super) fn sample_org(title: &str, current: Place) -> Page {
    let mut page = sample_page(&format!("{title} · Acme")).place("Acme", "/org/members");
    page.nav = nav(Some(current));
    page.user = Some(Person::new("Priya Raman", "").linked("/account"));
    page.sign_out = Some("/logout".to_owned());
    page
}
