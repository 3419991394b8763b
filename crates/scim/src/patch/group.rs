//! Owns what a PATCH says about the members of a group. It is told, not applied: the members are
//! rows of a store, and there may be a hundred thousand of them.

use serde_json::Value;

use super::Action;
use crate::ScimError;
use crate::filter::{CompareOp, Filter, Literal, PatchPath};
use crate::resource::{MemberRef, read_members, read_one};
use crate::value::dedup;

/// One change to the members of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum MembershipChange {
    /// These are members now, each named once; who is one already gets the display name and type given.
    Add(Vec<MemberRef>),
    /// The members with these ids are none any more; unknown ids are no error.
    Remove(Vec<String>),
    /// The members that the filter selects are none any more ([`MemberRef::matches`]); rare.
    RemoveWhere(Filter),
    /// These and no others are members.
    ReplaceAll(Vec<MemberRef>),
    /// Nobody is a member.
    RemoveAll,
}

/// The membership changes of one PATCH.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    changes: Vec<MembershipChange>,
}

impl Memberships {
    /// The changes in order, with neighbours of one kind joined.
    pub(super) fn into_changes(mut self) -> Vec<MembershipChange> {
        for change in &mut self.changes {
            match change {
                MembershipChange::Add(members) | MembershipChange::ReplaceAll(members) => {
                    keep_last_of_each(members);
                }
                MembershipChange::Remove(ids) => dedup(ids, |id| id),
                MembershipChange::RemoveWhere(_) | MembershipChange::RemoveAll => {}
            }
        }
        self.changes
    }

    pub(super) fn apply(
        &mut self,
        action: Action,
        path: PatchPath,
        value: Option<Value>,
        named: bool,
    ) -> Result<(), ScimError> {
        let sub = path.attr.sub.as_deref();
        if let Some(filter) = path.filter {
            return self.selected(action, filter, sub, value);
        }
        if sub.is_some_and(|sub| sub != "value") {
            return Err(immutable(sub));
        }
        let value = value.filter(|value| !value.is_null());
        match (action, value) {
            (Action::Remove, None) => self.push(MembershipChange::RemoveAll),
            // A path-less null says nothing about the members.
            (Action::Replace, None) if named => self.push(MembershipChange::RemoveAll),
            (_, None) => {}
            (Action::Add, Some(value)) => self.push(MembershipChange::Add(read_members(value)?)),
            (Action::Replace, Some(value)) => self.push(MembershipChange::ReplaceAll(read_members(value)?)),
            (Action::Remove, Some(value)) => {
                let ids = read_members(value)?.into_iter().map(|member| member.value).collect();
                self.push(MembershipChange::Remove(ids));
            }
        }
        Ok(())
    }

    fn selected(
        &mut self,
        action: Action,
        filter: Filter,
        sub: Option<&str>,
        value: Option<Value>,
    ) -> Result<(), ScimError> {
        let ids = ids_of(&filter);
        if action == Action::Remove {
            if sub.is_some_and(|sub| sub != "value") {
                return Err(immutable(sub));
            }
            self.push(match ids {
                Some(ids) => MembershipChange::Remove(ids),
                None => MembershipChange::RemoveWhere(filter),
            });
            return Ok(());
        }
        let Some([id]) = ids.as_deref() else {
            return Err(ScimError::no_target(format!(
                "“members[{filter}]” must name one member by its value to be changed."
            )));
        };
        let value = value.unwrap_or_default();
        let member = match (sub, value) {
            (_, Value::Null) => return Ok(()),
            (None, Value::Object(mut map)) => {
                map.entry("value").or_insert_with(|| Value::from(id.as_str()));
                read_one(Value::Object(map))?
            }
            (None | Some("value"), value) => read_one(value)?,
            (Some("display"), Value::String(display)) => {
                Some(MemberRef { display: Some(display), ..MemberRef::new(id.as_str()) })
            }
            (sub, _) => return Err(immutable(sub)),
        };
        let Some(member) = member else { return Ok(()) };
        if member.value != *id && action == Action::Replace {
            self.push(MembershipChange::Remove(vec![id.clone()]));
        }
        self.push(MembershipChange::Add(vec![member]));
        Ok(())
    }

    fn push(&mut self, change: MembershipChange) {
        match (self.changes.last_mut(), change) {
            (_, MembershipChange::Add(members)) if members.is_empty() => {}
            (_, MembershipChange::Remove(ids)) if ids.is_empty() => {}
            (Some(MembershipChange::Add(last)), MembershipChange::Add(members)) => last.extend(members),
            (Some(MembershipChange::Remove(last)), MembershipChange::Remove(ids)) => last.extend(ids),
            // Whatever was said before is overtaken.
            (_, change @ (MembershipChange::ReplaceAll(_) | MembershipChange::RemoveAll)) => {
                self.changes.clear();
                self.changes.push(change);
            }
            (_, change) => self.changes.push(change),
        }
    }
}

/// What is said last about a member counts.
fn keep_last_of_each(members: &mut Vec<MemberRef>) {
    members.reverse();
    dedup(members, |member| &member.value);
    members.reverse();
}

/// The ids in `value eq "a"` and `value eq "a" or value eq "b"`.
fn ids_of(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare(path, CompareOp::Eq, Literal::Text(id)) if path.name == "value" => {
            Some(vec![id.clone()])
        }
        Filter::Or(parts) => {
            let ids: Option<Vec<_>> = parts.iter().map(ids_of).collect();
            ids.map(|ids| ids.concat())
        }
        _ => None,
    }
}

fn immutable(sub: Option<&str>) -> ScimError {
    ScimError::mutability(format!(
        "“members.{}” cannot be changed; remove the member and add it again.",
        sub.unwrap_or("value")
    ))
}
