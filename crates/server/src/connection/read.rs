//! Reading what an administrator brings from the provider's console.
//!
//! Owns each way of bringing the provider's values, and the words when they are others than expected. Does not own
//! telling pasted texts apart (`pasted`) or storing. Nothing comes out unless it was read whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Connection, Time};
use saml::{IdpMetadata, MetadataError};

use super::client_secret::{is_guid, secret_end};
use super::config::{OidcConfig, SECRET_PLACE, SamlConfig, Settings};
use super::metadata;
use super::pasted::{self, Pasted};
use super::provider_documents::{self, Proof};
use crate::app::App;
use crate::outbound::FetchError;
use crate::problem::Problem;
use web::guide::{self, Guide};

/// Metadata of one provider is a few kilobytes; a federation's aggregate is not fetched.
pub(super) const METADATA_LIMIT: usize = 5 * 1024 * 1024;

/// The field in which one of several providers is chosen.
pub const CHOSEN: &str = "idp_entity_id";

/// The tenant of all personal Microsoft accounts.
const MICROSOFT_PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

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
    /// Where the metadata of several providers is, and which of them is meant.
    MetadataUrlOf {
        /// The address.
        url: String,
        /// The chosen provider.
        entity_id: String,
    },
    /// Values typed by hand.
    Manual {
        /// The provider's entity id.
        entity_id: String,
        /// Where people sign in.
        sso_url: String,
        /// PEM, with or without armour.
        certificate: String,
    },
    /// Anything: metadata, its address, or a text with the address in it. `entity_id` chooses from metadata that describes
    /// several providers.
    Pasted {
        /// What was pasted.
        text: String,
        /// The chosen provider.
        entity_id: Option<String>,
    },
    /// OpenID Connect.
    Oidc(OidcInput),
}

/// What is brought of an OpenID provider.
#[derive(Clone, Default)]
pub struct OidcInput {
    /// The issuer, or the address of its discovery document.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there. Empty keeps the one that is stored for the same issuer and client; else it means a public
    /// client.
    pub client_secret: String,
    /// When that secret ends: a day such as `2028-11-23`, or a moment in RFC 3339. Empty where nobody knows; beside a
    /// kept secret it keeps what is known.
    pub secret_ends: String,
    /// Our own key proves who we are (`private_key_jwt`), and there is no secret.
    pub by_key: bool,
}

/// Reads `input`, fetching what it names. Nothing is stored; call it before the transaction.
///
/// `provider` is the id of the guide in use, whose words the refusals borrow. `connection` is the draft that it is
/// for, if there is one, so that our own values are recognised when they come back by mistake.
pub async fn read_input(
    app: &App,
    provider: &str,
    connection: Option<&Connection>,
    input: &Input,
) -> Result<Settings, Problem> {
    let reader = Reader {
        app,
        guide: guide::find(provider),
        values: connection.map(|c| metadata::guide_values(app, c)).unwrap_or_default(),
        stored: connection.and_then(Settings::of),
        now: app.now().to_jiff(),
    };
    match input {
        Input::MetadataXml { xml, entity_id } => reader.xml(xml, entity_id.as_deref(), None),
        Input::MetadataUrl(url) => reader.url(url, None).await,
        Input::MetadataUrlOf { url, entity_id } => reader.url(url, Some(entity_id)).await,
        Input::Manual { entity_id, sso_url, certificate } => reader.manual(entity_id, sso_url, certificate),
        Input::Pasted { text, entity_id } => match pasted::read(text)? {
            Pasted::Document(xml) => reader.xml(&xml, entity_id.as_deref(), None),
            Pasted::Address(url) => reader.url(&url, entity_id.as_deref()).await,
        },
        Input::Oidc(input) => reader.oidc(input).await,
    }
}

struct Reader<'a> {
    app: &'a App,
    guide: Option<&'static Guide>,
    values: guide::Values,
    /// What the connection trusts so far.
    stored: Option<Settings>,
    now: Timestamp,
}

impl Reader<'_> {
    fn xml(&self, xml: &str, chosen: Option<&str>, from: Option<&str>) -> Result<Settings, Problem> {
        let metadata = match saml::parse_idp_metadata(xml, chosen, self.now) {
            // Of several, the provider that the connection is for already.
            Err(MetadataError::Several { entity_ids }) if self.knows_one_of(&entity_ids) => {
                saml::parse_idp_metadata(xml, self.known_provider(), self.now)
            }
            other => other,
        };
        let metadata = metadata.map_err(|error| self.not_metadata(xml, from, &error))?;
        self.trusted(&metadata, from)
    }

    /// The provider that the connection trusts so far.
    fn known_provider(&self) -> Option<&str> {
        match &self.stored {
            Some(Settings::Saml(saml)) => Some(saml.entity_id.as_str()),
            _ => None,
        }
    }

    fn knows_one_of(&self, entity_ids: &[String]) -> bool {
        self.known_provider().is_some_and(|known| entity_ids.iter().any(|id| id == known))
    }

    async fn url(&self, url: &str, chosen: Option<&str>) -> Result<Settings, Problem> {
        let url = url.trim();
        if url.is_empty() {
            return Err(Problem::field("metadata_url", "Paste the address of the metadata."));
        }
        // What is known to be another value is named before anything is fetched.
        if let Some(problem) = self.recognised("metadata_url", url) {
            return Err(problem);
        }
        if let Err(error @ MetadataError::OktaIssuerUrl) = saml::parse_idp_metadata(url, None, self.now) {
            return Err(Problem::field("metadata_url", error.to_string()));
        }
        let refused = |problem: String| Problem::field("metadata_url", problem);
        let fetched = self.app.outbound.get(url, METADATA_LIMIT).await.map_err(|e| {
            refused(match e {
                FetchError::TooLarge { host, .. } => format!(
                    "{host} answered with more than 5 MB, which is the metadata of a whole federation. Expected that of \
                     your own provider: use the address where it publishes its own, or upload a file with its part alone, \
                     from <EntityDescriptor to </EntityDescriptor>."
                ),
                other @ (FetchError::Private(_) | FetchError::Unreachable(_) | FetchError::TooSlow { .. }) => {
                    format!("{other}, or upload the file instead.")
                }
                other => format!("{other}."),
            })
        })?;
        if !fetched.status.is_success() {
            return Err(refused(format!(
                "{url} answered with status {}. Expected the metadata document: open the address in a private window, \
                 it must show XML without asking anybody to sign in.",
                fetched.status.as_u16()
            )));
        }
        let text = String::from_utf8(fetched.body).map_err(|_| {
            refused(format!(
                "{url} answered with something that is no UTF-8 text. Expected the metadata document in XML."
            ))
        })?;
        self.xml(&text, chosen, Some(url))
    }

    fn manual(&self, entity_id: &str, sso_url: &str, certificate: &str) -> Result<Settings, Problem> {
        let ours = [&self.values.sp_entity_id, &self.values.acs_url, &self.values.sp_metadata_url];
        for (field, value) in [("entity_id", entity_id), ("sso_url", sso_url)] {
            if ours.iter().any(|known| !known.is_empty() && known.as_str() == value.trim()) {
                return Err(Problem::field(
                    field,
                    "This is one of our own values, which belongs into the provider's console. Expected the provider's.",
                ));
            }
        }
        let metadata = saml::from_parts(entity_id, sso_url, certificate, self.now).map_err(|error| {
            let field = match &error {
                MetadataError::NoEntityId => "entity_id",
                MetadataError::BadLocation { .. } => "sso_url",
                _ => "certificate",
            };
            let words = match &error {
                MetadataError::NoEntityId => {
                    "Expected the provider's entity ID, which its console may call Issuer.".to_owned()
                }
                other => other.to_string(),
            };
            Problem::field(field, words)
        })?;
        self.trusted(&metadata, None)
    }

    /// The last checks of what was read, however it came.
    fn trusted(&self, metadata: &IdpMetadata, from: Option<&str>) -> Result<Settings, Problem> {
        if metadata.entity_id == self.values.sp_entity_id && !metadata.entity_id.is_empty() {
            return Err(Problem::field(
                "entity_id",
                "This is our own entity ID. Expected the identity provider's.",
            ));
        }
        Self::check_lasting(metadata, from)?;
        let config = SamlConfig::from_metadata(metadata, from.map(str::to_owned));
        for endpoint in &config.sso {
            let secure = endpoint.location.to_ascii_lowercase().starts_with("https://");
            if !secure && !self.app.config.allow_private_network {
                return Err(Problem::field(
                    "sso_url",
                    format!(
                        "{} begins with http://. People can only be sent to https:// addresses.",
                        endpoint.location
                    ),
                ));
            }
        }
        Ok(Settings::Saml(config))
    }

    /// A certificate that has ended is trusted where it is in use, and no beginning: the provider may stop signing with it
    /// any day.
    fn check_lasting(metadata: &IdpMetadata, from: Option<&str>) -> Result<(), Problem> {
        let last = metadata.signing_keys.iter().map(|key| key.not_after).max();
        let Some(end) = last.filter(|_| metadata.all_keys_expired()) else { return Ok(()) };
        let ended = end.strftime("%-d %B %Y");
        let words = if from.is_some() {
            format!(
                "The signing certificate in this metadata ended on {ended}. Make a new certificate in the provider's \
                 console, then give the same address again."
            )
        } else {
            format!(
                "This signing certificate ended on {ended}. Make a new one in the provider's console, or look whether it \
                 already shows a newer one, and bring that."
            )
        };
        Err(Problem::field(if from.is_some() { "metadata_url" } else { "certificate" }, words))
    }

    async fn oidc(&self, input: &OidcInput) -> Result<Settings, Problem> {
        let (client_id, secret) = (input.client_id.trim(), input.client_secret.trim());
        self.check_client(client_id, secret)?;
        let ends = secret_end(&input.secret_ends, self.now)?;
        let issuer = oidc::relying_party::issuer_from_input(&input.issuer);
        oidc::relying_party::check_issuer(issuer)
            .map_err(|r| Problem::field("issuer", pasted::words_of(&r)))?;
        if issuer.contains(MICROSOFT_PERSONAL) {
            return Err(Problem::field(
                "issuer",
                "This issuer is for personal Microsoft accounts, which anybody can have. Expected your own: \
                 https://login.microsoftonline.com/<Directory (tenant) ID>/v2.0.",
            ));
        }
        let fetched = provider_documents::fetch(self.app, issuer).await.map_err(|error| {
            match self.recognised("issuer", issuer) {
                Some(problem) => problem,
                None => Problem::field("issuer", error.sentence()),
            }
        })?;
        let (sealed, ends) = match secret {
            _ if input.by_key => (String::new(), None),
            "" => {
                let (kept, known) = self.kept_secret(issuer, client_id);
                (kept, ends.or(known))
            }
            new => (self.app.seal_text(SECRET_PLACE, new), ends),
        };
        let proof = match sealed.as_str() {
            _ if input.by_key => Proof::Key,
            "" => Proof::None,
            _ => Proof::Secret,
        };
        provider_documents::check_usable(self.app, &fetched.documents, proof)?;
        Ok(Settings::Oidc(OidcConfig {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret_sealed: sealed,
            secret_ends_at: ends,
            by_key: input.by_key,
            scopes: provider_documents::scopes(&fetched.documents.discovery),
            discovery: fetched.discovery,
            jwks: fetched.jwks,
            fetched_at: self.app.now(),
            attributes: BTreeMap::default(),
        }))
    }

    /// A secret goes to nobody but the provider that it was entered for.
    fn kept_secret(&self, issuer: &str, client_id: &str) -> (String, Option<Time>) {
        match &self.stored {
            Some(Settings::Oidc(known)) if known.issuer == issuer && known.client_id == client_id => {
                (known.client_secret_sealed.clone(), known.secret_ends_at)
            }
            _ => (String::new(), None),
        }
    }

    fn check_client(&self, client_id: &str, secret: &str) -> Result<(), Problem> {
        let back = self.guide.and_then(|guide| guide.steps_of().brings_back.as_ref());
        let word = |theirs: Option<&String>, ours: &str| match theirs {
            Some(label) if !label.is_empty() => label.clone(),
            _ => ours.to_owned(),
        };
        let id_word = word(back.map(|b| &b.client_id), "client ID");
        if client_id.is_empty() {
            return Err(Problem::field(
                "client_id",
                format!("Expected the {id_word} from the provider's console."),
            ));
        }
        if client_id.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Problem::field(
                "client_id",
                format!("The {id_word} has a space or a line break in it. Copy it again, alone."),
            ));
        }
        let secret_word = word(back.map(|b| &b.client_secret), "client secret");
        if secret == client_id {
            return Err(Problem::field(
                "client_secret",
                format!("This is the {id_word} once more. Expected the {secret_word}."),
            ));
        }
        let entra = self.guide.is_some_and(|guide| guide.steps_of().id == "entra-oidc");
        if entra && is_guid(secret) {
            return Err(Problem::field(
                "client_secret",
                "This is the Secret ID. Expected the Value, which Entra shows only right after the secret was made: \
                 under Certificates & secrets, make a new one and copy the column Value.",
            ));
        }
        Ok(())
    }

    fn recognised(&self, field: &str, text: &str) -> Option<Problem> {
        let known = guide::recognise(self.guide?, &self.values, text)?;
        let words = format!("{}. {}", known.title, pasted::plain(&known.text));
        let expected = match known.expected.as_str() {
            "" => String::new(),
            expected => format!(" Expected: {expected}"),
        };
        Some(Problem::field(field, words + &expected))
    }

    fn not_metadata(&self, text: &str, from: Option<&str>, error: &MetadataError) -> Problem {
        let field = if from.is_some() { "metadata_url" } else { "metadata_xml" };
        if let Some(problem) = self.recognised(field, text) {
            return problem;
        }
        let words = match (error, from) {
            (MetadataError::Several { entity_ids } | MetadataError::NotFound { entity_ids, .. }, _) => {
                let some: Vec<&str> = entity_ids.iter().take(10).map(String::as_str).collect();
                let more = if entity_ids.len() > some.len() { " and others" } else { "" };
                return Problem::field(CHOSEN, format!("{error} It holds {}{more}.", some.join(", ")));
            }
            (_, Some(url)) => format!("{url} was read, and the answer is not metadata. {error}"),
            _ => error.to_string(),
        };
        Problem::field(field, words)
    }
}
