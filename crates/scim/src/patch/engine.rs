//! Owns the way from an operation to the attribute it works on: path-less operations, URNs,
//! extensions, read-only attributes. What happens to the value is in `edit` and `list`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::group::{MembershipChange, Memberships};
use super::{Action, Operation, PatchRequest, at_operation, edit, list};
use crate::ScimError;
use crate::filter::PatchPath;
use crate::path::{AttrPath, spelling};
use crate::resource::{is_nothing, keep_unknown, not_an_object};
use crate::schema::{Attribute, GROUP, Mutability, ResourceType, find, is_urn};

/// A resource in the middle of a PATCH.
pub(super) struct Engine {
    kind: &'static ResourceType,
    document: Map<String, Value>,
    memberships: Memberships,
    /// Lists that were edited in place, as (extension, attribute).
    edited: BTreeSet<(Option<String>, &'static str)>,
}

impl Engine {
    pub(super) fn new(kind: &'static ResourceType, document: Map<String, Value>) -> Self {
        Self { kind, document, memberships: Memberships::default(), edited: BTreeSet::new() }
    }

    pub(super) fn run(&mut self, request: PatchRequest) -> Result<(), ScimError> {
        for (index, operation) in request.operations.into_iter().enumerate() {
            self.operation(operation).map_err(|error| at_operation(index, error))?;
        }
        Ok(())
    }

    /// The resource after all operations.
    pub(super) fn into_document(mut self) -> Result<(Map<String, Value>, Vec<MembershipChange>), ScimError> {
        for (extension, name) in &self.edited {
            let (map, def) = match extension {
                None => (Some(&mut self.document), self.kind.attribute(name)),
                Some(urn) => (
                    self.document.get_mut(urn).and_then(Value::as_object_mut),
                    self.kind.schema_of(urn).and_then(|schema| find(schema.attributes, name)),
                ),
            };
            if let (Some(Value::Array(items)), Some(def)) = (map.and_then(|map| map.get_mut(*name)), def) {
                list::settle(def, items)?;
            }
        }
        Ok((self.document, self.memberships.into_changes()))
    }

    fn operation(&mut self, operation: Operation) -> Result<(), ScimError> {
        let Operation { action, path, value } = operation;
        match path.filter(|path| !self.names_all(path.trim())) {
            Some(path) => {
                let path = PatchPath::parse(path.trim(), self.kind)?;
                if value.is_none() && action != Action::Remove {
                    return Err(ScimError::invalid_value(format!("“{}” has no value to set.", path.attr)));
                }
                self.apply(action, path, value, true)
            }
            None if action == Action::Remove => {
                Err(ScimError::no_target("A remove needs a path that says what to remove."))
            }
            None => match value {
                Some(Value::Object(map)) => self.without_path(action, map),
                _ => Err(ScimError::invalid_value(
                    "Without a path the value must be an object with the attributes to change.",
                )),
            },
        }
    }

    /// Whether a path is the URN of the core schema alone, which is the resource itself.
    fn names_all(&self, path: &str) -> bool {
        let split = self.kind.split_urn(path);
        split.is_some_and(|(schema, rest)| rest.is_empty() && schema.id == self.kind.schema.id)
    }

    /// `{"op":"replace","value":{"active":false,"name.givenName":"K","URN:department":"A"}}`
    fn without_path(&mut self, action: Action, map: Map<String, Value>) -> Result<(), ScimError> {
        for (key, value) in map {
            if self.names_all(&key) {
                match value {
                    Value::Object(inner) => {
                        let inner = inner.into_iter().filter(|(key, _)| !is_urn(key)).collect();
                        self.without_path(action, inner)?;
                    }
                    Value::Null => {}
                    other => return Err(not_an_object(self.kind.schema, &other)),
                }
                continue;
            }
            match PatchPath::parse(&key, self.kind) {
                Ok(path) => self.apply(action, path, Some(value), false)?,
                Err(error) if key.contains('[') => return Err(error),
                Err(_) => match self.kind.split_urn(&key) {
                    Some((schema, rest)) if schema.id != self.kind.schema.id => {
                        self.unknown_in_extension(schema.id, action, rest, value);
                    }
                    Some((_, rest)) => set_unknown(&mut self.document, action, rest, value),
                    None => set_unknown(&mut self.document, action, &key, value),
                },
            }
        }
        Ok(())
    }

    /// `named` tells a path that the client wrote from a key in a path-less operation, where whole
    /// resources come with attributes the client knows it cannot write.
    fn apply(
        &mut self,
        action: Action,
        path: PatchPath,
        value: Option<Value>,
        named: bool,
    ) -> Result<(), ScimError> {
        if path.attr.name.is_empty() {
            return self.extension(action, &path.attr, value);
        }
        if path.attr.starts_at("schemas") {
            return Ok(());
        }
        let settled = |def: &&Attribute| match def.mutability {
            Mutability::ReadWrite => false,
            // It may be given once, also after the resource was made (RFC 7643 §2.2).
            Mutability::Immutable => path.attr.attribute_in(&self.document).is_some(),
            Mutability::ReadOnly | Mutability::WriteOnly => true,
        };
        if let Some(def) = path.attr.def.filter(settled) {
            return self.unwritable(def, &path, value.as_ref(), named);
        }
        if std::ptr::eq(self.kind, &raw const GROUP) && path.attr.starts_at("members") {
            return self.memberships.apply(action, path, value, named);
        }
        self.edit(action, &path, value)
    }

    fn unwritable(
        &self,
        def: &Attribute,
        path: &PatchPath,
        value: Option<&Value>,
        named: bool,
    ) -> Result<(), ScimError> {
        // The password is thrown away; what is already so need not be written.
        let same = value.is_some() && path.attr.attribute_in(&self.document) == value;
        if same || def.mutability == Mutability::WriteOnly {
            return Ok(());
        }
        if def.mutability == Mutability::Immutable {
            return Err(ScimError::given_once(&path.attr));
        }
        if !named {
            return Ok(());
        }
        Err(ScimError::mutability(format!("“{}” is kept by this server and cannot be changed.", path.attr)))
    }

    /// Takes the attribute out of its place, lets it be edited, and puts back what is left.
    fn edit(&mut self, action: Action, path: &PatchPath, value: Option<Value>) -> Result<(), ScimError> {
        let extension = path.attr.extension.as_ref().map(|urn| spelling(&self.document, urn));
        let map = match &extension {
            None => &mut self.document,
            Some(urn) => {
                let slot = self.document.entry(urn.as_str()).or_insert_with(|| Value::Object(Map::new()));
                let Value::Object(map) = slot else {
                    return Err(ScimError::no_target(format!("“{urn}” has no attributes here.")));
                };
                map
            }
        };
        let name = match path.attr.def {
            Some(def) => def.name.to_owned(),
            None => spelling(map, &path.attr.name),
        };
        let before = map.remove(&name);
        let after = edit::attribute(action, path, before, value)?;
        if let Some(after) = after {
            map.insert(name, after);
        }
        if map.is_empty()
            && let Some(urn) = &extension
        {
            self.document.remove(urn);
        }
        if let Some(def) = path.attr.def.filter(|def| def.multi_valued) {
            self.edited.insert((extension, def.name));
        }
        Ok(())
    }

    /// An operation on a whole extension.
    fn extension(&mut self, action: Action, path: &AttrPath, value: Option<Value>) -> Result<(), ScimError> {
        let Some(urn) = path.extension.as_deref() else { return Ok(()) };
        let key = spelling(&self.document, urn);
        let value = value.filter(|value| !value.is_null());
        let map = match (action, value) {
            (Action::Remove, _) | (Action::Replace, None) => {
                self.document.remove(&key);
                return Ok(());
            }
            (Action::Add, None) => return Ok(()),
            (_, Some(Value::Object(map))) => map,
            (_, Some(other)) => {
                return Err(match self.kind.schema_of(urn) {
                    Some(schema) => not_an_object(schema, &other),
                    None => ScimError::invalid_value(format!("“{urn}” must be an object with attributes.")),
                });
            }
        };
        for (name, value) in map {
            let known = self.kind.schema_of(urn).is_some();
            match PatchPath::parse(&format!("{urn}:{name}"), self.kind) {
                Ok(path) if known && !path.attr.name.is_empty() && !is_urn(&name) => {
                    self.apply(action, path, Some(value), false)?;
                }
                _ => self.unknown_in_extension(&key, action, &name, value),
            }
        }
        Ok(())
    }

    fn unknown_in_extension(&mut self, urn: &str, action: Action, name: &str, value: Value) {
        let slot = self.document.entry(urn).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(map) = slot {
            set_unknown(map, action, name, value);
            if map.is_empty() {
                self.document.remove(urn);
            }
        }
    }
}

/// Sets what no schema knows and no path can name.
fn set_unknown(map: &mut Map<String, Value>, action: Action, key: &str, value: Value) {
    if is_nothing(&value) {
        if action == Action::Replace {
            let key = spelling(map, key);
            map.remove(&key);
        }
    } else {
        keep_unknown(map, key, value);
    }
}
