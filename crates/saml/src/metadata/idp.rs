//! Reading the metadata of an identity provider.
//!
//! Owns: finding the one `IDPSSODescriptor` in what providers really publish: AD FS with its WS-Federation
//! roles, aggregates, several certificates, keys without a `use`. Does not own: what is not SAML 2.0.

use super::{Endpoint, IdpMetadata, MetadataError, diagnose, web_address};
use crate::keys::{KeyError, SigningKey, certificate_der};
use crate::names::{DS, MD, SAMLP, binding_uri};
use crate::time;
use crate::xml::Tree;
use jiff::{SignedDuration, Timestamp};
use uppsala::NodeId;

/// Reads the metadata of one identity provider.
///
/// `chosen_entity_id` picks from an aggregate; without it a file that describes several is
/// [`MetadataError::Several`], which lists them. `now` decides which certificates are flagged as expired and
/// whether the metadata itself has ended.
pub fn parse_idp_metadata(
    xml: &str,
    chosen_entity_id: Option<&str>,
    now: Timestamp,
) -> Result<IdpMetadata, MetadataError> {
    let text = diagnose::before_parsing(xml)?;
    let tree = Tree::parse(text, usize::MAX).map_err(diagnose::fault)?;
    let entity = choose(&tree, chosen_entity_id)?;
    let entity_id = entity_id(&tree, entity)?;
    let role = role(&tree, entity).ok_or_else(|| diagnose::without_role(&tree, entity, &entity_id))?;

    let valid_until = valid_until(&tree, role);
    if let Some(until) = valid_until.filter(|until| *until <= now) {
        return Err(MetadataError::Ended { until });
    }
    let sso = endpoints(&tree, role, "SingleSignOnService")?;
    if !sso.iter().any(|e| e.binding == binding_uri::REDIRECT || e.binding == binding_uri::POST) {
        return Err(MetadataError::NoSsoEndpoint);
    }
    Ok(IdpMetadata {
        signing_keys: signing_keys(&tree, role, now)?,
        slo: endpoints(&tree, role, "SingleLogoutService")?,
        want_authn_requests_signed: matches!(
            tree.attr(role, "WantAuthnRequestsSigned").map(str::trim),
            Some("true" | "1")
        ),
        name_id_formats: tree.all(role, MD, "NameIDFormat").filter_map(|node| tree.text(node)).collect(),
        entity_id,
        sso,
        valid_until,
        cache_duration: cache_duration(&tree, role),
    })
}

/// The entity that is meant: the chosen one, or the only one that is an identity provider.
fn choose(tree: &Tree<'_>, chosen: Option<&str>) -> Result<NodeId, MetadataError> {
    let root = tree.root();
    let entities: Vec<NodeId> = if tree.is(root, MD, "EntityDescriptor") {
        vec![root]
    } else if tree.is(root, MD, "EntitiesDescriptor") {
        tree.every_element().filter(|node| tree.is(*node, MD, "EntityDescriptor")).collect()
    } else {
        return Err(diagnose::foreign_root(tree));
    };
    let providers: Vec<NodeId> = entities.iter().copied().filter(|e| role(tree, *e).is_some()).collect();
    let ids = || providers.iter().filter_map(|e| tree.attr(*e, "entityID")).map(str::to_owned).collect();
    if let Some(chosen) = chosen.map(str::trim) {
        let mut named = entities.iter().copied().filter(|e| tree.attr(*e, "entityID") == Some(chosen));
        return match (named.next(), named.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(MetadataError::NotFound { chosen: chosen.to_owned(), entity_ids: ids() }),
        };
    }
    match (providers.as_slice(), entities.as_slice()) {
        ([one], _) | ([], [one, ..]) => Ok(*one),
        ([], []) => Err(MetadataError::NotMetadata { root: "an empty EntitiesDescriptor".to_owned() }),
        _ => Err(MetadataError::Several { entity_ids: ids() }),
    }
}

fn entity_id(tree: &Tree<'_>, entity: NodeId) -> Result<String, MetadataError> {
    let id = tree.attr(entity, "entityID").map_or("", str::trim);
    if id.is_empty() { Err(MetadataError::NoEntityId) } else { Ok(id.to_owned()) }
}

/// The first `IDPSSODescriptor` that speaks SAML 2.0.
fn role(tree: &Tree<'_>, entity: NodeId) -> Option<NodeId> {
    tree.all(entity, MD, "IDPSSODescriptor").find(|role| {
        tree.attr(*role, "protocolSupportEnumeration")
            .is_none_or(|protocols| protocols.split_whitespace().any(|protocol| protocol == SAMLP))
    })
}

/// The earliest `validUntil` of the role and everything around it. An unreadable one is passed over: it
/// bounds caching, not trust.
fn valid_until(tree: &Tree<'_>, role: NodeId) -> Option<Timestamp> {
    std::iter::successors(Some(role), |node| tree.parent(*node))
        .filter_map(|node| time::parse(tree.attr(node, "validUntil")?.trim()))
        .min()
}

/// The shortest `cacheDuration` of the role and everything around it; an unreadable one is passed over.
fn cache_duration(tree: &Tree<'_>, role: NodeId) -> Option<SignedDuration> {
    std::iter::successors(Some(role), |node| tree.parent(*node))
        .filter_map(|node| time::parse_duration(tree.attr(node, "cacheDuration")?.trim()))
        .min()
}

fn endpoints(tree: &Tree<'_>, role: NodeId, local: &str) -> Result<Vec<Endpoint>, MetadataError> {
    let mut out = Vec::new();
    for node in tree.all(role, MD, local) {
        let binding = tree.attr(node, "Binding").map_or("", str::trim);
        let location = tree.attr(node, "Location").map_or("", str::trim);
        // SOAP and artifact endpoints are kept as written: nobody is sent there.
        let location = match binding {
            binding_uri::REDIRECT | binding_uri::POST => web_address(location)?,
            _ => location.to_owned(),
        };
        let response_location = tree.attr(node, "ResponseLocation").map(web_address).transpose()?;
        out.push(Endpoint { binding: binding.to_owned(), location, response_location });
    }
    Ok(out)
}

/// The certificates for signing: `use="signing"` or no `use` at all (SAML metadata 2.4.1.1).
///
/// One that cannot be used is passed over while another can; each key counts once.
fn signing_keys(tree: &Tree<'_>, role: NodeId, now: Timestamp) -> Result<Vec<SigningKey>, MetadataError> {
    let mut keys: Vec<SigningKey> = Vec::new();
    let mut first_refusal: Option<KeyError> = None;
    let mut encryption_only = false;
    for descriptor in tree.all(role, MD, "KeyDescriptor") {
        match tree.attr(descriptor, "use").map(str::trim) {
            None | Some("" | "signing") => {}
            Some(_) => {
                encryption_only = true;
                continue;
            }
        }
        for key_info in tree.all(descriptor, DS, "KeyInfo") {
            for data in tree.all(key_info, DS, "X509Data") {
                for certificate in tree.all(data, DS, "X509Certificate") {
                    let text = tree.text(certificate).unwrap_or_default();
                    match certificate_der(&text).and_then(|der| SigningKey::from_der(&der, now)) {
                        Ok(key) if keys.contains(&key) => {}
                        Ok(key) => keys.push(key),
                        Err(error) => first_refusal = first_refusal.or(Some(error)),
                    }
                }
            }
        }
    }
    match (keys.is_empty(), first_refusal) {
        (false, _) => Ok(keys),
        (true, Some(reason)) => Err(MetadataError::UnusableKeys { reason }),
        (true, None) if encryption_only => Err(MetadataError::EncryptionKeyOnly),
        (true, None) => Err(MetadataError::NoSigningKey),
    }
}
