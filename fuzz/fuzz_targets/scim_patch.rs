//! A resource and a PATCH from one JSON array: a valid resource or an error, and a second reading
//! of the outcome changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scim::{PatchRequest, limits, patch, resource};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(Value::Array(parts)) = serde_json::from_slice::<Value>(input) else { return };
    let Ok([body, operations]) = <[Value; 2]>::try_from(parts) else { return };
    let Ok(request) = PatchRequest::parse(operations, limits::MAX_USER_OPERATIONS) else { return };
    if let Ok(before) = resource::user(body.clone())
        && let Ok(outcome) = patch::user(&before, request.clone())
    {
        assert_eq!(resource::user(Value::Object(outcome.attributes.clone())), Ok(outcome.attributes));
    }
    if let Ok(before) = resource::group(body)
        && let Ok(outcome) = patch::group(&before.attributes, request)
    {
        assert!(!outcome.attributes.contains_key("members"));
    }
});
