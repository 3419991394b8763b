//! The redirect and POST bindings (SAML bindings 3.4, 3.5): how messages travel through a browser.
//!
//! Owns: DEFLATE with a bound, base64, the exact query that is signed. Does not own: the messages.

use crate::MAX_MESSAGE_BYTES;
use crate::keys::SignerKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::crypto::sign;
use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress};
use std::cell::RefCell;
use std::io::Read as _;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Why a message cannot be put into, or taken out of, its binding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// The target is not a web address.
    #[error("the address to send the browser to is not a web address")]
    BadLocation,
    /// `RelayState` is longer than the 80 bytes of SAML bindings 3.4.3.
    #[error("the relay state is longer than 80 bytes")]
    RelayStateTooLong,
    /// Not base64.
    #[error("the message is not base64")]
    NotBase64,
    /// Not DEFLATE, or not UTF-8 inside.
    #[error("the message is not compressed text")]
    NotDeflate,
    /// Larger than [`MAX_MESSAGE_BYTES`] when unpacked.
    #[error("the message is larger than {MAX_MESSAGE_BYTES} bytes")]
    TooLarge,
    /// The key could not sign.
    #[error("the message could not be signed with this key")]
    CannotSign,
}

/// The URL that carries `xml` by the redirect binding as `parameter` (`SAMLRequest` or `SAMLResponse`), signed
/// when there is a key (bindings 3.4.4.1: parameter, `RelayState`, `SigAlg`, `Signature`, in this order).
pub fn redirect_url(
    location: &str,
    parameter: &str,
    xml: &str,
    relay_state: Option<&str>,
    signer: Option<&SignerKey>,
) -> Result<String, BindingError> {
    if relay_state.is_some_and(|state| state.len() > 80) {
        return Err(BindingError::RelayStateTooLong);
    }
    answer_url(location, parameter, xml, relay_state, signer)
}

/// The same for an answer: the other side's relay state goes back as it came, however long it is (bindings 3.4.3).
pub fn answer_url(
    location: &str,
    parameter: &str,
    xml: &str,
    relay_state: Option<&str>,
    signer: Option<&SignerKey>,
) -> Result<String, BindingError> {
    let url = Url::parse(location).map_err(|_| BindingError::BadLocation)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BindingError::BadLocation);
    }
    let mut query = format!("{parameter}={}", encode(&STANDARD.encode(deflate(xml))));
    if let Some(state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&encode(state));
    }
    if let Some(signer) = signer {
        query.push_str("&SigAlg=");
        query.push_str(&encode(signer.algorithm().uri()));
        let signature = sign_bytes(signer, query.as_bytes())?;
        query.push_str("&Signature=");
        query.push_str(&encode(&STANDARD.encode(signature)));
    }
    let (base, fragment) = location.split_once('#').map_or((location, ""), |(base, f)| (base, f));
    let joint = match base.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, existing)) if existing.ends_with('&') => "",
        Some(_) => "&",
    };
    let tail = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    Ok(format!("{base}{joint}{query}{tail}"))
}

/// The form value that carries `xml` by the POST binding.
pub fn post_value(xml: &str) -> String {
    STANDARD.encode(xml)
}

/// Unpacks a message of the redirect binding, never to more than [`MAX_MESSAGE_BYTES`] (CVE-2025-25293).
pub fn inflate(value: &str) -> Result<String, BindingError> {
    let compact: String = value.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let packed = STANDARD.decode(compact).map_err(|_| BindingError::NotBase64)?;
    let limit = u64::try_from(MAX_MESSAGE_BYTES).unwrap_or(u64::MAX);
    let mut out = Vec::new();
    DeflateDecoder::new(packed.as_slice())
        .take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|_| BindingError::NotDeflate)?;
    if out.len() > MAX_MESSAGE_BYTES {
        return Err(BindingError::TooLarge);
    }
    String::from_utf8(out).map_err(|_| BindingError::NotDeflate)
}

thread_local! {
    /// Making one costs a quarter of a megabyte of zeros, more than the packing of a message.
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// Packs a message for the redirect binding (raw DEFLATE, RFC 1951).
fn deflate(xml: &str) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        // Room for a message that cannot be packed at all, so that one call takes everything.
        let mut out = Vec::with_capacity(xml.len() + xml.len() / 8 + 64);
        let packed = packer.compress_vec(xml.as_bytes(), &mut out, FlushCompress::Finish);
        debug_assert!(matches!(packed, Ok(flate2::Status::StreamEnd)), "there is room for everything");
        out
    })
}

fn sign_bytes(signer: &SignerKey, data: &[u8]) -> Result<Vec<u8>, BindingError> {
    let key = signer.key().to_signing_key().ok().flatten().ok_or(BindingError::CannotSign)?;
    let algorithm = sign::from_uri(signer.algorithm().uri()).map_err(|_| BindingError::CannotSign)?;
    algorithm.sign(&key, data).map_err(|_| BindingError::CannotSign)
}

fn encode(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect()
}
