//! Owns the recognition of the part of a filter that an index answers. Does not know the indexes:
//! the caller looks candidates up and evaluates the whole filter on them unless the part is all of it.

use jiff::Timestamp;

use super::{CompareOp, Filter, Literal};
use crate::path::AttrPath;

/// What can be looked up by equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// The id this server gave.
    Id,
    /// `userName`; case does not matter.
    UserName,
    /// `externalId`; case matters.
    ExternalId,
    /// One of the e-mail addresses; case does not matter.
    Email,
    /// `displayName`; case does not matter.
    DisplayName,
    /// The id of a member of the group.
    Member,
}

impl Key {
    /// Whether upper and lower case differ.
    pub const fn case_exact(self) -> bool {
        matches!(self, Self::Id | Self::ExternalId | Self::Member)
    }
}

/// One equality that every match must satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup<'a> {
    /// Which index.
    pub key: Key,
    /// The value looked for, as the client wrote it.
    pub value: &'a str,
    /// Whether the equality is the whole filter, so that its matches need no further test.
    pub exact: bool,
}

/// What an index finds a part of a filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test<'a> {
    /// Equal to this.
    Equals(&'a str),
    /// Begins like this.
    Begins(&'a str),
}

/// Candidates that indexes can find for a filter: every match is among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<'a> {
    /// By an attribute.
    By(Key, Test<'a>),
    /// Changed at this moment or later.
    Since(Timestamp),
    /// Changed at this moment or before.
    Until(Timestamp),
    /// What any of these finds.
    Any(Vec<Access<'a>>),
}

impl Access<'_> {
    /// The less, the fewer it is likely to find.
    fn rank(&self) -> u8 {
        match self {
            Self::By(Key::Id | Key::UserName | Key::ExternalId | Key::Email, Test::Equals(_)) => 0,
            Self::By(_, Test::Equals(_)) => 1,
            Self::Any(all) => all.iter().map(Self::rank).max().unwrap_or(0).saturating_add(1),
            Self::By(_, Test::Begins(_)) => 3,
            Self::Since(_) => 4,
            Self::Until(_) => 5,
        }
    }
}

impl Filter {
    /// How indexes can find candidates; `None` where every resource may match as far as they know. Of a conjunction the part
    /// counts that finds the fewest; a disjunction needs one for each of its parts.
    pub fn access(&self) -> Option<Access<'_>> {
        match self {
            Self::Compare(path, CompareOp::Eq, Literal::Text(value)) => {
                Some(Access::By(key_of(path)?, Test::Equals(value)))
            }
            Self::Compare(path, CompareOp::Sw, Literal::Text(value)) if !value.trim().is_empty() => {
                let key = key_of(path).filter(|key| !matches!(key, Key::Id | Key::Member))?;
                Some(Access::By(key, Test::Begins(value)))
            }
            Self::Compare(path, op, Literal::Time(_, at)) if path.is_last_modified() => match op {
                CompareOp::Gt | CompareOp::Ge | CompareOp::Eq => Some(Access::Since(*at)),
                CompareOp::Lt | CompareOp::Le => Some(Access::Until(*at)),
                _ => None,
            },
            Self::And(parts) => parts.iter().filter_map(Self::access).min_by_key(Access::rank),
            Self::Or(parts) => Some(Access::Any(parts.iter().map(Self::access).collect::<Option<_>>()?)),
            Self::Element(path, inner) => {
                let (value, _) = inner.value_equality()?;
                Some(Access::By(list_key(path)?, Test::Equals(value)))
            }
            _ => None,
        }
    }

    /// The first equality in the filter that an index can answer, if every match must satisfy it.
    pub fn as_lookup(&self) -> Option<Lookup<'_>> {
        match self {
            Self::Compare(path, CompareOp::Eq, Literal::Text(value)) => {
                Some(Lookup { key: key_of(path)?, value, exact: true })
            }
            Self::And(parts) => {
                let found = parts.iter().find_map(Self::as_lookup)?;
                Some(Lookup { exact: false, ..found })
            }
            Self::Element(path, inner) => {
                let key = list_key(path)?;
                let (value, exact) = inner.value_equality()?;
                Some(Lookup { key, value, exact })
            }
            _ => None,
        }
    }

    /// `value eq "…"`, alone or in a conjunction, inside brackets.
    pub(crate) fn value_equality(&self) -> Option<(&str, bool)> {
        match self {
            Self::Compare(path, CompareOp::Eq, Literal::Text(value)) if path.name == "value" => {
                Some((value, true))
            }
            Self::And(parts) => parts.iter().find_map(Self::value_equality).map(|(value, _)| (value, false)),
            _ => None,
        }
    }
}

fn list_key(path: &AttrPath) -> Option<Key> {
    match (&path.extension, &*path.name) {
        (None, "emails") => Some(Key::Email),
        (None, "members") => Some(Key::Member),
        _ => None,
    }
}

fn key_of(path: &AttrPath) -> Option<Key> {
    if path.extension.is_some() {
        return None;
    }
    match (&*path.name, path.sub.as_deref()) {
        ("id", None) => Some(Key::Id),
        ("userName", None) => Some(Key::UserName),
        ("externalId", None) => Some(Key::ExternalId),
        ("displayName", None) => Some(Key::DisplayName),
        (_, Some("value")) => list_key(path),
        _ => None,
    }
}
