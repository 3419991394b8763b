//! SAML single logout (profiles 4.4): the provider ends sessions through the browser, or answers where we asked it to.
//!
//! Owns what a request of the provider ends, and what it is answered. Does not own the checks (`connection`), nor the
//! sign-outs of ours that wait for an answer (`login`).

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Connection, Protocol, Time};
use saml::logout::{Carrier, ReceivedLogoutRequest, Status};
use store::session::Session;
use store::{Connected, Tx};
use url::Url;

use super::{connection, end};
use crate::app::App;
use crate::care;
use crate::connection::{Message, Refused, SIGN_OUT, logout_answer, received_logout_request, seen_request};
use crate::login::{self, Arrived};
use crate::problem::Problem;
use crate::provider::{self, frontchannel};
use crate::request::{Browser, Params, pairs};
use crate::trace;
use web::pages::login::{Handoff, SignedOut};
use web::pages::sign_out::Frame;

/// `GET /saml/{connection}/slo`: a message in the address (SAML bindings 3.4).
pub async fn by_redirect(
    State(app): State<App>,
    Path(id): Path<String>,
    browser: Browser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let params = Params(pairs(query.as_bytes()));
    receive(&app, &browser, &headers, &id, (&params, Some(&query))).await
}

/// `POST /saml/{connection}/slo`: a message in a form (SAML bindings 3.5).
pub async fn by_post(
    State(app): State<App>,
    Path(id): Path<String>,
    browser: Browser,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let params = Params(pairs(&body));
    receive(&app, &browser, &headers, &id, (&params, None)).await
}

async fn receive(
    app: &App,
    browser: &Browser,
    headers: &HeaderMap,
    id: &str,
    (params, query): (&Params, Option<&str>),
) -> Result<Response, Problem> {
    let it = connection(app, id).await?;
    if it.protocol != Protocol::Saml {
        return Err(Problem::not_found("connection"));
    }
    let relay_state = params.first("RelayState");
    let said = |name: &str| params.first(name).filter(|text| !text.is_empty());
    let (message, is_answer) = match (said("SAMLRequest"), said("SAMLResponse")) {
        (Some(request), None) => (request, false),
        (None, Some(response)) => (response, true),
        _ => {
            return Err(Problem::bad_request(
                "saml_message_missing",
                "Expected one of SAMLRequest and SAMLResponse: this address is for sign-out messages of the identity \
                 provider. To sign out yourself, use the button in the application.",
            ));
        }
    };
    let carrier = query.map_or(Carrier::Post(message), Carrier::Redirect);
    let arrived = Arrived { message: shown(message, query.is_some()), carrier, relay_state };
    if is_answer {
        return login::provider_answered(app, browser, &it, &arrived).await;
    }
    match judge(app, it, &arrived).await {
        (it, Ok(request)) => obey(app, browser, headers, &it, request).await,
        (it, Err(refused)) => login::sign_out_refused(app, browser, &it, &refused, &arrived, None).await,
    }
}

/// The message as the trace shows it: base64 of XML.
fn shown(message: &str, packed: bool) -> String {
    if !packed {
        return message.to_owned();
    }
    saml::binding::inflate(message).map(|xml| saml::binding::post_value(&xml)).unwrap_or_default()
}

/// Judges the request; once more where the provider has published a new key since its metadata was read.
async fn judge(
    app: &App,
    it: Connection,
    arrived: &Arrived<'_>,
) -> (Connection, Result<ReceivedLogoutRequest, Refused>) {
    let mut outcome = received_logout_request(app, &it, arrived.carrier, app.now()).await;
    let mut it = it;
    if let Err(refused) = &outcome
        && let Some(now) = newer(app, &it, refused).await
    {
        outcome = received_logout_request(app, &now, arrived.carrier, app.now()).await;
        it = now;
    }
    let relay_state = arrived.relay_state.map(str::to_owned);
    (it, outcome.map(|request| ReceivedLogoutRequest { relay_state, ..request }))
}

/// The connection with keys that came just now, where the refusal is one that a new key mends.
pub async fn newer(app: &App, it: &Connection, refused: &Refused) -> Option<Connection> {
    if refused.code.strip_prefix(SIGN_OUT) != Some("signature_invalid") {
        return None;
    }
    care::after_unknown_key(app, it)
        .await
        .inspect_err(|problem| {
            tracing::error!(cause = problem.cause, "a provider's metadata could not be looked at again");
        })
        .ok()
        .flatten()
}

/// Ends what the provider named, tells applications, and answers.
async fn obey(
    app: &App,
    browser: &Browser,
    headers: &HeaderMap,
    it: &Connection,
    request: ReceivedLogoutRequest,
) -> Result<Response, Problem> {
    let now = app.now();
    let mut tx = app.write().await?;
    if !store::session::see_assertion(&mut tx, it.id, &seen_request(&request.id), request.until.into())
        .await?
    {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "sign_out_replayed",
            "This sign-out was done before",
            "The identity provider’s message works once, and it came a second time, perhaps by the browser’s back button. \
             There is nothing more to do.",
        ));
    }
    let sessions = named(&mut tx, it, &request, now).await?;
    let (frames, untold) = told(app, &mut tx, &sessions).await?;
    end(app, &mut tx, it, &sessions, "saml_logout").await?;
    tx.commit().await?;
    tracing::info!(id = %it.id, sessions = sessions.len(), "an identity provider ended sessions");
    // In a frame of the provider's page there is no room for frames of ours.
    let in_frame = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "iframe" || dest == "frame");
    let (frames, missed) = if in_frame { (Vec::new(), !frames.is_empty()) } else { (frames, false) };
    let status = if untold || missed { Status::Partial } else { Status::Success };
    let Some(message) = logout_answer(app, it, &request, status).await? else {
        let page = browser.page(app, "Signed out");
        return Ok(web::respond(StatusCode::OK, &SignedOut { page, provider: None }));
    };
    let onward = frontchannel::Onward {
        address: message.address.clone(),
        application: Some(trace::provider(&it.provider)),
        fields: message.fields.clone(),
    };
    if let Some(page) = frontchannel::page(app, browser, frames, onward) {
        return Ok(page);
    }
    Ok(send(app, browser, it, message, in_frame))
}

/// The sessions that the request means: of the person, in the provider's sessions that it names, or all of them. A
/// session of ours whose provider gave it no name cannot be told from the one that is meant.
async fn named(
    db: &mut impl Connected,
    it: &Connection,
    request: &ReceivedLogoutRequest,
    now: Time,
) -> Result<Vec<Session>, Problem> {
    let mut all = store::session::list_of_name_id(db, it.id, &request.name_id.value, now).await?;
    if !request.session_indexes.is_empty() {
        all.retain(|it| {
            it.session_index.as_ref().is_none_or(|index| request.session_indexes.contains(index))
        });
    }
    Ok(all)
}

/// The applications that are told in frames, and whether one of them cannot be told at all.
async fn told(app: &App, tx: &mut Tx, sessions: &[Session]) -> Result<(Vec<Frame>, bool), Problem> {
    let (mut frames, mut untold) = (Vec::new(), false);
    for session in sessions {
        frames.extend(frontchannel::frames(app, tx, session.id, None).await?);
        untold |= provider::has_deaf_applications(tx, session.id).await?;
    }
    frames.truncate(frontchannel::MOST);
    Ok((frames, untold))
}

/// Sends the browser to the provider with the message.
fn send(app: &App, browser: &Browser, it: &Connection, message: Message, in_frame: bool) -> Response {
    if message.fields.is_empty() {
        return provider::see_other(&message.address);
    }
    let origin = Url::parse(&message.address).ok().map(|url| url.origin().ascii_serialization());
    let to = trace::provider(&it.provider);
    let page = Handoff {
        page: browser.page(app, format!("On the way to {to}")),
        to,
        action: message.address,
        fields: message.fields,
    };
    match origin.filter(|_| in_frame) {
        Some(origin) => web::respond_leaving_in_frame(StatusCode::OK, &page, &origin),
        None => web::respond_leaving(StatusCode::OK, &page),
    }
}
