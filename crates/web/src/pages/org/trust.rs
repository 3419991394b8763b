//! Domains, connections, directory, defaults, and the links that set them up.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::pages::org::Act;
use crate::pages::setup::{DomainAnswer, DomainPanel};
use crate::parts::{
    Choice, Copy, Field, Figure, Icon, Input, Notice, Opt, Person, Select, Status, Tone, When,
};
use askama::Template;

/// The company's domains.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/domains.html")]
pub struct OrgDomains {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The domains.
    pub domains: Vec<DomainPanel>,
    /// What became of several that were typed at once.
    pub answers: Vec<DomainAnswer>,
    /// Field `domain`: one, or several.
    pub add: Field,
    /// Where another domain is posted to.
    pub add_action: String,
    /// Where "look again" is posted to.
    pub look_action: String,
    /// Link to the single addresses outside.
    pub exceptions: String,
}

/// Connections and their setup links.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/sign_on.html")]
pub struct OrgSignOn {
    /// Surroundings.
    pub page: Page,
    /// A sentence below the heading.
    pub summary: String,
    /// What needs attention.
    pub notices: Vec<Notice>,
    /// The connections.
    pub connections: Vec<ConnectionCard>,
    /// Setup links for single sign-on.
    pub links: Vec<LinkRow>,
    /// Where the wish for a setup link is posted to; none where self-service is off.
    pub link_action: Option<String>,
    /// Link to the page that says who must use it.
    pub required: String,
    /// Link to the page that says where sign-in and directory would not meet.
    pub joining: String,
}

/// The directory and its setup links.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/directory.html")]
pub struct OrgDirectory {
    /// Surroundings.
    pub page: Page,
    /// A sentence below the heading.
    pub summary: String,
    /// What needs attention.
    pub notices: Vec<Notice>,
    /// The directories.
    pub directories: Vec<ConnectionCard>,
    /// People, groups, requests refused.
    pub figures: Vec<Figure>,
    /// The last syncs in which people left.
    pub syncs: Vec<super::SyncRow>,
    /// Setup links for directory sync.
    pub links: Vec<LinkRow>,
    /// Where the wish for a setup link is posted to; none where self-service is off.
    pub link_action: Option<String>,
}

/// A connection or a directory.
#[derive(Clone, Debug)]
pub struct ConnectionCard {
    /// The provider; the second line is the protocol and the id.
    pub provider: Person,
    /// Active, draft, healthy.
    pub status: Status,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// Links to where more is seen and changed: label and address.
    pub open: Vec<(String, String)>,
    /// What can be done.
    pub acts: Vec<Act>,
}

/// A setup link in a list.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// "Single sign-on, domains".
    pub purpose: String,
    /// "Maren Okafor, 23 November 2026".
    pub made: String,
    /// Address it was mailed to; may be empty.
    pub sent_to: String,
    /// "7 times, last today".
    pub opened: String,
    /// Until when it works, or that it ended.
    pub status: Status,
    /// Where revoking is posted to; none if it has ended.
    pub revoke: Option<String>,
}

/// A setup link that was just made; its address is shown once.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/link_made.html")]
pub struct LinkMade {
    /// Surroundings.
    pub page: Page,
    /// "A link to set up single sign-on".
    pub title: String,
    /// The address.
    pub url: Copy,
    /// What it allows.
    pub allows: String,
    /// Until when.
    pub until: When,
    /// Where it was sent; none if it was not.
    pub sent_to: Option<String>,
    /// Where sending it is posted to: field `email`.
    pub send_action: Option<String>,
    /// Field `email`.
    pub email: Field,
    /// Link back.
    pub back: String,
}

/// Just-in-time members and what is filled in where a provider sends nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/settings.html")]
pub struct OrgSettings {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// Who may come by signing in; the form field is `jit`.
    pub jit: Vec<Choice>,
    /// What a sign-out does at the provider: choices of `signOut`.
    pub sign_out: Vec<Choice>,
    /// Field `country`: the default; the first entry is "ask each person".
    pub countries: Vec<Opt>,
    /// Field `role`: the default.
    pub roles: Vec<Opt>,
    /// Field `currentCity`: the default.
    pub city: Field,
    /// Field `currentState`: the default.
    pub state: Field,
    /// Field `sessionMinutes`: the longest session.
    pub session: Field,
    /// What may stand in it.
    pub session_hint: String,
    /// Where the form is posted to.
    pub action: String,
}

impl ConnectionCard {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            provider: Person::thing("Okta", "SAML 2.0 · con_01jd8q6v", "Ok", 5),
            status: Status::ok("Active"),
            facts: vec![
                ("Domains".to_owned(), Html::marked("acme.example")),
                (
                    "Certificate".to_owned(),
                    Html::marked("until 14 March 2036, read from metadata every hour"),
                ),
            ],
            open: vec![("Change, test and compare".to_owned(), "/org/sign-on/con_01jd8q6v".to_owned())],
            acts: vec![Act::new(
                "Switch off",
                "People of acme.example can no longer sign in through Okta.",
                "/org/sign-on/con_01jd8q6v",
                "status",
                "inactive",
            )],
        }
    }
}

impl LinkRow {
    /// Samples.
    pub fn samples() -> Vec<Self> {
        vec![
            Self {
                purpose: "Single sign-on and domains".to_owned(),
                made: "Maren Okafor, 20 November 2026".to_owned(),
                sent_to: "priya.raman@acme.example".to_owned(),
                opened: "7 times, last today".to_owned(),
                status: Status::ok("Works until 20 December 2026"),
                revoke: Some("/org/links/lnk_01/revoke".to_owned()),
            },
            Self {
                purpose: "Bulk invite".to_owned(),
                made: "Priya Raman, 24 October 2026".to_owned(),
                sent_to: String::new(),
                opened: "never".to_owned(),
                status: Status::stopped("Ended 1 November"),
                revoke: None,
            },
        ]
    }
}

impl OrgDomains {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Domains", Place::Domains),
            organization: "Acme".to_owned(),
            domains: vec![
                DomainPanel::verified("acme.example", When::words("since 23 November 2026")),
                DomainPanel {
                    remove: Some("/org/domains/dom_02/remove".to_owned()),
                    routing: Some("/org/domains/dom_02/routing".to_owned()),
                    ..DomainPanel::waiting(
                        "acme-altona.example",
                        "frontdesk-verify=Jd5sK0aUe7Xf",
                        When::default(),
                    )
                },
            ],
            answers: DomainAnswer::samples(),
            add: Field::default(),
            add_action: "/org/domains".to_owned(),
            look_action: "/org/domains/look".to_owned(),
            exceptions: "/org/domains/exceptions".to_owned(),
        }
    }
}

impl OrgSignOn {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Sign-on", Place::SignOn),
            summary: "Acme signs in through Okta. 198 people used it in the last 30 days.".to_owned(),
            notices: vec![Notice::new(
                Tone::Warn,
                "Okta’s metadata could not be read",
                "acme.okta.com did not answer within 10 seconds. Sign-ins go on with what was known before.",
            )],
            connections: vec![ConnectionCard::sample()],
            links: LinkRow::samples(),
            link_action: Some("/org/sign-on/link".to_owned()),
            required: "/org/sign-on/required".to_owned(),
            joining: "/org/sign-on/joining".to_owned(),
        }
    }
}

impl OrgDirectory {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Directory", Place::Directory),
            summary: "Okta keeps the list of Acme’s people up to date.".to_owned(),
            notices: Vec::new(),
            directories: vec![ConnectionCard {
                provider: Person::thing("Okta", "SCIM 2.0 · dir_01jd9m2t", "Ok", 5),
                status: Status::ok("Healthy"),
                open: vec![("Requests".to_owned(), "/org/directory/dir_01/requests".to_owned())],
                ..ConnectionCard::sample()
            }],
            figures: vec![
                Figure::count(225, "people"),
                Figure::count(4, "groups"),
                Figure::count(0, "refused today"),
            ],
            syncs: vec![super::SyncRow {
                when: crate::parts::When::new("2026-11-28T09:12:20Z", "28 November 2026, 09:12 UTC"),
                provider: "Okta".to_owned(),
                what: "3 people left".to_owned(),
                undo: Some("/org/directory/dir_01jd9m2t/syncs/dep_01/undo".to_owned()),
            }],
            links: LinkRow::samples(),
            link_action: Some("/org/directory/link".to_owned()),
        }
    }

    /// A sample without a directory.
    pub fn sample_empty() -> Self {
        Self {
            summary: "No directory is connected yet.".to_owned(),
            directories: Vec::new(),
            figures: Vec::new(),
            syncs: Vec::new(),
            links: Vec::new(),
            ..Self::sample()
        }
    }
}

impl LinkMade {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("A setup link", Place::SignOn),
            title: "A link to set up single sign-on".to_owned(),
            url: Copy::new("link", "Setup link", "https://id.northwind.example/s/4fK9mQ2xT7vZ1bN8"),
            allows: "set up single sign-on and domains for Acme, nothing else".to_owned(),
            until: When::new("2026-11-24T16:02Z", "24 November 2026, 16:02"),
            sent_to: None,
            send_action: Some("/org/links/lnk_01/send".to_owned()),
            email: Field::default(),
            back: "/org/sign-on".to_owned(),
        }
    }
}

impl OrgSettings {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Settings", Place::Settings),
            organization: "Acme".to_owned(),
            jit: vec![
                Choice::new(
                    "jit",
                    "on",
                    "Everyone whom your provider lets in",
                    "The first sign-in makes them a member.",
                    true,
                ),
                Choice::new(
                    "jit",
                    "off",
                    "Only people you invited or synced",
                    "Others see whom to ask.",
                    false,
                ),
            ],
            sign_out: vec![
                Choice::new("signOut", "here", "Signs people out here alone", "They stay signed in at Okta.", true),
                Choice::new("signOut", "both", "Signs them out at Okta too", "Okta may end more than that.", false),
            ],
            countries: Opt::list(&[("", "Ask each person once"), ("DE", "Germany")], ""),
            roles: Opt::list(&[("member", "Member"), ("admin", "Administrator")], "member"),
            city: Field::new("Hamburg"),
            state: Field::wrong(
                "\u{202e}",
                "A state is a name without characters that turn the text around.",
            ),
            session: Field::new("480"),
            session_hint: "In minutes, from 5 to 720. Empty: 12 hours, or what your identity provider says if that is shorter.".to_owned(),
            action: "/org/settings".to_owned(),
        }
    }
}
