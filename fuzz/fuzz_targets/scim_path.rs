//! Any text as the path of a PATCH, with any value, on a user and on a group that have something: no panic, a valid resource or
//! an error, and the same again changes nothing. The first line is the path, the rest the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scim::schema::{GROUP, USER};
use scim::{PatchRequest, Projection, limits, patch, resource};
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let (path, value) = text.split_once('\n').unwrap_or((text, "\"x\""));
    let Ok(value) = serde_json::from_str::<Value>(value) else { return };
    let user = json!({
        "userName": "ada", "active": true, "name": {"givenName": "Ada"},
        "emails": [{"value": "a@x.test", "type": "work", "primary": true}, {"value": "b@x.test", "type": "home"}],
        "roles": [{"value": "admin"}], "custom": {"part": 1},
    });
    let Ok(user) = resource::user(user) else { return };
    let Ok(group) = resource::group(json!({"displayName": "Staff"})) else { return };
    for op in ["add", "replace", "remove"] {
        let body = json!({"Operations": [{"op": op, "path": path, "value": value}]});
        let Ok(request) = PatchRequest::parse(body, limits::MAX_USER_OPERATIONS) else { continue };
        if let Ok(outcome) = patch::user(&user, request.clone()) {
            assert_eq!(resource::user(Value::Object(outcome.attributes.clone())), Ok(outcome.attributes));
        }
        if let Ok(outcome) = patch::group(&group.attributes, request) {
            assert!(!outcome.attributes.contains_key("members"));
        }
    }
    for kind in [&USER, &GROUP] {
        let shown = Projection::new(&[path.to_owned()], &[], kind).apply(user.clone());
        assert!(shown.keys().all(|key| user.contains_key(key)));
    }
});
