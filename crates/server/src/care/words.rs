//! What is known of a connection, in the words of pages.

use model::{Connection, Time};
use web::Html;
use web::parts::{Notice, Tone};

use super::ends::ending;
use super::letters::{document, provider};
use super::state::{Held, State};
use crate::connection::Settings;

/// Term and value for a connection's card: what ends, and how its documents are read.
pub fn reading(it: &Connection, state: &State, now: Time) -> Vec<(String, Html)> {
    let mut facts = Vec::new();
    let Some(settings) = Settings::of(it) else { return facts };
    if let Some(end) = ending(&settings) {
        let words = match end.days(now) {
            0 => format!("ended on {}", day(end.at)),
            days if days <= 60 => {
                format!("ends on {}, in {days} {}", day(end.at), if days == 1 { "day" } else { "days" })
            }
            _ => format!("until {}", day(end.at)),
        };
        let term = if end.secret { "Client secret" } else { "Certificate" };
        facts.push((term.to_owned(), Html::text(&words)));
    }
    let by_address = match &settings {
        Settings::Saml(saml) => saml.metadata_url.is_some(),
        Settings::Oidc(_) => true,
    };
    let term = match &settings {
        Settings::Saml(_) => "Metadata",
        Settings::Oidc(_) => "Keys",
    };
    let words = match (by_address, state.read_at()) {
        (false, _) => "came as a file, a text or by hand; it is not read again".to_owned(),
        (true, None) => "read at the setup".to_owned(),
        (true, Some(at)) => format!("last read {}", moment(at)),
    };
    let next = state.next_at().filter(|_| by_address).map(|at| format!("; next {}", moment(at.max(now))));
    facts.push((term.to_owned(), Html::text(&(words + &next.unwrap_or_default()))));
    facts
}

/// What needs attention, if anything does.
pub fn notice(it: &Connection, state: &State, now: Time) -> Option<Notice> {
    let (name, what) = (provider(it), document(it));
    let warn = |title: String, text: String| {
        Some(Notice { text: Html::text(&text), ..Notice::new(Tone::Warn, title, "") })
    };
    if let Some(Held::Addresses(moved)) = &state.held {
        let at: Vec<&str> = moved.sso.iter().map(|it| it.location.as_str()).collect();
        return warn(
            format!("{name} wants people to sign in at another address"),
            format!(
                "Its metadata now says {}. Nothing was changed. Take it over if this is meant.",
                at.join(", ")
            ),
        );
    }
    if let Some(error) = &state.error {
        let tried = state.tried_at().map(moment).unwrap_or_default();
        return warn(
            format!("{name}’s {what} could not be read"),
            format!(
                "{error} Tried {tried}. Sign-ins go on with what was known before, and we try again by ourselves."
            ),
        );
    }
    let end = ending(&Settings::of(it)?).filter(|end| end.over(now))?;
    let text = if end.secret {
        format!(
            "It ended on {}, so nobody can sign in through it. Bring a new one with a setup link.",
            day(end.at)
        )
    } else {
        format!(
            "It ended on {}. Answers signed with it are still taken, but {name} may stop signing with it. Bring a new one \
             with a setup link.",
            day(end.at)
        )
    };
    warn(format!("{name}’s {} has ended", end.what()), text)
}

fn day(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y").to_string()
}

fn moment(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y, %H:%M UTC").to_string()
}
