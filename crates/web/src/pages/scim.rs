//! Pages of the setup wizard for directory sync: values, waiting, fields, leavers, preview.

mod health;
mod mapping;
mod preview;
mod request;

pub use health::{DirectoryHealth, MissingField, RefusedFor, UnreadValue};
pub use mapping::{
    MappedValue, MappingBody, MappingRow, OrgMapping, ReadAs, RoleRow, ScimMapping, TrialChange, TrialRow,
    TrialView,
};
pub use preview::{
    OrgLive, OrgPreview, OrgPreviewPeople, Preview, PreviewGroup, PreviewPeople, ScimPreview,
    ScimPreviewPeople,
};
pub use request::{ChangedValue, DirectoryRequests, RequestRow, RequestTold, ScimRequestPage};

use super::sample_page;
use super::setup::Way;
use crate::guide::{RenderedGuide, RenderedStep, Values, find};
use crate::html::Html;
use crate::layout::{Contact, Page, Progress, Rail, RailStep};
use crate::parts::{Check, Choice, Copy, Field, Figure, Icon, Input, Notice, Person, Status, Tone, When};
use askama::Template;

/// Base URL and token, the token once, and the provider's steps.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/credentials.html")]
pub struct ScimCredentials {
    /// Surroundings.
    pub page: Page,
    /// "Let Okta keep the list of people up to date".
    pub title: String,
    /// The guide; render it without the token once that can no longer be shown.
    pub guide: RenderedGuide,
    /// Other ways with the same provider.
    pub others: Vec<Way>,
    /// What just happened, or did not.
    pub notice: Option<Notice>,
    /// Base URL, with the provider's label.
    pub base_url: Copy,
    /// The token, with the provider's label; only right after it was made.
    pub token: Option<Copy>,
    /// When the token that works now was made.
    pub made: When,
    /// "Ends in 9fR, works until you replace it"; in light markup.
    pub token_facts: Html,
    /// The token that a new one is to replace: a form sent twice replaces it once.
    pub token_id: String,
    /// Where the wish for a new token is posted to.
    pub new_token_action: String,
    /// Ids of the steps that were ticked.
    pub done: Vec<String>,
    /// Where a tick is posted to.
    pub done_action: String,
    /// The page that waits.
    pub next: String,
    /// Link to the list of directories.
    pub back: String,
}

/// Listening for the first request, then people arriving.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/waiting.html")]
pub struct ScimWaiting {
    /// Surroundings; `live` is set.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// This page, which is asked for again every two seconds.
    pub here: String,
    /// A request with the right token came.
    pub connected: bool,
    /// Since when we wait.
    pub since: When,
    /// What to do there, in light markup: "Click `Test Connector Configuration` in Okta."
    pub hint: Html,
    /// People, groups, values we cannot read, requests refused.
    pub figures: Vec<Figure>,
    /// The people who came last, each with a place or with what is wrong.
    pub latest: Vec<Arrival>,
    /// When the last request came.
    pub last_request: When,
    /// What we wait for, in order.
    pub checks: Vec<Check>,
    /// What the provider may say instead, and what to do; in light markup.
    pub troubles: Vec<Html>,
    /// The next page, once somebody has come.
    pub next: Option<String>,
    /// Link back to the steps.
    pub back: String,
}

/// Somebody who came.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who.
    pub person: Person,
    /// "Berlin, Germany"; may be empty.
    pub place: String,
    /// What is wrong.
    pub problem: Option<Status>,
}

/// What happens when somebody leaves.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/leavers.html")]
pub struct ScimLeavers {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The provider's name.
    pub provider: String,
    /// The two policies; the form field is `policy`.
    pub policies: Vec<Choice>,
    /// Field `grace`: hours.
    pub grace: Field,
    /// Where the form is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// The two leaver policies as choices; the form field is `policy`, its values `disconnect` and `delete`.
pub fn policies(organization: &str, vendor: &str, chosen: &str) -> Vec<Choice> {
    let disconnect = Choice::new(
        "policy",
        "disconnect",
        "Disconnect",
        "Signed out everywhere, at once",
        chosen != "delete",
    );
    let delete =
        Choice::new("policy", "delete", "Delete", "Signed out everywhere, at once", chosen == "delete");
    vec![
        disconnect
            .tag("Recommended")
            .and("A mail offers to keep the account as a personal one, with an address of their own")
            .and(&format!("{organization} sees none of it afterwards")),
        delete
            .and(&format!("Everything about them is erased after the waiting time, here and in {vendor}"))
            .and("You receive a receipt for each, without a name on it"),
    ]
}

impl ScimCredentials {
    fn is_done(&self, step: &RenderedStep) -> bool {
        self.done.contains(&step.id)
    }

    /// A sample with a token that was just made.
    pub fn sample() -> Self {
        let values = Values::sample();
        let guide = find("okta-scim-saml").map(|g| g.render(&values));
        let guide = guide.unwrap_or_else(|| crate::guide::directories()[0].render(&values));
        Self {
            page: sample_wizard("Connect Okta", 1),
            title: "Let Okta keep the list of people up to date".to_owned(),
            guide,
            others: vec![Way {
                label: "with an app of its own".to_owned(),
                href: "/s/token/directories/okta-scim".to_owned(),
                chooses: true,
            }],
            notice: None,
            base_url: Copy::new("base-url", "SCIM connector base URL", values.scim_base_url)
                .hint("Without a slash at the end."),
            token: Some(Copy::new("token", "Authorization (Bearer)", values.scim_token).hint(
                "We keep only a fingerprint of this token, so nobody can show it again. Lost it? Make a new one.",
            )),
            token_facts: Html::marked("Ends in ``9fR`` · made today at 16:20 · works until you replace it"),
            made: When::words("23 November 2026, 16:20"),
            token_id: "tok_01jd8q6v".to_owned(),
            new_token_action: "/s/token/scim/new-token".to_owned(),
            done: Vec::new(),
            done_action: "/s/token/scim/steps".to_owned(),
            next: "/s/token/scim/waiting".to_owned(),
            back: "/s/token/directories".to_owned(),
        }
    }
}

impl ScimWaiting {
    /// A sample before anything came.
    pub fn sample() -> Self {
        let mut page = sample_wizard("Waiting for Okta", 2);
        page.live = true;
        Self {
            page,
            provider: "Okta".to_owned(),
            here: "/s/token/scim/waiting".to_owned(),
            connected: false,
            since: When::new("2026-11-23T16:31Z", "16:31"),
            hint: Html::marked("Click `Test Connector Configuration` in Okta."),
            figures: Vec::new(),
            latest: Vec::new(),
            last_request: When::default(),
            checks: vec![
                Check::new(Tone::None, "Okta reaches us with the right token", "waiting"),
                Check::new(Tone::None, "The first person arrives", "then"),
                Check::new(Tone::None, "The first group arrives", "if you push groups"),
            ],
            troubles: vec![
                Html::marked("**Okta says “Error authenticating”.** It has another token. Paste it again."),
                Html::marked("**Okta says nothing.** The test button is visible only after `Edit`."),
            ],
            next: None,
            back: "/s/token/scim".to_owned(),
        }
    }

    /// A sample with people arriving.
    pub fn sample_arriving() -> Self {
        let arrival = |name: &str, email: &str, place: &str, problem: Option<&str>| Arrival {
            person: Person::new(name, email).large(),
            place: place.to_owned(),
            problem: problem.map(Status::warn),
        };
        Self {
            connected: true,
            figures: vec![
                Figure::count(37, "people so far"),
                Figure::count(4, "groups"),
                Figure::count(1, "value we cannot read"),
                Figure::count(0, "requests refused"),
            ],
            latest: vec![
                arrival("Jonas Weber", "jonas.weber@acme.example", "Berlin, Germany", None),
                arrival("Amara Nwosu", "amara.nwosu@acme.example", "Lagos, Nigeria", None),
                arrival(
                    "Hannah Schönfelder",
                    "hannah.schoenfelder@acme.example",
                    "",
                    Some("Country not readable"),
                ),
            ],
            last_request: When::words("2 seconds ago"),
            checks: vec![
                Check::new(Tone::Ok, "Okta reached us with the right token", "16:32:08"),
                Check::new(Tone::Ok, "The first person arrived: Priya Raman", "16:33:52"),
                Check::new(Tone::None, "The first group arrives", "if you push groups"),
            ],
            next: Some("/s/token/scim/mapping".to_owned()),
            ..Self::sample()
        }
    }
}

impl ScimLeavers {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("When someone leaves", 4),
            organization: "Acme".to_owned(),
            provider: "Okta".to_owned(),
            policies: policies("Acme", "Northwind Privacy", "disconnect"),
            grace: Field::new("24"),
            action: "/s/token/scim/leavers".to_owned(),
            back: "/s/token/scim/mapping".to_owned(),
        }
    }
}

/// Surroundings of a sample page of the directory wizard, `current` counted from 0.
pub(super) fn sample_wizard(title: &str, current: usize) -> Page {
    let labels = [
        "Directory provider",
        "Connect Okta",
        "First people",
        "Match the fields",
        "When someone leaves",
        "Preview and go live",
    ];
    let mut page = sample_page(title).place("Directory sync for Acme", "/s/token");
    let steps = labels.iter().enumerate().map(|(at, label)| {
        let progress = match at.cmp(&current) {
            std::cmp::Ordering::Less => Progress::Done,
            std::cmp::Ordering::Equal => Progress::Current,
            std::cmp::Ordering::Greater => Progress::Todo,
        };
        RailStep::new(*label, (at <= current).then(|| format!("/s/token/scim/{at}")), progress)
    });
    page.rail = Rail { steps: steps.collect(), until: When::new("2026-12-20", "20 December") };
    page.contact =
        Some(Contact { name: "Maren Okafor".to_owned(), email: "maren@northwind.example".to_owned() });
    page.hand_over = Some("/s/token/hand-over".to_owned());
    page
}
