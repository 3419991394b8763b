//! The pairs of a query or of a form (`application/x-www-form-urlencoded`, WHATWG URL 5.1).
//!
//! Says what `form_urlencoded` says, in pieces instead of byte by byte: a SAML response is a form field of many thousand
//! bytes of which few are escaped.

/// All pairs, in order.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    text.split(|byte| *byte == b'&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (name, value) = match memchr::memchr(b'=', piece) {
                Some(at) => (&piece[..at], &piece[at + 1..]),
                None => (piece, &[][..]),
            };
            (decoded(name), decoded(value))
        })
        .collect()
}

/// Whether a NUL stands in a text, plain or escaped.
pub fn has_nul(text: &[u8]) -> bool {
    memchr::memchr(0, text).is_some() || memchr::memmem::find(text, b"%00").is_some()
}

fn decoded(mut text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    while let Some(at) = memchr::memchr2(b'%', b'+', text) {
        out.extend_from_slice(&text[..at]);
        let escaped = text.get(at + 1..at + 3).and_then(byte).filter(|_| text[at] == b'%');
        let (byte, used) = match (text[at], escaped) {
            (b'+', _) => (b' ', 1),
            (_, Some(byte)) => (byte, 3),
            // A percent sign that escapes nothing stands for itself.
            (sign, None) => (sign, 1),
        };
        out.push(byte);
        text = &text[at + used..];
    }
    out.extend_from_slice(text);
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(digits[0])? * 16 + digit(digits[1])?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &[u8]) -> Vec<(String, String)> {
        form_urlencoded::parse(text).into_owned().collect()
    }

    proptest! {
        #[test]
        fn pairs_are_those_of_the_standard(text in "[a-c=&%+0-9AF\u{e4}\u{0}]{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(pairs(text.as_bytes()), said(text.as_bytes()));
            prop_assert_eq!(pairs(&bytes), said(&bytes));
        }

        #[test]
        fn nul_is_found_wherever_it_is_read(text in "[a=&%+0\u{0}]{0,40}") {
            let read = said(text.as_bytes()).iter().any(|(name, value)| name.contains('\0') || value.contains('\0'));
            prop_assert_eq!(has_nul(text.as_bytes()), read);
        }
    }
}
