//! Owns the SCIM error (RFC 7644 §3.12) and its JSON form. Does not decide when an error happens.

use std::fmt;

use serde_json::{Value, json};

/// The schema URN of an error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The detail error keyword of RFC 7644 table 9, with those of RFC 9865 for cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// More results or work than the server is willing to give.
    TooMany,
    /// Another resource already has the value.
    Uniqueness,
    /// The attribute cannot be changed that way.
    Mutability,
    /// The body is not the message that was expected.
    InvalidSyntax,
    /// The `path` of a PATCH operation is malformed.
    InvalidPath,
    /// The `path` of a PATCH operation selects nothing to work on.
    NoTarget,
    /// A value is missing or of the wrong type.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// The request would show sensitive information in a URL.
    Sensitive,
    /// The cursor was not given out by this server (RFC 9865).
    InvalidCursor,
    /// The cursor is too old (RFC 9865).
    ExpiredCursor,
    /// The count does not go with the cursor (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// The keyword as it stands in the `scimType` of an error body.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// The HTTP status that RFC 7644 gives to the keyword.
    pub const fn status(self) -> u16 {
        match self {
            Self::Uniqueness => 409,
            Self::Sensitive => 403,
            _ => 400,
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer that refuses a request, as RFC 7644 §3.12 shapes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ScimError {
    /// The HTTP status code.
    pub status: u16,
    /// The keyword, for the errors that have one.
    pub scim_type: Option<ScimType>,
    /// A sentence for the person who reads the provider's provisioning log.
    pub detail: String,
    /// With 405: the methods that the address takes, for `Allow` (RFC 9110 §15.5.6).
    pub allow: Option<&'static str>,
}

impl ScimError {
    /// An error with a keyword; the status follows from it.
    pub fn new(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { status: scim_type.status(), scim_type: Some(scim_type), detail: detail.into(), allow: None }
    }

    /// An error that has a status only.
    pub fn status(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), allow: None }
    }

    /// 404 for a resource, schema or resource type that is not there.
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::status(404, format!("There is no {what} with the id “{id}” in this directory."))
    }

    /// 409 for a value that another resource already has.
    pub fn uniqueness(attribute: &str, value: &str) -> Self {
        Self::new(
            ScimType::Uniqueness,
            format!("Another resource of this directory already has the {attribute} “{value}”."),
        )
    }

    /// 405 for a method that an address does not take; `allow` as in the header of that name.
    pub fn method_not_allowed(allow: &'static str, received: &str) -> Self {
        let received: String = received.chars().take(40).collect();
        let detail = format!("This address takes {allow}; received {received}.");
        Self { allow: Some(allow), ..Self::status(405, detail) }
    }

    /// 412 for an `If-Match` that names an older version.
    pub fn stale_version() -> Self {
        Self::status(
            412,
            "The resource has changed since the version named in If-Match. Read it again and repeat the change.",
        )
    }

    /// 413 for a body beyond `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::status(413, format!("The body is larger than the {limit} bytes that this server takes."))
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidPath, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::new(ScimType::NoTarget, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::new(ScimType::Mutability, detail)
    }

    /// 400 `mutability`, of what may be given once.
    pub(crate) fn given_once(what: impl std::fmt::Display) -> Self {
        Self::mutability(format!("“{what}” was given once and stays as it is."))
    }

    /// The body of the answer. `status` is a string, as the RFC wants it.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "schemas": [ERROR_URN],
            "status": self.status.to_string(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = Value::from(scim_type.as_str());
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_body_has_status_as_string_and_keyword() {
        let body = ScimError::uniqueness("userName", "a@b.example").to_json();
        assert_eq!(body["status"], "409");
        assert_eq!(body["scimType"], "uniqueness");
        assert_eq!(body["schemas"], json!([ERROR_URN]));
        assert!(body["detail"].as_str().is_some_and(|text| text.contains("a@b.example")));
    }

    #[test]
    fn error_without_keyword_leaves_scim_type_out() {
        let body = ScimError::not_found("User", "u1").to_json();
        assert_eq!(body["status"], "404");
        assert!(body.get("scimType").is_none());
    }
}
