//! A member's profile as data: what is known, what is missing, what fills the gaps. Owns the setting of a field from a
//! text; does not own where the text comes from.

use crate::{Country, Field, Problem, Reason, RequiredFields, Role, birth_year, email, name, role};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known about a person. Texts are clean (see [`name::clean`]), the email folded (see [`email::parse`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Folded email address.
    pub email: Option<String>,
    /// Country of residence.
    pub country: Option<Country>,
    /// City of residence.
    pub current_city: Option<String>,
    /// State, province or region of residence.
    pub current_state: Option<String>,
    /// Year of birth.
    pub birth_year: Option<u16>,
    /// The vendor's own fields by key.
    pub extra: BTreeMap<String, String>,
}

/// What an organization fills in where nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// The country of everybody who has none.
    pub country: Option<Country>,
    /// The role of everybody who has none; `None` means [`Role::Member`].
    pub role: Option<Role>,
    /// The city of everybody who has none.
    pub current_city: Option<String>,
    /// The state of everybody who has none.
    pub current_state: Option<String>,
    /// Values of the vendor's own fields.
    pub extra: BTreeMap<String, String>,
}

impl Defaults {
    /// The defaults as a JSON object with API names: `{"country": "US", "role": "member"}`.
    pub fn to_json(&self) -> Value {
        let mut value = Profile::default().with_defaults(self).to_json();
        if let (Some(role), Value::Object(object)) = (self.role, &mut value) {
            object.insert(Field::Role.api_name().to_owned(), Value::from(role.as_str()));
        }
        value
    }

    /// Reads what [`Defaults::to_json`] wrote, or what an API client sends. A name, an email or a year of birth is the
    /// same for nobody and is told as a problem, like every value that cannot be read.
    pub fn from_json(value: &Value) -> (Self, Vec<Problem>) {
        // No default has a year, so the year does not matter.
        let (profile, mut problems) = Profile::from_json(value, 0);
        for field in [Field::FirstName, Field::LastName, Field::Email] {
            if let Some(text) = profile.text(&field) {
                problems.push(no_default(&field, &text));
            }
        }
        for problem in problems.iter_mut().filter(|problem| problem.field == Some(Field::BirthYear)) {
            *problem = no_default(&Field::BirthYear, &problem.received);
        }
        let role = value.get(Field::Role.api_name()).and_then(Value::as_str);
        let defaults = Self {
            country: profile.country,
            role: role.and_then(|role| role::parse(role).ok().flatten()),
            current_city: profile.current_city,
            current_state: profile.current_state,
            extra: profile.extra,
        };
        (defaults, problems)
    }
}

fn no_default(field: &Field, received: &str) -> Problem {
    let sentence = format!("{} cannot be the same for everybody. Leave it out.", field.label());
    Problem::new(field.clone(), received, Reason::Other(sentence))
}

impl Profile {
    /// The required fields that have no value, in the order in which people are asked for them.
    pub fn missing(&self, required: &RequiredFields) -> Vec<Field> {
        // The role is never missing: everybody has one, `member` if nothing else.
        required.iter().filter(|field| **field != Field::Role && !self.has(field)).cloned().collect()
    }

    /// Whether the field has a value. The role is not part of a profile.
    pub fn has(&self, field: &Field) -> bool {
        match field {
            Field::FirstName => self.first_name.is_some(),
            Field::LastName => self.last_name.is_some(),
            Field::Email => self.email.is_some(),
            Field::Country => self.country.is_some(),
            Field::CurrentCity => self.current_city.is_some(),
            Field::CurrentState => self.current_state.is_some(),
            Field::BirthYear => self.birth_year.is_some(),
            Field::Role => false,
            Field::Extra(key) => self.extra.contains_key(key),
        }
    }

    /// The value of a field as text: the country as alpha-2, the year as four digits.
    pub fn text(&self, field: &Field) -> Option<String> {
        match field {
            Field::FirstName => self.first_name.clone(),
            Field::LastName => self.last_name.clone(),
            Field::Email => self.email.clone(),
            Field::Country => self.country.map(|country| country.code().to_owned()),
            Field::CurrentCity => self.current_city.clone(),
            Field::CurrentState => self.current_state.clone(),
            Field::BirthYear => self.birth_year.map(|year| year.to_string()),
            Field::Role => None,
            Field::Extra(key) => self.extra.get(key).cloned(),
        }
    }

    /// Reads a text into a field; an empty text clears it. `this_year` bounds the year of birth. A role is only
    /// checked, because it is not part of a profile.
    ///
    /// # Errors
    /// A [`Problem`] with the text as received; the field keeps what it had.
    pub fn set(&mut self, field: &Field, text: &str, this_year: u16) -> Result<(), Problem> {
        self.try_set(field, text, this_year).map_err(|reason| Problem::new(field.clone(), text, reason))
    }

    /// What is missing here, taken from `other`.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        fn fill<T: Clone>(slot: &mut Option<T>, other: Option<&T>) {
            if slot.is_none() {
                *slot = other.cloned();
            }
        }
        fill(&mut self.first_name, other.first_name.as_ref());
        fill(&mut self.last_name, other.last_name.as_ref());
        fill(&mut self.email, other.email.as_ref());
        fill(&mut self.country, other.country.as_ref());
        fill(&mut self.current_city, other.current_city.as_ref());
        fill(&mut self.current_state, other.current_state.as_ref());
        fill(&mut self.birth_year, other.birth_year.as_ref());
        for (key, value) in &other.extra {
            self.extra.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// The optional fields that have a value here and none in `now`. Required ones are never taken back: a person without
    /// them would have to be asked.
    #[must_use]
    pub fn taken_back(&self, now: &Self) -> Self {
        let mut gone = self.clone();
        for field in RequiredFields::default().iter() {
            gone.clear(field);
        }
        for field in now.fields() {
            gone.clear(&field);
        }
        gone
    }

    /// This without each value that `other` has too.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        for field in other.fields() {
            if self.text(&field) == other.text(&field) {
                self.clear(&field);
            }
        }
        self
    }

    /// Takes the value of a field away.
    pub fn clear(&mut self, field: &Field) {
        match field {
            Field::FirstName => self.first_name = None,
            Field::LastName => self.last_name = None,
            Field::Email => self.email = None,
            Field::Country => self.country = None,
            Field::CurrentCity => self.current_city = None,
            Field::CurrentState => self.current_state = None,
            Field::BirthYear => self.birth_year = None,
            Field::Role => {}
            Field::Extra(key) => drop(self.extra.remove(key)),
        }
    }

    /// The fields that have a value.
    fn fields(&self) -> impl Iterator<Item = Field> {
        let extra = self.extra.keys().cloned().map(Field::Extra);
        Field::ALL.into_iter().chain(extra).filter(|field| self.has(field))
    }

    /// What is missing here, taken from the organization's defaults.
    #[must_use]
    pub fn with_defaults(self, defaults: &Defaults) -> Self {
        self.merge(&Self {
            country: defaults.country,
            current_city: defaults.current_city.clone(),
            current_state: defaults.current_state.clone(),
            extra: defaults.extra.clone(),
            ..Self::default()
        })
    }

    /// The profile as a JSON object with API names; fields without a value are left out.
    pub fn to_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        for field in Field::ALL {
            let value = match (&field, self.birth_year) {
                (Field::BirthYear, year) => year.map(Value::from),
                _ => self.text(&field).map(Value::from),
            };
            if let Some(value) = value {
                object.insert(field.api_name().to_owned(), value);
            }
        }
        for (key, value) in &self.extra {
            object.entry(key.clone()).or_insert_with(|| Value::from(value.clone()));
        }
        Value::Object(object)
    }

    /// Reads what [`Profile::to_json`] wrote, or what an API client sends: each value is checked. `null` and empty
    /// texts are no values. Also answers every value that could not be read.
    pub fn from_json(value: &Value, this_year: u16) -> (Self, Vec<Problem>) {
        let mut profile = Self::default();
        let mut problems = Vec::new();
        for (key, value) in value.as_object().into_iter().flatten() {
            let Some(field) = Field::from_api_name(key) else { continue };
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if let Err(problem) = profile.set(&field, &text, this_year) {
                problems.push(problem);
            }
        }
        (profile, problems)
    }

    fn try_set(&mut self, field: &Field, text: &str, this_year: u16) -> Result<(), Reason> {
        match field {
            Field::FirstName => self.first_name = name::clean(text)?,
            Field::LastName => self.last_name = name::clean(text)?,
            Field::Email => self.email = email::parse(text)?,
            Field::Country if text.trim().is_empty() => self.country = None,
            Field::Country => self.country = Some(Country::parse(text)?),
            Field::CurrentCity => self.current_city = name::clean(text)?,
            Field::CurrentState => self.current_state = name::clean(text)?,
            Field::BirthYear => self.birth_year = birth_year::parse(text, this_year)?,
            Field::Role => drop(role::parse(text)?),
            Field::Extra(key) => match name::clean(text)? {
                Some(value) => drop(self.extra.insert(key.clone(), value)),
                None => drop(self.extra.remove(key)),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Profile {
        let mut profile = Profile::default();
        let values = [
            (Field::FirstName, "Ada"),
            (Field::LastName, "Lovelace"),
            (Field::Email, "Ada@Example.com"),
            (Field::Country, "Deutschland"),
            (Field::CurrentCity, "Berlin"),
            (Field::CurrentState, "BE"),
            (Field::BirthYear, "1984"),
            (Field::Extra("plan".into()), "core"),
        ];
        for (field, text) in values {
            profile.set(&field, text, 2026).unwrap();
        }
        profile
    }

    #[test]
    fn missing_names_required_fields_in_order() {
        let required = RequiredFields::default();
        let all = [Field::FirstName, Field::LastName, Field::Email, Field::Country];
        assert_eq!(Profile::default().missing(&required), all);
        assert_eq!(full().missing(&required), []);
        let required = RequiredFields::new([Field::Role, Field::Extra("team".into())]);
        assert_eq!(full().missing(&required), [Field::Extra("team".into())]);
    }

    #[test]
    fn what_a_source_takes_back_goes_unless_it_is_required_or_another_value_by_now() {
        let now = Profile { country: None, current_city: None, birth_year: None, ..full() };
        let gone = full().taken_back(&now);
        assert_eq!(gone.to_json(), serde_json::json!({"currentCity": "Berlin", "birthYear": 1984}));
        let member = Profile { birth_year: Some(1990), ..full() };
        let left = member.without(&gone);
        assert_eq!((left.current_city.as_deref(), left.birth_year), (None, Some(1990)));
        assert_eq!(left.country, full().country);
    }

    #[test]
    fn set_refuses_and_keeps_what_was_there() {
        let mut profile = full();
        let problem = profile.set(&Field::Country, "Korea", 2026).unwrap_err();
        assert_eq!((problem.field, problem.received.as_str()), (Some(Field::Country), "Korea"));
        assert_eq!(profile, full());
        profile.set(&Field::Country, " ", 2026).unwrap();
        assert_eq!(profile.country, None);
    }

    #[test]
    fn json_comes_back() {
        let json = full().to_json();
        assert_eq!(json["birthYear"], 1984);
        assert_eq!(json["country"], "DE");
        assert_eq!(Profile::from_json(&json, 2026), (full(), Vec::new()));
        let (profile, problems) =
            Profile::from_json(&serde_json::json!({"email": 5, "country": null, "birthYear": "x"}), 2026);
        assert_eq!(profile, Profile::default());
        assert_eq!(problems.len(), 2);
    }

    #[test]
    fn defaults_come_back_from_json_and_refuse_what_is_personal() {
        let json = serde_json::json!({"country": "Austria", "role": "member", "currentCity": "Wien", "plan": "core"});
        let (defaults, problems) = Defaults::from_json(&json);
        assert_eq!(problems, []);
        assert_eq!(defaults.role, Some(Role::Member));
        assert_eq!(Defaults::from_json(&defaults.to_json()), (defaults, Vec::new()));
        let json =
            serde_json::json!({"country": "Korea", "email": "a@b.test", "birthYear": 1984, "role": "chief"});
        let (defaults, problems) = Defaults::from_json(&json);
        assert_eq!(defaults, Defaults::default());
        let mut fields: Vec<_> = problems.iter().filter_map(|problem| problem.field.clone()).collect();
        fields.sort();
        assert_eq!(fields, [Field::Email, Field::Country, Field::BirthYear, Field::Role]);
    }

    #[test]
    fn defaults_fill_gaps_only() {
        let defaults = Defaults { country: Country::from_code("US"), ..Defaults::default() };
        assert_eq!(full().with_defaults(&defaults).country, Country::from_code("DE"));
        assert_eq!(Profile::default().with_defaults(&defaults).country, Country::from_code("US"));
    }
}
