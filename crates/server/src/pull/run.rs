//! One reading of a directory, from the claim to the outcome, and when the next one is.

use std::collections::HashSet;
use std::time::Duration;

use model::{DirectoryGroupId, DirectoryId, DirectoryStatus, DirectoryUserId, Time};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::pull::Pull;

use super::fault::Fault;
use super::file::File;
use super::google::Google;
use super::settings::{FileSettings, Settings};
use super::take::{self, Known, Put};
use super::{Listed, Source, letter};
use crate::app::App;
use crate::directory::Held;
use crate::problem::Problem;

/// How long a machine may be silent before another one reads.
const LEASE: Duration = Duration::from_mins(5);
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
/// Where more people of a part of the list have another version, the part is read whole.
const ONE_BY_ONE: usize = 25;
/// People removed in one transaction.
const BATCH: usize = 100;
/// So many troubles are kept in words.
const TOLD: usize = 20;

/// How a reading went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// When it ended, in microseconds.
    pub at: i64,
    /// Read to the end.
    pub ok: bool,
    /// Everything about everybody was read.
    pub whole: bool,
    /// A name for programs, where it failed.
    pub code: String,
    /// What happened, where it failed.
    pub text: String,
    /// What to do about it.
    pub fix: String,
    /// People whom the source lists.
    pub people: u64,
    /// Of these, new.
    pub created: u64,
    /// Of these, changed.
    pub changed: u64,
    /// People who are no longer listed.
    pub gone: u64,
    /// Groups.
    pub groups: u64,
    /// People who were refused, and rows that cannot be read.
    pub troubles: u64,
    /// The first of these, and what else an administrator should know, in sentences.
    pub notes: Vec<String>,
}

/// A reading that is under way.
pub struct Reading {
    id: DirectoryId,
    run: i64,
    users: Known<DirectoryUserId>,
    groups: Known<DirectoryGroupId>,
    seen: HashSet<String>,
    seen_groups: HashSet<String>,
    incomplete: bool,
    outcome: Outcome,
}

impl Reading {
    /// Enters the directory to write what was read. Whoever was overtaken writes nothing.
    pub async fn enter(&self, app: &App, tx: &mut Tx) -> Result<Held, Fault> {
        let held = Held::enter(tx, self.id).await.map_err(|problem| {
            if problem.status == axum::http::StatusCode::NOT_FOUND {
                Fault::Overtaken
            } else {
                problem.into()
            }
        })?;
        if !store::pull::renew(tx, self.id, self.run, app.now().after(LEASE)).await? {
            return Err(Fault::Overtaken);
        }
        Ok(held)
    }

    /// The user of the source's id.
    pub fn user(&self, source: &str) -> Option<DirectoryUserId> {
        self.users.get(source).map(|(id, _)| *id)
    }

    /// The group of the source's id.
    pub fn group(&self, source: &str) -> Option<DirectoryGroupId> {
        self.groups.get(source).map(|(id, _)| *id)
    }

    /// Counts a person who was written.
    pub const fn count(&mut self, put: Put) {
        match put {
            Put::Created => self.outcome.created += 1,
            Put::Changed => self.outcome.changed += 1,
            Put::Same => {}
        }
    }

    /// Remembers a group that was written.
    pub fn saw_group(&mut self, source: &str, id: DirectoryGroupId, mark: &str) {
        self.groups.insert(source.to_owned(), (id, Some(mark.to_owned())));
    }

    /// Whether refusals are written to the log: once a day is enough for one that stays.
    pub const fn is_told_of_troubles(&self) -> bool {
        self.outcome.whole
    }

    /// Notes that somebody was refused.
    pub fn trouble(&mut self, who: &str, why: &str) {
        self.outcome.troubles += 1;
        self.note(format!("{who}: {why}"));
    }

    fn note(&mut self, text: String) {
        if self.outcome.notes.len() < TOLD {
            self.outcome.notes.push(text);
        }
    }
}

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
            working.spawn(async move { one(&app, pull).await });
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
    let mut reading = Reading {
        id: pull.directory_id,
        run: pull.run,
        users: Known::new(),
        groups: Known::new(),
        seen: HashSet::new(),
        seen_groups: HashSet::new(),
        incomplete: false,
        outcome: Outcome { whole, ..Outcome::default() },
    };
    let brought = file.as_ref().map(|(_, at)| *at);
    let result = read(app, &mut reading, &settings, file.map(|(content, _)| content)).await;
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
        let directory = store::directory::lookup(&mut app.read().await?, reading.id).await?;
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

/// Reads the whole list, and only then lets go who is no longer in it.
async fn everything<S: Source>(app: &App, reading: &mut Reading, source: &mut S) -> Result<(), Fault> {
    {
        let mut db = app.read().await?;
        reading.users = store::pull::users(&mut db, reading.id).await?;
        reading.groups = store::pull::groups(&mut db, reading.id).await?;
    }
    touch(app, reading).await?;
    people(app, reading, source).await?;
    if reading.seen.is_empty() {
        return Err(Fault::refused(
            "empty_list",
            "The source lists nobody at all.",
            "Nobody was removed. If that is meant, pause or remove the directory here; otherwise look at the source’s settings.",
        ));
    }
    groups(app, reading, source).await?;
    if reading.incomplete {
        let text = "Nobody was removed this time, because entries could not be read: somebody missing may be one of them.";
        reading.note(text.to_owned());
        return Ok(());
    }
    let gone: Vec<DirectoryUserId> =
        reading.users.iter().filter(|(id, _)| !reading.seen.contains(*id)).map(|(_, (id, _))| *id).collect();
    reading.outcome.gone = u64::try_from(gone.len()).unwrap_or(0);
    for batch in gone.chunks(BATCH) {
        take::gone(app, reading, batch).await?;
    }
    Ok(())
}

/// Somebody answered: what waits for a first sign of the directory sees it.
async fn touch(app: &App, reading: &Reading) -> Result<(), Fault> {
    let mut tx = app.write().await?;
    reading.enter(app, &mut tx).await?;
    store::directory::touch(&mut tx, reading.id, app.now()).await?;
    Ok(tx.commit().await?)
}

async fn people<S: Source>(app: &App, reading: &mut Reading, source: &mut S) -> Result<(), Fault> {
    let mut at: Option<String> = None;
    loop {
        let mut page = source.people(at.as_deref(), reading.outcome.whole).await?;
        let mut new = newer(reading, &page.items);
        if !reading.outcome.whole && new.len() > ONE_BY_ONE {
            page = source.people(at.as_deref(), true).await?;
            new = newer(reading, &page.items);
        }
        for text in page.unreadable {
            reading.incomplete = true;
            reading.outcome.troubles += 1;
            reading.note(text);
        }
        for text in page.notes {
            reading.note(text);
        }
        let mut whole = Vec::with_capacity(new.len());
        for listed in new {
            if listed.resource.is_some() || reading.outcome.whole {
                whole.push(listed);
            } else if let Some(listed) = source.person(&listed.id).await? {
                whole.push(listed);
            }
        }
        for listed in page.items {
            reading.seen.insert(listed.id);
        }
        reading.outcome.people = u64::try_from(reading.seen.len()).unwrap_or(0);
        for batch in whole.chunks(BATCH) {
            take::people(app, reading, batch).await?;
        }
        match page.next {
            Some(next) if at.as_ref() != Some(&next) => at = Some(next),
            Some(_) => {
                return Err(Fault::Later("The list leads from a part of it to the same part.".to_owned()));
            }
            None => return Ok(()),
        }
    }
}

/// Those of a part of the list that are not held in this version; all where everything is read.
fn newer(reading: &Reading, items: &[Listed]) -> Vec<Listed> {
    let same = |it: &Listed| {
        let held = reading.users.get(&it.id).and_then(|(_, mark)| mark.as_deref());
        !it.mark.is_empty() && held == Some(it.mark.as_str())
    };
    items.iter().filter(|it| reading.outcome.whole || !same(it)).cloned().collect()
}

/// The groups. Where the source refuses them, those that are held stay, and the rest of the reading goes on.
async fn groups<S: Source>(app: &App, reading: &mut Reading, source: &mut S) -> Result<(), Fault> {
    // Those who came just now can be members.
    reading.users = store::pull::users(&mut app.read().await?, reading.id).await?;
    let mut at: Option<String> = None;
    loop {
        let page = match source.groups(at.as_deref()).await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            Err(Fault::Refused { text, fix, .. }) => {
                reading.note(format!("Groups could not be read and stay as they were. {text} {fix}"));
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        for listed in &page.items {
            group(app, reading, source, listed).await?;
        }
        match page.next {
            Some(next) => at = Some(next),
            None => break,
        }
    }
    reading.outcome.groups = u64::try_from(reading.seen_groups.len()).unwrap_or(0);
    let gone: Vec<DirectoryGroupId> = reading
        .groups
        .iter()
        .filter(|(id, _)| !reading.seen_groups.contains(*id))
        .map(|(_, (id, _))| *id)
        .collect();
    for id in gone {
        take::group_gone(app, reading, id).await?;
    }
    Ok(())
}

async fn group<S: Source>(
    app: &App,
    reading: &mut Reading,
    source: &mut S,
    listed: &Listed,
) -> Result<(), Fault> {
    reading.seen_groups.insert(listed.id.clone());
    // What is held is the version of the group, and of its list of members, on two lines.
    let held = reading.groups.get(&listed.id).and_then(|(_, mark)| mark.clone()).unwrap_or_default();
    let (of_group, of_list) = held.rsplit_once('\u{1}').unwrap_or_default();
    let known = Some(of_list).filter(|mark| !mark.is_empty() && !reading.outcome.whole);
    let found = match source.members(&listed.id, known).await {
        Ok(found) => found,
        // Gone between the list and this.
        Err(Fault::Refused { code: "not_found", .. }) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    match found {
        None if of_group == listed.mark => Ok(()),
        None => take::group(app, reading, listed, None, &format!("{}\u{1}{of_list}", listed.mark)).await,
        Some((ids, list)) => {
            take::group(app, reading, listed, Some(&ids), &format!("{}\u{1}{list}", listed.mark)).await
        }
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
    let mut outcome = Outcome { at: now.as_micros(), ok: result.is_ok(), ..reading.outcome };
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
