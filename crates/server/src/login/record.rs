//! The record of every attempt, and the page that a refused person sees.

use axum::http::StatusCode;
use axum::response::Response;
use model::{AccountId, Connection, MemberId, OrganizationId, TraceId};
use serde_json::json;
use store::Tx;
use store::session::Attempt;

use super::answer::{KEPT, again};
use super::flow::State;
use crate::app::App;
use crate::connection::{Asserted, Refused};
use crate::problem::Problem;
use crate::rate;
use crate::request::Browser;
use web::html::unmarked;
use web::layout::Contact;
use web::pages::person::ErrorPage;
use web::parts::{Copy, Tone};

/// Records a refusal under a fresh reference.
pub async fn refused(app: &App, tx: &mut Tx, state: &State, refused: &Refused) -> Result<TraceId, Problem> {
    let explanation = json!({
        "message": refused.message,
        "expected": refused.expected,
        "received": refused.received,
        "steps": refused.steps,
        "test": state.test,
    });
    let id = add(app, tx, state, None, false, &refused.code, &explanation).await?;
    tracing::info!(reference = %id, connection = state.connection, code = refused.code, "a sign-in was refused");
    Ok(id)
}

/// What an OpenID provider said of the person, as the trace shows it; none of SAML.
pub fn said(asserted: &Asserted) -> Option<String> {
    let claims = asserted.claims.as_ref()?;
    let text = json!({"id_token": {"claims": claims}}).to_string();
    (text.len() <= KEPT).then_some(text)
}

/// Records a refusal that came before any verdict, of an answer that nobody waits for, say, so that the reference on the
/// page leads to it. Anybody may cause some: where so many came, the page has a reference of the log alone.
pub async fn early(app: &App, it: &Connection, flow: Option<&State>, problem: Problem) -> Problem {
    if rate::check_here(app, &format!("early:{}", it.id), rate::SIGN_OUTS).is_err() {
        return problem;
    }
    let attempt = Attempt {
        id: app.id(TraceId::new),
        at: app.now(),
        organization_id: Some(it.organization_id),
        connection_id: Some(it.id),
        account_id: None,
        member_id: None,
        email: flow.and_then(|state| state.email.clone()),
        accepted: false,
        code: problem.code.to_owned(),
        explanation: json!({
            "message": problem.detail,
            "received": problem.cause,
            "test": flow.is_some_and(|state| state.test),
        })
        .to_string(),
        message: None,
    };
    let kept = async {
        let mut tx = app.write().await?;
        store::session::add_attempt(&mut tx, &attempt).await?;
        Ok::<_, Problem>(tx.commit().await?)
    };
    match kept.await {
        Ok(()) => problem.reference(attempt.id),
        Err(failed) => {
            tracing::error!(cause = failed.cause, "a refused sign-in could not be recorded");
            problem
        }
    }
}

/// Records a sign-out message that was not believed, under a fresh reference: nobody's in particular, because anybody may
/// send one. None where so many came that they are only counted.
pub async fn sign_out_refused(
    app: &App,
    it: &Connection,
    refused: &Refused,
    message: &str,
) -> Result<Option<TraceId>, Problem> {
    tracing::info!(connection = %it.id, code = refused.code, "a sign-out message was refused");
    if rate::check_here(app, &format!("sign-out:{}", it.id), rate::SIGN_OUTS).is_err() {
        return Ok(None);
    }
    let explanation = json!({
        "message": refused.message,
        "expected": refused.expected,
        "received": refused.received,
        "steps": refused.steps,
    });
    let attempt = Attempt {
        id: app.id(TraceId::new),
        at: app.now(),
        organization_id: Some(it.organization_id),
        connection_id: Some(it.id),
        account_id: None,
        member_id: None,
        email: None,
        accepted: false,
        code: refused.code.clone(),
        explanation: explanation.to_string(),
        message: (!message.is_empty() && message.len() <= KEPT).then(|| message.to_owned()),
    };
    let mut tx = app.write().await?;
    store::session::add_attempt(&mut tx, &attempt).await?;
    tx.commit().await?;
    Ok(Some(attempt.id))
}

/// The page after a sign-out message that was not believed: where the person stands, and what is left to do. `next` is
/// the way on of a person whose session here has ended.
pub fn sign_out_page(
    app: &App,
    browser: &Browser,
    it: &Connection,
    refused: &Refused,
    (reference, next): (Option<TraceId>, Option<(String, String)>),
) -> Response {
    let name = crate::trace::provider(&it.provider);
    let (title, stand) = match &next {
        Some(_) => ("You are signed out here", format!("You may still be signed in to {name}.")),
        None => (
            "You may still be signed in here",
            format!(
                "{name} asked us to sign you out, in a way that we cannot believe, so nothing was ended."
            ),
        ),
    };
    let text = format!("{stand} {}", unmarked(&refused.message));
    let mut page = ErrorPage::new(browser.page(app, title), title, &text);
    page.reference = reference.map(|reference| {
        Copy::new("reference", "Reference", reference.to_string()).hint(&app.now().to_string())
    });
    page.code.clone_from(&refused.code);
    page.remedy = web::Html::marked(if reference.is_some() {
        "On a shared computer, close the browser. Send this reference to your company’s IT help desk: they see with it \
         what to put right."
    } else {
        "On a shared computer, close the browser, and tell your company’s IT help desk."
    });
    page.next = Some(next.unwrap_or_else(|| ("Sign out here".to_owned(), "/account".to_owned())));
    web::respond(StatusCode::BAD_REQUEST, &page)
}

/// Records that somebody was signed in.
pub async fn accepted(
    app: &App,
    tx: &mut Tx,
    state: &State,
    who: (AccountId, MemberId),
    email: &str,
) -> Result<TraceId, Problem> {
    let mut message = format!("{email} signed in.");
    for note in &state.notes {
        message.push(' ');
        message.push_str(note);
    }
    let explanation = json!({"message": message});
    add(app, tx, state, Some((who, email)), true, "signed_in", &explanation).await
}

async fn add(
    app: &App,
    tx: &mut Tx,
    state: &State,
    who: Option<((AccountId, MemberId), &str)>,
    accepted: bool,
    code: &str,
    explanation: &serde_json::Value,
) -> Result<TraceId, Problem> {
    let attempt = Attempt {
        id: app.id(TraceId::new),
        at: app.now(),
        organization_id: Some(state.organization_id()?),
        connection_id: Some(state.connection_id()?),
        account_id: who.map(|((account, _), _)| account),
        member_id: who.map(|((_, member), _)| member),
        email: who.map(|(_, email)| email.to_owned()).or_else(|| state.email.clone()),
        accepted,
        code: code.to_owned(),
        explanation: explanation.to_string(),
        message: state.message.clone(),
    };
    store::session::add_attempt(tx, &attempt).await?;
    Ok(attempt.id)
}

/// The calm page of a refused sign-in: what happened, whom to ask, which reference to name. What exactly was expected
/// and received is the administrator's to see, under the reference.
pub async fn page(
    app: &App,
    browser: &Browser,
    state: &State,
    refused: &Refused,
    reference: &str,
) -> Result<Response, Problem> {
    let administrators = if refused.code.starts_with("member_") || refused.code == "not_a_member" {
        administrators(app, state.organization_id()?).await?
    } else {
        Vec::new()
    };
    let title = match refused.code.as_str() {
        "access_denied" => "Your company’s sign-in said no",
        "not_a_member" => "You have no place here yet",
        "member_suspended" => "Your access is paused",
        "member_of_own_account" => "Your place belongs to another account",
        "member_left" => "Your company has ended your access",
        super::confirm::CODE => "Look into your mail",
        "idp_initiated_off" => "Start the sign-in here",
        "email_not_in_domain" => "This address is not one of your company’s",
        _ => "You could not be signed in",
    };
    let mut page = ErrorPage::new(browser.page(app, title), title, &unmarked(&refused.message));
    page.reference = Some(Copy::new("reference", "Reference", reference).hint(&app.now().to_string()));
    page.administrators = administrators;
    page.again = Some(again(state));
    page.other = Some(super::return_to::with("/login/other", &state.return_to));
    page.code.clone_from(&refused.code);
    page.seal = match refused.code.as_str() {
        super::confirm::CODE => (Tone::Brand, "mail"),
        "idp_initiated_off" => (Tone::Brand, "info"),
        _ => page.seal,
    };
    page.remedy = web::Html::marked(if refused.code == super::confirm::CODE {
        "Nothing there after two minutes? Look into the folder for spam, then come in through your company’s sign-in again."
    } else {
        "Send this reference to your company’s IT help desk. They see with it what to put right."
    });
    Ok(web::respond(StatusCode::FORBIDDEN, &page))
}

async fn administrators(app: &App, organization: OrganizationId) -> Result<Vec<Contact>, Problem> {
    let admins = store::member::admins(&mut app.read().await?, organization, 3).await?;
    Ok(admins
        .into_iter()
        .filter_map(|m| {
            let name = format!("{} {}", m.first_name.unwrap_or_default(), m.last_name.unwrap_or_default());
            m.email.map(|email| Contact { name: name.trim().to_owned(), email })
        })
        .collect())
}
