//! What a verified assertion says.
//!
//! Owns: the types that leave [`crate::validate`]. Does not own: how they were checked.

use jiff::Timestamp;

/// Who was signed in, how, and what the provider says about the person. Every value was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The assertion's id: accept each once, until [`Assertion::not_on_or_after`].
    pub assertion_id: String,
    /// The identity provider's entity id.
    pub issuer: String,
    /// The subject.
    pub name_id: NameId,
    /// The provider's name for its session, needed for single logout.
    pub session_index: Option<String>,
    /// When the provider wants our session to end, if it says so.
    pub session_not_on_or_after: Option<Timestamp>,
    /// When the person signed in at the provider.
    pub authn_instant: Timestamp,
    /// How the person signed in (`AuthnContextClassRef`), if the provider says so.
    pub authn_context: Option<String>,
    /// The attributes, in the order in which they were sent.
    pub attributes: Attributes,
    /// Until when this assertion could be accepted, the clock allowance included: keep its id that long.
    pub not_on_or_after: Timestamp,
    /// The request that this answers.
    pub in_response_to: Option<String>,
}

/// A `NameID` (SAML core 2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The identifier; never empty.
    pub value: String,
    /// `Format`, if sent.
    pub format: Option<String>,
    /// `NameQualifier`, if sent.
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`, if sent.
    pub sp_name_qualifier: Option<String>,
}

/// One attribute with all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`, if sent.
    pub friendly_name: Option<String>,
    /// `NameFormat`, if sent.
    pub name_format: Option<String>,
    /// The values as text; an empty value stays an empty text.
    pub values: Vec<String>,
}

/// The attributes of an assertion, in order; one that is sent twice is joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Vec<Attribute>);

impl Attributes {
    /// The attributes in the order in which they were sent.
    pub fn iter(&self) -> std::slice::Iter<'_, Attribute> {
        self.0.iter()
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of the attribute with this exact name; empty when it was not sent.
    pub fn values(&self, name: &str) -> &[String] {
        self.0.iter().find(|a| a.name == name).map_or(&[], |a| &a.values)
    }

    /// The first value that is not empty of the attribute with this exact name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.values(name).iter().map(String::as_str).find(|value| !value.is_empty())
    }

    /// Adds an attribute; values of a name that is there already join it.
    pub(crate) fn add(&mut self, attribute: Attribute) {
        match self.0.iter_mut().find(|known| known.name == attribute.name) {
            Some(known) => {
                known.values.extend(attribute.values);
                known.friendly_name = known.friendly_name.take().or(attribute.friendly_name);
            }
            None => self.0.push(attribute),
        }
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = &'a Attribute;
    type IntoIter = std::slice::Iter<'a, Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
