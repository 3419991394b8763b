//! One sign-in, explained: the same words for an operator, the company's administrator and whoever has a shared link.

use super::sample_page;
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Compare, Copy, Field, Opt, Status, When};
use askama::Template;

/// What happened, why, and what puts it right.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Signed in, refused.
    pub outcome: Status,
    /// "24 November 2026, 15:42 UTC, through Okta, SAML".
    pub summary: String,
    /// What happened, in a sentence.
    pub title: String,
    /// The value that differs: "Audience"; may be empty.
    pub subject: String,
    /// Code of the rule: `audience_mismatch`; may be empty.
    pub code: String,
    /// Expected beside received.
    pub compare: Option<Compare>,
    /// Why; in light markup.
    pub text: Html,
    /// What puts it right, in order; in light markup.
    pub todo: Vec<Html>,
    /// The message; may be empty.
    pub message: String,
    /// "personal data masked".
    pub message_note: &'static str,
    /// Term and value.
    pub facts: Vec<(String, Html)>,
    /// When the record is forgotten.
    pub kept: When,
}

/// What can be done with an explanation.
#[derive(Clone, Debug)]
pub struct Acts {
    /// Where the wish to see personal data is posted to: field `reason`; none where there is nothing more to see.
    pub unmask: Option<String>,
    /// Field `reason`.
    pub reason: Field,
    /// Where the wish for a link is posted to: fields `hours` and `unmasked`.
    pub share: String,
    /// Field `hours`.
    pub hours: Vec<Opt>,
    /// What is wrong with `hours`; may be none.
    pub hours_error: Option<String>,
    /// A link that was just made; shown this once.
    pub made: Option<Copy>,
    /// Links that were made.
    pub shares: Vec<ShareRow>,
}

/// A link that was made.
#[derive(Clone, Debug)]
pub struct ShareRow {
    /// When.
    pub made: When,
    /// "personal data masked".
    pub shows: &'static str,
    /// "opened 3 times, last today".
    pub opened: String,
    /// Until when it works, or that it ended.
    pub status: Status,
    /// Where ending it is posted to; none where it has ended.
    pub end: Option<String>,
}

/// `/t/{token}`: the explanation for whoever has the link.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/trace/shared.html")]
pub struct SharedTrace {
    /// Surroundings.
    pub page: Page,
    /// The explanation.
    pub it: Explanation,
    /// Until when the link works.
    pub until: When,
}

impl Explanation {
    /// A sample.
    pub fn sample() -> Self {
        let entity = "https://id.northwind.example/saml/con_01jd8q6v";
        Self {
            outcome: Status::bad("Refused"),
            summary: "24 November 2026, 15:42 UTC, through Okta, SAML, a test of the setup".to_owned(),
            title: "Okta’s answer was meant for another service".to_owned(),
            subject: "Audience".to_owned(),
            code: "audience_mismatch".to_owned(),
            compare: Some(Compare::new(entity, &format!("{entity}/acs"))),
            text: Html::marked("The answer is addressed to another service provider."),
            todo: vec![
                Html::marked("In the Okta Admin Console go to `Applications` › `SAML Settings`."),
                Html::marked("Set `Audience URI (SP Entity ID)` to exactly the value above."),
            ],
            message: "<saml:Assertion ID=\"id39201\">\n  <saml:Audience>…/acs</saml:Audience>\n".to_owned(),
            message_note: "personal data masked",
            facts: vec![
                ("Reference".to_owned(), Html::text("ref_01jd8q6v0000000000000000aa")),
                ("Connection".to_owned(), Html::text("con_01jd8q6v, draft now")),
            ],
            kept: When::new("2026-12-24", "24 December 2026"),
        }
    }
}

impl Acts {
    /// A sample.
    pub fn sample() -> Self {
        let here = "/org/sign-ins/ref_01";
        let row = ShareRow {
            made: When::new("2026-11-24T15:50Z", "24 November 2026, 15:50 UTC"),
            shows: "personal data masked",
            opened: "opened 3 times, last 24 November 2026, 16:10 UTC".to_owned(),
            status: Status::ok("Works until 25 November 2026, 15:50 UTC"),
            end: Some(format!("{here}/shares/shr_01/end")),
        };
        let ended = ShareRow { status: Status::stopped("Ended 23 November 2026"), end: None, ..row.clone() };
        Self {
            unmask: Some(format!("{here}/unmask")),
            reason: Field::wrong("", "Say why, in 1 to 300 characters. It stays in the audit log."),
            share: format!("{here}/shares"),
            hours: Opt::list(&[("1", "One hour"), ("24", "One day"), ("168", "Seven days")], "24"),
            hours_error: None,
            made: Some(Copy::new(
                "shared",
                "Link to this explanation",
                "https://id.northwind.example/t/4fK9mQ2x",
            )),
            shares: vec![row, ended],
        }
    }
}

impl SharedTrace {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("A sign-in, explained"),
            it: Explanation::sample(),
            until: When::new("2026-11-25T15:50Z", "25 November 2026, 15:50 UTC"),
        }
    }
}
