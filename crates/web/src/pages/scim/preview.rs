//! What would happen, in numbers and names, before it does.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Bar, Figure, Icon, Person, Tone, number};
use askama::Template;

/// The preview of a first sync.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/preview.html")]
pub struct ScimPreview {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// "Okta sent 225 people. …"
    pub lede: String,
    /// People by what changes for them.
    pub groups: Vec<PreviewGroup>,
    /// A sentence to agree to (the form field is `sure`), if somebody leaves; may be empty.
    pub sure: String,
    /// What is wrong with the answer; may be empty.
    pub error: String,
    /// Where going live is posted to.
    pub action: String,
    /// "Go live with 225 people".
    pub label: String,
    /// Where people may still arrive.
    pub ask_again: String,
    /// Link back.
    pub back: String,
    /// Link to the page that says where sign-in and directory would not meet; none where there is one of the two.
    pub joining: Option<String>,
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
}

impl PreviewGroup {
    /// How many are not named, if some are.
    fn more(&self) -> Option<String> {
        let named = u64::try_from(self.people.len()).unwrap_or(u64::MAX);
        (named > 0 && named < self.count).then(|| number(self.count - named))
    }
}

impl ScimPreview {
    fn figures(&self) -> Vec<Figure> {
        self.groups.iter().map(|g| Figure::count(g.count, &g.words).key(g.tone)).collect()
    }

    fn bar(&self) -> Bar {
        let words: Vec<String> = self.groups.iter().map(|g| format!("{} {}", g.count, g.words)).collect();
        Bar { parts: self.groups.iter().map(|g| (g.tone, g.count)).collect(), label: words.join(", ") }
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
        };
        Self {
            page: sample_wizard("Preview and go live", 5),
            joining: Some("/s/token/joining".to_owned()),
            provider: "Okta".to_owned(),
            lede: "Okta sent 225 people. Here they are, sorted by what changes. Nothing has happened yet."
                .to_owned(),
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
            ],
            sure: "Yes, Daniel Cohen and Henrik Sørensen leave".to_owned(),
            error: "Two people would leave. Tick the box if that is right.".to_owned(),
            action: "/s/token/scim/go-live".to_owned(),
            label: "Go live with 225 people".to_owned(),
            ask_again: "/s/token/scim/waiting".to_owned(),
            back: "/s/token/scim/leavers".to_owned(),
        }
    }
}
