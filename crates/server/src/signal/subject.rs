//! Of whom a security event tells: subject identifiers (RFC 9493) as sessions of one connection.

use model::{Connection, Time};
use serde_json::{Map, Value};
use store::session::Session;
use store::{Connected, Tx};

use super::of_subject;
use crate::connection::Settings;
use crate::problem::Problem;

/// The most identifiers in one subject that are looked at.
const MOST: usize = 16;
const READ: &str =
    "We read iss_sub, email, opaque, aliases, and complex subjects with session, user or tenant.";

/// The sessions through this connection that a subject stands for: none where we do not know it.
///
/// # Errors
/// The inner error says what cannot be read, for whoever runs the transmitter.
pub async fn sessions(
    tx: &mut Tx,
    connection: &Connection,
    issuer: &str,
    subject: &Value,
    now: Time,
) -> Result<Result<Vec<Session>, String>, Problem> {
    let Some(map) = subject.as_object() else { return Ok(Err(format!("The subject is no object. {READ}"))) };
    let complex = match map.get("format").and_then(Value::as_str) {
        Some("complex") => true,
        None => ["session", "user", "tenant"].iter().any(|name| map.contains_key(*name)),
        Some(_) => false,
    };
    if !complex {
        return simple(tx, connection, issuer, map, now).await;
    }
    // A session and a user together mean the sessions that are both. The tenant is this connection's: its transmitter
    // tells of no other, so it narrows nothing; alone it would mean everybody, which we do not do.
    let mut found: Option<Vec<Session>> = None;
    for name in ["session", "user"] {
        let Some(part) = map.get(name) else { continue };
        let Some(part) = part.as_object() else {
            return Ok(Err(format!("“{name}” is no object. {READ}")));
        };
        let these = match simple(tx, connection, issuer, part, now).await? {
            Ok(these) => these,
            Err(why) => return Ok(Err(why)),
        };
        found = Some(match found {
            None => these,
            Some(mut earlier) => {
                earlier.retain(|session| these.iter().any(|it| it.id == session.id));
                earlier
            }
        });
    }
    Ok(found.ok_or_else(|| format!("The subject names neither a session nor a user. {READ}")))
}

async fn simple(
    tx: &mut Tx,
    connection: &Connection,
    issuer: &str,
    subject: &Map<String, Value>,
    now: Time,
) -> Result<Result<Vec<Session>, String>, Problem> {
    if subject.get("format").and_then(Value::as_str) != Some("aliases") {
        return one(tx, connection, issuer, subject, now).await;
    }
    // Several names of one and the same (RFC 9493 section 3.2.8), which may not be nested.
    let all = subject.get("identifiers").and_then(Value::as_array);
    let Some(all) = all.filter(|all| !all.is_empty() && all.len() <= MOST) else {
        return Ok(Err(format!("Expected 1 to {MOST} identifiers. {READ}")));
    };
    let mut found: Vec<Session> = Vec::new();
    for alias in all.iter().filter_map(Value::as_object) {
        // An alias in a format that we do not read leaves the others.
        let these = one(tx, connection, issuer, alias, now).await?.unwrap_or_default();
        for session in these {
            if !found.iter().any(|it| it.id == session.id) {
                found.push(session);
            }
        }
    }
    Ok(Ok(found))
}

async fn one(
    tx: &mut Tx,
    connection: &Connection,
    issuer: &str,
    subject: &Map<String, Value>,
    now: Time,
) -> Result<Result<Vec<Session>, String>, Problem> {
    let text = |name: &str| subject.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match text("format") {
        Some("iss_sub") => {
            let (Some(iss), Some(sub)) = (text("iss"), text("sub")) else {
                return Ok(Err("Expected “iss” and “sub” in a subject of format iss_sub.".to_owned()));
            };
            // A name that somebody else gave means nothing here.
            if iss != issuer && Some(iss) != own_issuer(connection).as_deref() {
                return Ok(Ok(Vec::new()));
            }
            by_name(tx, connection, sub, now).await.map(Ok)
        }
        Some("opaque") => match text("id") {
            Some(id) => by_name(tx, connection, id, now).await.map(Ok),
            None => Ok(Err("Expected “id” in a subject of format opaque.".to_owned())),
        },
        Some("email") => match text("email") {
            Some(email) => by_email(tx, connection, email, now).await.map(Ok),
            None => Ok(Err("Expected “email” in a subject of format email.".to_owned())),
        },
        other => Ok(Err(format!("The subject has the format “{}”. {READ}", other.unwrap_or_default()))),
    }
}

/// The provider's name of a session, or of a person.
async fn by_name(
    db: &mut impl Connected,
    connection: &Connection,
    name: &str,
    now: Time,
) -> Result<Vec<Session>, Problem> {
    let found = store::session::list_of_upstream(db, connection.id, name, now).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    of_subject(db, connection, name, now).await
}

/// A member of the connection's own organization; sessions through this connection only.
async fn by_email(
    db: &mut impl Connected,
    connection: &Connection,
    email: &str,
    now: Time,
) -> Result<Vec<Session>, Problem> {
    let member = store::member::lookup_email(db, connection.organization_id, email).await?;
    let Some(member) = member else { return Ok(Vec::new()) };
    let mut all = store::session::list_of_member(db, member.id, now).await?;
    all.retain(|it| it.connection_id == Some(connection.id));
    Ok(all)
}

fn own_issuer(connection: &Connection) -> Option<String> {
    match Settings::of(connection)? {
        Settings::Oidc(config) => Some(config.issuer),
        Settings::Saml(config) => Some(config.entity_id),
    }
}
