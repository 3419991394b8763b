//! All guides, read once from the files compiled into the program; finding one.

use super::data::{Guide, Protocol};
use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

static SSO_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/guides/sso");
static DIRECTORY_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/guides/directory");

static SSO: LazyLock<Vec<Guide>> = LazyLock::new(|| readable(&SSO_FILES));
static DIRECTORIES: LazyLock<Vec<Guide>> = LazyLock::new(|| readable(&DIRECTORY_FILES));
static SSO_FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| group(sso()));
static DIRECTORY_FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| group(directories()));

/// Which of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Identity providers.
    Sso,
    /// Directories.
    Directory,
}

/// One entry of a list: a provider with its ways.
#[derive(Clone, Debug)]
pub struct Family {
    /// The provider's name.
    pub name: &'static str,
    /// Its letters.
    pub mark: &'static str,
    /// Colour of the letters, 1 to 6.
    pub hue: u8,
    /// Place among the most used.
    pub popular: Option<u8>,
    /// Its guides, the recommended one first.
    pub guides: Vec<&'static Guide>,
}

impl Family {
    /// "SAML or OpenID", "SCIM", "File of people".
    pub fn protocols(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for guide in &self.guides {
            let word = match guide.protocol {
                Protocol::Saml => "SAML",
                Protocol::Oidc => "OpenID",
                Protocol::Scim => "SCIM",
                other => other.label(),
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" or ")
    }

    /// True when there are steps written for exactly this provider.
    pub fn is_full(&self) -> bool {
        self.guides.iter().any(|g| !g.steps.is_empty() && g.instead.is_empty())
    }

    /// The guide that is opened first.
    pub fn first(&self) -> &'static Guide {
        self.guides[0]
    }

    fn score(&self, query: &str) -> Option<u8> {
        let name = fold(self.name);
        let words =
            self.guides.iter().flat_map(|g| g.aliases.iter().map(String::as_str).chain([g.id.as_str()]));
        let mut haystack: Vec<String> = words.map(fold).collect();
        haystack.push(name.clone());
        let squeezed = query.replace(' ', "");
        if name.starts_with(query) || name.replace(' ', "").starts_with(&squeezed) {
            return Some(0);
        }
        if haystack.iter().any(|h| h.split(' ').any(|word| word.starts_with(query)) || h.starts_with(query)) {
            return Some(1);
        }
        let parts: Vec<&str> = query.split(' ').collect();
        if parts.iter().all(|part| haystack.iter().any(|h| h.contains(part))) {
            return Some(2);
        }
        let close = |word: &str| word.len() > 3 && squeezed.len() > 3 && one_slip(word, &squeezed);
        let compact = haystack.iter().any(|h| close(&h.replace(' ', "")) || h.split(' ').any(close));
        compact.then_some(3)
    }
}

/// Identity providers, one guide for each protocol.
pub fn sso() -> &'static [Guide] {
    &SSO
}

/// Directories.
pub fn directories() -> &'static [Guide] {
    &DIRECTORIES
}

/// The guide with this id, in either list.
pub fn find(id: &str) -> Option<&'static Guide> {
    sso().iter().chain(directories()).find(|guide| guide.id == id)
}

/// The providers of a list, by name.
pub fn families(kind: Kind) -> &'static [Family] {
    match kind {
        Kind::Sso => &SSO_FAMILIES,
        Kind::Directory => &DIRECTORY_FAMILIES,
    }
}

/// Providers whose name or alias fits, the best first; capitals, dots and one slip of the pen do not matter.
/// Nothing to look for gives all.
pub fn search(kind: Kind, query: &str) -> Vec<&'static Family> {
    let query = fold(query);
    let all = families(kind);
    if query.is_empty() {
        return all.iter().collect();
    }
    let mut found: Vec<(u8, &Family)> = all.iter().filter_map(|f| Some((f.score(&query)?, f))).collect();
    let best = found.iter().map(|(score, _)| *score).min().unwrap_or(0);
    found.retain(|(score, _)| *score < 3 || best == 3);
    found.sort_by_key(|(score, family)| (*score, family.popular.unwrap_or(u8::MAX)));
    found.into_iter().map(|(_, family)| family).collect()
}

impl Guide {
    /// The guide whose steps are shown: this one, or the one it builds on.
    pub fn steps_of(&self) -> &Self {
        match self.base.as_deref().and_then(find) {
            Some(base) if self.steps.is_empty() => base,
            _ => self,
        }
    }
}

/// Reads a folder of guides. A file that cannot be read is left out; a test makes sure that there is none.
fn readable(files: &Dir<'static>) -> Vec<Guide> {
    let mut guides: Vec<Guide> = files
        .files()
        .filter_map(|file| match toml::from_str(file.contents_utf8()?) {
            Ok(guide) => Some(guide),
            Err(error) => {
                tracing::error!(file = %file.path().display(), %error, "a provider guide cannot be read");
                None
            }
        })
        .collect();
    guides.sort_by_key(|guide: &Guide| (fold(&guide.name), guide.protocol as u8, !guide.variant.is_empty()));
    guides
}

fn group(guides: &'static [Guide]) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for guide in guides {
        match families.last_mut() {
            Some(family) if family.name == guide.name => family.guides.push(guide),
            _ => families.push(Family {
                name: &guide.name,
                mark: &guide.mark,
                hue: guide.hue,
                popular: guide.popular,
                guides: vec![guide],
            }),
        }
    }
    families
}

/// Lower case, letters and digits, single spaces.
fn fold(text: &str) -> String {
    let spaced: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True when one letter is missing, extra, wrong or swapped with its neighbour.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(left, right)| left == right).count();
    let (a, b) = (&a[head..], &b[head..]);
    let swapped = a.len() > 1 && b.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..];
    let wrong = !a.is_empty() && !b.is_empty() && a[1..] == b[1..];
    let extra = !a.is_empty() && a[1..] == *b;
    let missing = !b.is_empty() && b[1..] == *a;
    (a.is_empty() && b.is_empty()) || swapped || wrong || extra || missing
}
