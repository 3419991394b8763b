//! A fact of the stream as a SCIM event (pure). Members are the resources: `/Users/{member}`.

use serde_json::{Map, Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const OURS: &str = "urn:ietf:params:scim:schemas:extension:frontdesk:2.0:User";
const CREATE: &str = "urn:ietf:params:scim:event:prov:create:full";
const PUT: &str = "urn:ietf:params:scim:event:prov:put:full";
const ACTIVATE: &str = "urn:ietf:params:scim:event:prov:activate";
const DEACTIVATE: &str = "urn:ietf:params:scim:event:prov:deactivate";
const DELETE: &str = "urn:ietf:params:scim:event:prov:delete";
const REMOVE: &str = "urn:ietf:params:scim:event:feed:remove";

/// The events that a feed can ask for (RFC 9967 section 2).
pub const SUPPORTED: [&str; 6] = [CREATE, PUT, ACTIVATE, DEACTIVATE, DELETE, REMOVE];

/// Whom a fact is about, and the event that it is; none for facts that are no SCIM event, and for those whose person was
/// erased meanwhile.
pub fn event_of(kind: &str, data: &Value) -> Option<(Value, &'static str, Value)> {
    let uri = match kind {
        "member.created" => CREATE,
        "member.updated" | "member.completed" => PUT,
        "member.activated" | "member.resumed" | "member.restored" => ACTIVATE,
        "member.suspended" | "member.disconnected" | "member.erasing" => DEACTIVATE,
        "member.erased" => DELETE,
        "member.claimed" => REMOVE,
        _ => return None,
    };
    let id = data["member_id"].as_str().or_else(|| data["member"]["id"].as_str())?;
    let mut subject = json!({"format": "scim", "uri": format!("/Users/{id}"), "id": id});
    // The application knows the person by the `sub` of the ID token.
    if let Some(account) = data["member"]["account_id"].as_str().or_else(|| data["account_id"].as_str()) {
        subject["externalId"] = json!(account);
    }
    let payload = match uri {
        CREATE | PUT => json!({"data": resource(data.get("member").filter(|it| it.is_object())?)}),
        _ => json!({}),
    };
    Some((subject, uri, payload))
}

/// A member as a SCIM user.
fn resource(member: &Value) -> Value {
    let profile = &member["profile"];
    let text = |name: &str| profile[name].as_str().filter(|text| !text.is_empty());
    let of = |pairs: &[(&str, Option<&str>)]| -> Map<String, Value> {
        pairs.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!((*value)?)))).collect()
    };
    let away = ["suspended", "disconnected", "erasing"];
    let active = !member["status"].as_str().is_some_and(|status| away.contains(&status));
    let mut it = json!({
        "schemas": [USER, OURS],
        "id": member["id"],
        "active": active,
        "name": of(&[("givenName", text("firstName")), ("familyName", text("lastName"))]),
        "roles": [{"value": member["role"], "primary": true}],
        OURS: {"organizationId": member["organization_id"], "status": member["status"]},
    });
    if let Some(email) = text("email") {
        it["userName"] = json!(email);
        it["emails"] = json!([{"value": email, "type": "work", "primary": true}]);
    }
    let place = of(&[
        ("country", text("country")),
        ("locality", text("currentCity")),
        ("region", text("currentState")),
    ]);
    if !place.is_empty() {
        let mut place = place;
        place.insert("type".to_owned(), json!("work"));
        it["addresses"] = json!([place]);
    }
    if !profile["birthYear"].is_null() {
        it[OURS]["birthYear"] = profile["birthYear"].clone();
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_about_members_are_events_and_others_are_not() {
        let member = json!({"id": "mem_1", "account_id": "acc_1", "status": "active", "role": "member",
            "profile": {"firstName": "Ada", "email": "ada@acme.test", "country": "GB", "birthYear": 1975}});
        let (subject, uri, payload) = event_of("member.created", &json!({"member": member})).unwrap();
        assert_eq!((subject["uri"].as_str(), uri), (Some("/Users/mem_1"), CREATE));
        assert_eq!(subject["externalId"], "acc_1");
        assert_eq!(payload["data"]["addresses"][0]["country"], "GB");
        assert_eq!(payload["data"][OURS]["birthYear"], 1975);
        scim::resource::user(payload["data"].clone()).expect("a user that SCIM takes");
        let (_, uri, payload) = event_of("member.erased", &json!({"member_id": "mem_1"})).unwrap();
        assert_eq!((uri, payload), (DELETE, json!({})));
        assert!(event_of("directory.created", &json!({})).is_none());
        assert!(event_of("member.updated", &json!({"erased": true})).is_none(), "an erased person");
    }
}
