//! `/login` and `/signup`: an address decides the way.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Connection, ConnectionStatus, Time};
use serde::Deserialize;
use store::Connected;

use super::flow::{self, Beginning};
use super::return_to;
use super::ways;
use crate::app::App;
use crate::connection;
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
    params: Params,
) -> Result<Response, Problem> {
    let return_to = return_to::safe(params.first("return_to"));
    let email = params.first("login_hint").map(ToOwned::to_owned);
    let hinted = hinted(&mut app.read().await?, &params, app.now()).await?;
    if let Some(connection) = hinted {
        rate::check(&app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
        let force = params.first("force").is_some();
        let beginning = Beginning { email, return_to, test: false, force };
        return flow::begin(&app, &browser, &connection, beginning).await;
    }
    let sign_up = uri.path() == "/signup";
    Ok(email_page(&app, &browser, sign_up, Field::new(email.unwrap_or_default()), &return_to, StatusCode::OK))
}

async fn hinted(db: &mut impl Connected, params: &Params, now: Time) -> Result<Option<Connection>, Problem> {
    if let Some(Ok(id)) = params.first("connection").map(str::parse) {
        let found = store::connection::lookup(db, id).await?;
        return Ok(found.filter(|c| c.status == ConnectionStatus::Active));
    }
    if let Some(Ok(id)) = params.first("organization").map(str::parse) {
        let all = store::connection::list(db, id).await?;
        return Ok(all.into_iter().rev().find(|c| c.status == ConnectionStatus::Active));
    }
    match params.first("login_hint") {
        Some(email) => Ok(match connection::route(db, email).await? {
            // Where the way beside the company's sign-in stands open, people choose.
            Some((organization, _))
                if params.first("sso").is_none()
                    && enforcement::opened(db, now, &organization, email).await?.is_some() =>
            {
                None
            }
            routed => routed.map(|(_, connection)| connection),
        }),
        None => Ok(None),
    }
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
    CsrfForm(form): CsrfForm<Form>,
) -> Result<Response, Problem> {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let return_to = return_to::safe(query.iter().find(|(n, _)| n == "return_to").map(|(_, v)| v.as_str()));
    let email = match profile::email::parse(&form.email) {
        Ok(Some(email)) => email,
        Ok(None) => {
            let field = Field::wrong("", "Enter your email address, such as **you@company.com**.");
            return Ok(email_page(
                &app,
                &browser,
                uri.path() == "/signup",
                field,
                &return_to,
                StatusCode::UNPROCESSABLE_ENTITY,
            ));
        }
        Err(reason) => {
            let problem = profile::Problem::new(profile::Field::Email, form.email.clone(), reason);
            let field = Field::wrong(form.email, problem.to_string());
            return Ok(email_page(
                &app,
                &browser,
                uri.path() == "/signup",
                field,
                &return_to,
                StatusCode::UNPROCESSABLE_ENTITY,
            ));
        }
    };
    let routed = connection::route(&mut app.read().await?, &email).await?;
    match routed {
        // Known from the organization's own row: where nothing stands open, there is nothing more to look at.
        Some((organization, _)) if organization.opened_until.is_some_and(|until| until > app.now()) => {
            ways::beside(&app, &browser, &address, &email, &return_to).await
        }
        Some((_, connection)) => {
            rate::check(&app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
            let beginning = Beginning { email: Some(email), return_to, test: false, force: false };
            flow::begin(&app, &browser, &connection, beginning).await
        }
        None => {
            rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
            Ok(own_page(&app, &browser, (&email, None), Field::default(), &return_to, StatusCode::OK))
        }
    }
}

fn email_page(
    app: &App,
    browser: &Browser,
    sign_up: bool,
    email: Field,
    return_to: &str,
    status: StatusCode,
) -> Response {
    let (here, other) = if sign_up { ("/signup", "/login") } else { ("/login", "/signup") };
    let title = if sign_up { "Create your account" } else { "Sign in" };
    let page = LoginEmail {
        page: browser.page(app, title),
        email,
        action: return_to::with(here, return_to),
        sign_up,
        other: return_to::with(other, return_to),
        ways: return_to::with("/login/other", return_to),
        passkey: (!sign_up && passkey::available(app)).then(|| PasskeySignIn {
            action: return_to::with("/login/passkey", return_to),
            options: "/login/passkey/options".to_owned(),
        }),
    };
    web::respond_leaving(status, &page)
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
