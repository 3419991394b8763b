//! Which application calls: client authentication (RFC 6749 section 2.3, OpenID Connect Core section 9, RFC 7523).

use std::time::Duration;

use axum::http::{HeaderMap, header};
use jiff::SignedDuration;
use model::{Time, Token};
use oidc::Jwks;
use oidc::provider::{Credentials, ErrorCode, Form, OAuthError, PresentedClient, verify_client_assertion};

use super::applications::{self, Client};
use super::client_keys;
use super::reply::Failure;
use crate::app::App;
use crate::request::ClientAddress;

/// How far clocks of applications may be off.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The application that proved itself at `endpoint`, a path. An application with a secret may send it in either way; one without anything to
/// prove itself with is only named, and its codes are bound by PKCE.
pub async fn authenticate(
    app: &App,
    address: &ClientAddress,
    headers: &HeaderMap,
    form: &Form,
    endpoint: &str,
) -> Result<Client, Failure> {
    let authorization = headers.get(header::AUTHORIZATION).map(|v| v.to_str().unwrap_or_default());
    let outcome = match PresentedClient::parse(authorization, form) {
        Ok(presented) => prove(app, presented, endpoint).await,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Err(Failure::OAuth(error, None)) if error.code == ErrorCode::InvalidClient => {
            let challenge = authorization.map(|_| "Basic realm=\"frontdesk\"".to_owned());
            Err(Failure::OAuth(error, challenge).counted(app, &format!("client:{address}")).await)
        }
        other => other,
    }
}

async fn prove(app: &App, presented: PresentedClient, endpoint: &str) -> Result<Client, Failure> {
    match presented {
        PresentedClient::Basic(readings) => {
            let mut last = Err(unknown());
            for reading in readings {
                last = secret(app, &reading).await;
                if !matches!(last, Err(Failure::OAuth(..))) {
                    return last;
                }
            }
            last
        }
        PresentedClient::Post(credentials) => secret(app, &credentials).await,
        PresentedClient::Assertion { client_id, assertion } => {
            key(app, &client_id, &assertion, endpoint).await
        }
        PresentedClient::Public { client_id } => {
            let client = named(app, &client_id).await?;
            if client.metadata.is_public() {
                return Ok(client);
            }
            let method = &client.metadata.token_endpoint_auth_method;
            Err(refused(format!("This application must authenticate; it is registered for {method}.")))
        }
    }
}

async fn named(app: &App, client_id: &str) -> Result<Client, Failure> {
    applications::find(&mut app.read().await?, client_id).await?.ok_or_else(unknown)
}

async fn secret(app: &App, presented: &Credentials) -> Result<Client, Failure> {
    let client = named(app, &presented.client_id).await?;
    let token = Token::presented(&presented.client_secret);
    match &client.application.secret_hash {
        Some(hash) if client.metadata.has_secret() && hash.matches(&token) => Ok(client),
        Some(_) if client.metadata.has_secret() => {
            Err(refused("The client_secret is not this application's."))
        }
        _ => Err(refused(format!(
            "This application has no secret; it is registered for {}.",
            client.metadata.token_endpoint_auth_method
        ))),
    }
}

async fn key(app: &App, client_id: &str, assertion: &str, endpoint: &str) -> Result<Client, Failure> {
    let client = named(app, client_id).await?;
    if client.metadata.token_endpoint_auth_method != "private_key_jwt" {
        return Err(refused("This application is not registered for private_key_jwt."));
    }
    let (issuer, token, here) =
        (app.config.issuer(), app.config.url("/oauth2/token"), app.config.url(endpoint));
    let audiences = [issuer.as_str(), token.as_str(), here.as_str()];
    let now = app.now();
    let verify =
        |keys: &Jwks| verify_client_assertion(assertion, keys, client_id, &audiences, now.to_jiff(), LEEWAY);
    let id = client.application.id;
    let verified = match &client.metadata.jwks_uri {
        None => {
            let registered =
                client.metadata.jwks.as_ref().and_then(|v| v.as_object()).and_then(Jwks::from_map);
            verify(&registered.ok_or_else(|| refused("This application has registered no key."))?)
        }
        Some(uri) => {
            let keys = client_keys::current(app, id, uri).await;
            let keys = keys.map_err(|why| refused(format!("The keys at jwks_uri cannot be had: {why}.")))?;
            match verify(&keys) {
                Err(rejection) if rejection.wants_fresh_keys() => {
                    match client_keys::after_unknown_key(app, id, uri).await {
                        Some(fresh) => verify(&fresh),
                        None => Err(rejection),
                    }
                }
                other => other,
            }
        }
    };
    let verified = verified.map_err(|e| refused(e.to_string()))?;
    let until = Time::from(verified.expires_at).after(Duration::from_secs(LEEWAY.as_secs().unsigned_abs()));
    let seen = Token::presented(&verified.id).hash().to_string();
    let mut tx = app.write().await?;
    if !store::application::see_client_assertion(&mut tx, id, &seen, until).await? {
        return Err(refused("This client assertion was used before; make a new one for each request."));
    }
    tx.commit().await?;
    Ok(client)
}

fn unknown() -> Failure {
    refused("There is no application with this client_id.")
}

fn refused(description: impl AsRef<str>) -> Failure {
    OAuthError::new(ErrorCode::InvalidClient, description).into()
}
