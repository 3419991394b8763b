//! Signing what we send: an enveloped XML signature right after `Issuer`, where the schema has it.
//!
//! Owns: the signature template and where it goes. Does not own: canonicalisation and cryptography, which are
//! the library's, or verifying.

use crate::guard::is_id;
use crate::keys::SignerKey;
use crate::names::{DS, EXC_C14N, dsig};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::{DsigContext, KeysManager};

/// Why an element cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The document has no such element with an `Issuer`, or the id is not a plain one.
    #[error("there is no element with this id and an Issuer to sign")]
    NoElement,
    /// The key could not sign.
    #[error("the message could not be signed: {0}")]
    Key(String),
}

/// The choices in a signature's shape that real providers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style<'a> {
    /// The prefix of the signature's namespace; empty makes it the default namespace.
    pub prefix: &'a str,
    /// The canonicalisation of `SignedInfo`.
    pub c14n: &'a str,
    /// The digest algorithm.
    pub digest: &'a str,
    /// `PrefixList` of the reference's exclusive canonicalisation.
    pub inclusive_prefixes: Option<&'a str>,
    /// Whether the certificate travels in `KeyInfo`.
    pub with_certificate: bool,
}

impl Default for Style<'_> {
    fn default() -> Self {
        Self {
            prefix: "ds",
            c14n: EXC_C14N,
            digest: dsig::SHA256,
            inclusive_prefixes: None,
            with_certificate: true,
        }
    }
}

/// An empty enveloped signature over the element with this id, for [`fill_signature`].
fn template(id: &str, signer: &SignerKey, style: Style<'_>) -> String {
    let (p, xmlns) = match style.prefix {
        "" => (String::new(), "xmlns".to_owned()),
        prefix => (format!("{prefix}:"), format!("xmlns:{prefix}")),
    };
    let prefixes = style.inclusive_prefixes.map_or_else(String::new, |list| {
        format!(
            "<ec:InclusiveNamespaces xmlns:ec=\"{EXC_C14N}\" PrefixList=\"{list}\"></ec:InclusiveNamespaces>"
        )
    });
    let key_info = if style.with_certificate {
        let cert = STANDARD.encode(signer.cert_der());
        format!(
            "<{p}KeyInfo><{p}X509Data><{p}X509Certificate>{cert}</{p}X509Certificate></{p}X509Data></{p}KeyInfo>"
        )
    } else {
        String::new()
    };
    let mut uri = String::from("#");
    crate::write::push(&mut uri, format_args!("{}", crate::write::Escaped(id)));
    format!(
        "<{p}Signature {xmlns}=\"{DS}\"><{p}SignedInfo><{p}CanonicalizationMethod Algorithm=\"{c14n}\"/>\
         <{p}SignatureMethod Algorithm=\"{method}\"/><{p}Reference URI=\"{uri}\"><{p}Transforms>\
         <{p}Transform Algorithm=\"{enveloped}\"/><{p}Transform Algorithm=\"{EXC_C14N}\">{prefixes}</{p}Transform>\
         </{p}Transforms><{p}DigestMethod Algorithm=\"{digest}\"/><{p}DigestValue></{p}DigestValue></{p}Reference>\
         </{p}SignedInfo><{p}SignatureValue></{p}SignatureValue>{key_info}</{p}Signature>",
        c14n = style.c14n,
        method = signer.algorithm().uri(),
        enveloped = dsig::ENVELOPED,
        digest = style.digest,
    )
}

/// Signs the element with this `ID`: the signature goes after its `Issuer`.
///
/// Inner elements are signed before the elements around them.
pub fn sign_element(xml: &str, id: &str, signer: &SignerKey, style: Style<'_>) -> Result<String, SignError> {
    if !is_id(id) {
        return Err(SignError::NoElement);
    }
    let start = xml.find(&format!("ID=\"{id}\"")).ok_or(SignError::NoElement)?;
    let after = |from: usize, what: &str| {
        xml[from..].find(what).map(|at| from + at + what.len()).ok_or(SignError::NoElement)
    };
    let issuer_end = after(after(after(start, "Issuer")?, "</")?, ">")?;
    let template = template(id, signer, style);
    fill(&format!("{}{template}{}", &xml[..issuer_end], &xml[issuer_end..]), signer)
}

/// Fills the first empty signature template of a document.
pub(crate) fn fill(xml: &str, signer: &SignerKey) -> Result<String, SignError> {
    let mut keys = KeysManager::new();
    keys.add_key(signer.key().clone());
    bergshamra::sign(&DsigContext::new(keys), xml).map_err(|error| SignError::Key(error.to_string()))
}
