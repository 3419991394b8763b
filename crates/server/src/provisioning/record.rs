//! The record of every request, for the people who ask why a sync did what it did. Passwords are never in it; values
//! that were looked for are in it only where they lead to a user, with whom they can be erased.

use model::{DirectoryId, Time, TokenId, TraceId};
use percent_encoding::percent_decode_str;
use serde::de::IgnoredAny;
use serde_json::Value;
use store::Tx;
use store::directory_user::{self, By};
use store::scim_request::ScimRequest;

use super::Done;
use super::call::Call;
use super::told;
use crate::app::App;
use crate::problem::Problem;

/// What is told of a request about somebody who left and keeps the account as a personal one.
const PRIVATE: &str = "About somebody who has left and keeps the account: nothing of the person is kept here";
/// So many people who keep their accounts are looked for in a request about a group; those who came last.
const CLAIMED: usize = 1000;
/// Bytes of a body that are kept.
const BODY: usize = 64 * 1024;
/// Characters of an address that are kept.
const PATH: usize = 1000;

/// Records what was done, in the transaction that did it.
pub async fn done(app: &App, tx: &mut Tx, call: &Call, done: &Done) -> Result<(), Problem> {
    let mut record = good(app, call, done);
    if names_claimed(tx, call).await? {
        // A group's members stand in it with their names.
        record.body = None;
    }
    due(app, call).write(tx, call.directory.id, record.at).await?;
    store::scim_request::keep(tx, record);
    Ok(())
}

/// Records a request that changed nothing: later, together with others (see `waiting`). A directory's very first request
/// is recorded at once, because somebody is looking at a page that waits for it.
pub async fn read(app: &App, call: &Call, done: &Done) -> Result<(), Problem> {
    if !app.scim_records.was_heard(&call.directory) {
        let mut tx = app.write().await?;
        self::done(app, &mut tx, call, done).await?;
        return Ok(tx.commit().await?);
    }
    app.scim_records.add(app, good(app, call, done), due(app, call)).await
}

fn good(app: &App, call: &Call, done: &Done) -> ScimRequest {
    let subject = done.subject.map(|id| id.to_string());
    let outcome = if done.private { PRIVATE } else { &done.outcome };
    let record = record(app, call, app.id(TraceId::new), (done.status.as_u16(), outcome), subject);
    if done.private {
        without_person(record)
    } else {
        ScimRequest { effect: done.effect.to_text(), ..record }
    }
}

/// The record of a request about somebody who left and keeps the account as a personal one.
fn without_person(record: ScimRequest) -> ScimRequest {
    let path = record.path.split('?').next().unwrap_or_default().to_owned();
    ScimRequest { path, body: None, effect: None, ..record }
}

/// Whether the body of a request about a group names such a person.
async fn names_claimed(tx: &mut Tx, call: &Call) -> Result<bool, Problem> {
    let group = call.segments.first().is_some_and(|kind| kind.eq_ignore_ascii_case("groups"));
    if !group || call.body.is_empty() {
        return Ok(false);
    }
    let body = String::from_utf8_lossy(&call.body);
    let claimed = directory_user::claimed(tx, call.directory.id, CLAIMED).await?;
    Ok(claimed.iter().any(|id| body.contains(id.as_str())))
}

/// Whether a request that was refused was about such a person: by the id in its address, or by the user name in its body.
async fn is_about_claimed(tx: &mut Tx, call: &Call) -> Result<bool, Problem> {
    let [kind, rest @ ..] = call.segments.as_slice() else { return Ok(false) };
    if !kind.eq_ignore_ascii_case("users") {
        return Ok(false);
    }
    let directory = call.directory.id;
    if let Some(id) = rest.first() {
        let Ok(id) = id.parse() else { return Ok(false) };
        return Ok(directory_user::lookup(tx, directory, id).await?.is_some_and(|user| user.claimed));
    }
    let sent: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    // PostgreSQL takes no NUL, and nobody has such a name.
    let name = sent.get("userName").and_then(Value::as_str).filter(|name| !name.contains('\0'));
    let Some(name) = name else { return Ok(false) };
    let found = directory_user::find(tx, directory, By::UserName(name)).await?;
    Ok(found.iter().any(|user| user.claimed))
}

/// Records a request that was refused. The answer is the reference.
pub async fn refused(app: &App, call: &Call, problem: &Problem) -> Result<TraceId, Problem> {
    let id = app.id(TraceId::new);
    let outcome = format!("Refused: {}", problem.detail);
    let mut tx = app.write().await?;
    let private = is_about_claimed(&mut tx, call).await?;
    let outcome = if private { PRIVATE } else { &outcome };
    let record = record(app, call, id, (problem.status.as_u16(), outcome), None);
    let record = if private { without_person(record) } else { record };
    let record = ScimRequest { cause: Some(told::cause(problem).to_owned()), ..record };
    store::scim_request::add(&mut tx, &record).await?;
    due(app, call).write(&mut tx, call.directory.id, record.at).await?;
    tx.commit().await?;
    Ok(id)
}

/// Which times of a last use are worth writing anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Due {
    pub(super) directory: bool,
    pub(super) token: Option<TokenId>,
}

impl Due {
    /// Whether there is anything to write.
    pub const fn is_some(self) -> bool {
        self.directory || self.token.is_some()
    }

    /// Writes them.
    pub async fn write(self, tx: &mut Tx, directory: DirectoryId, at: Time) -> Result<(), Problem> {
        if self.directory {
            store::directory::touch(tx, directory, at).await?;
        }
        if let Some(token) = self.token {
            store::directory_token::touch(tx, token, at).await?;
        }
        Ok(())
    }
}

fn due(app: &App, call: &Call) -> Due {
    app.scim_records.due(&call.directory, (call.token, call.token_used_at), app.now())
}

fn record(
    app: &App,
    call: &Call,
    id: TraceId,
    (status, outcome): (u16, &str),
    subject: Option<String>,
) -> ScimRequest {
    ScimRequest {
        id,
        directory_id: call.directory.id,
        organization_id: call.directory.organization_id,
        at: app.now(),
        method: call.method.to_string(),
        path: address(&call.segments, &call.raw_query, subject.is_some()),
        status,
        outcome: plain(outcome).collect(),
        body: body(&call.body),
        subject_id: subject,
        effect: None,
        cause: None,
    }
}

/// The address in readable form. What stands in quotes may name a person whom nobody here knows, and is left out then.
fn address(segments: &[String], raw_query: &str, known: bool) -> String {
    let mut text = format!("/{}", segments.join("/"));
    if !raw_query.is_empty() {
        let query = percent_decode_str(raw_query).decode_utf8_lossy();
        text.push('?');
        if known {
            text.push_str(&query);
        } else {
            for (index, part) in query.split('"').enumerate() {
                match index {
                    0 => text.push_str(part),
                    odd if odd % 2 == 1 => text.push_str("\"…\""),
                    _ => text.push_str(part),
                }
            }
        }
    }
    plain(&text).take(PATH).collect()
}

/// Text from elsewhere without control characters, of which a database may not take all.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

/// The body without passwords, cut where it is long; a body that is no JSON is only counted.
fn body(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return None;
    }
    let mut text = match std::str::from_utf8(bytes) {
        // Most bodies speak of no password, not even behind an escape, and are kept as they came.
        Ok(text) if is_plain(bytes) && serde_json::from_str::<IgnoredAny>(text).is_ok() => text.to_owned(),
        _ => {
            let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else {
                return Some(format!("({} bytes that are not JSON)", bytes.len()));
            };
            scrub(&mut value);
            value.to_string()
        }
    };
    if text.len() > BODY {
        text.truncate(text.floor_char_boundary(BODY));
        text.push('…');
    }
    Some(text)
}

/// Whether the bytes hold neither the word, whatever its case, nor an escape that could hide it, nor a line break.
fn is_plain(bytes: &[u8]) -> bool {
    let word = b"password";
    !bytes.iter().any(|byte| *byte == b'\\' || byte.is_ascii_control())
        && !bytes.windows(word.len()).any(|some| some.eq_ignore_ascii_case(word))
}

fn scrub(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let about_password = map.iter().any(|(key, value)| {
                key.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_password)
            });
            for (key, value) in map.iter_mut() {
                if is_password(key) || (about_password && key.eq_ignore_ascii_case("value")) {
                    *value = Value::from("…");
                } else {
                    scrub(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        _ => {}
    }
}

/// `password`, also behind a schema's URN.
fn is_password(name: &str) -> bool {
    name.rsplit(':').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_reaches_the_record() {
        let sent = r#"{"userName":"a","Password":"s3cret","Operations":[
            {"op":"replace","path":"password","value":"s3cret"},
            {"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:User:password":"s3cret"}}]}"#;
        let kept = body(sent.as_bytes()).unwrap();
        assert!(!kept.contains("s3cret") && kept.contains("userName"), "{kept}");
        assert_eq!(body(b"\xff{\"password\":\"s3cret\"").unwrap(), "(21 bytes that are not JSON)");
        assert_eq!(body(b""), None);
    }

    #[test]
    fn a_long_body_is_cut() {
        let kept = body(Value::from("ü".repeat(BODY)).to_string().as_bytes()).unwrap();
        assert!(kept.len() <= BODY + 4 && kept.ends_with('…'));
    }

    #[test]
    fn what_was_looked_for_is_told_only_where_it_leads_to_a_user() {
        let path = ["Users".to_owned()];
        let query = "filter=userName%20eq%20%22a@b.example%22&count=1";
        assert_eq!(address(&path, query, true), "/Users?filter=userName eq \"a@b.example\"&count=1");
        assert_eq!(address(&path, query, false), "/Users?filter=userName eq \"…\"&count=1");
    }
}
