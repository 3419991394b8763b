//! Owns what an attribute is (RFC 7643 §2 and §7) and where a name leads in a resource type.
//! The definitions themselves are in `user`, `group` and `meta`; their JSON form in `discovery`.

mod common;
pub mod discovery;
mod group;
mod meta;
mod test;
mod user;

pub use common::COMMON;
pub use group::{CORE_GROUP, GROUP};
pub use test::{CORE_TEST, TEST};
pub use user::{CORE_USER, ENTERPRISE_USER, FRONTDESK_USER, USER};

/// URN of the core user schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the enterprise extension of the user.
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of Frontdesk's own extension of the user: what no core attribute can hold.
pub const FRONTDESK_URN: &str = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";

/// URN of the schema of `/TestResources`.
pub const TEST_URN: &str = "urn:ietf:params:scim:schemas:frontdesk:2.0:TestResource";

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// RFC 3339 date and time.
    DateTime,
    /// Base64.
    Binary,
    /// A URI, or the relative address of another resource.
    Reference,
    /// Sub-attributes.
    Complex,
}

/// When a client may write an attribute (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
    WriteOnly,
}

/// When an attribute is returned (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Returned {
    Always,
    Never,
    Default,
    Request,
}

/// Where a value must be the only one of its kind (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Uniqueness {
    None,
    Server,
    Global,
}

/// One attribute with its characteristics.
#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The canonical spelling.
    pub name: &'static str,
    /// Data type.
    pub kind: Kind,
    /// Whether it holds a list.
    pub multi_valued: bool,
    /// For people who read the schema.
    pub description: &'static str,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether upper and lower case differ when values are compared.
    pub case_exact: bool,
    /// When it may be written.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// Where it is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values.
    pub canonical_values: &'static [&'static str],
    /// What a reference points to.
    pub reference_types: &'static [&'static str],
    /// Sub-attributes of a complex attribute.
    pub sub: &'static [Attribute],
}

impl Attribute {
    /// A string with the default characteristics of RFC 7643 §2.2.
    const fn new(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: Kind::String,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub: &[],
        }
    }

    const fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    const fn complex(mut self, sub: &'static [Attribute]) -> Self {
        self.kind = Kind::Complex;
        self.sub = sub;
        self
    }

    const fn multi(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    const fn mutability(mut self, mutability: Mutability) -> Self {
        self.mutability = mutability;
        self
    }

    const fn read_only(self) -> Self {
        self.mutability(Mutability::ReadOnly)
    }

    const fn returned(mut self, returned: Returned) -> Self {
        self.returned = returned;
        self
    }

    const fn unique(mut self, uniqueness: Uniqueness) -> Self {
        self.uniqueness = uniqueness;
        self
    }

    const fn canonical(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }

    const fn reference(mut self, types: &'static [&'static str]) -> Self {
        self.kind = Kind::Reference;
        self.case_exact = true;
        self.reference_types = types;
        self
    }

    /// The sub-attribute of this name, in any case.
    pub fn sub_attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub, name)
    }

    /// Whether the list elements (or the object) carry their main value in `value`.
    pub fn has_value(&self) -> bool {
        self.sub.iter().any(|sub| sub.name == "value")
    }

    /// Whether clients cannot write it.
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }
}

/// A schema: a URN and its attributes (RFC 7643 §7).
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    /// The URN.
    pub id: &'static str,
    /// Short name.
    pub name: &'static str,
    /// For people who read the schema.
    pub description: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
}

/// A resource type: where its resources live and which schemas they have (RFC 7643 §6).
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Name and id, as in `meta.resourceType`.
    pub name: &'static str,
    /// The path below the base URL.
    pub endpoint: &'static str,
    /// For people.
    pub description: &'static str,
    /// The core schema.
    pub schema: &'static Schema,
    /// The extensions, none of them required.
    pub extensions: &'static [&'static Schema],
    /// Other names of the schemas, met in the wild: (the other name, the URN it stands for).
    aliases: &'static [(&'static str, &'static str)],
}

impl ResourceType {
    /// The top-level attribute of this name in any case: common ones and those of the core schema.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.schema.attributes, name).or_else(|| find(COMMON, name))
    }

    /// The schema that a URN names, in any case, SCIM 1 names and other known spellings included.
    pub fn schema_of(&self, urn: &str) -> Option<&'static Schema> {
        let urn = self
            .aliases
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(urn))
            .map_or(urn, |(_, canonical)| canonical);
        self.schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// Splits `URN:attribute.sub` where the URN is a known one: the schema, and the rest (empty when the text is the URN
    /// alone). Older jobs of Entra write a dot after the URN.
    pub fn split_urn<'a>(&self, text: &'a str) -> Option<(&'static Schema, &'a str)> {
        let names = self.schemas().map(|schema| (schema.id, schema.id));
        // Longer names first: some are beginnings of others.
        let mut best: Option<(&'static str, usize)> = None;
        for (name, canonical) in names.chain(self.aliases.iter().copied()) {
            let fits = text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
                && matches!(text.as_bytes().get(name.len()), None | Some(b':' | b'.'));
            if fits && best.is_none_or(|(_, length)| name.len() > length) {
                best = Some((canonical, name.len()));
            }
        }
        let (canonical, length) = best?;
        let schema = self.schemas().find(|schema| schema.id == canonical)?;
        Some((schema, text.get(length + 1..).unwrap_or_default()))
    }

    /// The core schema and the extensions.
    pub fn schemas(&self) -> impl Iterator<Item = &'static Schema> {
        std::iter::once(self.schema).chain(self.extensions.iter().copied())
    }
}

/// The attribute of this name, in any case.
pub fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// Whether a key names a schema rather than an attribute.
pub fn is_urn(key: &str) -> bool {
    key.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_is_found_in_any_case() {
        assert_eq!(USER.attribute("USERNAME").map(|a| a.name), Some("userName"));
        assert_eq!(USER.attribute("ExternalID").map(|a| a.name), Some("externalId"));
        assert!(USER.attribute("shoeSize").is_none());
    }

    #[test]
    fn urn_prefix_is_split_in_any_case_and_from_scim_1() {
        let (schema, rest) = USER
            .split_urn("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:manager.value")
            .unwrap();
        assert_eq!((schema.id, rest), (ENTERPRISE_URN, "manager.value"));
        let (schema, rest) = USER.split_urn("urn:scim:schemas:core:1.0:userName").unwrap();
        assert_eq!((schema.id, rest), (USER_URN, "userName"));
        let dotted = format!("{ENTERPRISE_URN}.department");
        let (schema, rest) = USER.split_urn(&dotted).unwrap();
        assert_eq!((schema.id, rest), (ENTERPRISE_URN, "department"));
        let (schema, rest) = USER.split_urn(ENTERPRISE_URN).unwrap();
        assert_eq!((schema.id, rest), (ENTERPRISE_URN, ""));
        assert!(USER.split_urn("urn:example:other:2.0:User:x").is_none());
        assert!(USER.split_urn("urn:ietf:params:scim:schemas:core:2.0:Userx").is_none());
    }

    #[test]
    fn every_complex_attribute_has_sub_attributes_and_no_other_has() {
        fn check(attributes: &[Attribute]) {
            for attribute in attributes {
                assert_eq!(attribute.kind == Kind::Complex, !attribute.sub.is_empty(), "{}", attribute.name);
                let is_reference = attribute.kind == Kind::Reference;
                assert_eq!(is_reference, !attribute.reference_types.is_empty(), "{}", attribute.name);
                check(attribute.sub);
            }
        }
        for schema in USER.schemas().chain(GROUP.schemas()) {
            check(schema.attributes);
        }
        check(COMMON);
    }
}
