#![expect(clippy::needless_pass_by_value, reason = "literals of json!() read better without a borrow")]

use serde_json::json;

use super::*;
use crate::limits::{MAX_GROUP_OPERATIONS, MAX_USER_OPERATIONS};
use crate::schema::ENTERPRISE_URN;
use crate::{MemberRef, ScimType};

fn request(operations: Value) -> PatchRequest {
    PatchRequest::parse(json!({ "Operations": operations }), MAX_GROUP_OPERATIONS).unwrap()
}

fn before(extra: Value) -> Map<String, Value> {
    let mut body = json!({ "userName": "ada" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    crate::resource::user(body).unwrap()
}

fn apply(extra: Value, operations: Value) -> Result<Value, ScimError> {
    let mut patched = user(&before(extra), request(operations))?.attributes;
    patched.remove("schemas");
    patched.remove("userName");
    Ok(Value::Object(patched))
}

fn patched(extra: Value, operation: Value) -> Value {
    apply(extra, json!([operation])).unwrap()
}

fn refused(extra: Value, operation: Value) -> Option<ScimType> {
    apply(extra, json!([operation])).unwrap_err().scim_type
}

fn two_mails() -> Value {
    json!({ "emails": [
        { "value": "w@x.example", "type": "work", "primary": true },
        { "value": "h@x.example", "type": "home" },
    ] })
}

#[test]
fn text_that_is_too_long_for_a_key_is_refused_unless_it_was_there() {
    let long = "x".repeat(crate::limits::MAX_KEY_BYTES + 1);
    let current = json!({"userName": "a", "displayName": long});
    let current = current.as_object().unwrap();
    let patch = |operation: Value| user(current, request(json!([operation])));
    assert!(patch(json!({"op": "replace", "path": "active", "value": false})).is_ok());
    let refused = patch(json!({"op": "replace", "path": "externalId", "value": long})).unwrap_err();
    assert!(refused.detail.contains("externalId"), "{}", refused.detail);
}

#[test]
fn add_of_what_is_there_changes_nothing() {
    let start = before(two_mails());
    let add = json!([
        { "op": "add", "path": "emails", "value": [{ "value": "W@x.example", "type": "work" }] },
        { "op": "add", "path": "userName", "value": "ada" },
        { "op": "add", "value": { "userName": "ada" } },
    ]);
    let outcome = user(&start, request(add)).unwrap();
    let paths: Vec<_> = outcome.changes.iter().map(|change| &change.path).collect();
    // The spelling of the address is the client's to change.
    assert_eq!(paths, ["emails"]);
    let add =
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "w@x.example", "type": "work" }] }]);
    assert_eq!(user(&start, request(add)).unwrap().changes, []);
}

#[test]
fn new_primary_takes_over() {
    let after = patched(
        two_mails(),
        json!({ "op": "add", "path": "emails", "value": { "value": "n@x.example", "primary": true } }),
    );
    assert_eq!(after["emails"][0]["primary"], false);
    assert_eq!(after["emails"][2]["primary"], true);
    let after = patched(
        two_mails(),
        json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": "true" }),
    );
    assert_eq!(
        (&after["emails"][0]["primary"], &after["emails"][1]["primary"]),
        (&json!(false), &json!(true))
    );
}

#[test]
fn replace_of_a_list_replaces_all_of_it() {
    let after = patched(
        two_mails(),
        json!({ "op": "replace", "path": "emails", "value": [{ "value": "n@x.example" }] }),
    );
    assert_eq!(after, json!({ "emails": [{ "value": "n@x.example" }] }));
    assert_eq!(patched(two_mails(), json!({ "op": "replace", "path": "emails", "value": [] })), json!({}));
    assert_eq!(patched(two_mails(), json!({ "op": "replace", "path": "emails", "value": null })), json!({}));
}

#[test]
fn filter_selects_values() {
    let replace =
        json!({ "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "n@x.example" } });
    let after = patched(two_mails(), replace);
    assert_eq!(after["emails"][0], json!({ "value": "n@x.example", "type": "work" }));
    let add = json!({ "op": "add", "path": "emails[type eq \"work\"]", "value": { "display": "N" } });
    assert_eq!(patched(two_mails(), add)["emails"][0]["display"], "N");
    let remove = json!({ "op": "remove", "path": "emails[type eq \"work\"]" });
    assert_eq!(patched(two_mails(), remove)["emails"].as_array().unwrap().len(), 1);
    let remove = json!({ "op": "remove", "path": "emails[type eq \"work\"].value" });
    assert_eq!(patched(two_mails(), remove)["emails"].as_array().unwrap().len(), 1);
    let remove = json!({ "op": "remove", "path": "emails[type eq \"other\"]" });
    assert_eq!(patched(two_mails(), remove), two_mails());
}

#[test]
fn missing_value_is_made_from_a_plain_filter_only() {
    let add = |path: &str| json!({ "op": "add", "path": path, "value": "1" });
    let after = patched(json!({}), add("phoneNumbers[type eq \"work\" and primary eq true].value"));
    assert_eq!(after["phoneNumbers"], json!([{ "type": "work", "primary": true, "value": "1" }]));
    assert_eq!(refused(json!({}), add("phoneNumbers[type co \"work\"].value")), Some(ScimType::NoTarget));
    assert_eq!(
        refused(json!({}), add("phoneNumbers[type eq \"work\" or type eq \"home\"].value")),
        Some(ScimType::NoTarget)
    );
    assert_eq!(
        refused(
            json!({}),
            json!({ "op": "replace", "path": "phoneNumbers[not (type eq \"a\")].value", "value": "1" })
        ),
        Some(ScimType::NoTarget)
    );
    let clear = json!({ "op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": null });
    assert_eq!(patched(json!({}), clear), json!({}));
}

#[test]
fn values_are_removed_by_list() {
    let remove = |value: Value| json!({ "op": "remove", "path": "emails", "value": value });
    let after = patched(two_mails(), remove(json!([{ "value": "W@x.example" }])));
    assert_eq!(after["emails"].as_array().unwrap().len(), 1);
    assert_eq!(
        patched(two_mails(), remove(json!([{ "value": "w@x.example", "type": "home" }]))),
        two_mails()
    );
    assert_eq!(patched(two_mails(), remove(json!([]))), two_mails());
    assert_eq!(patched(two_mails(), remove(Value::Null)), json!({}));
}

#[test]
fn complex_attribute_keeps_what_is_not_named() {
    let start = json!({ "name": { "givenName": "A", "familyName": "B" } });
    let replace =
        json!({ "op": "replace", "path": "name", "value": { "givenName": "C", "familyName": null } });
    assert_eq!(patched(start.clone(), replace), json!({ "name": { "givenName": "C" } }));
    let add = json!({ "op": "add", "path": "name", "value": { "middleName": "M" } });
    assert_eq!(patched(start.clone(), add)["name"]["familyName"], "B");
    let remove = json!({ "op": "remove", "path": "name" });
    assert_eq!(patched(start.clone(), remove), json!({}));
    let both =
        json!([{ "op": "remove", "path": "name.givenName" }, { "op": "remove", "path": "name.familyName" }]);
    assert_eq!(apply(start, both).unwrap(), json!({}));
}

#[test]
fn extensions_come_and_go() {
    let start = json!({ ENTERPRISE_URN: { "department": "D", "division": "V" } });
    let remove = json!({ "op": "remove", "path": ENTERPRISE_URN });
    assert_eq!(patched(start.clone(), remove), json!({}));
    let replace =
        json!({ "op": "replace", "path": ENTERPRISE_URN, "value": { "department": "E", "manager": "m" } });
    assert_eq!(
        patched(start.clone(), replace),
        json!({ ENTERPRISE_URN: { "department": "E", "division": "V", "manager": { "value": "m" } } })
    );
    let path = format!("{ENTERPRISE_URN}:department");
    let last = json!([{ "op": "remove", "path": path }, { "op": "remove", "path": format!("{ENTERPRISE_URN}:division") }]);
    let outcome = user(&before(start), request(last)).unwrap();
    assert_eq!(outcome.attributes["schemas"].as_array().unwrap().len(), 1);
}

#[test]
fn unknown_attributes_are_kept_and_changed() {
    let add = json!({ "op": "add", "path": "shoeSize", "value": 38 });
    assert_eq!(patched(json!({}), add.clone()), json!({ "shoeSize": 38 }));
    assert_eq!(patched(json!({ "SHOESIZE": 1 }), add), json!({ "SHOESIZE": 38 }));
    let add = json!({ "op": "add", "path": "urn:x:2.0:User:badge.colour", "value": "red" });
    assert_eq!(patched(json!({}), add), json!({ "urn:x:2.0:User": { "badge": { "colour": "red" } } }));
    let add = json!({ "op": "add", "path": "badges[colour eq \"red\"].number", "value": 1 });
    assert_eq!(patched(json!({}), add), json!({ "badges": [{ "colour": "red", "number": 1 }] }));
    let add = json!({ "op": "add", "path": "tags", "value": "b" });
    assert_eq!(patched(json!({ "tags": ["a"] }), add), json!({ "tags": ["a", "b"] }));
    let add = json!({ "op": "add", "value": { "urn:x:2.0:User": { "a": 1 }, "an odd name": 2 } });
    assert_eq!(patched(json!({}), add), json!({ "urn:x:2.0:User": { "a": 1 }, "an odd name": 2 }));
    let odd = format!("{ENTERPRISE_URN}:an odd name");
    let add = json!({ "op": "add", "value": { odd: 1 } });
    assert_eq!(patched(json!({}), add), json!({ ENTERPRISE_URN: { "an odd name": 1 } }));
    let remove = json!({ "op": "remove", "path": "SHOEsize" });
    assert_eq!(patched(json!({ "shoeSize": 1 }), remove), json!({}));
}

#[test]
fn read_only_attributes_stay() {
    let start = json!({ "title": "T" });
    let pathless = json!({ "op": "replace", "value": {
        "id": "x", "meta": { "version": "x" }, "groups": [{ "value": "g" }], "schemas": ["x"], "password": "p",
    } });
    assert_eq!(patched(start.clone(), pathless), start);
    let schemas = json!({ "op": "add", "path": "schemas", "value": ["x"] });
    assert_eq!(patched(start.clone(), schemas), start);
    for path in ["id", "meta.version", "groups", "groups[value eq \"g\"]"] {
        for op in ["add", "replace", "remove"] {
            let operation = json!({ "op": op, "path": path, "value": "x" });
            assert_eq!(refused(start.clone(), operation), Some(ScimType::Mutability), "{op} {path}");
        }
    }
    let mut with_id = before(start);
    with_id.insert("id".into(), "u1".into());
    let same = request(json!([{ "op": "replace", "path": "id", "value": "u1" }]));
    assert_eq!(user(&with_id, same).unwrap().attributes["id"], "u1");
}

#[test]
fn failed_operation_names_itself() {
    let start = before(json!({ "title": "T" }));
    let operations = request(json!([
        { "op": "replace", "path": "title", "value": "U" },
        { "op": "replace", "path": "userName", "value": { "a": 1 } },
    ]));
    let error = user(&start, operations).unwrap_err();
    assert!(error.detail.starts_with("Operation 2:"), "{}", error.detail);
    assert_eq!(start["title"], "T");
    let empty = request(json!([{ "op": "replace", "path": "userName", "value": "" }]));
    assert_eq!(user(&start, empty).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

#[test]
fn body_is_read_in_any_case_and_within_limits() {
    let parse = |body: Value| PatchRequest::parse(body, 2);
    assert_eq!(
        parse(json!({ "operations": { "OP": "ADD", "Path": "", "VALUE": {} } })).unwrap().operations.len(),
        1
    );
    let many = parse(json!({ "Operations": [{ "op": "add" }, { "op": "add" }, { "op": "add" }] }));
    assert_eq!(many.unwrap_err().status, 413);
    for body in [
        json!([]),
        json!({}),
        json!({ "Operations": [] }),
        json!({ "Operations": [1] }),
        json!({ "Operations": [{ "path": "x" }] }),
    ] {
        assert_eq!(parse(body).unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    }
    let bad_path = parse(json!({ "Operations": [{ "op": "add", "path": 1 }] }));
    assert_eq!(bad_path.unwrap_err().scim_type, Some(ScimType::InvalidPath));
    const { assert!(MAX_USER_OPERATIONS <= MAX_GROUP_OPERATIONS) };
}

#[test]
fn list_cannot_grow_beyond_the_limit() {
    let add = json!([{ "op": "add", "path": "emails", "value": (0..400).map(|i| json!({ "value": format!("a{i}") })).collect::<Vec<_>>() },
                     { "op": "add", "path": "emails", "value": (0..400).map(|i| json!({ "value": format!("b{i}") })).collect::<Vec<_>>() }]);
    assert_eq!(apply(json!({}), add).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

fn members(operations: Value) -> Result<Vec<MembershipChange>, ScimError> {
    let start = crate::resource::group(json!({ "displayName": "Staff" })).unwrap().attributes;
    let outcome = group(&start, request(operations))?;
    assert_eq!((outcome.attributes, outcome.changes), (start, Vec::new()));
    Ok(outcome.members)
}

fn named(ids: &[&str]) -> Vec<MemberRef> {
    ids.iter().map(|id| MemberRef::new(*id)).collect()
}

#[test]
fn membership_changes_come_out_in_order_and_joined() {
    let found = members(json!([
        { "op": "add", "path": "members", "value": [{ "value": "a" }, "b"] },
        { "op": "add", "value": { "members": [{ "value": "c" }, { "value": "a" }] } },
        { "op": "remove", "path": "members[value eq \"x\" or value eq \"y\"]" },
        { "op": "remove", "path": "members", "value": ["x", "z"] },
        { "op": "add", "path": "members[value eq \"d\"].display", "value": "Dora" },
    ]))
    .unwrap();
    let dora = MemberRef { display: Some("Dora".into()), ..MemberRef::new("d") };
    assert_eq!(
        found,
        [
            MembershipChange::Add(named(&["b", "c", "a"])),
            MembershipChange::Remove(vec!["x".into(), "y".into(), "z".into()]),
            MembershipChange::Add(vec![dora]),
        ]
    );
}

#[test]
fn replacing_all_members_overtakes_what_was_before() {
    let found = members(json!([
        { "op": "add", "path": "members", "value": "a" },
        { "op": "replace", "path": "members", "value": [{ "value": "b" }] },
        { "op": "remove", "path": "members", "value": [] },
    ]));
    assert_eq!(found.unwrap(), [MembershipChange::ReplaceAll(named(&["b"]))]);
    assert_eq!(
        members(json!([{ "op": "remove", "path": "members" }])).unwrap(),
        [MembershipChange::RemoveAll]
    );
    assert_eq!(
        members(json!([{ "op": "replace", "path": "members", "value": [] }])).unwrap(),
        [MembershipChange::ReplaceAll(Vec::new())]
    );
    assert_eq!(members(json!([{ "op": "replace", "value": { "members": null } }])).unwrap(), []);
}

#[test]
fn members_selected_by_another_filter_are_left_to_the_store() {
    let found = members(json!([{ "op": "remove", "path": "members[type eq \"Group\"]" }])).unwrap();
    let [MembershipChange::RemoveWhere(filter)] = found.as_slice() else { panic!("{found:?}") };
    let group = MemberRef { kind: Some("Group".into()), ..MemberRef::new("g") };
    assert!(group.matches(filter) && !MemberRef::new("u").matches(filter));
}

#[test]
fn member_is_exchanged_not_edited() {
    let found =
        members(json!([{ "op": "replace", "path": "members[value eq \"a\"]", "value": { "value": "b" } }]));
    let expected = [MembershipChange::Remove(vec!["a".into()]), MembershipChange::Add(named(&["b"]))];
    assert_eq!(found.unwrap(), expected);
    for (path, expected) in [
        ("members[value eq \"a\"].type", ScimType::Mutability),
        ("members.type", ScimType::Mutability),
        ("members[display eq \"a\"]", ScimType::NoTarget),
    ] {
        let error = members(json!([{ "op": "replace", "path": path, "value": "User" }])).unwrap_err();
        assert_eq!(error.scim_type, Some(expected), "{path}");
    }
}
