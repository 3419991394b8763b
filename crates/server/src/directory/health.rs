//! How a directory does: when it spoke last, who is incomplete and why, what could not be read, and what was refused.
//!
//! Owns the counting. The words for a cause, and what puts it right, are data of the providers' guides.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Directory, DirectoryStatus, DirectoryUserId, Member, MemberId};
use profile::Field;
use store::directory_member;
use store::scim_request::{self, Cause, ScimRequest};

use super::counts::{Arrived, Counts, Reader, Walk, counts};
use super::{DirectoryConfig, name_of};
use crate::app::App;
use crate::member;
use crate::problem::Problem;
use web::guide::{SyncWords, Values, sync_words};

/// For so many days back refused requests are counted.
pub const DAYS: u64 = 7;
/// So many people are looked at in one go.
const LOOKED_AT: usize = 1000;
/// So many people are named for each field.
const NAMED: usize = 20;
/// So many values that could not be read are listed.
const VALUES: usize = 100;

/// How a directory does.
#[derive(Debug)]
pub struct Health {
    /// Users, groups, members behind them.
    pub counts: Counts,
    /// Required fields that people lack, the most frequent first.
    pub missing: Vec<Lacking>,
    /// Values that came and could not be read.
    pub unread: Vec<Unreadable>,
    /// How many more such values there are.
    pub more_unread: usize,
    /// Requests that were refused within [`DAYS`], by cause.
    pub refused: Vec<Refusals>,
}

/// A person whom the directory sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The user.
    pub user: Option<DirectoryUserId>,
    /// The member behind it, once the directory is live.
    pub member: Option<MemberId>,
    /// The name, or what there is in its place.
    pub name: String,
    /// The address.
    pub email: Option<String>,
}

/// A required field that people lack.
#[derive(Debug)]
pub struct Lacking {
    /// The field.
    pub field: Field,
    /// How many people.
    pub count: u64,
    /// The first of them.
    pub people: Vec<Sent>,
    /// What puts it right.
    pub words: SyncWords,
}

/// A value that came and could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Whose.
    pub person: Sent,
    /// The field it was for.
    pub field: Option<Field>,
    /// What came.
    pub received: String,
    /// Why it cannot be read, and what was expected.
    pub problem: String,
}

/// Requests that were refused for one reason.
#[derive(Debug)]
pub struct Refusals {
    /// The code.
    pub cause: Cause,
    /// What the last of them was told.
    pub last: Option<ScimRequest>,
    /// What it means, and what puts it right.
    pub words: SyncWords,
}

impl Health {
    /// Whether there is nothing to do.
    pub fn is_well(&self) -> bool {
        self.missing.is_empty() && self.unread.is_empty() && self.refused.is_empty()
    }

    /// How many requests were refused.
    pub fn refused_count(&self) -> u64 {
        self.refused.iter().map(|it| it.cause.count).sum()
    }
}

/// One person with what is wrong.
struct Trouble {
    person: Sent,
    missing: Vec<Field>,
    unread: Vec<(Option<Field>, String, String)>,
}

/// What is wrong with all of them, counted; the first are named.
#[derive(Default)]
struct Found {
    lacking: BTreeMap<Field, (u64, Vec<Sent>)>,
    unread: Vec<Unreadable>,
    more_unread: usize,
}

impl Found {
    fn take(&mut self, Trouble { person, missing, unread }: Trouble) {
        for field in missing {
            let (count, people) = self.lacking.entry(field).or_default();
            *count += 1;
            if people.len() < NAMED {
                people.push(person.clone());
            }
        }
        for (field, received, problem) in unread {
            if self.unread.len() < VALUES {
                self.unread.push(Unreadable { person: person.clone(), field, received, problem });
            } else {
                self.more_unread += 1;
            }
        }
    }
}

/// How a directory does now.
pub async fn health(app: &App, it: &Directory) -> Result<Health, Problem> {
    let config = DirectoryConfig::of(it)?;
    let found = if it.status == DirectoryStatus::Active {
        of_members(app, it).await?
    } else {
        of_arrivals(app, it, &config).await?
    };
    let mut db = app.read().await?;
    let counts = counts(&mut db, it).await?;
    let since = app.now().before(Duration::from_hours(24 * DAYS));
    let mut refused = Vec::new();
    for cause in scim_request::causes(&mut db, it.id, since).await? {
        let last = scim_request::lookup(&mut db, it.organization_id, cause.last).await?;
        let words = sync_words(&it.provider, &cause.code, &values(app, None, &config));
        refused.push(Refusals { cause, last, words });
    }
    drop(db);
    let Found { lacking, unread, more_unread } = found;
    let mut missing: Vec<Lacking> = lacking
        .into_iter()
        .map(|(field, (count, people))| {
            let words = sync_words(&it.provider, "field", &values(app, Some(&field), &config));
            Lacking { field, count, people, words }
        })
        .collect();
    missing.sort_by_key(|it| std::cmp::Reverse(it.count));
    Ok(Health { counts, missing, unread, more_unread, refused })
}

/// What the guides' words are filled with.
pub(super) fn values(app: &App, field: Option<&Field>, config: &DirectoryConfig) -> Values {
    let rule = config.mapping.rules.iter().find(|rule| Some(&rule.field) == field);
    Values {
        app_name: app.brand.vendor_name.clone(),
        field: field.map(|field| field.label().to_lowercase()).unwrap_or_default(),
        attribute: rule
            .and_then(|rule| rule.paths.first())
            .map(|path| path.as_str().to_owned())
            .unwrap_or_default(),
        ..Values::default()
    }
}

async fn of_members(app: &App, it: &Directory) -> Result<Found, Problem> {
    let mut found = Found::default();
    let mut after = None;
    loop {
        let some = directory_member::troubled(&mut app.read().await?, it.id, after, LOOKED_AT).await?;
        let Some(last) = some.last() else { return Ok(found) };
        after = Some(last.id);
        some.iter().map(of_member).for_each(|trouble| found.take(trouble));
        tokio::task::yield_now().await;
    }
}

fn of_member(it: &Member) -> Trouble {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let unread = member::unread_of(it);
    let unread = unread.iter().map(|one| {
        let field = one["field"].as_str().and_then(Field::from_api_name);
        (field, text(&one["received"]), text(&one["problem"]))
    });
    Trouble {
        person: Sent {
            user: it.directory_user_id,
            member: Some(it.id),
            name: crate::org::words::name(it),
            email: it.email.clone(),
        },
        missing: member::missing(it),
        unread: distinct(unread),
    }
}

/// The same value may have come in several places.
fn distinct(
    all: impl Iterator<Item = (Option<Field>, String, String)>,
) -> Vec<(Option<Field>, String, String)> {
    let mut out: Vec<(Option<Field>, String, String)> = Vec::new();
    for one in all {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

async fn of_arrivals(app: &App, it: &Directory, config: &DirectoryConfig) -> Result<Found, Problem> {
    let mut found = Found::default();
    let reader = Reader::new(app, &mut app.read().await?, it).await?;
    let mut walk = Walk::after(it.id, None);
    loop {
        let mut db = app.read().await?;
        let users = walk.next(&mut db).await?;
        if users.is_empty() {
            return Ok(found);
        }
        let arrived = reader.read(&mut db, config, users).await?;
        arrived.into_iter().filter(|it| it.active).map(of_arrived).for_each(|trouble| found.take(trouble));
    }
}

fn of_arrived(it: Arrived) -> Trouble {
    Trouble {
        person: Sent {
            user: Some(it.id),
            member: it.member.as_ref().map(|member| member.id),
            name: it.user.as_object().map(name_of).unwrap_or_default(),
            email: it.mapped.profile.email.clone(),
        },
        unread: distinct(it.mapped.unread.iter().map(|unread| {
            let problem = &unread.problem;
            (problem.field.clone(), problem.received.clone(), problem.to_string())
        })),
        missing: it.missing,
    }
}
