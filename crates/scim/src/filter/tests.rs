use serde_json::{Map, Value, json};

use super::*;
use crate::limits::{MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};
use crate::schema::{ENTERPRISE_URN, FRONTDESK_URN, GROUP, USER};
use crate::{Key, ScimType};

fn parse(text: &str) -> Filter {
    Filter::parse(text, &USER).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    match Filter::parse(text, &USER) {
        Ok(filter) => panic!("{text} was read as {filter}"),
        Err(error) => {
            assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{text}");
            error.detail
        }
    }
}

fn ada() -> Map<String, Value> {
    let value = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "U1",
        "externalId": "Ext",
        "userName": "Ada@Example.com",
        "active": true,
        "title": "",
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [
            { "value": "ada@work.example", "type": "work", "primary": true },
            { "value": "ada@home.example", "type": "home" },
        ],
        "roles": ["plain"],
        "shoeSize": 38,
        "badge": [{ "colour": "red" }],
        ENTERPRISE_URN: { "employeeNumber": "701984", "manager": { "value": "M1" } },
        FRONTDESK_URN: { "birthYear": 1815 },
        "meta": { "resourceType": "User", "lastModified": "2026-05-13T04:42:34Z" },
    });
    value.as_object().unwrap().clone()
}

fn holds(text: &str) -> bool {
    parse(text).matches(&ada())
}

#[test]
fn operators_compare_as_the_rfc_says() {
    for text in [
        "userName eq \"ada@example.com\"",
        "USERNAME EQ \"ADA@EXAMPLE.COM\"",
        "userName ne \"bob\"",
        "userName co \"DA@\"",
        "userName sw \"ada\"",
        "userName ew \".COM\"",
        "userName gt \"aaa\"",
        "userName le \"ada@example.com\"",
        "externalId eq \"Ext\"",
        "active eq true",
        "active eq \"True\"",
        "active ne false",
        "name.givenName eq \"ada\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 701984",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"M1\"",
        "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:birthYear lt 1900",
        "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:birthYear gt -1",
        "meta.lastModified gt \"2026-05-13T04:42:33.5Z\"",
        "meta.lastModified eq \"2026-05-13T06:42:34+02:00\"",
        "meta.resourceType eq \"User\"",
        "title eq \"\"",
        "nickName ne \"x\"",
        "nickName eq null",
        "userName ne null",
        "shoeSize ge 38.0",
        "badge.colour eq \"RED\"",
        "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"",
        "roles eq \"plain\"",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "externalId eq \"ext\"",
        "id eq \"u1\"",
        "active eq false",
        "title pr",
        "nickName pr",
        "nickName eq \"x\"",
        "nickName gt \"x\"",
        "userName eq null",
        "nickName ne null",
        "shoeSize eq \"large\"",
        "userName eq \"ada@example.co\"",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn lists_match_when_one_value_does() {
    assert!(holds("emails eq \"ADA@home.example\""));
    assert!(holds("emails.type eq \"work\" and emails.value ew \"home.example\""));
    assert!(!holds("emails[type eq \"work\" and value ew \"home.example\"]"));
    assert!(holds("emails[type eq \"work\" and value ew \"work.example\"]"));
    assert!(holds("emails[type eq \"work\"].value eq \"ada@work.example\""));
    assert!(!holds("emails[type eq \"home\"].value eq \"ada@work.example\""));
    assert!(holds("emails[not (type eq \"work\")]"));
    assert!(holds("emails[primary eq \"True\"]"));
    assert!(holds("emails pr") && !holds("phoneNumbers pr") && !holds("phoneNumbers[value pr]"));
    assert!(holds("name[givenName eq \"ada\"]"));
    assert!(holds("roles[value eq \"plain\"]"));
}

#[test]
fn and_binds_more_than_or_and_not_needs_no_space() {
    assert!(holds("userName pr or nickName pr and title pr"));
    assert!(!holds("(userName pr or nickName pr) and title pr"));
    assert!(holds("not(title pr)") && holds("NOT (title pr) AND Not(nickName pr)"));
    assert!(holds("  ( ( userName pr ) )  "));
}

#[test]
fn text_keeps_its_escapes() {
    let Filter::Compare(_, _, Literal::Text(text)) = parse(r#"title eq "a\"b\\c\u00e9 (x) and y""#) else {
        panic!()
    };
    assert_eq!(text, "a\"b\\cé (x) and y");
}

#[test]
fn unicode_is_compared_without_case() {
    let user = json!({ "userName": "ÉLODIE" });
    assert!(parse("userName eq \"élodie\"").matches(user.as_object().unwrap()));
}

#[test]
fn nonsense_is_refused_with_its_place() {
    assert!(refused("userName xx \"a\"").contains("at character 10"));
    assert!(refused("userName eq").contains("at character 12"));
    for text in [
        "",
        " ",
        "userName",
        "userName eq \"a",
        "userName eq a",
        "userName eq \"a\" and",
        "userName eq \"a\" or or title pr",
        "userName eq \"a\" title pr",
        "(userName pr",
        "userName pr)",
        "not userName pr",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[type eq \"work\"]]",
        "emails[roles[value pr]]",
        "emails.type[value pr]",
        "userName[value pr]",
        "emails[a.b pr]",
        "title eq \"\\x\"",
        "name..x pr",
        "1st pr",
        "é pr",
    ] {
        refused(text);
    }
}

#[test]
fn comparisons_that_make_no_sense_are_refused() {
    for text in [
        "active gt true",
        "active co \"t\"",
        "active eq \"yes\"",
        "x509Certificates.value gt \"a\"",
        "name eq \"x\"",
        "meta.created gt \"yesterday\"",
        "meta.created eq 0",
        "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:birthYear co 1",
        "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User:birthYear eq \"x\"",
        "userName gt null",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq \"x\"",
        "addresses eq \"x\"",
    ] {
        refused(text);
    }
}

#[test]
fn limits_hold() {
    let deep = |depth: usize| format!("{}id pr{}", "(".repeat(depth), ")".repeat(depth));
    parse(&deep(MAX_FILTER_DEPTH));
    assert!(refused(&deep(MAX_FILTER_DEPTH + 1)).contains("nests"));
    let wide = |terms: usize| vec!["id pr"; terms].join(" or ");
    parse(&wide(MAX_FILTER_TERMS));
    refused(&wide(MAX_FILTER_TERMS + 1));
    refused(&format!("id eq \"{}\"", "x".repeat(MAX_FILTER_BYTES)));
}

#[test]
fn index_answers_what_it_can() {
    let find = |text: &str| {
        let filter = parse(text);
        filter.as_lookup().map(|found| (found.key, found.value.to_owned(), found.exact))
    };
    assert_eq!(find("userName eq \"a\""), Some((Key::UserName, "a".into(), true)));
    assert_eq!(find("id eq \"a\" and title pr"), Some((Key::Id, "a".into(), false)));
    assert_eq!(find("title pr and externalId eq \"a\""), Some((Key::ExternalId, "a".into(), false)));
    assert_eq!(find("emails eq \"a\""), Some((Key::Email, "a".into(), true)));
    assert_eq!(find("emails[value eq \"a\"]"), Some((Key::Email, "a".into(), true)));
    assert_eq!(find("emails[type eq \"work\"].value eq \"a\""), Some((Key::Email, "a".into(), false)));
    assert_eq!(find("displayName eq \"a\""), Some((Key::DisplayName, "a".into(), true)));
    for text in [
        "userName ne \"a\"",
        "userName eq \"a\" or title pr",
        "not (userName eq \"a\")",
        "emails.type eq \"a\"",
    ] {
        assert_eq!(find(text), None, "{text}");
    }
    let members = Filter::parse("members[value eq \"u1\"]", &GROUP).unwrap();
    assert_eq!(members.as_lookup().map(|found| (found.key, found.exact)), Some((Key::Member, true)));
    assert!(members.mentions("members") && !members.mentions("displayName"));
}

#[test]
fn printed_filter_reads_back_as_itself() {
    for text in [
        "userName eq \"a\\\"b\"",
        "a pr and (b pr or c pr) and not (d pr)",
        "(a pr and b pr) and c pr",
        "emails[type eq \"work\" or (value pr and primary eq true)]",
        "emails[type eq \"work\"].value eq \"x\"",
        "meta.created lt \"2026-01-01T00:00:00Z\"",
        "urn:example:x:2.0:User:y.z eq 1.5",
        "title eq null",
        "x eq 64444444444444444444444444444444444444444400",
    ] {
        let filter = parse(text);
        assert_eq!(parse(&filter.to_string()), filter, "{text} → {filter}");
    }
}
