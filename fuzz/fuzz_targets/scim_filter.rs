//! Any text as a filter and as a query: no panic, and what is read prints as what it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scim::schema::{GROUP, USER};
use scim::{Filter, ListQuery, Projection, Sort};

fuzz_target!(|text: &str| {
    for kind in [&USER, &GROUP] {
        if let Ok(filter) = Filter::parse(text, kind) {
            let printed = filter.to_string();
            // Printing adds parentheses and escapes; only a filter at the limits may not come back.
            if let Ok(again) = Filter::parse(&printed, kind) {
                assert_eq!(again, filter);
            }
            let _ = filter.as_lookup();
            let _ = filter.matches(&serde_json::Map::new());
        }
        let _ = Sort::new(text, false, kind);
    }
    if let Ok(query) = ListQuery::from_query(text) {
        let _ = query.filter_decoded_again();
        let _ = Projection::new(&query.attributes, &query.excluded_attributes, &USER);
    }
    let _ = scim::query::embedded_path(text);
});
