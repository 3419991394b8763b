//! Files of people as programs write them, read and written back.

use profile::roster::{self, Column, Correction, ExtraField, FileProblem, Kind, Options, Roster};
use profile::{Country, Defaults, Field, Reason, RequiredFields, Role};

macro_rules! sample {
    ($name:literal) => {
        read(include_bytes!(concat!("../testdata/", $name)))
    };
}

fn read(bytes: &[u8]) -> Roster {
    roster::read(bytes, &Options::new(2026)).unwrap()
}

fn refused(bytes: &[u8]) -> FileProblem {
    roster::read(bytes, &Options::new(2026)).unwrap_err()
}

/// Number, first name, last name, email, country and the sentences of every row.
fn people(roster: &Roster) -> Vec<String> {
    roster
        .rows
        .iter()
        .map(|row| {
            let text = |field| row.profile.text(&field).unwrap_or_else(|| "-".into());
            let problems: Vec<String> = row.problems.iter().map(ToString::to_string).collect();
            let (first, last) = (text(Field::FirstName), text(Field::LastName));
            format!(
                "{} {first} {last} {} {} {}",
                row.number,
                text(Field::Email),
                text(Field::Country),
                problems.join(" ")
            )
            .trim_end()
            .to_owned()
        })
        .collect()
}

#[test]
fn excel_german_semicolons_in_windows_1252() {
    let roster = sample!("excel-german-semicolon-1252.csv");
    assert_eq!((roster.encoding, roster.delimiter, roster.heading_row), ("windows-1252", ';', 1));
    assert_eq!(roster.ignored().collect::<Vec<_>>(), ["Kostenstelle"]);
    assert_eq!(roster.heading_of(&Field::CurrentState), Some("Bundesland"));
    assert_eq!(
        people(&roster),
        [
            "2 Jürgen Müller juergen.mueller@acme.example DE",
            "3 Zoë Groß zoe.gross@acme.example AT",
            "4 Beat Rüegg beat.rueegg@acme.example - “D-A-CH” is not one country. Expected a name or code, such as \
             Germany or DE. “85” is not a year of birth we can use. Expected four digits from 1900 to 2013, such as 1984.",
        ]
    );
    assert_eq!(roster.rows[0].profile.current_city.as_deref(), Some("München"));
    assert_eq!(roster.rows[0].profile.birth_year, Some(1978));
}

#[test]
fn excel_unicode_text_in_utf_16() {
    let roster = sample!("excel-unicode-text-utf16.txt");
    assert_eq!((roster.encoding, roster.delimiter), ("UTF-16LE", '\t'));
    assert_eq!(
        people(&roster),
        ["2 Amélie Lefèvre amelie@acme.example FR", "3 Mary Ann O’Neil mary@acme.example IE"]
    );
}

#[test]
fn old_mac_file_says_what_quebec_is() {
    let roster = sample!("excel-mac-returns-macroman.csv");
    assert_eq!(roster.encoding, "macintosh");
    assert_eq!(
        people(&roster),
        [
            "2 François Hébert francois@acme.example CA",
            "3 Zoé Côté zoe@acme.example - “Québec” is not a country we know. Expected a name or code, such as Germany or DE.",
        ]
    );
}

#[test]
fn exports_of_other_programs() {
    assert_eq!(people(&sample!("excel-sep-line.csv")), ["2 Ada Lovelace ada@acme.example GB"]);
    assert_eq!(
        people(&sample!("japanese-shift-jis.csv")),
        ["2 太郎 山田 taro@acme.example JP", "3 花子 佐藤 hanako@acme.example DE"]
    );
    assert_eq!(
        people(&sample!("google-workspace-export.csv")),
        ["2 Ada Lovelace ada@acme.example GB", "3 Bob Stone bob@acme.example - Country is missing."]
    );
    assert_eq!(people(&sample!("entra-export-utf8-bom.csv")), ["2 Ada Lovelace ada@acme.example GB"]);
    assert_eq!(
        people(&sample!("polish-iso-8859-2.csv")),
        ["2 Łukasz Wiśniewski lukasz@acme.example PL", "3 Grażyna Źródło grazyna@acme.example DE"]
    );
}

#[test]
fn title_above_the_headings_and_line_breaks_in_cells_keep_the_row_numbers() {
    let roster = sample!("title-above-and-quoted-newlines.csv");
    assert_eq!(roster.heading_row, 3);
    assert_eq!(
        people(&roster),
        [
            "4 Anna van der Berg anna@acme.example NL",
            "5 - - cher@acme.example US “Cher” does not show which part is the first and which the last name. \
             Expected two columns, or “First Last”.",
            "6 - - evil@acme.example US “=HYPERLINK(\"http://x.example\")” is a web address. Expected a name. \
             First name is missing.",
        ]
    );
}

#[test]
fn eight_of_ten_rows_are_ready() {
    let roster = sample!("ten-rows-two-broken.csv");
    let broken: Vec<_> = roster.rows.iter().filter(|row| !row.is_ready()).map(|row| row.number).collect();
    assert_eq!(broken, [4, 6]);
    assert_eq!(
        roster.rows[2].problems[0].to_string(),
        "“carlos.mendes@acme,example” is not an email address: there is a comma where a dot should be."
    );
    assert_eq!(roster.rows[7].role, Some(Role::Admin));
    assert_eq!(roster.rows[7].profile.birth_year, Some(1987));
}

#[test]
fn file_without_headings_is_recognised_and_can_be_read_with_chosen_columns() {
    let bytes = include_bytes!("../testdata/without-headings.csv");
    assert_eq!(
        refused(bytes).to_string(),
        "The first row is a person already: “Ada”, “Lovelace”, “ada@acme.example”, “GB”. Expected headings in the \
         first row, such as First name, Last name, Email, Country."
    );
    let mut options = Options::new(2026);
    let chosen = [Field::FirstName, Field::LastName, Field::Email, Field::Country];
    options.columns = Some(chosen.into_iter().map(Column::Field).collect());
    let roster = roster::read(bytes, &options).unwrap();
    assert_eq!(people(&roster), ["1 Ada Lovelace ada@acme.example GB", "2 Bob Stone bob@acme.example US"]);
    let again = roster::rejected_csv(&roster, &roster.rows);
    assert_eq!(
        people(&read(&again)),
        ["2 Ada Lovelace ada@acme.example GB", "3 Bob Stone bob@acme.example US"]
    );
}

#[test]
fn files_that_cannot_be_read_are_refused_in_a_sentence() {
    let table: &[(&[u8], &str)] = &[
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n;;;\r\n", "empty_file"),
        (b"\0\0\0\0", "empty_file"),
        (b"First name,Last name,Email,Country\n", "no_people"),
        (b"First name,Last name,Email,Country\n,,,\n\n", "no_people"),
        (b"First name,Last name,Country\nA,B,DE\n", "no_email_column"),
        (b"a,b,c\n1,2,3\n", "no_email_column"),
        (b"First name,Email\nA,\"a@b.test\n", "open_quote"),
        (b"\"First name,Email\nA,a@b.test\n", "open_quote"),
        (b"%PDF-1.7\n", "not_a_table"),
        (b"PK\x03\x04\x14\0\x06\0xl/workbook.xml", "not_a_table"),
        (b"<!DOCTYPE html><html>", "not_a_table"),
        (b"email\0\x01\x02,\0x", "not_a_table"),
        (b"{\"email\":\"a@b.test\"}", "not_a_table"),
    ];
    for (bytes, code) in table {
        let problem = refused(bytes);
        assert_eq!(problem.code(), *code, "{:?}", String::from_utf8_lossy(bytes));
        assert!(problem.to_string().ends_with('.'));
    }
    assert_eq!(refused(b"PK\x03\x04xl/"), FileProblem::NotATable(Kind::Excel));
    assert_eq!(
        refused(b"First name,Country\nA,DE\n").to_string(),
        "No column with email addresses was found. The first row has “First name”, “Country”. Expected a heading such as Email."
    );
    assert_eq!(
        refused(b"Email,Name\na@b.test,\"x\n").to_string().split(',').next(),
        Some("A quotation mark in row 2 is never closed")
    );
    assert_eq!(refused(&vec![b'a'; roster::LARGEST + 1]).code(), "file_too_large");
    assert_eq!(refused("Email,".repeat(501).as_bytes()).code(), "too_many_columns");
}

#[test]
fn too_many_people_are_refused_as_a_whole() {
    let options = Options { max_rows: 2, ..Options::new(2026) };
    let two = b"Email\na@b.test\n\nc@b.test\n";
    assert_eq!(roster::read(two, &options).unwrap().rows.len(), 2);
    let three = b"Email\na@b.test\nc@b.test\nd@b.test\n";
    assert_eq!(roster::read(three, &options), Err(FileProblem::TooManyRows { limit: 2 }));
}

#[test]
fn missing_column_is_told_once_and_filled_by_defaults() {
    let bytes = b"First name,Last name,Email\nAda,Lovelace,ada@acme.test\n";
    let roster = read(bytes);
    assert_eq!(roster.missing, [Field::Country]);
    assert_eq!(people(&roster), ["2 Ada Lovelace ada@acme.test - Country is missing."]);
    let defaults =
        Defaults { country: Country::from_code("DE"), role: Some(Role::Member), ..Defaults::default() };
    let roster = roster::read(bytes, &Options { defaults, ..Options::new(2026) }).unwrap();
    assert_eq!(roster.missing, []);
    assert!(roster.rows[0].is_ready());
    assert_eq!(roster.rows[0].role, Some(Role::Member));
}

#[test]
fn repeated_address_is_flagged_on_the_later_row() {
    let roster =
        read(b"First,Last,Email,Country\nA,B,Ada@acme.test,DE\nA,B,ada@ACME.test,DE\nC,D,ada@acme.test,XX\n");
    assert!(roster.rows[0].is_ready());
    assert_eq!(
        roster.rows[1].problems[0].to_string(),
        "“ada@acme.test” stands in row 2 already. Each person needs one row."
    );
    assert_eq!(roster.rows[2].problems.len(), 2);
}

#[test]
fn ragged_and_endless_rows() {
    let roster =
        read(b"First,Last,Email,Country\nA,B,a@acme.test\nA,B,b@acme.test,DE,,\nA,B,c@acme.test,DE,x\n");
    let reasons: Vec<_> =
        roster.rows.iter().map(|row| row.problems.first().map(profile::Problem::code)).collect();
    assert_eq!(reasons, [Some("missing"), None, Some("extra_cells")]);
    assert_eq!(
        roster.rows[2].problems[0].to_string(),
        "The row has 5 cells, but there are 4 headings. A comma or semicolon inside a value needs quotation marks around the value."
    );
    let long = format!("Email,Note\na@b.test,{}\nb@b.test,\n", "x".repeat(40_000));
    let roster = read(long.as_bytes());
    assert_eq!(roster.rows[0].problems[0].reason, Reason::RowTooLong { limit: 32 * 1024 });
    assert_eq!(roster.rows[1].profile.email.as_deref(), Some("b@b.test"));
}

#[test]
fn rejected_rows_come_back_whole_and_unharmful() {
    let text = "\u{feff}First name;Last name;Email;Note;Reason\r\n\
        =1+1;\"O;Neil\";not an address;+49 30 1;old\r\n\
        @SUM(A1);-2;x@acme.test;\"say \"\"hi\"\"\r\nthere\";\r\n\
        '=kept;'';y@acme.test; padded ;\r\n";
    let roster = read(text.as_bytes());
    let file = roster::rejected_csv(&roster, &roster.rows);
    let written = String::from_utf8(file.clone()).unwrap();
    assert!(written.starts_with("\u{feff}First name;Last name;Email;Note;Country;Reason"), "{written}");
    for cell in written.split(['\n', ';']) {
        assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t']), "{cell}");
    }
    let again = read(&file);
    assert_eq!(again.columns.last(), Some(&Column::Reason));
    assert_eq!(again.missing, []);
    for (before, after) in roster.rows.iter().zip(&again.rows) {
        assert_eq!(before.original[..4], after.original[..4]);
        assert_eq!(before.profile, after.profile);
    }
    assert_eq!(again.ignored().collect::<Vec<_>>(), ["Note"]);
    let twice = roster::rejected_csv(&again, &again.rows);
    assert_eq!(twice, file);
}

#[test]
fn template_is_understood_by_the_reader() {
    let extra = vec![ExtraField {
        key: "plan".into(),
        label: "Plan".into(),
        headings: Vec::new(),
        allowed: vec!["Core".into(), "Extended".into()],
    }];
    let mut file = roster::template_csv(&extra);
    file.extend_from_slice(
        b"Ada,Lovelace,ada@acme.test,UK,London,,1984,admin,CORE\r\nBob,Stone,bob@acme.test,US,,,,,gold\r\n",
    );
    let mut options = Options { extra, ..Options::new(2026) };
    options.required = RequiredFields::new([Field::Extra("plan".into())]);
    let roster = roster::read(&file, &options).unwrap();
    let fields: Vec<_> =
        Field::ALL.into_iter().chain([Field::Extra("plan".into())]).map(Column::Field).collect();
    assert_eq!(roster.columns, fields);
    assert_eq!(roster.rows[0].profile.extra["plan"], "Core");
    assert!(roster.rows[0].is_ready());
    assert_eq!(roster.rows[1].problems.len(), 1);
    assert_eq!(roster.rows[1].problems[0].to_string(), "“gold” is not offered. Expected Core or Extended.");
}

#[test]
fn mended_rows_are_read_again_and_kept_in_the_rejected_file() {
    let options = Options::new(2026);
    let mut roster = read(b"Name,Email\nAda Lovelace,ada@acme.test\nCher,ada@acme.test\nBob Stone,bob\n");
    assert_eq!(roster.missing, [Field::Country]);
    let mend = |row, field, text: &str| Correction { row, field, text: text.into() };
    let corrections = [
        mend(3, Field::FirstName, "Cherilyn"),
        mend(3, Field::LastName, "Sarkisian"),
        mend(3, Field::Email, "cher@acme.test"),
        mend(3, Field::Country, "USA"),
        mend(4, Field::Email, "bob@acme.test"),
        mend(9, Field::Country, "US"),
    ];
    assert_eq!(roster.correct(&corrections, &options), [corrections[5].clone()]);
    assert_eq!(
        people(&roster),
        [
            "2 Ada Lovelace ada@acme.test - Country is missing.",
            "3 Cherilyn Sarkisian cher@acme.test US",
            "4 Bob Stone bob@acme.test - Country is missing.",
        ]
    );
    assert_eq!(roster.missing, []);
    let again = read(&roster::rejected_csv(&roster, &roster.rows));
    assert_eq!(again.rows[1].profile, roster.rows[1].profile);
}

#[test]
fn any_table_is_written_unharmful() {
    let file = roster::csv([["Person", "Note"], ["Ada", "=1+1"], ["Bob, Jr.", "\"x\"\n+1"]]);
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "\u{feff}Person,Note\r\nAda,'=1+1\r\n\"Bob, Jr.\",\"\"\"x\"\"\n+1\"\r\n"
    );
}
