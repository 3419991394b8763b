//! Owns the extraction of what a store indexes, from canonical resources.

use serde_json::{Map, Value};

/// One e-mail address of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailRef {
    /// The address as the provider wrote it.
    pub value: String,
    /// `work`, `home`, … where the provider said so.
    pub kind: Option<String>,
    /// Whether the provider marked it as the preferred one.
    pub primary: bool,
}

/// What a store indexes of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIndex {
    /// Unique in the directory, whatever its case.
    pub user_name: String,
    /// The client's own id; case matters.
    pub external_id: Option<String>,
    /// Whether the person may use the product; true unless the provider says otherwise.
    pub active: bool,
    /// All e-mail addresses that have a value, in the provider's order.
    pub emails: Vec<EmailRef>,
    /// The display name.
    pub display_name: Option<String>,
}

impl UserIndex {
    /// Reads a canonical user.
    pub fn of(user: &Map<String, Value>) -> Self {
        Self {
            user_name: text(user, "userName").unwrap_or_default(),
            external_id: text(user, "externalId"),
            active: user.get("active").and_then(Value::as_bool).unwrap_or(true),
            emails: user
                .get("emails")
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(email).collect())
                .unwrap_or_default(),
            display_name: text(user, "displayName"),
        }
    }

    /// The address to write to: the primary one, else a work address, else the first, else the
    /// user name where it is an address.
    pub fn email(&self) -> Option<&str> {
        let work =
            |email: &&EmailRef| email.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
        self.emails
            .iter()
            .find(|email| email.primary)
            .or_else(|| self.emails.iter().find(work))
            .or_else(|| self.emails.first())
            .map(|email| email.value.as_str())
            .or_else(|| Some(self.user_name.as_str()).filter(|name| name.contains('@')))
    }
}

/// What a store indexes of a group; its members are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupIndex {
    /// The name of the group.
    pub display_name: String,
    /// The client's own id; case matters.
    pub external_id: Option<String>,
}

impl GroupIndex {
    /// Reads a canonical group.
    pub fn of(group: &Map<String, Value>) -> Self {
        Self {
            display_name: text(group, "displayName").unwrap_or_default(),
            external_id: text(group, "externalId"),
        }
    }
}

fn text(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn email(value: &Value) -> Option<EmailRef> {
    let map = value.as_object()?;
    Some(EmailRef {
        value: text(map, "value")?,
        kind: text(map, "type"),
        primary: map.get("primary").and_then(Value::as_bool).unwrap_or(false),
    })
}
