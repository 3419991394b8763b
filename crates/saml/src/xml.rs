//! One parsed document, and the few ways this crate looks at it.
//!
//! Owns: parsing under limits, and lookups that leave no room for interpretation: elements by namespace and
//! local name among the direct children, attributes without a namespace, text joined across comments.
//! Does not own: what the elements mean.

use crate::names::{DS, SAML};
use crate::text::{is_space, is_too_complex};
use std::borrow::Cow;
use uppsala::{Document, Element, NodeId, NodeKind, Parser};

/// How deep elements may nest. Real messages stay below 20.
const MAX_DEPTH: u32 = 64;

/// Attribute names that some profile treats as an identifier, in any namespace.
const ID_NAMES: [&str; 6] = ["ID", "Id", "id", "AssertionID", "ResponseID", "RequestID"];

/// Why a text is not a document that we read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A document type declaration.
    Dtd,
    /// More attributes in one element, or more tags, than any real document has.
    TooComplex,
    /// A declared encoding that is not UTF-8.
    Encoding(String),
    /// Not well-formed; the parser's words.
    Malformed(String),
}

/// More than one where the schema has at most one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repeated;

/// A parsed document.
pub(crate) struct Tree<'a> {
    doc: Document<'a>,
    root: NodeId,
    survey: Survey,
}

/// What one walk over the whole document finds: everything that a message is judged by wherever it stands.
#[derive(Default)]
struct Survey {
    has_processing_instruction: bool,
    duplicate_id: Option<String>,
    signatures: Vec<NodeId>,
    assertions: Vec<NodeId>,
}

impl<'a> Tree<'a> {
    /// Parses without DTD, without entities beyond the five of XML, to a bounded depth and up to `max_tags`
    /// tags.
    pub(crate) fn parse(source: &'a str, max_tags: usize) -> Result<Self, Fault> {
        if is_too_complex(source.as_bytes(), max_tags) {
            return Err(Fault::TooComplex);
        }
        let parser = Parser::new().with_max_depth(MAX_DEPTH).with_forbid_dtd(true).with_forbid_entities(true);
        let doc = parser.parse(source).map_err(|error| {
            if source.contains("<!DOCTYPE") { Fault::Dtd } else { Fault::Malformed(error.to_string()) }
        })?;
        if let Some(encoding) = doc.xml_declaration.as_ref().and_then(|d| d.encoding.as_deref())
            && !["utf-8", "utf8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(encoding))
        {
            return Err(Fault::Encoding(encoding.to_owned()));
        }
        // XML 1.1 has other line ends, which would have to be normalised in another way.
        if doc.xml_declaration.as_ref().is_some_and(|declaration| declaration.version != "1.0") {
            return Err(Fault::Malformed("another version of XML than 1.0".to_owned()));
        }
        let root = doc.document_element().ok_or_else(|| Fault::Malformed("no root element".to_owned()))?;
        let survey = Survey::of(&doc)?;
        Ok(Self { doc, root, survey })
    }

    /// The document itself, for the signature library.
    pub(crate) fn document(&self) -> &Document<'a> {
        &self.doc
    }

    /// Where in the text that was parsed a node stands.
    pub(crate) fn range(&self, node: NodeId) -> Option<std::ops::Range<usize>> {
        self.doc.node_range(node)
    }

    /// The root element.
    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    /// Whether `node` is the element `local` of namespace `ns`.
    pub(crate) fn is(&self, node: NodeId, ns: &str, local: &str) -> bool {
        self.doc
            .element(node)
            .is_some_and(|element| element.name.local_name == local && element.matches_name_ns(ns, local))
    }

    /// The local name and the namespace of an element, for a message to a person.
    pub(crate) fn name(&self, node: NodeId) -> String {
        self.doc.element(node).map_or_else(String::new, |element| {
            match element.name.namespace_uri.as_deref() {
                Some(ns) if !ns.is_empty() => format!("{} ({ns})", element.name.local_name),
                _ => element.name.local_name.to_string(),
            }
        })
    }

    /// The element children of `node`.
    pub(crate) fn elements(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.doc.children_iter(node).filter(|child| self.doc.element(*child).is_some())
    }

    /// The element children of `node` with this name.
    pub(crate) fn all<'t>(
        &'t self,
        node: NodeId,
        ns: &'t str,
        local: &'t str,
    ) -> impl Iterator<Item = NodeId> + 't {
        self.doc.children_iter(node).filter(move |child| self.is(*child, ns, local))
    }

    /// The one child element with this name, if there is one.
    pub(crate) fn one(&self, node: NodeId, ns: &str, local: &str) -> Result<Option<NodeId>, Repeated> {
        let mut found = self.all(node, ns, local);
        let first = found.next();
        if found.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    /// Every element of the document, in document order.
    pub(crate) fn every_element(&self) -> impl Iterator<Item = NodeId> + '_ {
        every_node(&self.doc).filter(|node| self.doc.element(*node).is_some())
    }

    /// Every `Signature` of XML Signature, wherever it stands.
    pub(crate) fn signatures(&self) -> &[NodeId] {
        &self.survey.signatures
    }

    /// Every plain or encrypted assertion, wherever it stands.
    pub(crate) fn assertions(&self) -> &[NodeId] {
        &self.survey.assertions
    }

    /// The parent element.
    pub(crate) fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.doc.parent(node)
    }

    /// The value of the attribute `local` that has no namespace.
    pub(crate) fn attr(&self, node: NodeId, local: &str) -> Option<&str> {
        let element = self.doc.element(node)?;
        let found = element.attributes.iter().find(|a| {
            a.name.local_name == *local && a.name.namespace_uri.as_deref().unwrap_or("").is_empty()
        });
        found.map(|a| &*a.value)
    }

    /// The value of the attribute `local` of namespace `ns`.
    pub(crate) fn attr_ns(&self, node: NodeId, ns: &str, local: &str) -> Option<&str> {
        self.doc.element(node)?.get_attribute_ns(ns, local)
    }

    /// Whether every attribute of `node` has no namespace and one of these names.
    pub(crate) fn attrs_within(&self, node: NodeId, names: &[&str]) -> bool {
        self.doc.element(node).is_some_and(|element| {
            element.attributes.iter().all(|a| {
                a.name.namespace_uri.as_deref().unwrap_or("").is_empty()
                    && names.contains(&&*a.name.local_name)
            })
        })
    }

    /// The text of an element that holds only text: every text node, joined across comments, without the
    /// white space around it. `None` when an element stands inside.
    ///
    /// Canonicalisation leaves comments out, so the joined text is exactly what was signed.
    pub(crate) fn text(&self, node: NodeId) -> Option<String> {
        let mut joined = Cow::Borrowed("");
        for child in self.doc.children_iter(node) {
            match self.doc.node_kind(child) {
                Some(NodeKind::Text(t) | NodeKind::CData(t)) if joined.is_empty() => {
                    joined = Cow::Borrowed(t);
                }
                Some(NodeKind::Text(t) | NodeKind::CData(t)) => joined.to_mut().push_str(t),
                Some(NodeKind::Comment(_)) => {}
                _ => return None,
            }
        }
        Some(joined.trim_matches(is_space).to_owned())
    }

    /// All text below an element, joined, without the white space around it.
    pub(crate) fn deep_text(&self, node: NodeId) -> String {
        self.text(node).unwrap_or_else(|| self.doc.text_content_deep(node).trim_matches(is_space).to_owned())
    }

    /// Whether `node` holds exactly one text node and nothing else.
    pub(crate) fn is_plain_text(&self, node: NodeId) -> bool {
        let mut children = self.doc.children_iter(node);
        matches!(children.next().and_then(|c| self.doc.node_kind(c)), Some(NodeKind::Text(t)) if !t.trim().is_empty())
            && children.next().is_none()
    }

    /// Whether `node` holds only elements and white space: no text, no comment.
    pub(crate) fn holds_only_elements(&self, node: NodeId) -> bool {
        self.doc.children_iter(node).all(|child| match self.doc.node_kind(child) {
            Some(NodeKind::Element(_)) => true,
            Some(NodeKind::Text(t)) => t.chars().all(is_space),
            _ => false,
        })
    }

    /// Whether a processing instruction stands anywhere.
    pub(crate) fn has_processing_instruction(&self) -> bool {
        self.survey.has_processing_instruction
    }

    /// An identifier that two attributes carry, under any of the names in use for identifiers.
    pub(crate) fn duplicate_id(&self) -> Option<&str> {
        self.survey.duplicate_id.as_deref()
    }

    /// The namespace prefixes in scope at `node`, innermost binding of each, with the default as `""`.
    pub(crate) fn namespaces_in_scope(&self, node: NodeId) -> Vec<(String, String)> {
        let mut scope: Vec<(String, String)> = Vec::new();
        let mut at = Some(node);
        while let Some(current) = at {
            if let Some(element) = self.doc.element(current) {
                for (prefix, uri) in &element.namespace_declarations {
                    if !scope.iter().any(|(known, _)| known == prefix) {
                        scope.push((prefix.to_string(), uri.to_string()));
                    }
                }
            }
            at = self.doc.parent(current);
        }
        scope
    }
}

impl Survey {
    /// Walks once over everything.
    fn of(doc: &Document<'_>) -> Result<Self, Fault> {
        let mut survey = Self::default();
        let mut ids = Vec::new();
        for node in every_node(doc) {
            match doc.node_kind(node) {
                Some(NodeKind::Element(element)) => {
                    if !is_namespace_well_formed(element) {
                        return Err(Fault::Malformed(
                            "a name has two colons, or a prefix is bound to nothing".to_owned(),
                        ));
                    }
                    survey.note(node, element);
                    ids.extend(
                        element
                            .attributes
                            .iter()
                            .filter(|a| is_id_name(&a.name.local_name))
                            .map(|a| &*a.value),
                    );
                }
                Some(NodeKind::ProcessingInstruction(_)) => survey.has_processing_instruction = true,
                _ => {}
            }
        }
        ids.sort_unstable();
        survey.duplicate_id = ids.windows(2).find(|two| two[0] == two[1]).map(|two| two[0].to_owned());
        Ok(survey)
    }

    fn note(&mut self, node: NodeId, element: &Element<'_>) {
        match &*element.name.local_name {
            "Signature" if element.matches_name_ns(DS, "Signature") => self.signatures.push(node),
            name @ ("Assertion" | "EncryptedAssertion") if element.matches_name_ns(SAML, name) => {
                self.assertions.push(node);
            }
            _ => {}
        }
    }
}

/// Every node of the document, in document order, without keeping a list.
fn every_node<'t>(doc: &'t Document<'_>) -> impl Iterator<Item = NodeId> + 't {
    std::iter::successors(doc.first_child(doc.root()), |node| {
        doc.first_child(*node).or_else(|| {
            std::iter::successors(Some(*node), |at| doc.parent(*at)).find_map(|at| doc.next_sibling(at))
        })
    })
}

/// Whether a name is one of [`ID_NAMES`].
fn is_id_name(name: &str) -> bool {
    name.len() <= 11 && ID_NAMES.contains(&name)
}

/// What Namespaces in XML 1.0 asks beyond what the parser checks.
fn is_namespace_well_formed(element: &Element<'_>) -> bool {
    !element.name.local_name.contains(':')
        && element.attributes.iter().all(|a| !a.name.local_name.contains(':'))
        && element.namespace_declarations.iter().all(|(prefix, uri)| prefix.is_empty() || !uri.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_joined_across_comments_and_cdata() {
        let tree = Tree::parse("<a>ann<!-- -->@acme<![CDATA[.test]]></a>", 1000).unwrap();
        assert_eq!(tree.text(tree.root()).as_deref(), Some("ann@acme.test"));
    }

    #[test]
    fn text_with_an_element_inside_is_none() {
        let tree = Tree::parse("<a>ann<b/>@acme.test</a>", 1000).unwrap();
        assert_eq!(tree.text(tree.root()), None);
    }

    #[test]
    fn character_references_stay_one_text_node() {
        let tree = Tree::parse("<a>AAA&#13;\nBBB&amp;C</a>", 1000).unwrap();
        assert!(tree.is_plain_text(tree.root()));
    }

    #[test]
    fn attr_ignores_namespaced_attributes() {
        let tree = Tree::parse(r#"<a xmlns:e="urn:e" e:ID="evil" ID="good"/>"#, 1000).unwrap();
        assert_eq!(tree.attr(tree.root(), "ID"), Some("good"));
    }

    #[test]
    fn duplicate_id_across_names_and_namespaces() {
        for xml in [
            r#"<a ID="x"><b Id="x"/></a>"#,
            r#"<a ID="x"><b xml:id="x"/></a>"#,
            r#"<a ID="x" id="x"/>"#,
            r#"<a xmlns:w="urn:w" ID="x"><b w:Id="x"/></a>"#,
        ] {
            assert_eq!(Tree::parse(xml, 1000).unwrap().duplicate_id(), Some("x"), "{xml}");
        }
    }

    #[test]
    fn parse_refuses_dtd_two_roots_and_foreign_encodings() {
        assert!(matches!(Tree::parse("<!DOCTYPE a><a/>", 1000), Err(Fault::Dtd)));
        assert!(matches!(Tree::parse("<a/><b/>", 1000), Err(Fault::Malformed(_))));
        assert!(matches!(
            Tree::parse("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", 1000),
            Err(Fault::Encoding(_))
        ));
    }

    #[test]
    fn parse_refuses_names_that_namespaces_forbid() {
        for xml in ["<a:b:c xmlns:a='urn:a'/>", "<a xmlns:b=''/>", "<a xmlns:b='urn:b' b:c:d=''/>"] {
            assert!(matches!(Tree::parse(xml, 1000), Err(Fault::Malformed(_))), "{xml}");
        }
    }

    #[test]
    fn parse_refuses_many_attributes_and_many_tags() {
        let many: Vec<String> = (0..300).map(|i| format!("b{i}='=>'")).collect();
        let many = format!("<a {}/>", many.join(" "));
        assert_eq!(Tree::parse(&many, 1000).err(), Some(Fault::TooComplex));
        assert_eq!(
            Tree::parse(&format!("<a>{}</a>", "<b/>".repeat(1000)), 1000).err(),
            Some(Fault::TooComplex)
        );
        assert!(Tree::parse(&format!("<a b='{0}'>{0}</a>", "=".repeat(1000)), 1000).is_ok());
    }

    #[test]
    fn parse_refuses_ten_thousand_levels_without_overflowing() {
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        assert!(matches!(Tree::parse(&deep, 100_000), Err(Fault::Malformed(_))));
    }
}
