//! Owns the limits that keep hostile input cheap. Does not read bodies: the HTTP layer stops at
//! [`MAX_BODY_BYTES`] before anything here is called.

use serde_json::{Map, Value};

use crate::ScimError;

/// Bytes of one request body.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Bytes of the body of a request about one group: a hundred thousand members.
pub const MAX_GROUP_BYTES: usize = 16 * 1024 * 1024;
/// How deep objects and arrays may nest in a body.
pub const MAX_BODY_DEPTH: usize = 24;
/// Bytes of a filter, and of a PATCH path.
pub const MAX_FILTER_BYTES: usize = 8 * 1024;
/// How deep parentheses, `not` and brackets may nest in a filter.
pub const MAX_FILTER_DEPTH: usize = 40;
/// Comparisons in one filter.
pub const MAX_FILTER_TERMS: usize = 128;
/// Operations in one PATCH of a group: some clients send one for each member.
pub const MAX_GROUP_OPERATIONS: usize = 10_000;
/// Seconds in which a cursor may be used (RFC 9865).
pub const CURSOR_TIMEOUT: u64 = 86_400;
/// Operations in one bulk request.
pub const MAX_BULK_OPERATIONS: usize = 1_000;
/// Operations in one PATCH of a user.
pub const MAX_USER_OPERATIONS: usize = 1_000;
/// Values of one multi-valued attribute of a user (members of a group are not held here).
pub const MAX_VALUES: usize = 500;
/// Bytes of a text that resources are found by. What is longer fits into no index of PostgreSQL.
pub const MAX_KEY_BYTES: usize = 1000;
/// Resources in one page of a list (`filter.maxResults`).
pub const MAX_RESULTS: u32 = 200;
/// Resources in one page when the client names no count.
pub const DEFAULT_RESULTS: u32 = 100;

/// Refuses a body that nests deeper than [`MAX_BODY_DEPTH`].
pub fn check_depth(body: &Value) -> Result<(), ScimError> {
    if within(body, MAX_BODY_DEPTH) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!(
        "The body nests deeper than {MAX_BODY_DEPTH} levels; no SCIM resource does."
    )))
}

/// Refuses texts and names that hold NUL, which no value has a use for and not every database keeps.
pub fn check_nul(body: &Value) -> Result<(), ScimError> {
    match nul_below(body) {
        None => Ok(()),
        Some(place) => Err(ScimError::invalid_value(format!(
            "{place} holds the character NUL (U+0000), which is no part of any name or value. Send it without."
        ))),
    }
}

/// Refuses names and ids that are longer than [`MAX_KEY_BYTES`]. What stood there `before` already may stay.
pub(crate) fn check_keys(
    resource: &Map<String, Value>,
    before: Option<&Map<String, Value>>,
) -> Result<(), ScimError> {
    for name in ["userName", "externalId", "displayName"] {
        let value = resource.get(name);
        if value != before.and_then(|before| before.get(name)) {
            check_key(name, value.and_then(Value::as_str).unwrap_or_default())?;
        }
    }
    let emails = resource.get("emails");
    if emails != before.and_then(|before| before.get("emails")) {
        for email in emails.and_then(Value::as_array).into_iter().flatten() {
            check_key("emails.value", email["value"].as_str().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Refuses one text that is longer than [`MAX_KEY_BYTES`].
pub(crate) fn check_key(name: &str, text: &str) -> Result<(), ScimError> {
    if text.len() <= MAX_KEY_BYTES {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!(
        "“{name}” has {} bytes; at most {MAX_KEY_BYTES} are taken.",
        text.len()
    )))
}

/// Where a NUL stands, in words.
fn nul_below(body: &Value) -> Option<String> {
    match body {
        Value::String(text) => text.contains('\0').then(|| "A text".to_owned()),
        Value::Array(items) => items.iter().find_map(nul_below),
        Value::Object(map) => map.iter().find_map(|(name, item)| match item {
            _ if name.contains('\0') => Some("The name of an attribute".to_owned()),
            Value::String(text) if text.contains('\0') => {
                Some(format!("“{}”", name.chars().take(80).collect::<String>()))
            }
            item => nul_below(item),
        }),
        _ => None,
    }
}

fn within(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| within(item, left - 1)),
        Value::Object(map) => left > 0 && map.values().all(|item| within(item, left - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nul_is_refused_wherever_it_stands() {
        let detail = |body: Value| check_nul(&body).unwrap_err().detail;
        assert!(detail(json!({ "name": { "givenName": "a\0" } })).contains("“givenName”"));
        assert!(detail(json!({ "x": ["a", "\0"] })).starts_with("A text"));
        assert!(detail(json!([{ "a\0": 1 }])).starts_with("The name"));
        assert!(check_nul(&json!({ "a": ["\u{1}", 0, null, true] })).is_ok());
    }

    #[test]
    fn depth_beyond_the_limit_is_refused() {
        let nest = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(check_depth(&nest(MAX_BODY_DEPTH)).is_ok());
        assert!(check_depth(&nest(MAX_BODY_DEPTH + 1)).is_err());
    }
}
