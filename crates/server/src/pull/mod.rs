//! Directories that we read ourselves, because their provider sends nothing: Google Workspace, and files of people.
//!
//! Owns from where and how often a directory is read, what a source says in the words of SCIM, and what of it is new. Does
//! not own what follows: users and groups are written by `directory`, as if a provider had sent them, brake included. A
//! list that is empty, forbidden or cut off is never taken for "everybody has left". See
//! `docs/decisions/0026-directories-that-are-read.md`.

mod act;
pub mod consent;
mod fault;
mod file;
mod google;
mod google_person;
mod letter;
mod reading;
mod run;
mod settings;
mod take;

use serde_json::Value;

pub use act::{State, bring_file, kind_of, prove, read_now, set, state};
pub use fault::Fault;
pub use google::GoogleAddresses;
pub use reading::Outcome;
pub use run::round;
pub use settings::{FileSettings, GoogleSettings, Kind, ServiceAccount, Settings};

/// A person or group as a source lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The source's own id, which never changes.
    pub id: String,
    /// Changes whenever anything of it does.
    pub mark: String,
    /// The resource in the words of SCIM; none where only its version was listed.
    pub resource: Option<Value>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// What it lists.
    pub items: Vec<Listed>,
    /// What leads to the next part; none after the last.
    pub next: Option<String>,
    /// Entries that could not be read at all, each in a sentence: who is not listed may be one of them.
    pub unreadable: Vec<String>,
    /// What else an administrator should know, each in a sentence.
    pub notes: Vec<String>,
}

/// What a directory is read from. A further system is one more of these.
pub trait Source: Send {
    /// A part of the people who may use the product; with `whole`, everything about each.
    fn people(&mut self, page: Option<&str>, whole: bool)
    -> impl Future<Output = Result<Page, Fault>> + Send;

    /// Everything about one person; none who is gone by now.
    fn person(&mut self, id: &str) -> impl Future<Output = Result<Option<Listed>, Fault>> + Send;

    /// A part of the groups; none at all where the source knows no groups.
    fn groups(&mut self, page: Option<&str>) -> impl Future<Output = Result<Option<Page>, Fault>> + Send;

    /// The people in a group, those of groups within it too, by the source's ids, with the version of that list; none where
    /// it is still the version `known`.
    fn members(
        &mut self,
        group: &str,
        known: Option<&str>,
    ) -> impl Future<Output = Result<Option<(Vec<String>, String)>, Fault>> + Send;
}
