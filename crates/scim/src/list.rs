//! Owns the list answer and its order (RFC 7644 §3.4.2.3 and §3.4.2.4). Does not own the search.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::filter::parse_time;
use crate::path::AttrPath;
use crate::schema::{Kind, ResourceType};

/// The schema URN of a list answer.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The body of a list answer: `total` matches in all, of which these, each the text of a JSON object, begin at `start_index`
/// (from 1).
pub fn response(resources: &[String], total: u64, start_index: u64) -> String {
    body(resources, total, &format!(r#""startIndex":{start_index}"#))
}

/// The body of a list answer that is paged by cursor (RFC 9865); no `next` on the last page.
pub fn cursor_response(resources: &[String], total: u64, next: Option<&str>) -> String {
    let next = next.map(|next| format!(r#""nextCursor":{}"#, Value::from(next)));
    body(resources, total, &next.unwrap_or_default())
}

fn body(resources: &[String], total: u64, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"schemas":["{LIST_URN}"],"totalResults":{total},"itemsPerPage":{}{comma}{more},"Resources":[{}]}}"#,
        resources.len(),
        resources.join(",")
    )
}

/// An order of resources.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    path: AttrPath,
    descending: bool,
}

impl Sort {
    /// Reads `sortBy`; `None` when it names nothing that could be sorted by, which is no error.
    pub fn new(sort_by: &str, descending: bool, kind: &'static ResourceType) -> Option<Self> {
        let mut path = AttrPath::parse(sort_by.trim(), kind).ok().filter(|path| !path.name.is_empty())?;
        path.default_to_value();
        Some(Self { path, descending })
    }

    /// The canonical attribute, for stores that can sort by it.
    pub fn attribute(&self) -> String {
        self.path.to_string()
    }

    /// Whether the greatest comes first.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// The order of two resources. Those without a value come last, or first when descending.
    pub fn compare(&self, one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
        let order = match (self.key(one), self.key(other)) {
            (Some(one), Some(other)) => self.compare_values(one, other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if self.descending { order.reverse() } else { order }
    }

    /// The value to sort by: of a list, that of the primary value or else of the first.
    fn key<'a>(&self, resource: &'a Map<String, Value>) -> Option<&'a Value> {
        let value = match self.path.attribute_in(resource)? {
            Value::Array(items) => {
                items.iter().find(|item| item["primary"] == Value::Bool(true)).or_else(|| items.first())?
            }
            value => value,
        };
        match (&self.path.sub, value) {
            (Some(sub), Value::Object(map)) => crate::path::lookup(map, sub, self.path.sub_def.is_some()),
            (_, value) => Some(value),
        }
    }

    fn compare_values(&self, one: &Value, other: &Value) -> Ordering {
        let leaf = self.path.leaf();
        match (one, other) {
            (Value::String(one), Value::String(other)) => {
                if leaf.is_some_and(|leaf| leaf.kind == Kind::DateTime) {
                    return parse_time(one).cmp(&parse_time(other));
                }
                if leaf.is_some_and(|leaf| leaf.case_exact) {
                    return one.cmp(other);
                }
                one.to_lowercase().cmp(&other.to_lowercase())
            }
            (Value::Number(one), Value::Number(other)) => {
                one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
            }
            (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
            _ => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::USER;

    fn sorted(by: &str, descending: bool, mut users: Vec<Value>) -> Vec<String> {
        let sort = Sort::new(by, descending, &USER).unwrap();
        users.sort_by(|one, other| sort.compare(one.as_object().unwrap(), other.as_object().unwrap()));
        users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn case_does_not_matter_and_missing_values_come_last() {
        let users = vec![
            json!({ "id": "1", "userName": "b" }),
            json!({ "id": "2" }),
            json!({ "id": "3", "userName": "A" }),
        ];
        assert_eq!(sorted("USERNAME", false, users.clone()), ["3", "1", "2"]);
        assert_eq!(sorted("userName", true, users), ["2", "1", "3"]);
    }

    #[test]
    fn list_is_sorted_by_its_primary_value() {
        let users = vec![
            json!({ "id": "1", "emails": [{ "value": "a" }, { "value": "z", "primary": true }] }),
            json!({ "id": "2", "emails": [{ "value": "m" }] }),
        ];
        assert_eq!(sorted("emails", false, users.clone()), ["2", "1"]);
        assert_eq!(sorted("emails.value", true, users), ["1", "2"]);
    }

    #[test]
    fn times_are_sorted_as_times() {
        let users = vec![
            json!({ "id": "1", "meta": { "created": "2026-01-01T12:00:00+02:00" } }),
            json!({ "id": "2", "meta": { "created": "2026-01-01T11:00:00Z" } }),
        ];
        assert_eq!(sorted("meta.created", false, users), ["1", "2"]);
    }

    #[test]
    fn answer_counts_what_it_shows() {
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let body = read(response(&["{}".to_owned()], 7, 3));
        assert_eq!(
            (&body["totalResults"], &body["itemsPerPage"], &body["startIndex"]),
            (&json!(7), &json!(1), &json!(3))
        );
        let body = read(cursor_response(&[], 0, Some("next")));
        assert_eq!(body["nextCursor"], "next");
        assert_eq!(body["Resources"], json!([]));
    }
}
