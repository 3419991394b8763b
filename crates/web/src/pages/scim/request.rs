//! Requests of a directory: what each changed, from what to what.

use crate::html::Html;
use crate::layout::Page;
use crate::pages::org::{Place, sample_org};
use crate::parts::{Crumb, Field, Filter, Icon, Input, Pager, Status, When};
use askama::Template;

/// One attribute that changed.
#[derive(Clone, Debug, Default)]
pub struct ChangedValue {
    /// `emails[work]`.
    pub path: String,
    /// Before; empty for nothing.
    pub from: String,
    /// After; empty for nothing.
    pub to: String,
    /// "+3 −1", where things are counted and not compared; else empty.
    pub counts: String,
}

/// A request in words.
#[derive(Clone, Debug)]
pub struct RequestTold {
    /// "200 OK", "409 Conflict".
    pub outcome: Status,
    /// "23 November 2026, 17:12 UTC, Okta".
    pub summary: String,
    /// What it did, or why not.
    pub title: String,
    /// Method and path.
    pub line: String,
    /// What changed.
    pub changes: Vec<ChangedValue>,
    /// How many more attributes changed.
    pub more: usize,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// What came, formatted; may be empty.
    pub request: String,
    /// "personal data masked".
    pub note: &'static str,
    /// When the record is forgotten.
    pub kept: When,
}

/// One request, explained.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/request.html")]
pub struct ScimRequestPage {
    /// Surroundings.
    pub page: Page,
    /// What happened.
    pub it: RequestTold,
    /// Where the wish to see personal data is posted to: field `reason`; none where it is shown.
    pub unmask: Option<String>,
    /// Field `reason`.
    pub reason: Field,
    /// What was refused, put right in the provider's words; may be empty.
    pub fix: Html,
}

/// One request in a list.
#[derive(Clone, Debug)]
pub struct RequestRow {
    /// When.
    pub when: When,
    /// What it did, or why not.
    pub title: String,
    /// "active: yes → no"; may be empty.
    pub changes: String,
    /// Method and path.
    pub line: String,
    /// The answer.
    pub outcome: Status,
    /// Its own page.
    pub href: String,
}

/// Requests of one directory.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/scim/requests.html")]
pub struct DirectoryRequests {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// "only those refused because …", "only those about Ada Lovelace"; may be empty.
    pub only: String,
    /// Only refused ones are shown.
    pub refused: bool,
    /// This page without a filter.
    pub all: String,
    /// By outcome.
    pub filters: Vec<Filter>,
    /// The requests.
    pub rows: Vec<RequestRow>,
    /// Where one is in the list.
    pub pager: Pager,
    /// Link back.
    pub back: String,
}

impl RequestTold {
    /// A sample.
    pub fn sample() -> Self {
        let changed = |path: &str, from: &str, to: &str| ChangedValue {
            path: path.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            counts: String::new(),
        };
        Self {
            outcome: Status::ok("200 OK"),
            summary: "23 November 2026, 17:12 UTC, Okta".to_owned(),
            title: "Deactivated Jonas Weber: signed out everywhere".to_owned(),
            line: "PATCH /Users/dus_01jd9m2t".to_owned(),
            changes: vec![
                changed("active", "yes", "no"),
                changed("emails[work]", "j•••@acme.example", "w•••@acme.example"),
                changed("addresses[work].country", "", "••••"),
                ChangedValue { counts: "+3 −1".to_owned(), ..changed("members", "", "") },
            ],
            more: 2,
            facts: vec![("Reference".to_owned(), Html::marked("``FD-1``"))],
            request: "{\n  \"Operations\": [{ \"op\": \"replace\", \"value\": { \"active\": false } }]\n}"
                .to_owned(),
            note: "personal data masked",
            kept: When::words("23 December 2026"),
        }
    }
}

impl ScimRequestPage {
    /// A sample.
    pub fn sample() -> Self {
        let mut page = sample_org("A request", Place::Directory);
        page.crumbs = vec![Crumb::new("Requests", "/org/directory/dir_01/requests")];
        Self {
            page,
            it: RequestTold::sample(),
            unmask: Some("/org/directory/dir_01/requests/trc_01/unmask".to_owned()),
            reason: Field::default(),
            fix: Html::default(),
        }
    }

    /// A sample of one that was refused.
    pub fn sample_refused() -> Self {
        let it = RequestTold {
            outcome: Status::bad("409 Conflict"),
            title: "Refused: userName “j•••@acme.example” is taken already.".to_owned(),
            line: "POST /Users".to_owned(),
            changes: Vec::new(),
            more: 0,
            ..RequestTold::sample()
        };
        let fix = Html::marked("In Okta open `Directory`, `People`, and look who else has this name.");
        let reason = Field::wrong("", "Say why, in 1 to 300 characters.");
        Self { it, reason, fix, ..Self::sample() }
    }
}

impl DirectoryRequests {
    /// A sample.
    pub fn sample() -> Self {
        let told = RequestTold::sample();
        let row = RequestRow {
            when: When::new("2026-11-23T17:12:12Z", "23 Nov 2026, 17:12"),
            title: told.title,
            changes: "active: yes → no".to_owned(),
            line: told.line,
            outcome: told.outcome,
            href: "/org/directory/dir_01/requests/trc_01".to_owned(),
        };
        let refused = RequestRow {
            title: "Refused: userName “j•••@acme.example” is taken already.".to_owned(),
            changes: String::new(),
            outcome: Status::bad("409 Conflict"),
            ..row.clone()
        };
        Self {
            page: sample_org("Requests", Place::Directory),
            provider: "Okta".to_owned(),
            only: "only those about Jonas Weber".to_owned(),
            refused: false,
            all: "/org/directory/dir_01/requests".to_owned(),
            filters: vec![Filter::new("All", 480, "/org/directory/dir_01/requests", true)],
            rows: vec![row, refused],
            pager: Pager { summary: "2 requests, newest first".to_owned(), ..Pager::default() },
            back: "/org/directory/dir_01/health".to_owned(),
        }
    }

    /// A sample before anything came.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), only: String::new(), pager: Pager::default(), ..Self::sample() }
    }
}
