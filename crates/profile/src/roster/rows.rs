//! Rows of cells to people. Owns what makes a row unusable.

use super::{Column, ExtraField, FileProblem, LONGEST_ROW, Options, Row, cells::Records};
use crate::country::fold;
use crate::{Field, Problem, Profile, Reason, name, role};
use std::collections::HashMap;

/// The people below the headings.
pub(super) fn read(
    text: &str,
    delimiter: u8,
    heading_row: usize,
    columns: &[Column],
    options: &Options,
) -> Result<Vec<Row>, FileProblem> {
    let mut rows = Vec::new();
    for record in Records::new(text, delimiter) {
        let record = record?;
        if record.number <= heading_row || record.is_blank() {
            continue;
        }
        if rows.len() >= options.max_rows {
            return Err(FileProblem::TooManyRows { limit: options.max_rows });
        }
        let original = record.cells.iter().map(|cell| bare(cell).to_owned()).collect();
        rows.push(person(record.number, original, columns, options));
    }
    mark_duplicates(&mut rows);
    Ok(rows)
}

/// Flags every row whose address stands further up; forgets what was flagged before.
pub(super) fn mark_duplicates(rows: &mut [Row]) {
    let mut first_row_of: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    let mut later = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(email) = &row.profile.email else { continue };
        let first = *first_row_of.entry(email).or_insert(row.number);
        if first != row.number {
            later.push((at, Problem::new(Field::Email, email.clone(), Reason::Duplicate { row: first })));
        }
    }
    for row in &mut *rows {
        row.problems.retain(|problem| !matches!(problem.reason, Reason::Duplicate { .. }));
    }
    for (at, problem) in later {
        rows[at].problems.push(problem);
    }
}

/// Required fields that neither a column nor a default fills.
pub(super) fn missing_columns(columns: &[Column], options: &Options) -> Vec<Field> {
    let filled = Profile::default().with_defaults(&options.defaults);
    let has = |field: &Field| {
        let full = columns.contains(&Column::FullName) && matches!(field, Field::FirstName | Field::LastName);
        full || columns.contains(&Column::Field(field.clone()))
    };
    filled.missing(&options.required).into_iter().filter(|field| !has(field)).collect()
}

/// A cell without the apostrophe that [`super::rejected_csv`] puts before what a spreadsheet would compute.
pub(super) fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// A spreadsheet would take the text for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// One person out of the cells of a row.
pub(super) fn person(number: usize, original: Vec<String>, columns: &[Column], options: &Options) -> Row {
    let bytes: usize = original.iter().map(|cell| cell.len() + 1).sum();
    let mut row = Row { number, profile: Profile::default(), role: None, problems: Vec::new(), original };
    if bytes > LONGEST_ROW {
        row.problems.push(Problem {
            field: None,
            received: String::new(),
            reason: Reason::RowTooLong { limit: LONGEST_ROW },
        });
        return row;
    }
    let mut full = None;
    for (cell, column) in row.original.iter().zip(columns) {
        let cell = value(cell);
        let result = match column {
            _ if cell.is_empty() => Ok(()),
            Column::Field(Field::Role) => role::parse(cell)
                .map(|role| row.role = role)
                .map_err(|reason| Problem::new(Field::Role, cell, reason)),
            Column::Field(Field::Extra(key)) => own(&mut row.profile, key, cell, options),
            Column::Field(field) => row.profile.set(field, cell, options.this_year),
            Column::FullName => {
                full = Some(cell);
                Ok(())
            }
            Column::Reason | Column::Ignored => Ok(()),
        };
        row.problems.extend(result.err());
    }
    if let Some(full) = full {
        row.problems.extend(split(&mut row.profile, full));
    }
    row.problems.extend(extra_cells(&row.original, columns.len()));
    row.profile = std::mem::take(&mut row.profile).with_defaults(&options.defaults);
    row.role = row.role.or(options.defaults.role);
    for field in row.profile.missing(&options.required) {
        let told = row.problems.iter().any(|problem| {
            problem.field.as_ref() == Some(&field)
                || (problem.reason == Reason::NameNotSplit
                    && matches!(field, Field::FirstName | Field::LastName))
        });
        if !told {
            row.problems.push(Problem::new(field, "", Reason::Missing));
        }
    }
    row
}

/// A cell without what people write for “nothing”.
fn value(cell: &str) -> &str {
    let cell = cell.trim();
    let nothing = ["-", "–", "—", "--", "?", "n/a", "N/A", "#N/A", "#NV", "#REF!", "#VALUE!"];
    if nothing.contains(&cell) { "" } else { cell }
}

/// A field of the vendor's own, in the spelling that the vendor uses.
fn own(profile: &mut Profile, key: &str, cell: &str, options: &Options) -> Result<(), Problem> {
    let field = Field::Extra(key.to_owned());
    let allowed = options
        .extra
        .iter()
        .find(|extra| extra.key == key)
        .map_or(&[][..], |extra: &ExtraField| &extra.allowed);
    if allowed.is_empty() {
        return profile.set(&field, cell, options.this_year);
    }
    let wanted = fold(cell, false);
    match allowed.iter().find(|value| fold(value, false) == wanted) {
        Some(value) => profile.set(&field, value, options.this_year),
        None => Err(Problem::new(field, cell, Reason::NotAllowed { allowed: allowed.to_vec() })),
    }
}

/// A full name fills the halves that have no cell of their own.
fn split(profile: &mut Profile, full: &str) -> Option<Problem> {
    if profile.first_name.is_some() && profile.last_name.is_some() {
        return None;
    }
    let clean = match name::clean(full) {
        Ok(clean) => clean?,
        Err(reason) => return Some(Problem::new(Field::LastName, full, reason)),
    };
    let halves = match (&profile.first_name, &profile.last_name) {
        // “Ada” beside “Ada Lovelace”.
        (Some(first), None) => without(&clean, first).map(|last| (first.clone(), last)),
        (None, Some(last)) => without(&clean, last).map(|first| (first, last.clone())),
        _ => None,
    };
    match halves.map_or_else(|| name::split(&clean), Ok) {
        Ok((first, last)) => {
            profile.first_name.get_or_insert(first);
            profile.last_name.get_or_insert(last);
            None
        }
        Err(reason) => Some(Problem::new(Field::LastName, full, reason)),
    }
}

/// The full name without the half that is known.
fn without(full: &str, half: &str) -> Option<String> {
    let rest = full.strip_prefix(half).or_else(|| full.strip_suffix(half))?.trim_matches([' ', ',']);
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn extra_cells(cells: &[String], expected: usize) -> Option<Problem> {
    let found = cells.iter().rposition(|cell| !cell.trim().is_empty())? + 1;
    let reason = Reason::ExtraCells { expected, found };
    (found > expected).then(|| Problem { field: None, received: String::new(), reason })
}
