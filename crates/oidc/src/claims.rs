//! The claims of a verified token or answer, with readers for the shapes providers really send.
//!
//! Owns reading; does not know which claims a token must have.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::json;
use crate::rejection::{Rejection, RejectionCode};

/// A JSON object of claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims of a JSON object that was already checked.
    pub fn new(map: Map<String, Value>) -> Self {
        Claims(map)
    }

    /// The raw value.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A string that is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A string or an array of strings, as a list; empty when missing or of another type.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.0.get(name).and_then(json::strings).unwrap_or_default()
    }

    /// A boolean, also when written as `"true"` or `"false"`.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(json::boolean)
    }

    /// A time in seconds since 1970, whole or with a fraction (RFC 7519 section 2).
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.0.get(name).and_then(json::numeric_date)
    }

    /// Everything, for mapping and for showing to an administrator.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// A string that must be there and not be empty.
    pub(crate) fn required_text(&self, what: &str, name: &str) -> Result<&str, Rejection> {
        match self.0.get(name) {
            None | Some(Value::Null) => Err(missing(what, name)),
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(other) => Err(malformed(what, name, "a text that is not empty", other)),
        }
    }

    /// A time that must be there.
    pub(crate) fn required_time(&self, what: &str, name: &str) -> Result<Timestamp, Rejection> {
        self.optional_time(what, name)?.ok_or_else(|| missing(what, name))
    }

    /// A time that may be missing, but not be something else.
    pub(crate) fn optional_time(&self, what: &str, name: &str) -> Result<Option<Timestamp>, Rejection> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => json::numeric_date(value)
                .map(Some)
                .ok_or_else(|| malformed(what, name, "seconds since 1970, as a number", value)),
        }
    }

    /// A string that may be missing, but not be something else.
    pub(crate) fn optional_text(&self, what: &str, name: &str) -> Result<Option<&str>, Rejection> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(malformed(what, name, "a text", other)),
        }
    }

    /// The audiences; at least one.
    pub(crate) fn audience(&self, what: &str) -> Result<Vec<String>, Rejection> {
        match self.0.get("aud") {
            None | Some(Value::Null) => Err(missing(what, "aud")),
            Some(value) => json::strings(value)
                .filter(|list| !list.is_empty())
                .ok_or_else(|| malformed(what, "aud", "a text or a list of texts", value)),
        }
    }
}

fn missing(what: &str, name: &str) -> Rejection {
    Rejection::new(
        RejectionCode::ClaimMissing,
        format!("{what} lacks \"{name}\". The identity provider must send it: look at the claims it is set to send for this application."),
    )
    .expected(format!("\"{name}\""))
    .received("nothing")
}

fn malformed(what: &str, name: &str, expected: &str, value: &Value) -> Rejection {
    Rejection::new(
        RejectionCode::ClaimMalformed,
        format!("{what} has a \"{name}\" we cannot read. If someone mapped this claim by hand at the identity provider, take the mapping away."),
    )
    .expected(expected)
    .received(value)
}
