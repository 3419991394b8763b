//! `/login` and `/signup`: an address decides the way.

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{ConnectionId, ConnectionStatus, Organization, OrganizationId, Time};
use serde::Deserialize;
use store::Connected;

use super::flow::{self, Beginning};
use super::ways;
use super::{chooser, return_to};
use crate::app::App;
use crate::connection::{self, Way};
use crate::enforcement;
use crate::passkey;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, CsrfForm, Params};
use web::pages::login::{CompanyWay, LoginEmail, LoginOwn, PasskeySignIn};
use web::parts::Field;

/// `GET /login`. Hints (`connection`, `organization`, `login_hint`) go straight to the identity provider.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    OriginalUri(uri): OriginalUri,
    address: ClientAddress,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let return_to = return_to::safe(params.first("return_to"));
    let email = params.first("login_hint").map(ToOwned::to_owned);
    let chosen = chooser::remembered(&app, &headers).filter(|_| !chooser::asked_again(&uri));
    let hinted = hinted(&mut app.read().await?, &params, chosen, app.now()).await?;
    match hinted {
        Some((_, Way::Through(connection))) => {
            rate::check(&app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
            let force = params.first("force").is_some();
            let beginning = Beginning { email, return_to, test: false, force };
            flow::begin(&app, &browser, &connection, beginning).await
        }
        Some((Some(organization), Way::Choose(among))) => {
            rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
            let email = email.unwrap_or_default();
            Ok(chooser::page(&app, &browser, (&organization, &among), &email, &return_to))
        }
        Some((None, Way::Choose(_))) | None => {
            let page = Typed { email: Field::new(email.unwrap_or_default()), status: StatusCode::OK };
            Ok(email_page(&app, &browser, &uri, &headers, page))
        }
    }
}

/// Where the hints of the address lead; none where the person is asked for an address first.
async fn hinted(
    db: &mut impl Connected,
    params: &Params,
    chosen: Option<ConnectionId>,
    now: Time,
) -> Result<Option<(Option<Organization>, Way)>, Problem> {
    if let Some(Ok(id)) = params.first("connection").map(str::parse) {
        let found = store::connection::lookup(db, id).await?;
        let found = found.filter(|c| c.status == ConnectionStatus::Active);
        return Ok(found.map(|it| (None, Way::Through(Box::new(it)))));
    }
    let email = params.first("login_hint");
    if let Some(Ok(id)) = params.first("organization").map(str::parse::<OrganizationId>) {
        let all = store::connection::list(db, id).await?;
        let newest = connection::actives(&all).last().cloned();
        if connection::actives(&all).count() < 2 {
            return Ok(newest.map(|it| (None, Way::Through(Box::new(it)))));
        }
        // Of several connections the address decides, where it is known and the company's; it is asked for otherwise.
        return Ok(match email {
            Some(email) => match connection::route(db, email, chosen).await? {
                Some((organization, way)) if organization.id == id => Some((Some(organization), way)),
                _ => newest.map(|it| (None, Way::Through(Box::new(it)))),
            },
            None if is_routed(db, id).await? => None,
            None => newest.map(|it| (None, Way::Through(Box::new(it)))),
        });
    }
    let Some(email) = email else { return Ok(None) };
    Ok(match connection::route(db, email, chosen).await? {
        // Where the way beside the company's sign-in stands open, people choose.
        Some((organization, _))
            if params.first("sso").is_none()
                && enforcement::opened(db, now, &organization, email).await?.is_some() =>
        {
            None
        }
        routed => routed.map(|(organization, way)| (Some(organization), way)),
    })
}

/// Whether a domain of the organization tells its addresses apart.
async fn is_routed(db: &mut impl Connected, id: OrganizationId) -> Result<bool, Problem> {
    Ok(store::domain::list(db, id).await?.iter().any(|it| it.routing.is_some()))
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Form {
    #[serde(default)]
    email: String,
}

/// `POST /login`: to the company's identity provider, or on to the personal sign-in. The answer is the same for an
/// address we know and one we do not.
pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    OriginalUri(uri): OriginalUri,
    address: ClientAddress,
    headers: HeaderMap,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Problem> {
    let wrong = |field: Field| {
        let page = Typed { email: field, status: StatusCode::UNPROCESSABLE_ENTITY };
        Ok(email_page(&app, &browser, &uri, &headers, page))
    };
    let return_to = return_to::of(&uri);
    let email = match profile::email::parse(&form.email) {
        Ok(Some(email)) => email,
        Ok(None) => {
            return wrong(Field::wrong("", "Enter your email address, such as **you@company.com**."));
        }
        Err(reason) => {
            let problem = profile::Problem::new(profile::Field::Email, form.email.clone(), reason);
            return wrong(Field::wrong(form.email, problem.to_string()));
        }
    };
    let chosen = chooser::remembered(&app, &headers).filter(|_| !chooser::asked_again(&uri));
    let mut db = app.read().await?;
    let routed = connection::route(&mut db, &email, chosen).await?;
    // Known from the organization's own row: where nothing stands open, there is nothing more to look at.
    let opened = match &routed {
        Some((organization, _)) => enforcement::opened(&mut db, app.now(), organization, &email).await?,
        None => None,
    };
    drop(db);
    match routed {
        Some(_) if opened.is_some() => ways::beside(&app, &browser, &address, &email, &return_to).await,
        Some((_, Way::Through(connection))) => {
            rate::check(&app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
            let beginning = Beginning { email: Some(email), return_to, test: false, force: false };
            flow::begin(&app, &browser, &connection, beginning).await
        }
        Some((organization, Way::Choose(among))) => {
            rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
            Ok(chooser::page(&app, &browser, (&organization, &among), &email, &return_to))
        }
        None => {
            rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
            Ok(own_page(&app, &browser, (&email, None), Field::default(), &return_to, StatusCode::OK))
        }
    }
}

/// The address as it was typed, and the status of the page around it.
struct Typed {
    email: Field,
    status: StatusCode,
}

fn email_page(app: &App, browser: &Browser, uri: &Uri, headers: &HeaderMap, typed: Typed) -> Response {
    let (sign_up, return_to) = (uri.path() == "/signup", &return_to::of(uri));
    let again = chooser::asked_again(uri);
    let (here, other) = if sign_up { ("/signup", "/login") } else { ("/login", "/signup") };
    let title = if sign_up { "Create your account" } else { "Sign in" };
    let page = LoginEmail {
        page: browser.page(app, title),
        email: typed.email,
        action: chooser::keep_asking(return_to::with(here, return_to), again),
        sign_up,
        choose_again: (!sign_up && !again && chooser::remembered(app, headers).is_some())
            .then(|| chooser::keep_asking(return_to::with("/login", return_to), true)),
        other: return_to::with(other, return_to),
        ways: return_to::with("/login/other", return_to),
        passkey: (!sign_up && passkey::available(app)).then(|| PasskeySignIn {
            action: return_to::with("/login/passkey", return_to),
            options: "/login/passkey/options".to_owned(),
        }),
    };
    web::respond_leaving(typed.status, &page)
}

/// The personal sign-in for an address, and beside which company's sign-in it stands.
pub fn own_page(
    app: &App,
    browser: &Browser,
    (email, company): (&str, Option<CompanyWay>),
    password: Field,
    return_to: &str,
    status: StatusCode,
) -> Response {
    let page = LoginOwn {
        page: browser.page(app, "Sign in"),
        email: email.to_owned(),
        company,
        password,
        action: return_to::with("/login/password", return_to),
        link_action: return_to::with("/login/link", return_to),
        change: return_to::with("/login", return_to),
    };
    web::respond_leaving(status, &page)
}

/// Sends the browser to a place on our own site.
pub fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}
