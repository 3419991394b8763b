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

#[cfg(test)]
mod tests {
    use super::super::Path;
    use super::*;
    use serde_json::json;

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
