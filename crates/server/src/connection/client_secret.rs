//! Client secrets as people type them: when they end, and what is mistaken for one.

use jiff::Timestamp;
use model::Time;

use crate::problem::Problem;

/// When a client secret ends: a day (its beginning, in UTC, so that nobody is warned too late) or a moment.
pub(super) fn secret_end(text: &str, now: Timestamp) -> Result<Option<Time>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let field = |words: String| Problem::field("client_secret_expires_at", words);
    let moment = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
    let moment = moment.map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        field(format!("“{shown}” is no day. Expected the day on which the secret ends, such as 2028-11-23."))
    })?;
    if moment <= now {
        return Err(field(format!(
            "This secret ended on {}. Make a new one in the provider's console and enter it with its own end.",
            moment.strftime("%-d %B %Y")
        )));
    }
    Ok(Some(moment.into()))
}

/// Whether it has the form of a GUID, as Entra's Secret ID has.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
