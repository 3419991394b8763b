//! Recognising what people paste instead of metadata.
//!
//! Owns: telling the common mistakes apart, so that the answer can name the fix. Does not own: parsing.

use super::MetadataError;
use crate::names::{MD, SAMLP};
use crate::xml::{Fault, Tree};

/// The largest metadata that is read, in MiB. Federation aggregates reach tens of MiB; one provider, one.
pub(super) const LIMIT_MIB: usize = 10;

/// Refuses what is visibly not XML.
pub(super) fn before_parsing(text: &str) -> Result<&str, MetadataError> {
    if text.len() > LIMIT_MIB * 1024 * 1024 {
        return Err(MetadataError::TooLarge { limit_mib: LIMIT_MIB });
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(MetadataError::Empty);
    }
    if text.starts_with('<') {
        return if is_html(text) { Err(MetadataError::HtmlPage) } else { Ok(text) };
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(MetadataError::PrivateKey);
    }
    if let Ok(der) = crate::keys::certificate_der(text)
        && der.first() == Some(&0x30)
    {
        return Err(MetadataError::LoneCertificate);
    }
    if (text.starts_with("http://") || text.starts_with("https://")) && !text.contains(char::is_whitespace) {
        return Err(if is_okta_issuer(text) {
            MetadataError::OktaIssuerUrl
        } else {
            MetadataError::UrlPasted
        });
    }
    Err(MetadataError::Malformed { reason: "it does not begin with <".to_owned() })
}

/// What a parser's refusal means.
pub(super) fn fault(fault: Fault) -> MetadataError {
    match fault {
        Fault::Dtd => MetadataError::Dtd,
        Fault::TooComplex => {
            MetadataError::Malformed { reason: "one of its elements has hundreds of attributes".to_owned() }
        }
        Fault::Encoding(encoding) => {
            MetadataError::Malformed { reason: format!("it is declared as {encoding}; save it as UTF-8") }
        }
        Fault::Malformed(reason) => MetadataError::Malformed { reason },
    }
}

/// What a well-formed document is, if it is not metadata.
pub(super) fn foreign_root(tree: &Tree<'_>) -> MetadataError {
    let root = tree.root();
    for kind in ["Response", "AuthnRequest", "LogoutRequest", "LogoutResponse"] {
        if tree.is(root, SAMLP, kind) {
            return MetadataError::Message { kind: kind.to_owned() };
        }
    }
    let name = tree.name(root);
    if name.to_ascii_lowercase().starts_with("html") {
        MetadataError::HtmlPage
    } else {
        MetadataError::NotMetadata { root: name }
    }
}

/// What an entity without the role of an identity provider is.
pub(super) fn without_role(tree: &Tree<'_>, entity: uppsala::NodeId, entity_id: &str) -> MetadataError {
    let entity_id = entity_id.to_owned();
    if tree.all(entity, MD, "SPSSODescriptor").next().is_some() {
        MetadataError::ServiceProvider { entity_id }
    } else {
        MetadataError::NoIdpRole { entity_id }
    }
}

/// `http://www.okta.com/exk…`, which is what Okta labels “Issuer”.
fn is_okta_issuer(text: &str) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    (rest.starts_with("www.okta.com/") || rest.starts_with("www.oktapreview.com/"))
        && !rest.ends_with("/metadata")
}

fn is_html(text: &str) -> bool {
    let head: String = text.chars().take(2000).collect::<String>().to_ascii_lowercase();
    head.starts_with("<html") || head.contains("<!doctype html") || head.contains("<html")
}
