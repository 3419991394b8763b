//! One reading of a directory, from the claim to the outcome, and when the next one is.

use std::time::Duration;

use model::{DirectoryStatus, Time};
use store::pull::Pull;

use super::fault::Fault;
use super::file::File;
use super::google::Google;
use super::letter;
use super::reading::{LEASE, Outcome, Reading, everything};
use super::settings::{FileSettings, Settings};
use crate::app::App;
use crate::problem::Problem;

/// How often a directory is read by its interface.
const EVERY: Duration = Duration::from_mins(30);
/// How often everything about everybody is read, not only what has another version.
const WHOLE: Duration = Duration::from_hours(24);
/// After a failure, first; doubled with each.
const AGAIN: Duration = Duration::from_mins(5);
/// After a failure, at most.
const AGAIN_MOST: Duration = Duration::from_hours(6);
/// Directories read at once by a machine.
const AT_ONCE: i64 = 4;

/// Reads every directory that is due. How many were read.
///
/// # Errors
/// An internal problem where the database cannot be asked.
pub async fn round(app: &App) -> Result<usize, Problem> {
    let due = store::pull::list_due(&mut app.read().await?, app.now(), AT_ONCE).await?;
    let mut working = tokio::task::JoinSet::new();
    for id in due {
        let mut tx = app.write().await?;
        let claimed = store::pull::claim(&mut tx, id, app.now(), LEASE).await?;
        tx.commit().await?;
        if let Some(pull) = claimed {
            let app = app.clone();
            working.spawn(async move { Box::pin(one(&app, pull)).await });
        }
    }
    let mut count = 0;
    while let Some(done) = working.join_next().await {
        done.map_err(|e| Problem::internal(&e))??;
        count += 1;
    }
    Ok(count)
}

async fn one(app: &App, pull: Pull) -> Result<(), Problem> {
    let file = store::pull::file(&mut app.read().await?, pull.directory_id).await?;
    let settings = Settings::open(app, &pull.settings)?;
    let whole = pull.whole_at.is_none_or(|at| app.now().since(at) >= WHOLE);
    let mut reading = Reading::new(pull.directory_id, pull.run, whole);
    let brought = file.as_ref().map(|(_, at)| *at);
    let result = Box::pin(read(app, &mut reading, &settings, file.map(|(content, _)| content))).await;
    if matches!(result, Err(Fault::Overtaken)) {
        return Ok(());
    }
    finish(app, pull, reading, &settings, brought, result).await
}

async fn read(
    app: &App,
    reading: &mut Reading,
    settings: &Settings,
    file: Option<Vec<u8>>,
) -> Result<(), Fault> {
    let status = {
        let directory = store::directory::lookup(&mut app.read().await?, reading.id()).await?;
        directory.ok_or(Fault::Overtaken)?.status
    };
    if status == DirectoryStatus::Paused {
        return Ok(());
    }
    match (settings, file) {
        (Settings::Google(it), _) => everything(app, reading, &mut Google::connect(app, it).await?).await,
        (Settings::File(_), Some(content)) => everything(app, reading, &mut File::read(app, &content)?).await,
        (Settings::File(it @ FileSettings { url: Some(url), .. }), None) => {
            everything(app, reading, &mut File::fetch(app, url, it).await?).await
        }
        // Nothing was brought since.
        (Settings::File(_), None) => Ok(()),
    }
}

/// Keeps how it went, tells people where they have to do something, and sets the time of the next reading.
async fn finish(
    app: &App,
    mut pull: Pull,
    reading: Reading,
    settings: &Settings,
    brought: Option<Time>,
    result: Result<(), Fault>,
) -> Result<(), Problem> {
    let now = app.now();
    let mut outcome = Outcome { at: now.as_micros(), ok: result.is_ok(), ..reading.into_outcome() };
    let told = match &result {
        Ok(()) => {
            (pull.read_at, pull.failures) = (Some(now), 0);
            if outcome.whole {
                pull.whole_at = Some(now);
            }
            pull.next_at = next(now, settings);
            pull.told_at.take().map(|_| None)
        }
        Err(fault) => {
            if let Fault::Ours(problem) = fault {
                tracing::error!(cause = problem.cause, detail = problem.detail, directory = %pull.directory_id, "a directory could not be read");
            }
            pull.failures += 1;
            (outcome.text, outcome.fix) = fault.words();
            fault.code().clone_into(&mut outcome.code);
            pull.next_at = again(now, pull.failures, settings, brought.is_some());
            let matters = matches!(fault, Fault::Refused { .. }) || pull.failures >= 4;
            (matters && pull.told_at.is_none()).then(|| Some(outcome.clone()))
        }
    };
    if let Some(Some(_)) = &told {
        pull.told_at = Some(now);
    }
    pull.outcome = serde_json::to_string(&outcome).map_err(|e| Problem::internal(&e))?;
    let mut tx = app.write().await?;
    if !store::pull::finish(&mut tx, &pull).await? {
        return Ok(());
    }
    if let Some(at) = brought.filter(|_| !matches!(result, Err(Fault::Ours(_)))) {
        store::pull::forget_file(&mut tx, pull.directory_id, at).await?;
    }
    if let Some(told) = told {
        letter::tell(app, &mut tx, pull.directory_id, told.as_ref()).await?;
    }
    Ok(tx.commit().await?)
}

/// When it is read next after one that went well.
fn next(now: Time, settings: &Settings) -> Time {
    match settings {
        Settings::Google(_) => now.after(EVERY),
        Settings::File(it) if it.url.is_some() => tonight(now, it.hour),
        // One that is brought is read when it is.
        Settings::File(_) => Time::from_micros(i64::MAX),
    }
}

/// The next time that this hour of the day begins.
pub(super) fn tonight(now: Time, hour: u8) -> Time {
    const HOUR: i64 = 3_600_000_000;
    let day = now.as_micros().div_euclid(24 * HOUR) * 24 * HOUR;
    let at = day + i64::from(hour) * HOUR;
    Time::from_micros(if at > now.as_micros() { at } else { at + 24 * HOUR })
}

fn again(now: Time, failures: i64, settings: &Settings, brought: bool) -> Time {
    if brought {
        return next(now, settings);
    }
    let doubled = u32::try_from(failures.clamp(1, 10) - 1).unwrap_or(0);
    now.after((AGAIN * 2_u32.pow(doubled)).min(AGAIN_MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_of_the_night_is_the_next_one() {
        let at = |text: &str| Time::from(text.parse::<jiff::Timestamp>().unwrap());
        assert_eq!(tonight(at("2026-11-28T01:59:59Z"), 2), at("2026-11-28T02:00:00Z"));
        assert_eq!(tonight(at("2026-11-28T02:00:00Z"), 2), at("2026-11-29T02:00:00Z"));
    }
}
