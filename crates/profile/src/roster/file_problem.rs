//! Why a file as a whole cannot be read. Owns the sentences.

use super::{Kind, cells::OpenQuote};
use crate::problem::quoted;
use std::fmt;

/// Why a file as a whole cannot be read. `Display` is the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileProblem {
    /// Nothing in it.
    Empty,
    /// More bytes than we read.
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// Not a table in text form.
    NotATable(Kind),
    /// The first row is a person already.
    NoHeadings {
        /// What stands in the first row.
        found: Vec<String>,
    },
    /// No column is an email address.
    NoEmailColumn {
        /// The headings that were found.
        found: Vec<String>,
    },
    /// Headings, and nobody below them.
    NoPeople,
    /// More people than we read.
    TooManyRows {
        /// The most people.
        limit: usize,
    },
    /// More columns than a table of people has.
    TooManyColumns {
        /// The most columns.
        limit: usize,
    },
    /// A quotation mark is never closed.
    OpenQuote {
        /// The row in which it stands.
        row: usize,
    },
}

impl FileProblem {
    /// A short, stable word for the API and the log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::TooLarge { .. } => "file_too_large",
            Self::NotATable(_) => "not_a_table",
            Self::NoHeadings { .. } => "no_headings",
            Self::NoEmailColumn { .. } => "no_email_column",
            Self::NoPeople => "no_people",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::OpenQuote { .. } => "open_quote",
        }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                write!(f, "The file is empty. Expected a row of headings and one row for each person.")
            }
            Self::TooLarge { limit } => write!(
                f,
                "The file is larger than {} MB. Split it into several files and import one after the other.",
                limit / (1024 * 1024)
            ),
            Self::NotATable(kind) => write!(f, "{}", sentence(*kind)),
            Self::NoHeadings { found } => write!(
                f,
                "The first row is a person already: {}. Expected headings in the first row, such as First name, Last name, Email, Country.",
                list(found)
            ),
            Self::NoEmailColumn { found } if found.is_empty() => {
                write!(f, "No column with email addresses was found. Expected a heading such as Email.")
            }
            Self::NoEmailColumn { found } => write!(
                f,
                "No column with email addresses was found. The first row has {}. Expected a heading such as Email.",
                list(found)
            ),
            Self::NoPeople => {
                write!(f, "The file has headings, and nobody below them. Add one row for each person.")
            }
            Self::TooManyRows { limit } => write!(
                f,
                "The file has more than {} people. Split it into several files and import one after the other.",
                thousands(*limit)
            ),
            Self::TooManyColumns { limit } => write!(
                f,
                "The file has more than {limit} columns. Keep the columns that are needed: First name, Last name, Email, Country."
            ),
            Self::OpenQuote { row } => write!(
                f,
                "A quotation mark in row {row} is never closed, so we cannot tell where that row ends. Close it, or take it out, and choose the file again."
            ),
        }
    }
}

impl std::error::Error for FileProblem {}

impl From<OpenQuote> for FileProblem {
    fn from(open: OpenQuote) -> Self {
        Self::OpenQuote { row: open.number }
    }
}

fn sentence(kind: Kind) -> &'static str {
    match kind {
        Kind::Excel => {
            "That is an Excel workbook. In Excel choose File > Save As, pick “CSV UTF-8”, and import the new file."
        }
        Kind::OpenDocument => {
            "That is an OpenDocument spreadsheet. Save it as “Text CSV” with the character set UTF-8, and import the new file."
        }
        Kind::Numbers => {
            "That is a Numbers spreadsheet. In Numbers choose File > Export To > CSV, and import the new file."
        }
        Kind::Document => "That is a text document. Expected a table of people saved as CSV.",
        Kind::Pdf => "That is a PDF. Expected a table of people saved as CSV.",
        Kind::Archive => "That is a packed archive. Unpack it and choose the CSV file in it.",
        Kind::Image => "That is an image. Expected a table of people saved as CSV.",
        Kind::WebPage => {
            "That is a web page, often the sign-in page of the program that should have made the file. Download the file again while signed in there."
        }
        Kind::Structured => "That is JSON or XML. Expected a table of people saved as CSV.",
        Kind::Contacts => "Those are contacts (vCard). Export them as CSV instead, and import that file.",
        Kind::Binary => "That is not a text file. Expected a table of people saved as CSV.",
    }
}

fn list(cells: &[String]) -> String {
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(", ")
}

fn thousands(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}
