//! The mark in the way back from the sign-in: since when this request waits for one, and what it wishes of it.
//!
//! It tells a sign-in that happened for this request from one that was there before, so that `prompt=login` asks once and
//! never in a circle. Sealed and bound to the other parameters: nobody can claim a sign-in that did not happen.

use model::{Time, Token};

use crate::app::App;

/// Name of the parameter.
pub const MARK: &str = "fd_mark";
const PLACE: &str = "oauth2.authorize.mark";
const PATH: &str = "/oauth2/authorize?";

/// Since when a request waits.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The first time it was sent to the sign-in.
    pub since: Time,
    /// Whether the person was to prove there again who they are.
    pub anew: bool,
}

/// What a request wishes of the sign-in that it waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The person proves again who they are, whatever session the identity provider has (`prompt`, `max_age`).
    pub anew: bool,
    /// Authentication classes in order of preference (`acr_values`).
    pub acr_values: Vec<String>,
}

impl Mark {
    /// A request that begins to wait.
    pub fn now(app: &App, wishes: &Wishes) -> Self {
        Self { since: app.now(), anew: wishes.anew }
    }

    /// Reads a mark that belongs to these parameters and is not older than a sign-in may take.
    pub fn open(app: &App, sealed: &str, pairs: &[(String, String)]) -> Option<Self> {
        let text = app.open_text(PLACE, sealed).ok()?;
        let mut parts = text.split(' ');
        let since = Time::from_micros(parts.next()?.parse().ok()?);
        let recent = app.now().since(since) <= app.config.limits.flow;
        let same = parts.next()? == digest_of(pairs);
        let anew = parts.next()? == "1";
        (recent && same).then_some(Self { since, anew })
    }

    /// The address of the request with this mark in it.
    pub fn address(self, app: &App, pairs: &[(String, String)], wishes: &Wishes) -> String {
        let mut text = format!("{} {} {}", self.since.as_micros(), digest_of(pairs), u8::from(wishes.anew));
        for class in &wishes.acr_values {
            text.push(' ');
            text.push_str(class);
        }
        let sealed = app.seal_text(PLACE, &text);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs).append_pair(MARK, &sealed);
        format!("{PATH}{}", query.finish())
    }
}

/// What the request wishes that a way back leads to; nothing for any other place.
pub fn wishes(app: &App, return_to: &str) -> Wishes {
    let read = || {
        let query = return_to.strip_prefix(PATH)?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let sealed = pairs.find(|(name, _)| name == MARK)?.1;
        let text = app.open_text(PLACE, &sealed).ok()?;
        let mut parts = text.split(' ').skip(2);
        let anew = parts.next()? == "1";
        Some(Wishes { anew, acr_values: parts.map(str::to_owned).collect() })
    };
    read().unwrap_or_default()
}

fn digest_of(pairs: &[(String, String)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Token::presented(&query).hash().to_string()
}
