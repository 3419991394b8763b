//! What the provider's console needs to know of us, and our SAML metadata.

use axum::Router;
use model::Connection;

use crate::app::App;
use crate::guide;
use crate::problem::Problem;

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
    let _ = (app, connection);
    Err(Problem::internal(&"not there yet"))
}

/// The same for a guide.
pub fn guide_values(app: &App, connection: &Connection) -> guide::Values {
    let _ = (app, connection);
    guide::Values::default()
}

/// `GET /saml/{connection_id}/metadata` and `/certificate.pem`.
pub fn protocol() -> Router<App> {
    Router::new()
}
