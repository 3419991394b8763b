//! The identity provider of the companies that take part.

use saml::SignerKey;
use saml::idp::metadata_xml;

use crate::Outcome;

/// Its name.
pub const IDP: &str = "https://idp.example/metadata";
/// Where it takes requests.
pub const SSO: &str = "https://idp.example/sso";

/// A new key with its certificate.
pub fn key() -> Outcome<SignerKey> {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
    let certificate = rcgen::CertificateParams::default().self_signed(&key)?;
    Ok(SignerKey::from_pem(&key.serialize_pem(), &certificate.pem())?)
}

/// What it says of itself.
#[must_use]
pub fn metadata(key: &SignerKey) -> String {
    metadata_xml(IDP, SSO, None, &[key.cert_der()])
}
