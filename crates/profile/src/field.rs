//! The names of the profile fields, towards machines and towards people. Owns no values.

use std::collections::BTreeSet;
use std::fmt;

/// One field of a person. [`Field::Extra`] is a field of the vendor's own (a `plan`, say).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `firstName`
    FirstName,
    /// `lastName`
    LastName,
    /// `email`
    Email,
    /// `country`
    Country,
    /// `currentCity`
    CurrentCity,
    /// `currentState`
    CurrentState,
    /// `birthYear`
    BirthYear,
    /// `role`
    Role,
    /// A field of the vendor's own, by its key.
    Extra(String),
}

impl Field {
    /// Every field but the vendor's own, in the order in which pages and files show them.
    pub const ALL: [Self; 8] = [
        Self::FirstName,
        Self::LastName,
        Self::Email,
        Self::Country,
        Self::CurrentCity,
        Self::CurrentState,
        Self::BirthYear,
        Self::Role,
    ];

    /// The name in the REST API, in claims and in templates of files, such as `currentCity`.
    pub fn api_name(&self) -> &str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Email => "email",
            Self::Country => "country",
            Self::CurrentCity => "currentCity",
            Self::CurrentState => "currentState",
            Self::BirthYear => "birthYear",
            Self::Role => "role",
            Self::Extra(key) => key,
        }
    }

    /// The name that people read, such as “City”. A field of the vendor's own answers its key: its label is the
    /// vendor's to keep.
    pub fn label(&self) -> &str {
        match self {
            Self::FirstName => "First name",
            Self::LastName => "Last name",
            Self::Email => "Email",
            Self::Country => "Country",
            Self::CurrentCity => "City",
            Self::CurrentState => "State",
            Self::BirthYear => "Year of birth",
            Self::Role => "Role",
            Self::Extra(key) => key,
        }
    }

    /// The field with this API name, in any case; `None` for an empty name. A name that is none of the known ones is
    /// a field of the vendor's own.
    pub fn from_api_name(name: &str) -> Option<Self> {
        let name = name.trim();
        let known = Self::ALL.into_iter().find(|field| field.api_name().eq_ignore_ascii_case(name));
        known.or_else(|| (!name.is_empty()).then(|| Self::Extra(name.to_owned())))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.api_name())
    }
}

/// The fields without which a member stays incomplete. By default first name, last name, email and country; the vendor
/// may require others. The email stays required whatever is asked for: without it there is nobody to invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredFields(BTreeSet<Field>);

impl RequiredFields {
    /// Requires these fields, and the email.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut fields: BTreeSet<Field> = fields.into_iter().collect();
        fields.insert(Field::Email);
        Self(fields)
    }

    /// Whether this field is required.
    pub fn contains(&self, field: &Field) -> bool {
        self.0.contains(field)
    }

    /// The required fields, in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }
}

impl Default for RequiredFields {
    fn default() -> Self {
        Self::new([Field::FirstName, Field::LastName, Field::Email, Field::Country])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_names_come_back_in_any_case() {
        for field in Field::ALL {
            assert_eq!(Field::from_api_name(field.api_name()), Some(field.clone()));
            assert_eq!(Field::from_api_name(&field.api_name().to_uppercase()), Some(field));
        }
        assert_eq!(Field::from_api_name("plan"), Some(Field::Extra("plan".into())));
        assert_eq!(Field::from_api_name(" "), None);
    }

    #[test]
    fn email_is_required_even_when_left_out() {
        let required = RequiredFields::new([Field::BirthYear]);
        assert_eq!(required.iter().cloned().collect::<Vec<_>>(), [Field::Email, Field::BirthYear]);
        assert!(!required.contains(&Field::Country));
    }
}
