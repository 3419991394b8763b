//! Years of birth. Owns the range; takes only the year out of a date, the rest is not ours to keep.

use crate::Reason;

/// The earliest year taken.
pub const EARLIEST: u16 = 1900;
/// Nobody younger than this many years is taken.
pub const YOUNGEST: u16 = 13;

/// Reads a year, or the year of a date (`1984-05-01`, `1.5.1984`); `None` for an empty text and for a date whose year
/// is withheld (`0000-05-01`, as OpenID Connect Core 5.1 writes it).
///
/// # Errors
/// [`Reason::BirthYear`] with the years that are taken in `this_year`.
pub fn parse(text: &str, this_year: u16) -> Result<Option<u16>, Reason> {
    let to = this_year.saturating_sub(YOUNGEST);
    let unread = || Reason::BirthYear { from: EARLIEST, to };
    let text = text.trim();
    // What a spreadsheet makes of a whole number.
    let text = text.strip_suffix(".0").or_else(|| text.strip_suffix(".00")).unwrap_or(text);
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > 40 {
        return Err(unread());
    }
    let digits: String = text.chars().map(digit).collect();
    if digits.chars().any(char::is_alphabetic) && !digits.contains(['T', '年', 'Z']) {
        return Err(unread());
    }
    // 19840501, as schacDateOfBirth writes it.
    if digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()) {
        let part = |from: usize, to: usize| digits[from..to].parse::<u16>().map_err(|_| unread());
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let date = (1..=12).contains(&month) && (1..=31).contains(&day);
        return if date { check(year, this_year).map(Some) } else { Err(unread()) };
    }
    let groups: Vec<&str> =
        digits.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let date = digits.split(['T', ' ']).next().unwrap_or_default();
    let dated: Vec<&str> =
        date.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let years: Vec<&str> = dated.iter().copied().filter(|group| group.len() == 4).collect();
    if matches!(years.as_slice(), ["0000"]) && dated.len() == 3 {
        return Ok(None);
    }
    let whole =
        groups.len() == 1 || (dated.len() == 3 && dated.iter().all(|group| matches!(group.len(), 1 | 2 | 4)));
    match years.as_slice() {
        [year] if whole && !text.starts_with(['-', '+']) => {
            let year: u16 = year.parse().map_err(|_| unread())?;
            check(year, this_year).map(Some)
        }
        _ => Err(unread()),
    }
}

/// Whether a number is a year of birth that is taken.
///
/// # Errors
/// [`Reason::BirthYear`] with the years that are taken in `this_year`.
pub fn check(year: u16, this_year: u16) -> Result<u16, Reason> {
    let to = this_year.saturating_sub(YOUNGEST);
    if (EARLIEST..=to).contains(&year) { Ok(year) } else { Err(Reason::BirthYear { from: EARLIEST, to }) }
}

/// Full-width and Arabic digits as ASCII.
fn digit(c: char) -> char {
    let zero = match c {
        '０'..='９' => '０',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        _ => return c,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).map_or(c, |n| char::from(b'0' + n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_and_dates() {
        let table = [
            ("1984", 1984),
            (" 1984 ", 1984),
            ("1984.0", 1984),
            ("19840501", 1984),
            ("1984-05-01", 1984),
            ("1984-05-01T00:00:00Z", 1984),
            ("1984-05-01 00:00:00", 1984),
            ("1.5.1984", 1984),
            ("05/01/1984", 1984),
            ("1984年5月1日", 1984),
            ("1984年", 1984),
            ("١٩٨٤", 1984),
            ("１９８４", 1984),
            ("1900", 1900),
            ("2013", 2013),
        ];
        for (text, year) in table {
            assert_eq!(parse(text, 2026), Ok(Some(year)), "{text}");
        }
        for text in ["", "  ", "0000-05-01"] {
            assert_eq!(parse(text, 2026), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_year_says_which_years_are() {
        for text in [
            "84",
            "1899",
            "2014",
            "19844",
            "-1984",
            "198",
            "abcd",
            "1984-1985",
            "5/1/84",
            "about 1984",
            "0",
            "1984-05",
            "19841301",
            "12345678",
            "99999999999999999999",
            "1984-1985-1986",
        ] {
            assert_eq!(parse(text, 2026), Err(Reason::BirthYear { from: 1900, to: 2013 }), "{text}");
        }
        assert!(parse(&"1".repeat(1000), 2026).is_err());
    }
}
