//! Where each profile field comes from, shown on people who really arrived.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Icon, Notice, Opt, Select, Status, Tone};
use askama::Template;

/// The mapping, with a preview on up to three people.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/mapping.html")]
pub struct ScimMapping {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// How it stands, in light markup.
    pub lede: Html,
    /// A value that cannot be read, or a field that nobody sends.
    pub notice: Option<Notice>,
    /// Names of the people shown, at most three.
    pub people: Vec<String>,
    /// The fields.
    pub rows: Vec<MappingRow>,
    /// Which group gives which role; empty if there are no groups.
    pub groups: Vec<GroupRole>,
    /// What else is sent, in light markup; may be empty.
    pub note: Html,
    /// Where the form is posted to. A button `again` asks for the preview with other sources.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// One profile field.
#[derive(Clone, Debug)]
pub struct MappingRow {
    /// Name of the form field.
    pub name: String,
    /// "Country".
    pub label: String,
    /// "recommended", "optional" or empty.
    pub need: &'static str,
    /// Where it can come from.
    pub sources: Vec<Opt>,
    /// The exact path: `addresses[type eq "work"].country`.
    pub path: String,
    /// What comes out, for each person shown.
    pub values: Vec<MappedValue>,
}

/// What comes out for one person.
#[derive(Clone, Debug, Default)]
pub struct MappedValue {
    /// "Germany"; empty when there is none.
    pub value: String,
    /// What was sent, if it differs: "Deutschland"; may be empty.
    pub from: String,
    /// What is wrong with it.
    pub problem: Option<Status>,
}

/// A group and the role it gives.
#[derive(Clone, Debug)]
pub struct GroupRole {
    /// Name of the form field.
    pub name: String,
    /// Name of the group.
    pub group: String,
    /// How many are in it, in words.
    pub members: String,
    /// The roles.
    pub roles: Vec<Opt>,
}

impl MappingRow {
    fn select(&self) -> Select {
        Select::new(&self.name, &format!("Source of {}", self.label), &self.sources).small()
    }
}

impl GroupRole {
    fn select(&self) -> Select {
        Select::new(&self.name, &format!("Role of {}", self.group), &self.roles).small()
    }
}

impl ScimMapping {
    /// A sample.
    pub fn sample() -> Self {
        let value = |value: &str, from: &str| MappedValue {
            value: value.to_owned(),
            from: from.to_owned(),
            problem: None,
        };
        let row = |name: &str, label: &str, need, path: &str, values: Vec<MappedValue>| MappingRow {
            name: name.to_owned(),
            label: label.to_owned(),
            need,
            sources: Opt::list(&[(path, label), ("userName", "Username"), ("", "Ask the person")], path),
            path: path.to_owned(),
            values,
        };
        let unreadable = MappedValue {
            value: String::new(),
            from: "D-A-CH".to_owned(),
            problem: Some(Status::warn("Not readable")),
        };
        Self {
            page: sample_wizard("Match the fields", 3),
            provider: "Okta".to_owned(),
            lede: Html::marked("On the right is what comes out for three of the 225 people that Okta sent."),
            notice: Some(Notice::new(
                Tone::Warn,
                "One person’s country cannot be read",
                "Okta sent **“D-A-CH”** for Hannah Schönfelder. We expected one country, as a name or a code: \
                 **Germany**, **Deutschland**, **DE** or **DEU**. She cannot sign in before this is settled.",
            )),
            people: ["Jonas Weber", "Amara Nwosu", "Hannah Schönfelder"].map(str::to_owned).to_vec(),
            rows: vec![
                row(
                    "firstName",
                    "First name",
                    "",
                    "name.givenName",
                    vec![value("Jonas", ""), value("Amara", ""), value("Hannah", "")],
                ),
                row(
                    "email",
                    "Email",
                    "",
                    "emails[primary eq true].value",
                    vec![
                        value("jonas.weber@acme.example", ""),
                        value("amara.nwosu@acme.example", ""),
                        value("hannah.schoenfelder@acme.example", ""),
                    ],
                ),
                row(
                    "country",
                    "Country",
                    "",
                    "addresses[type eq \"work\"].country",
                    vec![value("Germany", "Deutschland"), value("Nigeria", "NG"), unreadable],
                ),
                row("birthYear", "Year of birth", "recommended", "", vec![MappedValue::default(); 3]),
            ],
            groups: vec![GroupRole {
                name: "group.dgr_01".to_owned(),
                group: "Privacy admins".to_owned(),
                members: "3 people".to_owned(),
                roles: Opt::list(&[("member", "Member"), ("admin", "Administrator")], "admin"),
            }],
            note: Html::marked("Okta also sends 11 attributes that we do not use. We keep them as they are."),
            action: "/s/token/scim/mapping".to_owned(),
            back: "/s/token/scim/waiting".to_owned(),
        }
    }
}
