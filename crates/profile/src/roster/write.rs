//! Files of people to download: the template and the rejected rows. Owns the escaping that keeps a spreadsheet from
//! computing what is in a cell (CWE-1236).

use super::{Column, ExtraField, Roster, Row, rows::is_formula};
use crate::Field;

/// The heading over the reasons. The reader knows it and leaves the column out.
const REASON: &str = "Reason (left out when you import again)";
/// By this mark Excel knows that a file is UTF-8.
const MARK: &str = "\u{feff}";

/// Any table as a file for spreadsheets: UTF-8 with its mark, separated by commas, nothing in it computed.
pub fn csv<'a, R>(rows: impl IntoIterator<Item = R>) -> Vec<u8>
where
    R: IntoIterator<Item = &'a str>,
{
    let mut out = String::from(MARK);
    for row in rows {
        line(&mut out, ',', row.into_iter());
    }
    out.into_bytes()
}

/// A file with the headings and nobody below them, UTF-8 with its mark, separated by commas.
pub fn template_csv(extra: &[ExtraField]) -> Vec<u8> {
    let labels = Field::ALL.iter().map(Field::label).chain(extra.iter().map(|field| field.label.as_str()));
    csv([labels])
}

/// The given rows of a file as they stand in it, with a column that says what is wrong with each, and empty columns for
/// required fields that the file does not have. UTF-8 with its mark, the delimiter of the file
/// where it is a usual one.
///
/// [`super::read`] reads such a file again and leaves the reasons out.
pub fn rejected_csv<'a>(roster: &Roster, rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let kept: Vec<usize> =
        (0..roster.columns.len()).filter(|at| roster.columns[*at] != Column::Reason).collect();
    let mut out = String::from(MARK);
    // An unusual delimiter had to be announced; one that everybody guesses need not be.
    let delimiter = if ";\t|".contains(roster.delimiter) { roster.delimiter } else { ',' };
    let headings = kept.iter().map(|at| heading(roster, *at));
    let missing = roster.missing.iter().map(Field::label);
    line(&mut out, delimiter, headings.chain(missing).chain([REASON]));
    for row in rows {
        let reasons: Vec<String> = row.problems.iter().map(ToString::to_string).collect();
        let reason = reasons.join(" ");
        let cells = kept.iter().map(|at| row.original.get(*at).map_or("", String::as_str));
        let empty = roster.missing.iter().map(|_| "");
        line(&mut out, delimiter, cells.chain(empty).chain([reason.as_str()]));
    }
    out.into_bytes()
}

/// The heading of a column; of a file without headings, what a person chose for it.
fn heading(roster: &Roster, at: usize) -> &str {
    match (roster.headings[at].as_str(), &roster.columns[at]) {
        ("", Column::Field(field)) => field.label(),
        ("", Column::FullName) => "Full name",
        (heading, _) => heading,
    }
}

fn line<'a>(out: &mut String, delimiter: char, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        push_cell(out, delimiter, cell);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, delimiter: char, cell: &str) {
    let guard = if is_formula(cell.trim_start_matches('\'')) { "'" } else { "" };
    let outer_space = cell.starts_with(char::is_whitespace) || cell.ends_with(char::is_whitespace);
    if !outer_space && !cell.contains([delimiter, '"', '\n', '\r']) {
        out.push_str(guard);
        out.push_str(cell);
        return;
    }
    out.push('"');
    out.push_str(guard);
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}
