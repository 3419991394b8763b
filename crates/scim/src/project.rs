//! Owns partial answers (RFC 7644 §3.9): `attributes` and `excludedAttributes`, with the `returned`
//! rules of RFC 7643 §7. Does not load anything: it tells what need not be loaded.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::path::{AttrPath, lookup};
use crate::schema::{Attribute, COMMON, Mutability, ResourceType, Returned, is_urn};

/// Which attributes an answer shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    kind: &'static ResourceType,
    /// Shown, when the client asked for some only.
    only: Option<Vec<AttrPath>>,
    /// Whether it asked for the core schema by its URN.
    whole_core: bool,
    /// Not shown.
    without: Vec<AttrPath>,
    /// What the request itself has given.
    written: Vec<String>,
}

impl Projection {
    /// Reads the two parameters. Names that cannot be read are names of nothing, as unknown ones are.
    pub fn new(attributes: &[String], excluded: &[String], kind: &'static ResourceType) -> Self {
        let whole = |name: &String| {
            kind.split_urn(name).is_some_and(|(schema, rest)| rest.is_empty() && schema.id == kind.schema.id)
        };
        let read =
            |names: &[String]| names.iter().filter_map(|name| AttrPath::parse(name, kind).ok()).collect();
        Self {
            kind,
            only: if attributes.is_empty() { None } else { Some(read(attributes)) },
            whole_core: attributes.iter().any(whole),
            without: read(excluded),
            written: Vec::new(),
        }
    }

    /// Shows what the request itself has given also where it is `returned: request`.
    #[must_use]
    pub fn with_written(mut self, names: Vec<String>) -> Self {
        self.written = names;
        self
    }

    /// Whether the answer shows this top-level attribute or a part of it. When not, the caller need
    /// not load it: the members of a large group, say.
    pub fn wants(&self, name: &str) -> bool {
        let asked = match &self.only {
            None => true,
            Some(only) => self.whole_core || only.iter().any(|path| path.starts_at(name)),
        };
        asked && !self.without.iter().any(|path| path.starts_at(name) && path.sub.is_none())
    }

    /// Whether a resource is shown as it is: the client asked for nothing less or other, and no attribute waits to be asked
    /// for.
    pub fn is_default(&self) -> bool {
        // Of what is only written, nothing is kept.
        let shows_all = self.hidden().all(|def| def.mutability == Mutability::WriteOnly);
        self.only.is_none() && self.without.is_empty() && shows_all
    }

    /// What the answer shows of a resource.
    pub fn apply(&self, mut resource: Map<String, Value>) -> Map<String, Value> {
        if let Some(only) = &self.only {
            resource = self.select(only, resource);
        }
        for path in &self.without {
            if path.def.is_none_or(|def| def.returned != Returned::Always) {
                remove(&mut resource, path);
            }
        }
        for def in self.hidden() {
            resource.remove(def.name);
        }
        resource
    }

    /// The attributes at the top of a resource.
    fn attributes(&self) -> impl Iterator<Item = &'static Attribute> {
        COMMON.iter().chain(self.kind.schema.attributes)
    }

    /// Those that are left out: never returned, or neither asked for by name nor written by the request.
    fn hidden(&self) -> impl Iterator<Item = &'static Attribute> {
        let is_asked = |name: &str| {
            self.written.iter().any(|it| it == name)
                || self.only.iter().flatten().any(|path| path.starts_at(name))
        };
        self.attributes().filter(move |def| match def.returned {
            Returned::Never => true,
            Returned::Request => !is_asked(def.name),
            Returned::Always | Returned::Default => false,
        })
    }

    fn select(&self, only: &[AttrPath], mut resource: Map<String, Value>) -> Map<String, Value> {
        let mut shown = Map::new();
        for def in self.attributes().filter(|def| def.returned == Returned::Always) {
            if let Some(value) = resource.remove(def.name) {
                shown.insert(def.name.to_owned(), value);
            }
        }
        if self.whole_core {
            for (key, value) in resource.iter().filter(|(key, _)| !is_urn(key)) {
                shown.entry(key.as_str()).or_insert_with(|| value.clone());
            }
        }
        // Whole attributes first, so that a part of one never hides the rest of it.
        let mut ordered: Vec<&AttrPath> = only.iter().collect();
        ordered.sort_by_key(|path| (!path.name.is_empty(), path.sub.is_some()));
        let mut whole: Vec<(Option<&str>, &str)> = Vec::new();
        for path in ordered {
            let place = (path.extension.as_deref(), &*path.name);
            let covered = whole.contains(&place) || whole.contains(&(place.0, ""));
            let Some(value) = path.attribute_in(&resource).filter(|_| !covered) else { continue };
            let value = if let Some(sub) = &path.sub {
                part(value, sub, path.sub_def.is_some())
            } else {
                whole.push(place);
                Some(value.clone())
            };
            if let Some(value) = value {
                show(&mut shown, &resource, path, value);
            }
        }
        shown
    }
}

/// One sub-attribute of an object, or of each object of a list.
fn part(value: &Value, sub: &str, known: bool) -> Option<Value> {
    match value {
        Value::Array(items) => {
            Some(Value::Array(items.iter().map(|item| part(item, sub, known).unwrap_or_default()).collect()))
        }
        Value::Object(map) => {
            let found = lookup(map, sub, known)?;
            Some(Value::Object(Map::from_iter([(sub.to_owned(), found.clone())])))
        }
        _ => None,
    }
}

/// Shows a value under the names that it has in the resource, whatever the case in which it was asked for.
fn show(shown: &mut Map<String, Value>, resource: &Map<String, Value>, path: &AttrPath, value: Value) {
    let (map, inside) = match &path.extension {
        None => (shown, Some(resource)),
        Some(urn) => {
            let urn = crate::path::spelling(resource, urn);
            if path.name.is_empty() {
                shown.insert(urn, value);
                return;
            }
            let inside = resource.get(&urn).and_then(Value::as_object);
            match shown.entry(urn).or_insert_with(|| Value::Object(Map::new())).as_object_mut() {
                Some(map) => (map, inside),
                None => return,
            }
        }
    };
    let name =
        inside.map_or_else(|| path.name.to_string(), |inside| crate::path::spelling(inside, &path.name));
    match map.get_mut(&name) {
        Some(before) => overlay(before, value),
        None => {
            map.insert(name, value);
        }
    }
}

/// Joins two selections of the same attribute.
fn overlay(before: &mut Value, more: Value) {
    match (before, more) {
        (Value::Object(before), Value::Object(more)) => before.extend(more),
        (Value::Array(before), Value::Array(more)) => {
            for (before, more) in before.iter_mut().zip(more) {
                overlay(before, more);
            }
        }
        (before @ Value::Null, more) => *before = more,
        _ => {}
    }
}

fn remove(resource: &mut Map<String, Value>, path: &AttrPath) {
    let key = |map: &Map<String, Value>, name: &str| crate::path::spelling(map, name);
    let map = match &path.extension {
        None => resource,
        Some(urn) => {
            let urn: Cow<'_, str> = key(resource, urn).into();
            if path.name.is_empty() {
                resource.remove(&*urn);
                return;
            }
            match resource.get_mut(&*urn).and_then(Value::as_object_mut) {
                Some(map) => map,
                None => return,
            }
        }
    };
    let name = key(map, &path.name);
    let Some(sub) = &path.sub else {
        map.remove(&name);
        return;
    };
    let without = |value: &mut Value| {
        if let Value::Object(object) = value {
            let sub = key(object, sub);
            object.remove(&sub);
        }
    };
    match map.get_mut(&name) {
        Some(Value::Array(items)) => items.iter_mut().for_each(without),
        Some(value) => without(value),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{ENTERPRISE_URN, GROUP, TEST, USER};

    fn sample() -> Map<String, Value> {
        let value = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE_URN],
            "id": "u1",
            "userName": "ada",
            "name": { "givenName": "Ada", "familyName": "L" },
            "emails": [{ "value": "a@b.example", "type": "work" }, { "value": "c@d.example" }],
            ENTERPRISE_URN: { "department": "Math", "manager": { "value": "m" } },
            "meta": { "resourceType": "User" },
        });
        value.as_object().unwrap().clone()
    }

    fn names(text: &str) -> Vec<String> {
        text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    fn shown(attributes: &str, excluded: &str) -> Value {
        let projection = Projection::new(&names(attributes), &names(excluded), &USER);
        let mut shown = projection.apply(sample());
        shown.remove("schemas").expect("schemas are always shown");
        assert_eq!(shown.remove("id"), Some(json!("u1")));
        Value::Object(shown)
    }

    #[test]
    fn attributes_select_in_any_case() {
        assert_eq!(shown("USERNAME", ""), json!({ "userName": "ada" }));
        assert_eq!(shown("name.givenname,nothing", ""), json!({ "name": { "givenName": "Ada" } }));
        assert_eq!(shown("name.givenName,name", "")["name"]["familyName"], "L");
        assert_eq!(shown("id", ""), json!({}));
    }

    #[test]
    fn what_no_schema_knows_is_shown_in_the_spelling_that_it_has() {
        let mut resource = sample();
        resource.insert("shoeSize".to_owned(), json!({ "eu": 42 }));
        resource.insert("urn:example:2.0:User".to_owned(), json!({ "plan": "gold" }));
        let asked = names("SHOESIZE.eu,URN:EXAMPLE:2.0:user:PLAN");
        let shown = Projection::new(&asked, &[], &USER).apply(resource);
        assert_eq!(shown["shoeSize"], json!({ "eu": 42 }));
        assert_eq!(shown["urn:example:2.0:User"], json!({ "plan": "gold" }));
        assert_eq!(shown.len(), 4, "with schemas and id: {shown:?}");
    }

    #[test]
    fn parts_of_list_values_are_selected_together() {
        assert_eq!(
            shown("emails.value,emails.type", ""),
            json!({ "emails": [{ "value": "a@b.example", "type": "work" }, { "value": "c@d.example" }] })
        );
    }

    #[test]
    fn extensions_are_selected_whole_or_in_part() {
        let part = format!("{ENTERPRISE_URN}:department");
        assert_eq!(shown(&part, ""), json!({ ENTERPRISE_URN: { "department": "Math" } }));
        let whole = shown(&format!("{part},{ENTERPRISE_URN}"), "");
        assert_eq!(whole[ENTERPRISE_URN]["manager"]["value"], "m");
        let core = shown("urn:ietf:params:scim:schemas:core:2.0:User", "");
        assert!(core.get(ENTERPRISE_URN).is_none() && core["userName"] == "ada");
    }

    #[test]
    fn excluded_attributes_go_but_never_the_id() {
        let left = shown("", "id,schemas,emails.type,name,meta");
        assert!(left.get("name").is_none() && left.get("meta").is_none());
        assert_eq!(left["emails"][0], json!({ "value": "a@b.example" }));
        let left = shown("", &format!("{ENTERPRISE_URN}:manager"));
        assert_eq!(left[ENTERPRISE_URN], json!({ "department": "Math" }));
    }

    #[test]
    fn members_need_not_be_loaded_when_excluded() {
        assert!(!Projection::new(&[], &names("members"), &GROUP).wants("members"));
        assert!(!Projection::new(&names("displayName"), &[], &GROUP).wants("members"));
        assert!(Projection::new(&names("members.value"), &[], &GROUP).wants("members"));
        assert!(Projection::new(&[], &[], &GROUP).wants("members"));
    }

    /// The names of what is shown of a test resource, in order.
    fn of_test(attributes: &str, excluded: &str, written: &str) -> Vec<String> {
        let resource = json!({
            "schemas": [TEST.schema.id], "id": "t1", "name": "First", "text": "T", "note": "N", "secret": "s",
        });
        let projection =
            Projection::new(&names(attributes), &names(excluded), &TEST).with_written(names(written));
        let shown = projection.apply(resource.as_object().unwrap().clone());
        assert!(shown.contains_key("schemas") && shown.contains_key("id"), "{shown:?}");
        let mut names: Vec<String> = shown.keys().cloned().collect();
        names.retain(|key| !["schemas", "id"].contains(&key.as_str()));
        names.sort();
        names
    }

    #[test]
    fn returned_always_is_shown_whatever_is_asked_for() {
        assert_eq!(of_test("text", "", ""), ["name", "text"]);
        assert_eq!(of_test("text", "name", ""), ["name", "text"], "not excluded beside what is asked for");
        assert_eq!(of_test("", "NAME,text", ""), ["name"]);
        assert_eq!(of_test("name", "", ""), ["name"]);
    }

    #[test]
    fn returned_request_is_shown_to_whoever_names_or_writes_it() {
        assert_eq!(of_test("", "", ""), ["name", "text"]);
        assert_eq!(of_test("NOTE", "", ""), ["name", "note"]);
        assert_eq!(of_test(&format!("{}:note", TEST.schema.id), "", ""), ["name", "note"]);
        assert_eq!(of_test(TEST.schema.id, "", ""), ["name", "text"], "the whole schema names none of it");
        assert_eq!(of_test("", "", "note"), ["name", "note", "text"]);
        assert_eq!(of_test("", "note", "note"), ["name", "text"]);
        assert_eq!(of_test("text", "", "note"), ["name", "text"], "asked for something else");
    }

    #[test]
    fn returned_never_is_never_shown() {
        assert_eq!(of_test("secret", "", "secret"), ["name"]);
        assert!(!of_test(TEST.schema.id, "", "").contains(&"secret".to_owned()));
    }

    #[test]
    fn resources_are_default_where_nothing_waits_to_be_asked_for() {
        let plain = |kind| Projection::new(&[], &[], kind).is_default();
        assert!(plain(&USER) && plain(&GROUP) && !plain(&TEST));
        assert!(Projection::new(&[], &[], &TEST).with_written(names("note")).is_default());
        assert!(!Projection::new(&names("note"), &[], &TEST).is_default());
    }

    #[test]
    fn only_attributes_at_the_top_are_returned_otherwise_than_by_default() {
        let by_default = |all: &[Attribute]| all.iter().all(|def| def.returned == Returned::Default);
        for kind in [&USER, &GROUP, &TEST] {
            assert!(
                kind.schema.attributes.iter().chain(COMMON).all(|def| by_default(def.sub)),
                "{}",
                kind.name
            );
            assert!(kind.extensions.iter().all(|schema| by_default(schema.attributes)), "{}", kind.name);
        }
    }
}
