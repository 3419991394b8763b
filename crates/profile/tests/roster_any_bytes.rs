//! Whatever is uploaded, reading ends, and what is written reads back.

use profile::roster::{self, Options};
use proptest::prelude::*;

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "['=+@\t;,\"\r\n -]{0,6}",
        "\\PC{0,8}",
        Just("ada@acme.test".to_owned()),
        Just("DE".to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = roster::read(&bytes, &Options::new(2026));
    }

    #[test]
    fn any_text_under_headings_ends_without_panic(text in "[\\PC\r\n,;\"'\t]{0,300}", headings in "(Email|E-Mail|Name|Land|,|;|\"|\n){0,12}") {
        if let Ok(read) = roster::read(format!("{headings}\n{text}").as_bytes(), &Options::new(2026)) {
            let file = roster::rejected_csv(&read, &read.rows);
            prop_assert!(std::str::from_utf8(&file).is_ok());
            let again = roster::read(&file, &Options::new(2026));
            prop_assert_eq!(again.map(|again| again.rows.len()), Ok(read.rows.len()));
        }
    }

    #[test]
    fn rejected_rows_read_back_equal(rows in proptest::collection::vec((cell(), cell(), cell(), cell()), 1..8)) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut text = String::from("First name,Last name,Email,Country\n");
        for (a, b, c, d) in &rows {
            let cells = [a, b, c, d].map(|cell| quoted(cell));
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        let Ok(read) = roster::read(text.as_bytes(), &Options::new(2026)) else { return Ok(()) };
        let file = roster::rejected_csv(&read, &read.rows);
        let again = roster::read(&file, &Options::new(2026)).unwrap();
        prop_assert_eq!(read.rows.len(), again.rows.len());
        for (before, after) in read.rows.iter().zip(&again.rows) {
            prop_assert_eq!(&before.original[..], &after.original[..4]);
            prop_assert_eq!(&before.profile, &after.profile);
        }
    }
}
