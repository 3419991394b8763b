//! Encrypting an element for a service provider (XML Encryption 1.1).

use super::IdpError;
use crate::keys::KeyError;
use crate::names::{DS, XENC, xmlenc};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::crypto::{cipher, keytransport};
use bergshamra::keys::loader;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// A content cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentCipher {
    /// AES-128 in GCM.
    Aes128Gcm,
    /// AES-256 in GCM.
    Aes256Gcm,
    /// AES-128 in CBC, as older providers still do.
    Aes128Cbc,
    /// AES-256 in CBC, as older providers still do.
    Aes256Cbc,
}

impl ContentCipher {
    /// The cipher's URI.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => xmlenc::AES128_GCM,
            Self::Aes256Gcm => xmlenc::AES256_GCM,
            Self::Aes128Cbc => xmlenc::AES128_CBC,
            Self::Aes256Cbc => xmlenc::AES256_CBC,
        }
    }

    /// The key's length in bytes.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Cbc => 16,
            Self::Aes256Gcm | Self::Aes256Cbc => 32,
        }
    }
}

/// For whom and how to encrypt.
#[derive(Debug, Clone, Copy)]
pub struct EncryptFor<'a> {
    /// The recipient's certificate, DER; an RSA key.
    pub cert_der: &'a [u8],
    /// The content cipher.
    pub cipher: ContentCipher,
    /// Random bytes, at least as many as the cipher's key has.
    pub session_key: &'a [u8],
}

/// The `EncryptedData` of an element, its key wrapped by RSA-OAEP inside `KeyInfo`.
pub fn encrypt_element(element: &str, recipient: &EncryptFor<'_>) -> Result<String, IdpError> {
    let (_, cert) = X509Certificate::from_der(recipient.cert_der).map_err(|_| KeyError::NotACertificate)?;
    let key = loader::load_spki_der(cert.public_key().raw).map_err(|_| KeyError::UnsupportedKey)?;
    let public = key.software_key().ok().flatten().ok_or(KeyError::UnsupportedKey)?;
    let session =
        recipient.session_key.get(..recipient.cipher.key_length()).ok_or(IdpError::CannotEncrypt)?;
    let wrapped = keytransport::from_uri(xmlenc::RSA_OAEP_MGF1P)
        .and_then(|transport| transport.encrypt(&public, session))
        .map_err(|_| IdpError::CannotEncrypt)?;
    let content = cipher::from_uri(recipient.cipher.uri())
        .and_then(|cipher| cipher.encrypt(session, element.as_bytes()))
        .map_err(|_| IdpError::CannotEncrypt)?;
    Ok(format!(
        "<xenc:EncryptedData xmlns:xenc=\"{XENC}\" Type=\"{kind}\"><xenc:EncryptionMethod Algorithm=\"{method}\"/>\
         <ds:KeyInfo xmlns:ds=\"{DS}\"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm=\"{oaep}\"/>\
         <xenc:CipherData><xenc:CipherValue>{wrapped}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>\
         </ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{content}</xenc:CipherValue></xenc:CipherData>\
         </xenc:EncryptedData>",
        kind = xmlenc::TYPE_ELEMENT,
        method = recipient.cipher.uri(),
        oaep = xmlenc::RSA_OAEP_MGF1P,
        wrapped = STANDARD.encode(wrapped),
        content = STANDARD.encode(content),
    ))
}
