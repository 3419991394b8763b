//! The question before a sign-out that an application asked for without proof.

use askama::Template;

use super::sample_page;
use crate::layout::Page;

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
