//! What is read in one reading: the whole list of people, the groups, and only then who is gone.

use std::collections::HashSet;
use std::time::Duration;

use model::{DirectoryGroupId, DirectoryId, DirectoryUserId};
use serde::{Deserialize, Serialize};
use store::Tx;

use super::fault::Fault;
use super::take::{self, Known, Put};
use super::{Listed, Source};
use crate::app::App;
use crate::directory::Held;

/// How long a machine may be silent before another one reads.
pub const LEASE: Duration = Duration::from_mins(5);
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
    /// Begins the reading with this number.
    pub fn new(id: DirectoryId, run: i64, whole: bool) -> Self {
        Self {
            id,
            run,
            users: Known::new(),
            groups: Known::new(),
            seen: HashSet::new(),
            seen_groups: HashSet::new(),
            incomplete: false,
            outcome: Outcome { whole, ..Outcome::default() },
        }
    }

    /// How it has gone so far.
    pub fn into_outcome(self) -> Outcome {
        self.outcome
    }

    /// Of which directory.
    pub const fn id(&self) -> DirectoryId {
        self.id
    }

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

/// Reads the whole list, and only then lets go who is no longer in it.
pub async fn everything<S: Source>(app: &App, reading: &mut Reading, source: &mut S) -> Result<(), Fault> {
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
