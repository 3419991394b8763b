//! What happens when people leave, and a sync that was stopped because too many would.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::pages::scim::policies;
use crate::parts::{Choice, Compare, Field, Icon, Input, Person, Status, When};
use askama::Template;

/// Leaver policy, and who is leaving now.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/leavers.html")]
pub struct OrgLeavers {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// A sentence below the heading.
    pub summary: String,
    /// The two policies; the form field is `policy`.
    pub policies: Vec<Choice>,
    /// Field `grace`: hours.
    pub grace: Field,
    /// Field `people`: how many leavers stop a directory.
    pub brake_people: Field,
    /// Field `percent`: which share of the members must leave for that too.
    pub brake_percent: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Where a file of leavers is posted to.
    pub file_action: String,
    /// Link to the receipts of erasures.
    pub receipts: String,
    /// Link to the leaver drills.
    pub drills: String,
    /// Who is leaving.
    pub leaving: Vec<Leaving>,
}

/// Somebody who is leaving.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// Who; the second line says by whom and when.
    pub person: Person,
    /// "Erasing in 18 h 22 min", "Disconnected".
    pub status: Status,
    /// Where undoing is posted to; none when it is too late.
    pub undo: Option<String>,
}

/// A sync that was stopped.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/brake.html")]
pub struct OrgBrake {
    /// Surroundings.
    pub page: Page,
    /// How it stands, in light markup.
    pub lede: Html,
    /// How many would leave.
    pub would_leave: u64,
    /// Of how many.
    pub members: u64,
    /// The limit, in per cent.
    pub limit_percent: u64,
    /// Usual beside received.
    pub compare: Compare,
    /// What probably happened, and what to do there; in light markup.
    pub cause: Html,
    /// What can be done; the form field is `do`.
    pub choices: Vec<Choice>,
    /// Asked again for the hardest choice, in the form field `n`.
    pub confirm: Field,
    /// Where the form is posted to.
    pub action: String,
    /// The first of the people.
    pub people: Vec<Person>,
    /// How many there are besides.
    pub more: u64,
    /// Where the limits are set.
    pub limits: String,
}

/// A sync in which people left.
#[derive(Clone, Debug)]
pub struct SyncRow {
    /// When it began.
    pub when: When,
    /// The provider's name.
    pub provider: String,
    /// "12 people left".
    pub what: String,
    /// Where undoing is posted to; none when there is nothing to undo.
    pub undo: Option<String>,
}

impl OrgBrake {
    fn percent(&self) -> u64 {
        self.would_leave * 100 / self.members.max(1)
    }

    fn limit_at(&self) -> u64 {
        self.members * self.limit_percent / 100
    }

    /// A sample.
    pub fn sample() -> Self {
        let choice = |value: &str, label: &str, effect: &str, on| Choice::new("do", value, label, effect, on);
        let mut compare = Compare::new("0 to 3 people a day", "61 people in 1 minute 45 seconds");
        "Usual".clone_into(&mut compare.expected_label);
        Self {
            page: sample_org("A sync was stopped", Place::Directory),
            lede: Html::marked(
                "Okta told us that 61 of Acme’s 214 members have left, all within two minutes.",
            ),
            would_leave: 61,
            members: 214,
            limit_percent: 20,
            compare,
            cause: Html::marked(
                "**58 of the 61 are the whole group “Engineering”.** It has probably lost its assignment in Okta.",
            ),
            choices: vec![
                choice("keep", "Keep everyone and wait for Okta", "All 61 go on working.", true),
                Choice {
                    asks: true,
                    ..choice("all", "Let all 61 go", "They are signed out at once.", false)
                },
            ],
            confirm: Field::default(),
            action: "/org/directory/brake".to_owned(),
            people: vec![Person::new("Jonas Weber", "Engineering"), Person::new("Yuki Tanaka", "Design")],
            more: 59,
            limits: "/org/leavers".to_owned(),
        }
    }
}

impl OrgLeavers {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Leavers", Place::Leavers),
            organization: "Acme".to_owned(),
            summary: "Okta tells us who left, or you check someone out yourself. This is what happens then."
                .to_owned(),
            policies: policies("Acme", "Northwind Privacy", "disconnect"),
            grace: Field::wrong("1000", "0 to 720 hours, which is 30 days."),
            brake_people: Field::new("10"),
            brake_percent: Field::new("20"),
            action: "/org/leavers".to_owned(),
            file_action: "/org/leavers/file".to_owned(),
            receipts: "/org/receipts".to_owned(),
            drills: "/org/drills".to_owned(),
            leaving: vec![
                Leaving {
                    person: Person::new("Mei Chen", "by Priya Raman, yesterday 16:10"),
                    status: Status::bad("Erasing in 18 h 22 min").ring(),
                    undo: Some("/org/members/mem_02/undo".to_owned()),
                },
                Leaving {
                    person: Person::new("Daniel Cohen", "by Okta, 24 November"),
                    status: Status::stopped("Disconnected"),
                    undo: None,
                },
            ],
        }
    }
}
