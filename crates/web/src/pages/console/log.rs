//! Every sign-in and every SCIM request, and why it ended as it did.

use super::{Place, sample_console};
use crate::layout::Page;
use crate::pages::trace::{Acts, Explanation};
use crate::parts::{Copy, Crumb, Filter, Icon, Input, Pager, Select, Status, When};
use askama::Template;

/// One line of a log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// When.
    pub when: When,
    /// "Jonas Weber", "d•••@acme-labs.example", "PATCH /Users/…".
    pub who: String,
    /// The company; may be empty.
    pub organization: String,
    /// "Okta, SAML".
    pub through: String,
    /// "Signed in", "Domain not verified yet".
    pub outcome: Status,
    /// How long it took, or the reference.
    pub detail: String,
    /// Its own page.
    pub href: String,
}

/// Sign-ins, filtered by GET.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/attempts.html")]
pub struct Attempts {
    /// Surroundings.
    pub page: Page,
    /// This page, for the search by reference or address.
    pub here: String,
    /// What is looked for, in the form field `q`.
    pub query: String,
    /// The one company whose lines are shown: its name and its id, in the form field `organization`.
    pub company: Option<(String, String)>,
    /// Whether lines are of several companies, and say of which.
    pub companies: bool,
    /// By outcome.
    pub filters: Vec<Filter>,
    /// The sign-ins.
    pub rows: Vec<LogRow>,
    /// Where one is in the list.
    pub pager: Pager,
}

/// One sign-in, explained.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/trace.html")]
pub struct Trace {
    /// Surroundings.
    pub page: Page,
    /// What happened, and why.
    pub it: Explanation,
    /// What can be done with it; none where it belongs to no company.
    pub acts: Option<Acts>,
    /// An answer to the customer, to copy.
    pub answer: Option<Copy>,
}

/// SCIM requests, filtered by GET.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/scim_requests.html")]
pub struct ScimRequests {
    /// Surroundings.
    pub page: Page,
    /// This page, for the search.
    pub here: String,
    /// What is looked for, in the form field `q`.
    pub query: String,
    /// The one company whose lines are shown: its name and its id, in the form field `organization`.
    pub company: Option<(String, String)>,
    /// By outcome.
    pub filters: Vec<Filter>,
    /// The requests; `who` is method and path.
    pub rows: Vec<LogRow>,
    /// Where one is in the list.
    pub pager: Pager,
}

impl LogRow {
    /// A sample that went well.
    pub fn sample() -> Self {
        Self {
            when: When::new("2026-11-23T17:12:12Z", "17:12:12"),
            who: "Jonas Weber".to_owned(),
            organization: "Acme".to_owned(),
            through: "Okta, SAML".to_owned(),
            outcome: Status::ok("Signed in"),
            detail: "412 ms".to_owned(),
            href: "/console/sign-ins/att_01".to_owned(),
        }
    }

    /// A sample that did not.
    pub fn sample_bad() -> Self {
        Self {
            who: "d•••@acme-labs.example".to_owned(),
            outcome: Status::warn("Domain not verified yet"),
            detail: "FD-3M8R-61TC".to_owned(),
            ..Self::sample()
        }
    }
}

impl Attempts {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_console("Sign-ins", Place::SignIns),
            here: "/console/sign-ins".to_owned(),
            query: String::new(),
            company: None,
            companies: true,
            filters: vec![
                Filter::new("All", 1204, "/console/sign-ins", true),
                Filter::new("Refused", 12, "/console/sign-ins?outcome=refused", false),
            ],
            rows: vec![LogRow::sample(), LogRow::sample_bad()],
            pager: Pager { summary: "1–2 of 1,204".to_owned(), ..Pager::default() },
        }
    }
}

impl Trace {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_console("ref_01jd8q6v", Place::SignIns);
        page.crumbs = vec![Crumb::new("Sign-ins", "/console/sign-ins")];
        Self {
            page,
            it: Explanation::sample(),
            acts: Some(Acts::sample()),
            answer: Some(Copy::new(
                "answer",
                "If Acme writes to you",
                "Hello Priya, in Okta open Applications, Northwind Privacy, General, SAML Settings, Edit. Under \
                 “Audience URI (SP Entity ID)” remove the ending /acs. Then press “Test again”.",
            )),
        }
    }
}

impl ScimRequests {
    /// A sample.
    pub fn sample() -> Self {
        let row = LogRow {
            who: "PATCH /Users/dus_01jd9m2t".to_owned(),
            through: "Okta, SCIM".to_owned(),
            outcome: Status::ok("200"),
            detail: "6 ms".to_owned(),
            href: "/console/scim/req_01".to_owned(),
            ..LogRow::sample()
        };
        let refused = LogRow { outcome: Status::bad("409 uniqueness"), ..row.clone() };
        Self {
            page: sample_console("SCIM requests", Place::Scim),
            here: "/console/scim".to_owned(),
            query: String::new(),
            company: None,
            filters: vec![Filter::new("All", 480, "/console/scim", true)],
            rows: vec![row, refused],
            pager: Pager { summary: "1–2 of 480".to_owned(), ..Pager::default() },
        }
    }

    /// A sample before the first request.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), filters: Vec::new(), pager: Pager::default(), ..Self::sample() }
    }
}
