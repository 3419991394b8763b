//! The end of the session at the identity provider, after the one here has ended (SAML profiles 4.4, OpenID Connect
//! RP-Initiated Logout 1.0).
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
use subtle::ConstantTimeEq as _;

use super::flow::DONE;
use super::record;
use super::start::see_other;
use crate::app::App;
use crate::connection::{
    self, Leaver, Message, NameId, Refused, end_session, logout_request, received_logout_response,
    sign_out_state,
};
use crate::problem::Problem;
use crate::provider;
use crate::provider::frontchannel::Onward;
use crate::request::{Browser, Params};
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
    /// The id of our request, or the secret half of `state`.
    request: String,
    whose: Whose,
    onward: String,
    application: Option<String>,
}

/// What tells the provider whose session is meant.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    Saml { name_id: NameId, session_index: Option<String> },
    Oidc { id_token_sealed: Option<String> },
}

impl Whose {
    fn of(session: &Session) -> Option<Self> {
        if session.method == Protocol::Oidc.as_str() {
            return Some(Self::Oidc { id_token_sealed: session.id_token_sealed.clone() });
        }
        let name_id = NameId::of(session.name_id.as_ref()?, session.name_id_form.as_deref());
        Some(Self::Saml { name_id, session_index: session.session_index.clone() })
    }
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
    let Some(whose) = Whose::of(session) else { return Ok(None) };
    let state = Leaving {
        connection: it.id.to_string(),
        request: connection::message_id(app),
        whose,
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
    let ours = [Protocol::Saml, Protocol::Oidc].map(Protocol::as_str).contains(&session.method.as_str());
    let Some(id) = session.connection_id.filter(|_| ours) else { return Ok(None) };
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
    let message = match &state.whose {
        Whose::Saml { name_id, session_index } => {
            let leaver = Leaver { name_id, session_index: session_index.as_deref() };
            logout_request(&app, &it, &leaver, (&state.request, flow.id)).await?
        }
        Whose::Oidc { id_token_sealed } => {
            let back = sign_out_state(flow.id, &state.request);
            let address = end_session(&app, &it, id_token_sealed.as_deref(), &back)?;
            address.map(|address| Message { address, fields: Vec::new() })
        }
    };
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

/// `GET /oidc/{connection}/signed-out`: an OpenID provider sends the browser back to where the sign-out was to lead. It says
/// no more than that; somebody else's browser, and one for which nothing waits, sees where it stands here.
pub async fn came_back(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let back = params.first("state").unwrap_or_default();
    let (flow, secret) = back.split_once('.').unwrap_or_default();
    let found = waiting(&mut app.read().await?, &app, Some(flow)).await?;
    let ours = |(flow, state): &(Flow, Leaving)| {
        let known: bool = state.request.as_bytes().ct_eq(secret.as_bytes()).into();
        known && state.connection == id && flow.browser == browser.hash()
    };
    let Some((flow, state)) = found.filter(ours) else { return Ok(see_other("/logout")) };
    let mut tx = app.write_transient().await?;
    store::session::advance_flow(&mut tx, flow.id, LEAVING, DONE, "{}").await?;
    tx.commit().await?;
    Ok(provider::see_other(&state.onward))
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
