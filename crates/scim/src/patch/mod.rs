//! Owns PATCH (RFC 7644 §3.5.2): reading the request in any client's dialect, and applying it to a
//! resource, all of it or nothing. Owns no storage: the new state and the changes are returned, and
//! membership changes come out as a list instead of being applied to the group.

mod edit;
mod engine;
mod group;
mod list;

use serde_json::{Map, Value};

pub use group::MembershipChange;

use crate::ScimError;
use crate::limits::{check_depth, check_keys};
use crate::resource::{Change, changes, finish};
use crate::schema::{GROUP, TEST, USER};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Action {
    Add,
    Remove,
    Replace,
}

/// One operation of a PATCH.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub action: Action,
    /// Where; `None` for the resource itself.
    pub path: Option<String>,
    /// With what; `None` where the client sent nothing, which differs from null.
    pub value: Option<Value>,
}

/// A PATCH body.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// The operations, applied in this order; each sees what those before it did.
    pub operations: Vec<Operation>,
}

/// The outcome of a PATCH on a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPatch {
    /// The whole user after it, canonical.
    pub attributes: Map<String, Value>,
    /// What changed; when empty, `meta.lastModified` and the version must stay as they are.
    pub changes: Vec<Change>,
}

/// The outcome of a PATCH on a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPatch {
    /// The whole group after it, canonical, without members.
    pub attributes: Map<String, Value>,
    /// What changed apart from members.
    pub changes: Vec<Change>,
    /// What to do to the members, in this order. Whether that changes anything only the store knows.
    pub members: Vec<MembershipChange>,
}

impl PatchRequest {
    /// Reads a body of at most `max_operations` operations.
    pub fn parse(body: Value, max_operations: usize) -> Result<Self, ScimError> {
        check_depth(&body)?;
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax(
                "The body of a PATCH must be an object with “Operations”.",
            ));
        };
        let operations = body.into_iter().find(|(key, _)| key.eq_ignore_ascii_case("Operations"));
        let operations = match operations {
            Some((_, Value::Array(list))) if !list.is_empty() => list,
            Some((_, one @ Value::Object(_))) => vec![one],
            _ => {
                return Err(ScimError::invalid_syntax(
                    "The body of a PATCH must have “Operations”, a list with at least one operation.",
                ));
            }
        };
        if operations.len() > max_operations {
            return Err(ScimError::status(
                413,
                format!(
                    "The PATCH has {} operations; at most {max_operations} are taken. Send it in parts.",
                    operations.len()
                ),
            ));
        }
        let operations = operations
            .into_iter()
            .enumerate()
            .map(|(index, operation)| Operation::parse(operation).map_err(|error| at_operation(index, error)))
            .collect::<Result<_, _>>()?;
        Ok(Self { operations })
    }
}

impl Operation {
    fn parse(operation: Value) -> Result<Self, ScimError> {
        let Value::Object(operation) = operation else {
            return Err(ScimError::invalid_syntax("An operation must be an object with “op”."));
        };
        let (mut action, mut path, mut value) = (None, None, None);
        for (key, part) in operation {
            if key.eq_ignore_ascii_case("op") {
                action = Some(part);
            } else if key.eq_ignore_ascii_case("path") {
                path = Some(part);
            } else if key.eq_ignore_ascii_case("value") {
                value = Some(part);
            }
        }
        let action = match action.as_ref().and_then(Value::as_str).map(str::trim) {
            Some(op) if op.eq_ignore_ascii_case("add") => Action::Add,
            Some(op) if op.eq_ignore_ascii_case("remove") => Action::Remove,
            Some(op) if op.eq_ignore_ascii_case("replace") => Action::Replace,
            Some(op) => {
                return Err(ScimError::invalid_syntax(format!(
                    "“{}” is not an operation; add, remove or replace was expected.",
                    op.chars().take(40).collect::<String>()
                )));
            }
            None => return Err(ScimError::invalid_syntax("An operation has no “op”.")),
        };
        let path = match path {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path).filter(|path| !path.trim().is_empty()),
            Some(other) => {
                return Err(ScimError::invalid_path(format!(
                    "The path must be text; received {}.",
                    other.to_string().chars().take(40).collect::<String>()
                )));
            }
        };
        Ok(Self { action, path, value })
    }
}

/// Applies a PATCH to a user. On an error nothing has happened: `current` is only read.
/// `id` and `meta` of `current`, where it has them, come back unchanged.
pub fn user(current: &Map<String, Value>, request: PatchRequest) -> Result<UserPatch, ScimError> {
    let mut engine = engine::Engine::new(&USER, current.clone());
    engine.run(request)?;
    let mut attributes = engine.into_document()?.0;
    finish(&mut attributes, &USER)?;
    check_keys(&attributes, Some(current))?;
    let changes = changes(current, &attributes);
    Ok(UserPatch { attributes, changes })
}

/// Applies a PATCH to a group whose members are kept elsewhere.
pub fn group(current: &Map<String, Value>, request: PatchRequest) -> Result<GroupPatch, ScimError> {
    let mut engine = engine::Engine::new(&GROUP, current.clone());
    engine.run(request)?;
    let (mut attributes, members) = engine.into_document()?;
    finish(&mut attributes, &GROUP)?;
    check_keys(&attributes, Some(current))?;
    let changes = changes(current, &attributes);
    Ok(GroupPatch { attributes, changes, members })
}

/// Applies a PATCH to a test resource: the attributes after it.
pub fn test(current: &Map<String, Value>, request: PatchRequest) -> Result<Map<String, Value>, ScimError> {
    let mut engine = engine::Engine::new(&TEST, current.clone());
    engine.run(request)?;
    let mut attributes = engine.into_document()?.0;
    finish(&mut attributes, &TEST)?;
    Ok(attributes)
}

/// Says which operation an error belongs to.
fn at_operation(index: usize, mut error: ScimError) -> ScimError {
    error.detail = format!("Operation {}: {}", index + 1, error.detail);
    error
}

#[cfg(test)]
mod tests;
