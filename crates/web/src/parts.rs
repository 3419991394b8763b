//! Parts of pages as values: a page struct holds them, a template prints them with `{{ … }}`.
//!
//! Owns the markup of the small things that stand on many pages; the stylesheet's section 4 names them.

mod form;
mod list;

pub use form::{Choice, Field, Input, Opt, Select};
pub use list::{Bar, Check, Crumb, Figure, Filter, Pager, Tile, number};

use super::html::{Html, escape};
use askama::Template;
use std::fmt;

/// Marks part templates as safe to print inside other templates.
macro_rules! safe {
    ($($part:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $part {})+ };
}
pub(crate) use safe;

safe!(When, Person, Status, Copy, Notice, Compare, Icon);

/// How something stands: chooses colour, and never alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    #[default]
    None,
    /// As it should be.
    Ok,
    /// Wants attention.
    Warn,
    /// Is wrong, or cannot be undone.
    Bad,
    /// The vendor's accent.
    Brand,
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Brand => "brand",
        })
    }
}

impl Tone {
    /// The icon that says the same without colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ok => "check",
            Self::Warn => "clock",
            Self::Bad => "cross",
            Self::None | Self::Brand => "info",
        }
    }
}

/// A symbol of the sprite.
#[derive(Clone, Copy, Debug)]
pub struct Icon {
    name: &'static str,
    class: &'static str,
}

impl Icon {
    /// 20 pixels.
    pub fn of(name: &'static str) -> Self {
        Self { name, class: "icon" }
    }

    /// 16 pixels, beside text.
    pub fn small(name: &'static str) -> Self {
        Self { name, class: "icon icon-s" }
    }

    /// 16 pixels, turning round in right-to-left pages.
    pub fn way(name: &'static str) -> Self {
        Self { name, class: "icon icon-s icon-dir" }
    }

    /// 28 pixels.
    pub fn large(name: &'static str) -> Self {
        Self { name, class: "icon icon-l" }
    }
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, sprite, name) = (self.class, super::assets::icons(), self.name);
        write!(f, r#"<svg class="{class}" aria-hidden="true"><use href="{sprite}#{name}"/></svg>"#)
    }
}

/// A moment: as machines read it and as people do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339, a date, or an ISO 8601 duration. Empty: the text alone is shown.
    pub iso: String,
    /// "23 November 2026, 16:02", "4 minutes ago".
    pub text: String,
}

impl When {
    /// A moment with both of its forms.
    pub fn new(iso: impl Into<String>, text: impl Into<String>) -> Self {
        Self { iso: iso.into(), text: text.into() }
    }

    /// Words only, such as "never".
    pub fn words(text: impl Into<String>) -> Self {
        Self { iso: String::new(), text: text.into() }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (iso, text) = (escape(&self.iso), escape(&self.text));
        if iso.is_empty() { f.write_str(&text) } else { write!(f, r#"<time datetime="{iso}">{text}</time>"#) }
    }
}

/// A person (round monogram) or a provider (square one), with a second line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/person.html")]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Second line: an address, a role, "SAML 2.0".
    pub detail: String,
    /// One or two letters.
    pub initials: String,
    /// 1 to 6.
    pub hue: u8,
    /// True for people.
    pub round: bool,
    /// Smaller monogram, for tables and lists.
    pub small: bool,
    /// Where the name leads.
    pub href: Option<String>,
}

impl Person {
    /// A person; initials and hue come from the name.
    pub fn new(name: &str, detail: &str) -> Self {
        Self {
            name: name.to_owned(),
            detail: detail.to_owned(),
            initials: initials(name),
            hue: hue_of(name),
            round: true,
            small: true,
            href: None,
        }
    }

    /// A provider, an organization or an application: square.
    pub fn thing(name: &str, detail: &str, mark: &str, hue: u8) -> Self {
        Self { initials: mark.to_owned(), hue, round: false, small: false, ..Self::new(name, detail) }
    }

    /// An organization or an application with a mark made from its name.
    pub fn company(name: &str, detail: &str) -> Self {
        let mark: String = name.chars().filter(|c| c.is_alphanumeric()).take(2).collect();
        Self::thing(name, detail, &mark, hue_of(name))
    }

    /// Makes the name a link.
    #[must_use]
    pub fn linked(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// Uses the larger monogram.
    #[must_use]
    pub fn large(mut self) -> Self {
        self.small = false;
        self
    }
}

/// First letters of the first and the last word: "Lucía Fernández Ibarra" is LI.
pub fn initials(name: &str) -> String {
    let letters = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let mut words = name.split_whitespace().filter_map(letters);
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// A quiet colour that stays the same for the same name, 1 to 6.
pub fn hue_of(name: &str) -> u8 {
    let sum = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % 6).unwrap_or(0) + 1
}

/// A state: word, colour and shape.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    source = r#"<span class="status" data-tone="{{ tone }}"{% if !shape.is_empty() %} data-shape="{{ shape }}"{% endif %}>{{ word }}</span>"#,
    ext = "html"
)]
pub struct Status {
    /// "Active", "Waiting for the record".
    pub word: String,
    /// Its tone.
    pub tone: Tone,
    /// Empty (dot), `ring` for pending, `bar` for stopped.
    pub shape: &'static str,
}

impl Status {
    /// As it should be.
    pub fn ok(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::Ok, shape: "" }
    }

    /// Wants attention.
    pub fn warn(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::Warn, shape: "" }
    }

    /// Wrong or refused.
    pub fn bad(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::Bad, shape: "" }
    }

    /// Not there yet.
    pub fn pending(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::None, shape: "ring" }
    }

    /// Ended or switched off.
    pub fn stopped(word: impl Into<String>) -> Self {
        Self { word: word.into(), tone: Tone::None, shape: "bar" }
    }

    /// The same with a ring: on the way.
    #[must_use]
    pub fn ring(mut self) -> Self {
        self.shape = "ring";
        self
    }
}

/// A value to carry to another console; the label is that console's label.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/copy.html")]
pub struct Copy {
    /// Unique on the page.
    pub id: String,
    /// The other console's word for it.
    pub label: String,
    /// The whole value.
    pub value: String,
    /// A line below; may be empty.
    pub hint: Html,
}

impl Copy {
    /// A value without a hint.
    pub fn new(id: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), value: value.into(), hint: Html::default() }
    }

    /// Adds a hint in light markup.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Self {
        self.hint = Html::marked(text);
        self
    }
}

/// Says what, so what, and what now.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/notice.html")]
pub struct Notice {
    /// Its tone.
    pub tone: Tone,
    /// A sentence that says what.
    pub title: String,
    /// So what and what now.
    pub text: Html,
    /// Words and address of the place where something is to be done.
    pub link: Option<(String, String)>,
    /// Read out at once: for what the reader has just caused.
    pub alert: bool,
}

impl Notice {
    /// A notice; the text is in light markup.
    pub fn new(tone: Tone, title: impl Into<String>, text: &str) -> Self {
        Self { tone, title: title.into(), text: Html::marked(text), link: None, alert: false }
    }

    /// Makes screen readers read it out at once.
    #[must_use]
    pub fn alert(mut self) -> Self {
        self.alert = true;
        self
    }

    fn icon(&self) -> Icon {
        Icon::of(match self.tone {
            Tone::Ok => "check-round",
            Tone::Warn | Tone::Bad => "alert",
            Tone::None | Tone::Brand => "info",
        })
    }
}

/// Expected beside received, the difference marked.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/compare.html")]
pub struct Compare {
    /// "Expected".
    pub expected_label: String,
    /// What it should have been.
    pub expected: Html,
    /// "Received", "Found at".
    pub received_label: String,
    /// What came; the wrong part in `<mark>`.
    pub received: Html,
    /// A line below what came; may be empty.
    pub note: String,
}

impl Compare {
    /// Compares two values and marks what differs in the received one.
    pub fn new(expected: &str, received: &str) -> Self {
        let (head, tail) = common_ends(expected, received);
        // Two texts that have nothing to do with each other: all of it differs.
        let (head, tail) = if (head + tail) * 4 < received.len() { (0, 0) } else { (head, tail) };
        let end = received.len() - tail;
        let marked = if received.is_empty() {
            "<mark>nothing</mark>".to_owned()
        } else if head == end {
            escape(received)
        } else {
            format!(
                "{}<mark>{}</mark>{}",
                escape(&received[..head]),
                escape(&received[head..end]),
                escape(&received[end..])
            )
        };
        Self {
            expected_label: "Expected".to_owned(),
            expected: Html::text(expected),
            received_label: "Received".to_owned(),
            received: Html::trusted(marked),
            note: String::new(),
        }
    }

    /// Adds a line that explains the difference.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// Length of the common beginning and of the common end, in bytes, at character boundaries, not overlapping.
fn common_ends(a: &str, b: &str) -> (usize, usize) {
    let head: usize = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    let (a, b) = (&a[head..], &b[head..]);
    let tail: usize =
        a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare_marks_only_what_differs() {
        let marked = |e, r| Compare::new(e, r).received.to_string();
        assert_eq!(marked("https://a/x", "https://a/x/acs"), "https://a/x<mark>/acs</mark>");
        assert_eq!(marked("https://a/x", "http://a/x"), "http://a/x");
        assert_eq!(marked("aé", "aè"), "a<mark>è</mark>");
        assert_eq!(marked("an address of Acme", "ada@evil.test"), "<mark>ada@evil.test</mark>");
        assert_eq!(marked("a", ""), "<mark>nothing</mark>");
        assert_eq!(marked("same", "same"), "same");
        assert_eq!(marked("x", "<b>"), "<mark>&lt;b&gt;</mark>");
    }

    #[test]
    fn initials_take_the_first_and_the_last_word() {
        let all =
            ["Lucía Fernández Ibarra", "Prince", "", "  ", "élan vital", "Benedikt (Ben) Ö."].map(initials);
        assert_eq!(all, ["LI", "P", "", "", "ÉV", "BÖ"]);
    }

    #[test]
    fn hostile_words_stay_words() {
        let person = Person::new("<script>alert(1)</script>", "\"><img src=x>").to_string();
        assert!(!person.contains("<script>") && !person.contains("<img"), "{person}");
        assert!(!When::new("\"x", "<b>").to_string().contains("<b>"));
    }
}
