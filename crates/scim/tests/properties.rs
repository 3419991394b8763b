//! What must hold for any input: filters read back as themselves, a PATCH leaves a valid resource
//! or an error, and a PUT of what was read changes nothing.

use proptest::prelude::*;
use scim::schema::{ENTERPRISE_URN, FRONTDESK_URN, GROUP, USER, USER_URN};
use scim::{Filter, ListQuery, PatchRequest, Projection, Sort, limits, patch, resource};
use serde_json::{Map, Value, json};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-zA-Z0-9@.é\" \\\\-]{1,8}",
        Just("work".to_owned()),
        Just("True".to_owned())
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3000_i64..3000).prop_map(Value::from),
        word().prop_map(Value::from),
    ]
}

fn element() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "value", "type", "primary", "display", "$ref", "VALUE", "extra", "country",
    ]);
    prop_oneof![
        3 => prop::collection::btree_map(key.prop_map(str::to_owned), scalar(), 0..4).prop_map(|map| json!(map)),
        1 => scalar(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        scalar(),
        element(),
        prop::collection::vec(element(), 0..4).prop_map(Value::from),
        prop::collection::btree_map(name(), scalar(), 0..3).prop_map(|map| json!(map)),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let names: Vec<String> = [
        "userName",
        "USERNAME",
        "active",
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "roles",
        "addresses",
        "groups",
        "id",
        "meta",
        "schemas",
        "password",
        "x509Certificates",
        "externalId",
        "custom",
        "custom.part",
        "odd name",
        "members",
        "displayName",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        ENTERPRISE_URN.to_owned(),
        format!("{ENTERPRISE_URN}:manager"),
        format!("{ENTERPRISE_URN}:manager.value"),
        format!("{ENTERPRISE_URN}:department"),
        format!("{FRONTDESK_URN}:birthYear"),
        USER_URN.to_owned(),
        "urn:x:2.0:User".to_owned(),
        "urn:x:2.0:User:y".to_owned(),
    ])
    .collect();
    prop::sample::select(names)
}

fn path() -> impl Strategy<Value = String> {
    let list = prop::sample::select(vec![
        "emails",
        "roles",
        "addresses",
        "phoneNumbers",
        "custom",
        "members",
        "name",
    ]);
    let sub = prop::sample::select(vec!["", ".value", ".type", ".primary", ".country", ".extra"]);
    prop_oneof![
        name(),
        (list, inner(), sub).prop_map(|(list, inner, sub)| format!("{list}[{inner}]{sub}")),
        "[a-z.\\[\\]\" :]{0,12}",
    ]
}

fn inner() -> impl Strategy<Value = String> {
    let sub = prop::sample::select(vec!["value", "type", "primary", "display", "extra"]);
    let term = prop_oneof![
        (sub.clone(), prop::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "le"]), literal())
            .prop_map(|(sub, op, literal)| format!("{sub} {op} {literal}")),
        sub.prop_map(|sub| format!("{sub} pr")),
    ];
    joined(term)
}

fn joined(term: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    term.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} and {other}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} or {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) OR {other}")),
            inner.prop_map(|inner| format!("not({inner})")),
        ]
    })
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        word().prop_map(|text| Value::from(text).to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|value| value.to_string()),
        Just("null".to_owned()),
        Just("\"2026-01-01T00:00:00Z\"".to_owned()),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec!["eq", "NE", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let names = prop::sample::select(vec![
        "userName",
        "active",
        "emails",
        "emails.type",
        "name.givenName",
        "meta.created",
        "custom",
        "custom.part",
    ]);
    let term = prop_oneof![
        (names, op, literal()).prop_map(|(name, op, literal)| format!("{name} {op} {literal}")),
        name().prop_map(|name| format!("{name} pr")),
        inner().prop_map(|inner| format!("emails[{inner}]")),
        (inner(), literal()).prop_map(|(inner, literal)| format!("emails[{inner}].value eq {literal}")),
    ];
    joined(term)
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "Replace", "REMOVE"]);
    (op, prop::option::weighted(0.8, path()), prop::option::weighted(0.9, value())).prop_map(
        |(op, path, value)| {
            let mut operation = json!({ "op": op });
            if let Some(path) = path {
                operation["path"] = path.into();
            }
            if let Some(value) = value {
                operation["value"] = value;
            }
            operation
        },
    )
}

fn body() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(name(), value(), 0..8).prop_map(|map| json!(map))
}

fn at_most_one_primary(resource: &Map<String, Value>) -> bool {
    let lists = ["emails", "roles", "addresses", "phoneNumbers", "ims", "photos", "entitlements"];
    lists.iter().filter_map(|name| resource.get(*name)).all(|list| {
        list.as_array().is_some_and(|list| list.iter().filter(|item| item["primary"] == true).count() <= 1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filter_reads_back_as_itself(text in filter()) {
        if let Ok(filter) = Filter::parse(&text, &USER) {
            let printed = filter.to_string();
            prop_assert_eq!(Filter::parse(&printed, &USER), Ok(filter), "{}", printed);
        }
    }

    #[test]
    fn no_text_breaks_the_readers(text in "\\PC{0,60}") {
        let _ = Filter::parse(&text, &USER);
        let _ = ListQuery::from_query(&text).map(|query| query.filter_decoded_again());
        let _ = scim::query::embedded_path(&text);
        let _ = Sort::new(&text, true, &GROUP);
        let _ = scim::etag::if_match(&text, "W/\"1\"");
    }

    #[test]
    fn any_patch_leaves_a_valid_user_or_an_error(start in body(), operations in prop::collection::vec(operation(), 1..5)) {
        let mut start = start;
        start["userName"] = "ada".into();
        let Ok(before) = resource::user(start) else { return Ok(()) };
        let Ok(request) = PatchRequest::parse(json!({ "Operations": operations }), limits::MAX_USER_OPERATIONS) else {
            return Ok(());
        };
        if let Ok(outcome) = patch::user(&before, request) {
            prop_assert!(at_most_one_primary(&outcome.attributes));
            let again = resource::user(Value::Object(outcome.attributes.clone()));
            prop_assert_eq!(again, Ok(outcome.attributes.clone()));
            prop_assert_eq!(outcome.changes, resource::changes(&before, &outcome.attributes));
        }
    }

    #[test]
    fn any_patch_leaves_a_valid_group_or_an_error(operations in prop::collection::vec(operation(), 1..5)) {
        let before = resource::group(json!({ "displayName": "Staff" })).unwrap().attributes;
        let Ok(request) = PatchRequest::parse(json!({ "Operations": operations }), limits::MAX_GROUP_OPERATIONS) else {
            return Ok(());
        };
        if let Ok(outcome) = patch::group(&before, request) {
            prop_assert!(!outcome.attributes.contains_key("members"));
            let again = resource::group(Value::Object(outcome.attributes.clone()));
            prop_assert_eq!(again.map(|group| group.attributes), Ok(outcome.attributes));
        }
    }

    #[test]
    fn put_of_what_was_read_changes_nothing(body in body()) {
        let Ok(first) = resource::user(body) else { return Ok(()) };
        let mut answer = first.clone();
        answer.insert("id".into(), "u1".into());
        answer.insert("meta".into(), json!({ "resourceType": "User", "version": "W/\"1\"" }));
        answer.insert("groups".into(), json!([{ "value": "g1" }]));
        prop_assert_eq!(resource::user(Value::Object(answer)), Ok(first));
    }

    #[test]
    fn filter_and_its_negation_never_agree(body in body(), text in filter()) {
        let Ok(user) = resource::user(body) else { return Ok(()) };
        if let (Ok(filter), Ok(negated)) = (Filter::parse(&text, &USER), Filter::parse(&format!("not ({text})"), &USER)) {
            prop_assert_ne!(filter.matches(&user), negated.matches(&user));
        }
    }

    #[test]
    fn projection_shows_nothing_that_is_not_there(body in body(), names in prop::collection::vec(path(), 0..4)) {
        let Ok(user) = resource::user(body) else { return Ok(()) };
        let only = Projection::new(&names, &[], &USER).apply(user.clone());
        prop_assert!(only.keys().all(|key| user.contains_key(key)));
        prop_assert!(only.contains_key("schemas"));
        let without = Projection::new(&[], &names, &USER).apply(user.clone());
        prop_assert!(without.keys().all(|key| user.contains_key(key)));
    }
}
