//! The tokens that a directory's provider shows.

use super::{Place, sample_org};
use crate::layout::Page;
use crate::parts::{Copy, Icon, Status, When};
use askama::Template;

/// The tokens that work, and perhaps one that was just made.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/org/tokens.html")]
pub struct OrgTokens {
    /// Surroundings.
    pub page: Page,
    /// The provider's name.
    pub provider: String,
    /// What was just made, with what belongs beside it in the provider's console; empty where nothing was.
    pub made: Vec<Copy>,
    /// Those that work, newest first.
    pub tokens: Vec<TokenRow>,
    /// Where the wish for another one is posted to; none where two work already.
    pub action: Option<String>,
    /// Where the wish for an OAuth client is posted to.
    pub client_action: String,
    /// The newest of those that work, sent along with the wish for another one; empty where none works.
    pub newest: String,
    /// Link back.
    pub back: String,
}

/// A token or client that works.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// The client's id; none for a token.
    pub client: Option<String>,
    /// When it was made.
    pub made: When,
    /// When it was used last; none where it never was.
    pub used: Option<When>,
    /// That it works, or until when.
    pub status: Status,
    /// Where revoking it is posted to.
    pub revoke: String,
}

impl OrgTokens {
    /// A sample.
    pub fn sample() -> Self {
        let row = |day: &str, used: Option<&str>| TokenRow {
            client: used.is_none().then(|| "tok_01".to_owned()),
            made: When::words(format!("{day} November 2026, 09:12 UTC")),
            used: used.map(When::words),
            status: Status::ok("Works"),
            revoke: "/org/directory/dir_01/tokens/tok_01/revoke".to_owned(),
        };
        Self {
            page: sample_org("Tokens", Place::Directory),
            provider: "Okta".to_owned(),
            made: vec![
                Copy::new("token", "Token", "fd_scim_4fK9mQ2xT7vZ1bN8").hint("Shown only now."),
                Copy::new("url", "Base URL", "https://id.northwind.example/scim/v2/dir_01"),
            ],
            tokens: vec![row("28", None), row("3", Some("28 November 2026, 09:10 UTC"))],
            action: None,
            client_action: "/org/directory/dir_01/clients".to_owned(),
            newest: "tok_01".to_owned(),
            back: "/org/directory".to_owned(),
        }
    }
}
