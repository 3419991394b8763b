//! Answers that nobody asked for: the person started at the identity provider.
//!
//! Owns what becomes of them, as the connection says: one more round by a request of ours, a word, or a sign-in by that
//! very answer. Does not own whether an answer is believed (`connection`).

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionStatus, FlowId};
use store::session::Flow;

use super::answer::{inactive, judged, settle};
use super::flow::{ANSWERED, State as FlowState};
use super::start::see_other;
use super::{landing, record, return_to};
use crate::app::App;
use crate::connection::requests::IdpInitiated;
use crate::connection::{self, SamlConfig, Settings};
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress};

/// From the answer to our own page there is one redirect.
const WAITS: Duration = Duration::from_mins(2);

/// Goes the way of the connection. `message` is the `SAMLResponse`, `relay_state` what came beside it.
pub async fn take(
    app: &App,
    browser: &Browser,
    connection: Connection,
    (message, relay_state): (&str, Option<&str>),
    address: &ClientAddress,
) -> Result<Response, Problem> {
    let Some(Settings::Saml(config)) = Settings::of(&connection) else {
        return Ok(see_other(&format!("/login?connection={}", connection.id)));
    };
    match config.requests.idp_initiated {
        // It is not used: the person is sent to the provider once more, by us.
        IdpInitiated::RoundTrip => {
            let to = landing::of(&mut app.read().await?, relay_state).await?;
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("connection", &connection.id.to_string());
            if to != return_to::safe(None) {
                query.append_pair("return_to", &to);
            }
            Ok(see_other(&format!("/login?{}", query.finish())))
        }
        IdpInitiated::Off => refuse(app, browser, &connection, message).await,
        IdpInitiated::Direct => {
            rate::check(app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
            direct(app, connection, &config, (message, relay_state)).await
        }
    }
}

fn state_of(connection: &Connection) -> FlowState {
    FlowState {
        connection: connection.id.to_string(),
        organization: connection.organization_id.to_string(),
        return_to: return_to::safe(None),
        unasked: true,
        ..FlowState::default()
    }
}

/// The person is told where to start; who looks after the connection finds why in the record.
async fn refuse(
    app: &App,
    browser: &Browser,
    connection: &Connection,
    message: &str,
) -> Result<Response, Problem> {
    let refused = connection::refuse_unasked(app, connection);
    may_record(app, connection, &refused)?;
    let mut state = state_of(connection);
    state.keep_message(message);
    let mut tx = app.write().await?;
    let reference = record::refused(app, &mut tx, &state, &refused).await?;
    tx.commit().await?;
    record::page(app, browser, &state, &refused, &reference.to_string()).await
}

/// Anybody may send such an answer, so of those that are not taken each process records only some.
fn may_record(app: &App, connection: &Connection, refused: &connection::Refused) -> Result<(), Problem> {
    rate::check_here(app, &format!("unasked:{}", connection.id), rate::UNASKED).map_err(|_| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "sign_in_not_taken",
            "You could not be signed in",
            format!("{} Open our sign-in page and enter your work address.", refused.message),
        )
    })
}

/// Judges the answer by all that does not need a request, and keeps it for the browser that comes with it to our own site.
/// Its assertion signs in once, as any other (`join`).
async fn direct(
    app: &App,
    connection: Connection,
    config: &SamlConfig,
    (message, relay_state): (&str, Option<&str>),
) -> Result<Response, Problem> {
    if connection.status != ConnectionStatus::Active {
        return Err(record::early(app, &connection, None, inactive()).await);
    }
    let mut state = state_of(&connection);
    state.return_to = landing::of(&mut app.read().await?, relay_state).await?;
    state.protocol = connection::unasked(config);
    let (connection, outcome) = judged(app, connection, &state, message).await;
    if let Err(refused) = &outcome {
        may_record(app, &connection, refused)?;
    }
    let (id, now) = (app.id(FlowId::new), app.now());
    let mut tx = if outcome.is_ok() { app.write_transient().await? } else { app.write().await? };
    settle(app, &mut tx, &mut state, &connection, &outcome, message).await?;
    let flow = Flow {
        id,
        // Nobody's yet: it belongs to the browser that finishes it.
        browser: app.token("").hash(),
        step: ANSWERED.to_owned(),
        state: state.to_json()?,
        created_at: now,
        expires_at: now.after(WAITS),
    };
    store::session::add_flow(&mut tx, &flow).await?;
    tx.commit().await?;
    app.shadows.offer(&connection, (&state.protocol, message), &outcome, now);
    Ok(see_other(&format!("/login/finish/{id}")))
}
