//! Is an identity provider there? Our own calls, which nobody at our door can influence.
//!
//! Owns what we ask and what counts as an answer. Does not own what follows from it (`enforcement`).

use model::{Connection, Token};
use oidc::relying_party::{ClientAuth, ClientAuthMethod, Discovery, TokenResponse, token_call};
use oidc::{MAX_DOCUMENT_BYTES, RejectionCode};

use super::config::{OidcConfig, SECRET_PLACE, SamlConfig, Settings};
use super::{metadata, provider_documents};
use crate::app::App;
use crate::outbound::FetchError;
use crate::problem::Problem;

/// More is not read of a sign-in page.
const PAGE: usize = 256 * 1024;

/// What our own calls found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// It answers.
    Fine,
    /// It does not answer as every sign-in needs it; why, in a sentence.
    Fails(String),
}

/// Asks the provider what every sign-in asks it.
pub async fn probe(app: &App, connection: &Connection) -> Result<Probe, Problem> {
    match Settings::of(connection) {
        Some(Settings::Saml(config)) => Ok(saml(app, &config).await),
        Some(Settings::Oidc(config)) => oidc(app, connection, &config).await,
        None => Ok(Probe::Fine),
    }
}

/// SAML has no call between servers: what can be asked is whether the sign-in page is there.
async fn saml(app: &App, config: &SamlConfig) -> Probe {
    let Some(endpoint) = config.sign_in_endpoint() else { return Probe::Fine };
    match app.outbound.get(&endpoint.location, PAGE).await {
        // Any answer is one: providers mind that the question is missing.
        Ok(answer) if ![502, 503, 504].contains(&answer.status.as_u16()) => Probe::Fine,
        Ok(answer) => {
            Probe::Fails(format!("The sign-in page answers with status {}.", answer.status.as_u16()))
        }
        Err(error) => unreachable(&error),
    }
}

async fn oidc(app: &App, connection: &Connection, config: &OidcConfig) -> Result<Probe, Problem> {
    let discovery = match provider_documents::fetch(app, &config.issuer).await {
        Ok(fetched) => fetched.documents.discovery,
        Err(error) => return Ok(Probe::Fails(error.sentence())),
    };
    if config.client_secret_sealed.is_empty() {
        return Ok(Probe::Fine);
    }
    let secret = app.open_text(SECRET_PLACE, &config.client_secret_sealed)?;
    Ok(client(app, connection, config, (&discovery, &secret)).await)
}

/// Whether the provider takes our client secret: it looks at that before it looks at a code (RFC 6749 5.2).
async fn client(
    app: &App,
    connection: &Connection,
    config: &OidcConfig,
    (discovery, secret): (&Discovery, &str),
) -> Probe {
    let auth = if discovery.client_auth_methods.contains(&ClientAuthMethod::Basic) {
        ClientAuth::Basic { secret }
    } else {
        ClientAuth::Post { secret }
    };
    let nothing: Token = app.token("");
    let redirect_uri = metadata::redirect_uri(app, connection.id);
    let call = token_call(&config.client_id, auth, nothing.expose(), &redirect_uri, nothing.expose());
    let form: Vec<(String, String)> =
        call.form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut headers = vec![("accept", "application/json".to_owned())];
    headers.extend(call.authorization.map(|value| ("authorization", value)));
    let answer = app.outbound.post_form(&discovery.token_endpoint, &form, &headers, MAX_DOCUMENT_BYTES).await;
    match answer {
        Err(error) => unreachable(&error),
        Ok(answer) => match TokenResponse::parse(answer.status.as_u16(), &answer.body) {
            Err(refused) if refused.code == RejectionCode::ClientRefused => {
                Probe::Fails("The provider does not take our client ID and secret any more.".to_owned())
            }
            // It minds the code, as it should.
            _ => Probe::Fine,
        },
    }
}

/// What says nothing about the provider, such as an address that we may not reach, counts as an answer.
fn unreachable(error: &FetchError) -> Probe {
    match error {
        FetchError::Unreachable(_) | FetchError::TooSlow { .. } => Probe::Fails(error.to_string()),
        _ => Probe::Fine,
    }
}
