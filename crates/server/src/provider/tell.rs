//! `/oauth2/revoke` (RFC 7009) and `/oauth2/introspect` (RFC 7662): applications give tokens back and ask about them.
//!
//! An application hears only of its own tokens.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Time, Token, TokenHash};
use oidc::provider::{ErrorCode, Form, OAuthError};
use serde_json::{Value, json};
use store::Connected;
use store::application::{Grant, RefreshToken};

use super::applications::Client;
use super::reply::{self, Failure};
use super::{carried, client, issue, person};
use crate::app::App;
use crate::request::ClientAddress;

/// `POST /oauth2/revoke`. A refresh token, also one that was exchanged, ends with everything from its sign-in, an access token ends alone. A token that
/// is unknown or another application's is none any more, which is what was wanted.
pub async fn revoke(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let form = reply::form(&headers, body)?;
    let client = client::authenticate(&app, &address, &headers, &form, "/oauth2/revoke").await?;
    let token = token(&form)?;
    let (hash, now) = (Token::presented(token).hash(), app.now());
    let mut tx = app.write().await?;
    if let Some((grant, _)) = of_refresh(&mut tx, &client, &hash).await? {
        store::application::revoke_grant(&mut tx, grant.id, now).await?;
    } else if let Some((grant, end)) = of_access(&mut tx, &app, &client, token).await? {
        store::application::end_access_token(&mut tx, &hash, grant.id, end).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::OK.into_response())
}

/// `POST /oauth2/introspect`, for applications that can prove themselves.
pub async fn introspect(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let form = reply::form(&headers, body)?;
    let client = client::authenticate(&app, &address, &headers, &form, "/oauth2/introspect").await?;
    if client.metadata.is_public() {
        let why = "Only an application with a secret or a key may ask about tokens.";
        return Err(OAuthError::new(ErrorCode::InvalidClient, why).into());
    }
    let token = token(&form)?;
    let (hash, now) = (Token::presented(token).hash(), app.now());
    let mut db = app.read().await?;
    let found = match of_access(&mut db, &app, &client, token).await? {
        Some(found) => Some((found, Some("Bearer"))),
        None => of_refresh(&mut db, &client, &hash)
            .await?
            .filter(|(grant, found)| {
                grant.revoked_at.is_none() && found.used_at.is_none() && found.expires_at > now
            })
            .map(|(grant, found)| ((grant, found.expires_at), None)),
    };
    let Some(((grant, end), kind)) = found else { return Ok(inactive()) };
    if issue::is_over(&grant, now) {
        return Ok(inactive());
    }
    if person::known(&mut db, grant.account_id, grant.member_id).await?.is_none() {
        return Ok(inactive());
    }
    Ok(reply::answer(&told(&app, &grant, end, kind)))
}

fn told(app: &App, grant: &Grant, end: Time, kind: Option<&str>) -> Value {
    let mut body = json!({
        "active": true,
        "iss": app.config.issuer(),
        "client_id": grant.application_id.to_string(),
        "aud": grant.application_id.to_string(),
        "sub": grant.account_id.to_string(),
        "sid": grant.id.to_string(),
        "scope": grant.scope,
        "exp": end.as_seconds(),
    });
    for (name, value) in issue::sign_in(grant) {
        body[name] = value;
    }
    if let Some(kind) = kind {
        body["token_type"] = json!(kind);
    }
    body
}

fn inactive() -> Response {
    reply::answer(&json!({ "active": false }))
}

fn token(form: &Form) -> Result<&str, Failure> {
    let missing = || OAuthError::new(ErrorCode::InvalidRequest, "The parameter token is missing.");
    Ok(form.get("token").ok_or_else(missing)?)
}

/// The grant behind a refresh token, which may have been exchanged or have ended.
async fn of_refresh(
    db: &mut impl Connected,
    client: &Client,
    hash: &TokenHash,
) -> Result<Option<(Grant, RefreshToken)>, Failure> {
    let Some(found) = store::application::lookup_refresh_token(db, hash).await? else { return Ok(None) };
    let grant = store::application::lookup_grant(db, found.grant_id).await?;
    Ok(grant.filter(|g| g.application_id == client.application.id).map(|g| (g, found)))
}

async fn of_access(
    db: &mut impl Connected,
    app: &App,
    client: &Client,
    presented: &str,
) -> Result<Option<(Grant, Time)>, Failure> {
    let found = carried::granted_to(db, app, presented).await?;
    Ok(found.filter(|(grant, _)| grant.application_id == client.application.id))
}
