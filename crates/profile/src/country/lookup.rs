//! The search for a spelling. Owns the order of the attempts and the suggestions.

use super::{Country, fold, table::COUNTRIES};
use crate::Reason;

/// Folded spelling, tab, code; sorted by the bytes of the spelling.
static NAMES: &str = include_str!("../../data/country-names.tsv");
/// No name of a country is longer; what is longer is not looked at.
const LONGEST: usize = 120;
/// Codes of two letters that people write with dots. Others are no codes then: “R.-U.” is French for the UK.
const DOTTED: [&str; 7] = ["us", "uk", "gb", "nz", "eu", "vs", "el"];

/// See [`Country::parse`].
pub(super) fn parse(text: &str) -> Result<Country, Reason> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(Reason::UnknownCountry { near: None });
    }
    if let Some(found) = whole(text) {
        return found;
    }
    if let Some(country) = flag(text) {
        return Ok(country);
    }
    parts(text).unwrap_or_else(|| Err(Reason::UnknownCountry { near: near(text) }))
}

/// The text as one spelling.
fn whole(text: &str) -> Option<Result<Country, Reason>> {
    let marked = fold(text, true);
    if let Some(value) = find(&marked).filter(|_| !is_false_code(text, &marked)) {
        return Some(value);
    }
    let plain = fold(text, false);
    if plain != marked
        && !is_code(&plain)
        && let Some(value) = find(&plain)
    {
        return Some(value);
    }
    plain.strip_prefix("the").and_then(find)
}

/// Codes are written without accents: “Áo” is not `AO`.
fn is_code(key: &str) -> bool {
    let is = |country: Country| {
        [country.code(), country.alpha3()].iter().any(|code| code.eq_ignore_ascii_case(key))
    };
    key.len() <= 3 && matches!(find(key), Some(Ok(country)) if is(country))
}

/// Two letters with punctuation between them.
fn is_false_code(text: &str, key: &str) -> bool {
    key.len() == 2
        && key.is_ascii()
        && !DOTTED.contains(&key)
        && text.trim_end_matches(|c: char| !c.is_alphanumeric()).chars().any(|c| !c.is_alphanumeric())
}

fn find(key: &str) -> Option<Result<Country, Reason>> {
    let value = search(NAMES, key)?;
    Some(match value.strip_prefix('?') {
        Some(candidates) => Err(Reason::NotOneCountry {
            candidates: candidates.split(' ').filter_map(Country::from_code).collect(),
        }),
        None => Country::from_code(value).ok_or(Reason::UnknownCountry { near: None }),
    })
}

/// Binary search over the lines of a text whose keys are sorted.
fn search<'a>(lines: &'a str, key: &str) -> Option<&'a str> {
    let bytes = lines.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[middle..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| middle + at);
        let (found, value) = lines.get(start..end)?.split_once('\t')?;
        match found.as_bytes().cmp(key.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(value),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

/// “🇩🇪”: the two regional indicators of a flag.
fn flag(text: &str) -> Option<Country> {
    let letters: Option<String> = text
        .chars()
        .map(|c| match c {
            '\u{1f1e6}'..='\u{1f1ff}' => char::from_u32(u32::from(c) - 0x1f1e6 + u32::from('A')),
            _ => None,
        })
        .collect();
    Country::from_code(&letters?)
}

/// “Germany (DE)”, “DE - Deutschland”: several spellings of one country. Every part must be one.
fn parts(text: &str) -> Option<Result<Country, Reason>> {
    let separators = ['(', ')', '[', ']', '/', '|', ',', ';', ':', '\n', '–', '—', '=', '-'];
    let parts: Vec<&str> = text.split(separators).map(str::trim).filter(|part| !part.is_empty()).collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    let mut found = Vec::new();
    for part in parts {
        let country = whole(part).map_or_else(|| flag(part), Result::ok)?;
        if !found.contains(&country) {
            found.push(country);
        }
    }
    match found.as_slice() {
        [one] => Some(Ok(*one)),
        _ => Some(Err(Reason::NotOneCountry { candidates: found })),
    }
}

/// The one country whose English name is a slip of the pen away.
fn near(text: &str) -> Option<Country> {
    let key: Vec<char> = fold(text, false).chars().collect();
    if !(4..=40).contains(&key.len()) {
        return None;
    }
    let mut best: Option<(usize, Option<Country>)> = None;
    let first = key[0];
    for row in
        COUNTRIES.iter().filter(|row| row.3.chars().next().is_some_and(|c| c.eq_ignore_ascii_case(&first)))
    {
        let name: Vec<char> = fold(row.3, false).chars().collect();
        if name.len().abs_diff(key.len()) > 2 {
            continue;
        }
        let slips = distance(&name, &key);
        if slips > 1 + usize::from(key.len() > 6) {
            continue;
        }
        match best {
            Some((least, _)) if slips > least => {}
            // Austria and Australia are as near as each other: no guess.
            Some((least, _)) if slips == least => best = Some((least, None)),
            _ => best = Some((slips, Country::from_code(row.0))),
        }
    }
    best.and_then(|(_, country)| country)
}

/// Letters to insert, leave out, change or swap (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lines_are_sorted_folded_and_name_countries() {
        let mut before = "";
        let mut count = 0;
        for line in NAMES.lines() {
            let (key, value) = line.split_once('\t').unwrap();
            assert!(before.as_bytes() < key.as_bytes(), "{before} {key}");
            assert_eq!(fold(key, true), key, "the script and this crate fold differently");
            let codes = value.trim_start_matches('?').split(' ').filter(|code| !code.is_empty());
            for code in codes {
                assert!(Country::from_code(code).is_some(), "{line}");
            }
            assert!(search(NAMES, key) == Some(value), "{line}");
            before = key;
            count += 1;
        }
        assert!(count > 15_000);
    }

    #[test]
    fn nicknames_of_the_kept_list_all_read() {
        for line in include_str!("../../data/country-nicknames.tsv").lines().filter(|l| !l.starts_with('#')) {
            let (code, spellings) = line.split_once('\t').unwrap();
            let spellings = spellings.split_once(':').map_or(spellings, |(_, names)| names);
            for spelling in spellings.split('|') {
                let read = parse(spelling.trim());
                match code {
                    "?" => assert!(matches!(read, Err(Reason::NotOneCountry { .. })), "{spelling}: {read:?}"),
                    _ => assert_eq!(read.map(Country::code), Ok(code), "{spelling}"),
                }
            }
        }
    }

    #[test]
    fn two_countries_in_one_place_are_not_one() {
        for text in ["Germany, Austria", "DE/AT", "France - Germany", "en-US (de)"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(matches!(parse("DE/AT"), Err(Reason::NotOneCountry { candidates }) if candidates.len() == 2));
    }

    #[test]
    fn slips_of_the_pen_are_suggested_and_never_taken() {
        for (text, meant) in [
            ("Germny", "DE"),
            ("Grmany", "DE"),
            ("Swizterland", "CH"),
            ("Austrailia", "AU"),
            ("Braazil", "BR"),
        ] {
            let Err(Reason::UnknownCountry { near: Some(near) }) = parse(text) else { panic!("{text}") };
            assert_eq!(near.code(), meant, "{text}");
        }
        assert_eq!(parse("Atlantis"), Err(Reason::UnknownCountry { near: None }));
    }
}
