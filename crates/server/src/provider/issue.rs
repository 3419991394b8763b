//! The tokens of a grant (OpenID Connect Core 3.1.3.3): an opaque access token, an ID token, and perhaps a refresh token.

use std::time::Duration;

use oidc::provider::{IdToken, mint_id_token};
use serde_json::{Value, json};
use store::Tx;
use store::application::Grant;

use super::applications::Client;
use super::keys::Ring;
use super::person::Known;
use crate::app::App;
use crate::problem::Problem;

/// How long access tokens and ID tokens hold.
pub const ACCESS: Duration = Duration::from_mins(10);
/// How long a refresh token waits to be used.
pub const REFRESH: Duration = Duration::from_hours(24 * 30);

/// Makes the tokens, keeps their hashes, and gives the answer of the token endpoint.
pub async fn tokens(
    app: &App,
    tx: &mut Tx,
    ring: &Ring,
    client: &Client,
    (grant, known): (&Grant, &Known),
    nonce: Option<&str>,
) -> Result<Value, Problem> {
    let now = app.now();
    let access = app.token("fd_at_");
    store::application::add_access_token(tx, &access.hash(), grant.id, now.after(ACCESS)).await?;
    let scopes = scopes(grant);
    let token = IdToken {
        issuer: &app.config.issuer(),
        subject: known.subject(),
        client_id: &client.application.id.to_string(),
        issued_at: now.to_jiff(),
        expires_at: now.after(ACCESS).to_jiff(),
        auth_time: Some(grant.auth_at.to_jiff()),
        nonce,
        acr: None,
        amr: methods(&grant.method),
        session_id: Some(&grant.id.to_string()),
        access_token: Some(access.expose()),
        code: None,
        claims: known.claims(&scopes),
    };
    let key = ring.key(&client.metadata.id_token_signed_response_alg)?;
    let id_token = mint_id_token(&token, key).map_err(|e| Problem::internal(&e))?;
    let mut answer = json!({
        "access_token": access.expose(),
        "token_type": "Bearer",
        "expires_in": ACCESS.as_secs(),
        "id_token": id_token,
        "scope": grant.scope,
    });
    if client.may_refresh() {
        let refresh = app.token("fd_rt_");
        let hash = refresh.hash();
        store::application::add_refresh_token(tx, &hash, grant.id, now, now.after(REFRESH)).await?;
        answer["refresh_token"] = json!(refresh.expose());
    }
    Ok(answer)
}

/// The scopes of a grant.
pub fn scopes(grant: &Grant) -> Vec<String> {
    grant.scope.split_ascii_whitespace().map(str::to_owned).collect()
}

/// `amr`: `fed` when the company's identity provider vouched (it knows how), `pwd` for a password, `email` for a link in a
/// mail.
const fn methods(method: &str) -> &'static [&'static str] {
    match method.as_bytes() {
        b"saml" | b"oidc" => &["fed"],
        b"password" => &["pwd"],
        b"link" => &["email"],
        _ => &[],
    }
}
