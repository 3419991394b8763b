//! Single addresses outside the verified domains that the company's connections may vouch for.

use super::{Place, sample_org};
use crate::layout::Page;
use crate::parts::{Field, Icon, Input, Status};
use askama::Template;

/// The exceptions, and a form for another one.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/exceptions.html")]
pub struct OrgExceptions {
    /// Surroundings.
    pub page: Page,
    /// The company.
    pub organization: String,
    /// The exceptions, newest first.
    pub exceptions: Vec<ExceptionRow>,
    /// Field `email`.
    pub email: Field,
    /// Field `reason`.
    pub reason: Field,
    /// Field `until`: a day; may be empty.
    pub until: Field,
    /// Where a new one is posted to.
    pub action: String,
    /// Link back.
    pub back: String,
}

/// An exception.
#[derive(Clone, Debug)]
pub struct ExceptionRow {
    /// The address.
    pub email: String,
    /// Why.
    pub reason: String,
    /// Who allowed it, and when.
    pub allowed: String,
    /// Until when it holds, or that it has ended.
    pub status: Status,
    /// Where removing it is posted to.
    pub remove: String,
}

impl OrgExceptions {
    /// A sample.
    pub fn sample() -> Self {
        let row = |email: &str, status| ExceptionRow {
            email: email.to_owned(),
            reason: "Builds our ticket system, contract 4711".to_owned(),
            allowed: "Priya Raman, 24 November 2026, 09:12 UTC".to_owned(),
            status,
            remove: "/org/domains/exceptions/exc_01/remove".to_owned(),
        };
        Self {
            page: sample_org("Named exceptions", Place::Domains),
            organization: "Acme".to_owned(),
            exceptions: vec![
                row("kim.contractor@mail.example", Status::ok("Holds until 31 December 2026")),
                row("lee@studio.example", Status::stopped("Ended 1 November 2026")),
            ],
            email: Field::wrong(
                "*@studio.example",
                "Expected one address, such as kim@contractor.example; patterns are not taken.",
            ),
            reason: Field::default(),
            until: Field::new("2026-12-31"),
            action: "/org/domains/exceptions".to_owned(),
            back: "/org/domains".to_owned(),
        }
    }

    /// A sample without any.
    pub fn sample_empty() -> Self {
        Self { exceptions: Vec::new(), email: Field::default(), until: Field::default(), ..Self::sample() }
    }
}
