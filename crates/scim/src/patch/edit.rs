//! Owns what one operation does to one attribute that is not a list, and to a sub-attribute.

use serde_json::{Map, Value};

use super::{Action, list};
use crate::ScimError;
use crate::filter::PatchPath;
use crate::resource::{is_complex, is_nothing};
use crate::schema::{Attribute, Kind};
use crate::value;

/// The attribute after the operation; `None` when it is unassigned.
pub(super) fn attribute(
    action: Action,
    path: &PatchPath,
    before: Option<Value>,
    value: Option<Value>,
) -> Result<Option<Value>, ScimError> {
    let is_list = match path.attr.def {
        Some(def) => def.multi_valued,
        None => path.filter.is_some() || matches!(before, Some(Value::Array(_))),
    };
    if is_list {
        return list::edit(action, path, before, value);
    }
    if let Some(filter) = &path.filter
        && !before.as_ref().is_some_and(|before| filter.matches_element(before))
    {
        return match action {
            Action::Remove => Ok(before),
            _ => Err(no_match(path)),
        };
    }
    if path.attr.sub.is_some() {
        let object = object_of(path, before)?;
        let object = sub_attribute(action, path, object, value)?;
        return Ok(if object.is_empty() { None } else { Some(Value::Object(object)) });
    }
    whole(action, path, before, value)
}

fn whole(
    action: Action,
    path: &PatchPath,
    before: Option<Value>,
    value: Option<Value>,
) -> Result<Option<Value>, ScimError> {
    let value = match (action, value) {
        (Action::Remove, _) => return unassign(path.attr.def),
        (_, value) => value.unwrap_or_default(),
    };
    let Some(def) = path.attr.def else {
        return Ok(match (is_nothing(&value), action) {
            (true, Action::Add) => before,
            (true, _) => None,
            (false, _) => Some(merge_unknown(action, before, value)),
        });
    };
    if !is_complex(Some(def)) {
        let value = value::normalise(def, unwrap_leaf(value, def.name), &path.attr.to_string())?;
        return match (value, action) {
            (None, Action::Add) => Ok(before),
            (None, _) => unassign(Some(def)),
            (value, _) => Ok(value),
        };
    }
    if value.is_null() {
        return if action == Action::Add { Ok(before) } else { unassign(Some(def)) };
    }
    complex(action, def, path, before, value)
}

/// A complex attribute keeps the parts that the operation does not name.
fn complex(
    action: Action,
    def: &'static Attribute,
    path: &PatchPath,
    before: Option<Value>,
    value: Value,
) -> Result<Option<Value>, ScimError> {
    let cleared: Vec<String> = match &value {
        Value::Object(map) if action == Action::Replace => {
            map.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.clone()).collect()
        }
        _ => Vec::new(),
    };
    let mut object = object_of(path, before)?;
    if let Some(Value::Object(new)) = value::single(def, value, &path.attr.to_string())? {
        put_parts(&mut object, new);
    }
    for key in cleared {
        object.remove(def.sub_attribute(&key).map_or(key.as_str(), |sub| sub.name));
    }
    Ok(if object.is_empty() { None } else { Some(Value::Object(object)) })
}

/// Puts sub-attributes into an object. The address of another `value` does not outlive it.
pub(super) fn put_parts(object: &mut Map<String, Value>, new: Map<String, Value>) {
    let moved = new.get("value").is_some_and(|value| object.get("value").is_some_and(|old| old != value));
    if moved && !new.contains_key("$ref") {
        object.remove("$ref");
    }
    object.extend(new);
}

/// Sets or removes the sub-attribute that the path names.
pub(super) fn sub_attribute(
    action: Action,
    path: &PatchPath,
    mut object: Map<String, Value>,
    value: Option<Value>,
) -> Result<Map<String, Value>, ScimError> {
    let Some(name) = path.attr.sub.as_deref() else { return Ok(object) };
    let key = match path.attr.sub_def {
        Some(_) => name.to_owned(),
        None => crate::path::spelling(&object, name),
    };
    if path.attr.sub_def.is_some_and(Attribute::is_read_only) {
        return Ok(object);
    }
    let value = value.unwrap_or_default();
    let value = match (action, path.attr.sub_def) {
        (Action::Remove, _) => None,
        (_, Some(def)) => value::single(def, unwrap_leaf(value, name), &path.attr.to_string())?,
        (_, None) => Some(value).filter(|value| !is_nothing(value)),
    };
    match value {
        Some(value) => put_parts(&mut object, Map::from_iter([(key, value)])),
        None if action == Action::Add => {}
        None => {
            object.remove(&key);
        }
    }
    Ok(object)
}

/// Older Entra jobs send `[{"$ref":null,"value":"False"}]` for a plain value, others `{"active":false}`.
fn unwrap_leaf(value: Value, name: &str) -> Value {
    let value = match value {
        Value::Array(mut items) if items.len() == 1 => items.pop().unwrap_or_default(),
        value => value,
    };
    match value {
        Value::Object(mut map) => {
            let found = map
                .keys()
                .find(|key| key.eq_ignore_ascii_case(name))
                .or_else(|| map.keys().find(|key| *key == "value"))
                .cloned();
            match found.and_then(|key| map.remove(&key)) {
                Some(inner) => inner,
                None => Value::Object(map),
            }
        }
        value => value,
    }
}

fn merge_unknown(action: Action, before: Option<Value>, value: Value) -> Value {
    match (before, value) {
        (Some(Value::Object(mut old)), Value::Object(new)) if action == Action::Add => {
            old.extend(new);
            Value::Object(old)
        }
        (_, value) => value,
    }
}

fn unassign(def: Option<&'static Attribute>) -> Result<Option<Value>, ScimError> {
    match def {
        Some(def) if def.required => {
            Err(ScimError::mutability(format!("“{}” is required and cannot be removed.", def.name)))
        }
        _ => Ok(None),
    }
}

fn object_of(path: &PatchPath, before: Option<Value>) -> Result<Map<String, Value>, ScimError> {
    match before {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(ScimError::no_target(format!("“{}” has no sub-attributes here.", path.attr.name))),
    }
}

/// The error for a filter that selects nothing and cannot be turned into a new value.
pub(super) fn no_match(path: &PatchPath) -> ScimError {
    let filter = path.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    ScimError::no_target(format!("No value of “{}” satisfies [{filter}].", path.attr.name))
}

/// Whether the attribute's values are objects, or may be.
pub(super) fn holds_objects(def: Option<&'static Attribute>) -> bool {
    def.is_none_or(|def| def.kind == Kind::Complex)
}
