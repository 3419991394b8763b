//! Files of people: an uploaded table to rows of profiles, each with its problems. Owns the reading and the writing of
//! such files; does not own what happens with the people, nor which domain an address may have.
//!
//! Reading is linear in the size of the file and never fails on a row: a row that cannot be used carries sentences that
//! say why, and [`rejected_csv`] hands those rows back as a file that can be mended and read again.

mod cells;
mod correct;
mod decode;
mod file_problem;
mod headings;
mod rows;
mod sniff;
mod write;

pub use correct::Correction;
pub use file_problem::FileProblem;
pub use sniff::Kind;
pub use write::{csv, rejected_csv, template_csv};

use crate::{Defaults, Field, Problem, Profile, RequiredFields, Role};
use cells::Records;
use std::borrow::Cow;

/// The most bytes of a file.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// The most people in a file, unless [`Options::max_rows`] says less or more.
pub const MOST_ROWS: usize = 50_000;
/// The most columns of a file.
const MOST_COLUMNS: usize = 500;
/// The most bytes of one row.
const LONGEST_ROW: usize = 32 * 1024;
/// Headings stand in one of the first rows, below a title perhaps.
const ROWS_ABOVE_HEADINGS: usize = 10;

/// What reading depends on.
#[derive(Debug, Clone)]
pub struct Options {
    /// The fields without which a row has a problem.
    pub required: RequiredFields,
    /// What fills empty cells.
    pub defaults: Defaults,
    /// The vendor's own fields.
    pub extra: Vec<ExtraField>,
    /// The current year; bounds the year of birth.
    pub this_year: u16,
    /// The most people; a longer file is refused as a whole.
    pub max_rows: usize,
    /// What each column means, chosen by a person. Overrides the headings, and makes a file without headings readable.
    pub columns: Option<Vec<Column>>,
}

impl Options {
    /// Everything by default, in this year.
    pub fn new(this_year: u16) -> Self {
        Self {
            required: RequiredFields::default(),
            defaults: Defaults::default(),
            extra: Vec::new(),
            this_year,
            max_rows: MOST_ROWS,
            columns: None,
        }
    }
}

/// A field of the vendor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraField {
    /// The key in the profile and the API.
    pub key: String,
    /// What people read.
    pub label: String,
    /// Further spellings of its heading.
    pub headings: Vec<String>,
    /// The values that are taken; empty for any.
    pub allowed: Vec<String>,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// One field.
    Field(Field),
    /// First and last name in one cell.
    FullName,
    /// The reasons that [`rejected_csv`] wrote; left out when read.
    Reason,
    /// Nothing that we use.
    Ignored,
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The encoding, such as `UTF-8` or `windows-1252`.
    pub encoding: &'static str,
    /// The delimiter between the cells.
    pub delimiter: char,
    /// The row that the headings stand in, counted as a spreadsheet does; 0 where there are none.
    pub heading_row: usize,
    /// The headings as they stand in the file.
    pub headings: Vec<String>,
    /// What each column means; as long as `headings`.
    pub columns: Vec<Column>,
    /// Required fields for which there is neither a column nor a default: every row lacks them.
    pub missing: Vec<Field>,
    /// The people. Empty rows are left out.
    pub rows: Vec<Row>,
}

/// One person of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row that a spreadsheet shows.
    pub number: usize,
    /// What could be read, defaults filled in.
    pub profile: Profile,
    /// The role of the file or the defaults.
    pub role: Option<Role>,
    /// Why the row cannot be used; empty where it can. A caller adds what only it can know, before writing the
    /// rejected rows.
    pub problems: Vec<Problem>,
    /// The cells as they stand in the file.
    pub original: Vec<String>,
}

impl Row {
    /// Nothing is wrong with the row.
    pub fn is_ready(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Roster {
    /// The headings of the columns that are not used, without empty ones and without our own reasons.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        let columns = self.headings.iter().zip(&self.columns);
        let unused =
            columns.filter(|(heading, column)| **column == Column::Ignored && !heading.trim().is_empty());
        unused.map(|(heading, _)| heading.as_str())
    }

    /// The heading of the column that a field is read from.
    pub fn heading_of(&self, field: &Field) -> Option<&str> {
        let at = self.columns.iter().position(|column| matches!(column, Column::Field(f) if f == field))?;
        self.headings.get(at).map(String::as_str)
    }
}

/// Reads a file of people: text in any common encoding, separated by commas, semicolons, tabs or bars.
///
/// # Errors
/// A [`FileProblem`] where the file as a whole cannot be read; problems of single rows are in the rows.
pub fn read(bytes: &[u8], options: &Options) -> Result<Roster, FileProblem> {
    if bytes.len() > LARGEST {
        return Err(FileProblem::TooLarge { limit: LARGEST });
    }
    if let Some(kind) = sniff::kind(bytes) {
        return Err(FileProblem::NotATable(kind));
    }
    let (text, encoding) = decode::decode(bytes);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | ',' | ';' | '"')).is_empty() {
        return Err(FileProblem::Empty);
    }
    if let Some(kind) = sniff::text_kind(text) {
        return Err(FileProblem::NotATable(kind));
    }
    let known = |cells: &[Cow<'_, str>]| headings::known(cells, &options.extra);
    let (delimiter, text) = cells::announced(text).unwrap_or_else(|| (cells::delimiter(text, known), text));
    let found = find_headings(text, delimiter, options)?;
    let columns = columns(&found.headings, options);
    if !columns.contains(&Column::Field(Field::Email)) {
        return Err(FileProblem::NoEmailColumn { found: shown(&found.headings) });
    }
    let rows = rows::read(text, delimiter, found.row, &columns, options)?;
    if rows.is_empty() {
        return Err(FileProblem::NoPeople);
    }
    let missing = rows::missing_columns(&columns, options);
    let delimiter = char::from(delimiter);
    Ok(Roster {
        encoding,
        delimiter,
        heading_row: found.row,
        headings: found.headings,
        columns,
        missing,
        rows,
    })
}

/// The headings and the row in which they stand.
struct Headings {
    row: usize,
    headings: Vec<String>,
}

/// The first row that looks like headings. Where a person has chosen the columns, a file may have none.
fn find_headings(text: &str, delimiter: u8, options: &Options) -> Result<Headings, FileProblem> {
    let mut first: Option<Vec<String>> = None;
    let rows = Records::new(text, delimiter).take(ROWS_ABOVE_HEADINGS * 2);
    for record in
        rows.collect::<Result<Vec<_>, _>>().or_else(|open| first_rows(text, delimiter, open.number))?
    {
        if record.is_blank() {
            continue;
        }
        if record.cells.len() > MOST_COLUMNS {
            return Err(FileProblem::TooManyColumns { limit: MOST_COLUMNS });
        }
        let cells: Vec<String> = record.cells.iter().map(|cell| rows::bare(cell).trim().to_owned()).collect();
        let known = headings::known(&cells, &options.extra);
        let person = cells.iter().any(|cell| crate::email::looks_like_one(cell));
        if known > 0 && !person && (known * 2 >= filled(&cells) || known >= 2) {
            return Ok(Headings { row: record.number, headings: cells });
        }
        first.get_or_insert(cells);
        if person {
            break;
        }
    }
    let first = first.unwrap_or_default();
    if options.columns.is_some() {
        return Ok(Headings { row: 0, headings: vec![String::new(); first.len()] });
    }
    if first.iter().any(|cell| crate::email::looks_like_one(cell)) {
        return Err(FileProblem::NoHeadings { found: shown(&first) });
    }
    Err(FileProblem::NoEmailColumn { found: shown(&first) })
}

/// The rows above an unclosed quotation mark; the mark itself is the problem where it stands in the first row.
fn first_rows(text: &str, delimiter: u8, open: usize) -> Result<Vec<cells::Record<'_>>, FileProblem> {
    if open == 1 {
        return Err(FileProblem::OpenQuote { row: open });
    }
    Ok(Records::new(text, delimiter).take(open - 1).map_while(Result::ok).collect())
}

fn columns(headings: &[String], options: &Options) -> Vec<Column> {
    let Some(chosen) = &options.columns else { return headings::columns(headings, &options.extra) };
    let mut columns = chosen.clone();
    columns.resize(headings.len(), Column::Ignored);
    columns
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.is_empty()).count()
}

/// A few cells for a sentence.
fn shown(cells: &[String]) -> Vec<String> {
    cells.iter().filter(|cell| !cell.is_empty()).take(8).cloned().collect()
}
