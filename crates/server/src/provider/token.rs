//! `POST /oauth2/token`: codes and refresh tokens become tokens (OpenID Connect Core 3.1.3 and 12, RFC 9700).
//!
//! A code that comes twice revokes what it gave (RFC 6749 section 4.1.2). Refresh tokens are in `refresh`.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use model::{Time, Token};
use oidc::provider::{TokenRequest, check_code_verifier};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Tx;
use store::application::{Code, Grant};
use store::session::Session;

use super::applications::Client;
use super::keys::Ring;
use super::reply::{self, Failure};
use super::{client, issue, keys, person, refresh};
use crate::app::App;
use crate::problem::Problem;
use crate::request::ClientAddress;

/// What a code remembers of the authorization request and of the session that answered it. A session that ends takes
/// its codes with it, so that what is here of it is true as long as the code is there.
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
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Named>,
    /// Who is in the session, and how they signed in.
    pub who: Who,
}

/// Claims that were asked for by name (OpenID Connect Core 5.5).
#[derive(Debug, Serialize, Deserialize)]
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

/// The session of a code.
#[derive(Debug, Serialize, Deserialize)]
pub struct Who {
    account: String,
    member: Option<String>,
    organization: Option<String>,
    auth_at: i64,
    method: String,
    acr: Option<String>,
    amr: Option<String>,
    ends_at: i64,
}

impl Who {
    /// What a code needs of the session.
    pub fn of(session: &Session) -> Self {
        Self {
            account: session.account_id.to_string(),
            member: session.member_id.map(|id| id.to_string()),
            organization: session.organization_id.map(|id| id.to_string()),
            auth_at: session.auth_at.as_micros(),
            method: session.method.clone(),
            acr: session.acr.clone(),
            amr: session.amr.clone(),
            ends_at: session.expires_at.as_micros(),
        }
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|e: T::Err| Problem::internal(&e))
}

/// What the code gives.
fn granted(code: &Code, asked: Remembered, now: Time) -> Result<Grant, Problem> {
    let who = asked.who;
    let claims = asked.named.as_ref().map(serde_json::to_string).transpose();
    Ok(Grant {
        id: code.grant_id,
        application_id: code.application_id,
        account_id: read(&who.account)?,
        member_id: who.member.as_deref().map(read).transpose()?,
        organization_id: who.organization.as_deref().map(read).transpose()?,
        session_id: Some(code.session_id),
        scope: asked.scope,
        auth_at: Time::from_micros(who.auth_at),
        method: who.method,
        acr: who.acr,
        amr: who.amr,
        ends_at: Some(Time::from_micros(who.ends_at)),
        claims: claims.map_err(|e| Problem::internal(&e))?,
        created_at: now,
        revoked_at: None,
    })
}

/// `POST /oauth2/token`.
pub async fn token(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let form = reply::form(&headers, body)?;
    let client = client::authenticate(&app, &address, &headers, &form, "/oauth2/token").await?;
    let request = TokenRequest::parse(&form)?;
    // Before the transaction: the first call makes the keys, in a transaction of its own.
    let ring = keys::ring(&app).await?;
    let body = match request {
        TokenRequest::Code { code, redirect_uri, code_verifier } => {
            let shown = Shown { code: Token::presented(&code), redirect_uri, code_verifier };
            redeem(&app, &ring, &client, shown).await?
        }
        TokenRequest::Refresh { refresh_token, scopes } => {
            refresh::refresh(&app, &ring, &client, &Token::presented(&refresh_token), &scopes).await?
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
    let own = |code: &Code| code.application_id == client.application.id;
    let unknown = || Failure::grant("The code is unknown, or was given to another application.");
    // Whatever is refused below leaves the code as it was: the transaction is dropped.
    let mut tx = app.write().await?;
    let Some(code) = store::application::use_code(&mut tx, &hash, now).await? else {
        let used = store::application::lookup_code(&mut tx, &hash).await?;
        let used = used.filter(own).ok_or_else(unknown)?;
        return Err(replayed(app, tx, &used).await?);
    };
    if !own(&code) {
        return Err(unknown());
    }
    if code.expires_at <= now {
        return Err(Failure::grant("The code has ended; it holds for a minute."));
    }
    let mut asked: Remembered = serde_json::from_str(&code.request).map_err(|e| Problem::internal(&e))?;
    if asked.redirect_uri != shown.redirect_uri {
        return Err(Failure::grant("redirect_uri is not that of the authorization request."));
    }
    check_code_verifier(asked.code_challenge.as_deref(), shown.code_verifier.as_deref())?;
    let nonce = asked.nonce.take();
    let grant = granted(&code, asked, now)?;
    if issue::is_over(&grant, now) {
        return Err(Failure::grant("The session of the sign-in has ended since."));
    }
    let known = person::known(&mut tx, grant.account_id, grant.member_id).await?.ok_or_else(inactive)?;
    store::application::add_grant(&mut tx, &grant).await?;
    let issued = issue::tokens(app, &mut tx, ring, client, (&grant, &known), nonce.as_deref()).await?;
    tx.commit().await?;
    Ok(issued.answer)
}

async fn replayed(app: &App, mut tx: Tx, code: &Code) -> Result<Failure, Failure> {
    store::application::revoke_grant(&mut tx, code.grant_id, app.now()).await?;
    let data = json!({ "application_id": code.application_id.to_string() });
    let target = Some(code.grant_id.to_string());
    app.audit(&mut tx, "system", "code.replayed", None, target, &data).await?;
    tx.commit().await?;
    Ok(Failure::grant("The code was used before. What it gave the first time was revoked."))
}

/// The person behind the code or token is no active member any more.
pub fn inactive() -> Failure {
    Failure::grant("The person may not use the application any more.")
}
