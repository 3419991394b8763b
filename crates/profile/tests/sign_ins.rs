//! What identity providers say at a sign-in, with their defaults and with ours.

use profile::mapping::{NameId, Names, Outcome, SignIn, Wanted, from_assertion, from_claims};
use profile::{Country, Field, Role};
use serde_json::{Value, json};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

fn assertion(attributes: &[(&str, &[&str])], name_id: Option<(&str, &str)>) -> SignIn {
    let attributes: Vec<(String, Vec<String>)> = attributes
        .iter()
        .map(|(name, values)| ((*name).to_owned(), values.iter().map(ToString::to_string).collect()))
        .collect();
    let name_id = name_id.map(|(value, format)| NameId { value, format: Some(format) });
    from_assertion(&attributes, name_id, &Names::saml(), 2026)
}

fn claims(claims: &Value) -> SignIn {
    from_claims(claims, &Names::oidc(), 2026)
}

fn outcome(sign_in: &SignIn, wanted: &Wanted) -> (Outcome, Option<String>) {
    let finding = sign_in.findings.iter().find(|finding| finding.wanted == *wanted).unwrap();
    (finding.outcome, finding.source.clone())
}

fn field(sign_in: &SignIn, field: Field) -> (Outcome, Option<String>) {
    outcome(sign_in, &Wanted::Field(field))
}

#[test]
fn names_that_we_ask_for_are_found_and_others_matched() {
    let sign_in = assertion(
        &[
            ("id", &["00u8f3"]),
            ("email", &["Priya.Raman@acme.example"]),
            ("firstName", &["Priya"]),
            ("surname", &["Raman"]),
            ("groups", &["a", "b", "a"]),
            ("favouriteColour", &["blue"]),
        ],
        Some(("priya@acme.example", EMAIL)),
    );
    assert_eq!(sign_in.subject.as_deref(), Some("00u8f3"));
    assert_eq!(sign_in.mapped.profile.email.as_deref(), Some("priya.raman@acme.example"));
    assert_eq!(sign_in.groups, ["a", "b"]);
    assert_eq!(field(&sign_in, Field::FirstName), (Outcome::Found, Some("firstName".into())));
    assert_eq!(field(&sign_in, Field::LastName), (Outcome::Matched, Some("surname".into())));
    assert_eq!(field(&sign_in, Field::Country), (Outcome::Missing, None));
    assert_eq!(outcome(&sign_in, &Wanted::Groups), (Outcome::Found, Some("groups".into())));
    assert_eq!(sign_in.unused, ["favouriteColour"]);
    let groups = sign_in.findings.iter().find(|finding| finding.wanted == Wanted::Groups).unwrap();
    assert_eq!(groups.received.as_deref(), Some("2 groups"));
}

#[test]
fn entra_default_claims() {
    let claim = |name: &str| format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}");
    let attributes = [
        ("http://schemas.microsoft.com/identity/claims/tenantid".to_owned(), vec!["t".to_owned()]),
        (
            "http://schemas.microsoft.com/identity/claims/objectidentifier".to_owned(),
            vec!["oid-1".to_owned()],
        ),
        (claim("name"), vec!["ada@acme.onmicrosoft.example".to_owned()]),
        (claim("givenname"), vec!["Ada".to_owned()]),
        (claim("surname"), vec!["Lovelace".to_owned()]),
        (claim("emailaddress"), vec!["ada@acme.example".to_owned()]),
        (claim("country"), vec!["Großbritannien".to_owned()]),
        ("http://schemas.microsoft.com/ws/2008/06/identity/claims/role".to_owned(), vec!["Owner".to_owned()]),
    ];
    let sign_in = from_assertion(&attributes, None, &Names::saml(), 2026);
    assert_eq!(sign_in.subject.as_deref(), Some("oid-1"));
    assert_eq!(sign_in.mapped.profile.country, Country::from_code("GB"));
    assert_eq!(sign_in.mapped.role, Some(Role::Admin));
    assert_eq!(field(&sign_in, Field::Email).0, Outcome::Matched);
}

#[test]
fn ldap_object_identifiers() {
    let sign_in = assertion(
        &[
            ("urn:oid:2.5.4.42", &["Robert", "Bob"]),
            ("urn:oid:2.5.4.4", &["Stone"]),
            ("urn:oid:0.9.2342.19200300.100.1.3", &["not an address", "bob@uni.example"]),
            ("urn:oid:1.3.6.1.4.1.25178.1.2.3", &["19840501"]),
            ("urn:oid:2.5.4.6", &["FI"]),
        ],
        Some(("_7c3f", TRANSIENT)),
    );
    assert_eq!(sign_in.subject, None);
    let profile = &sign_in.mapped.profile;
    assert_eq!(
        profile.to_json(),
        json!({"firstName": "Robert", "lastName": "Stone", "email": "bob@uni.example", "birthYear": 1984, "country": "FI"})
    );
    assert_eq!(sign_in.mapped.unread.len(), 1);
}

#[test]
fn subject_prefers_what_lasts() {
    let subject = |attributes: &[(&str, &[&str])], name_id| assertion(attributes, name_id).subject;
    assert_eq!(subject(&[("sub", &["s"])], Some(("p", PERSISTENT))).as_deref(), Some("p"));
    assert_eq!(subject(&[("sub", &["s"])], Some(("a@x.test", EMAIL))).as_deref(), Some("s"));
    assert_eq!(subject(&[], Some(("a@x.test", EMAIL))).as_deref(), Some("a@x.test"));
    assert_eq!(subject(&[("id", &["i"])], Some(("p", PERSISTENT))).as_deref(), Some("i"));
    assert_eq!(subject(&[("id", &[""])], Some(("p", TRANSIENT))), None);
}

#[test]
fn name_id_that_is_an_address_is_the_email() {
    let sign_in = assertion(&[], Some(("Ada@acme.example", EMAIL)));
    assert_eq!(sign_in.mapped.profile.email.as_deref(), Some("ada@acme.example"));
    assert_eq!(field(&sign_in, Field::Email), (Outcome::Matched, Some("NameID".into())));
    let sign_in = assertion(&[("email", &["nonsense"])], Some(("ada", EMAIL)));
    assert_eq!(field(&sign_in, Field::Email), (Outcome::Unreadable, Some("email".into())));
}

#[test]
fn full_name_is_split_only_where_nothing_else_came() {
    let sign_in = claims(&json!({"sub": "1", "name": "Vincent van der Berg", "email": "v@x.test"}));
    let profile = &sign_in.mapped.profile;
    assert_eq!(
        (profile.first_name.as_deref(), profile.last_name.as_deref()),
        (Some("Vincent"), Some("van der Berg"))
    );
    assert_eq!(field(&sign_in, Field::LastName), (Outcome::Split, Some("name".into())));
    assert_eq!(sign_in.unused, [""; 0]);
    let sign_in = claims(&json!({"sub": "1", "name": "Ada Lovelace", "given_name": "Countess"}));
    assert_eq!(sign_in.mapped.profile.last_name, None);
    let sign_in = claims(&json!({"sub": "1", "name": "ada@acme.example"}));
    assert_eq!(sign_in.mapped.profile.last_name, None);
    let sign_in = claims(&json!({"sub": "1", "name": "Cher"}));
    assert_eq!(sign_in.mapped.unread.len(), 1);
}

#[test]
fn standard_claims_of_openid_connect() {
    let sign_in = claims(&json!({
        "sub": "248289761001", "given_name": "Jane", "family_name": "Doe", "email": "janedoe@example.com",
        "email_verified": true, "birthdate": "0000-10-31", "locale": "en-US",
        "address": {"locality": "Berlin", "region": "BE", "country": "Deutschland", "formatted": "…"},
        "groups": ["x", {"value": "y"}], "roles": ["member"], "aud": ["a"], "exp": 1
    }));
    assert_eq!(sign_in.subject.as_deref(), Some("248289761001"));
    assert_eq!(
        sign_in.mapped.profile.to_json(),
        json!({"firstName": "Jane", "lastName": "Doe", "email": "janedoe@example.com", "country": "DE",
               "currentCity": "Berlin", "currentState": "BE"})
    );
    assert_eq!(sign_in.mapped.role, Some(Role::Member));
    assert_eq!(sign_in.groups, ["x", "y"]);
    assert_eq!(field(&sign_in, Field::Country), (Outcome::Found, Some("address.country".into())));
    let year = claims(&json!({"birthdate": "1984-10-31"})).mapped.profile.birth_year;
    assert_eq!(year, Some(1984));
    let upn = claims(&json!({"preferred_username": "ada@acme.example"}));
    assert_eq!(field(&upn, Field::Email), (Outcome::Matched, Some("preferred_username".into())));
}

#[test]
fn names_of_an_administrator_go_first() {
    let names = Names::saml()
        .prefer(Wanted::Field(Field::Country), "Standort")
        .prefer(Wanted::Field(Field::Extra("plan".into())), "Tarif");
    let attributes = [
        ("Standort".to_owned(), vec!["AT".to_owned()]),
        ("country".to_owned(), vec!["DE".to_owned()]),
        ("tarif".to_owned(), vec!["core".to_owned()]),
    ];
    let sign_in = from_assertion(&attributes, None, &names, 2026);
    assert_eq!(sign_in.mapped.profile.country, Country::from_code("AT"));
    assert_eq!(sign_in.mapped.profile.extra["plan"], "core");
    assert_eq!(sign_in.unused, ["country"]);
}

#[test]
fn unreadable_country_is_told_with_its_sentence() {
    let sign_in = assertion(&[("country", &["D-A-CH"])], None);
    assert_eq!(field(&sign_in, Field::Country), (Outcome::Unreadable, Some("country".into())));
    assert_eq!(
        sign_in.mapped.unread[0].problem.to_string(),
        "“D-A-CH” is not one country. Expected a name or code, such as Germany or DE."
    );
}

#[test]
fn hostile_claims_end_without_panic() {
    for value in [
        json!(null),
        json!([1]),
        json!("x"),
        json!({"sub": {"a": {"b": {"c": {"d": 1}}}}, "groups": {"a": 1}, "": ""}),
    ] {
        assert_eq!(claims(&value).subject, None);
    }
    let wide: Vec<(String, Vec<String>)> =
        (0..2000).map(|n| (format!("a{n}"), vec!["x".repeat(100); 10])).collect();
    assert_eq!(from_assertion(&wide, None, &Names::saml(), 2026).unused.len(), 2000);
}
