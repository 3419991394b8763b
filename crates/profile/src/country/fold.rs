//! One spelling for all spellings: case, marks, punctuation and width folded away. Owns no names.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters and digits only, in lower case, compatibility forms unified. With `marks`, accents stay: “Áo” is Austria in
/// Vietnamese, “AO” is Angola. The same rule as in `scripts/countries.mjs`.
pub(crate) fn fold(text: &str, marks: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        if c == '&' {
            out.push_str("and");
            continue;
        }
        for c in c.to_lowercase() {
            if is_accent(c) {
                if marks {
                    out.push(c);
                }
            } else if c.is_alphanumeric() || is_combining_mark(c) {
                push_letter(&mut out, c);
            }
        }
    }
    if out.is_ascii() { out } else { out.nfc().collect() }
}

/// Letters that people type in two ways although Unicode does not call them equal.
fn push_letter(out: &mut String, c: char) {
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ı' => out.push('i'),
        'ə' => out.push('e'),
        _ => out.push(c),
    }
}

/// Marks on Latin, Greek and Cyrillic letters, Arabic and Hebrew vowel points. Marks of other scripts are letters to
/// their readers and stay.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}
