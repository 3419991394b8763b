//! The text of a document before it is parsed.
//!
//! Owns: what the parser leaves undone (line ends, white space in attribute values), and refusing what would cost
//! it too much time. Does not own: the tree.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// How many attributes and namespace declarations one element may have. Real messages stay below 30; the
/// parser's time grows with the square of it.
const MAX_ATTRIBUTES: usize = 256;

/// What so many attributes take at least: each a space, a name, `=` and two quotes.
const MIN_LENGTH_OF_MANY: usize = (MAX_ATTRIBUTES + 1) * 5;

/// Counts, before anything is parsed, what the parser's time depends on: `<`, and quoted values up to the end of
/// each tag. `<` cannot stand in an attribute value, so no tag reaches past the next one; an attribute without a
/// quoted value ends the parsing.
pub(crate) fn is_too_complex(source: &[u8], max_tags: usize) -> bool {
    pieces(source).enumerate().any(|(tag, piece)| {
        tag >= max_tags
            || (piece.len() >= MIN_LENGTH_OF_MANY
                && Values(piece).take(MAX_ATTRIBUTES + 1).count() > MAX_ATTRIBUTES)
    })
}

/// What follows each `<`, up to the next.
fn pieces(source: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = memchr_iter(b'<', source).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()? + 1;
        source.get(start..starts.peek().copied().unwrap_or(source.len()))
    })
}

/// The quoted values of the tag that a piece begins with; one that does not end reaches to the end.
struct Values<'s>(&'s [u8]);

impl<'s> Iterator for Values<'s> {
    type Item = &'s [u8];

    fn next(&mut self) -> Option<&'s [u8]> {
        let at = memchr3(b'"', b'\'', b'>', self.0)?;
        let quote = *self.0.get(at)?;
        let rest = self.0.get(at + 1..)?;
        if quote == b'>' {
            self.0 = &[];
            return None;
        }
        let end = memchr(quote, rest).unwrap_or(rest.len());
        self.0 = rest.get(end + 1..).unwrap_or_default();
        rest.get(..end)
    }
}

/// What XML 1.0 asks of every processor before it looks (2.11 line ends, 3.3.3 attribute values), and what the
/// parser leaves undone: CR LF and CR become LF, white space in an attribute value becomes spaces.
///
/// References such as `&#13;` are not touched. What comes out is the one text that is verified and read.
pub(crate) fn normalize(source: String) -> String {
    let source =
        if source.contains('\r') { source.replace("\r\n", "\n").replace('\r', "\n") } else { source };
    if !has_space_in_attributes(&source) {
        return source;
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source.as_str();
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let end = markup_end(rest);
        if rest.starts_with("<!") || rest.starts_with("<?") {
            out.push_str(&rest[..end]);
        } else {
            let mut quote = None;
            out.extend(rest[..end].chars().map(|c| {
                match quote {
                    None if c == '"' || c == '\'' => quote = Some(c),
                    Some(open) if open == c => quote = None,
                    _ => {}
                }
                if quote.is_some() && is_space(c) { ' ' } else { c }
            }));
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// A quick look whether any tag has a line end or tab between quotes; may say yes too often, as for a comment.
fn has_space_in_attributes(source: &str) -> bool {
    let spaced = |value: &[u8]| memchr2(b'\n', b'\t', value).is_some();
    let source = source.as_bytes();
    spaced(source) && pieces(source).any(|piece| spaced(piece) && Values(piece).any(spaced))
}

/// Where the markup that `text` begins with ends: a comment, a section, an instruction or a tag.
fn markup_end(text: &str) -> usize {
    let after = |close: &str| text.find(close).map_or(text.len(), |at| at + close.len());
    if text.starts_with("<!--") {
        return text.get(4..).and_then(|rest| rest.find("-->")).map_or(text.len(), |at| at + 7);
    }
    if text.starts_with("<![CDATA[") {
        return after("]]>");
    }
    if text.starts_with("<?") {
        return after("?>");
    }
    let mut quote = None;
    for (at, b) in text.bytes().enumerate() {
        match quote {
            Some(open) if open == b => quote = None,
            None if b == b'"' || b == b'\'' => quote = Some(b),
            None if b == b'>' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// White space as XML has it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The bytes of a base64 text, which may be broken into lines.
pub(crate) fn compact_base64(text: &str) -> Option<Vec<u8>> {
    // Most are written in one piece.
    if let Ok(bytes) = STANDARD.decode(text) {
        return Some(bytes);
    }
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalize_touches_line_ends_and_attribute_values_only() {
        for (from, to) in [
            ("<a>x\r\ny\rz</a>", "<a>x\ny\nz</a>"),
            ("<a b='1\n2\t3\r\n4'>\t\n</a>", "<a b='1 2 3 4'>\t\n</a>"),
            ("<a\n b=\"'\n'\"\n/>", "<a\n b=\"' '\"\n/>"),
            (
                "<a><!-- b='\n' --><![CDATA[<b c='\n'>]]><?d e='\n'?></a>",
                "<a><!-- b='\n' --><![CDATA[<b c='\n'>]]><?d e='\n'?></a>",
            ),
            ("<a b='>\n'>'\n'</a>", "<a b='> '>'\n'</a>"),
            ("<a b='&#10;&#13;\n'/>", "<a b='&#10;&#13; '/>"),
            ("<a b='\n", "<a b=' "),
            ("<!-->\n<a b='\n'/>", "<!-->\n<a b='\n'/>"),
            ("plain", "plain"),
        ] {
            assert_eq!(normalize(from.to_owned()), to, "{from}");
        }
    }
}
