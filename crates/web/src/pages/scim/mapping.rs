//! Where each profile field comes from, shown on people who really arrived; one editor for the wizard and for `/org`.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::pages::org::{Place, sample_org};
use crate::parts::{Crumb, Field, Icon, Input, Notice, Opt, Person, Select, Status, Tone};
use askama::Template;

/// The editor in the wizard.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/mapping.html")]
pub struct ScimMapping {
    /// Surroundings; `live` is set.
    pub page: Page,
    /// The editor.
    pub body: MappingBody,
    /// Link back.
    pub back: String,
}

/// The editor at `/org`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/org_mapping.html")]
pub struct OrgMapping {
    /// Surroundings; `live` is set.
    pub page: Page,
    /// The editor.
    pub body: MappingBody,
    /// Link back.
    pub back: String,
}

/// The editor.
#[derive(Clone, Debug)]
pub struct MappingBody {
    /// The provider's name.
    pub provider: String,
    /// How it stands.
    pub lede: Html,
    /// A value that cannot be read, or a field that nobody sends.
    pub notice: Option<Notice>,
    /// Names of the people with a column, at most three.
    pub people: Vec<String>,
    /// The fields.
    pub rows: Vec<MappingRow>,
    /// Field `own_places`: where a new field of the vendor's own is.
    pub own: Field,
    /// The vendor.
    pub vendor: String,
    /// Every place in which somebody has a value.
    pub sources: Vec<String>,
    /// Which group gives which role, the first that holds for a person counts.
    pub rules: Vec<RoleRow>,
    /// Groups that can be chosen; the first entry is none.
    pub groups: Vec<Opt>,
    /// Values that are settled, or could not be read.
    pub settled: Vec<ReadAs>,
    /// What the choices would change; none before it was asked for.
    pub trial: Option<TrialView>,
    /// Where the form is posted to.
    pub action: String,
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
    /// Where it can come from first; empty where only the places are edited.
    pub sources: Vec<Opt>,
    /// Where it comes from now, where its choice is called otherwise: `addresses[type eq "work"].country`.
    pub path: String,
    /// What a person has for whom nothing came: "asked once".
    pub nothing: &'static str,
    /// Every place in which it is looked for, one a line.
    pub places: Field,
    /// What comes out, for each person with a column.
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
pub struct RoleRow {
    /// Its place in the order, from 0.
    pub at: usize,
    /// What the rule names: an id, or a name.
    pub group: String,
    /// Name of the group.
    pub name: String,
    /// How many are in it, in words.
    pub members: String,
    /// The roles.
    pub roles: Vec<Opt>,
}

/// A value, and what it is read as.
#[derive(Clone, Debug)]
pub struct ReadAs {
    /// Its place in the list, from 0.
    pub at: usize,
    /// "Country".
    pub label: String,
    /// `country`.
    pub field: String,
    /// What was sent.
    pub received: String,
    /// What it is read as; empty for nothing.
    pub value: String,
}

/// What the choices would change.
#[derive(Clone, Debug, Default)]
pub struct TrialView {
    /// "What changes when you save".
    pub title: String,
    /// "Something is different for 12 of 225 people."
    pub summary: String,
    /// For how many something would be missing; may be empty.
    pub failing: String,
    /// People for whom something is different or wrong.
    pub people: Vec<TrialRow>,
    /// That they are not all of them; may be empty.
    pub more: String,
    /// The name of what is shown: form field `shown`.
    pub shown: String,
}

/// One person, tried.
#[derive(Clone, Debug)]
pub struct TrialRow {
    /// Who.
    pub person: Person,
    /// What would be different.
    pub changes: Vec<TrialChange>,
    /// What would be wrong.
    pub faults: Vec<String>,
}

/// One field before and after.
#[derive(Clone, Debug)]
pub struct TrialChange {
    /// "Country".
    pub label: String,
    /// Before; empty for nothing.
    pub from: String,
    /// After; empty for nothing.
    pub to: String,
}

impl MappingRow {
    /// What the page shows as the first place.
    fn chosen(&self) -> &str {
        self.sources.iter().find(|it| it.selected).map_or("", |it| it.value.as_str())
    }

    fn select(&self) -> Select {
        Select::new(&self.name, &format!("Source of {}", self.label), &self.sources).small()
    }

    fn area(&self) -> Input {
        let label = format!("Places of {}, one on each line", self.label);
        Input::area(&format!("places-{}", self.name), &label, 5).from(&self.places).mono()
    }
}

impl MappingBody {
    fn area(&self) -> Input {
        Input::area("own_places", "Where it is, one place on each line", 2)
            .from(&self.own)
            .mono()
            .placeholder("*:plan")
    }
}

impl RoleRow {
    /// The two roles.
    pub fn roles(chosen: &str) -> Vec<Opt> {
        Opt::list(&[("admin", "Administrator"), ("member", "Member")], chosen)
    }

    fn select(&self) -> Select {
        let name = format!("rule-{}-role", self.at);
        Select::new(&name, &format!("Role of {}", self.name), &self.roles).small()
    }
}

impl ReadAs {
    fn input(&self) -> Input {
        let label = format!("{} “{}” is read as", self.label, self.received);
        Input::text(&format!("read-{}-value", self.at), &label)
            .from(&Field::new(&self.value))
            .autocomplete("off")
            .placeholder("nothing: the person is asked")
    }
}

impl MappingBody {
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
            nothing: "asked once",
            places: Field::new(path),
            values,
        };
        let unreadable = MappedValue {
            value: String::new(),
            from: "D-A-CH".to_owned(),
            problem: Some(Status::warn("Not readable")),
        };
        let own = MappingRow {
            sources: Vec::new(),
            ..row("plan", "plan", "optional", "*:plan", vec![value("plus", ""); 3])
        };
        let rule = |at, name: &str, members: &str, role: &str| RoleRow {
            at,
            group: format!("grp_{name}"),
            name: name.to_owned(),
            members: members.to_owned(),
            roles: RoleRow::roles(role),
        };
        Self {
            provider: "Okta".to_owned(),
            lede: Html::marked("On the right is what comes out for three of the 225 people that Okta sent."),
            notice: Some(Notice::new(
                Tone::Warn,
                "One person’s country cannot be read",
                "Okta sent **“D-A-CH”** for Hannah Schönfelder.",
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
                    "country",
                    "Country",
                    "",
                    "addresses[type eq \"work\"].country",
                    vec![value("Germany", "Deutschland"), value("Nigeria", "NG"), unreadable],
                ),
                row("birthYear", "Year of birth", "recommended", "", vec![MappedValue::default(); 3]),
                own,
            ],
            own: Field::wrong("name[", "“name[” is not a path to an attribute."),
            vendor: "Northwind Privacy".to_owned(),
            sources: vec!["userName".to_owned(), "name.givenName".to_owned()],
            rules: vec![
                rule(0, "Privacy admins", "3 members", "admin"),
                rule(1, "Everyone", "225 members", "member"),
            ],
            groups: Opt::list(&[("", "Choose a group"), ("grp_01", "Interns")], ""),
            settled: vec![ReadAs {
                at: 0,
                label: "Country".to_owned(),
                field: "country".to_owned(),
                received: "D-A-CH".to_owned(),
                value: "DE".to_owned(),
            }],
            trial: None,
            action: "/s/token/scim/mapping".to_owned(),
        }
    }

    /// A sample that shows what would change.
    pub fn sample_tried() -> Self {
        let change = |label: &str, from: &str, to: &str| TrialChange {
            label: label.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let row = |name: &str, changes: Vec<TrialChange>, faults: &[&str]| TrialRow {
            person: Person::new(name, "someone@acme.example"),
            changes,
            faults: faults.iter().map(|it| (*it).to_owned()).collect(),
        };
        Self {
            trial: Some(TrialView {
                title: "What changes when you save".to_owned(),
                summary: "Something is different for 2 of 225 people.".to_owned(),
                failing: "For 1 person something would be missing or not readable.".to_owned(),
                more: "These are the first 3.".to_owned(),
                people: vec![
                    row(
                        "Jonas Weber",
                        vec![change("Country", "Germany", "France"), change("Role", "member", "admin")],
                        &[],
                    ),
                    row(
                        "Hannah Schönfelder",
                        vec![change("Country", "Austria", "")],
                        &["Country is missing."],
                    ),
                    row("سارة عبد الله", vec![change("City", "القاهرة", "الإسكندرية")], &[]),
                ],
                shown: "0011".to_owned(),
            }),
            ..Self::sample()
        }
    }
}

impl ScimMapping {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_wizard("Match the fields", 3);
        page.live = true;
        Self { page, body: MappingBody::sample(), back: "/s/token/scim/waiting".to_owned() }
    }
}

impl OrgMapping {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("Fields and roles", Place::Directory);
        page.crumbs = vec![Crumb::new("Directory", "/org/directory")];
        page.live = true;
        Self { page, body: MappingBody::sample_tried(), back: "/org/directory".to_owned() }
    }
}
