//! Members: the list, one of them, inviting one, confirming what cannot be taken back.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::pages::account::SessionRow;
use crate::pages::login::ProfileField;
use crate::parts::{Field, Filter, Icon, Input, Notice, Opt, Pager, Person, Select, Status, Tone, When};
use askama::Template;

/// The list of members, with search and filters by GET.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/members.html")]
pub struct OrgMembers {
    /// Surroundings.
    pub page: Page,
    /// "214 people. Okta adds and removes them; last sync 4 minutes ago."
    pub summary: String,
    /// What needs attention.
    pub notices: Vec<Notice>,
    /// This page, for the search.
    pub here: String,
    /// What is looked for, in the form field `q`.
    pub query: String,
    /// The status that is shown, in the form field `status`; empty for all.
    pub status: String,
    /// By status.
    pub filters: Vec<Filter>,
    /// The people.
    pub rows: Vec<MemberRow>,
    /// Where one is in the list.
    pub pager: Pager,
    /// Where acts on the selected are posted to: fields `id` (several) and `do` (`suspend`, `resume`, `leave`), or
    /// `undo` with one id.
    pub action: String,
    /// Link to the import.
    pub import: String,
    /// Link to everybody as a file.
    pub export: String,
    /// Link to inviting one person.
    pub invite: String,
}

/// One row of the list.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Id of the member.
    pub id: String,
    /// Who, with a link to the member's page.
    pub person: Person,
    /// "Active", "Incomplete".
    pub status: Status,
    /// Why, if it is not plain: "country is missing"; may be empty.
    pub reason: String,
    /// "Member", "Administrator".
    pub role: String,
    /// "Okta", "File".
    pub source: String,
    /// "Germany"; may be empty.
    pub country: String,
    /// Last sign-in.
    pub seen: When,
    /// Leaving can be undone.
    pub undo: bool,
}

/// One member.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/member.html")]
pub struct OrgMember {
    /// Surroundings.
    pub page: Page,
    /// Who.
    pub person: Person,
    /// How the membership stands.
    pub status: Status,
    /// What keeps the person from signing in, or what happens next.
    pub notice: Option<Notice>,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// The profile, to be corrected.
    pub fields: Vec<ProfileField>,
    /// Why the profile cannot be changed here: "Okta keeps it"; may be empty.
    pub locked: String,
    /// Where the profile is posted to.
    pub action: String,
    /// What can be done.
    pub acts: Vec<Act>,
    /// Where the person is signed in through the company.
    pub sessions: Vec<SessionRow>,
    /// What happened: when and what, in light markup.
    pub history: Vec<(When, Html)>,
}

/// Something that can be done, with its effect.
#[derive(Clone, Debug)]
pub struct Act {
    /// "Check out".
    pub label: String,
    /// What happens then.
    pub effect: String,
    /// Where it is posted to.
    pub action: String,
    /// Name and value sent along; empty names are left out.
    pub field: (String, String),
}

/// The last question before something that cannot be taken back, or that is easily meant otherwise.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/confirm.html")]
pub struct Confirm {
    /// Surroundings.
    pub page: Page,
    /// "Check out three people?"
    pub title: String,
    /// What happens, in light markup.
    pub effect: Html,
    /// To whom.
    pub people: Vec<Person>,
    /// Where the answer is posted to.
    pub action: String,
    /// Names and values sent along.
    pub fields: Vec<(String, String)>,
    /// "Yes, Daniel Cohen and Mei Chen leave".
    pub label: String,
    /// It cannot be undone.
    pub danger: bool,
    /// Link back.
    pub back: String,
}

/// Invite one person.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/invite.html")]
pub struct OrgInvite {
    /// Surroundings.
    pub page: Page,
    /// Field `firstName`.
    pub first_name: Field,
    /// Field `lastName`.
    pub last_name: Field,
    /// Field `email`.
    pub email: Field,
    /// Field `country`.
    pub countries: Vec<Opt>,
    /// What is wrong with the country.
    pub country_error: Option<String>,
    /// Field `role`.
    pub roles: Vec<Opt>,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

impl Act {
    /// An act.
    pub fn new(label: &str, effect: &str, action: &str, name: &str, value: &str) -> Self {
        Self {
            label: label.to_owned(),
            effect: effect.to_owned(),
            action: action.to_owned(),
            field: (name.to_owned(), value.to_owned()),
        }
    }
}

impl OrgMembers {
    /// A sample.
    pub fn sample() -> Self {
        let row = |name: &str, email: &str, status: Status, reason: &str, undo: bool| MemberRow {
            id: format!("mem_{email}"),
            person: Person::new(name, email).linked("/org/members/mem_01"),
            status,
            reason: reason.to_owned(),
            role: "Member".to_owned(),
            source: "Okta".to_owned(),
            country: if reason.is_empty() { "Germany".to_owned() } else { String::new() },
            seen: When::words("12 minutes ago"),
            undo,
        };
        Self {
            page: sample_org("Members", Place::Members),
            summary: "214 people. Okta adds and removes them; last sync 4 minutes ago.".to_owned(),
            notices: vec![Notice::new(
                Tone::Warn,
                "Four people cannot sign in yet",
                "Okta sends no country that we can read for them. They answer one question at first sign-in.",
            )],
            here: "/org/members".to_owned(),
            query: String::new(),
            status: "incomplete".to_owned(),
            filters: vec![
                Filter::new("All", 214, "/org/members", true),
                Filter::new("Active", 198, "/org/members?status=active", false),
                Filter::new("Incomplete", 4, "/org/members?status=incomplete", false),
            ],
            rows: vec![
                row("Amara Nwosu", "amara.nwosu@acme.example", Status::ok("Active"), "", false),
                row(
                    "Benedikt Freiherr von Hohenlohe-Waldenburg",
                    "benedikt.hohenlohe-waldenburg@acme.example",
                    Status::warn("Incomplete").ring(),
                    "country is missing",
                    false,
                ),
                row("Mei Chen", "mei.chen@acme.example", Status::bad("Erasing in 18 h").ring(), "", true),
            ],
            pager: Pager {
                summary: "1–3 of 214".to_owned(),
                previous: None,
                next: Some("/org/members?after=x".to_owned()),
            },
            action: "/org/members".to_owned(),
            import: "/org/import".to_owned(),
            export: "/org/members/export".to_owned(),
            invite: "/org/members/invite".to_owned(),
        }
    }

    /// A sample without anybody.
    pub fn sample_empty() -> Self {
        Self {
            summary: "Nobody yet.".to_owned(),
            notices: Vec::new(),
            status: String::new(),
            filters: Vec::new(),
            rows: Vec::new(),
            pager: Pager::default(),
            ..Self::sample()
        }
    }
}

impl OrgMember {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("Hannah Schönfelder", Place::Members);
        page.crumbs = vec![crate::parts::Crumb::new("Members", "/org/members")];
        Self {
            page,
            person: Person::new("Hannah Schönfelder", "hannah.schoenfelder@acme.example").large(),
            status: Status::warn("Incomplete").ring(),
            notice: Some(Notice::new(
                Tone::Warn,
                "Her country is missing",
                "Okta sent **“D-A-CH”**, which is not one country. She is asked at first sign-in, or you enter it here.",
            )),
            facts: vec![
                ("Source".to_owned(), Html::marked("Okta, since 23 November 2026")),
                ("Last sign-in".to_owned(), Html::marked("never")),
            ],
            fields: vec![ProfileField {
                name: "country".to_owned(),
                label: "Country".to_owned(),
                autocomplete: "off",
                options: Opt::list(&[("", "Choose a country"), ("DE", "Germany")], ""),
                digits: false,
                field: Field::wrong("", "Choose one country."),
            }],
            locked: String::new(),
            action: "/org/members/mem_01".to_owned(),
            acts: vec![
                Act::new(
                    "Suspend",
                    "No sign-in until you take it back.",
                    "/org/members/mem_01",
                    "do",
                    "suspend",
                ),
                Act::new(
                    "Check out",
                    "Signed out at once, then disconnected.",
                    "/org/members/mem_01",
                    "do",
                    "leave",
                ),
            ],
            sessions: vec![SessionRow {
                device: "Firefox on macOS".to_owned(),
                detail: "through single sign-on, since 24 November 2026, 09:12 UTC".to_owned(),
                current: false,
                action: "/org/members/mem_01/sessions/ses_01/end".to_owned(),
            }],
            history: vec![
                (
                    When::new("2026-11-23T16:34Z", "today, 16:34"),
                    Html::marked("**Okta** changed the address"),
                ),
                (When::new("2026-11-23T16:33Z", "today, 16:33"), Html::marked("**Okta** added her")),
            ],
        }
    }
}

impl Confirm {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Check out two people", Place::Members),
            title: "Check out two people".to_owned(),
            effect: Html::marked(
                "They are signed out **at once** and told by mail. You can undo it for 24 hours.",
            ),
            people: vec![
                Person::new("Daniel Cohen", "daniel.cohen@acme.example"),
                Person::new("Mei Chen", "mei.chen@acme.example"),
            ],
            action: "/org/members".to_owned(),
            fields: vec![("do".to_owned(), "leave".to_owned()), ("sure".to_owned(), "1".to_owned())],
            label: "Yes, both leave".to_owned(),
            danger: true,
            back: "/org/members".to_owned(),
        }
    }
}

impl OrgInvite {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Invite someone", Place::Members),
            first_name: Field::new("Emil"),
            last_name: Field::new("Novak"),
            email: Field::wrong(
                "emil.novak@gmail.com",
                "gmail.com is not a domain of Acme. Use a work address.",
            ),
            countries: Opt::list(&[("", "Choose a country"), ("CZ", "Czechia")], "CZ"),
            country_error: None,
            roles: Opt::list(&[("member", "Member"), ("admin", "Administrator")], "member"),
            action: "/org/members/invite".to_owned(),
            back: "/org/members".to_owned(),
        }
    }
}
