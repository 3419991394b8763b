//! Asking an identity provider to sign somebody in (SAML core 3.4.1, profiles 4.1.4.1).
//!
//! Owns: the `AuthnRequest`. Does not own: remembering its id, or sending the browser away.

use crate::binding::{self, BindingError};
use crate::keys::SignerKey;
use crate::names::{SAML, SAMLP, binding_uri};
use crate::signing::{SignError, Style, sign_element};
use crate::time;
use crate::write::{attr, element};
use jiff::Timestamp;

/// Why a request cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The message could not be put into its binding.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The key could not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// How a provider compares ways of signing in (SAML core 3.3.2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// One of those named.
    #[default]
    Exact,
    /// At least as strong as one of those named.
    Minimum,
}

impl Comparison {
    /// The value of the attribute `Comparison`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Minimum => "minimum",
        }
    }
}

/// An `AuthnRequest`.
#[derive(Debug, Clone)]
pub struct AuthnRequest<'a> {
    /// The request's id: random, and an XML name (`_` and hex digits). Remember it for `InResponseTo`.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// The provider's single sign-on URL that it is sent to.
    pub destination: &'a str,
    /// Our entity id.
    pub issuer: &'a str,
    /// Where the answer goes.
    pub acs_url: &'a str,
    /// The name identifier format to ask for; `None` leaves it to the provider.
    pub name_id_format: Option<&'a str>,
    /// Whether the person must sign in again even with a session.
    pub force_authn: bool,
    /// How the person must sign in (`AuthnContextClassRef`); empty leaves it open.
    pub authn_context: &'a [&'a str],
    /// How the provider compares its own way with those.
    pub comparison: Comparison,
}

impl<'a> AuthnRequest<'a> {
    /// A request that leaves everything to the provider.
    pub fn new(
        id: &'a str,
        issue_instant: Timestamp,
        destination: &'a str,
        issuer: &'a str,
        acs_url: &'a str,
    ) -> Self {
        Self {
            id,
            issue_instant,
            destination,
            issuer,
            acs_url,
            name_id_format: None,
            force_authn: false,
            authn_context: &[],
            comparison: Comparison::Exact,
        }
    }

    /// The URL to send the browser to (redirect binding), signed when there is a key.
    pub fn redirect_url(
        &self,
        relay_state: Option<&str>,
        signer: Option<&SignerKey>,
    ) -> Result<String, RequestError> {
        Ok(binding::redirect_url(self.destination, "SAMLRequest", &self.to_xml(), relay_state, signer)?)
    }

    /// The `SAMLRequest` value of a form to [`AuthnRequest::destination`] (POST binding), signed when there is a
    /// key.
    pub fn post_value(&self, signer: Option<&SignerKey>) -> Result<String, RequestError> {
        let xml = self.to_xml();
        match signer {
            None => Ok(binding::post_value(&xml)),
            Some(signer) => Ok(binding::post_value(&sign_element(&xml, self.id, signer, Style::default())?)),
        }
    }

    /// The unsigned message.
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str("<samlp:AuthnRequest");
        attr(&mut out, "xmlns:samlp", SAMLP);
        attr(&mut out, "xmlns:saml", SAML);
        attr(&mut out, "ID", self.id);
        attr(&mut out, "Version", "2.0");
        attr(&mut out, "IssueInstant", &time::format(self.issue_instant));
        attr(&mut out, "Destination", self.destination);
        if self.force_authn {
            attr(&mut out, "ForceAuthn", "true");
        }
        attr(&mut out, "ProtocolBinding", binding_uri::POST);
        attr(&mut out, "AssertionConsumerServiceURL", self.acs_url);
        out.push('>');
        element(&mut out, "saml:Issuer", self.issuer);
        if let Some(format) = self.name_id_format {
            out.push_str("<samlp:NameIDPolicy");
            attr(&mut out, "Format", format);
            attr(&mut out, "AllowCreate", "true");
            out.push_str("/>");
        }
        if !self.authn_context.is_empty() {
            out.push_str("<samlp:RequestedAuthnContext");
            attr(&mut out, "Comparison", self.comparison.as_str());
            out.push('>');
            for class in self.authn_context {
                element(&mut out, "saml:AuthnContextClassRef", class);
            }
            out.push_str("</samlp:RequestedAuthnContext>");
        }
        out.push_str("</samlp:AuthnRequest>");
        out
    }
}
