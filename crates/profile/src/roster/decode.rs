//! Bytes to text. Owns the choice of the encoding.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The most bytes with characters beyond ASCII that the guess looks at.
const LOOKED_AT: usize = 64 * 1024;

/// The text and the name of its encoding. What cannot be decoded becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return (encoding.decode_without_bom_handling(&bytes[mark..]).0, encoding.name());
    }
    if let Some(encoding) = wide(bytes) {
        return (encoding.decode_without_bom_handling(bytes).0, encoding.name());
    }
    // ISO-2022-JP is ASCII with escapes, so it is asked for before UTF-8.
    let escaped = bytes.contains(&0x1b);
    if !escaped && let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), UTF_8.name());
    }
    let encoding = guess(bytes);
    (encoding.decode_without_bom_handling(bytes).0, encoding.name())
}

/// UTF-16 without its mark: in text of Latin letters every second byte is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(2048) & !1];
    if head.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let many = head.len() / 4;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd > many => Some(UTF_16LE),
        (even, 0) if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// The guess that a browser makes, from the lines that have something to guess from. Files whose lines end in a bare
/// CR were written by a Mac program in the old encoding of the Mac, which browsers do not guess.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let mut seen = 0;
    for line in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
        if line.iter().any(|b| !b.is_ascii() || *b == 0x1b) {
            let part = &line[..line.len().min(LOOKED_AT - seen)];
            detector.feed(part, false);
            seen += part.len();
        }
        if seen >= LOOKED_AT {
            break;
        }
    }
    detector.feed(&[], true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let old_mac = bytes.contains(&b'\r') && !bytes.contains(&b'\n');
    if old_mac && guess.is_single_byte() { MACINTOSH } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{ISO_8859_2, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    const GERMAN: &str =
        "Vorname;Nachname;E-Mail;Land\r\nJürgen;Müller;j@acme.test;Österreich\r\nZoë;Groß;z@acme.test;DE\r\n";

    #[test]
    fn encodings_of_office_programs() {
        let polish = "Imię;Nazwisko;E-mail;Kraj\r\nŁukasz;Wiśniewski;l@acme.test;Polska\r\nGrażyna;Źródło;g@acme.test;Polska\r\n";
        let russian = "Имя;Фамилия;Почта;Страна\r\nИван;Петров;i@acme.test;Россия\r\n";
        let japanese =
            "姓,名,メールアドレス,国\r\n山田,太郎,t@acme.test,日本\r\n佐藤,花子,h@acme.test,日本\r\n";
        for (text, encoding) in
            [(GERMAN, WINDOWS_1252), (polish, ISO_8859_2), (russian, WINDOWS_1251), (japanese, SHIFT_JIS)]
        {
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost);
            assert_eq!(decode(&bytes).0, text, "{}", encoding.name());
        }
        assert_eq!(decode(GERMAN.as_bytes()), (Cow::Borrowed(GERMAN), "UTF-8"));
    }

    #[test]
    fn marks_and_wide_texts() {
        let marked = [b"\xef\xbb\xbf", GERMAN.as_bytes()].concat();
        assert_eq!(decode(&marked).0, GERMAN);
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}{GERMAN}");
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decode(&little), (Cow::Owned(GERMAN.to_owned()), "UTF-16LE"));
            assert_eq!(decode(&big), (Cow::Owned(GERMAN.to_owned()), "UTF-16BE"));
        }
    }

    #[test]
    fn mac_file_with_bare_returns() {
        let bytes = b"Vorname;Nachname\rJ\x9frgen;M\x9fller\r";
        assert_eq!(decode(bytes), (Cow::Owned("Vorname;Nachname\rJürgen;Müller\r".to_owned()), "macintosh"));
    }
}
