//! Believing a logout token: the checks of `oidc`, with the keys that the connection's provider publishes.

use std::time::Duration;

use jiff::SignedDuration;
use model::Connection;
use oidc::Jwks;
use oidc::relying_party::{LogoutClaims, validate_logout_token};

use super::config::Settings;
use super::provider_documents;
use crate::app::App;
use crate::rate;

/// How far the two clocks may differ.
pub const LEEWAY: Duration = Duration::from_mins(2);

/// Checks a logout token of the connection's provider.
///
/// # Errors
/// Why it is not believed, in a sentence for whoever runs the provider.
pub async fn logout_token(app: &App, connection: &Connection, token: &str) -> Result<LogoutClaims, String> {
    let Some(Settings::Oidc(config)) = Settings::of(connection) else {
        return Err("This connection is not set up yet.".to_owned());
    };
    let documents =
        provider_documents::current(app, connection, &config).await.map_err(|error| error.sentence())?;
    let leeway = SignedDuration::try_from(LEEWAY).unwrap_or(SignedDuration::ZERO);
    let now = app.now().to_jiff();
    let check =
        |keys: &Jwks| validate_logout_token(token, keys, &config.issuer, &config.client_id, now, leeway);
    let checked = match check(&documents.jwks) {
        Err(rejection) if rejection.wants_fresh_keys() => {
            // Anybody can name a key that nobody knows: the provider is not asked each time.
            let asked = rate::check(app, &format!("keys:{}", connection.id), rate::LOOKS).await;
            let fresh = match asked {
                Ok(()) => provider_documents::after_unknown_key(app, connection, &config).await,
                Err(_) => None,
            };
            fresh.map_or(Err(rejection), |fresh| check(&fresh.jwks))
        }
        other => other,
    };
    checked.map_err(|rejection| sentence(&rejection))
}

/// What is wrong with a token, with what was expected and received.
pub fn sentence(rejection: &oidc::Rejection) -> String {
    let mut text = rejection.message.clone();
    if let Some(expected) = &rejection.expected {
        text = format!("{text} Expected {expected}.");
    }
    if let Some(received) = &rejection.received {
        text = format!("{text} Received {received}.");
    }
    text
}
