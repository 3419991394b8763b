//! Owns bulk requests as data (RFC 7644 §3.7): what they ask for, and how operations speak of resources that other ones
//! make. Does not own how an operation is done.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::limits::{MAX_BODY_DEPTH, check_depth};
use crate::{ScimError, ScimType};

/// The schema URN of a bulk request.
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The schema URN of a bulk answer.
pub const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// What a reference to a resource of the same request begins with.
const REFERENCE: &str = "bulkId:";

/// A bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After so many refused operations the rest is left undone; none goes through all.
    pub fail_on_errors: Option<u64>,
    /// What is to be done.
    pub operations: Vec<Operation>,
}

/// One operation of a bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// What other operations call the resource that this one makes.
    pub bulk_id: Option<String>,
    /// The version that must be there.
    pub version: Option<String>,
    /// Below the directory: `/Users`, `/Groups/{id}`.
    pub path: String,
    /// The body.
    pub data: Value,
}

impl BulkRequest {
    /// Reads the body; `most` operations are taken.
    ///
    /// # Errors
    /// `invalidSyntax` when it is no bulk request, 413 when it holds more operations.
    pub fn parse(body: Value, most: usize) -> Result<Self, ScimError> {
        check_depth_of(&body)?;
        let Value::Object(mut body) = body else {
            return Err(ScimError::invalid_syntax("A bulk request is a JSON object."));
        };
        let is_bulk = |value: &Value| {
            let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
            all.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(REQUEST_URN)))
        };
        if !take(&mut body, "schemas").is_some_and(|value| is_bulk(&value)) {
            return Err(ScimError::invalid_syntax(format!("“schemas” must hold {REQUEST_URN}.")));
        }
        let fail_on_errors = match take(&mut body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().filter(|n| *n > 0).ok_or_else(|| {
                ScimError::invalid_value("“failOnErrors” must be a whole number from 1 on.")
            })?),
        };
        let Some(Value::Array(operations)) = take(&mut body, "Operations") else {
            return Err(ScimError::invalid_syntax("“Operations” must be an array."));
        };
        if operations.len() > most {
            return Err(ScimError::status(
                413,
                format!("{} operations came; at most {most} are taken in one request.", operations.len()),
            ));
        }
        let operations = operations.into_iter().map(Operation::parse).collect::<Result<_, _>>()?;
        Ok(Self { fail_on_errors, operations })
    }
}

/// A bulk request nests two levels deeper than the bodies in it.
fn check_depth_of(body: &Value) -> Result<(), ScimError> {
    let operations = body.get("Operations").and_then(Value::as_array);
    let all = operations.into_iter().flatten().filter_map(Value::as_object).flat_map(Map::values);
    for value in all {
        check_depth(value)?;
    }
    let shallow = body.as_object().is_none_or(|map| {
        map.iter().filter(|(name, _)| *name != "Operations").all(|(_, value)| check_depth(value).is_ok())
    });
    if shallow {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!("The body nests deeper than {MAX_BODY_DEPTH} levels.")))
}

fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = map.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    map.remove(&key)
}

impl Operation {
    fn parse(value: Value) -> Result<Self, ScimError> {
        let Value::Object(mut map) = value else {
            return Err(ScimError::invalid_syntax("Each of “Operations” must be an object."));
        };
        let mut text = |name: &str| match take(&mut map, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() <= 1024 => Ok(Some(text)),
            Some(_) => {
                Err(ScimError::invalid_syntax(format!("“{name}” must be a text of at most 1024 bytes.")))
            }
        };
        let method = text("method")?.unwrap_or_default().to_ascii_uppercase();
        let (bulk_id, version, path) = (text("bulkId")?, text("version")?, text("path")?.unwrap_or_default());
        let data = match take(&mut map, "data") {
            // RFC 7644 §3.7.3 shows the operations of a PATCH without the message around them.
            Some(Value::Array(operations)) if method == "PATCH" => json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": operations,
            }),
            other => other.unwrap_or(Value::Null),
        };
        Ok(Self { method, bulk_id, version, path, data })
    }

    /// Why it cannot be done by itself, if so.
    ///
    /// # Errors
    /// `invalidSyntax` for a method that bulk requests do not have, `invalidValue` for a POST without `bulkId`, and for a
    /// path that is not one of resources.
    pub fn check(&self) -> Result<(), ScimError> {
        if !["POST", "PUT", "PATCH", "DELETE"].contains(&self.method.as_str()) {
            return Err(ScimError::invalid_syntax(format!(
                "“method” must be POST, PUT, PATCH or DELETE; received “{}”.",
                self.method.chars().take(20).collect::<String>()
            )));
        }
        if self.method == "POST" && self.bulk_id.as_deref().is_none_or(str::is_empty) {
            return Err(ScimError::invalid_value("A POST in a bulk request needs a “bulkId”."));
        }
        let first = self.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if !["users", "groups"].contains(&first.to_ascii_lowercase().as_str()) {
            return Err(ScimError::new(
                ScimType::InvalidPath,
                "“path” must be /Users or /Groups, or a resource below.",
            ));
        }
        Ok(())
    }

    /// The resources of the same request that it speaks of.
    pub fn references(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        visit(&self.data, &mut |text| {
            if let Some(id) = text.strip_prefix(REFERENCE) {
                all.insert(id.to_owned());
            }
        });
        for part in self.path.split('/') {
            all.extend(part.strip_prefix(REFERENCE).map(str::to_owned));
        }
        all
    }

    /// The same with the ids of what was made in place of references; `known` names them by `bulkId`.
    #[must_use]
    pub fn resolved(&self, known: &HashMap<String, String>) -> Self {
        let id = |text: &str| text.strip_prefix(REFERENCE).and_then(|name| known.get(name)).cloned();
        let mut it = self.clone();
        replace(&mut it.data, &id);
        it.path =
            it.path.split('/').map(|p| id(p).unwrap_or_else(|| p.to_owned())).collect::<Vec<_>>().join("/");
        it
    }

    /// The same without values that speak of resources which are not there yet: what a circle begins with.
    #[must_use]
    pub fn without_references(&self) -> Self {
        let mut it = self.clone();
        drop_references(&mut it.data);
        it
    }
}

fn visit(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        Value::Object(map) => map.values().for_each(|item| visit(item, see)),
        _ => {}
    }
}

fn replace(value: &mut Value, id: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = id(text) {
                *text = id;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, id)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, id)),
        _ => {}
    }
}

/// Takes the values of multi-valued attributes, and the attributes, that hold a reference.
fn drop_references(value: &mut Value) {
    fn refers(value: &Value) -> bool {
        match value {
            Value::String(text) => text.starts_with(REFERENCE),
            Value::Object(map) => map.values().any(|v| v.as_str().is_some_and(|t| t.starts_with(REFERENCE))),
            _ => false,
        }
    }
    match value {
        Value::Array(items) => {
            items.retain(|item| !refers(item));
            items.iter_mut().for_each(drop_references);
        }
        Value::Object(map) => {
            map.retain(|_, item| !refers(item));
            map.values_mut().for_each(drop_references);
        }
        _ => {}
    }
}

/// The body of a bulk answer.
pub fn response(operations: &[Value]) -> Value {
    json!({ "schemas": [RESPONSE_URN], "Operations": operations })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(operations: &Value) -> Result<BulkRequest, ScimError> {
        BulkRequest::parse(json!({"schemas": [REQUEST_URN], "Operations": operations}), 10)
    }

    fn one(operation: &Value) -> Operation {
        request(&json!([operation])).unwrap().operations.remove(0)
    }

    #[test]
    fn references_are_found_replaced_and_left_out() {
        let it = one(&json!({"method": "post", "bulkId": "g", "path": "/Groups", "data": {
            "displayName": "Tour", "members": [{"value": "bulkId:a"}, {"value": "usr_1"}, {"value": "bulkId:b"}],
        }}));
        assert_eq!(it.method, "POST");
        assert_eq!(it.references().into_iter().collect::<Vec<_>>(), ["a", "b"]);
        let known = HashMap::from([("a".to_owned(), "usr_2".to_owned())]);
        let it = it.resolved(&known);
        assert_eq!(it.data["members"][0]["value"], "usr_2");
        assert_eq!(it.references().into_iter().collect::<Vec<_>>(), ["b"]);
        let bare = it.without_references();
        assert_eq!(bare.data["members"], json!([{"value": "usr_2"}, {"value": "usr_1"}]));
        let below = one(&json!({"method": "DELETE", "path": "/Users/bulkId:a"})).resolved(&known);
        assert_eq!(below.path, "/Users/usr_2");
    }

    #[test]
    fn operations_of_a_patch_may_stand_alone() {
        let it = one(
            &json!({"method": "PATCH", "path": "/Users/1", "data": [{"op": "remove", "path": "nickName"}]}),
        );
        assert_eq!(it.data["Operations"][0]["op"], "remove");
    }

    #[test]
    fn what_is_no_bulk_request_is_refused() {
        for (body, status) in [
            (json!([]), 400),
            (json!({"Operations": []}), 400),
            (json!({"schemas": [REQUEST_URN]}), 400),
            (json!({"schemas": [REQUEST_URN], "Operations": [1]}), 400),
            (json!({"schemas": [REQUEST_URN], "failOnErrors": 0, "Operations": []}), 400),
            (json!({"schemas": [REQUEST_URN], "Operations": [{"method": 1}]}), 400),
            (json!({"schemas": [REQUEST_URN], "Operations": vec![json!({}); 11]}), 413),
        ] {
            assert_eq!(BulkRequest::parse(body.clone(), 10).unwrap_err().status, status, "{body}");
        }
        for operation in [
            json!({"method": "GET", "path": "/Users"}),
            json!({"method": "POST", "path": "/Users", "data": {}}),
            json!({"method": "DELETE", "path": "/Bulk"}),
            json!({"method": "DELETE"}),
        ] {
            assert!(one(&operation).check().is_err(), "{operation}");
        }
    }
}
