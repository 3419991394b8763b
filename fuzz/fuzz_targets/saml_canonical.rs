//! Any document: our canonical form of each element is the library's (start from `crates/saml/testdata/samples`).
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml::testing::compare_canonical_forms;

fuzz_target!(|text: &str| {
    // Quadratic in the number of elements: short documents say as much.
    if text.len() < 4096 {
        compare_canonical_forms(text);
    }
});
