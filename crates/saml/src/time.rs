//! `xsd:dateTime` as SAML uses it (SAML core 1.3.3): always with a zone.
//!
//! Owns: reading and writing instants. Does not own: what "now" is, or any allowance for clocks.

use jiff::{SignedDuration, Timestamp};

/// Reads an instant. A value without a zone is refused: SAML times are UTC, and guessing is not ours.
///
/// Fractions of any length are read and cut to nanoseconds. `24:00:00` and leap seconds are refused.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 20 || bytes.get(10) != Some(&b'T') {
        return None;
    }
    let (date_time, zone) = match bytes.last() {
        Some(b'Z') => (&text[..text.len() - 1], "Z"),
        _ => text.split_at_checked(text.len() - 6)?,
    };
    if zone != "Z" && !is_offset(zone.as_bytes()) {
        return None;
    }
    let (whole, fraction) = match date_time.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (date_time, "0"),
    };
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) || !is_plain(whole.as_bytes()) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(9)];
    format!("{whole}.{fraction}{zone}").parse().ok()
}

/// Reads an `xsd:duration`, such as `PT6H` or `P1DT12H`: a month counts as 30 days and a year as 365. Negative ones, ones
/// of nothing, and ones beyond a hundred years are refused.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    const LONGEST: i64 = 100 * 365 * 86_400;
    let (date, clock) = match text.strip_prefix('P')?.split_once('T') {
        Some((date, clock)) if !clock.is_empty() => (date, clock),
        None => (text.strip_prefix('P')?, ""),
        Some(_) => return None,
    };
    let units = |part: &str, units: &[(char, i64)]| -> Option<i64> {
        let (mut rest, mut seconds, mut units) = (part, 0_i64, units.iter());
        while !rest.is_empty() {
            let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            // Fractions are of seconds only, and too short to matter here.
            let number: i64 = rest[..at].split('.').next()?.parse().ok()?;
            let unit = rest[at..].chars().next()?;
            let (_, worth) = units.find(|(name, _)| *name == unit)?;
            seconds = seconds.checked_add(number.checked_mul(*worth)?)?;
            rest = &rest[at + unit.len_utf8()..];
        }
        Some(seconds)
    };
    let days = units(date, &[('Y', 365 * 86_400), ('M', 30 * 86_400), ('D', 86_400)])?;
    let seconds = days.checked_add(units(clock, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    (1..=LONGEST).contains(&seconds).then(|| SignedDuration::from_secs(seconds))
}

/// Writes an instant in whole seconds, `2026-11-23T19:00:00Z`.
pub(crate) fn format(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-23T19:00:00`, with every digit where it belongs and no leap second.
fn is_plain(text: &[u8]) -> bool {
    const SHAPE: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
    text.len() == SHAPE.len()
        && text.iter().zip(SHAPE).all(|(b, s)| if *s == b'd' { b.is_ascii_digit() } else { b == s })
        && text.get(17..) != Some(b"60")
}

/// `+hh:mm` or `-hh:mm`.
fn is_offset(text: &[u8]) -> bool {
    matches!(text, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn parse_fractions_and_offsets() {
        for (text, expected) in [
            ("2026-11-23T19:00:00Z", "2026-11-23T19:00:00Z"),
            ("2026-11-23T19:00:00.1Z", "2026-11-23T19:00:00.1Z"),
            ("2026-11-23T19:00:00.1234567Z", "2026-11-23T19:00:00.1234567Z"),
            ("2026-11-23T19:00:00.123456789012Z", "2026-11-23T19:00:00.123456789Z"),
            ("2026-11-23T20:00:00+01:00", "2026-11-23T19:00:00Z"),
            ("2026-11-23T13:30:00.000-05:30", "2026-11-23T19:00:00Z"),
        ] {
            assert_eq!(parse(text), Some(at(expected)), "{text}");
        }
    }

    #[test]
    fn parse_refuses_what_is_not_an_instant() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T19:00:00",
            "2026-11-23 19:00:00Z",
            "2026-11-23T19:00Z",
            "2026-11-23T19:00:00.Z",
            "2026-11-23T25:00:00Z",
            "2026-13-23T19:00:00Z",
            "2026-11-23T19:00:60Z",
            "+2026-11-23T19:00:00Z",
            "2026-11-23T19:00:00z",
            "2026-11-23T19:00:00+1:00",
            "2026-11-23T19:00:00[UTC]",
            "2026-11-23T19:00:00Z[UTC]",
            "99999-11-23T19:00:00Z",
            "２026-11-23T19:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_others_refused() {
        for (text, seconds) in [
            ("PT6H", Some(21_600)),
            ("P1D", Some(86_400)),
            ("P1DT1H1M1.5S", Some(90_061)),
            ("P1M", Some(2_592_000)),
            ("PT1M", Some(60)),
            ("P1Y", Some(31_536_000)),
            ("P", None),
            ("PT", None),
            ("PT0S", None),
            ("-P1D", None),
            ("P1H", None),
            ("PT1S1H", None),
            ("P1", None),
            ("6H", None),
            ("P99999999999999999999D", None),
            ("P9223372036854775807D", None),
            ("P１D", None),
        ] {
            assert_eq!(parse_duration(text), seconds.map(SignedDuration::from_secs), "{text}");
        }
    }

    #[test]
    fn format_is_read_back() {
        assert_eq!(format(at("2026-11-23T19:00:00.9Z")), "2026-11-23T19:00:00Z");
    }
}
