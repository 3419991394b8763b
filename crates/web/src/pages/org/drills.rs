//! Leaver drills.

use super::{Place, ReceiptRow, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Check, Copy, Icon, Pager, Status, Tone, When};
use askama::Template;

/// The drills of a company, newest first, and the button for another one.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/drills.html")]
pub struct OrgDrills {
    /// Surroundings.
    pub page: Page,
    /// The drills.
    pub rows: Vec<ReceiptRow>,
    /// Where in the list.
    pub pager: Pager,
    /// There is one every month.
    pub monthly: bool,
    /// Where both forms are posted to (`do`: `run`, or `monthly` with `on`).
    pub action: String,
    /// Link back.
    pub back: String,
}

/// The report of a drill, also for paper.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/drill.html")]
pub struct OrgDrill {
    /// Surroundings.
    pub page: Page,
    /// What was done.
    pub lede: Html,
    /// Whether everything was cut.
    pub status: Status,
    /// Term and value.
    pub facts: Vec<(String, String)>,
    /// What was cut, and how soon.
    pub checks: Vec<Check>,
    /// Where the signed report is.
    pub download: Option<String>,
    /// How it is checked.
    pub verify: Copy,
    /// Link back.
    pub back: String,
}

impl OrgDrills {
    /// A sample.
    pub fn sample() -> Self {
        let row = |when: &str, detail: &str, status| ReceiptRow {
            when: When::words(when),
            detail: detail.to_owned(),
            status,
            href: "/org/drills/drl_01".to_owned(),
        };
        Self {
            page: sample_org("Leaver drills", Place::Leavers),
            rows: vec![
                row("28 November 2026, 09:12 UTC", "Look again in a moment", Status::pending("Under way")),
                row(
                    "2 November 2026, 17:40 UTC",
                    "The last of it after 180 ms",
                    Status::ok("Everything was cut"),
                ),
            ],
            pager: Pager::default(),
            monthly: true,
            action: "/org/drills".to_owned(),
            back: "/org/leavers".to_owned(),
        }
    }

    /// A sample before the first.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), monthly: false, ..Self::sample() }
    }
}

impl OrgDrill {
    /// A sample.
    pub fn sample() -> Self {
        let fact = |term: &str, value: &str| (term.to_owned(), value.to_owned());
        Self {
            page: sample_org("Leaver drill", Place::Leavers),
            lede: Html::text("A made-up person was provisioned, signed in and taken out."),
            status: Status::bad("Not everything was cut"),
            facts: vec![fact("Company", "Acme"), fact("Drill", "drl_01jd7w3x")],
            checks: vec![
                Check::new(Tone::Ok, "The directory’s request was answered", "after 41 ms"),
                Check::new(Tone::Ok, "The session here was refused", "after 43 ms"),
                Check::new(Tone::Bad, "Product did not take it", "It answered 500 Internal Server Error."),
                Check::new(
                    Tone::Warn,
                    "Reports has no address for sign-outs",
                    "it notices when it next asks us",
                ),
            ],
            download: Some("/org/drills/drl_01/file".to_owned()),
            verify: Copy::new(
                "verify",
                "Check it",
                "frontdesk receipt verify FILE --issuer https://id.northwind.example",
            ),
            back: "/org/drills".to_owned(),
        }
    }

    /// A sample of one that is under way.
    pub fn sample_waiting() -> Self {
        Self { status: Status::pending("Under way"), checks: Vec::new(), download: None, ..Self::sample() }
    }
}
