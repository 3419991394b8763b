//! Where the profile fields lie in what a directory or an identity provider sends. Owns the rules and their defaults;
//! does not own storing them, nor the group mapping that may decide the role before this does.

mod attributes;
mod path;
mod reading;
mod scim;
mod sign_in;
mod sign_in_names;

pub use attributes::{Attribute, attributes_of, words_of};
pub use path::{Path, PathProblem};
pub use scim::{Mapping, MappingProblem, Reading, Rule};
pub use sign_in::{Finding, NameId, Outcome, SignIn, from_assertion, from_claims};
pub use sign_in_names::{Names, Wanted};

use crate::{Field, Problem, Profile, Role};

/// The extension in which our own attributes travel (`birthYear`, `role`, and the vendor's own fields).
pub const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";

/// What came out of a resource or a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapped {
    /// The fields that could be read.
    pub profile: Profile,
    /// The role, where one was sent that we know.
    pub role: Option<Role>,
    /// Where each field was found.
    pub found: Vec<Found>,
    /// Every value that was there and could not be read; also where another place then filled the field.
    pub unread: Vec<Unread>,
}

/// A field that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The field.
    pub field: Field,
    /// The path or the name of the attribute.
    pub source: String,
    /// The value as it was sent: “Deutschland” where the profile has `DE`.
    pub received: String,
}

/// A value that was there and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The path or the name of the attribute.
    pub source: String,
    /// The field, the value as received, and the sentence.
    pub problem: Problem,
}
