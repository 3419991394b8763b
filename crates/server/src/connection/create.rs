//! Making connections from what an administrator brings.

use model::{Connection, Organization};
use store::Tx;

use super::config::Settings;
use crate::app::App;
use crate::problem::Problem;

/// What an administrator brings from the provider's console.
#[derive(Clone)]
pub enum Input {
    /// The text of the metadata. `entity_id` chooses from a file that describes several providers.
    MetadataXml {
        /// The document.
        xml: String,
        /// The chosen provider.
        entity_id: Option<String>,
    },
    /// Where the metadata is.
    MetadataUrl(String),
    /// Values typed by hand.
    Manual {
        /// The provider's entity id.
        entity_id: String,
        /// Where people sign in.
        sso_url: String,
        /// PEM, with or without armour.
        certificate: String,
    },
    /// Anything: metadata, its address, or a text with the address in it.
    Pasted(String),
    /// OpenID Connect.
    Oidc {
        /// The issuer, or the address of its discovery document.
        issuer: String,
        /// Our client id there.
        client_id: String,
        /// Our secret there.
        client_secret: String,
    },
}

/// Reads `input`, fetching what it names. Nothing is stored; call it before the transaction.
/// `connection` is the draft it is for, if there is one, so that our own values are recognised.
pub async fn read_input(
    app: &App,
    provider: &str,
    connection: Option<&Connection>,
    input: &Input,
) -> Result<Settings, Problem> {
    let _ = (app, provider, connection, input);
    Err(Problem::internal(&"not there yet"))
}

/// A draft without settings, so that our values for the provider's console exist.
pub async fn draft(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    provider: &str,
    actor: &str,
) -> Result<Connection, Problem> {
    let _ = (app, tx, organization, provider, actor);
    Err(Problem::internal(&"not there yet"))
}

/// A draft with settings from [`read_input`].
pub async fn create(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    provider: &str,
    settings: Settings,
    actor: &str,
) -> Result<Connection, Problem> {
    let _ = (app, tx, organization, provider, settings, actor);
    Err(Problem::internal(&"not there yet"))
}
