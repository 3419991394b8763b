//! Text to rows of cells, as a spreadsheet splits it. Owns quoting, line ends, the delimiter and the numbers of the rows.
//!
//! Written by hand because people look for “row 17” in a spreadsheet: empty lines count, a line break inside
//! quotation marks does not, and an unclosed quotation mark has to be reported, not swallowed.

use memchr::{memchr, memchr3};
use std::borrow::Cow;

/// One row. `number` is what a spreadsheet shows.
pub(super) struct Record<'a> {
    pub number: usize,
    pub cells: Vec<Cow<'a, str>>,
}

impl Record<'_> {
    /// No cell has anything in it.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A quotation mark that is not closed before the end of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenQuote {
    /// The row in which it stands.
    pub number: usize,
}

/// The rows of a text; empty lines are counted and left out. Ends after the first error.
pub(super) struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    at: usize,
    number: usize,
}

impl<'a> Records<'a> {
    /// `delimiter` is ASCII.
    pub(super) fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text, delimiter, at: 0, number: 0 }
    }

    /// The next cell, and whether the row goes on after it.
    fn cell(&mut self) -> Result<(Cow<'a, str>, bool), OpenQuote> {
        let bytes = self.text.as_bytes();
        let blanks = bytes[self.at..].iter().take_while(|b| **b == b' ').count();
        let opening = self.at + blanks;
        if bytes.get(opening) != Some(&b'"') {
            let plain = self.plain_until();
            return Ok((Cow::Borrowed(plain), self.step()));
        }
        let mut from = opening + 1;
        let mut joined = String::new();
        loop {
            let rest = &bytes[from..];
            let Some(quote) = memchr(b'"', rest).map(|at| from + at) else {
                self.at = bytes.len();
                return Err(OpenQuote { number: self.number });
            };
            let part = &self.text[from..quote];
            if bytes.get(quote + 1) == Some(&b'"') {
                joined.push_str(part);
                joined.push('"');
                from = quote + 2;
                continue;
            }
            self.at = quote + 1;
            let after = self.plain_until();
            let cell = if joined.is_empty() && after.trim().is_empty() {
                Cow::Borrowed(part)
            } else {
                joined.push_str(part);
                joined.push_str(after.trim_end());
                Cow::Owned(joined)
            };
            return Ok((cell, self.step()));
        }
    }

    /// The text up to the next delimiter or line end.
    fn plain_until(&mut self) -> &'a str {
        let rest = &self.text.as_bytes()[self.at..];
        let length = memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        let plain = &self.text[self.at..self.at + length];
        self.at += length;
        plain
    }

    /// Passes the delimiter (the row goes on) or the line end (it does not).
    fn step(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            Some(b'\r') => self.at += if bytes.get(self.at + 1) == Some(&b'\n') { 2 } else { 1 },
            Some(b'\n') => self.at += 1,
            Some(_) => {
                self.at += 1;
                return true;
            }
            None => {}
        }
        false
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, OpenQuote>;

    fn next(&mut self) -> Option<Self::Item> {
        while matches!(self.text.as_bytes().get(self.at), Some(b'\n' | b'\r')) {
            self.number += 1;
            self.step();
        }
        if self.at >= self.text.len() {
            return None;
        }
        self.number += 1;
        let mut cells = Vec::new();
        loop {
            match self.cell() {
                Ok((cell, more)) => {
                    cells.push(cell);
                    if !more {
                        return Some(Ok(Record { number: self.number, cells }));
                    }
                }
                Err(open) => return Some(Err(open)),
            }
        }
    }
}

/// The delimiter that Excel's first line `sep=;` names, and the text after that line.
pub(super) fn announced(text: &str) -> Option<(u8, &str)> {
    let line = text.split(['\r', '\n']).next()?;
    let rest = &text[line.len()..];
    let bare = line.trim_matches('"');
    let (key, value) = bare.split_at_checked(4)?;
    if !key.eq_ignore_ascii_case("sep=") {
        return None;
    }
    let delimiter =
        value.bytes().next().filter(|b| (b.is_ascii_punctuation() && *b != b'"') || *b == b'\t')?;
    Some((delimiter, rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n'])).unwrap_or(rest)))
}

/// The delimiter under which the first rows look most like a table. `known` counts the headings it recognises.
pub(super) fn delimiter(text: &str, known: impl Fn(&[Cow<'_, str>]) -> usize) -> u8 {
    const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
    const ROWS: usize = 30;
    let score = |delimiter: u8| {
        let rows: Vec<_> = Records::new(head(text), delimiter)
            .take(ROWS)
            .map_while(Result::ok)
            .filter(|record| !record.is_blank())
            .collect();
        let known = rows.iter().take(10).map(|record| known(&record.cells)).max().unwrap_or(0);
        let width = rows.last().map_or(0, |record| record.cells.len());
        let alike = rows.iter().filter(|record| width > 1 && record.cells.len() == width).count();
        (known, alike, width)
    };
    let mut best = (b',', score(b','));
    for candidate in &CANDIDATES[1..] {
        let reached = score(*candidate);
        if reached > best.1 {
            best = (*candidate, reached);
        }
    }
    best.0
}

/// The start of the text, long enough to tell delimiters apart.
fn head(text: &str) -> &str {
    let mut end = text.len().min(64 * 1024);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: u8) -> Vec<(usize, Vec<String>)> {
        Records::new(text, delimiter)
            .map(|record| record.unwrap())
            .map(|record| (record.number, record.cells.iter().map(ToString::to_string).collect()))
            .collect()
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let text = "a,b\r\n\r\n\"x\r\ny\",z\n\rlast";
        let numbers: Vec<usize> = rows(text, b',').iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 3, 5]);
        assert_eq!(rows(text, b',')[1].1, ["x\r\ny", "z"]);
        assert_eq!(rows("a\rb\r", b',').len(), 2);
    }

    #[test]
    fn quotes_as_spreadsheets_read_them() {
        let table: &[(&str, &[&str])] = &[
            (r#""a","b""#, &["a", "b"]),
            (r#""say ""hi""",b"#, &["say \"hi\"", "b"]),
            (r#"a "quoted" b,c"#, &["a \"quoted\" b", "c"]),
            (r#""a"x,c"#, &["ax", "c"]),
            (r#"a, "b, c" ,d"#, &["a", "b, c", "d"]),
            (",,", &["", "", ""]),
            ("\"\",\"\"", &["", ""]),
        ];
        for (text, cells) in table {
            assert_eq!(rows(text, b',')[0].1, *cells, "{text}");
        }
        let open = Records::new("a,b\nc,\"d\ne,f\n", b',').find_map(Result::err);
        assert_eq!(open, Some(OpenQuote { number: 2 }));
    }

    #[test]
    fn delimiters_are_found() {
        let known = |cells: &[Cow<'_, str>]| cells.iter().filter(|cell| cell.trim() == "email").count();
        assert_eq!(delimiter("name;email\na;b\n", known), b';');
        assert_eq!(delimiter("name\temail\na, b\tb\n", known), b'\t');
        assert_eq!(delimiter("name|email\na|b\n", known), b'|');
        assert_eq!(delimiter("email\na\n", known), b',');
        assert_eq!(delimiter("Titel, mit, Kommas\nname;email\na;b\n", known), b';');
        assert_eq!(announced("sep=;\r\na;b"), Some((b';', "a;b")));
        assert_eq!(announced("\"SEP=|\"\na"), Some((b'|', "a")));
        assert_eq!(announced("sep=\na"), None);
        assert_eq!(announced("sep=x\na"), None);
        assert_eq!(announced("séparé"), None);
    }
}
