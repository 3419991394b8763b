//! Parts of lists: filters, pages, checks, figures, tiles.

use super::{Icon, Tone, safe};
use crate::html::{Html, escape};
use askama::Template;
use std::fmt;

safe!(Pager, Check, Figure, Filter, Tile, Crumb, Bar);

/// Writes a count with commas between the thousands: 1,204.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A link that shows a part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    source = r#"<a class="pill" href="{{ href }}"{% if current %} aria-current="true"{% endif %}>{{ label }}{% if !count.is_empty() %} <span>{{ count }}</span>{% endif %}</a>"#,
    ext = "html"
)]
pub struct Filter {
    /// "Incomplete".
    pub label: String,
    /// How many, already written out; may be empty.
    pub count: String,
    /// Where it leads.
    pub href: String,
    /// Shown now.
    pub current: bool,
}

impl Filter {
    /// A filter with a count.
    pub fn new(label: &str, count: u64, href: impl Into<String>, current: bool) -> Self {
        Self { label: label.to_owned(), count: number(count), href: href.into(), current }
    }
}

/// Where one is in a long list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    /// "1–10 of 214".
    pub summary: String,
    /// Link to the page before.
    pub previous: Option<String>,
    /// Link to the page after.
    pub next: Option<String>,
}

/// Something that was verified, or waits to be.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<li{% if tone != Tone::None %} data-tone="{{ tone }}"{% endif %}>{{ self.icon() }}<span{% if tone == Tone::None %} class="soft"{% endif %}>{% if tone == Tone::None %}<span class="sr">Not yet: </span>{% elif tone == Tone::Bad %}<span class="sr">Wrong: </span>{% endif %}{{ text }}</span>{% if !end.is_empty() %}<span class="end">{{ end }}</span>{% endif %}</li>"#,
    ext = "html"
)]
pub struct Check {
    /// Ok, warn, bad, or none while it waits.
    pub tone: Tone,
    /// What was looked at.
    pub text: Html,
    /// The detail at the end of the line; may be empty.
    pub end: Html,
}

impl Check {
    /// A check; both texts are in light markup.
    pub fn new(tone: Tone, text: &str, end: &str) -> Self {
        Self { tone, text: Html::marked(text), end: Html::marked(end) }
    }

    fn icon(&self) -> Icon {
        Icon::small(if self.tone == Tone::None { "clock" } else { self.tone.icon() })
    }
}

/// A number with what it counts.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<p class="figure"{% if tone != Tone::None %} data-tone="{{ tone }}"{% endif %}><b>{{ number }}</b><span>{% if tone != Tone::None %}<span class="key"></span>{% endif %}{{ words }}</span></p>"#,
    ext = "html"
)]
pub struct Figure {
    /// Already written out: "1,204", "99.2 %".
    pub number: String,
    /// "people so far".
    pub words: String,
    /// A tone adds the colour key of a bar.
    pub tone: Tone,
}

impl Figure {
    /// A number without a key.
    pub fn new(number: impl Into<String>, words: &str) -> Self {
        Self { number: number.into(), words: words.to_owned(), tone: Tone::None }
    }

    /// A count.
    pub fn count(count: u64, words: &str) -> Self {
        Self::new(number(count), words)
    }

    /// Adds the key.
    #[must_use]
    pub fn key(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Shares of a whole as one bar. Widths are SVG attributes, so that no inline style is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// Tone and count of each part, in order.
    pub parts: Vec<(Tone, u64)>,
    /// The same in words, for those who do not see it.
    pub label: String,
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: u64 = 1000;
        let total = self.parts.iter().map(|(_, n)| n).sum::<u64>().max(1);
        let label = escape(&self.label);
        write!(
            f,
            r#"<svg class="bar" viewBox="0 0 {WIDTH} 16" preserveAspectRatio="none" role="img" aria-label="{label}">"#
        )?;
        let mut before = 0;
        for (tone, count) in &self.parts {
            let (x, end) = (before * WIDTH / total, (before + count) * WIDTH / total);
            before += count;
            let width = (end - x).saturating_sub(2).max(u64::from(*count > 0) * 3);
            write!(f, r#"<rect data-tone="{tone}" x="{x}" width="{width}" height="16"/>"#)?;
        }
        f.write_str("</svg>")
    }
}

/// A link to one of several things to do next.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<li><a class="tile" href="{{ href }}"><span class="mono" aria-hidden="true">{{ Icon::small(icon) }}</span><span><b>{{ label }}</b><small>{{ detail }}</small></span></a></li>"#,
    ext = "html"
)]
pub struct Tile {
    /// Name of the icon.
    pub icon: &'static str,
    /// "Directory sync".
    pub label: String,
    /// "People come and go with Okta".
    pub detail: String,
    /// Where it leads.
    pub href: String,
}

/// One link on the way to this page.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(source = r#"<a href="{{ href }}">{{ label }}</a>"#, ext = "html")]
pub struct Crumb {
    /// Name of the page.
    pub label: String,
    /// Where it is.
    pub href: String,
}

impl Crumb {
    /// A link.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1000, 100_000, 1_234_567].map(number),
            ["0", "999", "1,000", "100,000", "1,234,567"]
        );
    }
}
