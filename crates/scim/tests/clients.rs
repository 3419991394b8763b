//! Replays what each client really sends, one file for one shape, and checks the effect.

use std::fs;
use std::path::{Path, PathBuf};

use scim::patch;
use scim::schema::{GROUP, USER};
use scim::{
    Filter, ListQuery, MemberRef, MembershipChange, PatchRequest, Projection, ScimError, limits, resource,
};
use serde_json::{Map, Value, json};

#[test]
fn every_recorded_shape_has_the_effect_it_asks_for() {
    let files = samples();
    assert!(files.len() > 60, "only {} samples were found", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let sample: Value = serde_json::from_str(&text).unwrap();
        let name = file.strip_prefix(folder()).unwrap().display().to_string();
        match (replay(&sample, &name), sample.get("error")) {
            (Ok(()), None) => {}
            (Ok(()), Some(expected)) => panic!("{name}: went through, {expected} was expected"),
            (Err(error), Some(expected)) => {
                let keyword = error.scim_type.map(scim::ScimType::as_str);
                assert_eq!(json!([error.status, keyword]), *expected, "{name}: {error}");
            }
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn samples() -> Vec<PathBuf> {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect();
    files.sort();
    files
}

fn replay(sample: &Value, name: &str) -> Result<(), ScimError> {
    match sample["call"].as_str().unwrap() {
        "POST user" => {
            let user = resource::user(sample["body"].clone())?;
            assert_attributes(user.clone(), sample, name);
            assert_eq!(resource::user(Value::Object(user.clone()))?, user, "{name}: not stable");
        }
        "POST group" => {
            let group = resource::group(sample["body"].clone())?;
            assert_attributes(group.attributes, sample, name);
            let members = group.members.as_deref().map(ids);
            assert_eq!(json!(members), sample["members"], "{name}");
        }
        "PATCH user" => {
            let before = resource::user(sample["before"].clone()).unwrap();
            let request = PatchRequest::parse(sample["body"].clone(), limits::MAX_USER_OPERATIONS)?;
            let patched = patch::user(&before, request.clone())?;
            assert_eq!(
                patched.changes.is_empty(),
                sample["unchanged"] == true,
                "{name}: {:?}",
                patched.changes
            );
            assert_attributes(patched.attributes.clone(), sample, name);
            let again = patch::user(&patched.attributes, request)?;
            assert!(again.changes.is_empty(), "{name}: the same PATCH changes it again: {:?}", again.changes);
        }
        "PATCH group" => {
            let before = resource::group(sample["before"].clone()).unwrap().attributes;
            let request = PatchRequest::parse(sample["body"].clone(), limits::MAX_GROUP_OPERATIONS)?;
            let patched = patch::group(&before, request)?;
            assert_attributes(patched.attributes, sample, name);
            let members: Vec<Value> = patched.members.iter().map(membership).collect();
            assert_eq!(json!(members), sample["members"], "{name}");
            assert_displays(&patched.members, sample, name);
        }
        "GET Users" => list(sample, &USER, name)?,
        "GET Groups" => list(sample, &GROUP, name)?,
        other => panic!("{name}: {other} is not a call"),
    }
    Ok(())
}

fn assert_attributes(mut after: Map<String, Value>, sample: &Value, name: &str) {
    let schemas = after.remove("schemas").expect("schemas are always there");
    assert!(schemas[0].as_str().unwrap().starts_with("urn:ietf:params:scim:schemas:core:2.0:"), "{name}");
    assert_eq!(Value::Object(after), sample["after"], "{name}");
}

fn membership(change: &MembershipChange) -> Value {
    match change {
        MembershipChange::Add(members) => json!({ "add": ids(members) }),
        MembershipChange::Remove(ids) => json!({ "remove": ids }),
        MembershipChange::RemoveWhere(filter) => json!({ "remove_where": filter.to_string() }),
        MembershipChange::ReplaceAll(members) => json!({ "replace": ids(members) }),
        MembershipChange::RemoveAll => json!("remove_all"),
    }
}

fn assert_displays(changes: &[MembershipChange], sample: &Value, name: &str) {
    let Some(displays) = sample["displays"].as_object() else { return };
    let Some(MembershipChange::Add(members)) = changes.first() else { panic!("{name}: nobody was added") };
    for member in members {
        assert_eq!(displays[&member.value], json!(member.display), "{name}");
    }
}

fn ids(members: &[MemberRef]) -> Vec<&str> {
    members.iter().map(|member| member.value.as_str()).collect()
}

fn list(sample: &Value, kind: &'static scim::schema::ResourceType, name: &str) -> Result<(), ScimError> {
    let query = ListQuery::from_query(sample["query"].as_str().unwrap())?;
    let filter = query.filter.as_deref().map(|filter| Filter::parse(filter, kind)).transpose()?;
    let lookup = filter.as_ref().and_then(Filter::as_lookup);
    let lookup = lookup.map(
        |found| json!({ "key": format!("{:?}", found.key), "value": found.value, "exact": found.exact }),
    );
    assert_eq!(json!(lookup), sample["lookup"], "{name}");
    let matches: Vec<usize> = sample["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource.as_object().unwrap())
        .enumerate()
        .filter(|(_, resource)| filter.as_ref().is_none_or(|filter| filter.matches(resource)))
        .map(|(index, _)| index)
        .collect();
    assert_eq!(json!(matches), sample["matches"], "{name}");
    if let Some(wants) = sample["wants_members"].as_bool() {
        let projection = Projection::new(&query.attributes, &query.excluded_attributes, kind);
        assert_eq!(projection.wants("members"), wants, "{name}");
    }
    Ok(())
}
