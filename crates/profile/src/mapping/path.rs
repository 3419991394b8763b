//! Paths into a SCIM resource, as administrators know them from their provider's console. Owns the grammar and the
//! search; does not own what a value means.
//!
//! A subset of RFC 7644 3.5.2 and three additions: `emails[0]` is an element by its position, `*:birthYear` is an
//! attribute of any extension, and a value filter compares `true` and `"True"` alike, because Entra ID sends both.

use serde_json::Value;
use std::fmt;

/// Most bytes of a path.
const LONGEST: usize = 400;
/// Most steps of a path: `addresses[…].country` has two.
const DEEPEST: usize = 6;

/// One place in a resource. `Display` is the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    text: String,
    root: Root,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Root {
    /// The resource itself.
    Resource,
    /// The extension of this name.
    Extension(String),
    /// Every extension.
    AnyExtension,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    name: String,
    pick: Pick,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Pick {
    All,
    Nth(usize),
    Where { attribute: String, value: String },
}

/// A text that is no path. `Display` is the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathProblem {
    received: String,
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a path to an attribute. Expected something like userName, name.givenName or addresses[type eq \"work\"].country.",
            crate::problem::quoted(&self.received)
        )
    }
}

impl std::error::Error for PathProblem {}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// A sentence with the text as received.
    pub fn parse(text: &str) -> Result<Self, PathProblem> {
        let text = text.trim();
        parse(text).ok_or_else(|| PathProblem { received: text.to_owned() })
    }

    /// The text of the path.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the last attribute, such as `country`.
    pub(super) fn leaf(&self) -> &str {
        self.steps.last().map_or("", |step| step.name.as_str())
    }

    /// Every value at this place that is there and not null. More than one where an attribute has several values.
    pub fn find<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        let mut values: Vec<&Value> = match &self.root {
            Root::Resource => vec![resource],
            Root::Extension(urn) => extensions(resource)
                .filter(|(key, _)| key.eq_ignore_ascii_case(urn))
                .map(|(_, v)| v)
                .collect(),
            Root::AnyExtension => extensions(resource).map(|(_, value)| value).collect(),
        };
        for step in &self.steps {
            values = values.into_iter().flat_map(|value| step.find(value)).collect();
        }
        values
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Step {
    fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let Some(found) = member(value, &self.name) else { return Vec::new() };
        let elements: &[Value] = match found {
            Value::Array(elements) => elements,
            other => std::slice::from_ref(other),
        };
        match &self.pick {
            Pick::All => elements.iter().filter(|value| !value.is_null()).collect(),
            Pick::Nth(n) => elements.iter().filter(|value| !value.is_null()).skip(*n).take(1).collect(),
            Pick::Where { attribute, value } => {
                elements.iter().filter(|element| matches(member(element, attribute), value)).collect()
            }
        }
    }
}

/// The member of an object, whatever the case of its name (RFC 7643 2.1); an exact name wins.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let found = object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))?;
    (!found.is_null()).then_some(found)
}

fn extensions(resource: &Value) -> impl Iterator<Item = (&String, &Value)> {
    resource.as_object().into_iter().flatten().filter(|(key, _)| is_urn(key))
}

fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

fn matches(found: Option<&Value>, wanted: &str) -> bool {
    match found {
        Some(Value::String(text)) => text.eq_ignore_ascii_case(wanted),
        Some(Value::Bool(flag)) => wanted.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
        Some(Value::Number(number)) => number.to_string() == wanted,
        _ => false,
    }
}

fn parse(text: &str) -> Option<Path> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let (root, rest) = root(text)?;
    let steps: Vec<Step> = split_outside(rest, '.').into_iter().map(step).collect::<Option<_>>()?;
    (1..=DEEPEST).contains(&steps.len()).then(|| Path { text: text.to_owned(), root, steps })
}

/// `urn:…:User:name` is in the extension `urn:…:User`; the core schema's own name means the resource.
fn root(text: &str) -> Option<(Root, &str)> {
    if let Some(rest) = text.strip_prefix("*:") {
        return Some((Root::AnyExtension, rest));
    }
    if !is_urn(text) {
        return Some((Root::Resource, text));
    }
    let outside = text.split('[').next()?;
    let (urn, _) = outside.rsplit_once(':')?;
    let rest = &text[urn.len() + 1..];
    let core = urn.to_ascii_lowercase();
    let core = core.contains("scim:schemas:core:");
    Some((if core { Root::Resource } else { Root::Extension(urn.to_owned()) }, rest))
}

/// Parts between separators that stand outside brackets.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0usize;
    text.split(|c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c == separator
    })
    .collect()
}

fn step(text: &str) -> Option<Step> {
    let (name, pick) = match text.split_once('[') {
        None => (text, Pick::All),
        Some((name, rest)) => (name, pick(rest.strip_suffix(']')?.trim())?),
    };
    let name = name.trim();
    let usable = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "$-_".contains(c));
    usable.then(|| Step { name: name.to_owned(), pick })
}

/// `0`, or `type eq "work"`.
fn pick(text: &str) -> Option<Pick> {
    if let Ok(n) = text.parse::<usize>() {
        return Some(Pick::Nth(n));
    }
    let mut words = text.splitn(3, ' ');
    let attribute = words.next().filter(|name| !name.is_empty())?;
    words.next().filter(|operator| operator.eq_ignore_ascii_case("eq"))?;
    let value = words.next()?.trim();
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let bare = quoted.or_else(|| value.chars().all(char::is_alphanumeric).then_some(value))?;
    let plain = !bare.contains(['"', '[', ']', '\\']);
    plain.then(|| Pick::Where { attribute: attribute.to_owned(), value: bare.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn find(path: &str, resource: &Value) -> Vec<Value> {
        Path::parse(path).unwrap().find(resource).into_iter().cloned().collect()
    }

    #[test]
    fn paths_find_values_whatever_the_case() {
        let user = json!({
            "userName": "ada",
            "name": {"givenName": "Ada", "familyName": null},
            "emails": [{"value": "a@x.test", "type": "home"}, {"value": "b@x.test", "type": "Work", "primary": "True"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R.D", "manager": {"value": "m"}},
            "urn:example:custom:2.0:User": {"birthYear": 1984}
        });
        let table = [
            ("username", json!(["ada"])),
            ("name.GIVENNAME", json!(["Ada"])),
            ("name.familyName", json!([])),
            ("emails.value", json!(["a@x.test", "b@x.test"])),
            ("emails[0].value", json!(["a@x.test"])),
            ("emails[9].value", json!([])),
            ("emails[type eq \"work\"].value", json!(["b@x.test"])),
            ("emails[primary eq true].value", json!(["b@x.test"])),
            ("emails[primary EQ \"true\"].value", json!(["b@x.test"])),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!(["ada"])),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"home\"].value",
                json!(["a@x.test"]),
            ),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", json!(["m"])),
            ("*:birthYear", json!([1984])),
            ("nothing.here", json!([])),
        ];
        for (path, expected) in table {
            assert_eq!(Value::Array(find(path, &user)), expected, "{path}");
        }
        for value in
            [json!(null), json!([]), json!("x"), json!({"emails": "x"}), json!({"emails": [[1], null]})]
        {
            assert!(find("emails[type eq \"work\"].value", &value).is_empty());
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            " ",
            ".",
            "a.",
            "a..b",
            "[0]",
            "emails[",
            "emails[type]",
            "emails[type eq]",
            "emails[type co \"x\"]",
            "emails[type eq \"a\\\"b\"]",
            "a b",
            "urn:x",
            "urn:",
            "*:",
            "a.b.c.d.e.f.g",
            "emails]0[",
            "<b>",
        ] {
            let read = Path::parse(text);
            assert!(text == "urn:x" || read.is_err(), "{text} {read:?}");
        }
        assert!(Path::parse(&"a".repeat(401)).is_err());
        assert!(Path::parse("a[").unwrap_err().to_string().starts_with("“a[” is not a path"));
    }
}
