//! Owns filters (RFC 7644 §3.4.2.2): the tree, its text, its evaluation on a resource, and the
//! part of it that an index can answer. Does not own the search itself.

mod bind;
mod eval;
mod lookup;
mod parser;

use std::fmt;

use serde_json::Number;

use crate::ScimError;
use crate::path::AttrPath;
use crate::schema::ResourceType;

pub(crate) use eval::{fold_eq, parse_time};
pub use lookup::{Access, Key, Lookup, Test};
pub(crate) use parser::PatchPath;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum CompareOp {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

impl CompareOp {
    /// The operator in lower case, as filters have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }
}

/// What a comparison compares with, already of the type of the attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`: the attribute has no value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// A point in time, beside the text it came as.
    Time(String, jiff::Timestamp),
}

/// A filter whose names are canonical and whose values have the types of their attributes.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these; at least two.
    And(Vec<Filter>),
    /// One of these; at least two.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(AttrPath),
    /// A comparison; on a list it holds when it holds for one value.
    Compare(AttrPath, CompareOp, Literal),
    /// One value of the list satisfies the whole inner filter: `emails[type eq "work"]`.
    Element(AttrPath, Box<Filter>),
}

impl Filter {
    /// Reads a filter for resources of one type. Every error is 400 `invalidFilter` and says where.
    pub fn parse(text: &str, kind: &'static ResourceType) -> Result<Self, ScimError> {
        parser::filter(text, kind)
    }

    /// Whether the filter asks about this top-level attribute: members or groups, say, which the
    /// caller then has to load before it evaluates the filter.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(name)),
            Self::Not(inner) => inner.mentions(name),
            Self::Present(path) | Self::Compare(path, ..) | Self::Element(path, _) => path.starts_at(name),
        }
    }

    /// The values that an `eq` of each kind of a plain conjunction asks for, as (name, value);
    /// `None` when the filter is anything else. This is what a missing list element is made of.
    pub(crate) fn equalities(&self) -> Option<Vec<(&AttrPath, &Literal)>> {
        match self {
            Self::Compare(path, CompareOp::Eq, value) if *value != Literal::Null => Some(vec![(path, value)]),
            Self::And(parts) => {
                let mut all = Vec::with_capacity(parts.len());
                for part in parts {
                    all.extend(part.equalities()?);
                }
                Some(all)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) | Self::Time(text, _) => write!(f, "{}", serde_json::Value::from(text.as_str())),
        }
    }
}

/// The filter as text that reads back as the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_joined(f, parts, " and "),
            Self::Or(parts) => write_joined(f, parts, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare(path, op, value) => write!(f, "{path} {} {value}", op.as_str()),
            Self::Element(path, inner) => write!(f, "{path}[{inner}]"),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Filter], word: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if matches!(part, Filter::And(_) | Filter::Or(_)) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
