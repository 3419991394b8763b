//! Where sign-in and directory would not meet.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::pages::setup::sample_wizard;
use crate::parts::{Compare, Figure, Notice, Status, Tone, number};
use askama::Template;

/// The page at `/org` and in the console.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/joining.html")]
pub struct OrgJoining {
    /// Surroundings.
    pub page: Page,
    /// What there is to say.
    pub joining: Joining,
    /// Link back.
    pub back: String,
}

/// The same in the wizard, before going live.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/joining.html")]
pub struct SetupJoining {
    /// Surroundings.
    pub page: Page,
    /// What there is to say.
    pub joining: Joining,
    /// Link back to the step before going live.
    pub back: String,
}

/// What there is to say of the company's people.
#[derive(Clone, Debug)]
pub struct Joining {
    /// How it stands, in a sentence.
    pub notice: Notice,
    /// How many meet, would not, will.
    pub figures: Vec<Figure>,
    /// People, the worst first.
    pub rows: Vec<JoiningRow>,
    /// How many more there are.
    pub more: u64,
    /// So many people of the directory were looked at, the newest; none where it was everybody.
    pub newest: Option<u64>,
}

/// One person.
#[derive(Clone, Debug)]
pub struct JoiningRow {
    /// "Jane Lee".
    pub name: String,
    /// "from a test through Okta".
    pub from: String,
    /// "A second member would come".
    pub status: Status,
    /// What happens at the sign-in.
    pub what: String,
    /// The address of the directory beside that of the sign-in.
    pub compare: Option<Compare>,
    /// Other names of the person: `userName`, Name ID.
    pub facts: Vec<(String, String)>,
    /// The way out, in the provider's words; may be empty.
    pub fix: Vec<Html>,
}

impl Joining {
    /// How many people of the directory were looked at, where it was not everybody.
    fn newest_people(&self) -> Option<String> {
        self.newest.map(number)
    }

    /// How many people are not named.
    fn more_people(&self) -> Option<String> {
        (self.more > 0).then(|| number(self.more))
    }

    /// A sample.
    pub fn sample() -> Self {
        let mut compare = Compare::new("jane.lee@acme.example", "jlee@corp.example");
        "The directory says".clone_into(&mut compare.expected_label);
        "The sign-in says".clone_into(&mut compare.received_label);
        Self {
            notice: Notice::new(
                Tone::Warn,
                "One person would not meet",
                "What would happen, and the way out, stand below.",
            ),
            figures: vec![
                Figure::count(12, "sign-ins meet the directory"),
                Figure::count(1, "would not meet"),
                Figure::count(212, "join at their first sign-in"),
            ],
            rows: vec![
                JoiningRow {
                    name: "Jane Lee".to_owned(),
                    from: "from a test through Okta".to_owned(),
                    status: Status::bad("A second member would come"),
                    what: "The sign-in finds nobody with its address, so Acme would get a second member for the same person, \
                           beside the one that Okta looks after."
                        .to_owned(),
                    compare: Some(compare),
                    facts: vec![
                        ("userName".to_owned(), "jane.lee@acme.example".to_owned()),
                        ("Name ID, or id".to_owned(), "jlee@corp.example".to_owned()),
                    ],
                    fix: vec![
                        Html::marked("Let Okta send the address that the directory has as the person’s email."),
                        Html::marked("Configure SAML › Attribute Statements"),
                    ],
                },
                JoiningRow {
                    name: "Kim Park".to_owned(),
                    from: "sent by Okta".to_owned(),
                    status: Status::pending("Confirms by mail"),
                    what: "The address lies in no verified domain.".to_owned(),
                    compare: None,
                    facts: vec![("Email".to_owned(), "kim@studio.example".to_owned())],
                    fix: Vec::new(),
                },
            ],
            more: 3,
            newest: Some(1000),
        }
    }
}

impl OrgJoining {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Who meets whom", Place::SignOn),
            joining: Joining::sample(),
            back: "/org/sign-on".to_owned(),
        }
    }
}

impl SetupJoining {
    /// A sample where everybody meets.
    pub fn sample() -> Self {
        let joining = Joining {
            notice: Notice::new(
                Tone::Ok,
                "Everybody who signed in meets the directory",
                "As far as anybody has tried it.",
            ),
            rows: Vec::new(),
            more: 0,
            newest: None,
            ..Joining::sample()
        };
        Self { page: sample_wizard("Who meets whom", 5), joining, back: "/s/token/sso/live".to_owned() }
    }
}
