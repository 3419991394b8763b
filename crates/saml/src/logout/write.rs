//! Writing what ends a session elsewhere.

use crate::binding;
use crate::keys::SignerKey;
use crate::names::{SAML, SAMLP, STATUS_PARTIAL_LOGOUT, STATUS_RESPONDER, STATUS_SUCCESS};
use crate::request::RequestError;
use crate::signing::{Style, sign_element};
use crate::time;
use crate::validate::NameId;
use crate::write::{Escaped, attr, element, push};
use jiff::Timestamp;

/// A `LogoutRequest` (SAML core 3.7.1). It is always sent signed.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The request's id: random, and an XML name. Remember it for the answer.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// Until when the other side may act on it.
    pub not_on_or_after: Timestamp,
    /// The other side's single logout URL.
    pub destination: &'a str,
    /// The sender's entity id.
    pub issuer: &'a str,
    /// Whose session: the name identifier of the assertion that began it.
    pub name_id: &'a NameId,
    /// Which of their sessions; empty means all.
    pub session_indexes: &'a [&'a str],
    /// Why, if that is to be said: `urn:oasis:names:tc:SAML:2.0:logout:user` or `…:admin`.
    pub reason: Option<&'a str>,
}

impl Request<'_> {
    /// The URL to send the browser to (redirect binding).
    pub fn redirect_url(
        &self,
        relay_state: Option<&str>,
        signer: &SignerKey,
    ) -> Result<String, RequestError> {
        let xml = self.to_xml();
        Ok(binding::redirect_url(self.destination, "SAMLRequest", &xml, relay_state, Some(signer))?)
    }

    /// The `SAMLRequest` value of a form to [`Request::destination`] (POST binding).
    pub fn post_value(&self, signer: &SignerKey) -> Result<String, RequestError> {
        Ok(binding::post_value(&sign_element(&self.to_xml(), self.id, signer, Style::default())?))
    }

    /// The message before it is signed.
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(1024);
        begin(&mut out, "LogoutRequest", (self.id, self.issue_instant, self.destination));
        attr(&mut out, "NotOnOrAfter", &time::format(self.not_on_or_after));
        if let Some(reason) = self.reason {
            attr(&mut out, "Reason", reason);
        }
        out.push('>');
        element(&mut out, "saml:Issuer", self.issuer);
        out.push_str("<saml:NameID");
        let it = self.name_id;
        for (name, value) in [
            ("NameQualifier", &it.name_qualifier),
            ("SPNameQualifier", &it.sp_name_qualifier),
            ("Format", &it.format),
        ] {
            if let Some(value) = value {
                attr(&mut out, name, value);
            }
        }
        push(&mut out, format_args!(">{}</saml:NameID>", Escaped(&it.value)));
        for index in self.session_indexes {
            element(&mut out, "samlp:SessionIndex", index);
        }
        out.push_str("</samlp:LogoutRequest>");
        out
    }
}

/// What became of a request to end a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The session has ended, here and wherever it reached.
    Success,
    /// It has ended here, and somebody else could not be told.
    Partial,
    /// It could not be ended.
    Failed,
}

/// A `LogoutResponse` (SAML core 3.7.2). It is always sent signed.
#[derive(Debug, Clone)]
pub struct Response<'a> {
    /// The response's id: random, and an XML name.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// The other side's single logout URL for responses.
    pub destination: &'a str,
    /// The sender's entity id.
    pub issuer: &'a str,
    /// The request that is answered.
    pub in_response_to: &'a str,
    /// What became of it.
    pub status: Status,
}

impl Response<'_> {
    /// The URL to send the browser to (redirect binding).
    pub fn redirect_url(
        &self,
        relay_state: Option<&str>,
        signer: &SignerKey,
    ) -> Result<String, RequestError> {
        let xml = self.to_xml();
        Ok(binding::answer_url(self.destination, "SAMLResponse", &xml, relay_state, Some(signer))?)
    }

    /// The `SAMLResponse` value of a form to [`Response::destination`] (POST binding).
    pub fn post_value(&self, signer: &SignerKey) -> Result<String, RequestError> {
        Ok(binding::post_value(&sign_element(&self.to_xml(), self.id, signer, Style::default())?))
    }

    /// The message before it is signed.
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(1024);
        begin(&mut out, "LogoutResponse", (self.id, self.issue_instant, self.destination));
        attr(&mut out, "InResponseTo", self.in_response_to);
        out.push('>');
        element(&mut out, "saml:Issuer", self.issuer);
        let (top, below) = match self.status {
            Status::Success => (STATUS_SUCCESS, None),
            Status::Partial => (STATUS_SUCCESS, Some(STATUS_PARTIAL_LOGOUT)),
            Status::Failed => (STATUS_RESPONDER, None),
        };
        out.push_str("<samlp:Status><samlp:StatusCode");
        attr(&mut out, "Value", top);
        out.push('>');
        if let Some(below) = below {
            out.push_str("<samlp:StatusCode");
            attr(&mut out, "Value", below);
            out.push_str("/>");
        }
        out.push_str("</samlp:StatusCode></samlp:Status></samlp:LogoutResponse>");
        out
    }
}

fn begin(out: &mut String, name: &str, (id, made, destination): (&str, Timestamp, &str)) {
    push(out, format_args!("<samlp:{name}"));
    attr(out, "xmlns:samlp", SAMLP);
    attr(out, "xmlns:saml", SAML);
    attr(out, "ID", id);
    attr(out, "Version", "2.0");
    attr(out, "IssueInstant", &time::format(made));
    attr(out, "Destination", destination);
}
