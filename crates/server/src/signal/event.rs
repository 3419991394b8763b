//! `POST /ssf/{connection}/events`: a transmitter pushes Security Event Tokens (RFC 8935).
//!
//! Acted on: CAEP's `session-revoked`, and `credential-change` where a credential was taken away or replaced; the
//! verification of the stream is noted. Other events are acknowledged, and nothing follows from them.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use model::{Connection, Time, Token};
use oidc::relying_party::{SecurityEvent, validate_security_event};
use oidc::{Jwks, RejectionCode};
use serde_json::{Value, json};
use store::Tx;
use store::signal::Transmitter;

use super::{connection, end, subject};
use crate::app::App;
use crate::connection as connections;
use crate::problem::Problem;

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
/// Of the final specification, and of its drafts.
const VERIFICATION: [&str; 2] = [
    "https://schemas.openid.net/secevent/ssf/event-type/verification",
    "https://schemas.openid.net/secevent/sse/event-type/verification",
];

/// How far the two clocks may differ.
const LEEWAY: Duration = Duration::from_mins(2);
/// A transmitter tries again for days where we did not answer; later nothing can be concluded any more.
const MAX_AGE: Duration = Duration::from_hours(24 * 7);

/// Why an event is not taken (RFC 8935 section 2.4).
struct Refused {
    status: StatusCode,
    err: &'static str,
    description: String,
}

impl Refused {
    fn new(err: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, err, description: description.into() }
    }
}

/// Answers 202 without a body, or 400 and 401 with the reason.
pub async fn receive(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let it = connection(&app, &id).await?;
    let transmitter = store::signal::lookup(&mut app.read().await?, it.id).await?;
    let transmitter = transmitter.ok_or_else(|| Problem::not_found("connection"))?;
    let taken = match read(&app, &it, &transmitter, &headers, &body).await {
        Ok(event) => act(&app, &it, &transmitter, event).await?,
        Err(refused) => Err(refused),
    };
    Ok(match taken {
        Ok(()) => (StatusCode::ACCEPTED, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Err(refused) => {
            let Refused { status, err, description } = refused;
            tracing::info!(id = %it.id, err, description, "a security event was refused");
            let headers = [(header::CONTENT_LANGUAGE, "en"), (header::CACHE_CONTROL, "no-store")];
            (status, headers, axum::Json(json!({"err": err, "description": description}))).into_response()
        }
    })
}

async fn read(
    app: &App,
    it: &Connection,
    transmitter: &Transmitter,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<SecurityEvent, Refused> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some(hash) = &transmitter.token {
        let shown = text(header::AUTHORIZATION).split_once(' ');
        let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, t)| t.trim());
        if !shown.is_some_and(|token| hash.matches(&Token::presented(token))) {
            let why = "Expected the bearer token that was agreed on for this connection.";
            let refused = Refused::new("authentication_failed", why);
            return Err(Refused { status: StatusCode::UNAUTHORIZED, ..refused });
        }
    }
    let kind = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/secevent+jwt" {
        let why = "Expected the header Content-Type: application/secevent+jwt.";
        return Err(Refused::new("invalid_request", why));
    }
    let token = std::str::from_utf8(body).map(str::trim);
    let token = token.map_err(|_| Refused::new("invalid_request", "Expected a signed token as the body."))?;
    let signed = |leeway| SignedDuration::try_from(leeway).unwrap_or(SignedDuration::ZERO);
    let now = app.now().to_jiff();
    let between = (transmitter.issuer.as_str(), transmitter.audience.as_str());
    let check =
        |keys: &Jwks| validate_security_event(token, keys, between, now, signed(LEEWAY), signed(MAX_AGE));
    let unreachable = |why: String| Refused::new("invalid_key", why);
    let keys = |anew| connections::signal_keys(app, it.id, &transmitter.jwks_uri, anew);
    let known = keys(false).await.map_err(unreachable)?;
    let checked = match known.map(|known| check(&known)) {
        Some(Err(rejection)) if rejection.wants_fresh_keys() => {
            let fresh = keys(true).await.map_err(unreachable)?;
            fresh.map_or(Err(rejection), |fresh| check(&fresh))
        }
        Some(other) => other,
        None => return Err(unreachable("The transmitter’s keys cannot be had just now.".to_owned())),
    };
    checked.map_err(|rejection| {
        let err = match rejection.code {
            RejectionCode::IssuerMismatch => "invalid_issuer",
            RejectionCode::AudienceMismatch => "invalid_audience",
            RejectionCode::UnknownKey
            | RejectionCode::KeyUnusable
            | RejectionCode::KeyMismatch
            | RejectionCode::SignatureMismatch
            | RejectionCode::AlgorithmNotAllowed => "invalid_key",
            _ => "invalid_request",
        };
        Refused::new(err, connections::sentence(&rejection))
    })
}

/// Does what the events ask for, in one transaction. An event that comes again is acknowledged, and that is all.
async fn act(
    app: &App,
    it: &Connection,
    transmitter: &Transmitter,
    event: SecurityEvent,
) -> Result<Result<(), Refused>, Problem> {
    let mut tx = app.write().await?;
    let seen = Token::presented(&format!("event {}", event.id)).hash().to_string();
    if !store::session::see_assertion(&mut tx, it.id, &seen, event.remember_until.into()).await? {
        return Ok(Ok(()));
    }
    let mut verified = false;
    for (uri, says) in &event.events {
        let by = match uri.as_str() {
            SESSION_REVOKED => "session_revoked",
            CREDENTIAL_CHANGE if takes_away(says) => "credential_change",
            uri => {
                verified |= VERIFICATION.contains(&uri);
                tracing::debug!(id = %it.id, uri, "a security event that asks for nothing");
                continue;
            }
        };
        // Drafts of the specification have the subject in the event.
        let Some(whose) = event.subject.as_ref().or_else(|| says.get("subject")) else {
            return Ok(Err(Refused::new(
                "invalid_request",
                "Expected \"sub_id\": whose session is revoked.",
            )));
        };
        match end_of(app, &mut tx, it, transmitter, (whose, happened(says)), by).await? {
            Ok(()) => {}
            Err(why) => return Ok(Err(Refused::new("invalid_request", why))),
        }
    }
    store::signal::heard(&mut tx, it.id, app.now(), verified).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

async fn end_of(
    app: &App,
    tx: &mut Tx,
    it: &Connection,
    transmitter: &Transmitter,
    (whose, at): (&Value, Option<Time>),
    by: &str,
) -> Result<Result<(), String>, Problem> {
    let mut sessions = match subject::sessions(tx, it, &transmitter.issuer, whose, app.now()).await? {
        Ok(sessions) => sessions,
        Err(why) => return Ok(Err(why)),
    };
    // An event that was long on its way does not end what began after it happened.
    if let Some(at) = at {
        sessions.retain(|session| session.created_at <= at.after(LEEWAY));
    }
    end(app, tx, it, &sessions, by).await?;
    tracing::info!(id = %it.id, sessions = sessions.len(), by, "a security event was taken");
    Ok(Ok(()))
}

/// When the event happened (`event_timestamp` of CAEP 1.0 section 2): seconds; some transmitters send milliseconds.
fn happened(says: &Value) -> Option<Time> {
    const MILLISECONDS_FROM: f64 = 100_000_000_000.0;
    let number = says.get("event_timestamp")?.as_f64().filter(|number| *number > 0.0)?;
    let seconds = if number >= MILLISECONDS_FROM { number / 1000.0 } else { number };
    Some(Time::from(jiff::Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()?))
}

/// Whether a changed credential can no longer be used: whoever had it must not stay signed in by it.
fn takes_away(says: &Value) -> bool {
    matches!(says.get("change_type").and_then(Value::as_str), Some("revoke" | "delete" | "update"))
}
