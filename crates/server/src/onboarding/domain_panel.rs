//! A pending domain on a page: the record to add, and what was found instead.

use axum::http::StatusCode;
use model::{Domain, DomainStatus};

use crate::connection::domains::{self, Answered, Found, Holds, Server};
use crate::problem::Problem;
use web::html::Html;
use web::pages::setup::{DomainAnswer, DomainPanel};
use web::parts::{Check, Compare, Field, Status, Tone, When};

/// A proven domain on a page; where the record that proved it is gone, what to put back.
pub fn proven(domain: &Domain, verified: When, attested: &str) -> DomainPanel {
    let mut panel = DomainPanel::verified(&domain.name, verified);
    if domain.verified_by.as_deref() != Some("dns") {
        panel.text = Html::text(attested);
    } else if domain.proof_missing_at.is_some() {
        let record = domains::dns_record(domain);
        panel.values = DomainPanel::waiting(&domain.name, &record.value, When::default()).values;
        panel.status = Status::warn("Verified, record gone");
        panel.text = Html::marked(
            "**The TXT record that proved this domain cannot be found any more.** Nothing was switched off. Put it back, \
             so that it is plain that the domain is still yours.",
        );
    }
    panel
}

/// What became of several domains that were typed at once.
pub fn answers(all: &[Answered]) -> Vec<DomainAnswer> {
    all.iter()
        .map(|(name, outcome)| {
            let (status, text) = match outcome {
                Ok(it) if it.status == DomainStatus::Verified => (Status::ok("Verified"), String::new()),
                Ok(_) => (Status::pending("Waits for its record"), String::new()),
                Err(problem) => (Status::bad("Not added"), reason(problem)),
            };
            DomainAnswer { name: name.clone(), status, text }
        })
        .collect()
}

/// Where one name alone was typed and refused, or several of which some were: the field and the answers. None where all
/// were taken.
pub fn refused(all: &[Answered]) -> Option<(Field, Vec<DomainAnswer>, StatusCode)> {
    let wrong: Vec<&Answered> = all.iter().filter(|(_, outcome)| outcome.is_err()).collect();
    match (all, wrong.as_slice()) {
        (_, []) => None,
        ([(name, Err(problem))], _) => {
            Some((Field::wrong(name, reason(problem)), Vec::new(), problem.status))
        }
        (_, wrong) => {
            let kept: Vec<&str> = wrong.iter().map(|(name, _)| name.as_str()).collect();
            let error = format!("{} of {} were not added; the reasons stand above.", wrong.len(), all.len());
            let field = Field::wrong(kept.join("\n"), error);
            Some((field, answers(all), StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

/// Why a name was refused, in words for beside it.
pub fn reason(problem: &Problem) -> String {
    problem.fields.first().map_or_else(|| problem.detail.clone(), |field| field.problem.clone())
}

/// What one of the domain's name servers holds.
fn asked(it: &Server) -> Check {
    let (tone, words) = match it.holds {
        Holds::Proof => (Tone::Ok, "has the record"),
        Holds::Other => (Tone::Warn, "has another value at this name"),
        Holds::Nothing => (Tone::None, "has no TXT record at this name"),
        Holds::Silent => (Tone::Warn, "did not answer"),
    };
    Check { tone, text: Html::text(&format!("Name server {}", it.name)), end: Html::text(words) }
}

/// The panel. `looked` is when its DNS was looked at.
pub fn pending(domain: &Domain, looked: When) -> DomainPanel {
    let record = domains::dns_record(domain);
    let mut panel = DomainPanel::waiting(&domain.name, &record.value, looked);
    panel.checks = Server::of(domain).into_iter().map(|it| asked(&it)).collect();
    let Some(found) = Found::of(domain) else {
        panel.status = Status::pending("Not looked at yet");
        panel.text = Html::marked(
            "Add this TXT record. New records usually show within minutes; the value never changes. Many DNS providers \
             want only ``_frontdesk`` as name and add the domain themselves.",
        );
        return panel;
    };
    let (label, text, compare) = match &found {
        Found::Proof | Found::Nothing => return panel,
        Found::Spreading => (
            "On its way",
            "**The record is there, and not seen everywhere yet.** Others remember for a while, usually some minutes, that \
             there was none. We look again by ourselves.",
            None,
        ),
        Found::HeldElsewhere => (
            "Held by somebody else",
            "**Your record is right, but another organization has proven this domain before.** Perhaps a colleague has set \
             it up elsewhere. Write to the support contact on this page to sort it out.",
            None,
        ),
        Found::NoDomain => (
            "No such domain",
            "**The DNS knows no domain of this name.** Look for a slip of the pen in it. A newly registered domain can take \
             a day to show.",
            None,
        ),
        Found::Quoted { value } => (
            "Quotation marks in the value",
            "**The value stands in quotation marks.** Edit the record and enter the value without them.",
            Some((record.value.as_str(), value.as_str())),
        ),
        Found::OldValue { value } => (
            "Found another value",
            "**The record holds a value that is not this one.** It may come from an earlier try. Replace it by the value below, \
             or add a second TXT record.",
            Some((record.value.as_str(), value.as_str())),
        ),
        Found::OtherValue { value } => (
            "Found another value",
            "**There is a TXT record at this name with something else in it.** Replace its value, or add a second TXT record.",
            Some((record.value.as_str(), value.as_str())),
        ),
        Found::Doubled { name } => (
            "Found in the wrong place",
            "**Your DNS provider added the domain a second time.** Edit the record and enter only ``_frontdesk`` as its \
             name.",
            Some((record.name.as_str(), name.as_str())),
        ),
        Found::Apex => (
            "Found in the wrong place",
            "**The record stands at the domain itself.** Edit it and enter ``_frontdesk`` as its name.",
            Some((record.name.as_str(), domain.name.as_str())),
        ),
        Found::Alias { target } => (
            "A CNAME is in the way",
            "**A CNAME record at this name leads elsewhere,** so no TXT record is seen here. Remove the CNAME, often made by a \
             wildcard, and add the TXT record.",
            Some((record.name.as_str(), target.as_str())),
        ),
        Found::Silent => (
            "No answer",
            "**The name servers of this domain did not answer in time.** We look again by ourselves. If it stays so, ask \
             who runs your DNS.",
            None,
        ),
    };
    panel.status = Status::warn(label).ring();
    panel.text = Html::marked(text);
    panel.compare = compare.map(|(expected, received)| Compare::new(expected, received));
    panel
}
