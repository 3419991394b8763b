//! Bulk invite: choosing a file, looking at every row, what was done.

use super::{Place, sample_org};
use crate::html::Html;
use crate::layout::Page;
use crate::parts::{Figure, Icon, Input, Notice, Pager, Status, Tone};
use askama::Template;

/// Choosing a file.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/import.html")]
pub struct OrgImport {
    /// Surroundings.
    pub page: Page,
    /// What is wrong with the file before.
    pub problem: Option<Notice>,
    /// Where the file is posted to, as `multipart/form-data`, field `file`.
    pub action: String,
    /// Link to the template.
    pub template: String,
    /// Columns that are needed, and those that help.
    pub columns: Vec<(String, String)>,
}

/// Every row with what is wrong with it. Nobody has been invited yet.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/import_preview.html")]
pub struct OrgImportPreview {
    /// Surroundings.
    pub page: Page,
    /// "148 people found, 7 rows need a look".
    pub title: String,
    /// The file and how it was read, in light markup.
    pub summary: Html,
    /// Our field, and the heading it was found under; empty if none was.
    pub columns: Vec<(String, String)>,
    /// Headings that are not used.
    pub unused: Vec<String>,
    /// Rows without a problem, of people who are not here yet.
    pub ready: u64,
    /// Rows with a problem.
    pub problems: u64,
    /// Only rows with problems are shown.
    pub only_problems: bool,
    /// Link that shows the others: all rows, or only those with problems.
    pub toggle: String,
    /// Names of the columns shown.
    pub headings: Vec<String>,
    /// The rows.
    pub rows: Vec<ImportRow>,
    /// Where one is in the list.
    pub pager: Pager,
    /// Link to the rows with problems as a file with a reason column.
    pub rejected: String,
    /// Where the import is posted to: field `mode`, `valid` or `all`, and `silent`.
    pub action: String,
    /// Why no invitation mail is needed: "people sign in through Okta anyway"; may be empty.
    pub silent: String,
    /// Link to choose another file.
    pub again: String,
}

/// One row of the file.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Its number in the file, the headings being row 1.
    pub row: u64,
    /// Its values, one for each heading.
    pub cells: Vec<String>,
    /// What is wrong, in light markup; empty when it is ready.
    pub problem: Html,
    /// Ready, already a member, or with a problem.
    pub status: Status,
}

/// What was done.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/import_done.html")]
pub struct OrgImportDone {
    /// Surroundings.
    pub page: Page,
    /// "141 people are invited".
    pub title: String,
    /// A sentence below, in light markup.
    pub lede: Html,
    /// Invited, left out, to mend.
    pub figures: Vec<Figure>,
    /// Link to the rows that were left out, if there are any.
    pub rejected: Option<String>,
    /// Link to the members.
    pub members: String,
    /// Link to another file.
    pub again: String,
}

impl OrgImport {
    /// The columns that every import knows.
    pub fn usual_columns() -> Vec<(String, String)> {
        [
            ("First name", "needed"),
            ("Last name", "needed"),
            ("Email", "needed, the work address"),
            ("Country", "needed, as a name or a code: Germany, Deutschland, DE"),
            ("City, State, Year of birth", "recommended"),
            ("Role", "optional: admin or member"),
        ]
        .map(|(name, need)| (name.to_owned(), need.to_owned()))
        .to_vec()
    }

    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Import people", Place::Import),
            problem: Some(
                Notice::new(
                    Tone::Bad,
                    "That is a picture, not a table",
                    "``team.png`` was read as an image. Expected: a CSV file. Save your table as CSV and choose it.",
                )
                .alert(),
            ),
            action: "/org/import".to_owned(),
            template: "/org/import/template.csv".to_owned(),
            columns: Self::usual_columns(),
        }
    }
}

impl OrgImportPreview {
    /// A sample.
    pub fn sample() -> Self {
        let row = |row, cells: [&str; 4], problem: &str| ImportRow {
            row,
            cells: cells.map(str::to_owned).to_vec(),
            problem: Html::marked(problem),
            status: if problem.is_empty() { Status::ok("Ready") } else { Status::bad("To mend") },
        };
        Self {
            page: sample_org("Check your file", Place::Import),
            title: "148 people found, 7 rows need a look".to_owned(),
            summary: Html::marked(
                "**people-november.csv**, 149 lines, read as UTF-8, separated by semicolons. Nobody has been invited \
                 yet.",
            ),
            columns: vec![
                ("First name".to_owned(), "Vorname".to_owned()),
                ("Last name".to_owned(), "Nachname".to_owned()),
                ("Email".to_owned(), "E-Mail".to_owned()),
                ("Country".to_owned(), String::new()),
            ],
            unused: vec!["Kostenstelle".to_owned()],
            ready: 141,
            problems: 7,
            only_problems: false,
            toggle: "/org/import/imp_01?only=problems".to_owned(),
            headings: ["First name", "Last name", "Email", "Country"].map(str::to_owned).to_vec(),
            rows: vec![
                row(2, ["Aiko", "Sato", "aiko.sato@acme.example", "Japan"], ""),
                row(
                    4,
                    ["Carlos", "Mendes", "carlos.mendes@acme,example", "Portugal"],
                    "Email: a comma where a dot should be. Did you mean **acme.example**?",
                ),
                row(
                    6,
                    ["Dilek", "Yıldız", "dilek.yildiz@acme.example", "D-A-CH"],
                    "Country: not one country. Expected a name or code, such as **Germany** or **DE**.",
                ),
            ],
            pager: Pager {
                summary: "Rows 2 to 6".to_owned(),
                previous: None,
                next: Some("?page=2".to_owned()),
            },
            rejected: "/org/import/imp_01/rejected.csv".to_owned(),
            action: "/org/import/imp_01".to_owned(),
            silent: "people sign in through Okta anyway".to_owned(),
            again: "/org/import".to_owned(),
        }
    }
}

impl OrgImportDone {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_org("Import done", Place::Import),
            title: "141 people are invited".to_owned(),
            lede: Html::marked("The mails are on their way. The same file again would invite nobody twice."),
            figures: vec![
                Figure::count(141, "invited"),
                Figure::count(2, "were members already"),
                Figure::count(5, "rows to mend"),
            ],
            rejected: Some("/org/import/imp_01/rejected.csv".to_owned()),
            members: "/org/members?status=invited".to_owned(),
            again: "/org/import".to_owned(),
        }
    }
}
