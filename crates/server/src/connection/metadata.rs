//! What the provider's console needs to know of us, and our SAML metadata.
//!
//! Owns our addresses and names at a provider. Does not own the guides that show them.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Connection, ConnectionId, Protocol, Time};
use saml::{SpMetadata, name_id_format};

use super::config::Settings;
use super::keys;
use crate::app::App;
use crate::problem::Problem;
use crate::request::Params;
use web::guide;

/// Our values for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpValues {
    /// Assertion consumer service.
    pub acs_url: String,
    /// Entity id, which is also the audience.
    pub entity_id: String,
    /// Single logout.
    pub slo_url: String,
    /// Our metadata.
    pub metadata_url: String,
    /// OpenID Connect callback.
    pub redirect_uri: String,
    /// Our SAML certificate in PEM.
    pub cert_pem: String,
    /// Where the certificate can be downloaded.
    pub cert_url: String,
    /// Where a sign-in starts.
    pub login_url: String,
}

/// Our values for one connection. Makes our SAML key if there is none yet.
pub async fn sp_values(app: &App, connection: &Connection) -> Result<SpValues, Problem> {
    let cert_pem = match connection.protocol {
        Protocol::Saml => keys::ensure(app).await?.cert_pem.clone(),
        Protocol::Oidc => String::new(),
    };
    let id = connection.id;
    Ok(SpValues {
        acs_url: acs_url(app, id),
        entity_id: entity_id(app, id),
        slo_url: slo_url(app, id),
        metadata_url: app.config.url(&format!("/saml/{id}/metadata")),
        redirect_uri: redirect_uri(app, id),
        cert_pem,
        cert_url: app.config.url(&format!("/saml/{id}/certificate.pem")),
        login_url: login_url(app, id),
    })
}

/// The same for a guide; no key is made.
pub fn guide_values(app: &App, connection: &Connection) -> guide::Values {
    let id = connection.id;
    guide::Values {
        app_name: app.config.brand.vendor_name.clone(),
        acs_url: acs_url(app, id),
        slo_url: slo_url(app, id),
        sp_entity_id: entity_id(app, id),
        sp_metadata_url: app.config.url(&format!("/saml/{id}/metadata")),
        sp_cert_url: app.config.url(&format!("/saml/{id}/certificate.pem")),
        oidc_redirect_uri: redirect_uri(app, id),
        oidc_backchannel_logout_url: backchannel_logout_url(app, id),
        oidc_signed_out_url: signed_out_url(app, id),
        login_url: login_url(app, id),
        ..guide::Values::default()
    }
}

pub(super) fn acs_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/saml/{id}/acs"))
}

/// Where the provider sends people to sign out, and answers our own sign-outs.
pub(super) fn slo_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/saml/{id}/slo"))
}

pub(super) fn entity_id(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/saml/{id}"))
}

pub(super) fn redirect_uri(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/oidc/{id}/callback"))
}

/// Where the provider tells that a session is over (OpenID Connect Back-Channel Logout).
pub fn backchannel_logout_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/oidc/{id}/backchannel-logout"))
}

/// Where an OpenID provider sends people back to whom it has signed out for us (RP-Initiated Logout).
pub fn signed_out_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/oidc/{id}/signed-out"))
}

/// Where an OpenID provider reads the keys by which we prove that we are its client.
pub fn client_jwks_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/oidc/{id}/jwks.json"))
}

fn login_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/login?connection={id}"))
}

/// Makes our SAML keys where there are none yet.
pub(crate) async fn sp_keys(app: &App) -> Result<(), Problem> {
    keys::ensure(app).await.map(drop)
}

/// A SAML key that signs from `signs_from` on, ready to be stored.
pub(crate) async fn fresh_saml_key(app: &App, signs_from: Time) -> Result<store::key::Key, Problem> {
    keys::fresh(app, Some(signs_from)).await
}

/// Reads our SAML keys again where they are in memory.
pub(crate) async fn refresh_keys(app: &App) -> Result<(), Problem> {
    keys::refresh(app).await
}

/// `GET /saml/{connection_id}/metadata` and `/certificate.pem`, `GET /oidc/{connection_id}/jwks.json`.
pub fn protocol() -> Router<App> {
    Router::new()
        .route("/oidc/{connection_id}/jwks.json", get(client_jwks))
        .route("/saml/{connection_id}/metadata", get(metadata))
        .route("/saml/{connection_id}/certificate.pem", get(certificate))
}

/// SAML metadata 2.4.4: what a provider's console can load instead of typing.
async fn metadata(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let connection = saml_connection(&app, &id).await?;
    let keys = keys::ensure(&app).await?;
    let signed =
        matches!(Settings::of(&connection), Some(Settings::Saml(config)) if config.want_signed_requests);
    let xml = SpMetadata {
        entity_id: entity_id(&app, connection.id),
        acs_url: acs_url(&app, connection.id),
        slo_url: Some(slo_url(&app, connection.id)),
        signing_certs: keys.certificates.clone(),
        encryption_certs: keys.certificates.first().cloned().into_iter().collect(),
        name_id_formats: vec![name_id_format::PERSISTENT.to_owned(), name_id_format::EMAIL.to_owned()],
        authn_requests_signed: signed,
        want_assertions_signed: true,
    }
    .to_xml();
    Ok(([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}

/// Our certificate, for consoles that take a file; with `?next` the prepared successor's.
async fn certificate(
    State(app): State<App>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    saml_connection(&app, &id).await?;
    let keys = keys::ensure(&app).await?;
    let pem = match params.first("next") {
        Some(_) => keys.next_pem.clone().ok_or_else(|| Problem::not_found("next certificate"))?,
        None => keys.cert_pem.clone(),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"frontdesk.pem\""),
    ];
    Ok((headers, pem).into_response())
}

/// The keys by which we prove to the connection's provider that we are its client (RFC 7523). The same for every
/// connection today; each has an address of its own, so that it can be otherwise one day.
async fn client_jwks(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let missing = || Problem::not_found("OpenID Connect connection");
    let id: ConnectionId = id.parse().map_err(|_| missing())?;
    let found = store::connection::lookup(&mut app.read().await?, id).await?;
    found.filter(|connection| connection.protocol == Protocol::Oidc).ok_or_else(missing)?;
    let published = crate::provider::keys::client_ring(&app).await?.published.clone();
    let headers = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, axum::Json(published)).into_response())
}

async fn saml_connection(app: &App, id: &str) -> Result<Connection, Problem> {
    let missing = || Problem::not_found("SAML connection");
    let id: ConnectionId = id.parse().map_err(|_| missing())?;
    let found = store::connection::lookup(&mut app.read().await?, id).await?;
    found.filter(|connection| connection.protocol == Protocol::Saml).ok_or_else(missing)
}
