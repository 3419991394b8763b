//! How a directory does.

use crate::html::Html;
use crate::layout::Page;
use crate::pages::org::{Place, sample_org};
use crate::parts::{Crumb, Figure, Icon, Notice, Person, Status, Tone, When, number};
use askama::Template;

/// A directory: when it spoke last, who is incomplete, what could not be read, what was refused.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/health.html")]
pub struct DirectoryHealth {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// Nobody has come, and no request was refused.
    pub nobody: bool,
    /// What makes the first people come.
    pub first_step: String,
    /// "Healthy", "Silent".
    pub state: Status,
    /// When the last request came.
    pub last_request: When,
    /// The longest pause between two requests: "3 days"; may be empty.
    pub longest: String,
    /// What needs a decision.
    pub notices: Vec<Notice>,
    /// People, groups, incomplete, refused.
    pub figures: Vec<Figure>,
    /// Required fields that people lack.
    pub missing: Vec<MissingField>,
    /// Values that could not be read.
    pub unread: Vec<UnreadValue>,
    /// How many more such values there are.
    pub more_unread: usize,
    /// Refused requests by cause.
    pub refused: Vec<RefusedFor>,
    /// For how many days they are counted.
    pub days: u64,
    /// Link to all requests.
    pub requests: String,
    /// Link back.
    pub back: String,
}

/// A required field that people lack.
#[derive(Clone, Debug)]
pub struct MissingField {
    /// "Country is missing".
    pub title: String,
    /// How many people.
    pub count: u64,
    /// The first of them.
    pub people: Vec<Person>,
    /// How many more.
    pub more: u64,
    /// What puts it right, in the provider's words.
    pub fix: Html,
}

/// A value that came and could not be read.
#[derive(Clone, Debug)]
pub struct UnreadValue {
    /// Whose.
    pub person: Person,
    /// "Country".
    pub field: String,
    /// What came.
    pub received: String,
    /// Why it cannot be read, and what was expected.
    pub problem: String,
}

/// Requests that were refused for one reason.
#[derive(Clone, Debug)]
pub struct RefusedFor {
    /// "Somebody else has this user name already".
    pub means: String,
    /// How many.
    pub count: u64,
    /// When the last of them came.
    pub last: When,
    /// What the last of them was told.
    pub example: String,
    /// What puts it right, in the provider's words.
    pub fix: Html,
    /// Link to these requests.
    pub href: String,
}

impl MissingField {
    fn how_many(&self) -> String {
        if self.count == 1 { "1 person".to_owned() } else { format!("{} people", number(self.count)) }
    }
}

impl RefusedFor {
    fn how_many(&self) -> String {
        if self.count == 1 { "1 request".to_owned() } else { format!("{} requests", number(self.count)) }
    }

    fn see(&self) -> String {
        if self.count == 1 { "See the request".to_owned() } else { format!("See the {}", self.how_many()) }
    }
}

impl DirectoryHealth {
    fn is_well(&self) -> bool {
        self.missing.is_empty() && self.unread.is_empty() && self.refused.is_empty()
    }

    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("Health", Place::Directory);
        page.crumbs = vec![Crumb::new("Directory", "/org/directory")];
        let person = |name: &str, email: &str| Person::new(name, email).linked("/org/members/mem_01");
        Self {
            page,
            provider: "Okta".to_owned(),
            nobody: false,
            first_step: String::new(),
            state: Status::warn("Needs a look"),
            longest: "3 days".to_owned(),
            last_request: When::new("2026-11-23T17:12:12Z", "23 November 2026, 17:12 UTC"),
            notices: Vec::new(),
            figures: vec![
                Figure::count(225, "people sent"),
                Figure::count(4, "groups"),
                Figure::count(4, "incomplete").key(Tone::Warn),
                Figure::count(3, "refused in 7 days").key(Tone::Bad),
            ],
            missing: vec![MissingField {
                title: "Country is missing".to_owned(),
                count: 4,
                people: vec![
                    person("Oliver Brandt", "oliver.brandt@acme.example"),
                    person("Benedikt Freiherr von Hohenlohe-Waldenburg", "benedikt.hohenlohe@acme.example"),
                ],
                more: 2,
                fix: Html::marked(
                    "In `Provisioning`, `To App`, `Mappings` map the country to ``addresses[type eq \"work\"].country``.",
                ),
            }],
            unread: vec![UnreadValue {
                person: person("Hannah Schönfelder", "hannah.schoenfelder@acme.example"),
                field: "Country".to_owned(),
                received: "D-A-CH".to_owned(),
                problem: "“D-A-CH” is not one country. Expected a name or code, such as Germany or DE."
                    .to_owned(),
            }],
            more_unread: 3,
            refused: vec![RefusedFor {
                means: "Somebody else has this user name or id already".to_owned(),
                count: 3,
                last: When::words("23 Nov 2026, 17:12"),
                example: "Refused: userName “j•••@acme.example” is taken already.".to_owned(),
                fix: Html::marked("In `Sign On` see what the `Application username format` is."),
                href: "/org/directory/dir_01/requests?cause=uniqueness".to_owned(),
            }],
            days: 7,
            requests: "/org/directory/dir_01/requests".to_owned(),
            back: "/org/directory".to_owned(),
        }
    }

    /// A sample before anything came.
    pub fn sample_empty() -> Self {
        Self {
            nobody: true,
            first_step: "Assign somebody to Northwind Privacy in Okta; yourself is fine.".to_owned(),
            state: Status::pending("Nothing received yet"),
            ..Self::sample_well()
        }
    }

    /// A sample where all is well.
    pub fn sample_well() -> Self {
        Self {
            state: Status::ok("Healthy"),
            missing: Vec::new(),
            unread: Vec::new(),
            refused: Vec::new(),
            ..Self::sample()
        }
    }
}
