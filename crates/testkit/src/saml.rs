//! A SAML identity provider with a key of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use saml::idp::{Answer, Signed, metadata_xml, receive_redirect};
use saml::{SignerKey, name_id_format};

use crate::{TestApp, TestBrowser};

/// An identity provider.
#[derive(Debug, Clone)]
pub struct SamlProvider {
    /// What it calls itself.
    pub entity_id: String,
    /// Where it takes requests.
    pub sso_url: String,
    /// Where it takes sign-out messages, if it does.
    pub slo_url: Option<String>,
    /// Its private key, PEM.
    pub key_pem: String,
    /// Its certificate, PEM.
    pub certificate_pem: String,
}

/// A request of ours, as the provider reads it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `RelayState`.
    pub relay_state: String,
    /// The request's id.
    pub request: String,
    /// Who asks.
    pub entity_id: String,
    /// Where the answer is wanted.
    pub acs_url: String,
    /// Whether the person must prove again who they are.
    pub force_authn: bool,
}

/// What a provider answers.
#[derive(Debug, Clone, Copy)]
pub struct Says<'a> {
    /// To whom.
    pub audience: &'a str,
    /// Where.
    pub acs_url: &'a str,
    /// To which request.
    pub in_response_to: Option<&'a str>,
    /// `NameID` and its format.
    pub name_id: (&'a str, &'a str),
    /// Names and values.
    pub attributes: &'a [(&'a str, &'a [&'a str])],
}

/// A key and its certificate, both PEM.
pub fn key_pair() -> (String, String) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
    (key.serialize_pem(), certificate.pem())
}

impl SamlProvider {
    /// A provider with a fresh key.
    pub fn new(entity_id: &str, sso_url: &str) -> Self {
        let (key_pem, certificate_pem) = key_pair();
        Self {
            entity_id: entity_id.to_owned(),
            sso_url: sso_url.to_owned(),
            slo_url: None,
            key_pem,
            certificate_pem,
        }
    }

    /// The provider of a company with this domain.
    pub fn of(domain: &str) -> Self {
        Self::new(&format!("https://idp.{domain}"), &format!("https://idp.{domain}/sso"))
    }

    /// The same provider, with an address for sign-out messages.
    #[must_use]
    pub fn with_logout(mut self) -> Self {
        self.slo_url = Some(format!("{}/slo", self.entity_id));
        self
    }

    /// Signs as this provider.
    pub fn signer(&self) -> SignerKey {
        SignerKey::from_pem(&self.key_pem, &self.certificate_pem).expect("its own key")
    }

    /// Its metadata.
    pub fn metadata(&self) -> String {
        metadata_xml(&self.entity_id, &self.sso_url, self.slo_url.as_deref(), &[self.signer().cert_der()])
    }

    /// Reads the request in the address that a browser was sent to; fails where it leads elsewhere.
    pub fn reads(&self, location: &str) -> Asked {
        assert!(location.starts_with(&self.sso_url), "expected {}, got {location}", self.sso_url);
        let (_, query) = location.split_once('?').expect("a query");
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(n, _)| n == name).map_or_else(|| panic!("no {name}"), |(_, v)| v.into_owned())
        };
        let request = receive_redirect(&value("SAMLRequest")).expect("a request");
        Asked {
            relay_state: value("RelayState"),
            request: request.id,
            entity_id: request.issuer,
            acs_url: request.acs_url.expect("an address for the answer"),
            force_authn: request.force_authn,
        }
    }

    /// The answer as the crate `saml` writes it, with the ids of the response and its assertion.
    pub fn answer<'a>(&'a self, t: &TestApp, says: Says<'a>, ids: (&'a str, &'a str)) -> Answer<'a> {
        Answer {
            response_id: ids.0,
            assertion_id: ids.1,
            issue_instant: t.app.now().to_jiff(),
            valid_for: SignedDuration::from_mins(5),
            issuer: &self.entity_id,
            audience: says.audience,
            acs_url: says.acs_url,
            in_response_to: says.in_response_to,
            name_id: says.name_id.0,
            name_id_format: says.name_id.1,
            session_index: Some("_session1"),
            attributes: says.attributes,
        }
    }

    /// The answer, signed, as it stands in a form.
    pub fn signed(&self, t: &TestApp, says: Says<'_>) -> String {
        let answer = self.answer(t, says, ("_resp1", "_asrt1"));
        STANDARD.encode(answer.to_xml(&self.signer(), Signed::Both, None).expect("a signature"))
    }

    /// The `SAMLResponse` that signs this person in, fit for the request.
    pub fn lets_in(&self, t: &TestApp, asked: &Asked, person: &Person<'_>) -> String {
        self.vouches(t, asked, person, (Some(&asked.request), &asked.request))
    }

    /// The same that nobody asked for, from the provider's portal: `asked` says only to whom and where. The assertion's
    /// id ends in `id`.
    pub fn lets_in_unasked(&self, t: &TestApp, asked: &Asked, person: &Person<'_>, id: &str) -> String {
        self.vouches(t, asked, person, (None, id))
    }

    fn vouches(
        &self,
        t: &TestApp,
        asked: &Asked,
        person: &Person<'_>,
        (in_response_to, id): (Option<&str>, &str),
    ) -> String {
        let mut attributes: Vec<(&str, &[&str])> = vec![
            ("id", std::slice::from_ref(&person.subject)),
            ("email", std::slice::from_ref(&person.email)),
            ("firstName", &["Ann"]),
            ("lastName", &["Lee"]),
        ];
        if !person.country.is_empty() {
            attributes.push(("country", std::slice::from_ref(&person.country)));
        }
        let says = Says {
            audience: &asked.entity_id,
            acs_url: &asked.acs_url,
            in_response_to,
            name_id: (person.subject, name_id_format::PERSISTENT),
            attributes: &attributes,
        };
        let ids = [format!("_r{id}"), format!("_a{id}")];
        let answer =
            Answer { session_index: Some(person.session), ..self.answer(t, says, (&ids[0], &ids[1])) };
        STANDARD.encode(answer.to_xml(&self.signer(), Signed::Both, None).expect("a signature"))
    }
}

/// Who is at the provider.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The provider's own id of the person.
    pub subject: &'a str,
    /// The asserted address.
    pub email: &'a str,
    /// The asserted country; empty for none.
    pub country: &'a str,
    /// The provider's name for its session.
    pub session: &'a str,
}

impl<'a> Person<'a> {
    /// A person whose provider says everything that is required.
    pub const fn new(subject: &'a str, email: &'a str) -> Self {
        Self { subject, email, country: "GB", session: "_session1" }
    }
}

impl Asked {
    /// The path of the assertion consumer service.
    pub fn acs_path(&self) -> String {
        let after = self.acs_url.split_once("://").map_or("", |(_, rest)| rest);
        format!("/{}", after.split_once('/').map_or("", |(_, path)| path))
    }

    /// Posts an answer to where it is wanted, as the provider's page makes the browser do it.
    pub async fn post(&self, browser: &mut TestBrowser, response: &str) -> crate::Answer {
        let form = [("SAMLResponse", response), ("RelayState", self.relay_state.as_str())];
        browser.post_cross_site(&self.acs_path(), &form).await
    }
}
