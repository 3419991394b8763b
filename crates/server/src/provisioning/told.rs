//! The record of a request in words: what it changed, and what came, with personal values masked unless asked for.
//!
//! Owns which values are shown to whom. Does not own the record itself.

use model::{Directory, DirectoryGroupId, DirectoryUserId, Organization};
use serde_json::Value;
use store::scim_request::ScimRequest;

use crate::app::App;
use crate::directory::{Effect, Line};
use crate::org::words::when;
use crate::problem::Problem;
use crate::trace::{Show, masked, provider};
use axum::http::StatusCode;
use web::Html;
use web::pages::scim::{ChangedValue, RequestTold};
use web::parts::Status;

/// Attributes that say nothing about a person: what a provider may do, and how texts are written.
const SHOWN: &[&str] = &[
    "active",
    "type",
    "primary",
    "roles",
    "entitlements",
    "userType",
    "locale",
    "preferredLanguage",
    "timezone",
    "members",
];
/// Members of a message that belong to the protocol.
const PROTOCOL: &[&str] =
    &["schemas", "op", "path", "method", "bulkId", "failOnErrors", "startIndex", "count", "version", "$ref"];
/// What stands in place of a value.
const HIDDEN: &str = "••••";

/// The code by which refused requests are counted.
pub fn cause(problem: &Problem) -> &'static str {
    match (problem.code, problem.scim_type) {
        ("scim_refused", Some(scim_type)) => scim_type,
        ("scim_refused", None) => match problem.status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::PRECONDITION_FAILED => "stale_version",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::METHOD_NOT_ALLOWED => "not_here",
            _ => "scim_refused",
        },
        (code, _) => code,
    }
}

/// "409 Conflict".
pub fn answer(status: u16) -> String {
    let words = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default();
    format!("{status} {words}").trim_end().to_owned()
}

/// The answer, with its colour.
pub fn status(it: &ScimRequest) -> Status {
    if it.status < 400 { Status::ok(answer(it.status)) } else { Status::bad(answer(it.status)) }
}

/// What happened, in a sentence: who it was about stands in it, addresses do only where they are asked for.
pub fn title(it: &ScimRequest, show: Show) -> String {
    show.text(&it.outcome)
}

/// Method and path.
pub fn request_line(it: &ScimRequest, show: Show) -> String {
    show.text(&format!("{} {}", it.method, it.path))
}

/// What changed, in one line: `active: yes → no, members: +3 −1`; empty where nothing did.
pub fn summary(it: &ScimRequest, show: Show) -> String {
    const NAMED: usize = 4;
    let effect = read(it);
    let all = rows(it, &effect, show);
    // Of what was made everything is new; its page tells it.
    if effect.members.is_none() && all.iter().all(|row| row.from.is_empty()) {
        return String::new();
    }
    let one = |row: &ChangedValue| match row.counts.as_str() {
        "" => format!("{}: {} → {}", row.path, or_nothing(&row.from), or_nothing(&row.to)),
        counts => format!("{}: {counts}", row.path),
    };
    let mut parts: Vec<String> = all.iter().take(NAMED).map(one).collect();
    let more = all.len().saturating_sub(NAMED) + effect.more;
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join(", ")
}

fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

fn read(it: &ScimRequest) -> Effect {
    it.effect.as_deref().map(Effect::read).unwrap_or_default()
}

fn rows(it: &ScimRequest, effect: &Effect, show: Show) -> Vec<ChangedValue> {
    let group = it.path.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("/groups"));
    let shown = |line: &Line, value: Option<&String>| {
        let value = value.map(String::as_str).unwrap_or_default();
        // A group is named by what it is, not by who is in it.
        if show == Show::All || group { value.to_owned() } else { masked_value(&line.path, value) }
    };
    let mut all: Vec<ChangedValue> = effect
        .lines
        .iter()
        .map(|line| ChangedValue {
            path: short(&line.path).to_owned(),
            from: shown(line, line.from.as_ref()),
            to: shown(line, line.to.as_ref()),
            counts: String::new(),
        })
        .collect();
    if let Some(members) = &effect.members {
        let counts = [("+", members.added), ("−", members.removed)].into_iter().filter(|(_, n)| *n > 0);
        let counts = counts.map(|(sign, n)| format!("{sign}{n}")).collect::<Vec<_>>().join(" ");
        all.push(ChangedValue { path: "members".to_owned(), counts, ..ChangedValue::default() });
    }
    all
}

/// The last part of a path that begins with a schema's URN.
fn short(path: &str) -> &str {
    if path.starts_with("urn:") { path.rsplit(':').next().unwrap_or(path) } else { path }
}

/// `addresses[work].country`: the attribute itself and its part.
fn is_shown(path: &str) -> bool {
    let path = short(path);
    let whole = path.split(['[', '.']).next().unwrap_or(path);
    let part = path.rsplit('.').next().unwrap_or(path);
    SHOWN.iter().any(|name| name.eq_ignore_ascii_case(whole) || name.eq_ignore_ascii_case(part))
}

fn masked_value(path: &str, value: &str) -> String {
    if value.is_empty() || is_shown(path) { masked::addresses(value) } else { hidden(value) }
}

/// Of one address the first letter and the domain are left, of any other text nothing.
fn hidden(text: &str) -> String {
    let one_address = text.matches('@').count() == 1 && !text.contains(char::is_whitespace);
    if one_address { masked::addresses(text) } else { HIDDEN.to_owned() }
}

/// The body, formatted.
fn body(it: &ScimRequest, show: Show) -> String {
    let Some(text) = it.body.as_deref() else { return String::new() };
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        // Too long to be read as a whole, or no JSON at all: then it is only counted.
        return if show == Show::All || text.starts_with('(') { text.to_owned() } else { HIDDEN.to_owned() };
    };
    if show == Show::Masked {
        mask(&mut value, "");
    }
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn mask(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => {
            // What an operation's `value` is of stands in its `path`.
            let path = map.get("path").and_then(Value::as_str).map(str::to_owned);
            for (name, inner) in map.iter_mut() {
                let of = match (&path, name.as_str()) {
                    (Some(path), "value") => path.as_str(),
                    (None, "value") if !key.is_empty() => key,
                    _ => name.as_str(),
                };
                mask(inner, of);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| mask(one, key)),
        Value::String(text) => {
            let ours = text.parse::<DirectoryUserId>().is_ok() || text.parse::<DirectoryGroupId>().is_ok();
            let protocol = PROTOCOL.iter().any(|name| name.eq_ignore_ascii_case(key));
            *text = match (ours, protocol) {
                (true, _) => return,
                (false, true) => masked::addresses(text),
                (false, false) => masked_value(key, text),
            };
        }
        Value::Number(_) if !PROTOCOL.contains(&key) => *value = Value::from(HIDDEN),
        _ => {}
    }
}

/// A request as its page shows it.
pub fn told(
    app: &App,
    it: &ScimRequest,
    (company, directory): (&Organization, Option<&Directory>),
    show: Show,
) -> RequestTold {
    let effect = read(it);
    let name = directory.map_or_else(|| "a directory that is gone".to_owned(), |d| provider(&d.provider));
    let fact = |term: &str, value: &str| (term.to_owned(), Html::text(value));
    RequestTold {
        outcome: status(it),
        summary: format!("{}, {name}", when(it.at).text),
        title: title(it, show).trim_end_matches('.').to_owned(),
        line: request_line(it, show),
        changes: rows(it, &effect, show),
        more: effect.more,
        facts: vec![
            fact("Company", &company.name),
            fact("Answer", &answer(it.status)),
            fact("Directory", &it.directory_id.to_string()),
            fact("Reference", &it.id.to_string()),
        ],
        request: body(it, show),
        note: if show == Show::All {
            "with personal data, without passwords"
        } else {
            "personal data masked"
        },
        kept: when(it.at.after(app.config.limits.traces)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DirectoryId, OrganizationId, Time, TraceId};
    use serde_json::json;

    fn request(path: &str, body: &Value, before: &Value, after: &Value) -> ScimRequest {
        let map = |value: &Value| value.as_object().cloned().unwrap();
        let at = Time::from_micros(1_000_000);
        ScimRequest {
            id: TraceId::first_of(at),
            directory_id: DirectoryId::first_of(at),
            organization_id: OrganizationId::first_of(at),
            at,
            method: "PATCH".to_owned(),
            path: path.to_owned(),
            status: 200,
            outcome: "Changed Ada".to_owned(),
            body: Some(body.to_string()),
            subject_id: None,
            effect: Effect::between(&map(before), &map(after)).to_text(),
            cause: None,
        }
    }

    #[test]
    fn what_a_person_is_stays_hidden_and_what_changed_is_told() {
        let operations = json!([{"op": "replace", "path": "active", "value": "False"},
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "eve@acme.test"},
            {"op": "add", "value": {"name.givenName": "Eve", "birthYear": 1984, "active": true}}]);
        let before = json!({"active": true, "emails": [{"type": "work", "value": "ada@acme.test"}],
            "name": {"givenName": "Ada"}});
        let after = json!({"active": false, "emails": [{"type": "work", "value": "eve@acme.test"}],
            "name": {"givenName": "Eve"}});
        let it = request("/Users/1", &json!({"Operations": operations}), &before, &after);
        assert_eq!(
            summary(&it, Show::Masked),
            "active: yes → no, emails[work]: a•••@acme.test → e•••@acme.test, name.givenName: •••• → ••••"
        );
        assert!(summary(&it, Show::All).contains("name.givenName: Ada → Eve"));
        let shown = body(&it, Show::Masked);
        for hidden in ["eve@acme.test", "Eve", "1984"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        for there in ["\"False\"", "emails[type eq \\\"work\\\"].value", "e•••@acme.test", "name.givenName"]
        {
            assert!(shown.contains(there), "{there} not in {shown}");
        }
        assert!(body(&it, Show::All).contains("eve@acme.test"));
    }

    #[test]
    fn a_group_is_told_by_name_and_by_how_many_came_and_went() {
        let ids = |n: usize| vec!["x".to_owned(); n];
        let mut it =
            request("/Groups/1", &json!({}), &json!({"displayName": "A"}), &json!({"displayName": "B"}));
        let effect = Effect::read(it.effect.as_deref().unwrap()).with_members(&ids(3), &ids(1));
        it.effect = effect.to_text();
        assert_eq!(summary(&it, Show::Masked), "displayName: A → B, members: +3 −1");
    }

    #[test]
    fn a_body_that_cannot_be_read_is_hidden_whole() {
        let mut it = request("/Users", &json!({}), &json!({}), &json!({}));
        it.body = Some("{\"userName\": \"ada@acme.test…".to_owned());
        assert_eq!(body(&it, Show::Masked), HIDDEN);
        it.body = Some("(21 bytes that are not JSON)".to_owned());
        assert_eq!(body(&it, Show::Masked), "(21 bytes that are not JSON)");
    }
}
