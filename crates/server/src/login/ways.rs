//! Other ways in than the company's sign-in: `/login/other` and `/login/recovery`.
//!
//! Owns these pages. Does not own which ways are open to whom (`enforcement`).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::Organization;

use super::finish::signed_in;
use super::return_to;
use super::start::own_page;
use crate::account::{SignIn, start_session};
use crate::app::App;
use crate::enforcement::{self, FALLBACK, OwnWay};
use crate::org::words;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, FormParams, Params};
use web::pages::login::{CompanyWay, LoginClosed, LoginOther, LoginRecovery};
use web::parts::Field;

/// `GET /login/other`: for whom the company's sign-in is not the way, or does not work.
pub async fn show(State(app): State<App>, browser: Browser, params: Params) -> Response {
    let return_to = return_to::safe(params.first("return_to"));
    let email = Field::new(params.first("login_hint").unwrap_or_default());
    other_page(&app, &browser, email, &return_to, StatusCode::OK)
}

fn other_page(app: &App, browser: &Browser, email: Field, return_to: &str, status: StatusCode) -> Response {
    let page = LoginOther {
        page: browser.page(app, "Sign in another way"),
        email,
        action: return_to::with("/login/other", return_to),
        recovery: return_to::with("/login/recovery", return_to),
        back: return_to::with("/login", return_to),
    };
    web::respond(status, &page)
}

/// `POST /login/other`: the ways that are open to the address. They depend on its domain, not on whether it is known.
pub async fn choose(
    State(app): State<App>,
    browser: Browser,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    address: ClientAddress,
    form: FormParams,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    let typed = form.first("email").unwrap_or_default();
    let Ok(Some(email)) = profile::email::parse(typed) else {
        let field = Field::wrong(typed, "Enter your email address, such as **you@company.com**.");
        return Ok(other_page(&app, &browser, field, &return_to, StatusCode::UNPROCESSABLE_ENTITY));
    };
    beside(&app, &browser, &address, &email, &return_to).await
}

/// The ways that are open to an address: its own ones, or the company's alone.
pub async fn beside(
    app: &App,
    browser: &Browser,
    address: &ClientAddress,
    email: &str,
    return_to: &str,
) -> Result<Response, Problem> {
    rate::check(app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    let way = enforcement::own_way(&mut app.read().await?, app.now(), email).await?;
    if let Some(organization) = way.closed() {
        return Ok(closed(app, browser, organization, email, return_to));
    }
    let company = company(app, &way, email, return_to);
    Ok(own_page(app, browser, (email, company), Field::default(), return_to, StatusCode::OK))
}

/// What the page of one's own sign-in says of the company beside it.
pub fn company(app: &App, way: &OwnWay, email: &str, return_to: &str) -> Option<CompanyWay> {
    let OwnWay::Beside(beside) = way else { return None };
    let opening = beside.opening.as_ref();
    Some(CompanyWay {
        organization: beside.organization.name.clone(),
        until: opening.filter(|it| it.ends_at > app.now()).map(|it| words::when(it.ends_at)),
        link_only: opening.is_some_and(|it| it.kind == FALLBACK),
        sign_in: through_company(email, return_to),
    })
}

/// The company's sign-in for this address.
fn through_company(email: &str, return_to: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("login_hint", email)
        .append_pair("sso", "1")
        .append_pair("return_to", return_to)
        .finish();
    format!("/login?{query}")
}

/// The company's sign-in is the only way for this address.
pub fn closed(
    app: &App,
    browser: &Browser,
    organization: &Organization,
    email: &str,
    return_to: &str,
) -> Response {
    let name = &organization.name;
    let page = LoginClosed {
        page: browser.page(app, format!("{name} signs you in")),
        organization: name.clone(),
        email: email.to_owned(),
        sign_in: through_company(email, return_to),
        recovery: return_to::with("/login/recovery", return_to),
        change: return_to::with("/login/other", return_to),
    };
    web::respond(StatusCode::FORBIDDEN, &page)
}

/// `GET /login/recovery`: for administrators who kept recovery codes.
pub async fn show_recovery(State(app): State<App>, browser: Browser, params: Params) -> Response {
    let return_to = return_to::safe(params.first("return_to"));
    recovery_page(&app, &browser, (Field::default(), Field::default()), &return_to, StatusCode::OK)
}

fn recovery_page(
    app: &App,
    browser: &Browser,
    (email, code): (Field, Field),
    return_to: &str,
    status: StatusCode,
) -> Response {
    let page = LoginRecovery {
        page: browser.page(app, "Sign in with a recovery code"),
        email,
        code,
        action: return_to::with("/login/recovery", return_to),
        back: return_to::with("/login/other", return_to),
    };
    web::respond(status, &page)
}

/// `POST /login/recovery` with `email` and `code`: signs an administrator in, once for each code. The answer to a wrong
/// code, a used one and an unknown address is the same.
pub async fn recover(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    headers: HeaderMap,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    let typed = form.first("email").unwrap_or_default();
    let Ok(Some(email)) = profile::email::parse(typed) else {
        let field = Field::wrong(typed, "Enter your work address, such as **you@company.com**.");
        let fields = (field, Field::default());
        return Ok(recovery_page(&app, &browser, fields, &return_to, StatusCode::UNPROCESSABLE_ENTITY));
    };
    rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    rate::check(&app, &format!("recovery:{email}"), rate::RECOVERIES).await?;
    let mut tx = app.write().await?;
    let code = form.first("code").unwrap_or_default();
    let Some(it) = enforcement::recover(&app, &mut tx, &email, code).await? else {
        drop(tx);
        let wrong = "This is no code of an administrator with this address, or it was used before. Codes look like \
                     K7QD9-MX2PT-4VH8Z-C0RWA.";
        let fields = (Field::new(email), Field::wrong("", wrong));
        return Ok(recovery_page(&app, &browser, fields, &return_to, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let how = SignIn { ends_at: Some(it.ends_at), ..SignIn::own("recovery", app.now()) };
    let cookie = start_session(&app, &mut tx, it.account.id, Some(&it.member), how, &headers).await?;
    tx.commit().await?;
    Ok(signed_in(&return_to, cookie))
}
