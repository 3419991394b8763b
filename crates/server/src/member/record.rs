//! A member as a profile, as JSON and as the data of events.

use model::{ErasureId, Member, NewEvent};
use profile::{Country, Field, Profile, RequiredFields};
use serde_json::{Map, Value, json};
use store::Tx;

use crate::app::App;

/// What is known of a member.
pub fn profile_of(member: &Member) -> Profile {
    let extra = match serde_json::from_str::<Value>(&member.extra) {
        Ok(Value::Object(map)) => {
            map.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned()))).collect()
        }
        _ => std::collections::BTreeMap::new(),
    };
    Profile {
        first_name: member.first_name.clone(),
        last_name: member.last_name.clone(),
        email: member.email.clone(),
        country: member.country.as_deref().and_then(Country::from_code),
        current_city: member.current_city.clone(),
        current_state: member.current_state.clone(),
        birth_year: member.birth_year.and_then(|year| u16::try_from(year).ok()),
        extra,
    }
}

/// Writes a profile into a member. The caller writes the member.
pub(super) fn set_profile(member: &mut Member, profile: Profile) {
    member.first_name = profile.first_name;
    member.last_name = profile.last_name;
    member.email = profile.email;
    member.country = profile.country.map(|country| country.code().to_owned());
    member.current_city = profile.current_city;
    member.current_state = profile.current_state;
    member.birth_year = profile.birth_year.map(i64::from);
    let extra: Map<String, Value> = profile.extra.into_iter().map(|(k, v)| (k, Value::String(v))).collect();
    member.extra = Value::Object(extra).to_string();
}

/// The required fields that a member lacks, in the order in which people are asked for them.
pub fn missing(member: &Member) -> Vec<Field> {
    profile_of(member).missing(&RequiredFields::default())
}

/// What the source sent and nobody could read, as the API tells it: field, what was received, what was expected.
pub fn unread_of(member: &Member) -> Vec<Value> {
    match serde_json::from_str(&member.unread) {
        Ok(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// What could not be read, as it is kept.
pub(super) fn unread_json(problems: &[profile::Problem]) -> String {
    let items: Vec<Value> = problems
        .iter()
        .map(|p| {
            json!({
                "field": p.field.as_ref().map(Field::api_name),
                "received": p.received.chars().take(200).collect::<String>(),
                "problem": p.to_string(),
            })
        })
        .collect();
    Value::Array(items).to_string()
}

/// Forgets unreadable values of fields that have a value by now.
pub(super) fn forget_read(member: &mut Member, typed: &Profile) {
    let still = unread_of(member).into_iter().filter(|item| {
        let field = item["field"].as_str().and_then(Field::from_api_name);
        field.is_none_or(|field| !typed.has(&field))
    });
    member.unread = Value::Array(still.collect()).to_string();
}

/// A member as the API and events show it.
pub fn to_json(member: &Member) -> Value {
    let text = |time: Option<model::Time>| time.map(|t| t.to_string());
    json!({
        "id": member.id.to_string(),
        "organization_id": member.organization_id.to_string(),
        "account_id": member.account_id.map(|id| id.to_string()),
        "directory_user_id": member.directory_user_id.map(|id| id.to_string()),
        "status": member.status.as_str(),
        "source": member.source.as_str(),
        "role": member.role.as_str(),
        "profile": profile_of(member).to_json(),
        "missing": missing(member).iter().map(Field::api_name).collect::<Vec<_>>(),
        "unread": unread_of(member),
        "created_at": member.created_at.to_string(),
        "updated_at": member.updated_at.to_string(),
        "last_sign_in_at": text(member.last_sign_in_at),
        "left_at": text(member.left_at),
        "erase_at": text(member.erase_at),
    })
}

/// Adds a fact about a member to the stream. `more` is merged into the event's data.
pub(super) fn tell(app: &App, tx: &mut Tx, kind: &'static str, member: &Member, more: Value) {
    let mut data = ids(member);
    data["member"] = to_json(member);
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    app.append(
        tx,
        NewEvent {
            kind,
            organization_id: Some(member.organization_id),
            member_id: Some(member.id),
            data: data.to_string(),
        },
    );
}

/// Adds a fact that names nobody: ids alone, so that it may stay when the person's data goes.
pub(super) fn tell_ids(app: &App, tx: &mut Tx, kind: &'static str, member: &Member) {
    tell_data(app, tx, kind, member, &ids(member));
}

/// Adds the fact that somebody was erased: ids alone, and under which id applications confirm it.
pub(super) fn tell_erased(app: &App, tx: &mut Tx, member: &Member, erasure: ErasureId, account: bool) {
    let mut data = ids(member);
    data["erasure_id"] = erasure.to_string().into();
    data["account_erased"] = account.into();
    tell_data(app, tx, "member.erased", member, &data);
}

fn tell_data(app: &App, tx: &mut Tx, kind: &'static str, member: &Member, data: &Value) {
    app.append(
        tx,
        NewEvent {
            kind,
            organization_id: Some(member.organization_id),
            member_id: None,
            data: data.to_string(),
        },
    );
}

fn ids(member: &Member) -> Value {
    json!({
        "organization_id": member.organization_id.to_string(),
        "member_id": member.id.to_string(),
        "account_id": member.account_id.map(|id| id.to_string()),
    })
}

/// What to call a person in a mail or on a page; the address where there is no name.
pub(super) fn name_of(member: &Member) -> String {
    let names = [member.first_name.as_deref(), member.last_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.is_empty() { member.email.clone().unwrap_or_default() } else { name }
}
