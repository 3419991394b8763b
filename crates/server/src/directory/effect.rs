//! What a request changed, attribute by attribute: from what, to what.
//!
//! Computed from the two states that a write has in hand anyway; owns the form in which a record keeps it. Who may see
//! the values is decided where they are shown.

use std::collections::BTreeSet;

use scim::resource::{Change, changes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// So many attributes are told of one request.
const LINES: usize = 40;
/// So many characters of a value.
const LONGEST: usize = 200;
/// So many of the people who came into a group or left it.
const PEOPLE: usize = 20;

/// What a request changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effect {
    /// The attributes, in the order of their names.
    pub lines: Vec<Line>,
    /// How many more there were.
    #[serde(skip_serializing_if = "is_nothing")]
    pub more: usize,
    /// Who came into a group and who left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which: `active`, `name.givenName`, `emails[work]`, `addresses[work].country`.
    pub path: String,
    /// The value before; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value after; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Members of a group who came and went, with the ids of the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// How many came.
    pub added: usize,
    /// How many went.
    pub removed: usize,
    /// Who came.
    pub came: Vec<String>,
    /// Who went.
    pub went: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_nothing(count: &usize) -> bool {
    *count == 0
}

impl Effect {
    /// What differs between two states.
    pub fn between(before: &Map<String, Value>, after: &Map<String, Value>) -> Self {
        Self::of(&changes(before, after))
    }

    /// The same, where the changes are known already.
    pub fn of(changes: &[Change]) -> Self {
        let mut lines = Vec::new();
        for change in changes {
            line(&mut lines, &change.path, change.from.as_ref(), change.to.as_ref());
        }
        let more = lines.len().saturating_sub(LINES);
        lines.truncate(LINES);
        Self { lines, more, members: None }
    }

    /// Adds who came into a group and who left it.
    #[must_use]
    pub fn with_members(mut self, came: &[String], went: &[String]) -> Self {
        let first = |all: &[String]| all.iter().take(PEOPLE).map(|id| short(id)).collect();
        if !(came.is_empty() && went.is_empty()) {
            self.members = Some(Members {
                added: came.len(),
                removed: went.len(),
                came: first(came),
                went: first(went),
            });
        }
        self
    }

    /// As it is kept; none where nothing changed.
    pub fn to_text(&self) -> Option<String> {
        if self.lines.is_empty() && self.members.is_none() {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// From what is kept.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

fn line(lines: &mut Vec<Line>, path: &str, from: Option<&Value>, to: Option<&Value>) {
    match (list(from), list(to)) {
        (None, None) => push(lines, path.to_owned(), from.and_then(text), to.and_then(text)),
        (old, new) => elements(lines, path, old.unwrap_or_default(), new.unwrap_or_default()),
    }
}

fn list(value: Option<&Value>) -> Option<&[Value]> {
    value.and_then(Value::as_array).map(Vec::as_slice)
}

fn push(lines: &mut Vec<Line>, path: String, from: Option<String>, to: Option<String>) {
    if from != to {
        lines.push(Line { path, from, to });
    }
}

/// Elements of a list: by their type, where that tells them apart; else what went beside what came.
fn elements(lines: &mut Vec<Line>, path: &str, old: &[Value], new: &[Value]) {
    match (kinds(old), kinds(new)) {
        (Some(before), Some(after)) => {
            for kind in before.union(&after) {
                let of = |all: &[Value]| all.iter().find(|it| kind_of(it) == Some(kind)).cloned();
                parts(lines, &format!("{path}[{kind}]"), of(old).as_ref(), of(new).as_ref());
            }
        }
        _ => {
            let only = |here: &[Value], there: &[Value]| {
                let texts: Vec<String> =
                    here.iter().filter(|it| !there.contains(it)).filter_map(text).collect();
                (!texts.is_empty()).then(|| cut(&texts.join(", ")))
            };
            push(lines, path.to_owned(), only(old, new), only(new, old));
        }
    }
}

/// The types of all elements, where each has one of its own.
fn kinds(all: &[Value]) -> Option<BTreeSet<&str>> {
    let kinds: BTreeSet<&str> = all.iter().map(kind_of).collect::<Option<_>>()?;
    (kinds.len() == all.len()).then_some(kinds)
}

fn kind_of(element: &Value) -> Option<&str> {
    element.get("type").and_then(Value::as_str)
}

/// The parts of one element; its `value` goes by the name of the element itself.
fn parts(lines: &mut Vec<Line>, path: &str, from: Option<&Value>, to: Option<&Value>) {
    let names = [from, to].into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys);
    for name in names.collect::<BTreeSet<_>>() {
        let of = |it: Option<&Value>| it.and_then(|it| it.get(name)).and_then(text);
        match name.as_str() {
            "type" => {}
            "value" => push(lines, path.to_owned(), of(from), of(to)),
            other => push(lines, format!("{path}.{other}"), of(from), of(to)),
        }
    }
}

/// A value as people read it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::String(text) => Some(cut(text)),
        Value::Object(map) => match map.get("value") {
            Some(value @ (Value::String(_) | Value::Number(_))) => text(value),
            _ => Some(cut(&value.to_string())),
        },
        other => Some(cut(&other.to_string())),
    }
}

fn cut(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut out: String = plain.take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

fn short(id: &str) -> String {
    cut(id).chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let map = |value: &Value| value.as_object().cloned().unwrap();
        let effect = Effect::between(&map(before), &map(after));
        let word = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
        let lines = effect.lines.iter();
        lines.map(|it| format!("{}: {} > {}", it.path, word(&it.from), word(&it.to))).collect()
    }

    #[test]
    fn each_attribute_is_told_from_what_to_what() {
        let before = json!({"active": true, "userName": "a", "name": {"givenName": "Ada"},
            "emails": [{"type": "work", "value": "a@x.test", "primary": true}, {"type": "home", "value": "h@x.test"}],
            "addresses": [{"type": "work", "country": "DE", "locality": "Ulm"}],
            "roles": [{"value": "user"}, {"value": "reader"}]});
        let after = json!({"active": false, "userName": "a", "name": {"givenName": "Eve"},
            "emails": [{"type": "work", "value": "b@x.test", "primary": true}],
            "addresses": [{"type": "work", "country": "FR", "locality": "Ulm"}],
            "roles": [{"value": "reader"}, {"value": "admin"}],
            "urn:example:2.0:User": {"birthYear": 1984}});
        assert_eq!(
            told(&before, &after),
            [
                "active: yes > no",
                "addresses[work].country: DE > FR",
                "emails[home]: h@x.test > -",
                "emails[work]: a@x.test > b@x.test",
                "name.givenName: Ada > Eve",
                "roles: user > admin",
                "urn:example:2.0:User:birthYear: - > 1984",
            ]
        );
    }

    #[test]
    fn long_values_and_many_attributes_are_cut_and_the_rest_is_counted() {
        let wide: Map<String, Value> = (0..60).map(|n| (format!("a{n}"), "x".repeat(500).into())).collect();
        let effect = Effect::between(&Map::new(), &wide);
        assert_eq!((effect.lines.len(), effect.more), (LINES, 60 - LINES));
        assert_eq!(effect.lines[0].to.as_ref().unwrap().chars().count(), LONGEST + 1);
    }

    #[test]
    fn what_is_kept_reads_back_and_nothing_is_kept_of_nothing() {
        let ids = |n: usize| (0..n).map(|n| format!("u{n}")).collect::<Vec<_>>();
        let effect = Effect::default().with_members(&ids(30), &ids(1));
        let members = effect.members.as_ref().unwrap();
        assert_eq!((members.added, members.came.len(), members.removed), (30, PEOPLE, 1));
        assert_eq!(Effect::read(&effect.to_text().unwrap()), effect);
        assert_eq!(Effect::default().with_members(&[], &[]).to_text(), None);
    }
}
