//! `xsd:dateTime` as SAML uses it (SAML core 1.3.3): always with a zone.
//!
//! Owns: reading and writing instants. Does not own: what "now" is, or any allowance for clocks.

use jiff::Timestamp;

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
    fn format_is_read_back() {
        assert_eq!(format(at("2026-11-23T19:00:00.9Z")), "2026-11-23T19:00:00Z");
    }
}
