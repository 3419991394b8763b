//! Pages of the sign-in: email address, own account, mail on its way, what is missing, a sign-in that ended.

use super::sample_page;
use crate::web::layout::Page;
use crate::web::parts::{Field, Icon, Input};
use askama::Template;

/// `/login` and `/signup`: the email address decides the way.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login/email.html")]
pub struct LoginEmail {
    /// Surroundings.
    pub page: Page,
    /// Address as typed.
    pub email: Field,
    /// Where the form is posted to, `/login` or `/signup`.
    pub action: String,
    /// The page is for making an account.
    pub sign_up: bool,
    /// Link to the other one of the two.
    pub other: String,
}

impl LoginEmail {
    /// A sample.
    pub fn sample() -> Self {
        Self {
            page: sample_page("Sign in"),
            email: Field::new("jonas.weber@acme.example"),
            action: "/login".to_owned(),
            sign_up: false,
            other: "/signup".to_owned(),
        }
    }
}
