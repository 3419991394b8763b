//! Where identity providers send people back to: the assertion consumer service and the callback.
//!
//! These requests come from other sites. They judge the answer and keep it in the flow; they sign nobody in.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionStatus, FlowId, Protocol};
use store::Tx;

use super::flow::{self, ANSWERED, Answer, SENT, State as FlowState};
use super::start::see_other;
use super::{record, return_to, unasked};
use crate::app::App;
use crate::care;
use crate::connection::compare::{Comparison, Evidence};
use crate::connection::{self, Asserted, Refused};
use crate::enforcement;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, Params, pairs};

/// The longest message that is kept for the trace.
pub const KEPT: usize = 256 * 1024;

/// `POST /saml/{connection}/acs` (SAML bindings 3.5).
pub async fn saml(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
    address: ClientAddress,
    body: Bytes,
) -> Result<Response, Problem> {
    let params = Params(pairs(&body));
    let connection = require(&app, &id, Protocol::Saml).await?;
    let message = params.first("SAMLResponse").filter(|m| !m.is_empty()).ok_or_else(|| {
        Problem::bad_request(
            "saml_response_missing",
            "Expected a form field SAMLResponse. Begin again at the sign-in page.",
        )
    })?;
    let Some(flow) = params.first("RelayState").and_then(|state| state.parse::<FlowId>().ok()) else {
        let brought = (message, params.first("RelayState"));
        return unasked::take(&app, &browser, connection, brought, &address).await;
    };
    let Some((connection, state)) = waiting(&app, flow, connection).await? else {
        return Ok(finishing(flow));
    };
    let (connection, outcome) = judged(&app, connection, &state, message).await;
    keep(&app, flow, state, &connection, outcome, message).await
}

/// What a `SAMLResponse` is by the connection's settings, also by those that its provider has only just published.
pub(super) async fn judged(
    app: &App,
    connection: Connection,
    state: &FlowState,
    message: &str,
) -> (Connection, Result<Asserted, Refused>) {
    match connection::finish_saml(app, &connection, &state.protocol, message, app.now()).await {
        Err(refused) if refused.code == "signature_invalid" && !state.test => {
            with_new_certificates(app, connection, refused, (&state.protocol, message)).await
        }
        outcome => (connection, outcome),
    }
}

/// A signature that no known key made may be made with a key that the provider has only just published: its metadata is
/// read again, once a minute at most, and the answer judged anew where something came.
async fn with_new_certificates(
    app: &App,
    connection: Connection,
    refused: Refused,
    (state, message): (&serde_json::Value, &str),
) -> (Connection, Result<Asserted, Refused>) {
    match care::after_unknown_key(app, &connection).await {
        Ok(Some(now)) => {
            let outcome = connection::finish_saml(app, &now, state, message, app.now()).await;
            (now, outcome)
        }
        Ok(None) => (connection, Err(refused)),
        Err(problem) => {
            tracing::error!(cause = problem.cause, "a provider's metadata could not be looked at again");
            (connection, Err(refused))
        }
    }
}

/// `GET /oidc/{connection}/callback`.
pub async fn oidc_query(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    oidc(&app, &id, query.unwrap_or_default().as_bytes()).await
}

/// `POST /oidc/{connection}/callback` (OAuth 2.0 Form Post Response Mode).
pub async fn oidc_form(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    oidc(&app, &id, &body).await
}

async fn oidc(app: &App, id: &str, answer: &[u8]) -> Result<Response, Problem> {
    let params = Params(pairs(answer));
    let connection = require(app, id, Protocol::Oidc).await?;
    let Some(flow) = params.first("state").and_then(connection::flow_of_state) else {
        // Started at the provider, or by nobody: begin properly.
        return Ok(see_other(&format!("/login?connection={}", connection.id)));
    };
    let Some((connection, mut state)) = waiting(app, flow, connection).await? else {
        return Ok(finishing(flow));
    };
    let seen = OnceLock::new();
    let outcome = connection::finish_oidc_telling(app, &connection, &state.protocol, &params, &seen).await;
    if let (Ok(Asserted { id_token: Some(token), .. }), false) = (&outcome, state.test) {
        state.id_token_sealed = connection::seal_id_token(app, &connection, token);
    }
    // What was refused is kept for its explanation; of what was taken the flow knows the claims.
    let message = match &outcome {
        Err(_) => without_secrets(&params, seen.get()),
        Ok(_) => String::new(),
    };
    keep(app, flow, state, &connection, outcome, &message).await
}

/// The parameters of an answer as JSON, and what its ID token says. Codes and tokens in it are used up, and nobody's to
/// read: of the ID token all is kept but the signature.
fn without_secrets(params: &Params, id_token: Option<&String>) -> String {
    let secrets = ["code", "id_token", "access_token", "refresh_token", "session_state"];
    let shown = params.0.iter().map(|(name, value)| {
        let value = if secrets.contains(&name.as_str()) { "left out" } else { value };
        (name.clone(), serde_json::Value::String(value.to_owned()))
    });
    let mut all: serde_json::Map<_, _> = shown.collect();
    if let Some(token) = id_token {
        all.insert("id_token".to_owned(), oidc::unverified(token));
    }
    serde_json::Value::Object(all).to_string()
}

async fn require(app: &App, id: &str, protocol: Protocol) -> Result<Connection, Problem> {
    let found = match id.parse() {
        Ok(id) => store::connection::lookup(&mut app.read().await?, id).await?,
        Err(_) => None,
    };
    found.filter(|c| c.protocol == protocol).ok_or_else(|| Problem::not_found("connection"))
}

/// Where the browser that began finishes.
fn finishing(flow: FlowId) -> Response {
    see_other(&format!("/login/finish/{flow}"))
}

/// The flow that waits for this connection's answer, and the connection with the settings that the answer is judged by: a
/// test's are those it began with. None where it has an answer and is not finished: the same came twice, by two clicks.
async fn waiting(
    app: &App,
    id: FlowId,
    mut connection: Connection,
) -> Result<Option<(Connection, FlowState)>, Problem> {
    let found = flow::lookup(&mut app.read().await?, app, id).await?;
    let Some((flow, state)) = found.filter(|(_, state)| state.connection == connection.id.to_string()) else {
        let problem = Problem::new(
            StatusCode::BAD_REQUEST,
            "sign_in_ended",
            "This sign-in has ended",
            "It was finished already, took longer than an hour, or was begun for another company. Begin again at the sign-in page.",
        );
        return Err(record::early(app, &connection, None, problem).await);
    };
    if flow.step != SENT {
        return Ok(None);
    }
    if !state.test && connection.status != ConnectionStatus::Active {
        return Err(record::early(app, &connection, Some(&state), inactive()).await);
    }
    if state.test {
        connection.config.clone_from(&state.settings);
    }
    Ok(Some((connection, state)))
}

/// Nobody signs in through this connection.
pub(super) fn inactive() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "connection_inactive",
        "This way of signing in is switched off",
        "Your company’s administrator can switch it on again. Ask there, or write to support.",
    )
}

async fn keep(
    app: &App,
    id: FlowId,
    mut state: FlowState,
    connection: &Connection,
    outcome: Result<Asserted, Refused>,
    message: &str,
) -> Result<Response, Problem> {
    state.comparison = compared(app, connection, (&state, message), &outcome).await?;
    app.watch.answered(connection.id);
    // What was believed can be asked for again; what was refused is a record.
    let mut tx = if outcome.is_ok() { app.write_transient().await? } else { app.write().await? };
    settle(app, &mut tx, &mut state, connection, &outcome, message).await?;
    // Each sign-in takes one answer: whoever came second is led to what became of the first.
    if !store::session::advance_flow(&mut tx, id, SENT, ANSWERED, &state.to_json()?).await? {
        return Ok(finishing(id));
    }
    tx.commit().await?;
    if !state.test {
        app.shadows.offer(connection, (&state.protocol, message), &outcome, app.now());
    }
    tracing::debug!(connection = %connection.id, accepted = outcome.is_ok(), "an identity provider answered");
    Ok(finishing(id))
}

/// Puts the verdict into the flow, and a refusal into the record.
pub(super) async fn settle(
    app: &App,
    tx: &mut Tx,
    state: &mut FlowState,
    connection: &Connection,
    outcome: &Result<Asserted, Refused>,
    message: &str,
) -> Result<(), Problem> {
    state.keep_message(message);
    state.answer = Some(match outcome {
        Ok(asserted) => Answer::Asserted(asserted.to_json()),
        Err(refused) => {
            // Kept now: the browser may never come back to be told.
            let reference = record::refused(app, tx, state, refused).await?;
            state.reference = Some(reference.to_string());
            if !state.test && enforcement::HINTS.contains(&refused.code.as_str()) {
                // One look in five minutes, however often somebody posts rubbish.
                let name = format!("look:{}", connection.id);
                if rate::check_here(app, &name, rate::TROUBLE).is_ok() {
                    enforcement::look_soon(app, tx, connection.id).await?;
                }
            }
            Answer::Refused(refused.to_json())
        }
    });
    Ok(())
}

/// A test beside a live connection that has other settings: what differs from it for this person.
async fn compared(
    app: &App,
    tested: &Connection,
    (state, message): (&FlowState, &str),
    outcome: &Result<Asserted, Refused>,
) -> Result<Option<Comparison>, Problem> {
    let Some(asserted) = outcome.as_ref().ok().filter(|_| state.test) else { return Ok(None) };
    let live = store::connection::lookup(&mut app.read().await?, tested.id).await?;
    let live = live.filter(|it| it.status != ConnectionStatus::Draft && it.config != tested.config);
    let (Some(live), Some(evidence)) = (live, Evidence::of(tested.protocol, message, Some(asserted))) else {
        return Ok(None);
    };
    let judged = (&state.protocol, &evidence);
    Ok(Some(connection::compare::of_test(app, &live, tested, judged, asserted).await?))
}

/// Where a person begins again.
pub fn again(state: &FlowState) -> String {
    return_to::with("/login", &state.return_to)
}
