//! Values of attributes to fields. Owns what several values of one attribute mean.

use super::{Found, Mapped, Unread};
use crate::{Field, Problem, Reason, Role, role};
use serde_json::Value;
use std::collections::HashSet;

/// The most values of one attribute that are looked at and told.
const MOST_VALUES: usize = 10;

/// So many characters are told of a value with parts of its own.
const LONGEST_PARTS: usize = 200;

/// What to do with several different values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Several {
    /// Take the first that can be read: the values of one multi-valued attribute of a sign-in.
    First,
    /// Take none: elements among which nothing tells the right one.
    Refuse,
}

/// One value as texts that mean the same, the best first: an element of `roles` has a value and a display name.
pub(super) type Texts = Vec<String>;

impl Mapped {
    /// Reads the values of one attribute into a field; whether the field has a value then.
    pub(super) fn take(
        &mut self,
        field: &Field,
        source: &str,
        values: &[Texts],
        several: Several,
        this_year: u16,
    ) -> bool {
        if *field == Field::Role {
            return self.take_role(source, values);
        }
        let mut known = HashSet::new();
        let texts = values.iter().filter_map(|texts| texts.first());
        let different: Vec<&String> =
            texts.filter(|text| known.insert(text.trim().to_lowercase())).take(MOST_VALUES).collect();
        if several == Several::Refuse && different.len() > 1 {
            self.refuse(field, source, &joined(different.into_iter()), Reason::SeveralValues);
            return false;
        }
        for value in different {
            match self.profile.set(field, value, this_year) {
                Ok(()) if self.profile.has(field) => {
                    self.found(field, source, value);
                    return true;
                }
                Ok(()) => {}
                Err(problem) => self.unread.push(Unread { source: source.to_owned(), problem }),
            }
        }
        false
    }

    /// A role counts where all values that are roles agree. Values that are no roles (an application has others) are
    /// told only where none is.
    fn take_role(&mut self, source: &str, values: &[Texts]) -> bool {
        let known =
            |texts: &Texts| texts.iter().find_map(|text| Some((role::parse(text).ok()??, text.clone())));
        let roles: Vec<(Role, String)> = values.iter().filter_map(known).collect();
        if let Some((role, received)) = roles.first() {
            if roles.iter().all(|(other, _)| other == role) {
                self.role = Some(*role);
                self.found(&Field::Role, source, received);
                return true;
            }
            self.refuse(
                &Field::Role,
                source,
                &joined(roles.iter().map(|(_, text)| text)),
                Reason::SeveralValues,
            );
            return false;
        }
        for text in values.iter().filter_map(|texts| texts.last()).take(MOST_VALUES) {
            self.refuse(&Field::Role, source, text, Reason::UnknownRole);
        }
        false
    }

    fn found(&mut self, field: &Field, source: &str, received: &str) {
        let (field, source, received) = (field.clone(), source.to_owned(), received.to_owned());
        self.found.push(Found { field, source, received });
    }

    pub(super) fn refuse(&mut self, field: &Field, source: &str, received: &str, reason: Reason) {
        let problem = Problem::new(field.clone(), received, reason);
        self.unread.push(Unread { source: source.to_owned(), problem });
    }
}

/// The texts of a JSON value: a scalar; the `value` and the display name of an object; the same of a JSON object in a
/// string, as Entra ID sends roles. Empty where there is nothing to read.
pub(super) fn texts(value: &Value) -> Texts {
    let texts = match value {
        Value::String(text) => inner_object(text).map_or_else(|| vec![text.clone()], |object| texts(&object)),
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Object(object) => {
            let keys = ["value", "display", "displayName", "formatted"];
            keys.iter()
                .filter_map(|key| object.get(*key))
                .filter(|value| !value.is_object())
                .flat_map(texts)
                .collect()
        }
        Value::Null | Value::Array(_) => Vec::new(),
    };
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
}

/// The JSON text of something that came and holds no text that can be read, cut to what is kept of it; `None` where nothing came.
pub(super) fn parts(value: &Value) -> Option<String> {
    fn holds(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
            Value::Array(all) => all.iter().any(holds),
            Value::Object(all) => all.values().any(holds),
        }
    }
    holds(value).then(|| value.to_string().chars().take(LONGEST_PARTS).collect())
}

fn joined<'a>(values: impl Iterator<Item = &'a String>) -> String {
    values.take(MOST_VALUES).map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn inner_object(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with('{') || text.len() > 10_000 {
        return None;
    }
    // One level only: an object whose values are again objects in strings ends here as text.
    let object: Value = serde_json::from_str(text).ok()?;
    let flat = object
        .as_object()?
        .values()
        .all(|value| value.as_str().is_none_or(|text| !text.trim_start().starts_with('{')));
    flat.then_some(object)
}
