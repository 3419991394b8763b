//! Names of people and places as texts: trimmed, one Unicode form, no characters that harm. Owns the splitting of a
//! full name; does not judge what a name may look like.

use crate::Reason;
use crate::problem::is_harmful;
use unicode_normalization::UnicodeNormalization;

/// The most characters of a name, city or state.
pub const LONGEST: usize = 200;

/// Cleans a name: surrounding white space gone, white space inside single, Unicode NFC; `None` where nothing is left.
///
/// # Errors
/// [`Reason::TooLong`], [`Reason::ControlCharacter`], [`Reason::LostCharacter`] for U+FFFD, [`Reason::WebAddress`]:
/// a name stands in mails that we send.
pub fn clean(text: &str) -> Result<Option<String>, Reason> {
    let mut out = String::with_capacity(text.len().min(4 * LONGEST));
    for word in text.split(|c: char| c.is_whitespace() || c == '\u{feff}').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_ascii() {
            out.push_str(word);
        } else {
            out.extend(word.nfc());
        }
        if out.len() > 16 * LONGEST {
            break;
        }
    }
    if out.chars().count() > LONGEST {
        return Err(Reason::TooLong { limit: LONGEST });
    }
    if out.contains('\u{fffd}') {
        return Err(Reason::LostCharacter);
    }
    if out.chars().any(is_harmful) {
        return Err(Reason::ControlCharacter);
    }
    if out.contains("://") || out.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www.")) {
        return Err(Reason::WebAddress);
    }
    // Invisible letters alone are no name.
    let visible = out
        .chars()
        .any(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}'));
    Ok(visible.then_some(out))
}

/// First and last name of a cleaned full name: “Last, First”, else at the last space, particles (`van der`, `de la`)
/// going with the last name; in Chinese, Japanese and Korean script the family name comes first.
///
/// # Errors
/// [`Reason::NameNotSplit`] for a single word.
pub fn split(full: &str) -> Result<(String, String), Reason> {
    let pair = |first: &str, last: &str| {
        let (first, last) = (first.trim(), last.trim());
        if first.is_empty() || last.is_empty() {
            return Err(Reason::NameNotSplit);
        }
        Ok((first.to_owned(), last.to_owned()))
    };
    if let Some((last, first)) = full.split_once([',', '、', '，']) {
        return pair(first, last);
    }
    let words: Vec<&str> = full.split_whitespace().collect();
    if full.chars().all(|c| c.is_whitespace() || is_east_asian(c)) {
        return match words.as_slice() {
            [family, given] => pair(given, family),
            _ => Err(Reason::NameNotSplit),
        };
    }
    let mut from = words.len().saturating_sub(1);
    while from > 1 && is_particle(words[from - 1]) {
        from -= 1;
    }
    pair(&words[..from].join(" "), &words[from..].join(" "))
}

fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_particle(word: &str) -> bool {
    const PARTICLES: [&str; 32] = [
        "van", "von", "vom", "der", "den", "de", "del", "della", "di", "da", "das", "do", "dos", "du", "des",
        "la", "le", "el", "al", "bin", "ibn", "bint", "ten", "ter", "te", "zu", "zum", "zur", "af", "av",
        "y", "e",
    ];
    // “Van” with a capital letter may be a given name: only small letters are particles.
    PARTICLES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_keeps_names_of_the_world() {
        for name in [
            "Jürgen",
            "O’Neil",
            "Anne-Marie",
            "山田",
            "محمد",
            "Nguyễn Thị",
            "X Æ A-12",
            "Null",
            "D'Arcy Jr.",
            "क्षत्रिय",
        ] {
            assert_eq!(clean(name), Ok(Some(name.to_owned())), "{name}");
        }
        assert_eq!(clean(" Mary \u{a0} Ann\r\n"), Ok(Some("Mary Ann".into())));
        assert_eq!(clean("Ju\u{308}rgen"), Ok(Some("Jürgen".into())));
        for nothing in ["", " \t", "\u{feff}", "\u{200b}"] {
            assert_eq!(clean(nothing), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn clean_refuses_what_harms() {
        assert_eq!(clean(&"a".repeat(201)), Err(Reason::TooLong { limit: 200 }));
        assert_eq!(clean(&"ü".repeat(200)), Ok(Some("ü".repeat(200))));
        assert!(clean(&"a ".repeat(5_000_000)).is_err());
        assert_eq!(clean("a\u{0}b"), Err(Reason::ControlCharacter));
        assert_eq!(clean("a\u{202e}b"), Err(Reason::ControlCharacter));
        assert_eq!(clean("J\u{fffd}rgen"), Err(Reason::LostCharacter));
        assert_eq!(clean("Win at https://x.example"), Err(Reason::WebAddress));
        assert_eq!(clean("WWW.x.example"), Err(Reason::WebAddress));
    }

    #[test]
    fn split_full_names() {
        let table = [
            ("Ada Lovelace", "Ada", "Lovelace"),
            ("Lovelace, Ada", "Ada", "Lovelace"),
            ("Mary Ann Evans", "Mary Ann", "Evans"),
            ("Vincent van der Berg", "Vincent", "van der Berg"),
            ("Maria de la Cruz", "Maria", "de la Cruz"),
            ("Van Morrison", "Van", "Morrison"),
            ("山田 太郎", "太郎", "山田"),
            ("de Gaulle", "de", "Gaulle"),
        ];
        for (full, first, last) in table {
            assert_eq!(split(full), Ok((first.into(), last.into())), "{full}");
        }
        for full in ["Cher", "", ",", "Ada,", "山田太郎"] {
            assert_eq!(split(full), Err(Reason::NameNotSplit), "{full}");
        }
    }
}
