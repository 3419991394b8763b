//! Where a link stands, as it is kept in `setup_links.progress`.

use std::collections::BTreeSet;

use model::SetupLink;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// What was done with a link. What can be read off the connection or the directory is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The connection that is set up.
    pub connection: Option<String>,
    /// Steps of its guide that were ticked.
    pub ticked: BTreeSet<String>,
    /// The last test sign-in.
    pub test: Option<String>,
    /// The directory that is set up.
    pub directory: Option<String>,
    /// Steps of its guide that were ticked.
    pub directory_ticked: BTreeSet<String>,
    /// The mapping was looked at and saved.
    pub mapped: bool,
    /// The leaver policy was chosen.
    pub leavers: bool,
    /// The last file of people.
    pub import: Option<String>,
    /// A file of people was imported.
    pub imported: bool,
    /// New values for a live connection, before they are used.
    pub renewal: Option<Renewal>,
    /// What a live connection trusted before it was renewed.
    pub replaced: Option<Replaced>,
}

/// The live connection that gets new values; these are the draft beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Renewal {
    /// Which connection.
    pub connection: String,
    /// The last test of its draft.
    pub test: Option<String>,
}

/// A live connection whose values were replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replaced {
    /// Which connection.
    pub connection: String,
    /// What it was before: the id of a former version.
    pub version: String,
    /// When it was done, in microseconds.
    pub at: i64,
}

impl Progress {
    /// Where a link stands. A text of another version is taken as a fresh beginning, which costs a few clicks.
    pub fn of(link: &SetupLink) -> Self {
        serde_json::from_str(&link.progress).unwrap_or_default()
    }

    /// Something of a file of people or of a renewal is there to go on with.
    pub const fn has_begun(&self) -> bool {
        self.import.is_some() || self.renewal.is_some()
    }

    /// The text to keep.
    pub fn to_json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|e| Problem::internal(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_is_a_fresh_beginning_and_what_is_kept_comes_back() {
        assert_eq!(serde_json::from_str::<Progress>("{}").ok(), Some(Progress::default()));
        let it = Progress { mapped: true, ticked: ["create".to_owned()].into(), ..Progress::default() };
        let text = it.to_json().unwrap_or_default();
        assert_eq!(serde_json::from_str::<Progress>(&text).ok(), Some(it));
    }
}
