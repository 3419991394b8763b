//! Owns the reading of whole resources for create and replace: any client's spelling in, one
//! canonical form out (RFC 7643 §2 and §3, RFC 7644 §3.3 and §3.5.1). Server-owned attributes
//! (`id`, `meta`, `groups`) and the password are never in that form. Does not own PATCH.

mod diff;
mod index;
mod members;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use diff::{Change, changes};
pub use index::{EmailRef, GroupIndex, UserIndex};
pub use members::MemberRef;
pub(crate) use members::{read_members, read_one};

use crate::ScimError;
use crate::limits::{check_depth, check_keys};
use crate::path::spelling;
use crate::schema::{Attribute, GROUP, Kind, Mutability, ResourceType, Schema, TEST, USER, find, is_urn};
use crate::value;

/// A group as a client wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBody {
    /// Everything but the members, canonical.
    pub attributes: Map<String, Value>,
    /// The members; `None` when the client did not speak of them, empty when it named none.
    pub members: Option<Vec<MemberRef>>,
}

/// Reads the body of a user to create or replace.
pub fn user(body: Value) -> Result<Map<String, Value>, ScimError> {
    let (attributes, _) = read(body, &USER)?;
    Ok(attributes)
}

/// Reads the body of a group to create or replace.
pub fn group(body: Value) -> Result<GroupBody, ScimError> {
    let (attributes, members) = read(body, &GROUP)?;
    let members = members.map(read_members).transpose()?;
    Ok(GroupBody { attributes, members })
}

/// Reads the body of a test resource to create or replace.
pub fn test(body: Value) -> Result<Map<String, Value>, ScimError> {
    let (attributes, _) = read(body, &TEST)?;
    Ok(attributes)
}

/// Reads the body of a test resource that takes the place of this one. What is immutable or the server's own stays: the body
/// may leave it out, and may give what is immutable where it was not there (RFC 7644 §3.5.1).
pub fn test_after(before: &Map<String, Value>, body: Value) -> Result<Map<String, Value>, ScimError> {
    let mut after = test(body)?;
    keep_settled(before, &mut after, &TEST)?;
    Ok(after)
}

/// Users and groups need none of it: nothing that is kept at the top of them is immutable or the server's own.
fn keep_settled(
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
    kind: &'static ResourceType,
) -> Result<(), ScimError> {
    let is_settled =
        |def: &&Attribute| matches!(def.mutability, Mutability::Immutable | Mutability::ReadOnly);
    for def in kind.schema.attributes.iter().filter(is_settled) {
        let Some(old) = before.get(def.name) else { continue };
        if after.entry(def.name).or_insert_with(|| old.clone()) != old {
            return Err(ScimError::given_once(def.name));
        }
    }
    Ok(())
}

fn read(body: Value, kind: &'static ResourceType) -> Result<(Map<String, Value>, Option<Value>), ScimError> {
    check_depth(&body)?;
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax(format!(
            "The body must be one JSON object: a {}.",
            kind.name.to_lowercase()
        )));
    };
    let mut draft = Draft { kind, out: Map::new(), members: None };
    // Parts of an attribute come after the attribute.
    let (parts, whole): (Vec<_>, Vec<_>) =
        body.into_iter().partition(|(key, _)| draft.part_of(key).is_some());
    for (key, value) in whole.into_iter().chain(parts) {
        draft.take(&key, value)?;
    }
    finish(&mut draft.out, kind)?;
    check_keys(&draft.out, None)?;
    Ok((draft.out, draft.members))
}

/// Checks what a resource must have, and completes `schemas` from what it has.
pub(crate) fn finish(
    resource: &mut Map<String, Value>,
    kind: &'static ResourceType,
) -> Result<(), ScimError> {
    for attribute in kind.schema.attributes.iter().filter(|attribute| attribute.required) {
        let text = resource.get(attribute.name).and_then(Value::as_str);
        if text.is_none_or(|text| text.trim().is_empty()) {
            return Err(ScimError::invalid_value(format!(
                "A {} needs “{}”, and it cannot be empty.",
                kind.name.to_lowercase(),
                attribute.name
            )));
        }
    }
    complete_schemas(resource, kind);
    Ok(())
}

/// `schemas` is what the resource has: the core schema and every extension with a value.
fn complete_schemas(resource: &mut Map<String, Value>, kind: &'static ResourceType) {
    let mut schemas = vec![Value::from(kind.schema.id)];
    schemas.extend(resource.keys().filter(|key| is_urn(key)).map(|key| Value::from(key.as_str())));
    if resource.get("schemas").and_then(Value::as_array) != Some(&schemas) {
        resource.insert("schemas".to_owned(), Value::Array(schemas));
    }
}

struct Draft {
    kind: &'static ResourceType,
    out: Map<String, Value>,
    members: Option<Value>,
}

impl Draft {
    fn take(&mut self, key: &str, value: Value) -> Result<(), ScimError> {
        if is_urn(key) {
            return self.take_urn(key, value);
        }
        if let Some(def) = self.kind.attribute(key) {
            return self.take_known(def, value);
        }
        match self.part_of(key) {
            Some((def, sub)) => put_part(&mut self.out, def, sub, value, def.name),
            None => {
                keep_unknown(&mut self.out, key, value);
                Ok(())
            }
        }
    }

    /// `name.givenName`, as some clients flatten it: the attribute and the name of its part.
    fn part_of<'k>(&self, key: &'k str) -> Option<(&'static Attribute, &'k str)> {
        part_in(self.kind.schema.attributes, key)
    }

    fn take_known(&mut self, def: &'static Attribute, value: Value) -> Result<(), ScimError> {
        if def.is_read_only() || def.name == "schemas" {
            return Ok(());
        }
        if def.name == "members" {
            let twice = !value.is_null() && self.members.replace(value).is_some();
            return if twice { Err(given_twice(def.name)) } else { Ok(()) };
        }
        let Some(value) = value::normalise(def, value, def.name)? else { return Ok(()) };
        match self.out.insert(def.name.to_owned(), value) {
            Some(_) => Err(given_twice(def.name)),
            None => Ok(()),
        }
    }

    /// `URN: {…}`, and `URN:attribute: …` as some clients flatten it.
    fn take_urn(&mut self, key: &str, value: Value) -> Result<(), ScimError> {
        let Some((schema, rest)) = self.kind.split_urn(key) else {
            keep_unknown(&mut self.out, key, value);
            return Ok(());
        };
        let core = schema.id == self.kind.schema.id;
        let map = match (rest, value) {
            (_, Value::Null) => return Ok(()),
            ("", Value::Object(map)) => map,
            ("", other) => return Err(not_an_object(schema, &other)),
            (name, value) => Map::from_iter([(name.to_owned(), value)]),
        };
        if core {
            return map
                .into_iter()
                .filter(|(key, _)| !is_urn(key))
                .try_for_each(|(key, value)| self.take(&key, value));
        }
        let mut extension = match self.out.remove(schema.id) {
            Some(Value::Object(extension)) => extension,
            _ => Map::new(),
        };
        for (key, value) in map {
            put_extension_value(&mut extension, schema, &key, value)?;
        }
        if !extension.is_empty() {
            self.out.insert(schema.id.to_owned(), Value::Object(extension));
        }
        Ok(())
    }
}

/// Puts one attribute of an extension, as a client spelt it, into the extension's object.
fn put_extension_value(
    extension: &mut Map<String, Value>,
    schema: &'static Schema,
    key: &str,
    value: Value,
) -> Result<(), ScimError> {
    let Some(def) = find(schema.attributes, key) else {
        if let Some((def, sub)) = part_in(schema.attributes, key) {
            return put_part(extension, def, sub, value, &format!("{}:{}", schema.id, def.name));
        }
        keep_unknown(extension, key, value);
        return Ok(());
    };
    if def.is_read_only() {
        return Ok(());
    }
    let at = format!("{}:{}", schema.id, def.name);
    if let Some(value) = value::normalise(def, value, &at)? {
        extension.insert(def.name.to_owned(), value);
    }
    Ok(())
}

/// The single-valued complex attribute, and the name of its part, that a key like `name.givenName` names.
fn part_in<'k>(attributes: &'static [Attribute], key: &'k str) -> Option<(&'static Attribute, &'k str)> {
    let (name, sub) = key.split_once('.')?;
    let def = find(attributes, name)?;
    (def.kind == Kind::Complex && !def.multi_valued && !sub.contains('.')).then_some((def, sub))
}

/// Puts one part beside the others of its attribute.
fn put_part(
    map: &mut Map<String, Value>,
    def: &'static Attribute,
    sub: &str,
    value: Value,
    at: &str,
) -> Result<(), ScimError> {
    if def.is_read_only() {
        return Ok(());
    }
    let part = Value::Object(Map::from_iter([(sub.to_owned(), value)]));
    let Some(Value::Object(part)) = value::normalise(def, part, at)? else { return Ok(()) };
    match map.entry(def.name).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(whole) => whole.extend(part),
        whole => *whole = Value::Object(part),
    }
    Ok(())
}

/// Keeps what no schema knows, whole; nulls and empty lists are nothing (RFC 7643 §2.5).
pub(crate) fn keep_unknown(map: &mut Map<String, Value>, key: &str, value: Value) {
    if !is_nothing(&value) {
        let key = spelling(map, key);
        map.insert(key, value);
    }
}

/// Whether a value means that the attribute is not assigned.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

pub(crate) fn not_an_object(schema: &Schema, received: &Value) -> ScimError {
    let what: Cow<'static, str> = match received {
        Value::Array(_) => "a list".into(),
        other => other.to_string().chars().take(60).collect::<String>().into(),
    };
    ScimError::invalid_value(format!("“{}” must be an object with attributes; received {what}.", schema.id))
}

fn given_twice(name: &str) -> ScimError {
    ScimError::invalid_syntax(format!("“{name}” is given twice in one body, in different spellings."))
}

/// Whether an attribute holds objects.
pub(crate) fn is_complex(def: Option<&'static Attribute>) -> bool {
    def.is_some_and(|def| def.kind == Kind::Complex)
}

#[cfg(test)]
mod tests;
