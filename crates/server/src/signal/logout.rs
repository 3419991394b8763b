//! `POST /oidc/{connection}/backchannel-logout`: an identity provider ends sessions (OpenID Connect Back-Channel Logout
//! 1.0 section 2.5 to 2.8).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use model::{Protocol, Token};
use oidc::relying_party::LogoutClaims;
use serde_json::json;

use super::{connection, end, of_subject};
use crate::app::App;
use crate::connection::logout_token;
use crate::problem::Problem;

/// Answers 200 also where the session is over already; 400 with the reason where the token cannot be believed.
pub async fn receive(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let it = connection(&app, &id).await?;
    if it.protocol != Protocol::Oidc {
        return Err(Problem::not_found("connection"));
    }
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return Ok(refused("Expected a form with one field logout_token."));
    };
    let claims = match logout_token(&app, &it, &token).await {
        Ok(claims) => claims,
        Err(why) => {
            tracing::info!(id = %it.id, why, "a logout token was refused");
            return Ok(refused(&why));
        }
    };
    let LogoutClaims { subject, session_id, id: jti, expires_at } = claims;
    let now = app.now();
    let mut tx = app.write().await?;
    let seen = Token::presented(&format!("logout {jti}")).hash().to_string();
    // As long as the checks would let it through again.
    let until = model::Time::from(expires_at).after(logout_token::LEEWAY);
    if !store::session::see_assertion(&mut tx, it.id, &seen, until).await? {
        return Ok(refused("This logout token came before. Each works once."));
    }
    let sessions = match (&session_id, &subject) {
        (Some(sid), None) => store::session::list_of_upstream(&mut tx, it.id, sid, now).await?,
        (None, Some(subject)) => of_subject(&mut tx, &it, subject, now).await?,
        (Some(sid), Some(subject)) => {
            let mut both = of_subject(&mut tx, &it, subject, now).await?;
            both.retain(|session| session.session_index.as_ref() == Some(sid));
            both
        }
        (None, None) => Vec::new(),
    };
    end(&app, &mut tx, &it, &sessions, "backchannel_logout").await?;
    tx.commit().await?;
    tracing::info!(id = %it.id, sessions = sessions.len(), "an identity provider ended sessions");
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

fn refused(why: &str) -> Response {
    let body = json!({"error": "invalid_request", "error_description": why});
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::BAD_REQUEST, headers, axum::Json(body)).into_response()
}
