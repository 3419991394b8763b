//! `/oauth2/logout`: an application sends a person here to sign out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Owns whose wish it is: an ID token of the person's own proves it, otherwise the person is asked on a page. Ending the
//! session is in `backchannel`.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use oidc::provider::{IdTokenHint, LogoutRequest, OAuthError, verify_id_token_hint};

use super::applications::{self, Client};
use super::frontchannel::{self, Onward};
use super::{backchannel, keys, reply};
use crate::app::App;
use crate::login::by_way_of_provider;
use crate::problem::Problem;
use crate::request::{Browser, CsrfForm, SESSION_COOKIE, SignedIn, clear_cookie, pairs};
use web::pages::login::SignedOut;
use web::pages::sign_out::ConfirmSignOut;

/// What was asked, with what could be proven of it.
struct Asked {
    request: LogoutRequest,
    hint: Option<IdTokenHint>,
    client: Option<Client>,
}

impl Asked {
    /// Where the application wants the person to go afterwards, if it registered that.
    fn onward(&self) -> Option<String> {
        let client = self.client.as_ref()?;
        self.request.redirect(&client.metadata.post_logout_redirect_uris)
    }
}

/// `GET /oauth2/logout`.
pub async fn logout(
    State(app): State<App>,
    browser: Browser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = pairs(query.unwrap_or_default().as_bytes());
    let asked = read(&app, &pairs).await?;
    let Some(signed_in) = SignedIn::of(&app, &headers).await? else {
        return Ok(leave(&app, &browser, &asked));
    };
    let own = |hint: &IdTokenHint| hint.subject == signed_in.account.id.to_string();
    if asked.hint.as_ref().is_some_and(own) {
        return end(&app, &browser, &asked, &signed_in).await;
    }
    let page = ConfirmSignOut {
        page: browser.page(&app, "Sign out"),
        email: signed_in.account.email,
        application: asked.client.map(|client| client.application.name),
        action: "/oauth2/logout/confirm".to_owned(),
        fields: pairs.into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect(),
    };
    Ok(web::respond_leaving(StatusCode::OK, &page))
}

/// What the page of the question carries on to the answer.
const KEPT: &[&str] = &["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

/// `POST /oauth2/logout`.
pub async fn logout_post(body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    reply::as_query("/oauth2/logout", body)
}

/// `POST /oauth2/logout/confirm`: the person said yes on our page.
pub async fn confirm(
    State(app): State<App>,
    browser: Browser,
    headers: HeaderMap,
    CsrfForm(form): CsrfForm<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let pairs: Vec<_> = form.into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
    let asked = read(&app, &pairs).await?;
    match SignedIn::of(&app, &headers).await? {
        Some(signed_in) => end(&app, &browser, &asked, &signed_in).await,
        None => Ok(leave(&app, &browser, &asked)),
    }
}

async fn read(app: &App, pairs: &[(String, String)]) -> Result<Asked, Problem> {
    let request = LogoutRequest::parse(pairs.iter().map(|(n, v)| (n, v))).map_err(|e| refuse(&e))?;
    // A hint that proves nothing is as good as none: the person is asked.
    let hint = match &request.id_token_hint {
        Some(token) => {
            let ring = keys::ring(app).await?;
            verify_id_token_hint(token, &ring.public, &app.config.issuer()).ok()
        }
        None => None,
    };
    let client = match request.client(hint.as_ref()).map_err(|e| refuse(&e))? {
        Some(id) => applications::find(&mut app.read().await?, id).await?,
        None => None,
    };
    Ok(Asked { request, hint, client })
}

fn refuse(error: &OAuthError) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "logout_refused",
        "The application you came from asked in a way that cannot be answered",
        format!(
            "{} You are still signed in here. Tell the people who run that application.",
            error.description
        ),
    )
}

async fn end(app: &App, browser: &Browser, asked: &Asked, signed_in: &SignedIn) -> Result<Response, Problem> {
    let asking = asked.client.as_ref().map(|client| client.application.id);
    let mut tx = app.write().await?;
    let frames = frontchannel::frames(app, &mut tx, signed_in.session.id, asking).await?;
    let onward = asked.onward().map_or_else(Onward::home, |address| Onward {
        address,
        application: asked.client.as_ref().map(|client| client.application.name.clone()),
        fields: Vec::new(),
    });
    let away = by_way_of_provider(app, &mut tx, browser, &signed_in.session, &onward).await?;
    backchannel::end_session(app, &mut tx, &signed_in.session, asking).await?;
    tx.commit().await?;
    let next = away.as_ref().unwrap_or(&onward).clone();
    let mut response = match (frontchannel::page(app, browser, frames, next), &away) {
        (Some(page), _) => page,
        (None, Some(away)) => reply::see_other(&away.address),
        (None, None) => leave(app, browser, asked),
    };
    response.headers_mut().append(header::SET_COOKIE, clear_cookie(&app.config, SESSION_COOKIE));
    Ok(response)
}

/// Back to the application where it registered the address, to a page of ours otherwise.
fn leave(app: &App, browser: &Browser, asked: &Asked) -> Response {
    match asked.onward() {
        Some(address) => reply::see_other(&address),
        None => {
            let page = browser.page(app, "Signed out");
            web::respond(StatusCode::OK, &SignedOut { page, provider: None })
        }
    }
}
