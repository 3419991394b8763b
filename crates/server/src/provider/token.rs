//! `POST /oauth2/token`: codes and refresh tokens become tokens (OpenID Connect Core 3.1.3 and 12, RFC 9700).
//!
//! A code that comes twice revokes what it gave (RFC 6749 section 4.1.2). A refresh token is replaced at each use, and an
//! old one that comes back revokes the whole family (RFC 9700 section 4.14.2).

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::SignedDuration;
use model::Token;
use oidc::provider::{
    ErrorCode, OAuthError, RefreshDecision, RefreshState, TokenRequest, check_code_verifier, decide_refresh,
    narrow_scopes,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Tx;
use store::application::{Code, Grant};

use super::applications::Client;
use super::keys::Ring;
use super::reply::{self, Failure};
use super::{client, issue, keys, person};
use crate::app::App;
use crate::request::ClientAddress;

/// What a code remembers of the authorization request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Remembered {
    /// As it was sent.
    pub redirect_uri: String,
    /// For the ID token.
    pub nonce: Option<String>,
    /// PKCE S256.
    pub code_challenge: Option<String>,
    /// Granted scopes, separated by spaces.
    pub scope: String,
}

/// `POST /oauth2/token`.
pub async fn token(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let form = reply::form(&headers, body)?;
    let client = client::authenticate(&app, &address, &headers, &form).await?;
    let request = TokenRequest::parse(&form)?;
    // Before the transaction: the first call makes the keys, in a transaction of its own.
    let ring = keys::ring(&app).await?;
    let body = match request {
        TokenRequest::Code { code, redirect_uri, code_verifier } => {
            let shown = Shown { code: Token::presented(&code), redirect_uri, code_verifier };
            redeem(&app, &ring, &client, shown).await?
        }
        TokenRequest::Refresh { refresh_token, scopes } => {
            refresh(&app, &ring, &client, &Token::presented(&refresh_token), &scopes).await?
        }
    };
    Ok(reply::answer(&body))
}

struct Shown {
    code: Token,
    redirect_uri: String,
    code_verifier: Option<String>,
}

async fn redeem(app: &App, ring: &Ring, client: &Client, shown: Shown) -> Result<Value, Failure> {
    let (hash, now) = (shown.code.hash(), app.now());
    let mut tx = app.write().await?;
    let code = store::application::lookup_code(&mut tx, &hash).await?;
    let code = code
        .filter(|code| code.application_id == client.application.id)
        .ok_or_else(|| Failure::grant("The code is unknown, or was given to another application."))?;
    if code.used_at.is_some() {
        return Err(replayed(app, tx, &code).await?);
    }
    if code.expires_at <= now {
        return Err(Failure::grant("The code has ended; it holds for a minute."));
    }
    let asked: Remembered = serde_json::from_str(&code.request).map_err(|e| crate::Problem::internal(&e))?;
    if asked.redirect_uri != shown.redirect_uri {
        return Err(Failure::grant("redirect_uri is not that of the authorization request."));
    }
    check_code_verifier(asked.code_challenge.as_deref(), shown.code_verifier.as_deref())?;
    if !store::application::use_code(&mut tx, &hash, now).await? {
        return Err(replayed(app, tx, &code).await?);
    }
    let session = store::session::lookup(&mut tx, code.session_id, now).await?;
    let session = session.ok_or_else(|| Failure::grant("The person has signed out since."))?;
    let known = person::known(&mut tx, session.account_id, session.member_id).await?.ok_or_else(inactive)?;
    let grant = Grant {
        id: code.grant_id,
        application_id: client.application.id,
        account_id: session.account_id,
        member_id: session.member_id,
        organization_id: session.organization_id,
        session_id: Some(session.id),
        scope: asked.scope,
        auth_at: session.auth_at,
        method: session.method,
        created_at: now,
        revoked_at: None,
    };
    store::application::add_grant(&mut tx, &grant).await?;
    let body = issue::tokens(app, &mut tx, ring, client, (&grant, &known), asked.nonce.as_deref()).await?;
    tx.commit().await?;
    Ok(body)
}

async fn replayed(app: &App, mut tx: Tx, code: &Code) -> Result<Failure, Failure> {
    store::application::revoke_grant(&mut tx, code.grant_id, app.now()).await?;
    let data = json!({ "application_id": code.application_id.to_string() });
    let target = Some(code.grant_id.to_string());
    app.audit(&mut tx, "system", "code.replayed", None, target, &data).await?;
    tx.commit().await?;
    Ok(Failure::grant("The code was used before. What it gave the first time was revoked."))
}

async fn refresh(
    app: &App,
    ring: &Ring,
    client: &Client,
    shown: &Token,
    asked: &[String],
) -> Result<Value, Failure> {
    if !client.may_refresh() {
        let why = "This application is not registered for the grant type refresh_token.";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, why).into());
    }
    let (hash, now) = (shown.hash(), app.now());
    let mut tx = app.write().await?;
    let unknown = || Failure::grant("The refresh token is unknown, has ended or was revoked. Sign in again.");
    let found = store::application::lookup_refresh_token(&mut tx, &hash).await?.ok_or_else(unknown)?;
    let grant = store::application::lookup_grant(&mut tx, found.grant_id).await?;
    let grant = grant.filter(|g| g.application_id == client.application.id).ok_or_else(unknown)?;
    let state = RefreshState {
        used_at: found.used_at.map(model::Time::to_jiff),
        successor_used: false,
        expires_at: found.expires_at.to_jiff(),
        family_revoked: grant.revoked_at.is_some(),
    };
    match decide_refresh(&state, now.to_jiff(), SignedDuration::ZERO) {
        RefreshDecision::Rotate => {}
        RefreshDecision::RevokeFamily => return Err(reused(app, tx, &grant).await?),
        RefreshDecision::Refuse | RefreshDecision::Repeat => return Err(unknown()),
    }
    // Fewer scopes than granted may be asked for; the answer names those that hold, which are all (RFC 6749 section 3.3).
    narrow_scopes(&issue::scopes(&grant), asked)?;
    let known = person::known(&mut tx, grant.account_id, grant.member_id).await?.ok_or_else(inactive)?;
    if !store::application::use_refresh_token(&mut tx, &hash, now).await? {
        return Err(reused(app, tx, &grant).await?);
    }
    let body = issue::tokens(app, &mut tx, ring, client, (&grant, &known), None).await?;
    tx.commit().await?;
    Ok(body)
}

async fn reused(app: &App, mut tx: Tx, grant: &Grant) -> Result<Failure, Failure> {
    store::application::revoke_grant(&mut tx, grant.id, app.now()).await?;
    let data = json!({ "application_id": grant.application_id.to_string() });
    let target = Some(grant.id.to_string());
    app.audit(&mut tx, "system", "refresh_token.reused", grant.organization_id, target, &data).await?;
    tx.commit().await?;
    Ok(Failure::grant("The refresh token was replaced before. Everything from this sign-in was revoked."))
}

fn inactive() -> Failure {
    Failure::grant("The person may not use the application any more.")
}
