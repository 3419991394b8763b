//! The tokens of a grant (OpenID Connect Core 3.1.3.3): an opaque access token, an ID token, and perhaps a refresh token.
//!
//! None of them holds longer than the session that it was granted in (IPSIE SL1).

use std::time::Duration;

use model::{Time, TokenHash};
use oidc::provider::{IdToken, mint_id_token};
use serde_json::{Value, json};
use store::Tx;
use store::application::Grant;

use super::applications::Client;
use super::carried::{Named, access_token};
use super::keys::Ring;
use super::person::Known;
use crate::app::App;
use crate::problem::Problem;

/// How long access tokens and ID tokens hold.
pub const ACCESS: Duration = Duration::from_mins(10);
/// How long a refresh token waits to be used.
pub const REFRESH: Duration = Duration::from_hours(24 * 30);

/// Tokens that were just made.
pub struct Issued {
    /// The answer of the token endpoint.
    pub answer: Value,
    /// Under which the refresh token is kept.
    pub refresh: Option<TokenHash>,
}

/// Makes the tokens, and keeps the hash of the refresh token.
pub async fn tokens(
    app: &App,
    tx: &mut Tx,
    ring: &Ring,
    client: &Client,
    (grant, known): (&Grant, &Known),
    nonce: Option<&str>,
) -> Result<Issued, Problem> {
    let now = app.now();
    let ends = |life: Duration| grant.ends_at.map_or(now.after(life), |end| end.min(now.after(life)));
    let access_ends = ends(ACCESS);
    let access = access_token(app, grant.id, access_ends);
    let mut claims = known.claims(&scopes(grant));
    if let Some(named) = Named::of(grant) {
        claims.extend(known.named(&named.scopes, &named.id_token));
    }
    if let Some(end) = grant.ends_at {
        claims.insert("session_expiry".to_owned(), json!(end.as_seconds()));
    }
    let token = IdToken {
        issuer: &app.config.issuer(),
        subject: known.subject(),
        client_id: &client.application.id.to_string(),
        issued_at: now.to_jiff(),
        expires_at: access_ends.to_jiff(),
        auth_time: Some(grant.auth_at.to_jiff()),
        nonce,
        acr: grant.acr.as_deref(),
        amr: &methods(grant),
        session_id: Some(&grant.id.to_string()),
        access_token: Some(&access),
        code: None,
        claims,
    };
    let key = ring.key(&client.metadata.id_token_signed_response_alg)?;
    let id_token = mint_id_token(&token, key).map_err(|e| Problem::internal(&e))?;
    let mut answer = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": access_ends.since(now).as_secs(),
        "id_token": id_token,
        "scope": grant.scope,
    });
    let mut refresh = None;
    if client.may_refresh() {
        let token = app.token("fd_rt_");
        let hash = token.hash();
        store::application::add_refresh_token(tx, &hash, grant.id, now, ends(REFRESH)).await?;
        answer["refresh_token"] = json!(token.expose());
        refresh = Some(hash);
    }
    Ok(Issued { answer, refresh })
}

/// The scopes of a grant.
pub fn scopes(grant: &Grant) -> Vec<String> {
    grant.scope.split_ascii_whitespace().map(str::to_owned).collect()
}

/// How the person signed in, for userinfo and introspection: `auth_time`, `acr`, `amr`.
pub fn sign_in(grant: &Grant) -> serde_json::Map<String, Value> {
    let mut all = serde_json::Map::new();
    all.insert("auth_time".to_owned(), json!(grant.auth_at.as_seconds()));
    if let Some(acr) = &grant.acr {
        all.insert("acr".to_owned(), json!(acr));
    }
    let methods = methods(grant);
    if !methods.is_empty() {
        all.insert("amr".to_owned(), json!(methods));
    }
    all
}

/// Whether the session of a grant has ended by itself.
pub fn is_over(grant: &Grant, now: Time) -> bool {
    grant.ends_at.is_some_and(|end| end <= now)
}

/// `amr`: what the identity provider said; else `fed` when it vouched without saying how, `pwd` for a password, `email`
/// for a link in a mail. A passkey proves a key (`pop`) in the presence of a person (`user`) whom the device has verified,
/// which makes two factors (`mfa`); whether hardware keeps the key nobody tells us, so neither `hwk` nor `swk` is said
/// (RFC 8176 section 2).
fn methods(grant: &Grant) -> Vec<&str> {
    match (grant.amr.as_deref(), grant.method.as_str()) {
        (Some(words), _) if !words.is_empty() => words.split_ascii_whitespace().collect(),
        (_, "saml" | "oidc") => vec!["fed"],
        (_, "password") => vec!["pwd"],
        (_, "link") => vec!["email"],
        (_, "passkey") => vec!["pop", "user", "mfa"],
        _ => Vec::new(),
    }
}
