//! What kind of file was uploaded, where it is not the text we can read. Owns the recognition; the sentences are in
//! `problem.rs`.

/// A kind of file that is not a table in text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A workbook of Excel, `.xlsx` or `.xls`.
    Excel,
    /// An `.ods` workbook, as of most free office programs.
    OpenDocument,
    /// A workbook of Apple Numbers.
    Numbers,
    /// A text document.
    Document,
    /// A PDF.
    Pdf,
    /// A packed archive.
    Archive,
    /// An image.
    Image,
    /// A web page.
    WebPage,
    /// JSON or XML.
    Structured,
    /// Contacts as vCards.
    Contacts,
    /// Something else that is not text.
    Binary,
}

/// The kind of a file that is not a table in text form; `None` for what may be one.
pub(super) fn kind(bytes: &[u8]) -> Option<Kind> {
    const MAGIC: [(&[u8], Kind); 17] = [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Excel),
        (b"%PDF", Kind::Pdf),
        (b"\x89PNG", Kind::Image),
        (b"\xff\xd8\xff", Kind::Image),
        (b"GIF8", Kind::Image),
        (b"RIFF", Kind::Image),
        (b"II*\0", Kind::Image),
        (b"MM\0*", Kind::Image),
        (b"\x1f\x8b", Kind::Archive),
        (b"7z\xbc\xaf\x27\x1c", Kind::Archive),
        (b"Rar!", Kind::Archive),
        (b"BZh", Kind::Archive),
        (b"\xfd7zXZ", Kind::Archive),
        (b"\x28\xb5\x2f\xfd", Kind::Archive),
        (b"{\\rtf", Kind::Document),
        (b"\x7fELF", Kind::Binary),
        (b"SQLite format 3", Kind::Binary),
    ];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zipped(bytes));
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind)
}

/// The kind of a decoded text that is no table.
pub(super) fn text_kind(text: &str) -> Option<Kind> {
    let start = text.trim_start();
    let word = |n: usize| start.get(..n).unwrap_or_default().to_ascii_lowercase();
    if word(5) == "<html" || word(14) == "<!doctype html" || word(6) == "<table" {
        return Some(Kind::WebPage);
    }
    if word(5) == "<?xml" || start.starts_with(['{', '[']) {
        return Some(Kind::Structured);
    }
    if word(11) == "begin:vcard" {
        return Some(Kind::Contacts);
    }
    start.contains('\0').then_some(Kind::Binary)
}

fn zipped(bytes: &[u8]) -> Kind {
    // Names of the packed files stand in clear near the start and at the end of an archive.
    let head = &bytes[..bytes.len().min(4096)];
    let tail = &bytes[bytes.len().saturating_sub(8192)..];
    let has =
        |name: &[u8]| [head, tail].iter().any(|part| part.windows(name.len()).any(|window| window == name));
    if has(b"xl/") {
        Kind::Excel
    } else if has(b"opendocument.spreadsheet") {
        Kind::OpenDocument
    } else if has(b"Index/Document.iwa") {
        Kind::Numbers
    } else if has(b"word/") || has(b"opendocument.text") {
        Kind::Document
    } else {
        Kind::Archive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_tables_are_known() {
        let table: &[(&[u8], Option<Kind>)] = &[
            (b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml", Some(Kind::Excel)),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", Some(Kind::OpenDocument)),
            (b"PK\x03\x04....word/document.xml", Some(Kind::Document)),
            (b"PK\x03\x04....people.csv", Some(Kind::Archive)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Some(Kind::Excel)),
            (b"%PDF-1.7", Some(Kind::Pdf)),
            (b"\x89PNG\r\n", Some(Kind::Image)),
            (b"First name;Last name", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(kind(bytes), *expected);
        }
        assert_eq!(text_kind(" <!DOCTYPE html><p>"), Some(Kind::WebPage));
        assert_eq!(text_kind("[{\"email\":1}]"), Some(Kind::Structured));
        assert_eq!(text_kind("a\0b"), Some(Kind::Binary));
        assert_eq!(text_kind("email\n"), None);
    }
}
