//! Another mapping, tried on the people who really arrived: what it would change for whom, before anybody keeps it.

use model::{Directory, DirectoryUserId, Role};
use profile::mapping::Mapped;
use profile::{Field, RequiredFields};
use serde_json::Value;
use store::{directory_group, directory_user};

use super::counts::{resource, this_year};
use super::{DirectoryConfig, name_of};
use crate::app::App;
use crate::problem::Problem;

/// So many of those who came last are tried.
pub const TRIED: usize = 1000;
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
    let mut db = app.read().await?;
    let org = store::organization::lookup(&mut db, it.organization_id).await?;
    let defaults = org.map(|org| org.defaults).unwrap_or_default();
    let users = directory_user::latest(&mut db, it.id, TRIED).await?;
    let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
    let groups = if kept.roles.is_empty() && wanted.roles.is_empty() {
        Vec::new()
    } else {
        directory_group::groups_of(&mut db, it.id, &ids).await?
    };
    drop(db);
    let year = this_year(app);
    let mut by_user: std::collections::HashMap<&str, Vec<_>> = std::collections::HashMap::new();
    for (member, group) in &groups {
        by_user.entry(member.as_str()).or_default().push(group);
    }
    let mut trial = Trial { tried: users.len(), ..Trial::default() };
    let mut people = Vec::new();
    for (user, id) in users.iter().zip(&ids) {
        let attributes = Value::Object(resource(&user.resource)?);
        let own = by_user.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let read = |config: &DirectoryConfig| {
            let mapped = config.mapping.apply(&attributes, year);
            let role = config.role_of(own).or(mapped.role).or(defaults.role).unwrap_or(Role::Member);
            (mapped, role)
        };
        let (before, after) = (read(&kept), read(wanted));
        let mut missing = after.0.profile.missing(&RequiredFields::default());
        missing.retain(|field| *field != Field::Country || defaults.country.is_none());
        let person = TriedPerson {
            id: user.id,
            name: attributes.as_object().map(name_of).unwrap_or_default(),
            email: after.0.profile.email.clone().unwrap_or_else(|| user.user_name_folded.clone()),
            changes: differences((&before.0, before.1), (&after.0, after.1), [&kept, wanted]),
            faults: faults(&after.0, &missing),
        };
        trial.changed += usize::from(!person.changes.is_empty());
        trial.failing += usize::from(!person.faults.is_empty());
        people.push(person);
    }
    people.sort_by_key(|it| (it.changes.is_empty(), it.faults.is_empty()));
    people.truncate(SHOWN);
    trial.people = people;
    Ok(trial)
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
