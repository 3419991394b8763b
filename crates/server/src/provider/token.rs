//! `POST /oauth2/token`: codes and refresh tokens become tokens (OpenID Connect Core 3.1.3 and 12, RFC 9700).
//!
//! A code that comes twice revokes what it gave (RFC 6749 section 4.1.2). Refresh tokens are in `refresh`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use model::{Time, Token, TokenId};
use oidc::provider::{TokenRequest, check_code_verifier};
use serde_json::{Value, json};
use store::Tx;
use store::application::Grant;
use store::session::Session;

use super::applications::Client;
use super::carried::Code;
use super::keys::Ring;
use super::reply::{self, Failure};
use super::{client, issue, keys, person, refresh};
use crate::app::App;
use crate::problem::Problem;
use crate::request::ClientAddress;

/// What the code gives. `session` is the one it was made in.
fn granted(code: &Code, client: &Client, session: Session, now: Time) -> Result<Grant, Problem> {
    let claims = code.named.as_ref().map(serde_json::to_string).transpose();
    Ok(Grant {
        id: code.grant()?,
        application_id: client.application.id,
        account_id: session.account_id,
        member_id: session.member_id,
        organization_id: session.organization_id,
        session_id: Some(session.id),
        scope: code.scope.clone(),
        auth_at: session.auth_at,
        method: session.method,
        acr: session.acr,
        amr: session.amr,
        ends_at: Some(session.expires_at),
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
            let shown = Shown { code, redirect_uri, code_verifier };
            redeem(&app, &ring, &client, shown).await?
        }
        TokenRequest::Refresh { refresh_token, scopes } => {
            refresh::refresh(&app, &ring, &client, &Token::presented(&refresh_token), &scopes).await?
        }
    };
    Ok(reply::answer(&body))
}

struct Shown {
    code: String,
    redirect_uri: String,
    code_verifier: Option<String>,
}

async fn redeem(app: &App, ring: &Ring, client: &Client, shown: Shown) -> Result<Value, Failure> {
    let now = app.now();
    let unknown = || Failure::grant("The code is unknown, or was given to another application.");
    let code = Code::read(app, &shown.code).filter(|code| code.is_for(client.application.id));
    let code = code.ok_or_else(unknown)?;
    // Whatever is refused before the grant is written leaves the code as it was.
    let mut tx = app.write().await?;
    let checked = check(&code, &shown, now);
    if checked.is_err() && store::application::lookup_grant(&mut tx, code.grant()?).await?.is_some() {
        return Err(replayed(app, tx, client, code.grant()?).await?);
    }
    checked?;
    let session = store::session::lookup(&mut tx, code.session()?, now).await?;
    let session = session.ok_or_else(|| Failure::grant("The session of the sign-in has ended since."))?;
    let grant = granted(&code, client, session, now)?;
    if !store::application::add_grant(&mut tx, &grant).await? {
        return Err(replayed(app, tx, client, grant.id).await?);
    }
    let known = person::known(&mut tx, grant.account_id, grant.member_id).await?.ok_or_else(inactive)?;
    let issued = issue::tokens(app, &mut tx, ring, client, (&grant, &known), code.nonce.as_deref()).await?;
    tx.commit().await?;
    Ok(issued.answer)
}

/// Whether the code may be exchanged by whoever shows this.
fn check(code: &Code, shown: &Shown, now: Time) -> Result<(), Failure> {
    if code.is_over(now) {
        return Err(Failure::grant("The code has ended; it holds for a minute."));
    }
    if !code.came_from(&shown.redirect_uri) {
        return Err(Failure::grant("redirect_uri is not that of the authorization request."));
    }
    Ok(check_code_verifier(code.challenge.as_deref(), shown.code_verifier.as_deref())?)
}

async fn replayed(app: &App, mut tx: Tx, client: &Client, grant: TokenId) -> Result<Failure, Failure> {
    store::application::revoke_grant(&mut tx, grant, app.now()).await?;
    let data = json!({ "application_id": client.application.id.to_string() });
    app.audit(&mut tx, "system", "code.replayed", None, Some(grant.to_string()), &data).await?;
    tx.commit().await?;
    Ok(Failure::grant("The code was used before. What it gave the first time was revoked."))
}

/// The person behind the code or token is no active member any more.
pub fn inactive() -> Failure {
    Failure::grant("The person may not use the application any more.")
}
