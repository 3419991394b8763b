//! A file of people who leave: read, matched with the members by address, and shown by name before anybody leaves.
//!
//! Owns the matching. Does not own the question or the leaving: both are those of the list of members.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Member, MemberStatus, Organization};
use profile::roster::{self, Options};
use profile::{Field, RequiredFields};
use store::Connected;

use super::{Desk, leavers, members};
use crate::app::App;
use crate::onboarding::import::MAX_BYTES;
use crate::problem::Problem;
use crate::request::Upload;
use web::Html;
use web::parts::{Notice, Tone};

/// Addresses that a notice names one by one.
const NAMED: usize = 10;

/// What a file means here.
#[derive(Debug, Default)]
struct Matched {
    /// Who would leave, each once.
    members: Vec<Member>,
    /// Addresses of nobody here.
    unknown: Vec<String>,
    /// How many had left already.
    gone: usize,
    /// Rows without an address that can be read.
    unread: Vec<usize>,
}

/// `POST /leavers/file`: asks whether the people of the file leave. Changes nothing by itself.
pub async fn upload(State(app): State<App>, desk: Desk, upload: Upload) -> Result<Response, Problem> {
    let Some(file) = upload.require_trusted()?.file else {
        let notice = Notice::new(
            Tone::Bad,
            "No file was chosen",
            "Choose a CSV file with a column of email addresses.",
        );
        return leavers::say(&app, &desk, notice.alert(), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let matched = match read(&app, &desk.organization, &file.content).await {
        Ok(matched) => matched,
        Err(problem) if problem.status.is_server_error() => return Err(problem),
        Err(problem) => {
            let text = Html::text(&problem.detail);
            let notice = Notice { text, ..Notice::new(Tone::Bad, problem.title, "") };
            return leavers::say(&app, &desk, notice.alert(), problem.status).await;
        }
    };
    let left_over = matched.left_over();
    if matched.members.is_empty() {
        let title = format!("Nobody of {} is in this file", desk.organization.name);
        let text = left_over.unwrap_or_else(|| "It has headings, but no rows below them.".to_owned());
        let notice = Notice::new(Tone::Warn, title, &text);
        return leavers::say(&app, &desk, notice.alert(), StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let notice = left_over.map(|text| Notice::new(Tone::Warn, "Not every row is about somebody here", &text));
    members::confirm(&app, &desk, &matched.members, notice).await
}

async fn read(app: &App, organization: &Organization, bytes: &[u8]) -> Result<Matched, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "file_too_large",
            "This file is larger than 10 MB",
            "Split it into several files.",
        ));
    }
    let mut options = Options::new(u16::try_from(app.now().year()).unwrap_or(u16::MAX));
    options.required = RequiredFields::new([Field::Email]);
    let roster = roster::read(bytes, &options).map_err(|e| {
        let title = "This file cannot be read as a list of people";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, e.code(), title, e.to_string())
    })?;
    let rows = roster.rows.into_iter().map(|row| (row.number, row.profile.email));
    matched(&mut app.read().await?, organization, rows).await
}

async fn matched(
    db: &mut impl Connected,
    organization: &Organization,
    rows: impl Iterator<Item = (usize, Option<String>)>,
) -> Result<Matched, Problem> {
    let mut it = Matched::default();
    let mut seen = std::collections::HashSet::new();
    for (number, email) in rows {
        let Some(email) = email else {
            it.unread.push(number);
            continue;
        };
        if !seen.insert(store::fold(&email)) {
            continue;
        }
        match store::member::lookup_email(db, organization.id, &email).await? {
            None => it.unknown.push(email),
            Some(member) if matches!(member.status, MemberStatus::Disconnected | MemberStatus::Erasing) => {
                it.gone += 1;
            }
            Some(member) => it.members.push(member),
        }
    }
    Ok(it)
}

impl Matched {
    /// What of the file leads to nobody who could leave, in sentences.
    fn left_over(&self) -> Option<String> {
        let mut sentences = Vec::new();
        if !self.unknown.is_empty() {
            let named = self.unknown.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = self.unknown.len().saturating_sub(NAMED);
            let end = if more > 0 { format!(" and {more} more") } else { String::new() };
            sentences.push(format!("Nobody here has the address {named}{end}."));
        }
        match self.gone {
            0 => {}
            1 => sentences.push("One person has left already.".to_owned()),
            n => sentences.push(format!("{n} people have left already.")),
        }
        match self.unread.as_slice() {
            [] => {}
            [one] => sentences.push(format!("Row {one} has no address that we can read.")),
            [first, ..] => {
                let count = self.unread.len();
                sentences.push(format!(
                    "{count} rows have no address that we can read; the first is row {first}."
                ));
            }
        }
        if sentences.is_empty() { None } else { Some(sentences.join(" ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_does_not_change_is_said_in_sentences() {
        assert_eq!(Matched::default().left_over(), None);
        let unknown = (0..12).map(|n| format!("p{n}@acme.test")).collect();
        let it = Matched { unknown, gone: 1, unread: vec![4, 9], ..Matched::default() };
        let said = it.left_over().unwrap();
        assert!(said.contains("p9@acme.test and 2 more.") && !said.contains("p10@"), "{said}");
        assert!(said.contains("One person has left already."), "{said}");
        assert!(said.ends_with("2 rows have no address that we can read; the first is row 4."), "{said}");
    }
}
