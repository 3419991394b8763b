//! The mark in the way back from the sign-in: since when this request waits for one.
//!
//! It tells a sign-in that happened for this request from one that was there before, so that `prompt=login` asks once and
//! never in a circle. Sealed and bound to the other parameters: nobody can claim a sign-in that did not happen.

use model::{Time, Token};

use crate::app::App;

/// Name of the parameter.
pub const MARK: &str = "fd_mark";
const PLACE: &str = "oauth2.authorize.mark";

/// Since when a request waits.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The first time it was sent to the sign-in.
    pub since: Time,
}

impl Mark {
    /// A request that begins to wait.
    pub fn now(app: &App) -> Self {
        Self { since: app.now() }
    }

    /// Reads a mark that belongs to these parameters and is not older than a sign-in may take.
    pub fn open(app: &App, sealed: &str, pairs: &[(String, String)]) -> Option<Self> {
        let text = app.open_text(PLACE, sealed).ok()?;
        let (micros, digest) = text.split_once(' ')?;
        let since = Time::from_micros(micros.parse().ok()?);
        let recent = app.now().since(since) <= app.config.limits.flow;
        (recent && digest == digest_of(pairs)).then_some(Self { since })
    }

    /// The address of the request with this mark in it.
    pub fn address(self, app: &App, pairs: &[(String, String)]) -> String {
        let sealed = app.seal_text(PLACE, &format!("{} {}", self.since.as_micros(), digest_of(pairs)));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs).append_pair(MARK, &sealed);
        format!("/oauth2/authorize?{}", query.finish())
    }
}

fn digest_of(pairs: &[(String, String)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Token::presented(&query).hash().to_string()
}
