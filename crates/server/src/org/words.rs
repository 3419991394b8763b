//! Facts in the words of these pages.

use model::{Member, MemberStatus, Role, Source, Time};

use crate::member;
use web::parts::{Person, Status, When};

/// A moment: the date, and the time of the day in UTC.
pub fn when(time: Time) -> When {
    let at = time.to_jiff();
    When::new(time.to_string(), at.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

/// A moment that may not have come.
pub fn maybe_when(time: Option<Time>) -> When {
    time.map_or_else(|| When::words("never"), when)
}

/// Where in life.
pub fn status(member: &Member, now: Time) -> Status {
    match member.status {
        MemberStatus::Incomplete => Status::warn("Incomplete").ring(),
        MemberStatus::Invited => Status::pending("Invited"),
        MemberStatus::Active => Status::ok("Active"),
        MemberStatus::Suspended => Status::stopped("Suspended"),
        MemberStatus::Disconnected => Status::stopped("Disconnected"),
        MemberStatus::Erasing => {
            let hours = member.erase_at.map_or(0, |at| at.since(now).as_secs().div_ceil(3600));
            Status::bad(format!("Erasing in {hours} h")).ring()
        }
    }
}

/// A status by itself, as a filter's label.
pub const fn status_word(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Incomplete => "Incomplete",
        MemberStatus::Invited => "Invited",
        MemberStatus::Active => "Active",
        MemberStatus::Suspended => "Suspended",
        MemberStatus::Disconnected => "Disconnected",
        MemberStatus::Erasing => "Erasing",
    }
}

/// Why somebody is incomplete, and what could not be read.
pub fn reason(member: &Member) -> String {
    let missing: Vec<String> =
        member::missing(member).iter().map(|field| field.label().to_lowercase()).collect();
    let mut parts = Vec::new();
    if !missing.is_empty() {
        let verb = if missing.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} missing", missing.join(", ")));
    }
    parts.extend(member::unread_of(member).iter().map(ToString::to_string));
    parts.join("; ")
}

/// First and last name, or the address.
pub fn name(member: &Member) -> String {
    let name = format!(
        "{} {}",
        member.first_name.as_deref().unwrap_or_default(),
        member.last_name.as_deref().unwrap_or_default()
    );
    match name.trim() {
        "" => member.email.clone().unwrap_or_else(|| "No name yet".to_owned()),
        name => name.to_owned(),
    }
}

/// Somebody with a link to their page.
pub fn person(member: &Member, base: &str) -> Person {
    Person::new(&name(member), member.email.as_deref().unwrap_or("no address yet"))
        .linked(format!("{base}/members/{}", member.id))
}

/// What somebody may do.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "Administrator",
        Role::Member => "Member",
    }
}

/// Where somebody came from.
pub const fn source(source: Source) -> &'static str {
    match source {
        Source::Scim => "Directory",
        Source::Sso => "Sign-in",
        Source::Csv => "File",
        Source::Manual => "By hand",
    }
}

/// A country by name.
pub fn country(code: Option<&str>) -> String {
    code.and_then(profile::country::name).unwrap_or_default().to_owned()
}
