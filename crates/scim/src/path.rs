//! Owns attribute paths (RFC 7644 §3.10): from the text a client sends, in any case and with any
//! known URN before it, to the canonical place in a resource. Does not own value filters: those
//! are in `filter`, and both together make the path of a PATCH operation.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::schema::{Attribute, ResourceType, is_urn};

/// A canonical path to an attribute or sub-attribute, bound to its definition where there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct AttrPath {
    /// The URN of the extension that holds the attribute; `None` at the top of the resource.
    pub extension: Option<Cow<'static, str>>,
    /// The canonical name; empty when the path names a whole extension.
    pub name: Cow<'static, str>,
    /// The canonical name of the sub-attribute.
    pub sub: Option<Cow<'static, str>>,
    pub(crate) def: Option<&'static Attribute>,
    pub(crate) sub_def: Option<&'static Attribute>,
}

impl AttrPath {
    /// Reads `name`, `name.sub`, `URN:name.sub` or the URN of an extension alone. The error is a
    /// sentence without position.
    pub(crate) fn parse(text: &str, kind: &'static ResourceType) -> Result<Self, String> {
        if !is_urn(text) {
            return Self::within(None, text, |name| kind.attribute(name));
        }
        if let Some((schema, rest)) = kind.split_urn(text) {
            let core = schema.id == kind.schema.id;
            let extension = if core { None } else { Some(Cow::Borrowed(schema.id)) };
            if rest.is_empty() {
                return if core {
                    Err(format!("“{text}” names the whole resource; an attribute was expected after it"))
                } else {
                    Ok(Self::extension(Cow::Borrowed(schema.id)))
                };
            }
            return Self::within(extension, rest, |name| {
                if core { kind.attribute(name) } else { crate::schema::find(schema.attributes, name) }
            });
        }
        match text.rsplit_once(':') {
            // An unknown extension ends in the name of the resource type when it stands alone.
            Some((_, last)) if last.eq_ignore_ascii_case(kind.name) => {
                Ok(Self::extension(Cow::Owned(text.to_owned())))
            }
            // `urn:example:2.0:User.plan`, as older jobs of Entra write it.
            Some((_, last)) if let Some(rest) = after_name(last, kind.name) => {
                let urn = text[..text.len() - rest.len() - 1].to_owned();
                Self::within(Some(Cow::Owned(urn)), rest, |_| None)
            }
            // `id:x` is no extension called `id`.
            Some((name, _)) if kind.attribute(name).is_some() => {
                Err(format!("“{text}” is not an attribute path; “{name}” is an attribute, not a schema"))
            }
            Some((urn, rest)) => Self::within(Some(Cow::Owned(urn.to_owned())), rest, |_| None),
            None => Err(format!("“{text}” is not an attribute path")),
        }
    }

    /// Reads the name of a sub-attribute inside the brackets of a value path.
    pub(crate) fn relative(text: &str, parent: Option<&'static Attribute>) -> Result<Self, String> {
        if is_urn(text) || text.contains('.') {
            return Err(format!("“{text}” is not the name of a sub-attribute, which is what brackets hold"));
        }
        Self::within(None, text, |name| parent.and_then(|parent| parent.sub_attribute(name)))
    }

    /// The path of a whole extension.
    pub(crate) fn extension(urn: Cow<'static, str>) -> Self {
        Self { extension: Some(urn), name: Cow::Borrowed(""), sub: None, def: None, sub_def: None }
    }

    fn within(
        extension: Option<Cow<'static, str>>,
        text: &str,
        lookup: impl FnOnce(&str) -> Option<&'static Attribute>,
    ) -> Result<Self, String> {
        let (name, sub) = match text.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (text, None),
        };
        check_name(name)?;
        let def = lookup(name);
        let mut path = Self {
            extension,
            name: def.map_or_else(|| Cow::Owned(name.to_owned()), |def| Cow::Borrowed(def.name)),
            sub: None,
            def,
            sub_def: None,
        };
        if let Some(sub) = sub {
            path.set_sub(sub)?;
        }
        Ok(path)
    }

    /// Adds the sub-attribute that follows a name or a closing bracket.
    pub(crate) fn set_sub(&mut self, sub: &str) -> Result<(), String> {
        check_name(sub)?;
        if let Some(def) = self.def.filter(|def| def.sub.is_empty()) {
            return Err(format!("“{}” has no sub-attributes, so “{sub}” cannot be one", def.name));
        }
        self.sub_def = self.def.and_then(|def| def.sub_attribute(sub));
        self.sub =
            Some(self.sub_def.map_or_else(|| Cow::Owned(sub.to_owned()), |def| Cow::Borrowed(def.name)));
        Ok(())
    }

    /// Points at `.value` when the path names a complex attribute whose main value that is.
    pub(crate) fn default_to_value(&mut self) {
        if self.sub.is_none() && self.def.is_some_and(Attribute::has_value) {
            self.sub = Some(Cow::Borrowed("value"));
            self.sub_def = self.def.and_then(|def| def.sub_attribute("value"));
        }
    }

    /// The definition of what the path ends in; `None` for unknown attributes.
    pub(crate) fn leaf(&self) -> Option<&'static Attribute> {
        if self.sub.is_some() { self.sub_def } else { self.def }
    }

    /// Whether it is the top-level attribute of this (canonical) name, or a part of it.
    pub(crate) fn starts_at(&self, name: &str) -> bool {
        self.extension.is_none() && self.name == name
    }

    /// Whether it is `meta.lastModified`.
    pub(crate) fn is_last_modified(&self) -> bool {
        self.starts_at("meta") && self.sub.as_deref() == Some("lastModified")
    }

    /// The value of the attribute (not of the sub-attribute); of the extension if it is that.
    pub(crate) fn attribute_in<'a>(&self, resource: &'a Map<String, Value>) -> Option<&'a Value> {
        let Some(urn) = &self.extension else { return lookup(resource, &self.name, self.def.is_some()) };
        let extension = lookup(resource, urn, matches!(urn, Cow::Borrowed(_)))?;
        if self.name.is_empty() {
            return Some(extension);
        }
        lookup(extension.as_object()?, &self.name, self.def.is_some())
    }
}

impl fmt::Debug for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttrPath({self})")
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.extension {
            f.write_str(urn)?;
            if !self.name.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.name)?;
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// Looks a key up; names that no schema knows are looked up in any case.
pub(crate) fn lookup<'a>(map: &'a Map<String, Value>, key: &str, canonical: bool) -> Option<&'a Value> {
    match map.get(key) {
        None if !canonical => {
            map.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
        }
        found => found,
    }
}

/// The spelling under which the map already has a key that no schema knows, or the one given.
pub(crate) fn spelling(map: &Map<String, Value>, key: &str) -> String {
    if map.contains_key(key) {
        return key.to_owned();
    }
    map.keys().find(|name| name.eq_ignore_ascii_case(key)).map_or_else(|| key.to_owned(), Clone::clone)
}

/// What follows the name of a resource type and a dot.
fn after_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = text.split_once('.')?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

/// ATTRNAME of RFC 7643 §2.1: a letter, then letters, digits, `-` and `_`; `$ref` is one as well.
fn check_name(name: &str) -> Result<(), String> {
    let good = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'$');
    match name.as_bytes() {
        [] => Err("an attribute name was expected".to_owned()),
        [first, rest @ ..]
            if (first.is_ascii_alphabetic() || *first == b'$') && rest.iter().all(|c| good(*c)) =>
        {
            Ok(())
        }
        _ => Err(format!("“{name}” is not an attribute name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ENTERPRISE_URN, USER};

    fn path(text: &str) -> AttrPath {
        AttrPath::parse(text, &USER).unwrap()
    }

    #[test]
    fn an_attribute_with_a_colon_is_no_extension() {
        for text in ["id:i", "ID:i", "schemas:x", "meta:y", "emails:z", "externalId:a.b"] {
            assert!(AttrPath::parse(text, &USER).is_err(), "{text}");
        }
        assert!(AttrPath::parse("urn:example:custom:part", &USER).is_ok());
    }

    #[test]
    fn names_become_canonical() {
        assert_eq!(path("USERNAME").to_string(), "userName");
        assert_eq!(path("NAME.GIVENNAME").to_string(), "name.givenName");
        assert_eq!(
            path("urn:ietf:params:scim:schemas:core:2.0:User:emails.VALUE").to_string(),
            "emails.value"
        );
        assert_eq!(
            path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:Manager.Value").to_string(),
            format!("{ENTERPRISE_URN}:manager.value")
        );
        assert_eq!(path("shoeSize.left").to_string(), "shoeSize.left");
    }

    #[test]
    fn extensions_stand_alone_or_before_an_attribute() {
        assert_eq!(path(ENTERPRISE_URN).name, "");
        let custom = path("urn:example:params:2.0:User");
        assert_eq!((custom.extension.as_deref(), &*custom.name), (Some("urn:example:params:2.0:User"), ""));
        let custom = path("urn:example:params:2.0:User:badge.colour");
        assert_eq!(custom.extension.as_deref(), Some("urn:example:params:2.0:User"));
        assert_eq!((&*custom.name, custom.sub.as_deref()), ("badge", Some("colour")));
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence() {
        for bad in ["", ".", "a.", ".a", "9lives", "a b", "name.first.last", "userName.x", "urn:", "é"] {
            assert!(AttrPath::parse(bad, &USER).is_err(), "{bad}");
        }
        assert!(AttrPath::parse("urn:ietf:params:scim:schemas:core:2.0:User", &USER).is_err());
    }
}
