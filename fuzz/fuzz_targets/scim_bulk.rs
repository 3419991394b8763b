//! Any JSON as a bulk request: no panic, and nothing refers to another operation once its references are taken out.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use scim::bulk::BulkRequest;
use scim::limits::MAX_BULK_OPERATIONS;

fuzz_target!(|input: &[u8]| {
    let Ok(body) = serde_json::from_slice(input) else { return };
    let Ok(request) = BulkRequest::parse(body, MAX_BULK_OPERATIONS) else { return };
    let known = HashMap::from([("ada".to_owned(), "usr_1".to_owned())]);
    for operation in &request.operations {
        let _ = operation.check();
        let resolved = operation.resolved(&known);
        assert!(!resolved.references().contains("ada"));
    }
});
