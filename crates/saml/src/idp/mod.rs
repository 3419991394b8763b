//! A small identity provider: enough to answer an `AuthnRequest` with a signed `Response`.
//!
//! Owns: reading requests, writing responses and the provider's metadata. The demo's simulated provider and
//! the tests are built on it; it makes messages in one clean shape. Does not own: people, sessions, pages, or
//! checking the requests' signatures (a demo trusts its requests).

mod answer;
mod encrypt;
mod received;

pub use answer::{Answer, Signed};
pub use encrypt::{ContentCipher, EncryptFor, encrypt_element};
pub use received::{ReceivedRequest, receive_post, receive_redirect};

use crate::keys::KeyError;
use crate::names::{DS, MD, SAMLP, binding_uri};
use crate::signing::SignError;
use crate::write::{attr, element};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why the provider cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdpError {
    /// The message could not be unpacked.
    #[error(transparent)]
    Binding(#[from] crate::binding::BindingError),
    /// The message is not an `AuthnRequest`.
    #[error("this is not an AuthnRequest: {0}")]
    NotARequest(String),
    /// Signing failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A key or certificate cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Encrypting failed.
    #[error("the assertion could not be encrypted")]
    CannotEncrypt,
}

/// The provider's metadata: sign-on by redirect and POST at `sso_url`, these signing certificates (DER).
pub fn metadata_xml(entity_id: &str, sso_url: &str, logout_url: Option<&str>, certs: &[&[u8]]) -> String {
    let mut out = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    out.push_str("\n<md:EntityDescriptor");
    attr(&mut out, "xmlns:md", MD);
    attr(&mut out, "xmlns:ds", DS);
    attr(&mut out, "entityID", entity_id);
    out.push_str(">\n  <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\"");
    attr(&mut out, "protocolSupportEnumeration", SAMLP);
    out.push_str(">\n");
    for cert in certs {
        out.push_str("    <md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>");
        element(&mut out, "ds:X509Certificate", &STANDARD.encode(cert));
        out.push_str("</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n");
    }
    let services = logout_url.map(|url| ("SingleLogoutService", url)).into_iter();
    for (service, url) in services.chain([("SingleSignOnService", sso_url)]) {
        for binding in [binding_uri::REDIRECT, binding_uri::POST] {
            out.push_str("    <md:");
            out.push_str(service);
            attr(&mut out, "Binding", binding);
            attr(&mut out, "Location", url);
            out.push_str("/>\n");
        }
    }
    out.push_str("  </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n");
    out
}
