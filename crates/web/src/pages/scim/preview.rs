//! What would happen, in numbers and names, before it does.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::pages::org::{Place, sample_org};
use crate::parts::{Bar, Figure, Icon, Notice, Pager, Person, Tone, number};
use askama::Template;

/// The preview of a first sync.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/preview.html")]
pub struct ScimPreview {
    /// Surroundings.
    pub page: Page,
    /// What would happen.
    pub it: Preview,
    /// What is wrong with the answer; may be empty.
    pub error: String,
    /// Where going live is posted to.
    pub action: String,
    /// Where people may still arrive.
    pub ask_again: String,
    /// Link back.
    pub back: String,
    /// Link to the page that says where sign-in and directory would not meet; none where there is one of the two.
    pub joining: Option<String>,
}

/// What would happen.
#[derive(Clone, Debug)]
pub struct Preview {
    /// "Okta sent 225 people. …"
    pub lede: String,
    /// That it would stop, and what to do.
    pub notice: Option<Notice>,
    /// People by what changes for them.
    pub groups: Vec<PreviewGroup>,
    /// A sentence to agree to (the form field is `sure`), if somebody leaves; may be empty.
    pub sure: String,
    /// "Go live with 225 people".
    pub label: String,
    /// What makes the first people come.
    pub first_step: String,
}

/// The preview at `/org`, at any time before it is live.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/org_preview.html")]
pub struct OrgPreview {
    /// Surroundings.
    pub page: Page,
    /// What would happen.
    pub it: Preview,
    /// What is wrong with the answer; may be empty.
    pub error: String,
    /// Link to the fields.
    pub mapping: String,
    /// Where going live is posted to: field `do`.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// A directory that is live, and how far what was sent is applied.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/org_live.html")]
pub struct OrgLive {
    /// Surroundings; `live` is set while there is something left to do.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// That it was stopped before anybody left.
    pub notice: Option<Notice>,
    /// How many of how many have been taken in; none once nothing is left to do.
    pub progress: Option<(u64, u64)>,
    /// With a place, incomplete, inactive.
    pub figures: Vec<Figure>,
    /// This page, which is asked for again every two seconds.
    pub here: String,
    /// Link to how it does.
    pub health: String,
    /// Where going back is posted to: field `do`.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// People for whom the same changes.
#[derive(Clone, Debug)]
pub struct PreviewGroup {
    /// Colour of its share.
    pub tone: Tone,
    /// How many.
    pub count: u64,
    /// "get a place".
    pub words: String,
    /// What it means, in light markup.
    pub text: Html,
    /// The first of them, each with a remark.
    pub people: Vec<(Person, String)>,
    /// Shown at once.
    pub open: bool,
    /// Counted in the whole; false for people who stand in another group too.
    pub counted: bool,
    /// Link to all of them.
    pub all: String,
}

/// Everybody for whom the same changes, page by page.
#[derive(Clone, Debug)]
pub struct PreviewPeople {
    /// "Who would get a place".
    pub title: String,
    /// What it means for them.
    pub text: String,
    /// Each with a remark.
    pub people: Vec<(Person, String)>,
    /// To the pages before and after.
    pub pager: Pager,
    /// Link to the preview.
    pub back: String,
}

/// The list in the wizard.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/preview_people.html")]
pub struct ScimPreviewPeople {
    /// Surroundings.
    pub page: Page,
    /// Who.
    pub it: PreviewPeople,
}

/// The list at `/org`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/org_preview_people.html")]
pub struct OrgPreviewPeople {
    /// Surroundings.
    pub page: Page,
    /// Who.
    pub it: PreviewPeople,
}

impl PreviewGroup {
    /// How many there are, if some are not named.
    fn more(&self) -> Option<String> {
        let named = u64::try_from(self.people.len()).unwrap_or(u64::MAX);
        (named > 0 && named < self.count).then(|| number(self.count))
    }

    fn number(&self) -> String {
        number(self.count)
    }
}

impl Preview {
    fn whole(&self) -> impl Iterator<Item = &PreviewGroup> {
        self.groups.iter().filter(|group| group.counted && group.count > 0)
    }

    fn figures(&self) -> Vec<Figure> {
        self.whole().map(|g| Figure::count(g.count, &g.words).key(g.tone)).collect()
    }

    fn bar(&self) -> Bar {
        let words: Vec<String> = self.whole().map(|g| format!("{} {}", g.count, g.words)).collect();
        Bar { parts: self.whole().map(|g| (g.tone, g.count)).collect(), label: words.join(", ") }
    }

    /// A sample.
    pub fn sample() -> Self {
        let group = |tone, count, words: &str, text: &str, people: &[(&str, &str)], open| PreviewGroup {
            tone,
            count,
            words: words.to_owned(),
            text: Html::marked(text),
            people: people
                .iter()
                .map(|(name, remark)| (Person::new(name, "someone@acme.example"), (*remark).to_owned()))
                .collect(),
            open,
            counted: words != "become administrators",
            all: "/s/token/scim/live?who=come".to_owned(),
        };
        Self {
            lede: "Okta sent 225 people. Here they are, sorted by what changes. Nothing has happened yet."
                .to_owned(),
            notice: Some(Notice::new(
                Tone::Warn,
                "61 of 225 members would leave: more than the limit",
                "The limit is 10 people and 20 % within an hour. Going live stops before anybody leaves.",
            )),
            groups: vec![
                group(
                    Tone::Brand,
                    212,
                    "get a place",
                    "They can sign in at once.",
                    &[("Jonas Weber", "")],
                    false,
                ),
                group(Tone::Ok, 9, "join their account", "Same verified address, same person.", &[], false),
                group(
                    Tone::Warn,
                    4,
                    "stay incomplete",
                    "A required field is missing.",
                    &[
                        ("Hannah Schönfelder", "country: “D-A-CH”"),
                        ("Oliver Brandt", "country: nothing sent"),
                    ],
                    true,
                ),
                group(
                    Tone::Bad,
                    2,
                    "leave",
                    "They are members today and are not in Okta.",
                    &[("Daniel Cohen", "member since March 2025"), ("Henrik Sørensen", "since January 2026")],
                    true,
                ),
                group(
                    Tone::None,
                    1,
                    "become administrators",
                    "A group says so.",
                    &[("Amara Nwosu", "")],
                    true,
                ),
            ],
            sure: "Yes, 2 people leave".to_owned(),
            label: "Go live with 225 people".to_owned(),
            first_step: "Assign somebody to Northwind Privacy in Okta; yourself is fine.".to_owned(),
        }
    }
}

impl ScimPreview {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Preview and go live", 5),
            joining: Some("/s/token/joining".to_owned()),
            it: Preview::sample(),
            error: "Two people would leave. Tick the box if that is right.".to_owned(),
            action: "/s/token/scim/go-live".to_owned(),
            ask_again: "/s/token/scim/waiting".to_owned(),
            back: "/s/token/scim/leavers".to_owned(),
        }
    }
}

impl OrgPreview {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Preview", Place::Directory),
            it: Preview::sample(),
            error: String::new(),
            mapping: "/org/directory/dir_01/mapping".to_owned(),
            action: "/org/directory/dir_01/preview".to_owned(),
            back: "/org/directory".to_owned(),
        }
    }
}

impl OrgPreview {
    /// A sample before anybody came.
    pub fn sample_empty() -> Self {
        let lede = "Okta has sent nobody yet, so nothing would happen.".to_owned();
        let (groups, label) = (Vec::new(), "Go live".to_owned());
        let it = Preview { lede, groups, label, notice: None, sure: String::new(), ..Preview::sample() };
        Self { it, ..Self::sample() }
    }
}

impl OrgLive {
    /// A sample while people are taken in.
    pub fn sample() -> Self {
        let mut page = sample_org("Live", Place::Directory);
        page.live = true;
        Self {
            page,
            provider: "Okta".to_owned(),
            notice: None,
            progress: Some((142, 225)),
            figures: vec![Figure::count(142, "with a place")],
            here: "/org/directory/dir_01/preview".to_owned(),
            health: "/org/directory/dir_01/health".to_owned(),
            action: "/org/directory/dir_01/preview".to_owned(),
            back: "/org/directory".to_owned(),
        }
    }
}

impl PreviewPeople {
    /// A sample.
    pub fn sample() -> Self {
        let person =
            |name: &str, remark: &str| (Person::new(name, "someone@acme.example"), remark.to_owned());
        Self {
            title: "Who would stay incomplete".to_owned(),
            text: "A required field is missing. They are asked for it once.".to_owned(),
            people: vec![
                person("Hannah Schönfelder", "country: “D-A-CH”"),
                person("Oliver Brandt", "country: nothing sent"),
            ],
            pager: Pager {
                summary: "50 people, in the order in which they came".to_owned(),
                previous: None,
                next: Some("/org/directory/dir_01/preview?who=incomplete&after=usr_01".to_owned()),
            },
            back: "/org/directory/dir_01/preview".to_owned(),
        }
    }
}

impl ScimPreviewPeople {
    /// A sample.
    pub fn sample() -> Self {
        Self { page: sample_wizard("Preview and go live", 5), it: PreviewPeople::sample() }
    }
}

impl OrgPreviewPeople {
    /// A sample.
    pub fn sample() -> Self {
        Self { page: sample_org("Preview", Place::Directory), it: PreviewPeople::sample() }
    }
}
