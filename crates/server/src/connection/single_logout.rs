//! SAML single logout (profiles 4.4), both ways: the messages that are sent, and the checks of those that come.
//!
//! Owns which address and binding of the provider is used, our signature, and the words of what is not believed. Does not
//! own sessions (`signal`, `login`), or the memory of ids that were used.

use std::time::Duration;

use model::{Connection, FlowId, Time};
use saml::logout::{self, Carrier, Outcome, ReceivedLogoutRequest, Status};
use saml::{Rejection, SigningKey, binding_uri};

use super::asserted::{NameId, Refused};
use super::config::{SamlConfig, SamlEndpoint, Settings};
use super::{end_session, explain, keys, metadata};
use crate::app::App;
use crate::problem::Problem;

/// How long a provider may act on a request of ours.
const LIFE: Duration = Duration::from_mins(5);
/// Why we ask, where a person does (core 3.7.3).
const BY_THE_PERSON: &str = "urn:oasis:names:tc:SAML:2.0:logout:user";

/// A message on its way to the provider, through the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The address, with the message in it where `fields` is empty.
    pub address: String,
    /// The fields of a form to that address.
    pub fields: Vec<(String, String)>,
}

/// Whose session is to end at the provider.
#[derive(Debug)]
pub struct Leaver<'a> {
    /// As the assertion named the person.
    pub name_id: &'a NameId,
    /// The provider's name for its session.
    pub session_index: Option<&'a str>,
}

/// Whether the connection's provider can be asked to end a session.
pub fn takes_logout(connection: &Connection) -> bool {
    match Settings::of(connection) {
        Some(Settings::Saml(config)) => config.preferred_slo().is_some(),
        Some(Settings::Oidc(config)) => end_session::has_endpoint(&config),
        None => false,
    }
}

/// Our request to end the session that a sign-in began; none where the provider takes none. `id` is what the answer must
/// name, `flow` comes back with it.
pub async fn logout_request(
    app: &App,
    connection: &Connection,
    leaver: &Leaver<'_>,
    (id, flow): (&str, FlowId),
) -> Result<Option<Message>, Problem> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else { return Ok(None) };
    let Some(endpoint) = config.preferred_slo() else { return Ok(None) };
    let keys = keys::ensure(app).await?;
    let name_id = saml::NameId::from(leaver.name_id);
    let indexes: Vec<&str> = leaver.session_index.into_iter().collect();
    let issuer = metadata::entity_id(app, connection.id);
    let request = logout::Request {
        id,
        issue_instant: app.now().to_jiff(),
        not_on_or_after: app.now().after(LIFE).to_jiff(),
        destination: &endpoint.location,
        issuer: &issuer,
        name_id: &name_id,
        session_indexes: &indexes,
        reason: Some(BY_THE_PERSON),
    };
    let state = flow.to_string();
    let message = if endpoint.binding == binding_uri::POST {
        let value = request.post_value(&keys.signer).map_err(|e| Problem::internal(&e))?;
        form(&endpoint.location, ("SAMLRequest", value), Some(&state))
    } else {
        let address = request.redirect_url(Some(&state), &keys.signer);
        Message { address: address.map_err(|e| Problem::internal(&e))?, fields: Vec::new() }
    };
    Ok(Some(message))
}

/// Our answer to a request of the provider; none where its metadata names no place for it.
pub async fn logout_answer(
    app: &App,
    connection: &Connection,
    request: &ReceivedLogoutRequest,
    status: Status,
) -> Result<Option<Message>, Problem> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else { return Ok(None) };
    let Some(endpoint) = config.preferred_slo() else { return Ok(None) };
    let keys = keys::ensure(app).await?;
    let destination = endpoint.response_location.as_ref().unwrap_or(&endpoint.location);
    let (id, issuer) = (super::begin::message_id(app), metadata::entity_id(app, connection.id));
    let response = logout::Response {
        id: &id,
        issue_instant: app.now().to_jiff(),
        destination,
        issuer: &issuer,
        in_response_to: &request.id,
        status,
    };
    let state = request.relay_state.as_deref();
    let message = if endpoint.binding == binding_uri::POST {
        let value = response.post_value(&keys.signer).map_err(|e| Problem::internal(&e))?;
        form(destination, ("SAMLResponse", value), state)
    } else {
        let address = response.redirect_url(state, &keys.signer);
        Message { address: address.map_err(|e| Problem::internal(&e))?, fields: Vec::new() }
    };
    Ok(Some(message))
}

fn form(address: &str, (name, value): (&str, String), relay_state: Option<&str>) -> Message {
    let mut fields = vec![(name.to_owned(), value)];
    fields.extend(relay_state.map(|state| ("RelayState".to_owned(), state.to_owned())));
    Message { address: address.to_owned(), fields }
}

/// Checks a request of the provider. The caller must refuse an id that it has seen before.
pub async fn received_logout_request(
    app: &App,
    connection: &Connection,
    carrier: Carrier<'_>,
    now: Time,
) -> Result<ReceivedLogoutRequest, Refused> {
    check(app, connection, now, |expected| logout::validate_request(carrier, expected, now.to_jiff())).await
}

/// Checks the provider's answer to our request `id`.
pub async fn received_logout_response(
    app: &App,
    connection: &Connection,
    carrier: Carrier<'_>,
    (id, now): (&str, Time),
) -> Result<Outcome, Refused> {
    check(app, connection, now, |expected| logout::validate_response(carrier, expected, id, now.to_jiff()))
        .await
}

async fn check<T>(
    app: &App,
    connection: &Connection,
    now: Time,
    validate: impl FnOnce(&logout::Expected<'_>) -> Result<T, Rejection>,
) -> Result<T, Refused> {
    let Some(Settings::Saml(config)) = Settings::of(connection) else {
        return Err(explain::of_sign_out(explain::not_set_up()));
    };
    let keys = keys::existing(app).await;
    let keys = keys.map_err(|problem| explain::of_sign_out(explain::ours(&problem)))?;
    let signing_keys: Vec<SigningKey> = config.signing_keys(now.to_jiff());
    let slo_url = metadata::slo_url(app, connection.id);
    let expected = logout::Expected {
        allow_sha1: config.allow_sha1,
        decryption_keys: keys.as_ref().map_or(&[], |keys| &keys.decryption),
        ..logout::Expected::new(&config.entity_id, &signing_keys, &slo_url)
    };
    validate(&expected).map_err(|rejection| explain::saml_sign_out(app, connection, &rejection))
}

/// A request id as it is remembered: not to be mistaken for an assertion's.
pub fn seen_request(id: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id.as_bytes());
    format!("logout {}", hex::encode(hash))
}

impl SamlConfig {
    /// Where to send sign-out messages: by redirect where the provider takes it, else by form.
    pub fn preferred_slo(&self) -> Option<&SamlEndpoint> {
        [binding_uri::REDIRECT, binding_uri::POST]
            .into_iter()
            .find_map(|binding| self.slo.iter().find(|endpoint| endpoint.binding == binding))
    }
}

impl From<&NameId> for saml::NameId {
    fn from(it: &NameId) -> Self {
        Self {
            value: it.value.clone(),
            format: it.format.clone(),
            name_qualifier: it.name_qualifier.clone(),
            sp_name_qualifier: it.sp_name_qualifier.clone(),
        }
    }
}
