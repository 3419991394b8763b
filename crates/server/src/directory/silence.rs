//! Directories that have gone silent: told once when it lasts longer than it ever did, and once when they are back.
//!
//! Owns when a silence is one, and both letters. What it is judged by (the longest pause so far, and how often it was
//! heard) is written along with the time of the last request, so that it costs no request a write of its own.

use std::time::Duration;

use model::{Directory, DirectoryId, DirectoryStatus, NewEvent, Time};
use serde_json::{Value, json};
use store::Tx;

use super::DirectoryConfig;
use super::health::values;
use super::held::Held;
use crate::app::App;
use crate::mail::to_everybody;
use crate::org::words::when;
use crate::problem::Problem;
use crate::trace;
use web::guide::sync_words;
use web::mail_layout::{Letter, Link};

/// Nobody is told of a shorter silence: providers that send only changes are silent over a weekend.
pub const FLOOR: Duration = Duration::from_hours(24 * 3);
/// Before it was heard so often (at different times), nobody knows how it speaks.
pub const HEARD: i64 = 10;
/// So many are told of in one round; the next one follows within a minute.
const TOGETHER: usize = 50;

/// How long a directory may be silent before somebody is told: a quarter longer than it ever was.
fn patience(it: &Directory) -> Duration {
    let longest = it.longest_gap;
    FLOOR.max(longest.saturating_add(longest / 4))
}

/// Since when a live directory is silent for longer than it ever was; none while it is not.
pub fn silent_since(it: &Directory, now: Time) -> Option<Time> {
    let last = it.last_request_at?;
    let live = it.status == DirectoryStatus::Active && it.heard >= HEARD;
    (live && now.since(last) > patience(it)).then_some(last)
}

/// Tells of directories that have gone silent, and of those that are back.
pub async fn round(app: &App) -> Result<(), Problem> {
    let now = app.now();
    let mut db = app.read().await?;
    let quiet = store::directory::list_quiet(&mut db, (now, now.before(FLOOR)), HEARD, TOGETHER).await?;
    let back = store::directory::list_heard_again(&mut db, TOGETHER).await?;
    drop(db);
    for it in quiet {
        gone(app, it).await?;
    }
    for it in back {
        returned(app, it).await?;
    }
    Ok(())
}

/// Several machines may come here: the directory's lock lets one of them tell.
async fn gone(app: &App, id: DirectoryId) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, id).await?;
    let it = &held.directory;
    let (None, Some(since)) = (it.silent_since, silent_since(it, app.now())) else { return Ok(()) };
    store::directory::set_silent(&mut tx, id, Some(since)).await?;
    to_everybody(app, &mut tx, "directory_silent", &held.org, silent_letter(app, &held, since)).await?;
    tell(app, &mut tx, &held, "directory.silent", json!({ "last_request_at": since.to_string() }));
    Ok(tx.commit().await?)
}

async fn returned(app: &App, id: DirectoryId) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, id).await?;
    let it = &held.directory;
    let (Some(since), Some(last)) = (it.silent_since, it.last_request_at) else { return Ok(()) };
    if last <= since {
        return Ok(());
    }
    store::directory::set_silent(&mut tx, id, None).await?;
    // Somebody who has switched it off meanwhile knows.
    if it.status == DirectoryStatus::Active {
        to_everybody(app, &mut tx, "directory_back", &held.org, back_letter(app, &held, (since, last)))
            .await?;
        tell(app, &mut tx, &held, "directory.heard_again", json!({ "silent_since": since.to_string() }));
    }
    Ok(tx.commit().await?)
}

fn silent_letter(app: &App, held: &Held, since: Time) -> Letter {
    let (org, provider) = (&held.org.name, trace::provider(&held.directory.provider));
    let config = DirectoryConfig::default();
    let fix = sync_words(&held.directory.provider, "silent", &values(app, None, &config)).plain;
    Letter {
        subject: format!("{provider} has stopped speaking to us"),
        preview: "Who joins or leaves is not passed on meanwhile.".to_owned(),
        heading: format!("{provider} has stopped speaking to us"),
        paragraphs: vec![
            format!(
                "{provider} keeps the people of {org} up to date here. Its last request came {}. It has never been \
                 silent for so long: {} at most until now.",
                when(since).text,
                length(held.directory.longest_gap)
            ),
            "Until it speaks again, **nobody who leaves is signed out by it**, and nobody new gets a place.".to_owned(),
            format!("**What usually helps:** {fix}"),
        ],
        button: button(app, held),
        small: vec!["If nothing has changed at your side for so long, all is well. We write once, and again when it is back."
            .to_owned()],
        ..Letter::default()
    }
}

fn back_letter(app: &App, held: &Held, (since, last): (Time, Time)) -> Letter {
    let provider = trace::provider(&held.directory.provider);
    Letter {
        subject: format!("{provider} speaks to us again"),
        preview: "What it sends is applied as before.".to_owned(),
        heading: format!("{provider} speaks to us again"),
        paragraphs: vec![format!(
            "After {} without a word, a request came {}. What {provider} sends is applied as before; many providers now \
             send what they could not send meanwhile.",
            length(last.since(since)),
            when(last).text
        )],
        button: button(app, held),
        ..Letter::default()
    }
}

fn button(app: &App, held: &Held) -> Option<Link> {
    let page = app.config.url(&format!("/org/directory/{}/health", held.directory.id));
    held.org.self_service.then(|| Link::new("See how it is doing", page))
}

/// "3 days", "5 hours", "40 minutes".
pub fn length(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let (count, unit) = match minutes {
        0..120 => (minutes.max(1), "minute"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

fn tell(app: &App, tx: &mut Tx, held: &Held, kind: &'static str, mut data: Value) {
    data["organization_id"] = json!(held.org.id.to_string());
    data["directory_id"] = json!(held.directory.id.to_string());
    let organization_id = Some(held.org.id);
    app.append(tx, NewEvent { kind, organization_id, member_id: None, data: data.to_string() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_whole_units() {
        let minutes = |n: u64| length(Duration::from_mins(n));
        assert_eq!(
            [minutes(0), minutes(40), minutes(300), minutes(60 * 24 * 3)],
            ["1 minute", "40 minutes", "5 hours", "3 days"]
        );
    }
}
