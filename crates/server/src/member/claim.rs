//! `/claim/{token}`: a leaver keeps the account as a personal one. The former organization sees nothing of it.
//!
//! A new address is proven by a mail to it, unless the link itself was mailed to it. Reading a page changes nothing:
//! programs that open every link of a mail confirm nothing.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use model::{Account, AccountId, InvitationId};
use serde_json::{Value, json};
use store::Connected;
use store::invitation::Invitation;

use super::link::{Link, Opened, ended, open};
use super::record::name_of;
use super::{decide, erase, keep, letters};
use crate::account;
use crate::app::App;
use crate::passkey;
use crate::problem::Problem;
use crate::rate;
use crate::receipt::Asked;
use crate::request::{Browser, ClientAddress, CsrfForm, Params, SignedIn};
use web::Html;
use web::pages::person::{Claim, Confirm, Done};
use web::parts::Field as Typed;

/// The kind of capability.
pub(super) const KIND: &str = "claim";
/// The kind of the capability that proves a new address.
pub(super) const CONFIRM: &str = "verify_email";

/// A form of ours, whatever fields it has.
type Form = CsrfForm<BTreeMap<String, String>>;

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/claim/done", get(done))
        .route("/claim/erased", get(erased))
        .route("/claim/{token}", get(show).post(ask))
        .route("/claim/{token}/sent", get(sent))
        .route("/claim/{token}/confirm/{code}", get(confirm).post(confirmed))
        .route("/claim/{token}/erase", get(ask_erase).post(do_erase))
}

/// The offer behind a token, as long as it stands.
async fn offer(
    app: &App,
    db: &mut impl Connected,
    token: &str,
) -> Result<Result<(Box<Opened>, AccountId), Link>, Problem> {
    Ok(match open(app, db, KIND, token).await? {
        Link::Works(it) => match it.member.account_id {
            Some(account) if decide::may_claim(it.member.status, true) => Ok((it, account)),
            _ => Err(Link::Unknown),
        },
        other => Err(other),
    })
}

fn gone(app: &App, browser: &Browser, link: &Link) -> Response {
    let invitation = match link {
        Link::Ended(it) => Some(&**it),
        Link::Works(_) | Link::Unknown => None,
    };
    ended(app, browser, "link", invitation, None)
}

async fn show(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = match offer(&app, &mut db, &token).await? {
        Ok((it, _)) => it,
        Err(link) => return Ok(gone(&app, &browser, &link)),
    };
    // Somebody else may read the work mailbox by now: no private address is shown to it.
    let email =
        if keep::is_private(&mut db, &it).await? { it.invitation.email.clone() } else { String::new() };
    Ok(page(&app, &browser, &token, &it, Typed::new(email), Typed::default(), StatusCode::OK))
}

async fn ask(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    Path(token): Path<String>,
    headers: HeaderMap,
    CsrfForm(form): Form,
) -> Result<Response, Problem> {
    let params = Params(form.into_iter().collect());
    rate::check(&app, &format!("claim:{address}"), rate::PER_ADDRESS).await?;
    let mut db = app.read().await?;
    let (it, account) = match offer(&app, &mut db, &token).await? {
        Ok(found) => found,
        Err(link) => return Ok(gone(&app, &browser, &link)),
    };
    let typed = params.first("email").unwrap_or_default();
    let secret = params.first("password").unwrap_or_default();
    let email = keep::new_address(&mut db, &it, typed).await?;
    let by_passkey = instead(&app, &params);
    let fault = (!by_passkey).then(|| account::password_fault(secret, email.as_deref().unwrap_or_default()));
    let fault = fault.flatten();
    drop(db);
    let email = match (email, &fault) {
        (Ok(email), None) => email,
        (email, _) => {
            let email = email.map_or_else(|wrong| Typed::wrong(typed, wrong), |_| Typed::new(typed));
            let password = Typed { value: String::new(), error: fault };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(page(&app, &browser, &token, &it, email, password, status));
        }
    };
    let hash = if by_passkey { None } else { Some(account::hash_password(&app, secret.to_owned()).await?) };
    if store::fold(&email) == store::fold(&it.invitation.email) {
        return keep::keep(&app, &it.member, &it.org, account, &email, hash, &headers).await.map(signed_in);
    }
    rate::check(&app, &format!("claim-mail:{}", it.member.id), rate::MAILS).await?;
    let mut tx = app.write().await?;
    let code = app.token("");
    let until = app.now().after(app.config.limits.invitation).min(it.invitation.expires_at);
    let proof = Invitation {
        id: app.id(InvitationId::new),
        kind: CONFIRM.to_owned(),
        account_id: Some(account),
        email: email.clone(),
        data: json!({ "password_hash": hash, "claim": it.invitation.id.to_string() }).to_string(),
        created_at: app.now(),
        expires_at: until,
        used_at: None,
        ..it.invitation.clone()
    };
    store::invitation::remove_of_member(&mut tx, it.member.id, CONFIRM).await?;
    store::invitation::add(&mut tx, &proof, &code.hash()).await?;
    let url = app.config.url(&format!("/claim/{token}/confirm/{}", code.expose()));
    letters::confirmation(&app, &mut tx, &it.member, &email, url, until).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/claim/{token}/sent")).into_response())
}

async fn sent(State(app): State<App>, browser: Browser, Path(token): Path<String>) -> Response {
    let done = Done {
        page: browser.page(&app, "Look into your mail"),
        title: "Look into your mail".to_owned(),
        text: Html::text(
            "We have sent a mail to the address you typed. Click the link in it, and the account is yours. It can \
             take a few minutes; look into the folder for unwanted mail too.",
        ),
        next: Some(("Use another address".to_owned(), format!("/claim/{token}"))),
    };
    web::respond(StatusCode::OK, &done)
}

/// The proof behind both tokens, with the offer it belongs to.
async fn proof(
    app: &App,
    db: &mut impl Connected,
    token: &str,
    code: &str,
) -> Result<Result<(Box<Opened>, AccountId, Option<String>), Link>, Problem> {
    let (it, account) = match offer(app, db, token).await? {
        Ok(found) => found,
        Err(link) => return Ok(Err(link)),
    };
    let Link::Works(proof) = open(app, db, CONFIRM, code).await? else { return Ok(Err(Link::Unknown)) };
    let data: Value = serde_json::from_str(&proof.invitation.data).map_err(|e| Problem::internal(&e))?;
    let same = proof.member.id == it.member.id && data["claim"] == it.invitation.id.to_string();
    // Null where a passkey was chosen in its place.
    match &data["password_hash"] {
        Value::String(hash) if same => Ok(Ok((proof, account, Some(hash.clone())))),
        Value::Null if same && data.get("password_hash").is_some() => Ok(Ok((proof, account, None))),
        _ => Ok(Err(Link::Unknown)),
    }
}

async fn confirm(
    State(app): State<App>,
    browser: Browser,
    Path((token, code)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let (it, ..) = match proof(&app, &mut db, &token, &code).await? {
        Ok(found) => found,
        Err(link) => return Ok(gone(&app, &browser, &link)),
    };
    let page = Confirm {
        page: browser.page(&app, "Keep your account"),
        title: "Keep your account under this address?".to_owned(),
        text: Html::marked(&format!(
            "You sign in with **{}** from now on. {} sees none of it.",
            it.invitation.email, it.org.name
        )),
        button: "Keep my account".to_owned(),
        danger: false,
        action: format!("/claim/{token}/confirm/{code}"),
        back: Some(("Use another address".to_owned(), format!("/claim/{token}"))),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

async fn confirmed(
    State(app): State<App>,
    browser: Browser,
    Path((token, code)): Path<(String, String)>,
    headers: HeaderMap,
    _: Form,
) -> Result<Response, Problem> {
    let found = proof(&app, &mut app.read().await?, &token, &code).await?;
    let (it, account, hash) = match found {
        Ok(found) => found,
        Err(link) => return Ok(gone(&app, &browser, &link)),
    };
    keep::keep(&app, &it.member, &it.org, account, &it.invitation.email, hash, &headers).await.map(signed_in)
}

fn signed_in(cookie: header::HeaderValue) -> Response {
    ([(header::SET_COOKIE, cookie)], Redirect::to("/claim/done")).into_response()
}

/// Whether the person chose a passkey in the place of a password: it is added on the page afterwards.
pub(super) fn instead(app: &App, params: &Params) -> bool {
    params.first("with") == Some("passkey") && passkey::available(app)
}

/// What comes after: on, or to the passkey that was chosen in the place of a password.
pub(super) fn next(app: &App, account: &Account) -> (&'static str, (String, String)) {
    if account.password_hash.is_some() || !passkey::available(app) {
        return ("", ("Go on".to_owned(), "/account".to_owned()));
    }
    let text = " Add your passkey now; without one we mail you a link whenever you want to sign in.";
    (text, ("Add your passkey".to_owned(), "/account#h-keys".to_owned()))
}

async fn done(State(app): State<App>, browser: Browser, person: SignedIn) -> Response {
    let (more, next) = next(&app, &person.account);
    let done = Done {
        page: browser.page(&app, "The account is yours"),
        title: "The account is yours".to_owned(),
        text: Html::marked(&format!(
            "You sign in with **{}** from now on. Nobody else sees it.{more}",
            person.account.email
        )),
        next: Some(next),
    };
    web::respond(StatusCode::OK, &done)
}

async fn ask_erase(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    if let Err(link) = offer(&app, &mut app.read().await?, &token).await? {
        return Ok(gone(&app, &browser, &link));
    }
    let page = Confirm {
        page: browser.page(&app, "Delete everything"),
        title: "Delete everything about you here?".to_owned(),
        text: Html::marked("Your account and everything in it goes at once. **Nobody can bring it back.**"),
        button: "Yes, delete everything".to_owned(),
        danger: true,
        action: format!("/claim/{token}/erase"),
        back: Some(("No, keep it".to_owned(), format!("/claim/{token}"))),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

async fn do_erase(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    _: Form,
) -> Result<Response, Problem> {
    erase::settle(&app).await?;
    let mut tx = app.write().await?;
    let it = match offer(&app, &mut tx, &token).await? {
        Ok((it, _)) => it,
        Err(link) => return Ok(gone(&app, &browser, &link)),
    };
    erase::erase_now(&app, &mut tx, &it.member, Asked::Person).await?;
    tx.commit().await?;
    Ok(Redirect::to("/claim/erased").into_response())
}

async fn erased(State(app): State<App>, browser: Browser) -> Response {
    let done = Done {
        page: browser.page(&app, "Everything is deleted"),
        title: "Everything is deleted".to_owned(),
        text: Html::text("Nothing about you is left here. You may close this page."),
        next: None,
    };
    web::respond(StatusCode::OK, &done)
}

fn page(
    app: &App,
    browser: &Browser,
    token: &str,
    it: &Opened,
    email: Typed,
    password: Typed,
    status: StatusCode,
) -> Response {
    let page = Claim {
        page: browser.page(app, "Keep your account"),
        name: name_of(&it.member),
        organization: it.org.name.clone(),
        left: letters::day(it.member.left_at.unwrap_or(it.invitation.created_at)),
        until: letters::day(it.invitation.expires_at),
        keeps: vec!["Your account and what you did in it".to_owned(), "Your name and settings".to_owned()],
        email,
        password,
        action: format!("/claim/{token}"),
        passkey: passkey::available(app),
        erase: Some(format!("/claim/{token}/erase")),
    };
    web::respond(status, &page)
}
