//! `GET /login/finish/{flow}`: on our own site again, in the browser that began.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use model::{Account, Member, Organization};
use store::Tx;

use super::flow::{self, ANSWERED, Answer, COMPLETING, DONE, Joined, State as FlowState, TESTED};
use super::start::see_other;
use super::{confirm, join, meeting, record};
use crate::account::{SignIn, start_session};
use crate::app::App;
use crate::connection::{Asserted, NameId, Refused};
use crate::member;
use crate::problem::Problem;
use crate::rate;
use crate::request::Browser;

/// The longest name of a person or of a session at the provider by which a session can be found again, in bytes.
const LONGEST_NAME: usize = 1024;

/// Ends the flow: signs in, asks for what is missing, or says why not.
pub async fn finish(
    State(app): State<App>,
    browser: Browser,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = flow::of_browser(&mut app.read().await?, &app, &browser, &id).await;
    let (flow, state) = match found {
        Err(problem) if problem.code == flow::OTHER_BROWSER => {
            return Err(elsewhere(&app, &id, problem).await);
        }
        found => found?,
    };
    match flow.step.as_str() {
        ANSWERED => {}
        COMPLETING => return Ok(see_other(&format!("/login/profile/{id}"))),
        TESTED => return Ok(see_other(&back_to_test(&state, &id))),
        _ => return Ok(see_other("/login")),
    }
    if state.test {
        let mut tx = app.write().await?;
        store::session::advance_flow(&mut tx, flow.id, ANSWERED, TESTED, &flow.state).await?;
        let asserted = match &state.answer {
            Some(Answer::Asserted(json)) => Asserted::from_json(json, app.now()),
            _ => None,
        };
        if let Some(asserted) = asserted {
            let (through, organization) = (state.connection_id()?, state.organization_id()?);
            meeting::remember(&app, &mut tx, through, organization, &asserted).await?;
        }
        tx.commit().await?;
        return Ok(see_other(&back_to_test(&state, &id)));
    }
    let outcome = match &state.answer {
        Some(Answer::Asserted(json)) => Asserted::from_json(json, app.now())
            .ok_or_else(|| Problem::internal(&"an answer in a flow cannot be read"))?,
        Some(Answer::Refused(json)) => {
            let refused = Refused::from_json(json)
                .ok_or_else(|| Problem::internal(&"a refusal in a flow cannot be read"))?;
            let reference = state.reference.clone().unwrap_or_default();
            return record::page(&app, &browser, &state, &refused, &reference).await;
        }
        None => return Err(Problem::internal(&"an answered flow without an answer")),
    };
    Box::pin(sign_in(&app, &browser, flow, state, &outcome, &headers)).await
}

/// The same problem, with a reference that the company finds it by.
async fn elsewhere(app: &App, id: &str, problem: Problem) -> Problem {
    let known = async {
        let mut db = app.read().await?;
        let Ok(id) = id.parse() else { return Ok(None) };
        let Some((_, state)) = flow::lookup(&mut db, app, id).await? else { return Ok(None) };
        let connection = store::connection::lookup(&mut db, state.connection_id()?).await?;
        Ok::<_, Problem>(connection.map(|connection| (connection, state)))
    };
    match known.await {
        Ok(Some((connection, state))) => record::early(app, &connection, Some(&state), problem).await,
        _ => problem,
    }
}

async fn sign_in(
    app: &App,
    browser: &Browser,
    flow: store::session::Flow,
    mut state: FlowState,
    asserted: &Asserted,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    if !store::session::advance_flow(&mut tx, flow.id, ANSWERED, DONE, "{}").await? {
        return Err(Problem::conflict(
            "sign_in_ended",
            "This sign-in was finished already",
            "Open the page you wanted; you may be signed in by now.",
        ));
    }
    if state.unasked {
        // Nobody's until now, it is this browser's from now on.
        let expires_at = app.now().after(app.config.limits.flow);
        let (step, kept) = (DONE.to_owned(), "{}".to_owned());
        let ours =
            store::session::Flow { browser: browser.hash(), step, state: kept, expires_at, ..flow.clone() };
        store::session::remove_flow(&mut tx, flow.id).await?;
        store::session::add_flow(&mut tx, &ours).await?;
    }
    let organization = store::organization::lookup(&mut tx, state.organization_id()?).await?;
    let Some(organization) = organization else { return Err(Problem::not_found("connection")) };
    let connections = store::connection::list(&mut tx, organization.id).await?;
    let through = state.connection_id()?;
    let connection = connections.iter().find(|it| it.id == through);
    let connection = connection.ok_or_else(|| Problem::not_found("connection"))?;
    let company = (&organization, connections.as_slice());
    match join::join(app, &mut tx, company, connection, asserted).await? {
        Err(refused) => {
            state.email = asserted.email.clone().or(state.email);
            // Of a SAML answer the message is there; of an OpenID provider's what it said of the person.
            state.message = state.message.or_else(|| record::said(asserted));
            // Nothing of the join may stay; what stays is that the flow and the assertion are used up.
            drop(tx);
            if let Some(email) = state.email.as_deref().filter(|_| refused.code == confirm::CODE) {
                rate::check(app, &format!("link:{email}"), rate::MAILS).await?;
            }
            let mut tx = app.write().await?;
            store::session::advance_flow(&mut tx, flow.id, ANSWERED, DONE, "{}").await?;
            if let Some((assertion, until)) = &asserted.assertion {
                store::session::see_assertion(&mut tx, connection.id, assertion, *until).await?;
            }
            if let Some(email) = asserted.email.as_deref().filter(|_| refused.code == confirm::CODE) {
                let asked = (asserted.subject.as_str(), email, state.return_to.as_str());
                confirm::ask(app, &mut tx, &organization, connection, asked).await?;
            }
            let reference = record::refused(app, &mut tx, &state, &refused).await?;
            tx.commit().await?;
            record::page(app, browser, &state, &refused, &reference.to_string()).await
        }
        Ok(joined) if member::missing(&joined.member).is_empty() => {
            state.keep(joined.notes, joined.ends_at);
            let who = (&organization, &joined.account, &joined.member);
            let cookie = begin_session(app, &mut tx, &state, asserted, who, headers).await?;
            tx.commit().await?;
            Ok(signed_in(&state.return_to, cookie))
        }
        Ok(joined) => {
            state.keep(joined.notes, joined.ends_at);
            state.joined =
                Some(Joined { account: joined.account.id.to_string(), member: joined.member.id.to_string() });
            store::session::advance_flow(&mut tx, flow.id, DONE, COMPLETING, &state.to_json()?).await?;
            tx.commit().await?;
            Ok(see_other(&format!("/login/profile/{}", flow.id)))
        }
    }
}

/// Writes the session and the record of the attempt.
pub async fn begin_session(
    app: &App,
    tx: &mut Tx,
    state: &FlowState,
    asserted: &Asserted,
    (organization, account, member): (&Organization, &Account, &Member),
    headers: &HeaderMap,
) -> Result<HeaderValue, Problem> {
    let own_limit = organization.session_max.map(|longest| app.now().after(longest));
    // Longer ones would not fit an index; such a session ends by itself or by a sign-out here.
    let fits = |text: &String| text.len() <= LONGEST_NAME;
    let how = SignIn {
        method: asserted.method,
        auth_at: asserted.auth_at,
        connection_id: Some(state.connection_id()?),
        name_id: asserted.name_id.as_ref().map(|n| n.value.clone()).filter(fits),
        name_id_form: asserted.name_id.as_ref().and_then(NameId::form).filter(fits),
        // Kept for one purpose, and only where the company has it.
        id_token_sealed: state.id_token_sealed.clone().filter(|_| organization.end_provider_session),
        session_index: asserted.session_index.clone().filter(fits),
        ends_at: asserted.session_not_on_or_after.into_iter().chain(own_limit).chain(state.ends_at()).min(),
        acr: asserted.acr.clone(),
        amr: (!asserted.amr.is_empty()).then(|| asserted.amr.join(" ")),
    };
    record::accepted(app, tx, state, (account.id, member.id), &account.email).await?;
    start_session(app, tx, account.id, Some(member), how, headers).await
}

/// Back to where the person came from, signed in.
pub fn signed_in(return_to: &str, cookie: HeaderValue) -> Response {
    let mut response = see_other(return_to);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

fn back_to_test(state: &FlowState, id: &str) -> String {
    let glue = if state.return_to.contains('?') { '&' } else { '?' };
    format!("{}{glue}flow={id}", state.return_to)
}
