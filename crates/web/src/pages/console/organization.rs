//! Organizations: the list, a new one, and everything about one.

use super::{Place, sample_console};
use crate::layout::Page;
use crate::pages::org::{Act, ConnectionCard, LinkRow};
use crate::pages::scim::policies;
use crate::pages::setup::DomainAnswer;
use crate::parts::{
    Choice, Crumb, Field, Figure, Filter, Icon, Input, Notice, Opt, Pager, Person, Select, Status, Tone,
};
use askama::Template;

/// The list, with search by GET.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/organizations.html")]
pub struct Organizations {
    /// Surroundings.
    pub page: Page,
    /// This page, for the search.
    pub here: String,
    /// What is looked for, in the form field `q`.
    pub query: String,
    /// The organizations.
    pub rows: Vec<OrganizationRow>,
    /// Where one is in the list.
    pub pager: Pager,
    /// Link to a new one.
    pub create: String,
}

/// One row of the list.
#[derive(Clone, Debug)]
pub struct OrganizationRow {
    /// Name, with a link; the second line is the first domain.
    pub company: Person,
    /// "Okta, SAML", or that nobody set it up yet.
    pub sign_on: Status,
    /// "Okta, SCIM", or none.
    pub directory: Status,
    /// How many members.
    pub members: String,
    /// What waits, such as "domain not verified"; may be empty.
    pub waits: String,
}

/// A new organization.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/new_organization.html")]
pub struct NewOrganization {
    /// Surroundings.
    pub page: Page,
    /// Field `name`.
    pub name: Field,
    /// Field `domains`, one a line.
    pub domains: Field,
    /// Where the form is posted to. `attest` says that the operator vouches for the domains.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// Everything about one organization.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/organization.html")]
pub struct Organization {
    /// Surroundings.
    pub page: Page,
    /// Name; the second line is the id.
    pub company: Person,
    /// "214 members, customer since March 2025".
    pub summary: String,
    /// What waits for whom.
    pub notices: Vec<Notice>,
    /// The main numbers.
    pub figures: Vec<Figure>,
    /// Domain, how it stands, and what can be done (attest, remove).
    pub domains: Vec<(String, Status, Vec<Act>)>,
    /// What became of several domains that were typed at once.
    pub domain_answers: Vec<DomainAnswer>,
    /// Field `domain`.
    pub add_domain: Field,
    /// Where another domain is posted to.
    pub domain_action: String,
    /// Setup links.
    pub links: Vec<LinkRow>,
    /// What a new link may be for; form fields `purpose` (several).
    pub purposes: Vec<Opt>,
    /// How long it may work; form field `expires_in`, seconds.
    pub lifetimes: Vec<Opt>,
    /// Field `email` of a new link.
    pub link_email: Field,
    /// Where a new link is posted to.
    pub link_action: String,
    /// Connections.
    pub connections: Vec<ConnectionCard>,
    /// Directories.
    pub directories: Vec<ConnectionCard>,
    /// Members by status, each with a link.
    pub member_counts: Vec<Filter>,
    /// Members who cannot sign in, with the reason.
    pub incomplete: Vec<(Person, String)>,
    /// The two policies; the form field is `policy`.
    pub policies: Vec<Choice>,
    /// Field `grace`: hours.
    pub grace: Field,
    /// Where the policy is posted to.
    pub policy_action: String,
    /// What can be switched.
    pub switches: Vec<Switch>,
    /// The last sign-ins.
    pub sign_ins: Vec<super::LogRow>,
    /// Link to all of them.
    pub all_sign_ins: String,
    /// Link to the SCIM requests of its directories.
    pub all_requests: String,
    /// Link to the import for this organization.
    pub import: String,
}

/// Something that is on or off.
#[derive(Clone, Debug)]
pub struct Switch {
    /// "Self-service".
    pub label: String,
    /// What it means.
    pub text: String,
    /// On now.
    pub on: bool,
    /// Where the other state is posted to, in the form field `on` (`1` or `0`).
    pub action: String,
}

impl Organizations {
    /// A sample.
    pub fn sample() -> Self {
        let row = |name: &str, sign_on, directory, members: &str, waits: &str| OrganizationRow {
            company: Person::company(name, "acme.example").linked("/console/organizations/org_01"),
            sign_on,
            directory,
            members: members.to_owned(),
            waits: waits.to_owned(),
        };
        Self {
            page: sample_console("Organizations", Place::Organizations),
            here: "/console".to_owned(),
            query: String::new(),
            rows: vec![
                row("Acme", Status::ok("Okta, SAML"), Status::ok("Okta, SCIM"), "214", "domain not verified"),
                row(
                    "Höhenrausch Bergbahnen AG",
                    Status::pending("Setup link sent"),
                    Status::stopped("None"),
                    "0",
                    "",
                ),
            ],
            pager: Pager {
                summary: "1–2 of 38".to_owned(),
                previous: None,
                next: Some("/console?page=2".to_owned()),
            },
            create: "/console/organizations/new".to_owned(),
        }
    }

    /// A sample before the first one.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), pager: Pager::default(), ..Self::sample() }
    }
}

impl NewOrganization {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("New organization", Place::Organizations),
            name: Field::new("Acme"),
            domains: Field::wrong(
                "acme.example\ngmail.com",
                "gmail.com is open to everyone, so no company can claim it.",
            ),
            action: "/console/organizations".to_owned(),
            back: "/console".to_owned(),
        }
    }
}

impl Organization {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("Acme", Place::Organizations);
        page.crumbs = vec![Crumb::new("Organizations", "/console")];
        let attest = Act::new(
            "Attest",
            "You vouch that it is theirs.",
            "/console/organizations/org_01/domains/dom_02",
            "do",
            "attest",
        );
        Self {
            page,
            company: Person::company("Acme", "org_01jd7w3x"),
            summary: "214 members, customer since March 2025".to_owned(),
            notices: vec![Notice::new(
                Tone::Warn,
                "One thing waits for Acme",
                "acme-labs.example is not verified: the TXT record has the domain twice in its name.",
            )],
            figures: vec![
                Figure::count(198, "active members"),
                Figure::new("99.2 %", "sign-ins that worked, 7 days"),
                Figure::new("4 min", "since the last sync"),
            ],
            domains: vec![
                ("acme.example".to_owned(), Status::ok("Verified"), Vec::new()),
                ("acme-labs.example".to_owned(), Status::pending("Waiting for the record"), vec![attest]),
            ],
            domain_answers: DomainAnswer::samples(),
            add_domain: Field::default(),
            domain_action: "/console/organizations/org_01/domains".to_owned(),
            links: LinkRow::samples(),
            purposes: Opt::list(
                &[
                    ("sso", "Single sign-on"),
                    ("domains", "Domains"),
                    ("scim", "Directory sync"),
                    ("csv", "Bulk invite"),
                ],
                "sso",
            ),
            lifetimes: Opt::list(
                &[("86400", "24 hours"), ("604800", "7 days"), ("2592000", "30 days")],
                "604800",
            ),
            link_email: Field::new("priya.raman@acme.example"),
            link_action: "/console/organizations/org_01/links".to_owned(),
            connections: vec![ConnectionCard::sample()],
            directories: Vec::new(),
            member_counts: vec![
                Filter::new("Active", 198, "/console/organizations/org_01/members?status=active", false),
                Filter::new(
                    "Incomplete",
                    4,
                    "/console/organizations/org_01/members?status=incomplete",
                    false,
                ),
            ],
            incomplete: vec![(
                Person::new("Hannah Schönfelder", "hannah.schoenfelder@acme.example"),
                "country: “D-A-CH” is not one country".to_owned(),
            )],
            policies: policies("Acme", "Northwind Privacy", "disconnect"),
            grace: Field::new("24"),
            policy_action: "/console/organizations/org_01/policy".to_owned(),
            switches: vec![Switch {
                label: "Self-service".to_owned(),
                text: "Acme’s administrators make setup links by themselves.".to_owned(),
                on: true,
                action: "/console/organizations/org_01/self-service".to_owned(),
            }],
            sign_ins: vec![super::LogRow::sample(), super::LogRow::sample_bad()],
            all_sign_ins: "/console/sign-ins?organization=org_01".to_owned(),
            all_requests: "/console/scim?organization=org_01".to_owned(),
            import: "/console/organizations/org_01/import".to_owned(),
        }
    }
}
