//! The last step: what will be true, then a receipt of what is.

use super::sample_wizard;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Icon, Notice, Status, Tile, When};
use askama::Template;

/// Before switching on: the effect in numbers and names.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/go_live.html")]
pub struct SetupGoLive {
    /// Surroundings.
    pub page: Page,
    /// "Let Acme sign in through Okta".
    pub title: String,
    /// What happens, in light markup.
    pub lede: Html,
    /// What keeps it from going live, or should be known before.
    pub notice: Option<Notice>,
    /// What is true afterwards: term and value.
    pub facts: Vec<(String, Html)>,
    /// Where switching on is posted to; none while something is missing.
    pub action: Option<String>,
    /// "Switch on for everyone with acme.example".
    pub label: String,
    /// Link back.
    pub back: String,
    /// Link to the page that says where sign-in and directory would not meet; none where there is one of the two.
    pub joining: Option<String>,
}

/// The receipt.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/live.html")]
pub struct SetupLive {
    /// Surroundings.
    pub page: Page,
    /// "Acme now signs in through Okta".
    pub title: String,
    /// A sentence below.
    pub lede: String,
    /// Heading of the receipt.
    pub receipt: String,
    /// "Live".
    pub status: Status,
    /// Its lines.
    pub rows: Vec<ReceiptRow>,
    /// What one may want next.
    pub next: Vec<Tile>,
    /// Label and address of the main thing to do now.
    pub primary: (String, String),
    /// The way back: label, and where it is posted to.
    pub undo: Option<(String, String)>,
    /// What the way back does; may be empty.
    pub undo_effect: String,
    /// What is still under way: "142 of 225 people taken in".
    pub waiting: Option<String>,
    /// This page, which is asked for again every two seconds while it waits.
    pub here: String,
}

/// A line of a receipt.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    /// "Switched on".
    pub term: String,
    /// "23 November 2026, 16:02".
    pub value: Html,
    /// "by Priya Raman"; may be empty.
    pub note: String,
}

impl ReceiptRow {
    /// A line; the value is in light markup.
    pub fn new(term: &str, value: &str, note: &str) -> Self {
        Self { term: term.to_owned(), value: Html::marked(value), note: note.to_owned() }
    }

    /// A line with a moment.
    pub fn when(term: &str, when: &When, note: &str) -> Self {
        Self { term: term.to_owned(), value: Html::trusted(when.to_string()), note: note.to_owned() }
    }
}

impl SetupGoLive {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Go live", 5),
            joining: Some("/s/token/joining".to_owned()),
            title: "Let Acme sign in through Okta".to_owned(),
            lede: Html::marked(
                "From then on everyone who enters an address of **acme.example** is sent to Okta. You can switch it \
                 off again at any time.",
            ),
            notice: Some(Notice::new(
                crate::parts::Tone::Warn,
                "Two domains are not verified yet",
                "People with acme-labs.example and acme-altona.example go on as before, and join by themselves.",
            )),
            facts: vec![
                ("Provider".to_owned(), Html::marked("Okta, SAML 2.0")),
                ("Domains".to_owned(), Html::marked("acme.example")),
                ("Tested".to_owned(), Html::marked("today, 15:51, as priya.raman@acme.example")),
            ],
            action: Some("/s/token/go-live".to_owned()),
            label: "Switch on for acme.example".to_owned(),
            back: "/s/token/test".to_owned(),
        }
    }
}

impl SetupLive {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_wizard("Single sign-on is live", 6),
            title: "Acme now signs in through Okta".to_owned(),
            lede:
                "You are done. Here is the receipt; we also sent it to you and to Maren at Northwind Privacy."
                    .to_owned(),
            receipt: "Single sign-on for Acme".to_owned(),
            status: Status::ok("Live"),
            rows: vec![
                ReceiptRow::new("Provider", "Okta, SAML 2.0", "acme.okta.com"),
                ReceiptRow::when(
                    "Switched on",
                    &When::new("2026-11-23T16:02", "23 November 2026, 16:02"),
                    "by Priya Raman",
                ),
                ReceiptRow::new("Domains", "acme.example", "acme-labs.example joins when verified"),
                ReceiptRow::new("Reference", "``con_01jd8q6v``", ""),
            ],
            next: vec![
                Tile {
                    icon: "sync",
                    label: "Directory sync".to_owned(),
                    detail: "People come and go with Okta".to_owned(),
                    href: "/s/token/scim".to_owned(),
                },
                Tile {
                    icon: "people",
                    label: "Invite people".to_owned(),
                    detail: "By a file".to_owned(),
                    href: "/s/token/import".to_owned(),
                },
            ],
            primary: ("Sign in to Northwind Privacy".to_owned(), "/login".to_owned()),
            undo_effect: String::new(),
            waiting: Some("142 of 225 people taken in".to_owned()),
            here: "/s/token/scim/live".to_owned(),
            undo: Some(("Switch off again".to_owned(), "/s/token/switch-off".to_owned())),
        }
    }
}
