//! The profile fields of a member as data, and the reading of files of people.
//!
//! Owns: which fields there are and what they are called, what a readable value of each is (a country, an address, a
//! year of birth, a role, a name), where the values lie in what an identity provider or a directory sends, and files
//! of people. Does not own: members and their status, which domain belongs to whom, storage, invitations. Nothing here
//! reads a clock: the current year is a parameter.
//!
//! Nothing is dropped silently: a value that cannot be read comes back as a [`Problem`] that says what was received
//! and what was expected.

pub mod birth_year;
pub mod country;
pub mod email;
mod field;
pub mod mapping;
pub mod name;
mod person;
mod problem;
pub mod role;
pub mod roster;

pub use country::Country;
pub use field::{Field, RequiredFields};
pub use model::Role;
pub use person::{Defaults, Profile};
pub use problem::{Problem, Reason};
