//! What an identity provider vouched for, or why it was not believed, as the flow keeps it between two requests.
//!
//! Owns these two types and their JSON. Does not own the checks that lead to them.

use model::{Role, Time};
use profile::Profile;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who signed in at the identity provider, after every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Asserted {
    /// The person's lasting name at this connection.
    pub subject: String,
    /// The e-mail address as sent; whether the connection may speak for it is the caller's check.
    pub email: Option<String>,
    /// The profile in it.
    pub mapped: Mapped,
    /// Everything that was sent, in order, for the page that shows what arrived.
    pub attributes: Vec<(String, Vec<String>)>,
    /// SAML: the subject as sent, for single logout.
    pub name_id: Option<NameId>,
    /// The provider's name for its session.
    pub session_index: Option<String>,
    /// When the provider wants our session to end.
    pub session_not_on_or_after: Option<Time>,
    /// SAML: hash of the assertion's id, and until when it must be remembered as used.
    pub assertion: Option<(String, Time)>,
    /// `saml` or `oidc`.
    pub method: &'static str,
    /// When the person signed in at the provider.
    pub auth_at: Time,
    /// OpenID Connect: the claims.
    pub claims: Option<Value>,
}

/// A SAML name identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameId {
    /// The identifier.
    pub value: String,
    /// Its format.
    pub format: Option<String>,
    /// `NameQualifier`, needed to name the same person in a logout request.
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`, likewise.
    pub sp_name_qualifier: Option<String>,
}

/// The profile that came with a sign-in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapped {
    /// The fields that could be read.
    pub profile: Profile,
    /// The role, where the provider sent one.
    pub role: Option<Role>,
    /// What was sent and could not be read.
    pub unread: Vec<profile::Problem>,
    /// The person's groups.
    pub groups: Vec<String>,
    /// For each thing wanted, whether and where it was found.
    pub findings: Vec<Finding>,
    /// Names of attributes that were sent and are not used.
    pub unused: Vec<String>,
}

/// Whether and where one wanted thing was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `id`, `email`, `firstName`, … `groups`.
    pub wanted: String,
    /// The name under which our guides ask for it.
    pub asked: String,
    /// The name under which it came.
    pub source: Option<String>,
    /// The value as sent.
    pub received: Option<String>,
    /// `found`, `matched`, `split`, `unreadable` or `missing`.
    pub outcome: &'static str,
}

/// Why nobody is signed in, with the way to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Stable code.
    pub code: String,
    /// What would have been accepted.
    pub expected: Option<String>,
    /// What came instead.
    pub received: Option<String>,
    /// What happened, for a person.
    pub message: String,
    /// What to do, in the words of the provider's console, in order.
    pub steps: Vec<String>,
}

impl Asserted {
    /// The JSON that a flow keeps.
    pub fn to_json(&self) -> Value {
        Value::Null
    }

    /// Reads what [`Asserted::to_json`] wrote; none for anything else. `now` bounds years of birth.
    pub fn from_json(_value: &Value, _now: Time) -> Option<Self> {
        None
    }
}

impl Refused {
    /// The JSON that a flow keeps.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Reads what [`Refused::to_json`] wrote; none for anything else.
    pub fn from_json(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }
}
