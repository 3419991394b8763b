//! What authorization codes and access tokens carry in themselves: both are stamped, so that neither has a row of its own.
//!
//! A code names the grant that it will begin: of two exchanges only one can write it. An access token names its grant, and
//! holds no longer and no wider than that; one that was given back alone is remembered until it would have ended. See
//! `docs/decisions/0020-codes-and-access-tokens-carry-their-facts.md`.

use std::str::FromStr;

use model::{ApplicationId, SessionId, Time, TokenHash, TokenId};
use serde::{Deserialize, Serialize};
use store::Connected;
use store::application::Grant;

use crate::app::App;
use crate::problem::Problem;

const CODE: &str = "fd_code_";
const ACCESS: &str = "fd_at_";
/// The places that the stamps are for.
const CODE_PLACE: &str = "oauth2.code";
const ACCESS_PLACE: &str = "oauth2.access_token";

/// What a code says of the authorization request and of the session that answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    application: String,
    session: String,
    grant: String,
    expires_at: i64,
    /// SHA-256 of the address as it was sent.
    redirect_uri: String,
    /// For the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// PKCE S256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// Granted scopes, separated by spaces.
    pub scope: String,
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Named>,
}

/// Claims that were asked for by name (OpenID Connect Core 5.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// For the ID token.
    pub id_token: Vec<String>,
    /// For userinfo.
    pub userinfo: Vec<String>,
    /// Only what these scopes would give is given.
    pub scopes: Vec<String>,
}

impl Named {
    /// Those of a grant.
    pub fn of(grant: &Grant) -> Option<Self> {
        grant.claims.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|e: T::Err| Problem::internal(&e))
}

impl Code {
    /// A code for this application, in this session, that will begin this grant and comes back to `redirect_uri`.
    pub fn new(
        application: ApplicationId,
        session: SessionId,
        grant: TokenId,
        redirect_uri: &str,
        expires_at: Time,
    ) -> Self {
        Self {
            application: application.to_string(),
            session: session.to_string(),
            grant: grant.to_string(),
            expires_at: expires_at.as_micros(),
            redirect_uri: hash(redirect_uri).to_string(),
            nonce: None,
            challenge: None,
            scope: String::new(),
            named: None,
        }
    }

    /// The text to hand out.
    pub fn text(&self, app: &App) -> Result<String, Problem> {
        let facts = serde_json::to_string(self).map_err(|e| Problem::internal(&e))?;
        Ok(format!("{CODE}{}", app.seal.stamp(CODE_PLACE, &facts)))
    }

    /// The code that was presented, ended or not; none where we did not make it.
    pub fn read(app: &App, presented: &str) -> Option<Self> {
        let facts = app.seal.stamped(CODE_PLACE, presented.strip_prefix(CODE)?).ok()?;
        serde_json::from_str(&facts).ok()
    }

    /// Whether it was given to this application.
    pub fn is_for(&self, application: ApplicationId) -> bool {
        self.application == application.to_string()
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Time) -> bool {
        Time::from_micros(self.expires_at) <= now
    }

    /// Whether the authorization request named this address.
    pub fn came_from(&self, redirect_uri: &str) -> bool {
        self.redirect_uri == hash(redirect_uri).to_string()
    }

    /// In which browser it was made.
    pub fn session(&self) -> Result<SessionId, Problem> {
        read(&self.session)
    }

    /// The grant that it begins, or has begun.
    pub fn grant(&self) -> Result<TokenId, Problem> {
        read(&self.grant)
    }
}

fn hash(text: &str) -> TokenHash {
    model::Token::presented(text).hash()
}

/// A fresh access token of a grant.
pub fn access_token(app: &App, grant: TokenId, expires_at: Time) -> String {
    // Two of the same grant and moment are two.
    let apart = app.id(TokenId::new);
    let facts = format!("{grant} {} {apart}", expires_at.as_micros());
    format!("{ACCESS}{}", app.seal.stamp(ACCESS_PLACE, &facts))
}

/// The grant behind an access token that holds, with the token's end.
pub async fn granted_to(
    db: &mut impl Connected,
    app: &App,
    presented: &str,
) -> Result<Option<(Grant, Time)>, Problem> {
    let Some((grant, end)) = facts_of(app, presented) else { return Ok(None) };
    let found = store::application::lookup_granted(db, grant, &hash(presented)).await?;
    let held = found.map(|it| {
        let end = it.ends_at.map_or(end, |session| session.min(end));
        (it, end)
    });
    Ok(held.filter(|(_, end)| *end > app.now()))
}

fn facts_of(app: &App, presented: &str) -> Option<(TokenId, Time)> {
    let facts = app.seal.stamped(ACCESS_PLACE, presented.strip_prefix(ACCESS)?).ok()?;
    let mut parts = facts.split(' ');
    let grant = parts.next()?.parse().ok()?;
    let end = Time::from_micros(parts.next()?.parse().ok()?);
    Some((grant, end))
}
