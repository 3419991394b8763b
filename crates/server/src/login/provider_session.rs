//! The end of the session at the identity provider, after the one here has ended (SAML profiles 4.4).
//!
//! Owns who is sent there, the flow that waits for the provider's answer, and what the answer means to the person. Our
//! session always ends first: a provider that never answers leaves nobody signed in here. See
//! `docs/decisions/0016-single-logout-in-both-directions.md`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Connection, ConnectionId, FlowId, Protocol};
use saml::logout::{Carrier, Status};
use serde::{Deserialize, Serialize};
use store::session::{Flow, Session};
use store::{Connected, Tx};

use super::flow::DONE;
use super::record;
use super::start::see_other;
use crate::app::App;
use crate::connection::{self, Leaver, NameId, Refused, logout_request, received_logout_response};
use crate::problem::Problem;
use crate::provider;
use crate::provider::frontchannel::Onward;
use crate::request::Browser;
use crate::signal;
use crate::trace;
use web::Html;
use web::pages::login::Handoff;
use web::pages::person::Done;
use web::pages::sign_out::SigningOut;

/// The browser is at the identity provider to sign out there.
const LEAVING: &str = "leaving";

/// A sign-out message as it came.
#[derive(Debug)]
pub struct Arrived<'m> {
    /// How.
    pub carrier: Carrier<'m>,
    /// With which relay state.
    pub relay_state: Option<&'m str>,
    /// As the trace shows it.
    pub message: String,
}

/// What the flow of a sign-out knows.
#[derive(Debug, Serialize, Deserialize)]
struct Leaving {
    connection: String,
    request: String,
    name_id: NameId,
    session_index: Option<String>,
    onward: String,
    application: Option<String>,
}

impl Leaving {
    /// Where the person goes in the end: label and address.
    fn next(&self) -> (String, String) {
        let label = self.application.as_ref().map_or("Continue".to_owned(), |it| format!("Continue to {it}"));
        (label, self.onward.clone())
    }
}

/// Where a person goes whose session has ended, in the transaction that ends it: to the provider first, where their
/// organization wants its session ended too and it takes such a request; none where it does not.
pub async fn by_way_of_provider(
    app: &App,
    tx: &mut Tx,
    browser: &Browser,
    session: &Session,
    onward: &Onward,
) -> Result<Option<Onward>, Problem> {
    let Some(it) = asked_too(tx, session).await? else { return Ok(None) };
    let Some(name_id) = &session.name_id else { return Ok(None) };
    let state = Leaving {
        connection: it.id.to_string(),
        request: connection::message_id(app),
        name_id: NameId::of(name_id, session.name_id_form.as_deref()),
        session_index: session.session_index.clone(),
        onward: onward.address.clone(),
        application: onward.application.clone(),
    };
    let now = app.now();
    let flow = Flow {
        id: app.id(FlowId::new),
        browser: browser.hash(),
        step: LEAVING.to_owned(),
        state: serde_json::to_string(&state).map_err(|e| Problem::internal(&e))?,
        created_at: now,
        expires_at: now.after(app.config.limits.flow),
    };
    store::session::add_flow(tx, &flow).await?;
    Ok(Some(Onward {
        address: format!("/logout/provider/{}", flow.id),
        application: Some(trace::provider(&it.provider)),
        fields: Vec::new(),
    }))
}

/// The connection of the session, where its organization and its provider make one sign-out of two.
async fn asked_too(db: &mut impl Connected, session: &Session) -> Result<Option<Connection>, Problem> {
    let Some(id) = session.connection_id.filter(|_| session.method == Protocol::Saml.as_str()) else {
        return Ok(None);
    };
    let Some(it) = store::connection::lookup(db, id).await?.filter(connection::takes_logout) else {
        return Ok(None);
    };
    let organization = store::organization::lookup(db, it.organization_id).await?;
    Ok(organization.filter(|organization| organization.end_provider_session).map(|_| it))
}

/// `GET /logout/provider/{flow}`: on to the provider with our request. A page of its own, because browsers do not follow a
/// form of ours to another site.
pub async fn leave(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let waiting = waiting(&mut db, &app, Some(&id)).await?;
    let Some((flow, state)) = waiting.filter(|(flow, _)| flow.browser == browser.hash()) else {
        return Ok(see_other("/logout"));
    };
    let found = store::connection::lookup(&mut db, connection_id(&state)?).await?;
    drop(db);
    let Some(it) = found else { return Ok(provider::see_other(&state.onward)) };
    let leaver = Leaver { name_id: &state.name_id, session_index: state.session_index.as_deref() };
    let message = logout_request(&app, &it, &leaver, (&state.request, flow.id)).await?;
    let Some(message) = message else { return Ok(provider::see_other(&state.onward)) };
    let to = trace::provider(&it.provider);
    let page = browser.page(&app, format!("On the way to {to}"));
    if message.fields.is_empty() {
        let page = SigningOut {
            page,
            frames: Vec::new(),
            onward: message.address,
            application: Some(to),
            fields: Vec::new(),
        };
        return Ok(web::respond(StatusCode::OK, &page));
    }
    let page = Handoff { page, to, action: message.address, fields: message.fields };
    Ok(web::respond_leaving(StatusCode::OK, &page))
}

/// The provider's answer to a request of ours, at its own address (`signal`).
pub async fn provider_answered(
    app: &App,
    browser: &Browser,
    it: &Connection,
    arrived: &Arrived<'_>,
) -> Result<Response, Problem> {
    let found = waiting(&mut app.read().await?, app, arrived.relay_state).await?;
    let Some((flow, state)) = found.filter(|(_, state)| state.connection == it.id.to_string()) else {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "sign_out_ended",
            "This sign-out has ended",
            "No sign-out waits for this answer: it was answered already, took too long, or was begun elsewhere. Your own \
             session here ended before the identity provider was asked.",
        ));
    };
    let judge = async |it: &Connection| {
        received_logout_response(app, it, arrived.carrier, (&state.request, app.now())).await
    };
    let mut outcome = judge(it).await;
    if let Err(refused) = &outcome
        && let Some(now) = signal::newer(app, it, refused).await
    {
        outcome = judge(&now).await;
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(refused) => {
            return sign_out_refused(app, browser, it, &refused, arrived, Some(state.next())).await;
        }
    };
    let mut tx = app.write_transient().await?;
    store::session::advance_flow(&mut tx, flow.id, LEAVING, DONE, "{}").await?;
    tx.commit().await?;
    if outcome.status == Status::Success {
        return Ok(provider::see_other(&state.onward));
    }
    let name = trace::provider(&it.provider);
    let words = outcome.message.map_or_else(String::new, |words| {
        format!(" It says: “{}”", words.chars().take(300).collect::<String>())
    });
    let text = if outcome.status == Status::Partial {
        format!(
            "{name} has ended its session too, and could not sign you out of every application there.{words}"
        )
    } else {
        format!("{name} could not end its own session, so you may still be signed in there.{words}")
    };
    let page = Done {
        page: browser.page(app, "Signed out"),
        title: "You are signed out here".to_owned(),
        text: Html::text(&format!("{text} On a shared computer, close the browser.")),
        next: Some(state.next()),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Records a sign-out message that was not believed, and shows the person where they stand. `next` is the way on of a
/// person whose session here has ended.
pub async fn sign_out_refused(
    app: &App,
    browser: &Browser,
    it: &Connection,
    refused: &Refused,
    arrived: &Arrived<'_>,
    next: Option<(String, String)>,
) -> Result<Response, Problem> {
    let reference = record::sign_out_refused(app, it, refused, &arrived.message).await?;
    Ok(record::sign_out_page(app, browser, it, refused, (reference, next)))
}

/// The sign-out that waits under this name, with what it knows.
async fn waiting(
    db: &mut impl Connected,
    app: &App,
    id: Option<&str>,
) -> Result<Option<(Flow, Leaving)>, Problem> {
    let Some(id) = id.and_then(|id| id.parse().ok()) else { return Ok(None) };
    let found = store::session::lookup_flow(db, id, app.now()).await?;
    let Some(flow) = found.filter(|flow| flow.step == LEAVING) else { return Ok(None) };
    let state = serde_json::from_str(&flow.state).map_err(|e| Problem::internal(&e))?;
    Ok(Some((flow, state)))
}

fn connection_id(state: &Leaving) -> Result<ConnectionId, Problem> {
    state.connection.parse().map_err(|e| Problem::internal(&e))
}
