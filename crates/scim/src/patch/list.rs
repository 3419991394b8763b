//! Owns what one operation does to a multi-valued attribute: whole lists, values that a filter
//! selects, values made because none was there, and the one primary value.

use serde_json::{Map, Value};

use super::Action;
use super::edit::{holds_objects, no_match, put_parts, sub_attribute};
use crate::ScimError;
use crate::filter::{Filter, Literal, PatchPath, fold_eq};
use crate::limits::MAX_VALUES;
use crate::schema::Attribute;
use crate::value::{self, keep_one_primary, merge_into, too_many};

/// The list after the operation; `None` when nothing is left.
pub(super) fn edit(
    action: Action,
    path: &PatchPath,
    before: Option<Value>,
    value: Option<Value>,
) -> Result<Option<Value>, ScimError> {
    let mut items = match before {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    if path.filter.is_some() || path.attr.sub.is_some() {
        selected(action, path, &mut items, value)?;
    } else {
        match action {
            Action::Remove => remove_values(path, &mut items, value)?,
            Action::Add => add(path, &mut items, value.unwrap_or_default())?,
            Action::Replace => items = read(path, value.unwrap_or_default())?,
        }
    }
    if items.len() > MAX_VALUES {
        return Err(too_many(&path.attr.to_string()));
    }
    Ok(if items.is_empty() { None } else { Some(Value::Array(items)) })
}

/// Merges values that have become the same (RFC 7643 §2.4), once all operations are done.
pub(super) fn settle(def: &'static Attribute, items: &mut Vec<Value>) -> Result<(), ScimError> {
    let before = std::mem::take(items);
    for item in before {
        merge_into(def, items, item);
    }
    keep_one_primary(items, |_| true);
    if items.len() > MAX_VALUES {
        return Err(too_many(def.name));
    }
    Ok(())
}

/// The values of a list that a client sent.
fn read(path: &PatchPath, value: Value) -> Result<Vec<Value>, ScimError> {
    let Some(def) = path.attr.def else {
        return Ok(match value {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            one => vec![one],
        });
    };
    match value::normalise(def, value, &path.attr.to_string())? {
        Some(Value::Array(items)) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

fn add(path: &PatchPath, items: &mut Vec<Value>, value: Value) -> Result<(), ScimError> {
    let mut touched = Vec::new();
    for item in read(path, value)? {
        match path.attr.def {
            Some(def) => touched.push(merge_into(def, items, item)),
            None if items.contains(&item) => {}
            None => items.push(item),
        }
    }
    keep_one_primary(items, |index| touched.contains(&index));
    Ok(())
}

/// A remove with a list of values takes those away; without a value it takes all away.
fn remove_values(path: &PatchPath, items: &mut Vec<Value>, value: Option<Value>) -> Result<(), ScimError> {
    match value {
        None | Some(Value::Null) => items.clear(),
        Some(value) => {
            let gone = read(path, value)?;
            items.retain(|item| !gone.iter().any(|gone| is_named_by(item, gone)));
        }
    }
    Ok(())
}

/// Whether a value is the one that a client names: the same `value`, and the same `type` if named.
fn is_named_by(item: &Value, named: &Value) -> bool {
    let Some(wanted) = named["value"].as_str() else { return item == named };
    let same_type = match named["type"].as_str() {
        Some(kind) => item["type"].as_str().is_some_and(|own| fold_eq(own, kind)),
        None => true,
    };
    same_type && item["value"].as_str().is_some_and(|own| fold_eq(own, wanted))
}

/// An operation on the values that the filter selects, or on a sub-attribute of all values.
fn selected(
    action: Action,
    path: &PatchPath,
    items: &mut Vec<Value>,
    value: Option<Value>,
) -> Result<(), ScimError> {
    let selects = |item: &Value| path.filter.as_ref().is_none_or(|filter| filter.matches_element(item));
    let mut touched: Vec<usize> = (0..items.len()).filter(|index| selects(&items[*index])).collect();
    if action == Action::Remove {
        return remove_selected(path, items, &touched);
    }
    let value = value.unwrap_or_default();
    if value.is_null() {
        return if action == Action::Add { Ok(()) } else { remove_selected(path, items, &touched) };
    }
    if touched.is_empty() {
        let made = make(action, path, value)?;
        if !made.is_empty() {
            touched.push(items.len());
            items.push(Value::Object(made));
        }
    } else {
        for index in &touched {
            items[*index] = change(action, path, items[*index].take(), value.clone())?;
        }
    }
    items.retain(|item| !item.is_null());
    keep_one_primary(items, |index| touched.contains(&index));
    Ok(())
}

/// A value that the filter selected, after an add or replace.
fn change(action: Action, path: &PatchPath, item: Value, value: Value) -> Result<Value, ScimError> {
    let Value::Object(object) = item else {
        let plain = path.attr.sub.as_deref().is_none_or(|sub| sub == "value");
        return if plain { Ok(value) } else { Err(no_match(path)) };
    };
    if path.attr.sub.is_some() {
        let object = sub_attribute(action, path, object, Some(value))?;
        return Ok(if is_hollow(&object) { Value::Null } else { Value::Object(object) });
    }
    let new = element(path, value)?;
    if action == Action::Add {
        let mut object = object;
        put_parts(&mut object, new);
        return Ok(Value::Object(object));
    }
    // What the filter asked for stays so unless the new value says otherwise.
    let mut replaced = from_filter(path).unwrap_or_default();
    replaced.extend(new);
    Ok(Value::Object(replaced))
}

/// A new value where the filter selected none: what the filter asks for, and what the operation sets.
fn make(action: Action, path: &PatchPath, value: Value) -> Result<Map<String, Value>, ScimError> {
    let mut made = match &path.filter {
        None => Map::new(),
        Some(_) => from_filter(path).ok_or_else(|| no_match(path))?,
    };
    // Who replaces the value that is so and so means one that is there (RFC 7644 §3.5.2.3); a type alone is a place to fill.
    let means_one = action == Action::Replace && made.contains_key("value");
    if means_one || !holds_objects(path.attr.def) {
        return Err(no_match(path));
    }
    let asked = made.clone();
    if path.attr.sub.is_some() {
        made = sub_attribute(action, path, made, Some(value))?;
    } else {
        made.extend(element(path, value)?);
    }
    // An empty value makes nothing.
    Ok(if made == asked && path.attr.sub.as_deref().is_none_or(|sub| !asked.contains_key(sub)) {
        Map::new()
    } else {
        made
    })
}

fn element(path: &PatchPath, value: Value) -> Result<Map<String, Value>, ScimError> {
    let at = path.attr.to_string();
    let value = match path.attr.def {
        Some(def) => value::single(def, value, &at)?,
        None => Some(value),
    };
    match value {
        Some(Value::Object(map)) => Ok(map),
        None => Ok(Map::new()),
        Some(_) => Err(ScimError::invalid_value(format!("A value of “{at}” must be an object."))),
    }
}

/// The sub-attributes that a plain conjunction of `eq` asks for.
fn from_filter(path: &PatchPath) -> Option<Map<String, Value>> {
    let equalities = path.filter.as_ref().and_then(Filter::equalities)?;
    let mut made = Map::new();
    for (inner, literal) in equalities {
        let value = match literal {
            Literal::Null => continue,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Number(value) => Value::Number(value.clone()),
            Literal::Text(text) | Literal::Time(text, _) => Value::String(text.clone()),
        };
        made.insert(inner.name.clone().into_owned(), value);
    }
    Some(made)
}

fn remove_selected(path: &PatchPath, items: &mut Vec<Value>, touched: &[usize]) -> Result<(), ScimError> {
    for index in touched {
        let item = items[*index].take();
        items[*index] = match (item, &path.attr.sub) {
            (Value::Object(object), Some(_)) => {
                let object = sub_attribute(Action::Remove, path, object, None)?;
                if is_hollow(&object) { Value::Null } else { Value::Object(object) }
            }
            _ => Value::Null,
        };
    }
    items.retain(|item| !item.is_null());
    Ok(())
}

/// Whether nothing but labels is left of a value.
fn is_hollow(object: &Map<String, Value>) -> bool {
    object.keys().all(|key| matches!(key.as_str(), "type" | "primary" | "display"))
}
