//! Owns what happens to one attribute value on its way in: type checks (RFC 7643 §2.3) and the
//! liberties that clients take with types. Does not own whole resources.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::ScimError;
use crate::filter::{fold_eq, parse_time};
use crate::limits::MAX_VALUES;
use crate::schema::{Attribute, Kind, Mutability};

/// Makes a value canonical for its attribute. `None` when nothing is left: null, an empty list, an
/// object without sub-attributes. `at` names the attribute in errors.
pub(crate) fn normalise(def: &'static Attribute, value: Value, at: &str) -> Result<Option<Value>, ScimError> {
    if !def.multi_valued {
        return single(def, value, at);
    }
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    if items.len() > MAX_VALUES {
        return Err(too_many(at));
    }
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        if let Some(item) = single(def, item, at)? {
            merge_into(def, &mut list, item);
        }
    }
    keep_one_primary(&mut list, |_| true);
    Ok(if list.is_empty() { None } else { Some(Value::Array(list)) })
}

/// The error for a list that is too long.
pub(crate) fn too_many(at: &str) -> ScimError {
    ScimError::invalid_value(format!("“{at}” has more than {MAX_VALUES} values."))
}

/// One value: of a single-valued attribute, or of a list.
pub(crate) fn single(def: &'static Attribute, value: Value, at: &str) -> Result<Option<Value>, ScimError> {
    let value = match value {
        Value::Null => return Ok(None),
        // Some clients wrap a single value in a list.
        Value::Array(mut items) if items.len() <= 1 => match items.pop() {
            None | Some(Value::Null | Value::Array(_)) => return Ok(None),
            Some(item) => item,
        },
        value => value,
    };
    if def.kind == Kind::Complex { complex(def, value, at) } else { simple(def, value, at) }
}

fn complex(def: &'static Attribute, value: Value, at: &str) -> Result<Option<Value>, ScimError> {
    let map = match value {
        Value::Object(map) => map,
        // `"manager": "ID"`, `"emails": ["a@b.example"]`
        Value::String(text) if text.is_empty() && !def.multi_valued => return Ok(None),
        scalar @ (Value::String(_) | Value::Number(_)) if def.has_value() => {
            Map::from_iter([("value".to_owned(), scalar)])
        }
        other => return Err(wrong_type(at, "an object with sub-attributes", &other)),
    };
    let map = if def.name == "roles" || def.name == "entitlements" { unfold_json(map) } else { map };
    let mut out = Map::new();
    for (key, value) in map {
        let Some(sub) = def.sub_attribute(&key) else {
            if !value.is_null() {
                out.insert(key, value);
            }
            continue;
        };
        if sub.is_read_only() {
            continue;
        }
        if let Some(value) = single(sub, value, &format!("{at}.{}", sub.name))? {
            out.insert(sub.name.to_owned(), value);
        }
    }
    Ok(if out.is_empty() { None } else { Some(Value::Object(out)) })
}

fn simple(def: &'static Attribute, value: Value, at: &str) -> Result<Option<Value>, ScimError> {
    if def.mutability == Mutability::WriteOnly {
        return Ok(None);
    }
    let empty = value.as_str().is_some_and(|text| text.trim().is_empty());
    if empty && !matches!(def.kind, Kind::String | Kind::Reference) {
        return Ok(None);
    }
    let value = match (def.kind, value) {
        (Kind::Boolean, Value::Bool(value)) => Value::Bool(value),
        (Kind::Boolean, Value::String(text)) => match boolean(&text) {
            Some(value) => Value::Bool(value),
            None => return Err(wrong_type(at, "true or false", &Value::String(text))),
        },
        (Kind::Integer, value) => match integer(&value) {
            Some(value) => Value::from(value),
            None => return Err(wrong_type(at, "a whole number", &value)),
        },
        (Kind::Decimal, value) => match decimal(&value) {
            Some(value) => value,
            None => return Err(wrong_type(at, "a number", &value)),
        },
        (Kind::DateTime, Value::String(text)) if parse_time(&text).is_some() => Value::String(text),
        (Kind::Binary, Value::String(text)) if is_base64(&text) => Value::String(text),
        (Kind::String | Kind::Reference, Value::String(text)) => Value::String(text),
        // Directories hold employee numbers as numbers.
        (Kind::String, Value::Number(number)) if !def.required => Value::String(number.to_string()),
        (Kind::Boolean, value) => return Err(wrong_type(at, "true or false", &value)),
        (Kind::DateTime, value) => return Err(wrong_type(at, "a date and time as in RFC 3339", &value)),
        (Kind::Binary, value) => return Err(wrong_type(at, "base64 text", &value)),
        (_, value) => return Err(wrong_type(at, "text", &value)),
    };
    Ok(Some(value))
}

/// Entra sends the roles of an application as JSON inside a string:
/// `{"value":"{\"id\":…,\"value\":\"25\",\"displayName\":\"Role1\"}"}`.
fn unfold_json(mut map: Map<String, Value>) -> Map<String, Value> {
    let inner = map
        .get("value")
        .and_then(Value::as_str)
        .filter(|text| text.starts_with('{'))
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    let Some(inner) = inner.filter(|inner| inner.get("value").is_some_and(Value::is_string)) else {
        return map;
    };
    for (key, value) in inner {
        let key = if key == "displayName" { "display".to_owned() } else { key };
        if key == "value" || !map.contains_key(&key) {
            map.insert(key, value);
        }
    }
    map
}

/// `true` or `false` in any case, as text.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= LIMIT).then_some(number as i64)
}

fn decimal(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => match serde_json::from_str(text.trim()) {
            Ok(number @ Value::Number(_)) => Some(number),
            _ => None,
        },
        _ => None,
    }
}

fn is_base64(text: &str) -> bool {
    text.bytes()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_' | b'=' | b'\r' | b'\n'))
}

fn wrong_type(at: &str, expected: &str, received: &Value) -> ScimError {
    let mut shown = received.to_string();
    if shown.len() > 60 {
        let cut = (0..=60).rev().find(|cut| shown.is_char_boundary(*cut)).unwrap_or(0);
        shown.truncate(cut);
        shown.push('…');
    }
    ScimError::invalid_value(format!("“{at}” must be {expected}; received {shown}."))
}

/// Adds a value to a list unless it is there. A value with the same `value` and `type` as one that
/// is there completes that one (RFC 7643 §2.4: no two with the same value and type).
/// Returns the place of the value.
pub(crate) fn merge_into(def: &Attribute, list: &mut Vec<Value>, item: Value) -> usize {
    let found = list.iter().position(|other| other == &item || same_value(def, other, &item));
    let Some(index) = found else {
        list.push(item);
        return list.len() - 1;
    };
    if let (Value::Object(old), Value::Object(new)) = (&mut list[index], item) {
        old.extend(new);
    }
    index
}

fn same_value(def: &Attribute, one: &Value, other: &Value) -> bool {
    let (Some(one_value), Some(other_value)) = (one["value"].as_str(), other["value"].as_str()) else {
        return false;
    };
    let exact = def.sub_attribute("value").is_some_and(|value| value.case_exact);
    let same = if exact { one_value == other_value } else { fold_eq(one_value, other_value) };
    let kind = |value: &Value| value["type"].as_str().unwrap_or_default().to_lowercase();
    same && kind(one) == kind(other)
}

/// At most one value of a list is primary: the last of those that `claims` says were just written,
/// or else the last of all (RFC 7643 §2.4).
pub(crate) fn keep_one_primary(list: &mut [Value], claims: impl Fn(usize) -> bool) {
    let is_primary = |value: &Value| value["primary"] == Value::Bool(true);
    let winner = list
        .iter()
        .enumerate()
        .rev()
        .find(|(index, value)| is_primary(value) && claims(*index))
        .or_else(|| list.iter().enumerate().rev().find(|(_, value)| is_primary(value)))
        .map(|(index, _)| index);
    let Some(winner) = winner else { return };
    for (index, value) in list.iter_mut().enumerate() {
        if index != winner && is_primary(value) {
            value["primary"] = Value::Bool(false);
        }
    }
}

/// Drops repeated texts, keeping the first of each.
pub(crate) fn dedup<T>(items: &mut Vec<T>, key: impl Fn(&T) -> &str) {
    let mut seen = HashSet::with_capacity(items.len());
    items.retain(|item| seen.insert(key(item).to_owned()));
}
