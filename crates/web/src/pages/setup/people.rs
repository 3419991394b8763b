//! A file of people inside the wizard: the same pages as the company's own, in the wizard's surroundings.

use std::ops::Deref;

use super::sample_wizard;
use crate::pages::org::{OrgImport, OrgImportDone, OrgImportPreview};
use crate::parts::{Icon, Input};
use askama::Template;

/// Choosing a file.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/people.html")]
pub struct SetupPeople {
    /// The page.
    pub it: OrgImport,
    /// Whose people.
    pub organization: String,
    /// Link to the file that was chosen before.
    pub earlier: Option<String>,
}

/// Every row with what is wrong with it.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/people_preview.html")]
pub struct SetupPeoplePreview {
    /// The page.
    pub it: OrgImportPreview,
}

/// What was done.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/setup/people_done.html")]
pub struct SetupPeopleDone {
    /// The page.
    pub it: OrgImportDone,
}

/// The shared part of the template reads the page's fields as its own.
macro_rules! is_a {
    ($($outer:ty: $inner:ty),+ $(,)?) => {
        $(impl Deref for $outer {
            type Target = $inner;
            fn deref(&self) -> &$inner {
                &self.it
            }
        })+
    };
}
is_a!(SetupPeople: OrgImport, SetupPeoplePreview: OrgImportPreview, SetupPeopleDone: OrgImportDone);

impl SetupPeople {
    /// A sample.
    pub fn sample() -> Self {
        let page = sample_wizard("People from a file", 0);
        let it = OrgImport { page, ..OrgImport::sample() };
        Self { it, organization: "Acme".to_owned(), earlier: Some("/s/token/people/imp_01".to_owned()) }
    }
}

impl SetupPeoplePreview {
    /// A sample.
    pub fn sample() -> Self {
        let page = sample_wizard("People from a file", 0);
        Self { it: OrgImportPreview { page, ..OrgImportPreview::sample() } }
    }
}

impl SetupPeopleDone {
    /// A sample.
    pub fn sample() -> Self {
        let page = sample_wizard("People from a file", 0);
        Self { it: OrgImportDone { page, ..OrgImportDone::sample() } }
    }
}
