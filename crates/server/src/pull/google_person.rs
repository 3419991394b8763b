//! People and groups of Google's Directory API in the words of SCIM (pure). What has no place there is kept under a URN of
//! its own, so that a mapping can name it.

use serde_json::{Map, Value, json};

use super::Listed;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Where the rest of a Google user is kept.
pub const REST: &str = "urn:ietf:params:scim:schemas:extension:google:2.0:User";

/// What of a user is asked for: nothing that nobody uses.
pub const USER_FIELDS: &str = "id,etag,primaryEmail,name,suspended,archived,emails,addresses,phones,organizations,\
     externalIds,relations,languages,orgUnitPath,customSchemas";

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// A map of what is there.
fn filled<const N: usize>(pairs: [(&str, Option<&str>); N]) -> Map<String, Value> {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}

/// A user, from what `users.list` or `users.get` says of one; none where it has no id.
pub fn user(it: &Value) -> Option<Listed> {
    let id = text(it, "id")?;
    let mark = text(it, "etag").unwrap_or_default().to_owned();
    let Some(address) = text(it, "primaryEmail") else {
        return Some(Listed { id: id.to_owned(), mark, resource: None });
    };
    let away = it["suspended"] == true || it["archived"] == true;
    let name = &it["name"];
    let full = text(name, "fullName");
    let names = filled([
        ("givenName", text(name, "givenName")),
        ("familyName", text(name, "familyName")),
        ("formatted", full),
    ]);
    let mut resource = json!({
        "schemas": [USER],
        "userName": address,
        "externalId": id,
        "active": !away,
        "name": names,
        "emails": emails(it, address),
        "addresses": addresses(it),
        "phoneNumbers": items(it, "phones").filter_map(phone).collect::<Vec<_>>(),
    });
    if let Some(full) = full {
        resource["displayName"] = json!(full);
    }
    if let Some(language) = items(it, "languages").find_map(|it| text(it, "languageCode")) {
        resource["preferredLanguage"] = json!(language);
    }
    work(it, &mut resource);
    rest(it, &mut resource);
    Some(Listed { id: id.to_owned(), mark, resource: Some(resource) })
}

/// The address they sign in with first; of the others only what Google does not derive from it.
fn emails(it: &Value, primary: &str) -> Vec<Value> {
    let mut all = vec![json!({"value": primary, "type": "work", "primary": true})];
    for other in items(it, "emails") {
        let Some(address) = text(other, "address").filter(|a| !a.eq_ignore_ascii_case(primary)) else {
            continue;
        };
        let kind = text(other, "type").filter(|kind| matches!(*kind, "home" | "work")).unwrap_or("other");
        all.push(json!({"value": address, "type": kind}));
    }
    all
}

fn addresses(it: &Value) -> Vec<Value> {
    let one = |it: &Value| {
        let mut place = filled([
            ("type", text(it, "type")),
            ("formatted", text(it, "formatted")),
            ("streetAddress", text(it, "streetAddress")),
            ("locality", text(it, "locality")),
            ("region", text(it, "region")),
            ("postalCode", text(it, "postalCode")),
            ("country", text(it, "countryCode").or_else(|| text(it, "country"))),
        ]);
        if it["primary"] == true {
            place.insert("primary".to_owned(), json!(true));
        }
        Value::Object(place)
    };
    items(it, "addresses").map(one).collect()
}

fn phone(it: &Value) -> Option<Value> {
    Some(json!({"value": text(it, "value")?, "type": text(it, "type").unwrap_or("other")}))
}

/// Title, department, number and manager.
fn work(it: &Value, resource: &mut Value) {
    let main = items(it, "organizations").find(|one| one["primary"] == true);
    let main = main.or_else(|| items(it, "organizations").next()).unwrap_or(&Value::Null);
    if let Some(title) = text(main, "title") {
        resource["title"] = json!(title);
    }
    let is = |kind: &'static str| move |one: &&Value| text(one, "type") == Some(kind);
    let number = items(it, "externalIds").find(is("organization")).and_then(|one| text(one, "value"));
    let manager = items(it, "relations").find(is("manager")).and_then(|one| text(one, "value"));
    let mut all = filled([
        ("department", text(main, "department")),
        ("organization", text(main, "name")),
        ("costCenter", text(main, "costCenter")),
        ("employeeNumber", number),
    ]);
    if let Some(manager) = manager {
        all.insert("manager".to_owned(), json!({"value": manager}));
    }
    if !all.is_empty() {
        resource[ENTERPRISE] = Value::Object(all);
    }
}

/// The organizational unit, and the fields that the company made itself, each under its own name.
fn rest(it: &Value, resource: &mut Value) {
    let mut all = filled([("orgUnitPath", text(it, "orgUnitPath"))]);
    for (_, fields) in it["customSchemas"].as_object().into_iter().flatten() {
        for (name, value) in fields.as_object().into_iter().flatten() {
            if value.is_string() || value.is_number() || value.is_boolean() {
                all.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if !all.is_empty() {
        resource[REST] = Value::Object(all);
    }
}

/// A group; none where it has no id.
pub fn group(it: &Value) -> Option<Listed> {
    let id = text(it, "id")?;
    let name = text(it, "name").or_else(|| text(it, "email"))?;
    let resource = json!({"schemas": [GROUP], "displayName": name, "externalId": id});
    let mark = format!("{name}\n{}", text(it, "email").unwrap_or_default());
    Some(Listed { id: id.to_owned(), mark, resource: Some(resource) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_keeps_what_google_says_of_somebody() {
        let it = user(&json!({
            "id": "1001", "etag": "\"e1\"", "primaryEmail": "ada@acme.test", "suspended": false,
            "name": {"givenName": "Ada", "familyName": "Lovelace", "fullName": "Ada Lovelace"},
            "emails": [{"address": "ADA@acme.test", "primary": true}, {"address": "ada@home.example", "type": "home"}],
            "addresses": [{"type": "work", "locality": "London", "countryCode": "GB", "country": "United Kingdom", "primary": true}],
            "organizations": [{"title": "Engineer", "department": "Engines", "primary": true}],
            "externalIds": [{"type": "organization", "value": "7"}],
            "relations": [{"type": "manager", "value": "cb@acme.test"}],
            "languages": [{"languageCode": "en-GB"}],
            "orgUnitPath": "/Engines", "customSchemas": {"HR": {"birthYear": 1975}},
        }))
        .unwrap();
        assert_eq!((it.id.as_str(), it.mark.as_str()), ("1001", "\"e1\""));
        let resource = it.resource.unwrap();
        assert_eq!(resource["emails"].as_array().unwrap().len(), 2);
        assert_eq!(resource["addresses"][0]["country"], "GB");
        assert_eq!(resource[ENTERPRISE]["manager"]["value"], "cb@acme.test");
        assert_eq!(resource[REST]["birthYear"], 1975);
        let read = scim::resource::user(resource).unwrap();
        let mapped = profile::mapping::Mapping::default().apply(&Value::Object(read), 2026);
        let profile = mapped.profile;
        assert_eq!(profile.first_name.as_deref(), Some("Ada"));
        assert_eq!(profile.country.map(|c| c.code().to_owned()).as_deref(), Some("GB"));
        assert_eq!((profile.birth_year, mapped.unread.len()), (Some(1975), 0));
    }

    #[test]
    fn suspended_and_archived_people_are_inactive() {
        for (field, active) in [("suspended", false), ("archived", false), ("isAdmin", true)] {
            let it = user(&json!({"id": "1", "primaryEmail": "a@acme.test", field: true})).unwrap();
            assert_eq!(it.resource.unwrap()["active"], active, "{field}");
        }
        assert_eq!(user(&json!({"primaryEmail": "a@acme.test"})), None);
    }
}
