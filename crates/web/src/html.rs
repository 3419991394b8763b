//! Text that is already safe HTML, and the light markup of guides and messages that turns into it.
//!
//! Owns escaping by hand; templates escape by themselves.

use std::fmt;

/// A fragment of HTML that templates print as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl askama::filters::HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

/// Text from elsewhere, for the middle of light markup (see [`Html::marked`]): without marks of ours in it.
pub fn unmarked(text: &str) -> String {
    text.replace(['*', '`'], "")
}

impl Html {
    /// Plain text, escaped.
    pub fn text(text: &str) -> Self {
        Self(escape(text))
    }

    /// Light markup: `` `Button` `` is a word of another console, ``` ``code`` ``` is code, `**word**` is strong.
    /// Everything else is escaped.
    pub fn marked(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((at, mark, open, close)) = next_mark(rest) {
            let inner = &rest[at + mark.len()..];
            let Some(end) = inner.find(mark) else { break };
            out.push_str(&escape(&rest[..at]));
            out.push_str(open);
            out.push_str(&escape(&inner[..end]));
            out.push_str(close);
            rest = &inner[end + mark.len()..];
        }
        out.push_str(&escape(rest));
        Self(out)
    }

    /// Text of another console, an attribute's name, a value: as code.
    pub fn code(text: &str) -> Self {
        Self(format!("<code>{}</code>", escape(text)))
    }

    /// Text that stands out.
    pub fn strong(text: &str) -> Self {
        Self(format!("<b>{}</b>", escape(text)))
    }

    /// Parts one after the other, with the plain text `between` them.
    pub fn joined(between: &str, parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.0).collect();
        Self(parts.join(&escape(between)))
    }

    /// Parts, each on a line of its own.
    pub fn lines(parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.0).collect();
        Self(parts.join("<br>"))
    }

    /// A link with its words.
    pub fn link(href: &str, words: &str) -> Self {
        Self(format!("<a href=\"{}\">{}</a>", escape(href), escape(words)))
    }

    /// Markup that the program made itself. Nothing that came from outside may be in it unescaped.
    pub(crate) fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn next_mark(text: &str) -> Option<(usize, &'static str, &'static str, &'static str)> {
    [("``", "<code>", "</code>"), ("`", "<b class=\"ui\">", "</b>"), ("**", "<b>", "</b>")]
        .into_iter()
        .filter_map(|(mark, open, close)| text.find(mark).map(|at| (at, mark, open, close)))
        .min_by_key(|(at, mark, ..)| (*at, std::cmp::Reverse(mark.len())))
}

/// Escapes text for HTML content and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_elements_and_the_rest_is_escaped() {
        let html = Html::marked("Click `Save & close`, not ``<b>``, **now** <script>");
        assert_eq!(
            html.as_str(),
            "Click <b class=\"ui\">Save &amp; close</b>, not <code>&lt;b&gt;</code>, <b>now</b> &lt;script&gt;"
        );
    }

    #[test]
    fn a_mark_without_an_end_stays_as_it_is() {
        assert_eq!(Html::marked("5 ` and **").as_str(), "5 ` and **");
    }
}
