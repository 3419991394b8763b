//! Writing XML by hand, safely.
//!
//! Owns: escaping. Does not own: the messages themselves.

use std::fmt::{self, Display, Write as _};

/// A value written into XML text or a double-quoted attribute.
///
/// Characters that XML 1.0 cannot carry become U+FFFD; line breaks become references, so that attribute
/// normalisation keeps them.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(c))?,
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Appends `name="value"` with a space before it.
pub(crate) fn attr(out: &mut String, name: &str, value: &str) {
    push(out, format_args!(" {name}=\"{}\"", Escaped(value)));
}

/// Appends `<name>text</name>`.
pub(crate) fn element(out: &mut String, name: &str, text: &str) {
    push(out, format_args!("<{name}>{}</{name}>", Escaped(text)));
}

/// Appends formatted text; writing to a `String` cannot fail.
pub(crate) fn push(out: &mut String, args: fmt::Arguments<'_>) {
    let written = out.write_fmt(args);
    debug_assert!(written.is_ok(), "a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(Escaped("a<b>&\"'\n\u{1}").to_string(), "a&lt;b&gt;&amp;&quot;&#39;&#10;\u{fffd}");
    }
}
