//! Another mapping, tried on all people who really arrived: what it would change for whom, before anybody keeps it.

use model::{Directory, DirectoryUserId, Role};
use profile::Field;
use profile::mapping::Mapped;
use serde_json::Value;
use store::directory_group::DirectoryGroup;
use store::directory_user::DirectoryUser;

use super::counts::{Reader, Walk, resource};
use super::{DirectoryConfig, name_of};
use crate::app::App;
use crate::problem::Problem;

/// So many people are shown.
const SHOWN: usize = 10;

/// What another mapping would change.
#[derive(Debug, Default)]
pub struct Trial {
    /// How many people were tried.
    pub tried: usize,
    /// For how many something would be different.
    pub changed: usize,
    /// For how many a required field would be missing, or a value cannot be read.
    pub failing: usize,
    /// People to look at: those for whom something changes or fails first.
    pub people: Vec<TriedPerson>,
}

/// One person, tried.
#[derive(Debug, Clone)]
pub struct TriedPerson {
    /// The user.
    pub id: DirectoryUserId,
    /// The name as the directory sent it.
    pub name: String,
    /// The address as the new mapping reads it, or the user name.
    pub email: String,
    /// What would be different: the field, before, after. An empty text is nothing.
    pub changes: Vec<(Field, String, String)>,
    /// What would be wrong.
    pub faults: Vec<String>,
}

/// Tries settings beside those that are kept.
pub async fn trial(app: &App, it: &Directory, wanted: &DirectoryConfig) -> Result<Trial, Problem> {
    let kept = DirectoryConfig::of(it)?;
    let reader = Reader::new(app, &mut app.read().await?, it).await?;
    let mut trial = Trial::default();
    let mut walk = Walk::after(it.id, None);
    loop {
        let mut db = app.read().await?;
        let users = walk.next(&mut db).await?;
        if users.is_empty() {
            return Ok(trial);
        }
        let groups = reader.groups(&mut db, &[&kept, wanted], &users).await?;
        drop(db);
        for user in &users {
            let own: Vec<_> = groups.get(&user.id.to_string()).into_iter().flatten().collect();
            trial.take(tried(&reader, user, &own, [&kept, wanted])?);
        }
    }
}

impl TriedPerson {
    /// Something would be different, or is wrong.
    pub const fn concerns(&self) -> bool {
        !self.changes.is_empty() || !self.faults.is_empty()
    }
}

impl Trial {
    fn take(&mut self, person: TriedPerson) {
        self.tried += 1;
        self.changed += usize::from(!person.changes.is_empty());
        self.failing += usize::from(!person.faults.is_empty());
        let rank = |it: &TriedPerson| (it.changes.is_empty(), it.faults.is_empty());
        let at = self.people.partition_point(|it| rank(it) <= rank(&person));
        if at < SHOWN {
            self.people.insert(at, person);
            self.people.truncate(SHOWN);
        }
    }
}

fn tried(
    reader: &Reader<'_>,
    user: &DirectoryUser,
    groups: &[&DirectoryGroup],
    configs: [&DirectoryConfig; 2],
) -> Result<TriedPerson, Problem> {
    let attributes = Value::Object(resource(&user.resource)?);
    let [before, after] = configs.map(|config| {
        let mapped = config.mapping.apply(&attributes, reader.year);
        let role = config.role_of(groups).or(mapped.role).or(reader.defaults.role).unwrap_or(Role::Member);
        (mapped, role)
    });
    let missing = reader.missing(&after.0.profile);
    Ok(TriedPerson {
        id: user.id,
        name: attributes.as_object().map(name_of).unwrap_or_default(),
        email: after.0.profile.email.clone().unwrap_or_else(|| user.user_name_folded.clone()),
        changes: differences((&before.0, before.1), (&after.0, after.1), configs),
        faults: faults(&after.0, &missing),
    })
}

fn differences(
    (before, role_before): (&Mapped, Role),
    (after, role_after): (&Mapped, Role),
    configs: [&DirectoryConfig; 2],
) -> Vec<(Field, String, String)> {
    let mut fields: Vec<Field> = Field::ALL.into_iter().filter(|field| *field != Field::Role).collect();
    for rule in configs.iter().flat_map(|config| &config.mapping.rules) {
        if matches!(rule.field, Field::Extra(_)) && !fields.contains(&rule.field) {
            fields.push(rule.field.clone());
        }
    }
    let mut out: Vec<(Field, String, String)> = fields
        .into_iter()
        .map(|field| {
            let texts = [before, after].map(|it| shown(&field, it));
            let [from, to] = texts;
            (field, from, to)
        })
        .filter(|(_, from, to)| from != to)
        .collect();
    if role_before != role_after {
        out.push((Field::Role, role_before.to_string(), role_after.to_string()));
    }
    out
}

fn shown(field: &Field, it: &Mapped) -> String {
    match field {
        Field::Country => it.profile.country.map(|country| country.name().to_owned()),
        other => it.profile.text(other),
    }
    .unwrap_or_default()
}

fn faults(mapped: &Mapped, missing: &[Field]) -> Vec<String> {
    let told = |field: &Field| mapped.unread.iter().any(|it| it.problem.field.as_ref() == Some(field));
    let mut out: Vec<String> = missing
        .iter()
        .filter(|field| !told(field))
        .map(|field| format!("{} is missing.", field.label()))
        .collect();
    for unread in &mapped.unread {
        let sentence = unread.problem.to_string();
        if !out.contains(&sentence) {
            out.push(sentence);
        }
    }
    out
}
