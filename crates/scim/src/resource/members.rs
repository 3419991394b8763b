//! Owns the reading of group members, in every form that clients send them.

use serde_json::{Map, Value, json};

use crate::ScimError;
use crate::filter::Filter;
use crate::limits::check_key;
use crate::value::dedup;

/// One member of a group, as the client named it. The `$ref` of an answer is the caller's to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRef {
    /// The id of the user or group, which this server may or may not know.
    pub value: String,
    /// `User` or `Group`, where the client said so.
    pub kind: Option<String>,
    /// The name for people, where the client sent one.
    pub display: Option<String>,
}

impl MemberRef {
    /// A member of which only the id is known.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), kind: None, display: None }
    }

    /// The element of `members` in an answer; `reference` is the address of the user or group.
    pub fn to_json(&self, reference: Option<&str>) -> Value {
        let mut member = json!({ "value": self.value });
        if let Some(kind) = &self.kind {
            member["type"] = Value::from(kind.as_str());
        }
        if let Some(display) = &self.display {
            member["display"] = Value::from(display.as_str());
        }
        if let Some(reference) = reference {
            member["$ref"] = Value::from(reference);
        }
        member
    }

    /// Whether the inner filter of `members[…]` selects this member.
    pub fn matches(&self, filter: &Filter) -> bool {
        filter.matches_element(&self.to_json(None))
    }
}

/// Reads a list of members, one member alone, or a bare id. Each id is kept once.
pub(crate) fn read_members(value: Value) -> Result<Vec<MemberRef>, ScimError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        one => vec![one],
    };
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        if let Some(member) = read_one(item)? {
            members.push(member);
        }
    }
    dedup(&mut members, |member| &member.value);
    Ok(members)
}

/// Reads one member; `None` for null.
pub(crate) fn read_one(value: Value) -> Result<Option<MemberRef>, ScimError> {
    let member = match value {
        Value::Null => return Ok(None),
        Value::String(id) if !id.trim().is_empty() => MemberRef::new(id.trim()),
        Value::Number(id) => MemberRef::new(id.to_string()),
        Value::Object(map) => from_object(&map)?,
        other => {
            return Err(ScimError::invalid_value(format!(
                "A member must be an object with the id of a user or group as its “value”; received {}.",
                other.to_string().chars().take(60).collect::<String>()
            )));
        }
    };
    check_key("members.value", &member.value)?;
    Ok(Some(member))
}

fn from_object(map: &Map<String, Value>) -> Result<MemberRef, ScimError> {
    let part = |name: &str| crate::path::lookup(map, name, false);
    let text = |name: &str| part(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let reference = text("$ref");
    let from_reference = || reference.and_then(|address| address.trim_end_matches('/').rsplit('/').next());
    let value = match part("value") {
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => text("value").or_else(from_reference).map(str::to_owned),
    };
    let (value, reference) = match value {
        // Some name the whole address as the value.
        Some(value) if value.contains("://") && kind_of_reference(&value).is_some() => {
            let id = value.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
            (id, kind_of_reference(&value))
        }
        value => (value, reference.and_then(kind_of_reference)),
    };
    let Some(value) = value else {
        return Err(ScimError::invalid_value(
            "A member has no “value”; the id of a user or group of this directory was expected.",
        ));
    };
    let kind = text("type").or(reference);
    let kind = kind.map(|kind| match kind {
        kind if kind.eq_ignore_ascii_case("user") => "User".to_owned(),
        kind if kind.eq_ignore_ascii_case("group") => "Group".to_owned(),
        other => other.to_owned(),
    });
    Ok(MemberRef { value, kind, display: text("display").map(str::to_owned) })
}

fn kind_of_reference(address: &str) -> Option<&'static str> {
    let mut parts = address.trim_end_matches('/').rsplit('/').skip(1);
    match parts.next() {
        Some(part) if part.eq_ignore_ascii_case("Users") => Some("User"),
        Some(part) if part.eq_ignore_ascii_case("Groups") => Some("Group"),
        _ => None,
    }
}
