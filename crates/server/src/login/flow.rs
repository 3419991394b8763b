//! A sign-in under way, as it is kept between two requests.

use model::{AccountId, Connection, ConnectionId, FlowId, MemberId, OrganizationId, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::session::Flow;

use super::answer::KEPT;
use super::record;
use crate::app::App;
use crate::connection::compare::Comparison;
use crate::connection::{self, BeginOptions};
use crate::enforcement;
use crate::problem::Problem;
use crate::provider;
use crate::request::Browser;
use axum::response::Response;

/// The browser is at the identity provider.
pub const SENT: &str = "sent";
/// The identity provider's answer is kept.
pub const ANSWERED: &str = "answered";
/// Joined; the person is asked for what is missing.
pub const COMPLETING: &str = "completing";
/// A test sign-in has its result.
pub const TESTED: &str = "tested";
/// The code of the refusal where another browser comes than the one that began.
pub const OTHER_BROWSER: &str = "other_browser";
/// Nothing more comes of it.
pub const DONE: &str = "done";

/// What a flow knows. One that is done was made to forget it all: what is left reads as the default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// A test for the setup wizard: nobody is signed in.
    pub test: bool,
    /// The settings that a test tries, as they would be stored: they may not be the connection's yet, or no longer.
    pub settings: String,
    /// Through which connection.
    pub connection: String,
    /// Of which organization.
    pub organization: String,
    /// Where the person came from.
    pub return_to: String,
    /// The address that was typed.
    pub email: Option<String>,
    /// What the protocol must remember: request id, nonce, verifier.
    pub protocol: Value,
    /// The identity provider's answer, judged.
    pub answer: Option<Answer>,
    /// The message as it came, for the trace.
    pub message: Option<String>,
    /// Who it was, once joined.
    pub joined: Option<Joined>,
    /// Reference of the recorded attempt.
    pub reference: Option<String>,
    /// What the record says besides that the person signed in.
    pub notes: Vec<String>,
    /// A test beside a live connection: what differs from it.
    pub comparison: Option<Comparison>,
    /// When the session must end, whatever the provider says; microseconds.
    pub ends_at: Option<i64>,
    /// The ID token that came, sealed, where its provider takes sign-outs.
    pub id_token_sealed: Option<String>,
    /// Nobody asked for the answer: until it is finished, the flow is no browser's.
    pub unasked: bool,
}

/// An answer, judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// `connection::Asserted` as JSON.
    Asserted(Value),
    /// `connection::Refused` as JSON.
    Refused(Value),
}

/// Who signs in, while a field of the profile is still missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Joined {
    /// The account.
    pub account: String,
    /// The member.
    pub member: String,
}

impl State {
    /// The connection's id.
    pub fn connection_id(&self) -> Result<ConnectionId, Problem> {
        self.connection.parse().map_err(|e| Problem::internal(&e))
    }

    /// The organization's id.
    pub fn organization_id(&self) -> Result<OrganizationId, Problem> {
        self.organization.parse().map_err(|e| Problem::internal(&e))
    }

    /// Keeps what a joining says besides who it is.
    pub fn keep(&mut self, notes: Vec<String>, ends_at: Option<Time>) {
        self.notes = notes;
        self.ends_at = ends_at.map(Time::as_micros);
    }

    /// Keeps the message as it came, unless it is longer than anybody reads.
    pub fn keep_message(&mut self, message: &str) {
        self.message = (!message.is_empty() && message.len() <= KEPT).then(|| message.to_owned());
    }

    /// When the session must end, whatever the provider says.
    pub fn ends_at(&self) -> Option<Time> {
        self.ends_at.map(Time::from_micros)
    }

    /// The JSON to keep.
    pub fn to_json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|e| Problem::internal(&e))
    }
}

impl Joined {
    /// The ids.
    pub fn ids(&self) -> Result<(AccountId, MemberId), Problem> {
        let account = self.account.parse().map_err(|e| Problem::internal(&e))?;
        Ok((account, self.member.parse().map_err(|e| Problem::internal(&e))?))
    }
}

/// What a flow begins with.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// The address that was typed.
    pub email: Option<String>,
    /// Where the person came from.
    pub return_to: String,
    /// A test for the setup wizard.
    pub test: bool,
    /// The person must prove again who they are.
    pub force: bool,
}

/// Sends the browser to the identity provider and remembers why.
pub async fn begin(
    app: &App,
    browser: &Browser,
    connection: &Connection,
    beginning: Beginning,
) -> Result<Response, Problem> {
    let id = app.id(FlowId::new);
    let wishes = provider::wishes(app, &beginning.return_to);
    let options = BeginOptions {
        login_hint: beginning.email.clone(),
        force_authn: beginning.force || wishes.anew,
        acr_values: wishes.acr_values,
    };
    let begun = match connection::begin(app, connection, id, &options).await {
        Err(problem) if problem.code == "provider_unreachable" => {
            let state = State { test: beginning.test, email: beginning.email, ..State::default() };
            return Err(record::early(app, connection, Some(&state), problem).await);
        }
        begun => begun?,
    };
    let state = State {
        test: beginning.test,
        settings: if beginning.test { connection.config.clone() } else { String::new() },
        connection: connection.id.to_string(),
        organization: connection.organization_id.to_string(),
        return_to: beginning.return_to,
        email: beginning.email,
        protocol: begun.state,
        answer: None,
        message: None,
        joined: None,
        reference: None,
        notes: Vec::new(),
        comparison: None,
        ends_at: None,
        id_token_sealed: None,
        unasked: false,
    };
    let now = app.now();
    let flow = Flow {
        id,
        browser: browser.hash(),
        step: SENT.to_owned(),
        state: state.to_json()?,
        created_at: now,
        expires_at: now.after(app.config.limits.flow),
    };
    let mut tx = app.write_transient().await?;
    store::session::add_flow(&mut tx, &flow).await?;
    if !state.test && app.watch.begun(connection.id, now) {
        enforcement::look_soon(app, &mut tx, connection.id).await?;
    }
    tx.commit().await?;
    Ok(begun.response)
}

/// A flow that is still remembered, with what it knows.
pub async fn lookup(
    db: &mut impl store::Connected,
    app: &App,
    id: FlowId,
) -> Result<Option<(Flow, State)>, Problem> {
    let Some(flow) = store::session::lookup_flow(db, id, app.now()).await? else { return Ok(None) };
    let state = serde_json::from_str(&flow.state).map_err(|e| Problem::internal(&e))?;
    Ok(Some((flow, state)))
}

/// The flow of this browser; anybody else's, and one that ended, is refused with words.
pub async fn of_browser(
    db: &mut impl store::Connected,
    app: &App,
    browser: &Browser,
    id: &str,
) -> Result<(Flow, State), Problem> {
    let ended = || {
        Problem::new(
            axum::http::StatusCode::GONE,
            "sign_in_ended",
            "This sign-in has ended",
            "It took longer than an hour, or was finished already. Begin again at the sign-in page.",
        )
    };
    let id = id.parse().map_err(|_| ended())?;
    let (flow, state) = lookup(db, app, id).await?.ok_or_else(ended)?;
    let nobodys = state.unasked && flow.step == ANSWERED;
    if !nobodys && flow.browser != browser.hash() {
        return Err(Problem::new(
            axum::http::StatusCode::FORBIDDEN,
            OTHER_BROWSER,
            "This sign-in was begun in another browser",
            "For your safety it can only be finished where it was begun. Open the sign-in page here and begin again.",
        ));
    }
    if flow.step == DONE {
        return Err(ended());
    }
    Ok((flow, state))
}
