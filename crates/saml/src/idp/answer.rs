//! Writing a signed `Response`.

use super::{EncryptFor, IdpError, encrypt_element};
use crate::keys::SignerKey;
use crate::names::{CM_BEARER, SAML, SAMLP, STATUS_SUCCESS, XSI, attribute};
use crate::signing::{Style, sign_element};
use crate::time;
use crate::write::{attr, element};
use jiff::{SignedDuration, Timestamp};

/// Which elements carry a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The `Response`.
    Response,
    /// The `Assertion`.
    Assertion,
    /// Both.
    Both,
}

/// An answer that signs one person in.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The response's id.
    pub response_id: &'a str,
    /// The assertion's id.
    pub assertion_id: &'a str,
    /// When both are issued, and when the person signed in.
    pub issue_instant: Timestamp,
    /// How long the answer may be used.
    pub valid_for: SignedDuration,
    /// The provider's entity id.
    pub issuer: &'a str,
    /// The service provider's entity id.
    pub audience: &'a str,
    /// The assertion consumer service URL.
    pub acs_url: &'a str,
    /// The request that is answered; `None` for a sign-in that the provider started.
    pub in_response_to: Option<&'a str>,
    /// The subject.
    pub name_id: &'a str,
    /// The subject's format.
    pub name_id_format: &'a str,
    /// The provider's name for its session.
    pub session_index: Option<&'a str>,
    /// Attribute names with their values.
    pub attributes: &'a [(&'a str, &'a [&'a str])],
}

impl Answer<'_> {
    /// The response as XML, signed and, when asked, with the assertion encrypted.
    pub fn to_xml(
        &self,
        signer: &SignerKey,
        parts: Signed,
        encrypt_for: Option<&EncryptFor<'_>>,
    ) -> Result<String, IdpError> {
        let mut assertion = self.assertion_xml();
        if parts != Signed::Response {
            assertion = sign_element(&assertion, self.assertion_id, signer, Style::default())?;
        }
        if let Some(recipient) = encrypt_for {
            let data = encrypt_element(&assertion, recipient)?;
            assertion =
                format!("<saml:EncryptedAssertion xmlns:saml=\"{SAML}\">{data}</saml:EncryptedAssertion>");
        }
        let response = self.response_xml(&assertion);
        if parts == Signed::Assertion {
            return Ok(response);
        }
        Ok(sign_element(&response, self.response_id, signer, Style::default())?)
    }

    /// The unsigned assertion, with every namespace it needs.
    pub fn assertion_xml(&self) -> String {
        let now = time::format(self.issue_instant);
        let until = time::format(self.issue_instant.saturating_add(self.valid_for).unwrap_or(Timestamp::MAX));
        let mut out = String::with_capacity(4096);
        out.push_str("<saml:Assertion");
        attr(&mut out, "xmlns:saml", SAML);
        attr(&mut out, "ID", self.assertion_id);
        attr(&mut out, "Version", "2.0");
        attr(&mut out, "IssueInstant", &now);
        out.push('>');
        element(&mut out, "saml:Issuer", self.issuer);
        out.push_str("<saml:Subject><saml:NameID");
        attr(&mut out, "Format", self.name_id_format);
        crate::write::push(&mut out, format_args!(">{}</saml:NameID>", crate::write::Escaped(self.name_id)));
        out.push_str("<saml:SubjectConfirmation");
        attr(&mut out, "Method", CM_BEARER);
        out.push_str("><saml:SubjectConfirmationData");
        if let Some(request) = self.in_response_to {
            attr(&mut out, "InResponseTo", request);
        }
        attr(&mut out, "NotOnOrAfter", &until);
        attr(&mut out, "Recipient", self.acs_url);
        out.push_str("/></saml:SubjectConfirmation></saml:Subject><saml:Conditions");
        attr(&mut out, "NotBefore", &now);
        attr(&mut out, "NotOnOrAfter", &until);
        out.push_str("><saml:AudienceRestriction>");
        element(&mut out, "saml:Audience", self.audience);
        out.push_str("</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement");
        attr(&mut out, "AuthnInstant", &now);
        if let Some(session) = self.session_index {
            attr(&mut out, "SessionIndex", session);
        }
        out.push_str("><saml:AuthnContext><saml:AuthnContextClassRef>");
        out.push_str("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");
        out.push_str("</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>");
        self.attribute_statement(&mut out);
        out.push_str("</saml:Assertion>");
        out
    }

    /// The unsigned response around an assertion.
    pub fn response_xml(&self, assertion: &str) -> String {
        let mut out = String::with_capacity(assertion.len() + 1024);
        out.push_str("<samlp:Response");
        attr(&mut out, "xmlns:samlp", SAMLP);
        attr(&mut out, "ID", self.response_id);
        attr(&mut out, "Version", "2.0");
        attr(&mut out, "IssueInstant", &time::format(self.issue_instant));
        attr(&mut out, "Destination", self.acs_url);
        if let Some(request) = self.in_response_to {
            attr(&mut out, "InResponseTo", request);
        }
        out.push_str("><saml:Issuer");
        attr(&mut out, "xmlns:saml", SAML);
        crate::write::push(&mut out, format_args!(">{}</saml:Issuer>", crate::write::Escaped(self.issuer)));
        out.push_str("<samlp:Status><samlp:StatusCode");
        attr(&mut out, "Value", STATUS_SUCCESS);
        out.push_str("/></samlp:Status>");
        out.push_str(assertion);
        out.push_str("</samlp:Response>");
        out
    }

    fn attribute_statement(&self, out: &mut String) {
        if self.attributes.is_empty() {
            return;
        }
        out.push_str("<saml:AttributeStatement>");
        for (name, values) in self.attributes {
            out.push_str("<saml:Attribute");
            attr(out, "Name", name);
            attr(out, "NameFormat", attribute::FORMAT_BASIC);
            out.push('>');
            for value in *values {
                out.push_str("<saml:AttributeValue");
                attr(out, "xmlns:xs", "http://www.w3.org/2001/XMLSchema");
                attr(out, "xmlns:xsi", XSI);
                attr(out, "xsi:type", "xs:string");
                crate::write::push(
                    out,
                    format_args!(">{}</saml:AttributeValue>", crate::write::Escaped(value)),
                );
            }
            out.push_str("</saml:Attribute>");
        }
        out.push_str("</saml:AttributeStatement>");
    }
}
