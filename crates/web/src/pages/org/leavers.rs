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

/// A sync that was stopped: who goes, who stays.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/brake_some.html")]
pub struct OrgBrakeSome {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// How many are on the list.
    pub all: u64,
    /// The groups that they share; the form field is `group`.
    pub groups: Vec<Pick>,
    /// The first of the people; the form field is `person`.
    pub people: Vec<Pick>,
    /// How many there are besides.
    pub more: u64,
    /// Why it was not taken; may be empty.
    pub error: String,
    /// Where the form is posted to.
    pub action: String,
    /// The page of the stop.
    pub back: String,
}

/// Somebody, or a group, that can be ticked.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The value posted.
    pub value: String,
    /// The name.
    pub name: String,
    /// The address, or how many of the group it is about.
    pub detail: String,
}

/// Who goes and who stays, before it is done.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/brake_sure.html")]
pub struct OrgBrakeSure {
    /// Surroundings.
    pub page: Page,
    /// How many go.
    pub go: u64,
    /// How many stay.
    pub stay: u64,
    /// The provider's name.
    pub provider: String,
    /// The first of those who go.
    pub people: Vec<Person>,
    /// How many there are besides.
    pub more: u64,
    /// What was ticked.
    pub chosen_people: Vec<String>,
    /// See `chosen_people`.
    pub chosen_groups: Vec<String>,
    /// Field `n`: how many go.
    pub confirm: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Back to the choice.
    pub back: String,
}

impl OrgBrakeSome {
    /// A sample.
    pub fn sample() -> Self {
        let pick = |value: &str, name: &str, detail: &str| Pick {
            value: value.to_owned(),
            name: name.to_owned(),
            detail: detail.to_owned(),
        };
        Self {
            page: sample_org("Choose who goes", Place::Directory),
            provider: "Okta".to_owned(),
            all: 61,
            groups: vec![pick("grp_01", "Engineering", "58 of the 61, nobody else is in it")],
            people: vec![
                pick("mem_01", "Jonas Weber", "jonas@acme.example"),
                pick("mem_02", "Yuki Tanaka", "yuki@acme.example"),
            ],
            more: 59,
            error: "Nobody is chosen. Tick who goes, or go back and keep everybody.".to_owned(),
            action: "/org/directory/brake/choose".to_owned(),
            back: "/org/directory/brake".to_owned(),
        }
    }
}

impl OrgBrakeSure {
    fn title(&self) -> String {
        let goes = if self.go == 1 { "1 person goes".to_owned() } else { format!("{} people go", self.go) };
        let stays = if self.stay == 1 { "stays" } else { "stay" };
        format!("{goes}, {} {stays}", self.stay)
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Who goes, who stays", Place::Directory),
            go: 2,
            stay: 59,
            provider: "Okta".to_owned(),
            people: vec![
                Person::new("Jonas Weber", "jonas@acme.example"),
                Person::new("Yuki Tanaka", "yuki@acme.example"),
            ],
            more: 0,
            chosen_people: vec!["mem_01".to_owned()],
            chosen_groups: vec!["grp_01".to_owned()],
            confirm: Field::wrong("3", "Type **2** to let 2 go and keep the others."),
            action: "/org/directory/brake/choose".to_owned(),
            back: "/org/directory/brake/choose".to_owned(),
        }
    }
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
