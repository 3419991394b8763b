//! Owns the evaluation of a filter on one resource, in memory.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{CompareOp, Filter, Literal};
use crate::path::{AttrPath, lookup};

impl Filter {
    /// Whether the resource satisfies the filter. The resource is canonical, with everything the
    /// filter may ask for: `id`, `meta`, and members or groups where the filter mentions them.
    pub fn matches(&self, resource: &Map<String, Value>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(resource)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(resource)),
            Self::Not(inner) => !inner.matches(resource),
            Self::Present(path) => any_leaf(path, resource, &mut |leaf| !is_empty(leaf)),
            Self::Compare(path, op, literal) => compare(path, *op, literal, resource),
            Self::Element(path, inner) => match path.attribute_in(resource) {
                Some(Value::Array(items)) => items.iter().any(|item| inner.matches_element(item)),
                Some(value) => inner.matches_element(value),
                None => false,
            },
        }
    }

    /// Whether one value of a list satisfies the filter of a value path; a value that is no object
    /// counts as an object with that `value`.
    pub(crate) fn matches_element(&self, element: &Value) -> bool {
        if let Value::Object(map) = element {
            return self.matches(map);
        }
        let mut map = Map::new();
        map.insert("value".to_owned(), element.clone());
        self.matches(&map)
    }
}

fn compare(path: &AttrPath, op: CompareOp, literal: &Literal, resource: &Map<String, Value>) -> bool {
    let case_exact = path.leaf().is_some_and(|leaf| leaf.case_exact);
    if op == CompareOp::Ne {
        // Without a value there is nothing equal to the literal; null is equal to nothing at all.
        let mut present = false;
        let differs = any_leaf(path, resource, &mut |leaf| {
            present |= !leaf.is_null();
            !leaf.is_null() && !equals(leaf, literal, case_exact)
        });
        return differs || (!present && *literal != Literal::Null);
    }
    if *literal == Literal::Null {
        return !any_leaf(path, resource, &mut |leaf| !leaf.is_null());
    }
    any_leaf(path, resource, &mut |leaf| holds(leaf, op, literal, case_exact))
}

/// Calls `test` with every value that the path leads to until one passes.
fn any_leaf(path: &AttrPath, resource: &Map<String, Value>, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    let Some(value) = path.attribute_in(resource) else { return false };
    match value {
        Value::Array(items) => items.iter().any(|item| leaf_of(item, path).is_some_and(&mut *test)),
        value => leaf_of(value, path).is_some_and(test),
    }
}

fn leaf_of<'a>(value: &'a Value, path: &AttrPath) -> Option<&'a Value> {
    match (&path.sub, value) {
        (None, value) => Some(value),
        (Some(sub), Value::Object(map)) => lookup(map, sub, path.sub_def.is_some()),
        (Some(sub), value) if sub == "value" => Some(value),
        (Some(_), _) => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn holds(value: &Value, op: CompareOp, literal: &Literal, case_exact: bool) -> bool {
    match op {
        CompareOp::Eq => equals(value, literal, case_exact),
        CompareOp::Ne => !equals(value, literal, case_exact),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => {
            let (Value::String(text), Literal::Text(part) | Literal::Time(part, _)) = (value, literal) else {
                return false;
            };
            let (text, part) = if case_exact {
                (text.clone(), part.clone())
            } else {
                (text.to_lowercase(), part.to_lowercase())
            };
            match op {
                CompareOp::Co => text.contains(&part),
                CompareOp::Sw => text.starts_with(&part),
                _ => text.ends_with(&part),
            }
        }
        CompareOp::Gt => order(value, literal, case_exact) == Some(Ordering::Greater),
        CompareOp::Ge => order(value, literal, case_exact).is_some_and(Ordering::is_ge),
        CompareOp::Lt => order(value, literal, case_exact) == Some(Ordering::Less),
        CompareOp::Le => order(value, literal, case_exact).is_some_and(Ordering::is_le),
    }
}

fn equals(value: &Value, literal: &Literal, case_exact: bool) -> bool {
    match (value, literal) {
        (Value::String(text), Literal::Text(other)) => {
            if case_exact {
                text == other
            } else {
                fold_eq(text, other)
            }
        }
        (Value::Bool(value), Literal::Bool(other)) => value == other,
        // Attributes that no schema knows may hold either form.
        (Value::Bool(value), Literal::Text(other)) => crate::value::boolean(other) == Some(*value),
        (Value::String(text), Literal::Bool(other)) => crate::value::boolean(text) == Some(*other),
        _ => order(value, literal, case_exact) == Some(Ordering::Equal),
    }
}

fn order(value: &Value, literal: &Literal, case_exact: bool) -> Option<Ordering> {
    match (value, literal) {
        (Value::Number(value), Literal::Number(other)) => match (value.as_i64(), other.as_i64()) {
            (Some(value), Some(other)) => Some(value.cmp(&other)),
            _ => value.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        (Value::Number(value), Literal::Text(other)) => {
            value.as_f64()?.partial_cmp(&other.trim().parse().ok()?)
        }
        (Value::String(text), Literal::Time(_, other)) => Some(parse_time(text)?.cmp(other)),
        (Value::String(text), Literal::Number(other)) => {
            text.trim().parse::<f64>().ok()?.partial_cmp(&other.as_f64()?)
        }
        (Value::String(text), Literal::Text(other)) => {
            Some(if case_exact { text.cmp(other) } else { text.to_lowercase().cmp(&other.to_lowercase()) })
        }
        _ => None,
    }
}

/// Whether two texts are the same but for case.
pub(crate) fn fold_eq(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}

/// Reads an RFC 3339 date and time; without a zone it is taken as UTC.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}
