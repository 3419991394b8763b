//! Our own keys, and what an operator may do with them.

use super::{Place, sample_console};
use crate::layout::Page;
use crate::pages::org::Act;
use crate::parts::{Person, Status, When};
use askama::Template;

/// Every key that Frontdesk signs with.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/console/keys.html")]
pub struct Keys {
    /// Surroundings.
    pub page: Page,
    /// One group for each purpose.
    pub groups: Vec<KeyGroup>,
    /// Connections whose requests are signed: their providers may keep a copy of our certificate.
    pub concerned: Vec<Person>,
}

/// The keys of one purpose.
#[derive(Clone, Debug)]
pub struct KeyGroup {
    /// The end of element ids, such as `oidc`.
    pub id: &'static str,
    /// "ID tokens".
    pub title: &'static str,
    /// What they are for and how they are replaced.
    pub text: String,
    /// The keys, the signing ones first.
    pub rows: Vec<KeyRow>,
    /// What can be done.
    pub acts: Vec<Act>,
}

/// A key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its id.
    pub id: String,
    /// `RS256`.
    pub algorithm: String,
    /// When it was made.
    pub made: When,
    /// Signs, comes, is retired.
    pub status: Status,
    /// Where taking it away is posted to; none for the one that signs.
    pub discard: Option<String>,
}

impl Keys {
    /// A sample.
    pub fn sample() -> Self {
        let row = |id: &str, status: Status, discard: bool| KeyRow {
            id: id.to_owned(),
            algorithm: "RS256".to_owned(),
            made: When::new("2026-06-02", "2 June 2026"),
            status,
            discard: discard.then(|| format!("/console/keys/{id}/discard")),
        };
        Self {
            page: sample_console("Keys", Place::Keys),
            groups: vec![
                KeyGroup {
                    id: "oidc",
                    title: "ID tokens",
                    text: "They are replaced by themselves every 180 days.".to_owned(),
                    rows: vec![
                        row("key_01", Status::ok("Signs"), false),
                        row("key_02", Status::pending("Signs from 4 December 2026"), true),
                    ],
                    acts: vec![Act::new(
                        "Replace",
                        "New keys are published now and sign in two days.",
                        "/console/keys",
                        "rotate",
                        "oidc",
                    )],
                },
                KeyGroup {
                    id: "saml",
                    title: "SAML",
                    text: "It signs our requests and decrypts what providers encrypt for us.".to_owned(),
                    rows: vec![
                        row("key_03", Status::ok("Signs"), false),
                        row("key_04", Status::stopped("Decrypts"), true),
                    ],
                    acts: Vec::new(),
                },
            ],
            concerned: vec![Person::company("Acme", "Okta · con_01jd8q6v")],
        }
    }
}
