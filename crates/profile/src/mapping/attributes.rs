//! What a resource has, attribute by attribute: for people who choose where a field comes from. Owns the naming of the
//! places; the names read back as [`super::Path`].

use super::reading;
use serde_json::{Map, Value};

/// The most attributes told of one resource.
const MOST: usize = 300;
/// Attributes of the protocol, not of the person.
const PROTOCOL: [&str; 6] = ["schemas", "id", "meta", "groups", "password", "active"];

/// One attribute with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// A path that leads to the value, such as `addresses[type eq "work"].country`.
    pub path: String,
    /// The value as text.
    pub value: String,
}

/// Every attribute of a user that could fill a field.
pub fn attributes_of(resource: &Value) -> Vec<Attribute> {
    let mut out = Vec::new();
    for (key, value) in resource.as_object().into_iter().flatten() {
        let extension = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        match value {
            Value::Object(object) if extension => inside(&mut out, &format!("{key}:"), object, 1),
            _ if extension || PROTOCOL.iter().any(|name| name.eq_ignore_ascii_case(key)) => {}
            _ => attribute(&mut out, key.clone(), value, 1),
        }
    }
    out.truncate(MOST);
    out
}

fn inside(out: &mut Vec<Attribute>, prefix: &str, object: &Map<String, Value>, depth: usize) {
    for (key, value) in object {
        attribute(out, format!("{prefix}{key}"), value, depth);
    }
}

fn attribute(out: &mut Vec<Attribute>, path: String, value: &Value, depth: usize) {
    if depth > 4 || out.len() >= MOST {
        return;
    }
    match value {
        Value::Object(object) => inside(out, &format!("{path}."), object, depth + 1),
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate().take(20) {
                self::attribute(out, format!("{path}[{}]", which(elements, at)), element, depth + 1);
            }
        }
        Value::Null => {}
        scalar => {
            // `type` and `primary` choose an element, they tell nothing of the person.
            let choosing = path.ends_with("].type") || path.ends_with("].primary");
            if let (false, Some(value)) = (choosing, reading::texts(scalar).into_iter().next()) {
                out.push(Attribute { path, value });
            }
        }
    }
}

/// The best name of an element: its type where no other has it, else its position.
fn which(elements: &[Value], at: usize) -> String {
    let kind = |element: &Value| element.get("type").and_then(Value::as_str).map(str::to_lowercase);
    let own = kind(&elements[at]).filter(|own| own.chars().all(char::is_alphanumeric) && !own.is_empty());
    match own {
        Some(own) if elements.iter().filter(|e| kind(e).as_ref() == Some(&own)).count() == 1 => {
            format!("type eq \"{own}\"")
        }
        _ => at.to_string(),
    }
}

/// What a path is called by people: `addresses[type eq "work"].country` is the work country. None where there are no
/// plain words for it.
pub fn words_of(path: &str) -> Option<String> {
    let path = if path.starts_with("urn:") { path.rsplit(':').next()? } else { path };
    let (whole, part) =
        path.rsplit_once('.').filter(|(_, part)| !part.contains(']')).unwrap_or((path, "value"));
    let (of, filter) = match whole.split_once('[') {
        Some((of, filter)) => (of, Some(filter.strip_suffix(']')?)),
        None => (whole, None),
    };
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain(of) || !plain(part) {
        return None;
    }
    let which = match filter {
        None => String::new(),
        Some("primary eq true") => "primary ".to_owned(),
        Some(filter) => {
            let kind = filter.strip_prefix("type eq \"")?.strip_suffix('"').filter(|kind| plain(kind))?;
            format!("{} ", spaced(kind))
        }
    };
    let noun = match (of, part) {
        ("addresses", "locality") => "city".to_owned(),
        ("addresses", "region") => "state".to_owned(),
        ("addresses", "value" | "formatted") => "address".to_owned(),
        ("name", "formatted") => "full name".to_owned(),
        ("name" | "addresses", part) => spaced(part),
        (of, "value") if filter.is_some() || whole.len() < path.len() => {
            spaced(of.strip_suffix('s').unwrap_or(of))
        }
        (of, "value") => spaced(of),
        (of, part) => format!("{} {}", spaced(of.strip_suffix('s').unwrap_or(of)), spaced(part)),
    };
    let words = format!("{which}{noun}");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect())
}

/// `givenName` as "given name".
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let mut before_small = false;
    for c in text.chars() {
        if c == '_' || (c.is_uppercase() && before_small) {
            out.push(' ');
        }
        if c != '_' {
            out.extend(c.to_lowercase());
        }
        before_small = c.is_lowercase() || c.is_ascii_digit();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Path;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_has_words_where_it_is_one_that_people_know() {
        for (path, words) in [
            ("userName", "User name"),
            ("name.givenName", "Given name"),
            ("name.formatted", "Full name"),
            ("emails[primary eq true].value", "Primary email"),
            ("phoneNumbers[type eq \"mobile\"].value", "Mobile phone number"),
            ("emails.value", "Email"),
            ("addresses[type eq \"work\"].country", "Work country"),
            ("addresses.locality", "City"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "Cost center"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "Manager"),
        ] {
            assert_eq!(words_of(path).as_deref(), Some(words), "{path}");
        }
        for path in ["*:plan", "emails[value co \"@\"].value", "", "name.", "x y"] {
            assert_eq!(words_of(path), None, "{path}");
        }
    }

    #[test]
    fn every_attribute_is_told_and_its_path_leads_back() {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "1", "active": true, "userName": "ada",
            "name": {"givenName": "Ada", "familyName": ""},
            "emails": [{"type": "Work", "value": "a@x.test", "primary": true}, {"value": "b@x.test"}],
            "nickNames": ["x", "y"],
            "urn:example:2.0:User": {"birthYear": 1984, "manager": {"value": "m"}}
        });
        let told = attributes_of(&user);
        let paths: Vec<&str> = told.iter().map(|attribute| attribute.path.as_str()).collect();
        for path in [
            "userName",
            "name.givenName",
            "emails[type eq \"work\"].value",
            "emails[1].value",
            "nickNames[1]",
            "urn:example:2.0:User:birthYear",
            "urn:example:2.0:User:manager.value",
        ] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
        assert_eq!(paths.len(), 8);
        for attribute in &told {
            let found = Path::parse(&attribute.path)
                .unwrap()
                .find(&user)
                .into_iter()
                .map(reading::texts)
                .next()
                .unwrap();
            assert_eq!(found.first(), Some(&attribute.value), "{}", attribute.path);
        }
    }

    #[test]
    fn deep_and_wide_resources_are_cut() {
        let mut deep = json!("x");
        for _ in 0..100 {
            deep = json!({ "a": [deep] });
        }
        assert_eq!(attributes_of(&deep), []);
        let wide: Map<String, Value> = (0..10_000).map(|n| (format!("a{n}"), json!("x"))).collect();
        assert_eq!(attributes_of(&Value::Object(wide)).len(), MOST);
    }
}
