//! Operators come in: the first by a one-time link, others by invitation, all by password.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{OperatorId, Token};
use serde::Deserialize;
use serde_json::json;
use store::Tx;
use store::operator::Operator;

use crate::account;
use crate::app::App;
use crate::login::safe_return_to;
use crate::passkey;
use crate::problem::Problem;
use crate::rate;
use crate::request::{
    Browser, ClientAddress, CsrfForm, FormParams, OPERATOR_COOKIE, Params, clear_cookie, pairs, read_cookie,
    set_cookie,
};
use web::pages::console::{FirstOperator, OperatorSignIn};
use web::pages::login::PasskeySignIn;
use web::parts::Field;

/// Setting that holds the hash of the one-time link's token while there is no operator.
const FIRST_OPERATOR: &str = "console.first_operator";
/// Kind of the capability behind an operator's invitation.
pub const INVITATION: &str = "operator";
/// A working day, and a little more.
const SESSION: Duration = Duration::from_hours(12);

/// A fresh one-time link that makes the first operator; none when there is one. Earlier links stop working.
pub async fn first_operator_link(app: &App) -> Result<Option<String>, Problem> {
    if !store::operator::list(&mut app.read().await?).await?.is_empty() {
        return Ok(None);
    }
    let token = app.token("");
    let mut tx = app.write().await?;
    store::setting::set(&mut tx, FIRST_OPERATOR, &token.hash().to_string()).await?;
    tx.commit().await?;
    Ok(Some(app.config.url(&format!("/console/first/{}", token.expose()))))
}

fn ended() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "operator_link_ended",
        "This link has ended",
        "It makes one operator, once. If nobody operates this Frontdesk yet, start it again: it prints a new link. Otherwise ask a colleague to invite you.",
    )
}

async fn first_works(app: &App, db: &mut impl store::Connected, token: &str) -> Result<(), Problem> {
    let kept = store::setting::lookup(db, FIRST_OPERATOR).await?.unwrap_or_default();
    let hash: model::TokenHash = kept.parse().map_err(|_| ended())?;
    let nobody = store::operator::list(db).await?.is_empty();
    let _ = app;
    if nobody && hash.matches(&Token::presented(token)) { Ok(()) } else { Err(ended()) }
}

/// `GET /console/first/{token}`.
pub async fn first(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    first_works(&app, &mut app.read().await?, &token).await?;
    Ok(form(&app, &browser, &format!("/console/first/{token}"), &Form::default(), None, StatusCode::OK))
}

/// The form of a new operator.
#[derive(Debug, Default, Deserialize)]
pub struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

fn form(
    app: &App,
    browser: &Browser,
    action: &str,
    form: &Form,
    wrong: Option<&(&str, String)>,
    status: StatusCode,
) -> Response {
    let field = |name: &str, value: &str| Field {
        value: value.to_owned(),
        error: wrong.filter(|(n, _)| *n == name).map(|(_, e)| e.clone()),
    };
    let page = FirstOperator {
        page: browser.page(app, "Become an operator"),
        name: field("name", &form.name),
        email: field("email", &form.email),
        password: field("password", ""),
        action: action.to_owned(),
    };
    web::respond(status, &page)
}

/// What is wrong with the form, by field.
fn fault(form: &Form) -> Option<(&'static str, String)> {
    let name = form.name.trim();
    if !(1..=200).contains(&name.chars().count()) {
        return Some(("name", "Customers see this name on the links you send. Enter yours.".to_owned()));
    }
    if !matches!(profile::email::parse(&form.email), Ok(Some(_))) {
        return Some(("email", "Expected an email address, such as you@company.com.".to_owned()));
    }
    account::password_fault(&form.password, &form.email).map(|fault| ("password", fault))
}

/// `POST /console/first/{token}`: makes the first operator. Sent twice at once, it makes one.
pub async fn make_first(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    CsrfForm(typed): CsrfForm<Form>,
) -> Result<Response, Problem> {
    first_works(&app, &mut app.read().await?, &token).await?;
    if let Some(wrong) = fault(&typed) {
        let action = format!("/console/first/{token}");
        return Ok(form(&app, &browser, &action, &typed, Some(&wrong), StatusCode::UNPROCESSABLE_ENTITY));
    }
    let hash = account::hash_password(&app, typed.password.clone()).await?;
    let mut tx = app.write().await?;
    tx.lock(FIRST_OPERATOR).await?;
    first_works(&app, &mut tx, &token).await?;
    store::setting::set(&mut tx, FIRST_OPERATOR, "").await?;
    make(&app, tx, &typed, hash).await
}

async fn make(app: &App, mut tx: Tx, typed: &Form, password_hash: String) -> Result<Response, Problem> {
    let operator = Operator {
        id: app.id(OperatorId::new),
        email: typed.email.trim().to_owned(),
        name: typed.name.trim().to_owned(),
        password_hash,
        created_at: app.now(),
    };
    store::operator::add(&mut tx, &operator).await?;
    let actor = format!("operator:{}", operator.id);
    app.audit(&mut tx, &actor, "operator.created", None, Some(operator.id.to_string()), &json!({})).await?;
    let cookie = session(app, &mut tx, operator.id).await?;
    tx.commit().await?;
    Ok(go("/console", cookie))
}

pub(super) async fn session(app: &App, tx: &mut Tx, operator: OperatorId) -> Result<HeaderValue, Problem> {
    let token = app.token("");
    let now = app.now();
    store::operator::add_session(tx, &token.hash(), operator, now, now.after(SESSION)).await?;
    Ok(set_cookie(&app.config, OPERATOR_COOKIE, token.expose(), Some(SESSION)))
}

pub(super) fn go(path: &str, cookie: HeaderValue) -> Response {
    let mut response = Redirect::to(path).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

async fn invited(
    app: &App,
    db: &mut impl store::Connected,
    token: &str,
) -> Result<store::invitation::Invitation, Problem> {
    let found = store::invitation::lookup_token(db, &Token::presented(token).hash()).await?;
    found
        .filter(|i| i.kind == INVITATION && i.used_at.is_none() && i.expires_at > app.now())
        .ok_or_else(ended)
}

/// `GET /console/join/{token}`: an invited operator.
pub async fn join(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let it = invited(&app, &mut app.read().await?, &token).await?;
    let typed = Form { email: it.email, ..Form::default() };
    Ok(form(&app, &browser, &format!("/console/join/{token}"), &typed, None, StatusCode::OK))
}

/// `POST /console/join/{token}`.
pub async fn make_joining(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    CsrfForm(mut typed): CsrfForm<Form>,
) -> Result<Response, Problem> {
    let it = invited(&app, &mut app.read().await?, &token).await?;
    // The invitation is for this address and no other.
    typed.email.clone_from(&it.email);
    if let Some(wrong) = fault(&typed) {
        let action = format!("/console/join/{token}");
        return Ok(form(&app, &browser, &action, &typed, Some(&wrong), StatusCode::UNPROCESSABLE_ENTITY));
    }
    let hash = account::hash_password(&app, typed.password.clone()).await?;
    let mut tx = app.write().await?;
    if !store::invitation::use_up(&mut tx, it.id, app.now()).await?
        || store::operator::lookup_email(&mut tx, &it.email).await?.is_some()
    {
        return Err(ended());
    }
    make(&app, tx, &typed, hash).await
}

/// `GET /console/login`.
pub async fn show(State(app): State<App>, browser: Browser, params: Params) -> Response {
    sign_in_page(&app, &browser, &way_back(&params), Field::default(), Field::default(), StatusCode::OK)
}

/// Where the operator came from, as the address of the form says.
pub(super) fn way_back_of(uri: &axum::http::Uri) -> String {
    let query = uri.query().unwrap_or_default();
    way_back(&Params(pairs(query.as_bytes())))
}

fn way_back(params: &Params) -> String {
    match params.first("return_to") {
        Some(path) if path.starts_with("/console") => safe_return_to(Some(path)),
        _ => "/console".to_owned(),
    }
}

fn sign_in_page(
    app: &App,
    browser: &Browser,
    return_to: &str,
    email: Field,
    password: Field,
    status: StatusCode,
) -> Response {
    let query: String =
        form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
    let page = OperatorSignIn {
        page: browser.page(app, "Console"),
        email,
        password,
        action: format!("/console/login?{query}"),
        passkey: passkey::available(app).then(|| PasskeySignIn {
            action: format!("/console/login/passkey?{query}"),
            options: "/console/login/passkey/options".to_owned(),
        }),
    };
    web::respond(status, &page)
}

/// The form of the sign-in.
#[derive(Debug, Deserialize)]
pub struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST /console/login`.
pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    CsrfForm(typed): CsrfForm<SignIn>,
) -> Result<Response, Problem> {
    let return_to = way_back_of(&uri);
    rate::check(&app, &format!("console:{address}"), rate::PER_ADDRESS).await?;
    rate::check(&app, &format!("console:{}", store::fold(&typed.email)), rate::PASSWORDS).await?;
    let operator = store::operator::lookup_email(&mut app.read().await?, &typed.email).await?;
    let hash = operator.as_ref().map(|o| o.password_hash.as_str());
    let right = account::check_password(hash, &typed.password).await?;
    let Some(operator) = operator.filter(|_| right) else {
        let wrong = Field::wrong("", "That address and password do not belong together. Try again.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(sign_in_page(&app, &browser, &return_to, Field::new(typed.email), wrong, status));
    };
    let mut tx = app.write().await?;
    let cookie = session(&app, &mut tx, operator.id).await?;
    app.audit(&mut tx, &format!("operator:{}", operator.id), "operator.signed_in", None, None, &json!({}))
        .await?;
    tx.commit().await?;
    Ok(go(&return_to, cookie))
}

/// `POST /console/logout`.
pub async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
    _form: FormParams,
) -> Result<Response, Problem> {
    if let Some(token) = read_cookie(&app.config, &headers, OPERATOR_COOKIE) {
        let mut tx = app.write().await?;
        store::operator::remove_session(&mut tx, &Token::presented(&token).hash()).await?;
        tx.commit().await?;
    }
    Ok(go("/console/login", clear_cookie(&app.config, OPERATOR_COOKIE)))
}
