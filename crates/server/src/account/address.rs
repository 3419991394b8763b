//! A person's private address: asked for once, proven by a mail to it, shown to no organization.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Account, AccountId, DomainStatus, InvitationId, Time, Token};
use serde_json::json;
use std::time::Duration;
use store::Connected;
use store::invitation::Invitation;

use super::page::{Forms, view};
use crate::app::App;
use crate::mail::{self, To};
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, FormParams, SignedIn};
use web::Html;
use web::mail_layout::{Letter, Link};
use web::pages::person::{Confirm, Done, LinkEnded};
use web::parts::Field;

/// The kind of capability. Those of a claim have a member beside the account; these have none.
const KIND: &str = "verify_email";
/// How long a link works. People look into a private mailbox less often.
const WORKS_FOR: Duration = Duration::from_hours(48);

/// `POST /account/email`: mails a link to the address.
pub(super) async fn add(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    form: FormParams,
) -> Result<Response, Problem> {
    let typed = form.first("email").unwrap_or_default();
    let judged = judge(&mut app.read().await?, &signed_in.account, typed).await?;
    let email = match judged {
        Ok(email) => email,
        Err(wrong) => {
            let forms = Forms { address: Field::wrong(typed, wrong), ..Forms::default() };
            let page = view(&app, &browser, &signed_in, forms).await?;
            return Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    };
    // Counted for the person and for the address: neither can flood the other.
    rate::check(&app, &format!("verify:{}", signed_in.account.id), rate::MAILS).await?;
    rate::check(&app, &format!("link:{}", store::fold(&email)), rate::MAILS).await?;
    let now = app.now();
    let token = app.token("");
    let it = Invitation {
        id: app.id(InvitationId::new),
        kind: KIND.to_owned(),
        organization_id: None,
        member_id: None,
        account_id: Some(signed_in.account.id),
        email,
        data: json!({}).to_string(),
        created_at: now,
        expires_at: now.after(WORKS_FOR),
        used_at: None,
    };
    let mut tx = app.write().await?;
    store::invitation::add(&mut tx, &it, &token.hash()).await?;
    // No company's: but whoever erases the member finds it.
    let to = To::new("confirmation", &it.email).about(signed_in.session.member_id);
    mail::write(&app, &mut tx, to, &letter(&app, &it, &signed_in, &token)).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=mailed").into_response())
}

/// The address as it is kept, or what is wrong with it, in words for beside the field.
async fn judge(
    db: &mut impl Connected,
    account: &Account,
    typed: &str,
) -> Result<Result<String, String>, Problem> {
    let email = match profile::email::parse(typed) {
        Ok(Some(email)) => email,
        Ok(None) => return Ok(Err("Type an address that is yours.".to_owned())),
        Err(reason) => {
            let problem = profile::Problem::new(profile::Field::Email, typed, reason);
            return Ok(Err(problem.to_string()));
        }
    };
    if store::fold(&email) == store::fold(&account.email) {
        return Ok(Err("You have this address here already. Add one that stays yours.".to_owned()));
    }
    let domain = profile::email::domain_of(&email).unwrap_or_default();
    Ok(match store::domain::lookup_name(db, domain).await? {
        Some(domain) if domain.status == DomainStatus::Verified => {
            Err("This address belongs to a company, which could read the mail. Use a private one.".to_owned())
        }
        _ => Ok(email),
    })
}

fn letter(app: &App, it: &Invitation, to: &SignedIn, token: &Token) -> Letter {
    let account = &to.account.email;
    let vendor = &app.brand.vendor_name;
    Letter {
        subject: format!("Confirm your address for {vendor}"),
        preview: "One click, and we can reach you there.".to_owned(),
        heading: "Is this your address?".to_owned(),
        paragraphs: vec![format!(
            "Somebody, hopefully you, wants to add this address to a {vendor} account as a private one."
        )],
        button: Some(Link::new(
            "Yes, this is my address",
            app.config.url(&format!("/verify/{}", token.expose())),
        )),
        button_note: format!("It works until {}, once.", day(it.expires_at)),
        small: vec!["**Not you?** Then ignore this mail. Nothing happens without your click.".to_owned()],
        reason: format!("Sent to {} because it was typed in on the page of the account {account}.", it.email),
        opt_out: None,
    }
}

/// `GET /verify/{token}`: a button, because mail scanners open links.
pub(super) async fn ask(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let Some((it, account)) = working(&app, &mut db, &token).await? else { return Ok(ended(&app, &browser)) };
    let Some(account) = store::account::lookup(&mut db, account).await? else {
        return Ok(ended(&app, &browser));
    };
    let page = Confirm {
        page: browser.page(&app, "Confirm your address"),
        title: "Is this your address?".to_owned(),
        text: Html::text(&format!(
            "{} becomes the private address of the account {}. No company sees it.",
            it.email, account.email
        )),
        button: "Yes, this is my address".to_owned(),
        danger: false,
        action: format!("/verify/{token}"),
        back: None,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /verify/{token}`: keeps the address, once.
pub(super) async fn confirm(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let Some((it, account)) = working(&app, &mut tx, &token).await? else { return Ok(ended(&app, &browser)) };
    tx.lock(&account.to_string()).await?;
    let Some(mut account) = store::account::lookup(&mut tx, account).await? else {
        return Ok(ended(&app, &browser));
    };
    if !store::invitation::use_up(&mut tx, it.id, app.now()).await? {
        return Ok(ended(&app, &browser));
    }
    account.personal_email = Some(it.email);
    store::account::update(&mut tx, &account).await?;
    tx.commit().await?;
    Ok(Redirect::to("/verify/done").into_response())
}

/// `GET /verify/done`.
pub(super) async fn done(State(app): State<App>, browser: Browser) -> Response {
    let page = Done {
        page: browser.page(&app, "Address confirmed"),
        title: "Thank you, the address is yours".to_owned(),
        text: Html::marked(
            "We write to it only when you would otherwise lose your account. Nobody else sees it.",
        ),
        next: Some(("Go to your account".to_owned(), "/account".to_owned())),
    };
    web::respond(StatusCode::OK, &page)
}

/// `POST /account/email/remove`.
pub(super) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    tx.lock(&signed_in.account.id.to_string()).await?;
    if let Some(mut account) = store::account::lookup(&mut tx, signed_in.account.id).await? {
        account.personal_email = None;
        store::account::update(&mut tx, &account).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to("/account?done=removed").into_response())
}

/// `POST /account/email/later`: the question may wait. The address can still be added in the list.
pub(super) async fn later(
    State(app): State<App>,
    signed_in: SignedIn,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    store::account::ask_later(&mut tx, signed_in.account.id, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=later").into_response())
}

async fn working(
    app: &App,
    db: &mut impl Connected,
    token: &str,
) -> Result<Option<(Invitation, AccountId)>, Problem> {
    let found = store::invitation::lookup_token(db, &Token::presented(token).hash()).await?;
    let works = |it: &Invitation| {
        it.kind == KIND && it.member_id.is_none() && it.used_at.is_none() && it.expires_at > app.now()
    };
    Ok(found.filter(works).and_then(|it| it.account_id.map(|account| (it, account))))
}

fn ended(app: &App, browser: &Browser) -> Response {
    let title = "This link has ended";
    let page = LinkEnded {
        page: browser.page(app, title),
        title: title.to_owned(),
        text: Html::marked(
            "It works once, for two days. If your account does not show the address yet, add it there again.",
        ),
        renew: None,
    };
    web::respond(StatusCode::GONE, &page)
}

fn day(time: Time) -> String {
    time.to_jiff().strftime("%-d %B %Y, %H:%M UTC").to_string()
}
