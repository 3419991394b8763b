//! What a receipt says, and in which words.

use model::Organization;
use serde_json::{Map, Value, json};
use store::receipt::{Confirmation, Erasure};

/// Kinds of records as receipts name them, in words, in the order of pages.
pub const KINDS: &[(&str, &str)] = &[
    ("members", "The member with the profile"),
    ("directory_records", "What the directory had sent"),
    ("directory_requests", "Requests of the directory about the person"),
    ("sessions", "Sessions"),
    ("application_grants", "What applications had been granted"),
    ("sign_in_identities", "Links to an identity provider"),
    ("sign_in_records", "Records of sign-ins"),
    ("sign_in_settings", "Exceptions and openings for the person"),
    ("mails", "Mails"),
    ("invitations_and_links", "Invitations and links"),
    ("files_and_setup", "Entries in files and setup links"),
    ("audit_entries", "Entries of the audit log, emptied"),
    ("events", "Events, emptied"),
    ("other", "Other records"),
];

/// The kind of record that a table holds.
pub fn kind_of(table: &str) -> &'static str {
    match table {
        "members" => "members",
        "directory_users" | "directory_user_emails" | "directory_group_members" | "directory_groups" => {
            "directory_records"
        }
        "scim_requests" => "directory_requests",
        "sessions" => "sessions",
        "grants" | "pushed_requests" => "application_grants",
        "account_identities" => "sign_in_identities",
        "login_attempts" | "login_flows" | "shadow_results" | "tried_people" => "sign_in_records",
        "sign_in_openings" | "routing_pilots" | "email_exceptions" => "sign_in_settings",
        "mails" => "mails",
        "invitations" => "invitations_and_links",
        "imports" | "setup_links" => "files_and_setup",
        "audit_log" => "audit_entries",
        "events" => "events",
        _ => "other",
    }
}

/// A kind in words.
pub fn words_of(kind: &str) -> &'static str {
    KINDS.iter().find(|(name, _)| *name == kind).map_or("Other records", |(_, words)| words)
}

/// How many records of which kind, in the order of pages.
pub(super) fn removed(it: &Erasure) -> Vec<(&'static str, u64)> {
    let counts: Map<String, Value> = serde_json::from_str(&it.removed).unwrap_or_default();
    let count = |kind: &str| counts.get(kind).and_then(Value::as_u64).filter(|n| *n > 0);
    KINDS.iter().filter_map(|(kind, _)| Some((*kind, count(kind)?))).collect()
}

/// An erasure as the API shows it.
pub fn to_json(it: &Erasure, applications: &[Confirmation]) -> Value {
    let removed = removed(it);
    json!({
        "id": it.id.to_string(),
        "organization_id": it.organization_id.to_string(),
        "asked_by": it.asked_by,
        "state": if it.completed_at.is_some() { "complete" } else { "pending" },
        "erased_at": it.erased_at.to_string(),
        "completed_at": it.completed_at.map(|at| at.to_string()),
        "removed": removed.iter().map(|(kind, n)| json!({"kind": kind, "records": n})).collect::<Vec<_>>(),
        "applications": applications.iter().map(said).collect::<Vec<_>>(),
    })
}

fn said(one: &Confirmation) -> Value {
    json!({
        "client_id": one.application_id.to_string(),
        "name": one.application_name,
        "state": one.state,
        "at": one.at.map(|at| at.to_string()),
    })
}

/// What is signed: ids of the erasure and the company, kinds, counts, times, applications.
pub(super) fn claims(
    issuer: &str,
    organization: &Organization,
    it: &Erasure,
    applications: &[Confirmation],
) -> Map<String, Value> {
    let completed = it.completed_at.unwrap_or(it.erased_at);
    let all = json!({
        "iss": issuer,
        "iat": completed.as_seconds(),
        "jti": it.id.to_string(),
        "kind": "erasure",
        "organization": { "id": organization.id.to_string(), "name": organization.name },
        "erased_at": it.erased_at.to_string(),
        "completed_at": completed.to_string(),
        "removed": to_json(it, &[])["removed"],
        "applications": applications.iter().map(said).collect::<Vec<_>>(),
        "note": "One person’s records were removed, and the account with them unless the person uses it elsewhere. \
                 Nothing here names the person.",
    });
    match all {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
