//! Proving domains without waiting for it.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Check, Compare, Copy, Field, Icon, Input, Status, Tone, When};
use askama::Template;

/// The domains of a company, each with what we found in its DNS.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/domains.html")]
pub struct SetupDomains {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The domains.
    pub domains: Vec<DomainPanel>,
    /// What became of several that were typed at once.
    pub answers: Vec<DomainAnswer>,
    /// Field `domain`: another one, or several.
    pub add: Field,
    /// Where another domain is posted to.
    pub add_action: String,
    /// Where "look again" is posted to; none where people at the vendor look.
    pub look_action: Option<String>,
    /// Next step of the wizard.
    pub next: String,
    /// There is none: this was the last step, and what comes next is the beginning.
    pub last: bool,
}

/// One domain.
#[derive(Clone, Debug)]
pub struct DomainPanel {
    /// "acme.example".
    pub name: String,
    /// Verified, pending, found in the wrong place.
    pub status: Status,
    /// When we looked, or when it was verified.
    pub when: When,
    /// What we found and what to do; in light markup.
    pub text: Html,
    /// Expected beside found.
    pub compare: Option<Compare>,
    /// Name and value of the record; empty when verified.
    pub values: Vec<Copy>,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// Where removing it is posted to; none if it must stay.
    pub remove: Option<String>,
    /// Link to the page that says through which connection its people sign in; none in the wizard.
    pub routing: Option<String>,
}

/// What became of one of several domains that were typed at once.
#[derive(Clone, Debug)]
pub struct DomainAnswer {
    /// As it was typed.
    pub name: String,
    /// Verified, added, refused.
    pub status: Status,
    /// Why, and what to do; may be empty.
    pub text: String,
}

impl DomainAnswer {
    /// Samples.
    pub fn samples() -> Vec<Self> {
        let answer =
            |name: &str, status, text: &str| Self { name: name.to_owned(), status, text: text.to_owned() };
        vec![
            answer("acme-altona.example", Status::pending("Waits for its record"), ""),
            answer(
                "gmail.com",
                Status::bad("Not added"),
                "Anybody can have an address at gmail.com, so it cannot be one organization's.",
            ),
        ]
    }
}

impl DomainPanel {
    /// A verified domain.
    pub fn verified(name: &str, when: When) -> Self {
        Self {
            name: name.to_owned(),
            status: Status::ok("Verified"),
            when,
            text: Html::marked("Keep the TXT record. We look at it every day and tell you if it is gone."),
            compare: None,
            values: Vec::new(),
            checks: Vec::new(),
            remove: None,
            routing: None,
        }
    }

    /// A domain whose record is not there yet.
    pub fn waiting(name: &str, value: &str, looked: When) -> Self {
        let id = |end: &str| format!("{}-{end}", name.replace('.', "-"));
        Self {
            name: name.to_owned(),
            status: Status::pending("Waiting for the record"),
            when: looked,
            text: Html::marked(
                "No TXT record at this name yet. New records usually show within minutes; the value never expires. \
                 Many DNS providers want only ``_frontdesk`` as name and add the domain themselves.",
            ),
            compare: None,
            values: vec![
                Copy::new(id("name"), "Name, or Host", format!("_frontdesk.{name}")),
                Copy::new(id("value"), "TXT value", value),
            ],
            checks: Vec::new(),
            remove: None,
            routing: None,
        }
    }
}

impl SetupDomains {
    /// A sample.
    pub fn sample() -> Self {
        let mut wrong = DomainPanel::waiting(
            "acme-labs.example",
            "frontdesk-verify=q7V2mT9xkL4pZc8RwY3nHb",
            When::default(),
        );
        wrong.status = Status::warn("Found in the wrong place").ring();
        wrong.when = When::new("PT18S", "looked 18 seconds ago");
        wrong.text = Html::marked(
            "**Your DNS provider added the domain a second time.** Edit the record and enter only ``_frontdesk`` as \
             its name.",
        );
        wrong.compare = Some(Compare::new(
            "_frontdesk.acme-labs.example",
            "_frontdesk.acme-labs.example.acme-labs.example",
        ));
        wrong.checks = vec![
            Check::new(Tone::Ok, "The value is right", ""),
            Check::new(Tone::Bad, "The name is not", "5 minutes"),
        ];
        wrong.remove = Some("/s/token/domains/2/remove".to_owned());
        Self {
            page: sample_wizard("Your domains", 0),
            organization: "Acme".to_owned(),
            domains: vec![
                DomainPanel::verified("acme.example", When::words("today, 14:20")),
                wrong,
                DomainPanel::waiting(
                    "acme-altona.example",
                    "frontdesk-verify=Jd5sK0aUe7Xf1Gt6BvN2oM",
                    When::new("PT41S", "looked 41 seconds ago"),
                ),
            ],
            answers: DomainAnswer::samples(),
            add: Field::wrong(
                "gmail.com",
                "gmail.com is open to everyone, so no company can claim it. Invite people with such addresses one by \
                 one instead.",
            ),
            add_action: "/s/token/domains".to_owned(),
            look_action: Some("/s/token/domains/look".to_owned()),
            next: "/s/token/providers".to_owned(),
            last: false,
        }
    }
}
