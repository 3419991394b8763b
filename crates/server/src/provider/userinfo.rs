//! `/oauth2/userinfo`: the person behind an access token, as of now (OpenID Connect Core 5.3).

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use oidc::provider::{ErrorCode, OAuthError, bearer_token};
use serde_json::Value;

use super::carried::{self, Named};
use super::reply::{self, Failure};
use super::{issue, person};
use crate::app::App;
use crate::request::ClientAddress;

/// `GET` and `POST /oauth2/userinfo`. The token is in the header, or in the form of a POST (RFC 6750 section 2.2).
pub async fn userinfo(
    State(app): State<App>,
    address: ClientAddress,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let posted = if method == Method::POST { posted(&headers, body)? } else { None };
    let presented = match (bearer_token(authorization), posted) {
        (_, Some(_)) if authorization.is_some() => {
            let why = "Send the access token once: as Authorization: Bearer, or in the form.";
            return Err(Failure::token(OAuthError::new(ErrorCode::InvalidRequest, why)));
        }
        (_, Some(token)) => token,
        (Ok(token), None) => token.to_owned(),
        // Without any token the challenge names no error (RFC 6750 section 3.1).
        (Err(error), None) if authorization.is_none() => {
            return Err(Failure::OAuth(error, Some("Bearer realm=\"frontdesk\"".to_owned())));
        }
        (Err(error), None) => return Err(Failure::token(error)),
    };
    let mut db = app.read().await?;
    let ended = || {
        Failure::token(OAuthError::new(ErrorCode::InvalidToken, "The access token is unknown or has ended."))
    };
    let found = carried::granted_to(&mut db, &app, &presented).await?;
    let Some((grant, _)) = found else {
        drop(db);
        return Err(ended().counted(&app, &format!("bearer:{address}")).await);
    };
    let known = person::known(&mut db, grant.account_id, grant.member_id).await?.ok_or_else(ended)?;
    let mut claims = known.claims(&issue::scopes(&grant));
    if let Some(named) = Named::of(&grant) {
        claims.extend(known.named(&named.scopes, &named.userinfo));
    }
    claims.extend(issue::sign_in(&grant));
    Ok(reply::answer(&Value::Object(claims)))
}

/// The token in a form; a body of another kind holds none.
fn posted(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Option<String>, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(None);
    }
    Ok(reply::form(headers, body)?.get("access_token").map(str::to_owned))
}
