//! `/oauth2/userinfo`: the person behind an access token, as of now (OpenID Connect Core 5.3).

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use model::Token;
use oidc::provider::{ErrorCode, OAuthError, bearer_token};
use serde_json::Value;

use super::reply::{self, Failure};
use super::{issue, person};
use crate::app::App;
use crate::request::ClientAddress;

/// `GET` and `POST /oauth2/userinfo`.
pub async fn userinfo(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let presented = match bearer_token(authorization) {
        Ok(token) => Token::presented(token),
        // Without any token the challenge names no error (RFC 6750 section 3.1).
        Err(error) if authorization.is_none() => {
            return Err(Failure::OAuth(error, Some("Bearer realm=\"frontdesk\"".to_owned())));
        }
        Err(error) => return Err(Failure::token(error)),
    };
    let mut db = app.read().await?;
    let ended = || {
        Failure::token(OAuthError::new(ErrorCode::InvalidToken, "The access token is unknown or has ended."))
    };
    let found = store::application::lookup_access_token(&mut db, &presented.hash(), app.now()).await?;
    let Some((grant, _)) = found else {
        drop(db);
        return Err(ended().counted(&app, &format!("bearer:{address}")).await);
    };
    let known = person::known(&mut db, grant.account_id, grant.member_id).await?.ok_or_else(ended)?;
    Ok(reply::answer(&Value::Object(known.claims(&issue::scopes(&grant)))))
}
