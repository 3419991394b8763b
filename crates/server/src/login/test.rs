//! Test sign-ins of the setup wizard: real ones that sign nobody in.

use axum::response::Response;
use model::{Connection, ConnectionId, FlowId};
use store::Connected;

use super::flow::{self, Answer, Beginning, State, TESTED};
use crate::app::App;
use crate::connection::compare::Comparison;
use crate::connection::{Asserted, Refused};
use crate::problem::Problem;
use crate::request::Browser;

/// What a test sign-in came to.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Which connection was tested.
    pub connection: ConnectionId,
    /// With which settings, as they were stored or would be.
    pub settings: String,
    /// What the provider vouched for, or why it was not believed.
    pub outcome: Result<Asserted, Refused>,
    /// Reference of the recorded attempt, for a refusal.
    pub reference: Option<String>,
    /// What differs from the live connection, where there is one and it has other settings.
    pub comparison: Option<Comparison>,
}

/// Sends the browser to the identity provider; it comes back to `return_to?flow={id}`. The settings in `connection` are
/// tried as they are given here, also where others are stored.
pub async fn begin_test(
    app: &App,
    browser: &Browser,
    connection: &Connection,
    return_to: String,
) -> Result<Response, Problem> {
    let beginning = Beginning { email: None, return_to, test: true, force: false };
    flow::begin(app, browser, connection, beginning).await
}

/// The result of a test that this browser made; none when it is not there (yet), or ended.
pub async fn test_result(
    db: &mut impl Connected,
    app: &App,
    browser: &Browser,
    id: FlowId,
) -> Result<Option<TestResult>, Problem> {
    let Some((flow, state)) = flow::lookup(db, app, id).await? else { return Ok(None) };
    if flow.browser != browser.hash() || flow.step != TESTED || !state.test {
        return Ok(None);
    }
    let outcome = match &state.answer {
        Some(Answer::Asserted(json)) => Asserted::from_json(json, app.now()).map(Ok),
        Some(Answer::Refused(json)) => Refused::from_json(json).map(Err),
        None => None,
    };
    let connection = state.connection_id()?;
    let State { settings, reference, comparison, .. } = state;
    Ok(outcome.map(|outcome| TestResult { connection, settings, outcome, reference, comparison }))
}
