//! `/oauth2/authorize`: an application asks who somebody is (OpenID Connect Core 3.1.2, RFC 6749 section 4.1).
//!
//! Owns the order of the checks and the code. Whether a session is enough is decided in `standing`; the sign-in itself is
//! `login`'s. The vendor's applications need no consent, so `prompt=consent` asks for none.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{OrganizationId, TokenHash, TokenId};
use oidc::provider::{AuthorizeError, AuthorizeRequest, ErrorCode, OAuthError, granted_scopes};

use super::applications::{self, Client};
use super::carried::{Code, Named};
use super::mark::{MARK, Mark};
use super::standing::{self, Asked, Verdict};
use super::{person, pushed, reply};
use crate::app::App;
use crate::problem::Problem;
use crate::request::{Browser, SignedIn, pairs};

/// How long a code holds.
const CODE: Duration = Duration::from_mins(1);

/// `GET /oauth2/authorize`.
pub async fn authorize(
    State(app): State<App>,
    browser: Browser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut pairs = pairs(query.unwrap_or_default().as_bytes());
    let mark = pairs.iter().position(|(name, _)| name == MARK).map(|at| pairs.remove(at).1);
    let pushed = pushed::open(&app, &browser, &pairs).await?;
    let asked = pushed.as_ref().map_or(&pairs, |it| &it.parameters);
    let request = match AuthorizeRequest::parse(asked.iter().map(|(n, v)| (n, v))) {
        Ok(request) => request,
        Err(error) => return refuse(&app, &browser, error).await,
    };
    let client = applications::find(&mut app.read().await?, &request.client_id).await?;
    let client = client.ok_or_else(unknown_application)?;
    if let Err(error) = request.check_client(&client.metadata.rules()) {
        return refuse(&app, &browser, error).await;
    }
    let pushed = pushed.as_ref().map(|it| &it.hash);
    let way = Way { app: &app, browser: &browser, client: &client, request: &request, pushed };
    if pushed.is_none() && client.metadata.require_pushed_authorization_requests {
        let why = "This application is registered to push its requests to /oauth2/par first.";
        return way.back(&OAuthError::new(ErrorCode::InvalidRequest, why)).await;
    }
    let asked = match Asked::read(&app, &request).await? {
        Ok(asked) => asked,
        Err(error) => return way.back(&error).await,
    };
    let mark = mark.and_then(|sealed| Mark::open(&app, &sealed, &pairs));
    let signed_in = SignedIn::of(&app, &headers).await?;
    let active = match &signed_in {
        Some(it) => person::may(&mut app.read().await?, &it.account, it.session.member_id).await?,
        None => false,
    };
    match standing::judge(&asked, signed_in.as_ref(), active, mark.as_ref(), app.now()) {
        Verdict::Enough(signed_in) => way.issue_code(signed_in).await,
        Verdict::Refuse(error) => way.back(&error).await,
        Verdict::SignIn { anew } => {
            let wishes = asked.wishes(anew);
            let mark = mark.filter(|it| it.anew || !wishes.anew).unwrap_or_else(|| Mark::now(&app, &wishes));
            let there = signed_in.as_ref().filter(|_| anew);
            let back = mark.address(&app, &pairs, &wishes);
            Ok(reply::see_other(&sign_in(&request, asked.hinted, &back, anew, there)))
        }
    }
}

/// `POST /oauth2/authorize`.
pub async fn authorize_post(body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    reply::as_query("/oauth2/authorize", body)
}

/// The sign-in page with the way back and the hints that lead straight to an identity provider. `anew` asks `login` not to
/// be content with the session that is there; without a hint of the application it leads where that session came from.
fn sign_in(
    request: &AuthorizeRequest,
    hinted: Option<OrganizationId>,
    back: &str,
    anew: bool,
    there: Option<&SignedIn>,
) -> String {
    let hinted = hinted.map(|id| id.to_string());
    let hints = [&request.organization, &request.connection, &request.login_hint];
    let open = hinted.is_none() && hints.iter().all(|hint| hint.is_none()) && !request.prompt.select_account;
    let same = there.filter(|_| open).and_then(|it| it.session.connection_id).map(|id| id.to_string());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", back);
    for (name, value) in [
        ("organization", request.organization.as_deref().or(hinted.as_deref())),
        ("connection", request.connection.as_deref().or(same.as_deref())),
        ("login_hint", request.login_hint.as_deref()),
        ("prompt", anew.then_some("login")),
    ] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("/login?{}", query.finish())
}

/// A request of a known application, with an address that its answer may go to.
struct Way<'a> {
    app: &'a App,
    browser: &'a Browser,
    client: &'a Client,
    request: &'a AuthorizeRequest,
    pushed: Option<&'a TokenHash>,
}

impl Way<'_> {
    /// Tells the application. A pushed request is answered with that.
    async fn back(&self, error: &OAuthError) -> Result<Response, Problem> {
        if let Some(hash) = self.pushed {
            let mut tx = self.app.write().await?;
            store::application::take_pushed(&mut tx, hash).await?;
            tx.commit().await?;
        }
        let answer = self.request.error_reply(error, &self.app.config.issuer());
        Ok(reply::to_application(self.app, self.browser, &self.client.application.name, answer))
    }

    async fn issue_code(&self, signed_in: &SignedIn) -> Result<Response, Problem> {
        let (app, client, request) = (self.app, self.client, self.request);
        let (grant, ends) = (app.id(TokenId::new), app.now().after(CODE));
        let session = signed_in.session.id;
        let mut code = Code::new(client.application.id, session, grant, &request.redirect_uri, ends);
        code.nonce.clone_from(&request.nonce);
        code.challenge.clone_from(&request.code_challenge);
        code.scope = scopes(client, request).join(" ");
        code.named = named(client, request);
        let code = code.text(app)?;
        if let Some(hash) = self.pushed {
            // A code can be asked for again; a pushed request is used up.
            let mut tx = app.write().await?;
            if !store::application::take_pushed(&mut tx, hash).await? {
                return Err(pushed::ended());
            }
            tx.commit().await?;
        }
        let answer = request.code_reply(&code, &app.config.issuer());
        Ok(reply::to_application(app, self.browser, &client.application.name, answer))
    }
}

/// Claims that were asked for by name, with the scopes that may give them.
fn named(client: &Client, request: &AuthorizeRequest) -> Option<Named> {
    let asked = &request.claims;
    if asked.id_token.is_empty() && asked.userinfo.is_empty() {
        return None;
    }
    let allowed = oidc::provider::SCOPES.iter().filter(|scope| **scope == "openid" || client.may_ask(scope));
    Some(Named {
        id_token: asked.id_token.clone(),
        userinfo: asked.userinfo.clone(),
        scopes: allowed.map(|scope| (*scope).to_owned()).collect(),
    })
}

/// What is granted: what was asked for, known, and allowed by the registration.
fn scopes(client: &Client, request: &AuthorizeRequest) -> Vec<&'static str> {
    let mut granted = granted_scopes(request.scopes.iter().map(String::as_str));
    granted.retain(|scope| match *scope {
        "openid" => true,
        "offline_access" => client.may_refresh() && client.may_ask(scope),
        _ => client.may_ask(scope),
    });
    granted
}

/// Tells the application where that is safe, and the person otherwise.
async fn refuse(app: &App, browser: &Browser, refused: AuthorizeError) -> Result<Response, Problem> {
    let Some(target) = &refused.target else { return Err(on_page(&refused.error)) };
    let client = applications::find(&mut app.read().await?, &target.client_id).await?;
    let client = client.ok_or_else(unknown_application)?;
    let issuer = app.config.issuer();
    let reply = target.confirm(&client.metadata.rules(), &refused.error, &issuer);
    let reply = reply.ok_or_else(|| {
        let why = "The redirect_uri is not registered for this application.";
        on_page(&OAuthError::new(ErrorCode::InvalidRequest, why))
    })?;
    Ok(reply::to_application(app, browser, &client.application.name, reply))
}

fn unknown_application() -> Problem {
    on_page(&OAuthError::new(ErrorCode::InvalidRequest, "There is no application with this client_id."))
}

fn on_page(error: &OAuthError) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "authorization_refused",
        "The application you came from asked in a way that cannot be answered",
        format!(
            "{} Go back and try again; if it stays, tell the people who run that application.",
            error.description
        ),
    )
}
