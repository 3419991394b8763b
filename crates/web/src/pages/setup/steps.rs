//! The chosen provider's steps, in its own order and words.

use super::{Way, sample_wizard};
use crate::guide::{RenderedGuide, RenderedStep, Values, find};
use crate::layout::Page;
use crate::parts::{Icon, Notice, Tone};
use askama::Template;

/// The steps of a guide, with our values in them.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/steps.html")]
pub struct SetupSteps {
    /// Surroundings.
    pub page: Page,
    /// "Make an app for Northwind Privacy in Okta".
    pub title: String,
    /// The guide.
    pub guide: RenderedGuide,
    /// Other ways with the same provider.
    pub others: Vec<Way>,
    /// Ids of the steps that were ticked.
    pub done: Vec<String>,
    /// Where a tick is posted to (fields `step` and `done`); answer with a redirect to `#step-{id}`.
    pub done_action: String,
    /// What comes after the steps.
    pub next: String,
    /// "I have the metadata URL".
    pub next_label: String,
    /// Link to the list of providers.
    pub back: String,
    /// Said above the steps, such as how to get a new token.
    pub notice: Option<Notice>,
}

impl SetupSteps {
    fn is_done(&self, step: &RenderedStep) -> bool {
        self.done.contains(&step.id)
    }

    fn count_done(&self) -> usize {
        self.guide.steps.iter().filter(|s| self.is_done(s)).count()
    }

    fn instead(&self) -> Option<Notice> {
        (!self.guide.instead.is_empty()).then(|| Notice {
            link: None,
            tone: Tone::Brand,
            title: format!("{} cannot be connected directly", self.guide.name),
            text: self.guide.instead.clone(),
            alert: false,
        })
    }

    /// A sample.
    pub fn sample() -> Self {
        Self::sample_of("okta-saml")
    }

    /// A sample of a provider without steps of its own.
    pub fn sample_general() -> Self {
        Self::sample_of("simplesamlphp")
    }

    fn sample_of(id: &str) -> Self {
        let guide = find(id).map(|g| g.render(&Values::sample()));
        let guide = guide.unwrap_or_else(|| crate::guide::sso()[0].render(&Values::sample()));
        Self {
            page: sample_wizard("Set up Okta", 2),
            title: format!("Make an app for Northwind Privacy in {}", guide.name),
            guide,
            others: vec![Way {
                label: "OpenID Connect".to_owned(),
                href: "/s/token/providers/okta-oidc".to_owned(),
                chooses: true,
            }],
            done: vec!["create".to_owned(), "sp_values".to_owned()],
            done_action: "/s/token/steps".to_owned(),
            next: "/s/token/metadata".to_owned(),
            next_label: "I have the metadata URL".to_owned(),
            back: "/s/token/providers".to_owned(),
            notice: None,
        }
    }
}
