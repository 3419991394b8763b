//! Email addresses: which texts are one, and the one form in which they are kept and compared. Owns no knowledge of
//! who holds a domain.
//!
//! Narrower than RFC 5321 on purpose: no quoted local parts, no address literals, no comments; people do not have
//! those, attacks do. International addresses (RFC 6531) are taken.

use crate::Reason;
use crate::problem::{EmailFault, is_harmful};
use unicode_normalization::UnicodeNormalization;

/// The most bytes of an address (RFC 5321 4.5.3.1.3, without the angle brackets).
pub const LONGEST: usize = 254;

/// Reads an address and folds it: lower case, Unicode NFC, the domain in its ASCII form. `Name <a@b.example>` and
/// `mailto:a@b.example` are taken for the address in them. `None` for an empty text.
///
/// Folded addresses are equal where the people are: directories do not agree on the case of the same address.
///
/// # Errors
/// [`Reason::Email`] with what is wrong.
pub fn parse(text: &str) -> Result<Option<String>, Reason> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'));
    if text.is_empty() {
        return Ok(None);
    }
    fold(bare(text)).map(Some).map_err(Reason::Email)
}

/// The domain of a folded address: what stands after the `@`.
pub fn domain_of(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// Whether a text was meant as an address at all.
pub fn looks_like_one(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Folds a domain as it stands in an address: lower case, ASCII; `None` where it cannot be one of a mail address.
pub fn fold_domain(domain: &str) -> Option<String> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.len() > 1024 {
        return None;
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let usable = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = labels.last()?;
    let fits = labels.len() >= 2 && ascii.len() <= 253 && labels.iter().all(usable);
    (fits && last.len() >= 2 && !last.bytes().all(|b| b.is_ascii_digit())).then_some(ascii)
}

/// The address inside `Name <a@b.example>`, `<a@b.example>` or `mailto:a@b.example`.
fn bare(text: &str) -> &str {
    let inner = match text.rsplit_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or(text),
        None => text,
    };
    match inner.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => inner[7..].trim(),
        _ => inner.trim(),
    }
}

fn fold(text: &str) -> Result<String, EmailFault> {
    if text.len() > 4 * LONGEST {
        return Err(EmailFault::TooLong);
    }
    if text.chars().any(|c| is_harmful(c) || is_invisible(c)) {
        return Err(EmailFault::Control);
    }
    let Some((local, domain)) = text.rsplit_once(['@', '＠']) else { return Err(EmailFault::NoAt) };
    if local.contains(['@', '＠']) {
        return Err(EmailFault::Several);
    }
    if text.chars().any(char::is_whitespace) {
        return Err(EmailFault::Space);
    }
    let local: String = local.nfc().flat_map(char::to_lowercase).nfc().collect();
    if local.len() > 64 {
        return Err(EmailFault::TooLong);
    }
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || dots || !local.chars().all(is_atom) {
        return Err(EmailFault::LocalPart);
    }
    if domain.contains(',') {
        return Err(EmailFault::Comma);
    }
    if !domain.contains(['.', '。', '．', '｡']) {
        return Err(EmailFault::NoDot);
    }
    let domain = fold_domain(domain).ok_or(EmailFault::Domain)?;
    let address = format!("{local}@{domain}");
    if address.len() > LONGEST { Err(EmailFault::TooLong) } else { Ok(address) }
}

/// `atext` of RFC 5322 3.2.3 and the dot, or a letter beyond ASCII (RFC 6531 3.3).
fn is_atom(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
    } else {
        c != '\u{fffd}'
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_fold_to_one_form() {
        let table = [
            ("ada@example.com", "ada@example.com"),
            (" Ada.Lovelace+x@Example.COM ", "ada.lovelace+x@example.com"),
            ("Ada <ada@example.com>", "ada@example.com"),
            ("<ada@example.com>", "ada@example.com"),
            ("mailto:ada@example.com", "ada@example.com"),
            ("o'neil@example.co.uk", "o'neil@example.co.uk"),
            ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
            ("Ju\u{308}rgen@B\u{dc}CHER.example", "jürgen@xn--bcher-kva.example"),
            ("ada@example.com.", "ada@example.com"),
            ("ada@日本語。jp", "ada@xn--wgv71a119e.jp"),
            ("1@2.ab", "1@2.ab"),
            ("x@acme.test", "x@acme.test"),
        ];
        for (text, folded) in table {
            assert_eq!(parse(text), Ok(Some(folded.to_owned())), "{text}");
            assert_eq!(parse(folded), Ok(Some(folded.to_owned())), "{folded}");
        }
        assert_eq!(parse(" \u{feff}"), Ok(None));
        assert_eq!(domain_of("jürgen@xn--bcher-kva.example"), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn what_is_not_an_address_says_why() {
        let table = [
            ("ada", EmailFault::NoAt),
            ("ada@example@com.test", EmailFault::Several),
            ("a@b.test, c@d.test", EmailFault::Several),
            ("ada lovelace@example.com", EmailFault::Space),
            ("ada@example,com", EmailFault::Comma),
            ("ada@localhost", EmailFault::NoDot),
            ("ada@", EmailFault::NoDot),
            ("@example.com", EmailFault::LocalPart),
            (".ada@example.com", EmailFault::LocalPart),
            ("a..b@example.com", EmailFault::LocalPart),
            ("\"a b\"@example.com", EmailFault::Space),
            ("a;b@example.com", EmailFault::LocalPart),
            ("ada@-x.com", EmailFault::Domain),
            ("ada@a..com", EmailFault::Domain),
            ("ada@exa_mple.com", EmailFault::Domain),
            ("ada@127.0.0.1", EmailFault::Domain),
            ("ada@[127.0.0.1]", EmailFault::Domain),
            ("ada@example.c", EmailFault::Domain),
            ("ada\r\nBcc: x@example.com", EmailFault::Control),
            ("a\u{200b}da@example.com", EmailFault::Control),
            ("a\u{0}@example.com", EmailFault::Control),
        ];
        for (text, fault) in table {
            assert_eq!(parse(text), Err(Reason::Email(fault)), "{text}");
        }
        let long = [
            format!("{}@example.com", "a".repeat(65)),
            format!("a@{}.com", "a.".repeat(150)),
            "a".repeat(1_000_000),
        ];
        for text in long {
            assert!(parse(&text).is_err());
        }
    }
}
