//! Identity-provider metadata in, our own metadata out (SAML metadata 2.4.1, 2.4.3).
//!
//! Owns: what a connection needs to know of its provider, however the admin brings it. Does not own: fetching
//! by URL, refreshing, storage, or warning before a certificate ends.
//!
//! Metadata is trusted because of where it came from (an admin pasted it, or it was fetched over TLS from the
//! URL that the admin gave); a signature inside it is not needed and not checked.

mod diagnose;
mod idp;
mod sp;

pub use idp::parse_idp_metadata;
pub use sp::SpMetadata;

use crate::keys::{KeyError, SigningKey};
use crate::names::binding_uri;
use jiff::{SignedDuration, Timestamp};

/// An address of the provider and the binding it speaks there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The binding's URI; see [`crate::binding_uri`].
    pub binding: String,
    /// Where requests go.
    pub location: String,
    /// Where responses go, when that is elsewhere (single logout).
    pub response_location: Option<String>,
}

/// What a connection knows of its identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpMetadata {
    /// The provider's entity id: the issuer of its messages.
    pub entity_id: String,
    /// Single sign-on addresses; at least one with the redirect or the POST binding.
    pub sso: Vec<Endpoint>,
    /// Single logout addresses.
    pub slo: Vec<Endpoint>,
    /// The keys that may sign its messages; at least one.
    pub signing_keys: Vec<SigningKey>,
    /// Whether it wants our requests signed.
    pub want_authn_requests_signed: bool,
    /// The name identifier formats that it names.
    pub name_id_formats: Vec<String>,
    /// Until when the metadata itself may be used.
    pub valid_until: Option<Timestamp>,
    /// For how long it may be kept before it is read again (`cacheDuration`).
    pub cache_duration: Option<SignedDuration>,
}

impl IdpMetadata {
    /// The single sign-on address for a binding.
    pub fn sso_location(&self, binding: &str) -> Option<&str> {
        self.sso
            .iter()
            .find(|endpoint| endpoint.binding == binding)
            .map(|endpoint| endpoint.location.as_str())
    }

    /// The address and binding to send requests to: redirect where there is one, else POST.
    pub fn preferred_sso(&self) -> Option<&Endpoint> {
        [binding_uri::REDIRECT, binding_uri::POST]
            .into_iter()
            .find_map(|binding| self.sso.iter().find(|endpoint| endpoint.binding == binding))
    }

    /// Whether every signing certificate has ended: still trusted, but the provider should be asked.
    pub fn all_keys_expired(&self) -> bool {
        self.signing_keys.iter().all(|key| key.expired)
    }
}

/// Why a text is not the metadata of an identity provider. Each message says what the text is instead, where
/// that can be told, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Nothing was pasted.
    #[error("There is nothing here yet. Paste the metadata XML, or give its URL.")]
    Empty,
    /// Larger than the limit.
    #[error(
        "This file is larger than {limit_mib} MiB, which is more than the metadata of one provider. If it \
             is a federation's aggregate, cut out the one provider, or use the provider's own metadata URL."
    )]
    TooLarge {
        /// The limit in MiB.
        limit_mib: usize,
    },
    /// A web page.
    #[error(
        "This is a web page, not metadata. The URL probably leads to a sign-in page: open it in a private \
             window, and use the address that shows XML without asking anybody to sign in."
    )]
    HtmlPage,
    /// The issuer URL of Okta, which looks like a metadata URL.
    #[error(
        "That is the Issuer, not the Metadata URL. In Okta it is on the Sign On tab under “Metadata \
             details” and ends in /sso/saml/metadata."
    )]
    OktaIssuerUrl,
    /// Some other URL, in place of the document.
    #[error(
        "That is an address, not the document behind it. Enter it as the metadata URL, or open it and \
             paste the XML that it shows."
    )]
    UrlPasted,
    /// A lone certificate.
    #[error(
        "That is only the certificate. Paste the whole metadata XML; or enter the provider's details by \
             hand, with this certificate."
    )]
    LoneCertificate,
    /// A private key.
    #[error("That is a private key. Do not send it to anybody; paste the metadata XML instead.")]
    PrivateKey,
    /// A SAML response or request in place of metadata.
    #[error("That is a SAML {kind}, not metadata. Metadata begins with EntityDescriptor.")]
    Message {
        /// The name of the message.
        kind: String,
    },
    /// A document type declaration.
    #[error(
        "The metadata carries a document type declaration (DOCTYPE), which is refused for safety. Remove \
             that line."
    )]
    Dtd,
    /// Not XML at all, or cut off.
    #[error("This is not complete XML ({reason}). Copy the whole document, from the first < to the last >.")]
    Malformed {
        /// The parser's words.
        reason: String,
    },
    /// XML of another kind.
    #[error(
        "This XML is not SAML metadata: it begins with {root}, and metadata begins with EntityDescriptor."
    )]
    NotMetadata {
        /// The root element.
        root: String,
    },
    /// The metadata of a service provider.
    #[error(
        "This is the metadata of a service provider ({entity_id}), perhaps our own. What is needed is the \
             metadata of the identity provider."
    )]
    ServiceProvider {
        /// Its entity id.
        entity_id: String,
    },
    /// No role that signs people in.
    #[error(
        "{entity_id} is not described as an identity provider here: there is no IDPSSODescriptor for \
             SAML 2.0."
    )]
    NoIdpRole {
        /// Its entity id.
        entity_id: String,
    },
    /// No entity id.
    #[error("The metadata does not name its provider: entityID is missing.")]
    NoEntityId,
    /// Several providers and none chosen.
    #[error("This file describes {} identity providers. Choose one by its entity ID.", entity_ids.len())]
    Several {
        /// The entity ids to choose from.
        entity_ids: Vec<String>,
    },
    /// The chosen provider is not in the file.
    #[error("{chosen} is not in this file. Compare the entity ID letter for letter.")]
    NotFound {
        /// What was chosen.
        chosen: String,
        /// The entity ids to choose from.
        entity_ids: Vec<String>,
    },
    /// Only keys for encryption.
    #[error(
        "The metadata names a key for encryption only, so its signatures could not be checked. Export \
             the metadata with the signing certificate."
    )]
    EncryptionKeyOnly,
    /// No key at all.
    #[error(
        "The metadata names no signing certificate, so its signatures could not be checked. Export the \
             metadata with the signing certificate."
    )]
    NoSigningKey,
    /// Certificates that cannot be used.
    #[error("None of the signing certificates can be used. {reason}")]
    UnusableKeys {
        /// Why the first was refused.
        reason: KeyError,
    },
    /// No address that we can send people to.
    #[error(
        "The metadata names no address for signing in over the browser (SingleSignOnService with the \
             redirect or POST binding)."
    )]
    NoSsoEndpoint,
    /// An address that is not a web address.
    #[error("“{location}” is not an address people can be sent to. It must begin with https://.")]
    BadLocation {
        /// The address.
        location: String,
    },
    /// The metadata has ended.
    #[error("This metadata was valid until {until}. Download it again from the identity provider.")]
    Ended {
        /// When it ended.
        until: Timestamp,
    },
    /// A certificate typed by hand that cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A connection from values typed by hand: entity id, sign-in URL, certificate (PEM with or without armour).
pub fn from_parts(
    entity_id: &str,
    sso_url: &str,
    certificate: &str,
    now: Timestamp,
) -> Result<IdpMetadata, MetadataError> {
    let entity_id = entity_id.trim();
    if entity_id.is_empty() {
        return Err(MetadataError::NoEntityId);
    }
    let location = web_address(sso_url)?;
    let endpoint = |binding: &str| Endpoint {
        binding: binding.to_owned(),
        location: location.clone(),
        response_location: None,
    };
    Ok(IdpMetadata {
        entity_id: entity_id.to_owned(),
        sso: vec![endpoint(binding_uri::REDIRECT)],
        slo: Vec::new(),
        signing_keys: vec![SigningKey::from_pem(certificate, now)?],
        want_authn_requests_signed: false,
        name_id_formats: Vec::new(),
        valid_until: None,
        cache_duration: None,
    })
}

/// An absolute http(s) address: the only kind a browser may be sent to.
fn web_address(text: &str) -> Result<String, MetadataError> {
    let text = text.trim();
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(text.to_owned()),
        _ => Err(MetadataError::BadLocation { location: text.to_owned() }),
    }
}
