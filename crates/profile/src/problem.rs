//! A value that cannot be used, and the sentence that says so. Owns the words; the reading modules own the rules.

use crate::{Country, Field};
use std::fmt::{self, Write as _};

/// What is wrong with one value: which field, what was received, why it cannot be used. `Display` is the sentence for
/// people: what was received, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field that the value was for; `None` where the whole row is meant.
    pub field: Option<Field>,
    /// What was received, as it came. May be long; the sentence shows at most 60 characters of it.
    pub received: String,
    /// Why it cannot be used.
    pub reason: Reason,
}

/// Why a value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A required field is empty.
    Missing,
    /// More characters than the field takes.
    TooLong {
        /// The most characters that the field takes.
        limit: usize,
    },
    /// A control character, or one that reverses the direction of reading.
    ControlCharacter,
    /// A character was lost when the file was written or read.
    LostCharacter,
    /// A web address where a name was expected.
    WebAddress,
    /// A country that could be several, or a region of several countries.
    NotOneCountry {
        /// What it may mean; may be empty.
        candidates: Vec<Country>,
    },
    /// No country of this name or code.
    UnknownCountry {
        /// The country whose English name is nearly that.
        near: Option<Country>,
    },
    /// Not an email address; the text completes “… is not an email address: …”.
    Email(EmailFault),
    /// Not a year of birth between these two.
    BirthYear {
        /// The earliest year taken.
        from: u16,
        /// The latest year taken.
        to: u16,
    },
    /// Neither of the two roles.
    UnknownRole,
    /// One full name that does not fall into a first and a last name.
    NameNotSplit,
    /// Several different values where one was expected.
    SeveralValues,
    /// Something with parts of its own where one value was expected.
    SeveralParts,
    /// The same address stands further up in the file.
    Duplicate {
        /// The row that has it first.
        row: usize,
    },
    /// More cells than headings.
    ExtraCells {
        /// The number of headings.
        expected: usize,
        /// The number of cells up to the last filled one.
        found: usize,
    },
    /// The row is longer than a person can be.
    RowTooLong {
        /// The most bytes that a row may have.
        limit: usize,
    },
    /// Not one of the values that the vendor allows for a field of its own.
    NotAllowed {
        /// The values that are allowed.
        allowed: Vec<String>,
    },
    /// Found by the caller, in a sentence of its own.
    Other(String),
}

/// What keeps a text from being an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmailFault {
    /// No `@`.
    NoAt,
    /// More than one `@`, or two addresses in one place.
    Several,
    /// Longer than 254 bytes, or more than 64 before the `@`.
    TooLong,
    /// A space in the middle.
    Space,
    /// A comma where a dot should be.
    Comma,
    /// A control or invisible character.
    Control,
    /// Nothing, or characters that mail does not take, before the `@`.
    LocalPart,
    /// No dot in the domain.
    NoDot,
    /// A domain that cannot exist.
    Domain,
}

impl Problem {
    /// A problem of one field.
    pub fn new(field: Field, received: impl Into<String>, reason: Reason) -> Self {
        Self { field: Some(field), received: received.into(), reason }
    }

    /// A short, stable word for the reason, for logs, the API and translated pages.
    pub fn code(&self) -> &'static str {
        match &self.reason {
            Reason::Missing => "missing",
            Reason::TooLong { .. } => "too_long",
            Reason::ControlCharacter => "control_character",
            Reason::LostCharacter => "lost_character",
            Reason::WebAddress => "web_address",
            Reason::NotOneCountry { .. } => "not_one_country",
            Reason::UnknownCountry { .. } => "unknown_country",
            Reason::Email(_) => "not_an_email",
            Reason::BirthYear { .. } => "not_a_birth_year",
            Reason::UnknownRole => "unknown_role",
            Reason::NameNotSplit => "name_not_split",
            Reason::SeveralValues => "several_values",
            Reason::SeveralParts => "several_parts",
            Reason::Duplicate { .. } => "duplicate",
            Reason::ExtraCells { .. } => "extra_cells",
            Reason::RowTooLong { .. } => "row_too_long",
            Reason::NotAllowed { .. } => "not_allowed",
            Reason::Other(_) => "other",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = quoted(&self.received);
        let label = self.field.as_ref().map_or("The row", Field::label);
        match &self.reason {
            Reason::Missing => write!(f, "{label} is missing."),
            Reason::TooLong { limit } => {
                write!(f, "{received} is too long. Expected at most {limit} characters.")
            }
            Reason::ControlCharacter => {
                write!(f, "{received} has an invisible control character. Type it again by hand.")
            }
            Reason::LostCharacter => write!(
                f,
                "A letter was lost in {received}. Save the file as “CSV UTF-8” and import it again, or correct it here."
            ),
            Reason::WebAddress => write!(f, "{received} is a web address. Expected a name."),
            Reason::NotOneCountry { candidates } => match candidates.as_slice() {
                [one] => write!(f, "{received} is not one country. Did you mean {}?", one.name()),
                [one, two] => {
                    write!(f, "{received} is not one country. Did you mean {} or {}?", one.name(), two.name())
                }
                _ => write!(f, "{received} is not one country. {EXPECTED_COUNTRY}"),
            },
            Reason::UnknownCountry { near: Some(near) } => {
                write!(f, "{received} is not a country we know. Did you mean {}?", near.name())
            }
            Reason::UnknownCountry { near: None } => {
                write!(f, "{received} is not a country we know. {EXPECTED_COUNTRY}")
            }
            Reason::Email(fault) => write!(f, "{received} is not an email address: {fault}"),
            Reason::BirthYear { from, to } => write!(
                f,
                "{received} is not a year of birth we can use. Expected four digits from {from} to {to}, such as 1984."
            ),
            Reason::UnknownRole => write!(f, "{received} is not a role. Expected admin or member."),
            Reason::NameNotSplit => write!(
                f,
                "{received} does not show which part is the first and which the last name. Expected two columns, or “First Last”."
            ),
            Reason::SeveralValues => write!(f, "{received}: several different values. Expected one."),
            Reason::SeveralParts => {
                write!(
                    f,
                    "{received} has parts of its own. Expected one text or number for {}.",
                    label.to_lowercase()
                )
            }
            Reason::Duplicate { row } => {
                write!(f, "{received} stands in row {row} already. Each person needs one row.")
            }
            Reason::ExtraCells { expected, found } => write!(
                f,
                "The row has {found} cells, but there are {expected} headings. A comma or semicolon inside a value needs quotation marks around the value."
            ),
            Reason::RowTooLong { limit } => {
                write!(f, "The row is longer than {limit} characters. Is a quotation mark missing?")
            }
            Reason::NotAllowed { allowed } => {
                write!(f, "{received} is not offered. Expected {}.", either(allowed))
            }
            Reason::Other(sentence) => f.write_str(sentence),
        }
    }
}

impl fmt::Display for EmailFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAt => "the @ is missing. Expected something like name@example.com.",
            Self::Several => "there is more than one @. Expected one address.",
            Self::TooLong => {
                "it is longer than mail allows. Expected at most 254 characters, 64 before the @."
            }
            Self::Space => "there is a space in it. Take the space out.",
            Self::Comma => "there is a comma where a dot should be.",
            Self::Control => "there is an invisible character in it. Type it again by hand.",
            Self::LocalPart => "the part before the @ cannot be used. Expected letters, digits and dots.",
            Self::NoDot => "the part after the @ needs a dot, as in example.com.",
            Self::Domain => "the part after the @ is not a domain, such as example.com.",
        })
    }
}

const EXPECTED_COUNTRY: &str = "Expected a name or code, such as Germany or DE.";
/// Most characters of a received value that a sentence shows.
const SHOWN: usize = 60;

/// The value in quotation marks, short and without characters that could upset a page, a terminal or a log.
pub(crate) fn quoted(received: &str) -> String {
    let mut out = String::from("“");
    let mut chars = received.trim().chars();
    for c in chars.by_ref().take(SHOWN) {
        out.push(if is_harmful(c) { '\u{fffd}' } else { c });
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out.push('”');
    out
}

/// Control characters, and those that turn the direction of reading around.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

fn either(values: &[String]) -> String {
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        let joint = match i {
            0 => "",
            _ if i + 1 == values.len() => " or ",
            _ => ", ",
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "{joint}{value}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_shows_what_was_received_and_what_is_expected() {
        let problem =
            Problem::new(Field::Country, "D-A-CH", Reason::NotOneCountry { candidates: Vec::new() });
        assert_eq!(
            problem.to_string(),
            "“D-A-CH” is not one country. Expected a name or code, such as Germany or DE."
        );
        let allowed = ["core", "plus", "family"].map(str::to_owned).to_vec();
        let problem = Problem::new(Field::Extra("plan".into()), "gold", Reason::NotAllowed { allowed });
        assert_eq!(problem.to_string(), "“gold” is not offered. Expected core, plus or family.");
    }

    #[test]
    fn sentence_of_a_hostile_value_is_short_and_tame() {
        let problem = Problem::new(
            Field::Role,
            format!("a\u{1b}[31m\u{202e}{}", "x".repeat(9000)),
            Reason::UnknownRole,
        );
        let sentence = problem.to_string();
        assert!(sentence.chars().count() < 130, "{sentence}");
        assert!(!sentence.chars().any(is_harmful), "{sentence}");
    }
}
