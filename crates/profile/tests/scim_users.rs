//! Users as directories really send them, read by the default rules and by rules of an administrator.

use profile::mapping::{Mapped, Mapping, Path, Reading};
use profile::{Field, Role};
use serde_json::{Value, json};

fn apply(user: &Value) -> Mapped {
    Mapping::default().apply(user, 2026)
}

fn sentences(mapped: &Mapped) -> Vec<String> {
    mapped.unread.iter().map(|unread| format!("{}: {}", unread.source, unread.problem)).collect()
}

#[test]
fn entra_user_with_work_address_and_roles_in_strings() {
    let mapped = apply(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@acme.onmicrosoft.example",
        "active": true,
        "name": {"givenName": " Ada ", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
        "emails": [{"type": "work", "value": "Ada@Acme.example", "primary": true}],
        "addresses": [{"type": "work", "country": "Uzbekistan", "locality": "Toshkent", "region": "TK", "primary": false}],
        "roles": [{"value": "{\"id\":\"06b0\",\"value\":\"25\",\"displayName\":\"Administrator\"}", "primary": "True"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"},
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User": {"birthYear": "1984"}
    }));
    assert_eq!(
        mapped.profile.to_json(),
        json!({"firstName": "Ada", "lastName": "Lovelace", "email": "ada@acme.example", "country": "UZ",
               "currentCity": "Toshkent", "currentState": "TK", "birthYear": 1984})
    );
    assert_eq!(mapped.role, Some(Role::Admin));
    assert_eq!(sentences(&mapped), [""; 0]);
    let country = mapped.found.iter().find(|found| found.field == Field::Country).unwrap();
    assert_eq!(
        (country.source.as_str(), country.received.as_str()),
        ("addresses[type eq \"work\"].country", "Uzbekistan")
    );
}

#[test]
fn okta_user_with_login_as_address() {
    let mapped = apply(&json!({
        "userName": "isaac.brock@example.com",
        "name": {"givenName": "Isaac", "middleName": "", "familyName": "Brock"},
        "emails": [{"primary": true, "value": "isaac.brock@example.com", "type": "work"}],
        "addresses": [{"primary": true, "country": "US", "locality": "Portland", "region": "Oregon"}],
        "groups": [], "password": "x", "active": true
    }));
    assert_eq!(mapped.profile.country.map(profile::Country::code), Some("US"));
    assert_eq!(mapped.profile.current_state.as_deref(), Some("Oregon"));
    assert_eq!(mapped.role, None);
}

#[test]
fn email_is_primary_then_work_then_first_then_user_name() {
    let email = |user: Value| apply(&user).profile.email;
    let list = json!([{"value": "a@x.test"}, {"value": "b@x.test", "type": "work"}, {"value": "c@x.test", "primary": "true"}]);
    assert_eq!(email(json!({"emails": list, "userName": "u@x.test"})).as_deref(), Some("c@x.test"));
    let list = json!([{"value": "a@x.test"}, {"value": "b@x.test", "type": "work"}]);
    assert_eq!(email(json!({"emails": list})).as_deref(), Some("b@x.test"));
    let list = json!([{"value": "a@x.test"}, {"value": "b@x.test", "type": "home"}]);
    assert_eq!(email(json!({"emails": list})).as_deref(), Some("a@x.test"));
    assert_eq!(email(json!({"emails": [], "userName": "U@x.test"})).as_deref(), Some("u@x.test"));
    let mapped = apply(&json!({"userName": "jweber"}));
    assert_eq!(
        sentences(&mapped),
        [
            "userName: “jweber” is not an email address: the @ is missing. Expected something like name@example.com."
        ]
    );
    let mapped = apply(&json!({"emails": [{"value": "a@x.test"}], "userName": "jweber"}));
    assert_eq!(sentences(&mapped), [""; 0]);
}

#[test]
fn address_falls_back_to_primary_and_to_what_all_agree_on() {
    let country = |addresses: Value| {
        let mapped = apply(&json!({ "addresses": addresses }));
        (mapped.profile.country.map(profile::Country::code), sentences(&mapped))
    };
    assert_eq!(
        country(json!([{"type": "home", "country": "FR"}, {"type": "work", "country": "DE"}])).0,
        Some("DE")
    );
    assert_eq!(
        country(json!([{"type": "home", "country": "FR"}, {"primary": true, "country": "DE"}])).0,
        Some("DE")
    );
    assert_eq!(country(json!([{"type": "home", "country": "Frankreich"}])).0, Some("FR"));
    assert_eq!(country(json!([{"country": "DE"}, {"country": "de"}, {"locality": "X"}])).0, Some("DE"));
    assert_eq!(
        country(json!([{"country": "DE"}, {"country": "FR"}])),
        (None, vec!["addresses.country: “DE, FR”: several different values. Expected one.".into()])
    );
    // The work address has no country: the primary one is asked.
    assert_eq!(
        country(json!([{"type": "work", "locality": "Bonn"}, {"primary": true, "country": "DE"}])).0,
        Some("DE")
    );
    assert_eq!(
        country(json!([{"type": "work", "country": "D-A-CH", "primary": true}])),
        (
            None,
            [
                "addresses[type eq \"work\"].country",
                "addresses[primary eq true].country",
                "addresses.country"
            ]
            .map(|path| format!(
                "{path}: “D-A-CH” is not one country. Expected a name or code, such as Germany or DE."
            ))
            .to_vec()
        )
    );
}

#[test]
fn roles_in_every_shape() {
    let role = |roles: Value| apply(&json!({ "roles": roles })).role;
    assert_eq!(role(json!(["admin"])), Some(Role::Admin));
    assert_eq!(role(json!("User")), Some(Role::Member));
    assert_eq!(role(json!([{"value": "member", "primary": true}, {"value": "admin"}])), Some(Role::Member));
    assert_eq!(role(json!([{"value": "Designer"}, {"value": "x", "display": "Admin"}])), Some(Role::Admin));
    assert_eq!(role(json!([{"value": "admin"}, {"value": "member"}])), None);
    assert_eq!(role(json!(["{\"value\":\"{\\\"value\\\":\\\"admin\\\"}\"}"])), None);
    assert_eq!(role(json!([{"value": {"value": "admin"}}, null, 5, [], "{", "{\"value\": null}"])), None);
    let mapped = apply(&json!({"roles": [{"value": "25", "displayName": "Role1"}]}));
    assert_eq!(sentences(&mapped), ["roles: “Role1” is not a role. Expected admin or member."]);
    let own = json!({"urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User": {"role": "admin"}});
    assert_eq!(apply(&own).role, Some(Role::Admin));
}

#[test]
fn administrator_maps_again_and_settles_a_value() {
    let user = json!({"locale": "de_CH", "userName": "h@x.test", "nickName": "Hanni", "name": {"givenName": "Hannah"},
        "addresses": [{"type": "work", "country": "D-A-CH"}],
        "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User": {"plan": "core"}});
    let mut mapping = Mapping::with_extra(["plan"]);
    mapping.prefer(&Field::FirstName, Path::parse("nickName").unwrap());
    mapping.readings.push(Reading {
        field: Field::Country,
        received: "d-a-ch".into(),
        value: Some("AT".into()),
    });
    let mapped = mapping.apply(&user, 2026);
    assert_eq!(mapped.profile.first_name.as_deref(), Some("Hanni"));
    assert_eq!(mapped.profile.country.map(profile::Country::code), Some("AT"));
    assert_eq!(mapped.profile.extra["plan"], "core");
    assert_eq!(sentences(&mapped), [""; 0]);
    mapping.prefer(&Field::Country, Path::parse("locale").unwrap());
    assert_eq!(mapping.apply(&user, 2026).profile.country.map(profile::Country::code), Some("CH"));
    mapping.readings[0].value = None;
    mapping.rules.iter_mut().for_each(|rule| rule.paths.retain(|path| path.as_str() != "locale"));
    let mapped = mapping.apply(&user, 2026);
    assert_eq!((mapped.profile.country, sentences(&mapped)), (None, Vec::new()));
    assert_eq!(Mapping::from_json(&mapping.to_json()), Ok(mapping));
}

#[test]
fn stored_mapping_that_cannot_be_read_is_told() {
    let read = |value: Value| Mapping::from_json(&value).unwrap_err().to_string();
    assert_eq!(read(json!([])), "The mapping cannot be read. Expected an object with rules and readings.");
    assert!(read(json!({"rules": {"country": ["a b"]}})).starts_with("“a b” is not a path"));
    assert!(read(json!({"rules": {"country": "x"}})).contains("list of paths"));
    assert!(read(json!({"readings": [{}]})).contains("received"));
    assert_eq!(Mapping::from_json(&json!({})), Ok(Mapping::default()));
}

#[test]
fn hostile_resources_end_without_panic() {
    let mut deep = json!({"value": "x"});
    for _ in 0..100 {
        deep = json!({"name": deep, "emails": [deep], "addresses": {"type": "work", "country": ["DE", {"value": "DE"}]}});
        if deep.to_string().len() > 100_000 {
            break;
        }
    }
    for user in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"name": "Ada", "emails": "a@x.test", "addresses": "DE"}),
        deep,
    ] {
        let mapped = apply(&user);
        assert!(mapped.profile.first_name.is_none());
    }
    let mapped = apply(
        &json!({"name": {"givenName": "a\u{0}b", "familyName": "x".repeat(1_000_000)}, "userName": "\u{202e}@x.test"}),
    );
    assert_eq!(mapped.unread.len(), 3);
    assert!(sentences(&mapped).iter().all(|sentence| sentence.len() < 400));
}
