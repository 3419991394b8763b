//! What the provider's console needs to know of us, and our SAML metadata.
//!
//! Owns our addresses and names at a provider. Does not own the guides that show them.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Connection, ConnectionId, Protocol};
use saml::{SpMetadata, name_id_format};

use super::config::Settings;
use super::keys;
use crate::app::App;
use crate::problem::Problem;
use web::guide;

/// Our values for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpValues {
    /// Assertion consumer service.
    pub acs_url: String,
    /// Entity id, which is also the audience.
    pub entity_id: String,
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
        sp_entity_id: entity_id(app, id),
        sp_metadata_url: app.config.url(&format!("/saml/{id}/metadata")),
        sp_cert_url: app.config.url(&format!("/saml/{id}/certificate.pem")),
        oidc_redirect_uri: redirect_uri(app, id),
        oidc_backchannel_logout_url: backchannel_logout_url(app, id),
        login_url: login_url(app, id),
        ..guide::Values::default()
    }
}

pub(super) fn acs_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/saml/{id}/acs"))
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

fn login_url(app: &App, id: ConnectionId) -> String {
    app.config.url(&format!("/login?connection={id}"))
}

/// `GET /saml/{connection_id}/metadata` and `/certificate.pem`.
pub fn protocol() -> Router<App> {
    Router::new()
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
        slo_url: None,
        signing_certs: keys.certificates.clone(),
        encryption_certs: keys.certificates.first().cloned().into_iter().collect(),
        name_id_formats: vec![name_id_format::PERSISTENT.to_owned(), name_id_format::EMAIL.to_owned()],
        authn_requests_signed: signed,
        want_assertions_signed: true,
    }
    .to_xml();
    Ok(([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}

/// Our certificate, for consoles that take a file.
async fn certificate(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    saml_connection(&app, &id).await?;
    let keys = keys::ensure(&app).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"frontdesk.pem\""),
    ];
    Ok((headers, keys.cert_pem.clone()).into_response())
}

async fn saml_connection(app: &App, id: &str) -> Result<Connection, Problem> {
    let missing = || Problem::not_found("SAML connection");
    let id: ConnectionId = id.parse().map_err(|_| missing())?;
    let found = store::connection::lookup(&mut app.read().await?, id).await?;
    found.filter(|connection| connection.protocol == Protocol::Saml).ok_or_else(missing)
}
