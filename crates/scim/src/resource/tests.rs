#![expect(clippy::needless_pass_by_value, reason = "literals of json!() read better without a borrow")]

use serde_json::json;

use super::*;
use crate::ScimType;
use crate::schema::{ENTERPRISE_URN, FRONTDESK_URN, GROUP_URN, USER_URN};

fn read(body: Value) -> Value {
    let mut user = user(body).unwrap();
    user.remove("schemas");
    Value::Object(user)
}

fn refused(body: Value) -> ScimError {
    user(body.clone()).map(|user| panic!("{body} was read as {user:?}")).unwrap_err()
}

#[test]
fn names_get_their_canonical_spelling() {
    let user = read(json!({
        "USERNAME": "ada",
        "Name": { "GIVENNAME": "Ada" },
        "emails": [{ "VALUE": "a@b.example", "Type": "work" }],
    }));
    let expected = json!({
        "userName": "ada",
        "name": { "givenName": "Ada" },
        "emails": [{ "value": "a@b.example", "type": "work" }],
    });
    assert_eq!(user, expected);
}

#[test]
fn schemas_are_what_the_resource_has() {
    let schemas = |body| user(body).unwrap()["schemas"].clone();
    assert_eq!(schemas(json!({ "userName": "a" })), json!([USER_URN]));
    assert_eq!(
        schemas(json!({ "userName": "a", "schemas": ["urn:x"], ENTERPRISE_URN: { "department": "D" } })),
        json!([USER_URN, ENTERPRISE_URN])
    );
    assert_eq!(schemas(json!({ "userName": "a", ENTERPRISE_URN: {} })), json!([USER_URN]));
    assert_eq!(
        schemas(json!({ "userName": "a", "urn:x:2.0:User": { "y": 1 } })),
        json!([USER_URN, "urn:x:2.0:User"])
    );
    let group = group(json!({ "displayName": "g" })).unwrap();
    assert_eq!(group.attributes["schemas"], json!([GROUP_URN]));
}

#[test]
fn nothing_is_dropped_but_nulls_and_what_the_server_owns() {
    let user = read(json!({
        "id": "mine", "meta": { "version": "1" }, "groups": null, "password": "p", "userName": "ada",
        "title": null, "phoneNumbers": [], "name": {}, "photos": [null],
        "shoeSize": 38, "deep": { "a": [null, { "b": null }] },
        "emails": [{ "value": "a@b.example", "verified": true }],
    }));
    let expected = json!({
        "userName": "ada", "shoeSize": 38, "deep": { "a": [null, { "b": null }] },
        "emails": [{ "value": "a@b.example", "verified": true }],
    });
    assert_eq!(user, expected);
}

#[test]
fn types_are_bent_where_clients_bend_them() {
    let user = read(json!({
        "userName": "ada",
        "active": "TRUE",
        "emails": { "value": "a@b.example", "primary": "False" },
        "phoneNumbers": ["1", { "value": 2 }],
        "roles": [{ "value": "{\"id\":\"1\",\"value\":\"25\",\"displayName\":\"R\"}" }, { "value": "{broken" }],
        ENTERPRISE_URN: { "employeeNumber": 7, "manager": "m1" },
        FRONTDESK_URN: { "birthYear": "1990" },
    }));
    let expected = json!({
        "userName": "ada",
        "active": true,
        "emails": [{ "value": "a@b.example", "primary": false }],
        "phoneNumbers": [{ "value": "1" }, { "value": "2" }],
        "roles": [{ "id": "1", "value": "25", "display": "R" }, { "value": "{broken" }],
        ENTERPRISE_URN: { "employeeNumber": "7", "manager": { "value": "m1" } },
        FRONTDESK_URN: { "birthYear": 1990 },
    });
    assert_eq!(user, expected);
}

#[test]
fn flattened_and_prefixed_keys_find_their_place() {
    let dotted = format!("{ENTERPRISE_URN}:department");
    let prefixed = format!("{USER_URN}:title");
    let user = read(json!({
        USER_URN: { "userName": "ada" },
        dotted: "D",
        prefixed: "T",
        "urn:scim:schemas:extension:enterprise:1.0": { "division": "V" },
    }));
    let expected =
        json!({ "userName": "ada", "title": "T", ENTERPRISE_URN: { "department": "D", "division": "V" } });
    assert_eq!(user, expected);
}

#[test]
fn last_primary_wins_and_equal_values_are_one() {
    let user = read(json!({
        "userName": "ada",
        "emails": [
            { "value": "a@b.example", "type": "work", "primary": true },
            { "value": "A@b.example", "type": "WORK", "display": "Ada" },
            { "value": "c@d.example", "primary": true },
        ],
    }));
    let expected = json!([
        { "value": "A@b.example", "type": "WORK", "display": "Ada", "primary": false },
        { "value": "c@d.example", "primary": true },
    ]);
    assert_eq!(user["emails"], expected);
}

#[test]
fn wrong_types_are_told_with_the_attribute() {
    for (body, name) in [
        (json!({ "userName": 5 }), "userName"),
        (json!({ "userName": "a", "active": 1 }), "active"),
        (json!({ "userName": "a", "title": ["x", "y"] }), "title"),
        (json!({ "userName": "a", "title": { "x": 1 } }), "title"),
        (json!({ "userName": "a", "name": "Ada" }), "name"),
        (json!({ "userName": "a", "addresses": ["Rome"] }), "addresses"),
        (json!({ "userName": "a", "emails": [{ "value": true }] }), "emails.value"),
        (
            json!({ "userName": "a", "x509Certificates": [{ "value": "no base64!" }] }),
            "x509Certificates.value",
        ),
        (json!({ "userName": "a", FRONTDESK_URN: { "birthYear": 1990.5 } }), "birthYear"),
        (json!({ "userName": "a", ENTERPRISE_URN: "x" }), "enterprise"),
        (json!({ "userName": " " }), "userName"),
        (json!({ "displayName": "a" }), "userName"),
    ] {
        let error = refused(body);
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
        assert!(error.detail.contains(name), "{name}: {}", error.detail);
    }
    assert_eq!(refused(json!([])).scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn list_beyond_the_limit_is_refused() {
    let list: Vec<_> = (0..=crate::limits::MAX_VALUES).map(|i| json!({ "value": i.to_string() })).collect();
    refused(json!({ "userName": "a", "emails": list }));
}

#[test]
fn members_are_read_in_every_form() {
    let body = json!({
        "displayName": "Staff",
        "members": [
            "u1",
            { "value": "u2", "type": "user", "display": "Two", "$ref": null },
            { "$ref": "https://x.example/Groups/g7" },
            { "value": "u1" },
            null,
        ],
    });
    let members = group(body).unwrap().members.unwrap();
    let seen: Vec<_> = members.iter().map(|member| (member.value.as_str(), member.kind.as_deref())).collect();
    assert_eq!(seen, [("u1", None), ("u2", Some("User")), ("g7", Some("Group"))]);
    assert_eq!(
        members[1].to_json(Some("r")),
        json!({ "value": "u2", "type": "User", "display": "Two", "$ref": "r" })
    );
}

#[test]
fn members_not_mentioned_differ_from_no_members() {
    assert_eq!(group(json!({ "displayName": "g" })).unwrap().members, None);
    assert_eq!(group(json!({ "displayName": "g", "members": null })).unwrap().members, None);
    assert_eq!(group(json!({ "displayName": "g", "members": [] })).unwrap().members, Some(Vec::new()));
    assert!(group(json!({ "displayName": "g", "members": [{ "display": "x" }] })).is_err());
}

#[test]
fn index_takes_what_a_store_looks_up() {
    let user = user(json!({
        "userName": "ada@x.example", "externalId": "e", "active": false,
        "emails": [{ "type": "home", "value": "h@x.example" }, { "type": "Work", "value": "w@x.example" }, { "type": "x" }],
    }))
    .unwrap();
    let index = UserIndex::of(&user);
    assert_eq!((index.emails.len(), index.active, index.email()), (2, false, Some("w@x.example")));
    let bare = UserIndex::of(json!({ "userName": "ada@x.example" }).as_object().unwrap());
    assert_eq!((bare.active, bare.email()), (true, Some("ada@x.example")));
}

#[test]
fn changes_are_told_part_by_part() {
    let before = json!({ "userName": "a", "name": { "givenName": "A" }, "meta": 1, ENTERPRISE_URN: { "department": "D" } });
    let after =
        json!({ "userName": "a", "name": { "givenName": "B", "familyName": "C" }, "meta": 2, "emails": [] });
    let found = changes(before.as_object().unwrap(), after.as_object().unwrap());
    let paths: Vec<_> = found.iter().map(|change| change.path.as_str()).collect();
    let department = format!("{ENTERPRISE_URN}:department");
    assert_eq!(paths, ["name.givenName", "name.familyName", department.as_str(), "emails"]);
    assert_eq!((found[0].from.clone(), found[0].to.clone()), (Some(json!("A")), Some(json!("B"))));
    assert_eq!(found[2].to, None);
}

#[test]
fn parts_that_are_flattened_with_dots_come_beside_the_others() {
    let user = read(json!({
        "userName": "ada",
        "NAME.familyName": "Byron",
        "name": { "givenName": "Ada" },
        "emails.value": "stays@as.it.is",
        format!("{ENTERPRISE_URN}.department"): "Math",
        format!("{ENTERPRISE_URN}:manager.value"): "m1",
    }));
    let expected = json!({
        "userName": "ada",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "emails.value": "stays@as.it.is",
        ENTERPRISE_URN: { "department": "Math", "manager": { "value": "m1" } },
    });
    assert_eq!(user, expected);
    assert!(refused(json!({ "userName": "a", "name.givenName": true })).detail.contains("name.givenName"));
}

#[test]
fn member_that_is_named_by_its_address_is_the_one_at_its_end() {
    let body = json!({ "displayName": "G", "members": [
        { "value": "https://id.example/scim/v2/dir_1/Users/usr_1" },
        { "value": "https://example.com/x" },
    ] });
    let members = group(body).unwrap().members.unwrap();
    let told: Vec<_> = members.iter().map(|it| (it.value.as_str(), it.kind.as_deref())).collect();
    assert_eq!(told, [("usr_1", Some("User")), ("https://example.com/x", None)]);
}

#[test]
fn what_is_immutable_is_given_once_and_stays() {
    let map = |value: Value| value.as_object().unwrap().clone();
    let before = map(json!({ "name": "First", "origin": "here", "text": "T", "serial": 7 }));
    let after = test_after(&before, json!({ "name": "Second", "serial": 8 })).unwrap();
    assert_eq!((&after["origin"], after.get("text")), (&json!("here"), None), "left out it stays");
    assert_eq!(after["serial"], 7, "what the server gave is not the client's");
    assert_eq!(test_after(&before, json!({ "name": "A", "ORIGIN": "here" })).unwrap()["origin"], "here");
    let refused = test_after(&before, json!({ "name": "A", "origin": "there" })).unwrap_err();
    assert_eq!(refused.scim_type, Some(ScimType::Mutability));
    let bare = map(json!({ "name": "First" }));
    assert_eq!(test_after(&bare, json!({ "name": "A", "origin": "late" })).unwrap()["origin"], "late");
}

#[test]
fn nothing_at_the_top_of_users_and_groups_is_immutable() {
    for schema in USER.schemas().chain(GROUP.schemas()) {
        for def in schema.attributes {
            assert_ne!(def.mutability, Mutability::Immutable, "{}: a PUT must keep it", def.name);
        }
    }
}
