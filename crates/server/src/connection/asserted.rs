//! What an identity provider vouched for, or why it was not believed, as the flow keeps it between two requests.
//!
//! Owns these two types and their JSON. Does not own the checks that lead to them.

use std::collections::BTreeMap;

use model::{Role, Time};
use profile::Profile;
use profile::mapping::{self, Names, Outcome, SignIn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::preferring;

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
    /// How the person signed in there: `acr`, or the `AuthnContextClassRef`.
    pub acr: Option<String>,
    /// How the person signed in there, in the words of RFC 8176.
    pub amr: Vec<String>,
    /// OpenID Connect: the claims.
    pub claims: Option<Value>,
    /// The names that the connection's settings look at first.
    pub reads: BTreeMap<String, String>,
    /// OpenID Connect: the ID token as it came, for other settings to judge; a flow does not keep it.
    pub id_token: Option<String>,
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

/// What a name identifier has besides its value, as a session keeps it.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_qualifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sp_name_qualifier: Option<String>,
}

impl NameId {
    /// Format and qualifiers as JSON; none where there are none.
    pub fn form(&self) -> Option<String> {
        let form = Form {
            format: self.format.clone(),
            name_qualifier: self.name_qualifier.clone(),
            sp_name_qualifier: self.sp_name_qualifier.clone(),
        };
        serde_json::to_string(&form).ok().filter(|text| text != "{}")
    }

    /// The identifier from its value and what [`NameId::form`] wrote.
    pub fn of(value: &str, form: Option<&str>) -> Self {
        let form: Option<Form> = form.and_then(|text| serde_json::from_str(text).ok());
        let (format, name_qualifier, sp_name_qualifier) =
            form.map_or((None, None, None), |it| (it.format, it.name_qualifier, it.sp_name_qualifier));
        Self { value: value.to_owned(), format, name_qualifier, sp_name_qualifier }
    }
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

/// An [`Asserted`] as a flow keeps it: the evidence, from which the profile is read again.
#[derive(Serialize, Deserialize)]
struct Kept {
    subject: String,
    email: Option<String>,
    attributes: Vec<(String, Vec<String>)>,
    name_id: Option<NameId>,
    session_index: Option<String>,
    session_not_on_or_after: Option<i64>,
    assertion: Option<(String, i64)>,
    auth_at: i64,
    #[serde(default)]
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    claims: Option<Value>,
    #[serde(default)]
    reads: BTreeMap<String, String>,
}

impl Asserted {
    /// The JSON that a flow keeps.
    pub fn to_json(&self) -> Value {
        let kept = Kept {
            subject: self.subject.clone(),
            email: self.email.clone(),
            attributes: self.attributes.clone(),
            name_id: self.name_id.clone(),
            session_index: self.session_index.clone(),
            session_not_on_or_after: self.session_not_on_or_after.map(Time::as_micros),
            assertion: self.assertion.clone().map(|(hash, until)| (hash, until.as_micros())),
            auth_at: self.auth_at.as_micros(),
            acr: self.acr.clone(),
            amr: self.amr.clone(),
            claims: self.claims.clone(),
            reads: self.reads.clone(),
        };
        serde_json::to_value(kept).unwrap_or_default()
    }

    /// Reads what [`Asserted::to_json`] wrote; none for anything else. `now` bounds years of birth.
    pub fn from_json(value: &Value, now: Time) -> Option<Self> {
        let kept: Kept = serde_json::from_value(value.clone()).ok()?;
        let sign_in = match &kept.claims {
            Some(claims) => read_claims(claims, &kept.reads, now),
            None => read_attributes(&kept.attributes, kept.name_id.as_ref(), &kept.reads, now),
        };
        Some(Self {
            subject: kept.subject,
            email: kept.email,
            mapped: Mapped::of(sign_in),
            attributes: kept.attributes,
            name_id: kept.name_id,
            session_index: kept.session_index,
            session_not_on_or_after: kept.session_not_on_or_after.map(Time::from_micros),
            assertion: kept.assertion.map(|(hash, until)| (hash, Time::from_micros(until))),
            method: if kept.claims.is_some() { "oidc" } else { "saml" },
            auth_at: Time::from_micros(kept.auth_at),
            acr: kept.acr,
            amr: kept.amr,
            claims: kept.claims,
            reads: kept.reads,
            id_token: None,
        })
    }

    /// The same evidence, read by other names.
    #[must_use]
    pub fn read_by(&self, reads: &BTreeMap<String, String>, now: Time) -> Self {
        let sign_in = match &self.claims {
            Some(claims) => read_claims(claims, reads, now),
            None => read_attributes(&self.attributes, self.name_id.as_ref(), reads, now),
        };
        // What an OpenID provider calls the person is no claim to choose.
        let subject = sign_in.subject.clone().filter(|_| self.claims.is_none());
        Self {
            subject: subject.unwrap_or_else(|| self.subject.clone()),
            email: sign_in.mapped.profile.email.clone(),
            mapped: Mapped::of(sign_in),
            reads: reads.clone(),
            ..self.clone()
        }
    }
}

/// An `acr` as it is kept; one that is longer than any registered class is left out.
pub(super) fn acr(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty() && text.len() <= 256).map(str::to_owned)
}

/// The words of an `amr` as they are kept: at most ten short ones.
pub(super) fn amr<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let fits =
        |word: &&str| !word.is_empty() && word.len() <= 64 && word.bytes().all(|b| b.is_ascii_graphic());
    words.into_iter().filter(fits).take(10).map(str::to_owned).collect()
}

/// What the attributes of an assertion say about the person.
pub(super) fn read_attributes(
    attributes: &[(String, Vec<String>)],
    name_id: Option<&NameId>,
    reads: &BTreeMap<String, String>,
    now: Time,
) -> SignIn {
    let name_id = name_id.map(|id| mapping::NameId { value: &id.value, format: id.format.as_deref() });
    mapping::from_assertion(attributes, name_id, &preferring(Names::saml(), reads), this_year(now))
}

/// What claims say about the person.
pub(super) fn read_claims(claims: &Value, reads: &BTreeMap<String, String>, now: Time) -> SignIn {
    mapping::from_claims(claims, &preferring(Names::oidc(), reads), this_year(now))
}

fn this_year(now: Time) -> u16 {
    u16::try_from(now.year()).unwrap_or(u16::MAX)
}

impl Mapped {
    pub(super) fn of(sign_in: SignIn) -> Self {
        let outcome = |outcome| match outcome {
            Outcome::Found => "found",
            Outcome::Matched => "matched",
            Outcome::Split => "split",
            Outcome::Unreadable => "unreadable",
            Outcome::Missing => "missing",
        };
        let findings = sign_in.findings.into_iter().map(|finding| Finding {
            wanted: finding.wanted.name().to_owned(),
            asked: finding.asked,
            source: finding.source,
            received: finding.received,
            outcome: outcome(finding.outcome),
        });
        Self {
            findings: findings.collect(),
            profile: sign_in.mapped.profile,
            role: sign_in.mapped.role.map(|role| match role {
                profile::Role::Admin => Role::Admin,
                profile::Role::Member => Role::Member,
            }),
            unread: sign_in.mapped.unread.into_iter().map(|unread| unread.problem).collect(),
            groups: sign_in.groups,
            unused: sign_in.unused,
        }
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
