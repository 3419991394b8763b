//! Cells mended on a page, without a new file. Owns the second reading of those rows.

use super::{Column, Options, Roster, rows};
use crate::Field;
use std::collections::HashMap;

/// One value that a person mended in the preview of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The row, as [`super::Row::number`] says it.
    pub row: usize,
    /// The field.
    pub field: Field,
    /// What the cell shall hold.
    pub text: String,
}

impl Roster {
    /// Puts mended values into their cells and reads those rows again. A field without a column gets one, so that
    /// rejected rows keep what was mended. Problems that the caller added to those rows are gone: they may not hold any
    /// more.
    ///
    /// Answers the corrections whose row is not in the file.
    pub fn correct(&mut self, corrections: &[Correction], options: &Options) -> Vec<Correction> {
        let at: HashMap<usize, usize> =
            self.rows.iter().enumerate().map(|(at, row)| (row.number, at)).collect();
        let mut strange = Vec::new();
        let mut touched = Vec::new();
        for correction in corrections {
            let Some(at) = at.get(&correction.row) else {
                strange.push(correction.clone());
                continue;
            };
            let column = self.column(&correction.field);
            let cells = &mut self.rows[*at].original;
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            cells[column].clone_from(&correction.text);
            touched.push(*at);
        }
        touched.sort_unstable();
        touched.dedup();
        for at in touched {
            let row = &mut self.rows[at];
            *row = rows::person(row.number, std::mem::take(&mut row.original), &self.columns, options);
        }
        rows::mark_duplicates(&mut self.rows);
        self.missing.retain(|field| !self.columns.contains(&Column::Field(field.clone())));
        strange
    }

    /// The column of a field; a new one where it has none.
    fn column(&mut self, field: &Field) -> usize {
        let known = self.columns.iter().position(|column| *column == Column::Field(field.clone()));
        known.unwrap_or_else(|| {
            self.columns.push(Column::Field(field.clone()));
            self.headings.push(field.label().to_owned());
            self.columns.len() - 1
        })
    }
}
