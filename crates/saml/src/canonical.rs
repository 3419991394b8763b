//! Exclusive XML canonicalisation 1.0 without comments, of one element (W3C, 18 July 2002).
//!
//! Owns: the exact bytes that are hashed and signed, written piece by piece into a [`Sink`], so that no second copy of
//! a long message is made. The tests hold it against the library's own canonicalisation, byte by byte. Does not own:
//! which element, or which prefixes (`guard`); inclusive canonicalisation, which stays the library's.

use crate::xml::Tree;
use aws_lc_rs::digest;
use uppsala::{Attribute, Document, Element, NodeId, NodeKind};

/// The prefix that is bound by XML itself and never declared.
const XML: &str = "xml";
/// How `PrefixList` writes the default namespace.
const DEFAULT: &str = "#default";
/// What a [`Hasher`] collects before it hashes.
const BLOCK: usize = 4096;

/// Takes canonical bytes, in order.
pub(crate) trait Sink {
    /// The next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// The next byte.
    fn byte(&mut self, byte: u8);
}

impl Sink for Vec<u8> {
    fn push(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn byte(&mut self, byte: u8) {
        Vec::push(self, byte);
    }
}

/// Hashes what is pushed, some kilobytes at a time.
pub(crate) struct Hasher {
    context: digest::Context,
    block: Vec<u8>,
}

impl Hasher {
    pub(crate) fn new(algorithm: &'static digest::Algorithm) -> Self {
        Self { context: digest::Context::new(algorithm), block: Vec::with_capacity(BLOCK) }
    }

    pub(crate) fn finish(mut self) -> digest::Digest {
        self.context.update(&self.block);
        self.context.finish()
    }
}

impl Hasher {
    /// What does not fit into the block any more.
    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        self.context.update(&self.block);
        self.block.clear();
        if bytes.len() > BLOCK {
            self.context.update(bytes);
        } else {
            self.block.extend_from_slice(bytes);
        }
    }
}

impl Sink for Hasher {
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        if self.block.len() + bytes.len() > BLOCK {
            self.overflow(bytes);
        } else {
            self.block.extend_from_slice(bytes);
        }
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.push(&[byte]);
    }
}

/// The element holds what has no place in a signed message: nothing may be concluded from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotCanonical;

/// Writes `apex` in canonical form, without `left_out` (the signature that signs it) and without comments.
/// `prefix_list` is the `PrefixList` of `InclusiveNamespaces`: those namespaces are declared whether they are used or
/// not.
pub(crate) fn exclusive(
    tree: &Tree<'_>,
    apex: NodeId,
    left_out: Option<NodeId>,
    prefix_list: &str,
    out: &mut impl Sink,
) -> Result<(), NotCanonical> {
    let listed = prefix_list
        .split_ascii_whitespace()
        .map(|prefix| if prefix == DEFAULT { "" } else { prefix })
        .collect();
    let doc = tree.document();
    let mut writer = Writer { doc, left_out, listed, declared: Vec::new(), sorted: Vec::new() };
    let element = doc.element(apex).ok_or(NotCanonical)?;
    if !writer.listed.is_empty() {
        writer.declare_listed(apex);
    }
    writer.element(apex, element, 0, out)
}

struct Writer<'t, 'a> {
    doc: &'t Document<'a>,
    left_out: Option<NodeId>,
    /// The prefixes of `PrefixList`, the default namespace as `""`.
    listed: Vec<&'t str>,
    /// Prefix and namespace as the elements around have declared them in the output, the innermost last.
    declared: Vec<(&'t str, &'t str)>,
    /// Room for the attributes of one element.
    sorted: Vec<&'t Attribute<'a>>,
}

impl<'t, 'a> Writer<'t, 'a> {
    fn element(
        &mut self,
        node: NodeId,
        element: &'t Element<'a>,
        outside: usize,
        out: &mut impl Sink,
    ) -> Result<(), NotCanonical> {
        let (prefix, local) = (element.name.prefix.as_deref(), &*element.name.local_name);
        self.declare(prefix.unwrap_or(""), element.name.namespace_uri.as_deref().unwrap_or(""));
        for attribute in &element.attributes {
            if let (Some(prefix), Some(uri)) = (&attribute.name.prefix, &attribute.name.namespace_uri) {
                self.declare(prefix, uri);
            }
        }
        if !self.listed.is_empty() {
            for (prefix, uri) in &element.namespace_declarations {
                if self.listed.contains(&&**prefix) {
                    self.declare(prefix, uri);
                }
            }
        }
        out.byte(b'<');
        name(prefix, local, out);
        let own = self.declared.get_mut(outside..).unwrap_or_default();
        own.sort_unstable();
        for (prefix, uri) in own {
            out.push(b" xmlns");
            if !prefix.is_empty() {
                out.byte(b':');
                out.push(prefix.as_bytes());
            }
            out.push(b"=\"");
            escaped(uri, attribute_reference, out);
            out.byte(b'"');
        }
        self.attributes(element, out);
        out.byte(b'>');
        let inside = self.declared.len();
        for child in self.doc.children_iter(node) {
            match self.doc.node_kind(child) {
                Some(NodeKind::Element(element)) => {
                    if self.left_out != Some(child) {
                        self.element(child, element, inside, out)?;
                    }
                }
                Some(NodeKind::Text(text) | NodeKind::CData(text)) => escaped(text, text_reference, out),
                Some(NodeKind::Comment(_)) => {}
                _ => return Err(NotCanonical),
            }
        }
        self.declared.truncate(outside);
        out.push(b"</");
        name(prefix, local, out);
        out.byte(b'>');
        Ok(())
    }

    /// Notes a namespace for the element at hand, unless the output around it has declared just that.
    fn declare(&mut self, prefix: &'t str, uri: &'t str) {
        if prefix == XML {
            return;
        }
        match self.declared.iter().rev().find(|(known, _)| *known == prefix) {
            Some((_, known)) if *known == uri => {}
            // No default namespace around, and none here.
            None if uri.is_empty() => {}
            _ => self.declared.push((prefix, uri)),
        }
    }

    /// What `PrefixList` asks to declare on the outermost element: whatever is in scope there.
    fn declare_listed(&mut self, apex: NodeId) {
        let mut wanted = self.listed.clone();
        let mut at = Some(apex);
        while let Some(node) = at {
            if let Some(element) = self.doc.element(node) {
                for (prefix, uri) in &element.namespace_declarations {
                    if wanted.contains(&&**prefix) {
                        wanted.retain(|other| *other != &**prefix);
                        self.declare(prefix, uri);
                    }
                }
            }
            at = self.doc.parent(node);
        }
    }

    /// The attributes: those without a namespace by name, then the others by namespace and name.
    fn attributes(&mut self, element: &'t Element<'a>, out: &mut impl Sink) {
        if let [only] = &*element.attributes {
            attribute(only, out);
            return;
        }
        self.sorted.clear();
        self.sorted.extend(&element.attributes);
        self.sorted.sort_unstable_by_key(|attribute| {
            (attribute.name.namespace_uri.as_deref().unwrap_or(""), &*attribute.name.local_name)
        });
        for one in &self.sorted {
            attribute(one, out);
        }
    }
}

fn name(prefix: Option<&str>, local: &str, out: &mut impl Sink) {
    if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
        out.push(prefix.as_bytes());
        out.byte(b':');
    }
    out.push(local.as_bytes());
}

fn attribute(attribute: &Attribute<'_>, out: &mut impl Sink) {
    out.byte(b' ');
    name(attribute.name.prefix.as_deref(), &attribute.name.local_name, out);
    out.push(b"=\"");
    escaped(&attribute.value, attribute_reference, out);
    out.byte(b'"');
}

/// How a byte of text is written, where not as itself.
fn text_reference(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

/// How a byte of an attribute's value is written, where not as itself.
fn attribute_reference(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    }
}

fn escaped(text: &str, reference: impl Fn(u8) -> Option<&'static [u8]>, out: &mut impl Sink) {
    let bytes = text.as_bytes();
    if is_plain(bytes) {
        out.push(bytes);
        return;
    }
    let mut rest = bytes;
    while let Some((at, written)) =
        rest.iter().enumerate().find_map(|(at, byte)| reference(*byte).map(|written| (at, written)))
    {
        out.push(rest.get(..at).unwrap_or_default());
        out.push(written);
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    out.push(rest);
}

/// A quick look whether no byte can need a reference, as in nearly every text. Without a way out of the loop, the compiler
/// takes many bytes at once.
fn is_plain(bytes: &[u8]) -> bool {
    let special = |byte: u8| {
        u8::from(byte < b' ')
            | u8::from(byte == b'"')
            | u8::from(byte == b'&')
            | u8::from(byte == b'<')
            | u8::from(byte == b'>')
    };
    bytes.iter().fold(0, |found, byte| found | special(*byte)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compare_canonical_forms as compare;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::PathBuf;

    fn ours(tree: &Tree<'_>, apex: NodeId, left_out: Option<NodeId>, list: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        exclusive(tree, apex, left_out, list, &mut bytes).unwrap();
        bytes
    }

    fn testdata(directory: &str) -> Vec<PathBuf> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(directory);
        let files = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "xml")).collect()
    }

    #[test]
    fn every_element_of_every_sample_is_written_as_the_library_writes_it() {
        let mut compared = 0;
        for path in testdata("samples").into_iter().chain(testdata("metadata")) {
            let xml = crate::text::normalize(fs::read_to_string(&path).unwrap());
            compared += compare(&xml);
        }
        assert!(compared > 10_000, "{compared}");
    }

    /// Numbers that look like chance and are the same in every run (xorshift).
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }

        fn one<'s>(&mut self, from: &[&'s str]) -> &'s str {
            let at = usize::try_from(self.below(from.len() as u64)).unwrap();
            from[at]
        }
    }

    const URIS: [&str; 4] =
        ["urn:one", "urn:two", "urn:&amp;&quot;three>", "http://www.w3.org/2001/XMLSchema"];
    const TEXTS: [&str; 10] = [
        "plain",
        " a &lt; b > c ",
        "&#13;&#10;&#9;",
        "<![CDATA[<x> & ]] \"]]>",
        "<!-- left out -->",
        "ä€😀",
        "\n\t",
        "&quot;&apos;&amp;",
        "]] >",
        "&#xD;&#x85;",
    ];
    const VALUES: [&str; 6] = ["", "v", "a&#10;b&#13;&#9;", "&lt;&amp;&quot;'>", "ä", "x  y"];

    /// A random element full of declarations, whose prefixes are all bound.
    fn element(chance: &mut Chance, depth: u64, bound: &[&'static str], out: &mut String) {
        let mut bound = bound.to_vec();
        let mut declarations = String::new();
        for prefix in ["a", "b", "xs", "saml"] {
            if chance.below(4) == 0 {
                write!(declarations, " xmlns:{prefix}=\"{}\"", chance.one(&URIS)).unwrap();
                bound.push(prefix);
            }
        }
        match chance.below(6) {
            0 => declarations.push_str(" xmlns=\"\""),
            1 => write!(declarations, " xmlns='{}'", chance.one(&URIS)).unwrap(),
            _ => {}
        }
        let name = |chance: &mut Chance, local: &str| match chance.one(&bound) {
            "" => local.to_owned(),
            prefix => format!("{prefix}:{local}"),
        };
        let tag = name(chance, "e");
        write!(out, "<{tag}{declarations}").unwrap();
        for local in ["z", "m", "c", "id"] {
            if chance.below(3) == 0 {
                let attribute = name(chance, local);
                write!(out, " {attribute}=\"{}\"", chance.one(&VALUES)).unwrap();
            }
        }
        if chance.below(5) == 0 {
            out.push_str(" xml:lang='de'");
        }
        out.push('>');
        for _ in 0..chance.below(5) {
            if depth > 0 && chance.below(2) == 0 {
                element(chance, depth - 1, &bound, out);
            } else {
                out.push_str(chance.one(&TEXTS));
            }
        }
        write!(out, "</{tag}>").unwrap();
    }

    #[test]
    fn random_documents_are_written_as_the_library_writes_them() {
        let mut chance = Chance(0x5eed_f00d);
        let mut compared = 0;
        for _ in 0..1500 {
            let mut xml = String::new();
            element(&mut chance, 4, &[""], &mut xml);
            compared += compare(&crate::text::normalize(xml));
        }
        assert!(compared > 10_000, "{compared}");
    }

    #[test]
    fn namespaces_that_only_a_value_uses_are_left_out_unless_they_are_listed() {
        let xml = "<a:r xmlns:a='urn:a' xmlns:xs='urn:xs' xmlns='urn:d'><a:v t='xs:string'><n/></a:v></a:r>";
        let tree = Tree::parse(xml, 1000).unwrap();
        let value = tree.elements(tree.root()).next().unwrap();
        for (list, expected) in [
            ("", r#"<a:v xmlns:a="urn:a" t="xs:string"><n xmlns="urn:d"></n></a:v>"#),
            ("xs", r#"<a:v xmlns:a="urn:a" xmlns:xs="urn:xs" t="xs:string"><n xmlns="urn:d"></n></a:v>"#),
            ("#default", r#"<a:v xmlns="urn:d" xmlns:a="urn:a" t="xs:string"><n></n></a:v>"#),
        ] {
            assert_eq!(String::from_utf8(ours(&tree, value, None, list)).unwrap(), expected);
        }
    }

    #[test]
    fn a_processing_instruction_has_no_canonical_form_here() {
        let tree = Tree::parse("<a><?p?></a>", 1000).unwrap();
        assert_eq!(exclusive(&tree, tree.root(), None, "", &mut Vec::new()), Err(NotCanonical));
    }

    #[test]
    fn a_hash_in_blocks_is_the_hash_of_the_whole() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            let bytes = vec![b'x'; length];
            for piece in [1, 100, BLOCK, 2 * BLOCK] {
                let mut hasher = Hasher::new(&digest::SHA256);
                bytes.chunks(piece).for_each(|piece| hasher.push(piece));
                assert_eq!(hasher.finish().as_ref(), digest::digest(&digest::SHA256, &bytes).as_ref());
            }
        }
    }
}
