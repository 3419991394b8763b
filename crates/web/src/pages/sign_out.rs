//! The question before a sign-out that an application asked for without proof, and telling applications in frames.

use askama::Template;

use super::sample_page;
use crate::layout::Page;
use crate::parts::Icon;

/// `/oauth2/logout`: do you want to sign out?
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/confirm_sign_out.html")]
pub struct ConfirmSignOut {
    /// Surroundings.
    pub page: Page,
    /// Who is signed in.
    pub email: String,
    /// The application that asks, when known.
    pub application: Option<String>,
    /// Where the yes is posted to.
    pub action: String,
    /// What travels along.
    pub fields: Vec<(String, String)>,
}

impl ConfirmSignOut {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign out"),
            email: "ada@acme.example".to_owned(),
            application: Some("Northwind Privacy".to_owned()),
            action: "/oauth2/logout/confirm".to_owned(),
            fields: vec![("state".to_owned(), "a\"b".to_owned())],
        }
    }
}

/// Tells applications of a sign-out by frames (OpenID Connect Front-Channel Logout 1.0), and goes on. Send it with
/// [`crate::respond_framing`].
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/signing_out.html")]
pub struct SigningOut {
    /// Surroundings.
    pub page: Page,
    /// The applications that are told.
    pub frames: Vec<Frame>,
    /// Where it goes on to.
    pub onward: String,
    /// The fields of a form to there; empty for a link.
    pub fields: Vec<(String, String)>,
    /// Whose place that is, where it is an application's.
    pub application: Option<String>,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The application.
    pub name: String,
    /// Its logout address.
    pub address: String,
}

impl SigningOut {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Signing out"),
            frames: vec![Frame { name: "Reports".to_owned(), address: "about:blank".to_owned() }],
            onward: "/logout".to_owned(),
            fields: Vec::new(),
            application: Some("Northwind Privacy".to_owned()),
        }
    }
}
