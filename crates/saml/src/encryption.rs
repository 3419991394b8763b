//! Reading an encrypted assertion.
//!
//! Owns: finding the wrapped key and the ciphertext by exact position, the algorithm list, and one answer
//! for every failure (CVE-2011-1096, CVE-2011-2487). RSA-OAEP is the only key transport; AES-GCM is
//! preferred, AES-CBC is read because large providers still default to it, and then nothing about the
//! plaintext is told before a signature over it, or around it, has verified.
//! Does not own: the ciphers, which are the library's, or what the assertion says.

use crate::keys::DecryptionKey;
use crate::names::{DS, XENC, XENC11, dsig, xmlenc};
use crate::oaep;
use crate::rejection::{Code, Rejection};
use crate::text::{compact_base64, normalize};
use crate::xml::Tree;
use bergshamra::crypto::cipher;
use bergshamra::crypto::keytransport::{OaepParams, from_uri_with_params};
use uppsala::NodeId;

/// How many wrapped keys of one message are tried.
const MAX_WRAPPED_KEYS: usize = 8;

/// The hashes of RSA-OAEP, each with the mask generation function of the same hash.
const MASKS: [(&str, &str); 4] = [
    (dsig::SHA1, xmlenc::MGF1_SHA1),
    (dsig::SHA256, xmlenc::MGF1_SHA256),
    (dsig::SHA384, xmlenc::MGF1_SHA384),
    (dsig::SHA512, xmlenc::MGF1_SHA512),
];

/// What came out of an `EncryptedAssertion`, `EncryptedID` or the like.
pub(crate) struct Decrypted {
    /// The plaintext inside an element that declares every namespace that was in scope.
    pub(crate) xml: String,
    /// Whether the cipher itself vouches that nobody changed the ciphertext (AES-GCM).
    pub(crate) authenticated: bool,
}

/// Decrypts the one `EncryptedData` inside `holder`.
pub(crate) fn decrypt(
    tree: &Tree<'_>,
    holder: NodeId,
    keys: &[DecryptionKey],
) -> Result<Decrypted, Rejection> {
    let Ok(Some(data)) = tree.one(holder, XENC, "EncryptedData") else {
        return Err(unsupported("the encrypted part must hold one EncryptedData"));
    };
    match tree.attr(data, "Type") {
        None | Some(xmlenc::TYPE_ELEMENT) => {}
        Some(_) => return Err(unsupported("EncryptedData must hold one element")),
    }
    let method = encryption_method(tree, data)?;
    let (key_length, authenticated) = content_cipher(method)?;
    let wrapped = wrapped_keys(tree, holder, data)?;
    let transports = wrapped.iter().map(|key| transport(tree, *key)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(Rejection::new(
            Code::DecryptionKeyMissing,
            "The assertion is encrypted and there is no key to read it. Switch assertion encryption off at the \
             identity provider, or load our metadata there again.",
        ));
    }
    let ciphertext = cipher_value(tree, data)?;
    let content = cipher::from_uri(method).map_err(|_| failed())?;
    for transport in &transports {
        for key in keys {
            let Some(session) = transport.unwrap(key).find(|session| session.len() == key_length) else {
                continue;
            };
            let plain = content.decrypt(&session, &ciphertext).map_err(|_| failed())?;
            let plain = String::from_utf8(plain).map_err(|_| failed())?;
            return Ok(Decrypted { xml: in_scope(tree, holder, &normalize(plain)), authenticated });
        }
    }
    Err(failed())
}

/// The one answer to whatever went wrong inside the ciphertext.
pub(crate) fn failed() -> Rejection {
    Rejection::new(
        Code::DecryptionFailed,
        "The encrypted assertion could not be read. Load our metadata at the identity provider again, so that \
         it encrypts for our present certificate; if that does not help, the message was changed on the way.",
    )
}

/// `Algorithm` of the one `EncryptionMethod`.
fn encryption_method<'t>(tree: &'t Tree<'_>, node: NodeId) -> Result<&'t str, Rejection> {
    let method = match tree.one(node, XENC, "EncryptionMethod") {
        Ok(Some(method)) => tree.attr(method, "Algorithm"),
        _ => None,
    };
    method.ok_or_else(|| unsupported("EncryptionMethod is missing"))
}

/// The key length in bytes of a content cipher, and whether it authenticates.
fn content_cipher(algorithm: &str) -> Result<(usize, bool), Rejection> {
    match algorithm {
        xmlenc::AES128_GCM => Ok((16, true)),
        xmlenc::AES192_GCM => Ok((24, true)),
        xmlenc::AES256_GCM => Ok((32, true)),
        xmlenc::AES128_CBC => Ok((16, false)),
        xmlenc::AES192_CBC => Ok((24, false)),
        xmlenc::AES256_CBC => Ok((32, false)),
        other => Err(forbidden(xmlenc::AES256_GCM, other)),
    }
}

/// The `EncryptedKey` elements: inside the data's `KeyInfo`, or beside the data in the same holder (SAML core
/// 2.3.4 allows both; `RetrievalMethod` then points from one to the other).
fn wrapped_keys(tree: &Tree<'_>, holder: NodeId, data: NodeId) -> Result<Vec<NodeId>, Rejection> {
    let mut found = Vec::new();
    if let Ok(Some(info)) = tree.one(data, DS, "KeyInfo") {
        found.extend(tree.all(info, XENC, "EncryptedKey"));
    }
    found.extend(tree.all(holder, XENC, "EncryptedKey"));
    if found.is_empty() || found.len() > MAX_WRAPPED_KEYS {
        return Err(unsupported("the encrypted part must carry its wrapped key"));
    }
    Ok(found)
}

/// How one key was wrapped, and the wrapped bytes.
struct Transport {
    digest: String,
    /// Masks that it may have been wrapped with, the likeliest first.
    masks: Vec<String>,
    label: Option<Vec<u8>>,
    wrapped: Vec<u8>,
}

impl Transport {
    /// What comes out with this key, mask by mask.
    fn unwrap(&self, key: &DecryptionKey) -> impl Iterator<Item = Vec<u8>> {
        self.masks.iter().filter_map(|mask| {
            if !is_own_mask(&self.digest, mask) {
                return oaep::unwrap(key.raw(), (&self.digest, mask), self.label.as_deref(), &self.wrapped);
            }
            let params = OaepParams {
                digest_uri: Some(self.digest.clone()),
                mgf_uri: Some(mask.clone()),
                oaep_params: self.label.clone(),
            };
            let private = key.key().software_key().ok().flatten()?;
            let transport = from_uri_with_params(xmlenc::RSA_OAEP, params).ok()?;
            transport.decrypt(&private, &self.wrapped).ok()
        })
    }
}

/// Whether the mask is made with the digest's own hash.
fn is_own_mask(digest: &str, mask: &str) -> bool {
    MASKS.contains(&(digest, mask))
}

/// The key transport of one `EncryptedKey`.
fn transport(tree: &Tree<'_>, wrapped: NodeId) -> Result<Transport, Rejection> {
    let algorithm = encryption_method(tree, wrapped)?;
    if algorithm != xmlenc::RSA_OAEP_MGF1P && algorithm != xmlenc::RSA_OAEP {
        return Err(forbidden(xmlenc::RSA_OAEP_MGF1P, algorithm));
    }
    let Ok(Some(method)) = tree.one(wrapped, XENC, "EncryptionMethod") else {
        return Err(unsupported("EncryptionMethod is missing"));
    };
    let parameter = |ns, local| match tree.one(method, ns, local) {
        Ok(Some(node)) => tree.attr(node, "Algorithm").map(str::to_owned),
        _ => None,
    };
    let digest = parameter(DS, "DigestMethod").unwrap_or_else(|| dsig::SHA1.to_owned());
    let Some((_, own_mgf)) = MASKS.iter().find(|(known, _)| *known == digest) else {
        return Err(forbidden_transport(algorithm, &digest));
    };
    // Where no mask is named, XML Encryption 1.1, 5.5.2 has SHA-1, as Java does it; others mask with the digest's own
    // hash. Both are tried, and what fits neither fails as everything does.
    let named = parameter(XENC11, "MGF").filter(|_| algorithm == xmlenc::RSA_OAEP);
    let masks = match named {
        Some(mask) if mask == *own_mgf || oaep::is_known(&digest, &mask) => vec![mask],
        Some(mask) => return Err(forbidden_transport(algorithm, &format!("{digest} and {mask}"))),
        None if digest == dsig::SHA1 => vec![(*own_mgf).to_owned()],
        None => vec![(*own_mgf).to_owned(), xmlenc::MGF1_SHA1.to_owned()],
    };
    let label = match tree.one(method, XENC, "OAEPparams") {
        Ok(Some(node)) => Some(base64_text(tree, node)?).filter(|label| !label.is_empty()),
        Ok(None) => None,
        Err(_) => return Err(unsupported("OAEPparams stands twice")),
    };
    Ok(Transport { digest, masks, label, wrapped: cipher_value(tree, wrapped)? })
}

/// The bytes of `CipherData/CipherValue`; a reference to elsewhere is refused.
fn cipher_value(tree: &Tree<'_>, node: NodeId) -> Result<Vec<u8>, Rejection> {
    let value = match tree.one(node, XENC, "CipherData") {
        Ok(Some(data)) => tree.one(data, XENC, "CipherValue").ok().flatten(),
        _ => None,
    };
    base64_text(tree, value.ok_or_else(|| unsupported("CipherValue is missing"))?)
}

fn base64_text(tree: &Tree<'_>, node: NodeId) -> Result<Vec<u8>, Rejection> {
    let text = tree.text(node).ok_or_else(failed)?;
    compact_base64(&text).ok_or_else(failed)
}

/// The plaintext in an element of no namespace that declares what was in scope at `holder`: some providers
/// encrypt an element without the declarations that its prefixes need.
fn in_scope(tree: &Tree<'_>, holder: NodeId, plain: &str) -> String {
    let mut plain = plain.trim_start_matches('\u{feff}').trim_start();
    if let Some((_, after)) = plain.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) {
        plain = after;
    }
    let mut out = String::with_capacity(plain.len() + 512);
    out.push_str("<decrypted");
    for (prefix, uri) in tree.namespaces_in_scope(holder) {
        match prefix.as_str() {
            "" => crate::write::attr(&mut out, "xmlns", &uri),
            "xml" | "xmlns" => {}
            prefix => crate::write::attr(&mut out, &format!("xmlns:{prefix}"), &uri),
        }
    }
    out.push('>');
    out.push_str(plain);
    out.push_str("</decrypted>");
    out
}

fn unsupported(what: &str) -> Rejection {
    Rejection::new(
        Code::MalformedMessage,
        format!("The assertion is encrypted in a way that cannot be read: {what}."),
    )
}

fn forbidden_transport(algorithm: &str, with: &str) -> Rejection {
    forbidden(xmlenc::RSA_OAEP_MGF1P, &format!("{algorithm} with {with}"))
}

fn forbidden(expected: &str, received: &str) -> Rejection {
    Rejection::new(
        Code::AlgorithmForbidden,
        "The assertion is encrypted with an algorithm that is not accepted. Choose AES-256-GCM (or AES-256) \
         with RSA-OAEP at the identity provider, or switch assertion encryption off.",
    )
    .expected(expected)
    .received(received)
}
