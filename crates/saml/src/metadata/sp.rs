//! Writing our own metadata (SAML metadata 2.4.4), for the provider's console to load.

use crate::names::{DS, MD, SAMLP, binding_uri};
use crate::write::{attr, element};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a provider needs to know of us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpMetadata {
    /// Our entity id.
    pub entity_id: String,
    /// The assertion consumer service URL (POST binding).
    pub acs_url: String,
    /// The single logout URL (redirect and POST binding), if there is one.
    pub slo_url: Option<String>,
    /// Certificates that sign our requests, DER.
    pub signing_certs: Vec<Vec<u8>>,
    /// Certificates that assertions may be encrypted for, DER.
    pub encryption_certs: Vec<Vec<u8>>,
    /// Name identifier formats, the preferred first.
    pub name_id_formats: Vec<String>,
    /// Whether our requests are signed.
    pub authn_requests_signed: bool,
    /// Whether assertions must be signed themselves.
    pub want_assertions_signed: bool,
}

impl SpMetadata {
    /// The metadata as XML.
    pub fn to_xml(&self) -> String {
        let mut out = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        out.push_str("\n<md:EntityDescriptor");
        attr(&mut out, "xmlns:md", MD);
        attr(&mut out, "xmlns:ds", DS);
        attr(&mut out, "entityID", &self.entity_id);
        out.push_str(">\n  <md:SPSSODescriptor");
        attr(&mut out, "AuthnRequestsSigned", bool_text(self.authn_requests_signed));
        attr(&mut out, "WantAssertionsSigned", bool_text(self.want_assertions_signed));
        attr(&mut out, "protocolSupportEnumeration", SAMLP);
        out.push_str(">\n");
        for cert in &self.signing_certs {
            key_descriptor(&mut out, "signing", cert);
        }
        for cert in &self.encryption_certs {
            key_descriptor(&mut out, "encryption", cert);
        }
        if let Some(url) = &self.slo_url {
            for binding in [binding_uri::REDIRECT, binding_uri::POST] {
                out.push_str("    <md:SingleLogoutService");
                attr(&mut out, "Binding", binding);
                attr(&mut out, "Location", url);
                out.push_str("/>\n");
            }
        }
        for format in &self.name_id_formats {
            out.push_str("    ");
            element(&mut out, "md:NameIDFormat", format);
            out.push('\n');
        }
        out.push_str("    <md:AssertionConsumerService");
        attr(&mut out, "Binding", binding_uri::POST);
        attr(&mut out, "Location", &self.acs_url);
        attr(&mut out, "index", "0");
        attr(&mut out, "isDefault", "true");
        out.push_str("/>\n  </md:SPSSODescriptor>\n</md:EntityDescriptor>\n");
        out
    }
}

fn key_descriptor(out: &mut String, purpose: &str, cert: &[u8]) {
    out.push_str("    <md:KeyDescriptor");
    attr(out, "use", purpose);
    out.push_str("><ds:KeyInfo><ds:X509Data>");
    element(out, "ds:X509Certificate", &STANDARD.encode(cert));
    out.push_str("</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n");
}

const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
