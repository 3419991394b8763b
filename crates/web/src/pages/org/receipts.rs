//! Receipts: what an erasure left behind.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Check, Copy, Icon, Pager, Status, Tone, When};
use askama::Template;

/// The erasures of a company, newest first.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/receipts.html")]
pub struct OrgReceipts {
    /// Surroundings.
    pub page: Page,
    /// The erasures.
    pub rows: Vec<ReceiptRow>,
    /// Where in the list.
    pub pager: Pager,
    /// Link back.
    pub back: String,
}

/// One erasure in the list.
#[derive(Clone, Debug)]
pub struct ReceiptRow {
    /// When somebody was erased.
    pub when: When,
    /// "3 applications confirmed", "Waits for Product".
    pub detail: String,
    /// "Complete", or that it waits.
    pub status: Status,
    /// Link to it.
    pub href: String,
}

/// One receipt, also for paper.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/receipt.html")]
pub struct OrgReceipt {
    /// Surroundings.
    pub page: Page,
    /// What it is, in light markup.
    pub lede: Html,
    /// Complete, or that it waits.
    pub status: Status,
    /// Term and value: company, number, times.
    pub facts: Vec<(String, String)>,
    /// Kind of record, and how many.
    pub removed: Vec<(String, String)>,
    /// Each application, and when it confirmed.
    pub applications: Vec<Check>,
    /// Where the signed file is; none while applications are waited for.
    pub download: Option<String>,
    /// How it is checked.
    pub verify: Copy,
    /// Link back.
    pub back: String,
}

impl OrgReceipts {
    /// A sample.
    pub fn sample() -> Self {
        let row = |when: &str, detail: &str, status| ReceiptRow {
            when: When::words(when),
            detail: detail.to_owned(),
            status,
            href: "/org/receipts/era_01".to_owned(),
        };
        Self {
            page: sample_org("Receipts", Place::Leavers),
            rows: vec![
                row("28 November 2026, 09:12 UTC", "Waits for Product", Status::pending("Waits")),
                row("2 November 2026, 17:40 UTC", "2 applications confirmed", Status::ok("Complete")),
            ],
            pager: Pager::default(),
            back: "/org/leavers".to_owned(),
        }
    }

    /// A sample before the first.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), ..Self::sample() }
    }
}

impl OrgReceipt {
    /// A sample.
    pub fn sample() -> Self {
        let fact = |term: &str, value: &str| (term.to_owned(), value.to_owned());
        Self {
            page: sample_org("Receipt", Place::Leavers),
            lede: Html::marked("One person’s records were removed. **Nothing here names the person.**"),
            status: Status::ok("Complete"),
            facts: vec![
                fact("Company", "Acme"),
                fact("Receipt", "era_01jd7w3x"),
                fact("Erased", "2 November 2026, 17:40 UTC"),
                fact("Complete", "2 November 2026, 17:41 UTC"),
            ],
            removed: vec![fact("The member with the profile", "1"), fact("Sessions", "3")],
            applications: vec![
                Check::new(Tone::Ok, "Product", "confirmed 2 November 2026, 17:41 UTC"),
                Check::new(Tone::None, "Reports", "waits"),
            ],
            download: Some("/org/receipts/era_01/file".to_owned()),
            verify: Copy::new(
                "verify",
                "Check it",
                "frontdesk receipt verify FILE --issuer https://id.northwind.example",
            ),
            back: "/org/receipts".to_owned(),
        }
    }

    /// A sample while an application is waited for.
    pub fn sample_waiting() -> Self {
        Self { status: Status::pending("Waits"), download: None, ..Self::sample() }
    }
}
