//! Whatever text or JSON arrives: reading ends, and what was read once reads the same again.

use profile::mapping::{Mapping, Names, Path, attributes_of, from_claims};
use profile::{Country, birth_year, email, name, role};
use proptest::prelude::*;
use serde_json::Value;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        ".{0,20}",
        "[a-z.+' -]{0,8}@[a-zÀ-ÿ.。-]{0,12}",
        "[A-Za-z .()/-]{0,12}",
        "[0-9./T: -]{0,12}",
        "[A-Za-z:*.\\[\\]\" ]{0,20}",
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("name".to_owned()),
        Just("emails".to_owned()),
        Just("addresses".to_owned()),
        Just("roles".to_owned()),
        Just("value".to_owned()),
        Just("type".to_owned()),
        Just("primary".to_owned()),
        Just("country".to_owned()),
        Just("urn:x:User".to_owned()),
        text(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::from("work")),
        Just(Value::from("DE")),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn values_read_once_read_the_same_again(text in text()) {
        if let Ok(Some(address)) = email::parse(&text) {
            prop_assert_eq!(email::parse(&address), Ok(Some(address.clone())));
            prop_assert!(address.len() <= email::LONGEST && email::domain_of(&address).is_some());
        }
        if let Ok(Some(clean)) = name::clean(&text) {
            prop_assert_eq!(name::clean(&clean), Ok(Some(clean.clone())));
            let _ = name::split(&clean);
        }
        if let Ok(Some(year)) = birth_year::parse(&text, 2026) {
            prop_assert_eq!(birth_year::check(year, 2026), Ok(year));
        }
        if let Ok(country) = Country::parse(&text) {
            prop_assert_eq!(Country::from_code(country.code()), Some(country));
        }
        let _ = role::parse(&text);
        if let Ok(path) = Path::parse(&text) {
            prop_assert_eq!(Path::parse(path.as_str()), Ok(path.clone()));
        }
    }

    #[test]
    fn resources_and_claims_end(value in json()) {
        let mapped = Mapping::default().apply(&value, 2026);
        for unread in &mapped.unread {
            prop_assert!(unread.problem.to_string().chars().count() < 400);
        }
        let _ = from_claims(&value, &Names::oidc(), 2026);
        for attribute in attributes_of(&value) {
            // Names with characters of their own cannot be written as a path; those that can lead back.
            if let Ok(path) = Path::parse(&attribute.path) {
                let _ = path.find(&value);
            }
        }
    }
}
