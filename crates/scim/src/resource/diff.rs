//! Owns the difference between two states of a resource, for the log and for what follows from a
//! change. Server-owned attributes and `schemas` do not count.

use serde_json::{Map, Value};

use crate::schema::is_urn;

/// One attribute that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The canonical path: `active`, `name.givenName`, `URN:department`, `emails`.
    pub path: String,
    /// The value before, if there was one.
    pub from: Option<Value>,
    /// The value after, if there is one.
    pub to: Option<Value>,
}

/// The attributes that differ, in the order of their names. Lists are compared as a whole,
/// complex attributes and extensions part by part.
pub fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let mut found = Vec::new();
    for (key, from, to) in pairs(before, after) {
        if matches!(key, "schemas" | "id" | "meta" | "groups" | "members") {
            continue;
        }
        if is_urn(key) && is_object_or_none(from) && is_object_or_none(to) {
            for (name, from, to) in pairs(object(from), object(to)) {
                attribute(&mut found, &format!("{key}:{name}"), from, to);
            }
        } else {
            attribute(&mut found, key, from, to);
        }
    }
    found
}

fn attribute(found: &mut Vec<Change>, path: &str, from: Option<&Value>, to: Option<&Value>) {
    if from == to {
        return;
    }
    let is_object = from.is_some_and(Value::is_object) || to.is_some_and(Value::is_object);
    if is_object && is_object_or_none(from) && is_object_or_none(to) {
        for (name, from, to) in pairs(object(from), object(to)) {
            if from != to {
                found.push(Change { path: format!("{path}.{name}"), from: from.cloned(), to: to.cloned() });
            }
        }
    } else {
        found.push(Change { path: path.to_owned(), from: from.cloned(), to: to.cloned() });
    }
}

/// The keys whose values differ, with both values.
fn pairs<'a>(
    before: &'a Map<String, Value>,
    after: &'a Map<String, Value>,
) -> impl Iterator<Item = (&'a str, Option<&'a Value>, Option<&'a Value>)> {
    let old = before.iter().map(move |(key, from)| (key.as_str(), Some(from), after.get(key)));
    let new = after.iter().filter(move |(key, _)| !before.contains_key(*key));
    old.chain(new.map(|(key, to)| (key.as_str(), None, Some(to)))).filter(|(_, from, to)| from != to)
}

fn is_object_or_none(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_object)
}

fn object(value: Option<&Value>) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.and_then(Value::as_object).unwrap_or(&EMPTY)
}
