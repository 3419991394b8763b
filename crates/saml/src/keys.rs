//! Keys and certificates: the provider's for verifying, ours for signing and decrypting.
//!
//! Owns: reading certificates in the forms people paste, and what a console shows of them. SAML uses a
//! certificate as a key: dates are shown and warned about, not enforced. Does not own: storage or sealing.

use crate::names::dsig;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::Key;
use bergshamra::crypto::sign;
use bergshamra::keys::loader;
use jiff::Timestamp;
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey as _;
use std::fmt;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Why a key or certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text holds no certificate.
    #[error(
        "This is not a certificate. Paste the text that begins with -----BEGIN CERTIFICATE-----, or the long \
         line of letters and digits from the identity provider."
    )]
    NotACertificate,
    /// A private key was pasted where a certificate belongs.
    #[error(
        "This is a private key, not a certificate. Do not send it to anybody; paste the text that begins with \
         -----BEGIN CERTIFICATE----- instead."
    )]
    PrivateKeyPasted,
    /// The certificate's key cannot verify SAML signatures.
    #[error(
        "The certificate's key is of a kind or size that cannot be used. Use RSA with at least 2048 bits, or \
         an elliptic curve P-256, P-384 or P-521."
    )]
    UnsupportedKey,
    /// The text holds no private key that can be used.
    #[error(
        "This is not a private key that can be used. It must be an unencrypted PEM text that begins with \
         -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----."
    )]
    NotAPrivateKey,
}

/// A certificate whose key may sign the provider's messages.
#[derive(Clone)]
pub struct SigningKey {
    /// The certificate, DER.
    pub cert_der: Vec<u8>,
    /// When the certificate begins.
    pub not_before: Timestamp,
    /// When the certificate ends: shown and warned about, not enforced.
    pub not_after: Timestamp,
    /// Whether the certificate had ended when it was read.
    pub expired: bool,
    /// The certificate's subject, for display.
    pub subject: String,
    key: PublicKey,
}

/// The key of a certificate, ready for use.
#[derive(Clone)]
enum PublicKey {
    /// RSA, read once: reading it again takes a third of the time of a verification.
    Rsa(ParsedPublicKey),
    /// An elliptic curve; the library knows the ways in which its signatures are written.
    Curve(Key),
}

impl SigningKey {
    /// Reads a DER certificate. `now` only decides [`SigningKey::expired`].
    pub fn from_der(der: &[u8], now: Timestamp) -> Result<Self, KeyError> {
        let (rest, cert) = X509Certificate::from_der(der).map_err(|_| KeyError::NotACertificate)?;
        if !rest.is_empty() {
            return Err(KeyError::NotACertificate);
        }
        let instant = |seconds| Timestamp::from_second(seconds).map_err(|_| KeyError::NotACertificate);
        let not_before = instant(cert.validity().not_before.timestamp())?;
        let not_after = instant(cert.validity().not_after.timestamp())?;
        let key = public_key(&cert)?;
        Ok(Self {
            cert_der: der.to_vec(),
            not_before,
            not_after,
            expired: not_after < now,
            subject: cert.subject().to_string(),
            key,
        })
    }

    /// Reads a certificate as people paste it: PEM with or without its armour, any white space, or DER in
    /// base64.
    pub fn from_pem(text: &str, now: Timestamp) -> Result<Self, KeyError> {
        Self::from_der(&certificate_der(text)?, now)
    }

    /// The SHA-256 fingerprint, upper-case hex in pairs, as consoles show it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.cert_der)
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        pem("CERTIFICATE", &self.cert_der)
    }

    /// Whether `value` is this key's signature of `message` by the algorithm with this URI.
    pub(crate) fn verifies(&self, algorithm: &str, message: &[u8], value: &[u8]) -> bool {
        match &self.key {
            PublicKey::Rsa(key) if algorithm == dsig::RSA_SHA256 => key.verify_sig(message, value).is_ok(),
            PublicKey::Rsa(key) => rsa_parameters(algorithm)
                .and_then(|parameters| ParsedPublicKey::new(parameters, key.as_ref()).ok())
                .is_some_and(|key| key.verify_sig(message, value).is_ok()),
            PublicKey::Curve(key) => {
                let is_fit = sign::key_algorithm_matches_signature_uri(algorithm, key.data.algorithm());
                let Ok(Some(public)) = key.to_signing_key() else { return false };
                is_fit
                    && sign::from_uri(algorithm)
                        .is_ok_and(|method| matches!(method.verify(&public, message, value), Ok(true)))
            }
        }
    }
}

/// How RSA verifies by the algorithm with this URI.
fn rsa_parameters(algorithm: &str) -> Option<&'static RsaParameters> {
    match algorithm {
        dsig::RSA_SHA256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        dsig::RSA_SHA384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        dsig::RSA_SHA512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        dsig::PSS_SHA256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        dsig::PSS_SHA384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        dsig::PSS_SHA512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        dsig::RSA_SHA1 => Some(&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("subject", &self.subject)
            .field("not_after", &self.not_after)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.cert_der == other.cert_der
    }
}

impl Eq for SigningKey {}

/// A private RSA key that decrypts what providers encrypt for us.
#[derive(Clone)]
pub struct DecryptionKey {
    key: Key,
    /// The same key, for what the library does not know.
    raw: RsaPrivateKey,
}

impl DecryptionKey {
    /// Reads an unencrypted RSA key in PEM: PKCS#8 or PKCS#1; other blocks in the text are passed over.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let pem = pkcs8_pem(text)?;
        let key = loader::load_rsa_private_pem(pem.as_bytes()).map_err(|_| KeyError::NotAPrivateKey)?;
        let raw = RsaPrivateKey::from_pkcs8_pem(&pem).map_err(|_| KeyError::NotAPrivateKey)?;
        Ok(Self { key, raw })
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn raw(&self) -> &RsaPrivateKey {
        &self.raw
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptionKey(redacted)")
    }
}

/// The algorithms that we sign with; verifying accepts the same and refuses all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256: understood everywhere.
    RsaSha256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    RsaSha384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    RsaSha512,
    /// RSA-PSS with SHA-256.
    RsaPssSha256,
    /// RSA-PSS with SHA-384.
    RsaPssSha384,
    /// RSA-PSS with SHA-512.
    RsaPssSha512,
    /// ECDSA with SHA-256.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
    /// ECDSA with SHA-512.
    EcdsaSha512,
}

impl SignatureAlgorithm {
    /// The algorithm's URI in XML Signature and in the redirect binding's `SigAlg`.
    pub const fn uri(self) -> &'static str {
        use crate::names::dsig;
        match self {
            Self::RsaSha256 => dsig::RSA_SHA256,
            Self::RsaSha384 => dsig::RSA_SHA384,
            Self::RsaSha512 => dsig::RSA_SHA512,
            Self::RsaPssSha256 => dsig::PSS_SHA256,
            Self::RsaPssSha384 => dsig::PSS_SHA384,
            Self::RsaPssSha512 => dsig::PSS_SHA512,
            Self::EcdsaSha256 => dsig::ECDSA_SHA256,
            Self::EcdsaSha384 => dsig::ECDSA_SHA384,
            Self::EcdsaSha512 => dsig::ECDSA_SHA512,
        }
    }
}

/// A private key with its certificate, for signing what we send.
#[derive(Clone)]
pub struct SignerKey {
    key: Key,
    cert_der: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

impl SignerKey {
    /// Reads an unencrypted PEM key and its certificate. The algorithm follows from the key: RSA signs with
    /// RSA-SHA256, P-256, P-384 and P-521 with ECDSA and SHA-256, SHA-384 and SHA-512.
    pub fn from_pem(private_key: &str, certificate: &str) -> Result<Self, KeyError> {
        let key = loader::load_pem_auto(pkcs8_pem(private_key)?.as_bytes(), None)
            .map_err(|_| KeyError::NotAPrivateKey)?;
        if !key.has_private_key() {
            return Err(KeyError::NotAPrivateKey);
        }
        let algorithm = match key.algorithm_name() {
            "RSA" => SignatureAlgorithm::RsaSha256,
            name if name.contains("256") => SignatureAlgorithm::EcdsaSha256,
            name if name.contains("384") => SignatureAlgorithm::EcdsaSha384,
            name if name.contains("521") => SignatureAlgorithm::EcdsaSha512,
            _ => return Err(KeyError::UnsupportedKey),
        };
        Ok(Self { key, cert_der: certificate_der(certificate)?, algorithm })
    }

    /// The same key with another algorithm, for providers that ask for one.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The algorithm in use.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The certificate, DER.
    pub fn cert_der(&self) -> &[u8] {
        &self.cert_der
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The SHA-256 fingerprint of a DER certificate.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = digest(&SHA256, der).as_ref().iter().map(|b| format!("{b:02X}")).collect();
    pairs.join(":")
}

/// A certificate as people paste it, as DER.
pub(crate) fn certificate_der(text: &str) -> Result<Vec<u8>, KeyError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let body = if let Some(body) = pem_body(text, "CERTIFICATE") {
        body
    } else if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::PrivateKeyPasted);
    } else {
        text
    };
    let compact: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    if compact.is_empty() {
        return Err(KeyError::NotACertificate);
    }
    STANDARD.decode(compact).map_err(|_| KeyError::NotACertificate)
}

/// Wraps DER in PEM armour.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out + &format!("-----END {label}-----\n")
}

/// The base64 of the first PEM block with this label.
fn pem_body<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    Some(body)
}

/// The start of a `PrivateKeyInfo` (RFC 5208): version 0, rsaEncryption with NULL parameters, the key as octets.
const PKCS8_HEAD: &[u8] = &[
    0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
    0x00,
];

/// The first private key of a PEM text as PKCS#8; a PKCS#1 RSA key is wrapped.
fn pkcs8_pem(text: &str) -> Result<String, KeyError> {
    let decode = |body: &str| {
        let compact: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        STANDARD.decode(compact).map_err(|_| KeyError::NotAPrivateKey)
    };
    if let Some(body) = pem_body(text, "PRIVATE KEY") {
        return Ok(pem("PRIVATE KEY", &decode(body)?));
    }
    let pkcs1 = decode(pem_body(text, "RSA PRIVATE KEY").ok_or(KeyError::NotAPrivateKey)?)?;
    let mut content = PKCS8_HEAD.to_vec();
    content.extend(der_value(0x04, &pkcs1)?);
    Ok(pem("PRIVATE KEY", &der_value(0x30, &content)?))
}

/// One DER value with its tag and length, up to 64 KiB.
fn der_value(tag: u8, content: &[u8]) -> Result<Vec<u8>, KeyError> {
    let length = u16::try_from(content.len()).map_err(|_| KeyError::NotAPrivateKey)?;
    let mut out = match length.to_be_bytes() {
        [0, short @ 0..0x80] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    out.extend_from_slice(content);
    Ok(out)
}

/// The certificate's key. One that could never verify is refused, so that the person hears it now and not at the first
/// sign-in.
fn public_key(cert: &X509Certificate<'_>) -> Result<PublicKey, KeyError> {
    use x509_parser::public_key::PublicKey as Kind;
    let raw = cert.public_key().raw;
    let read = match cert.public_key().parsed() {
        Ok(Kind::RSA(rsa)) if rsa.key_size() >= 2048 => {
            ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, raw).ok().map(PublicKey::Rsa)
        }
        Ok(Kind::EC(_)) => loader::load_spki_der(raw).ok().map(PublicKey::Curve),
        _ => None,
    };
    read.ok_or(KeyError::UnsupportedKey)
}
