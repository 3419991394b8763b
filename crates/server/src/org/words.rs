//! Facts in the words of these pages.

use model::{Member, MemberStatus, Role, Source, Time};
use store::event::Event;

use crate::member;
use web::Html;
use web::parts::{Notice, Person, Status, Tone, When};

/// A moment: the date, and the time of the day in UTC.
pub fn when(time: Time) -> When {
    let at = time.to_jiff();
    When::new(time.to_string(), at.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

/// A moment in few letters, for a narrow column.
pub fn brief(time: Time) -> When {
    When::new(time.to_string(), time.to_jiff().strftime("%-d %b %Y, %H:%M").to_string())
}

/// A day.
pub fn day(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y").to_string()
}

/// How long ago, where that is under a day; the day otherwise.
pub fn ago(time: Time, now: Time) -> String {
    let minutes = now.since(time).as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => day(time),
    }
}

/// A moment that may not have come.
pub fn maybe_when(time: Option<Time>) -> When {
    time.map_or_else(|| When::words("never"), when)
}

/// What the request before this page did: told once, under a name that a link cannot turn into other words.
pub fn done(what: Option<&str>) -> Option<Notice> {
    let (title, text) = match what? {
        "saved" => ("Saved", "It applies from now on."),
        "invited" => {
            ("The invitation is on its way", "It works for a limited time; you can send it again here.")
        }
        "session-ended" => {
            ("Signed out there", "The browser must sign in again, and so must what was opened from it.")
        }
        "signed-out" => ("Signed out everywhere", "Every session of this person has ended."),
        "admin" => ("Now an administrator", "They see and change these pages from now on."),
        "member" => ("No longer an administrator", "They sign in as before and do not see these pages."),
        "suspended" => ("Suspended", "Nobody signs in until you take it back."),
        "resumed" => ("Suspension taken back", "They may sign in again."),
        "left" => ("Checked out", "Every session has ended. You find who left under Leavers, with an undo."),
        "restored" => ("Undone", "As it was before, as far as it was still there."),
        "read" => ("Read", "What the provider publishes is known as of now."),
        "unread" => ("It could not be read", "Why stands beside the connection. Nothing was changed."),
        "accepted" => {
            ("The new addresses are in use", "Sign in once for a test, so that you know that they work.")
        }
        "drafted" => (
            "The draft is saved",
            "Nobody signs in with it yet. Test it: sign in once, and see what differs.",
        ),
        "replaced" => (
            "The draft is in use",
            "Everybody signs in with it from now on. Below is the way back, in one click.",
        ),
        "reverted" => ("As it was before", "Everybody signs in with the former values again."),
        "discarded" => ("The draft is gone", "What is in use was not touched."),
        "watching" => (
            "Watching",
            "Each real sign-in is judged a second time from now on. Nobody notices. Look here later.",
        ),
        "unwatched" => ("No longer watching", "What was found is forgotten."),
        "revoked" => ("The setup link no longer works", "Whoever opens it is told whom to ask."),
        "opened" => {
            ("Another way is open", "It ends by itself. Every administrator of the company was told by mail.")
        }
        "closed" => (
            "Closed again",
            "The company’s sign-in is the only way, and who came in otherwise is signed out.",
        ),
        "decided" => ("Decided", "Nothing waits any more. What was decided happens now."),
        "undone" => {
            ("Being undone", "Everybody of that sync whose records are there comes back in, within moments.")
        }
        "source-saved" => ("Kept", "We read it now; how it went is below in a moment."),
        "source-asked" => ("On its way", "We read everything now; how it went is below in a moment."),
        "token-there" => (
            "What you asked for was made already",
            "It was shown once, by the page that made it. If nobody has copied it, revoke it and make another one.",
        ),
        "token-revoked" => ("The token no longer works", "Whoever shows it is refused from now on."),
        "mapped" => ("Saved", "The people who are there already follow within moments."),
        "tried" => ("It is tried again", "How it went stands here within seconds: open the page again."),
        "removed" => ("Removed", "It is gone from this list."),
        _ => return None,
    };
    Some(Notice { text: Html::text(text), ..Notice::new(Tone::Ok, title, "") })
}

/// "1 person", "12 people".
pub fn shown(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
    let unread = member::unread_of(member);
    let told = |name: &str| unread.iter().any(|it| it["field"] == name);
    let missing: Vec<String> = member::missing(member)
        .iter()
        .filter(|field| !told(field.api_name()))
        .map(|field| field.label().to_lowercase())
        .collect();
    let mut parts = Vec::new();
    if !missing.is_empty() {
        let verb = if missing.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} missing", missing.join(", ")));
    }
    for problem in unread.iter().filter_map(|it| it["problem"].as_str()) {
        // The same value may have come in several places.
        if !parts.iter().any(|part| part == problem) {
            parts.push(problem.to_owned());
        }
    }
    parts.join(" ")
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

/// What a fact of the event stream says about a member.
pub fn fact(it: &Event) -> String {
    let data: serde_json::Value = serde_json::from_str(&it.data).unwrap_or_default();
    let by = match data["reason"].as_str() {
        Some("directory") => ", as the directory said",
        Some("administrator") => ", by an administrator",
        Some("file") => ", by a file",
        Some("api") => ", by the product",
        _ => "",
    };
    match it.kind.as_str() {
        "member.created" => match data["member"]["source"].as_str().and_then(|s| s.parse().ok()) {
            Some(from) => format!("Added, from: {}", source(from).to_lowercase()),
            None => "Added".to_owned(),
        },
        "member.completed" => "Nothing required is missing any more".to_owned(),
        "member.invited" => "Invited by mail".to_owned(),
        "member.activated" => "May sign in".to_owned(),
        "member.updated" if !data["role_before"].is_null() => {
            let now = data["member"]["role"].as_str().and_then(|r| r.parse().ok()).unwrap_or(Role::Member);
            format!("Role changed to {}", role(now).to_lowercase())
        }
        "member.updated" => "Profile changed".to_owned(),
        "member.suspended" => "Suspended".to_owned(),
        "member.resumed" => "Suspension taken back".to_owned(),
        "member.disconnected" => format!("Left{by}: signed out everywhere, disconnected"),
        "member.erasing" => format!("Left{by}: signed out everywhere, to be erased"),
        "member.restored" => "Came back".to_owned(),
        "session.revoked" => match data["reason"].as_str() {
            Some("administrator") => "Signed out by an administrator".to_owned(),
            Some("operator") => "Signed out by support".to_owned(),
            Some("api") => "Signed out by the product".to_owned(),
            Some("identity_provider") => "Signed out by the identity provider".to_owned(),
            Some("membership") => "Signed out with the change".to_owned(),
            _ => "Signed out".to_owned(),
        },
        other => other.replace(['.', '_'], " "),
    }
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
