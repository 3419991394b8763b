//! Reading an `AuthnRequest` that a browser brought.

use super::IdpError;
use crate::binding::{BindingError, inflate};
use crate::names::{SAML, SAMLP};
use crate::validate::decode_message;
use crate::xml::Tree;

/// An `AuthnRequest` as the provider received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The request's id, for `InResponseTo`.
    pub id: String,
    /// Who asks: the service provider's entity id.
    pub issuer: String,
    /// Where the answer is to go, if the request says so.
    pub acs_url: Option<String>,
    /// The name identifier format asked for.
    pub name_id_format: Option<String>,
    /// Whether the person must sign in again.
    pub force_authn: bool,
}

/// Reads the `SAMLRequest` parameter of the redirect binding (percent-decoded).
pub fn receive_redirect(value: &str) -> Result<ReceivedRequest, IdpError> {
    read(&inflate(value)?)
}

/// Reads the `SAMLRequest` form value of the POST binding.
pub fn receive_post(value: &str) -> Result<ReceivedRequest, IdpError> {
    read(&decode_message(value.as_bytes()).map_err(|_| BindingError::NotBase64)?)
}

fn read(xml: &str) -> Result<ReceivedRequest, IdpError> {
    let tree = Tree::parse(xml, 1000).map_err(|fault| IdpError::NotARequest(format!("{fault:?}")))?;
    let root = tree.root();
    if !tree.is(root, SAMLP, "AuthnRequest") {
        return Err(IdpError::NotARequest(tree.name(root)));
    }
    let missing = |what: &str| IdpError::NotARequest(format!("{what} is missing"));
    let issuer = tree.one(root, SAML, "Issuer").ok().flatten().and_then(|node| tree.text(node));
    let policy = tree.one(root, SAMLP, "NameIDPolicy").ok().flatten();
    Ok(ReceivedRequest {
        id: tree.attr(root, "ID").ok_or_else(|| missing("ID"))?.to_owned(),
        issuer: issuer.filter(|text| !text.is_empty()).ok_or_else(|| missing("Issuer"))?,
        acs_url: tree.attr(root, "AssertionConsumerServiceURL").map(str::to_owned),
        name_id_format: policy.and_then(|node| tree.attr(node, "Format")).map(str::to_owned),
        force_authn: matches!(tree.attr(root, "ForceAuthn"), Some("true" | "1")),
    })
}
