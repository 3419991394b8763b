//! Accounts of one's own: by password, or by a link in a mail that also makes the account.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Account, AccountId, InvitationId, Token};
use serde::Deserialize;
use serde_json::{Value, json};
use store::invitation::Invitation;

use super::finish::signed_in;
use super::return_to;
use super::start::own_page;
use super::ways;
use crate::account::{SignIn, check_password, start_session};
use crate::app::App;
use crate::enforcement::{self, How};
use crate::mail::{self, To};
use crate::member;
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, CsrfForm, FormParams};
use web::mail_layout::{Letter, Link};
use web::pages::login::MailSent;
use web::pages::login::SignInLink;
use web::pages::person::{ErrorPage, LinkEnded};
use web::parts::Field;

/// The kind of capability behind a mailed link.
const KIND: &str = "sign_in";

/// The form of the password.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST /login/password`. The answer to a wrong password and to an unknown address is the same, in words and time.
pub async fn password(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    headers: HeaderMap,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    CsrfForm(form): CsrfForm<PasswordForm>,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    // One spelling, so that no other spelling of the address has tries of its own.
    let Ok(Some(email)) = profile::email::parse(&form.email) else { return Err(no_address()) };
    rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    rate::check(&app, &format!("password:{email}"), rate::PASSWORDS).await?;
    let way = enforcement::own_way(&mut app.read().await?, app.now(), &email).await?;
    if let Some(organization) = way.closed() {
        return Ok(ways::closed(&app, &browser, organization, &email, &return_to));
    }
    let account = store::account::lookup_email(&mut app.read().await?, &email).await?;
    let hash = account.as_ref().and_then(|a| a.password_hash.as_deref());
    let right = check_password(hash, &form.password).await?;
    let mut db = app.read().await?;
    let right = right && way.admits(&mut db, account.as_ref(), How::Own).await?;
    drop(db);
    let Some(account) = account.filter(|_| right) else {
        let field = Field::wrong(
            "",
            "That password does not belong to this address. Try again, or have a sign-in link sent to you.",
        );
        let company = ways::company(&app, &way, &email, &return_to);
        let page =
            own_page(&app, &browser, (&email, company), field, &return_to, StatusCode::UNPROCESSABLE_ENTITY);
        return Ok(page);
    };
    let mut tx = app.write().await?;
    let member = place(&app, &mut tx, &account).await?;
    let how = SignIn { ends_at: way.ends_at(), ..SignIn::own("password", app.now()) };
    let cookie = start_session(&app, &mut tx, account.id, member.as_ref(), how, &headers).await?;
    tx.commit().await?;
    Ok(signed_in(&return_to, cookie))
}

fn no_address() -> Problem {
    Problem::field("email", "expected an email address, such as you@company.com")
}

/// The one active membership that a personal sign-in is for; none when there are several or none. A place whose address
/// signs in through the company alone is not reached by another address of the person.
pub(super) async fn place(
    app: &App,
    tx: &mut store::Tx,
    account: &Account,
) -> Result<Option<model::Member>, Problem> {
    let mut active = Vec::new();
    for member in store::member::list_of_account(tx, account.id).await? {
        let closed = match &member.email {
            Some(email) => enforcement::own_way(tx, app.now(), email).await?.closed().map(|it| it.id),
            None => None,
        };
        if member.status == model::MemberStatus::Active && closed != Some(member.organization_id) {
            active.push(member);
        }
    }
    Ok(if active.len() == 1 { active.pop() } else { None })
}

/// The form of the link.
#[derive(Debug, Deserialize)]
pub struct LinkForm {
    #[serde(default)]
    email: String,
}

/// `POST /login/link`: mails a link, whether the address is known or not.
pub async fn send_link(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    CsrfForm(form): CsrfForm<LinkForm>,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    let email = profile::email::parse(&form.email).ok().flatten().ok_or_else(no_address)?;
    rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    rate::check(&app, &format!("link:{email}"), rate::MAILS).await?;
    let way = enforcement::own_way(&mut app.read().await?, app.now(), &email).await?;
    if let Some(organization) = way.closed() {
        return Ok(ways::closed(&app, &browser, organization, &email, &return_to));
    }
    let token = app.token("");
    let now = app.now();
    let mut tx = app.write().await?;
    let it = Invitation {
        id: app.id(InvitationId::new),
        kind: KIND.to_owned(),
        organization_id: None,
        member_id: None,
        account_id: None,
        email: email.clone(),
        data: json!({"return_to": return_to}).to_string(),
        created_at: now,
        expires_at: now.after(app.config.limits.sign_in_link),
        used_at: None,
    };
    store::invitation::add(&mut tx, &it, &token.hash()).await?;
    let vendor = &app.brand.vendor_name;
    let minutes = app.config.limits.sign_in_link.as_secs() / 60;
    let letter = Letter {
        subject: format!("Your sign-in link for {vendor}"),
        preview: format!("It works once, for {minutes} minutes."),
        heading: format!("Sign in to {vendor}"),
        paragraphs: vec![format!(
            "Somebody, hopefully you, asked for a link to sign in to {vendor} with this address."
        )],
        button: Some(Link::new("Sign in", app.config.url(&format!("/signin/{}", token.expose())))),
        button_note: format!("It works once, for {minutes} minutes."),
        small: vec!["If it was not you, nothing happens as long as nobody opens the link.".to_owned()],
        reason: "You receive this because your address was entered on the sign-in page.".to_owned(),
        opt_out: None,
    };
    mail::write(&app, &mut tx, To::new("sign_in_link", &email), &letter).await?;
    tx.commit().await?;
    let page = MailSent {
        page: browser.page(&app, "Look into your mail"),
        title: "Look into your mail".to_owned(),
        email,
        works_for: format!("{minutes} minutes"),
        again: return_to::with("/login", &return_to),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /signin/{token}`: a button, because mail scanners open links.
pub async fn show_link(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let found = working(&app, &mut app.read().await?, &token).await?;
    Ok(match found {
        Some(it) => {
            let page = SignInLink {
                page: browser.page(&app, "Sign in"),
                email: it.email,
                action: format!("/signin/{token}"),
            };
            web::respond_leaving(StatusCode::OK, &page)
        }
        None => ended(&app, &browser),
    })
}

/// `POST /signin/{token}`: signs in, once. Makes the account if there is none.
pub async fn use_link(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    headers: HeaderMap,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let Some(it) = working(&app, &mut tx, &token).await? else { return Ok(ended(&app, &browser)) };
    if !store::invitation::use_up(&mut tx, it.id, app.now()).await? {
        return Ok(ended(&app, &browser));
    }
    let way = enforcement::own_way(&mut tx, app.now(), &it.email).await?;
    let known = store::account::lookup_email(&mut tx, &it.email).await?;
    if !way.admits(&mut tx, known.as_ref(), How::Link).await? {
        let title = "Your company signs you in";
        let page = ErrorPage::new(
            browser.page(&app, title),
            title,
            "Your company has a sign-in of its own, and this link does not replace it. Enter your work address on the sign-in page.",
        );
        return Ok(web::respond(StatusCode::FORBIDDEN, &page));
    }
    let account = match known {
        // An account that nobody had proven may be a stranger's: what the stranger could sign in with goes.
        Some(account) => {
            member::adopt(&app, &mut tx, account.clone(), None).await?;
            account
        }
        None => {
            let account = Account {
                id: app.id(AccountId::new),
                email: it.email.clone(),
                email_verified_at: Some(app.now()),
                first_name: String::new(),
                last_name: String::new(),
                password_hash: None,
                personal_email: None,
                locale: None,
                created_at: app.now(),
            };
            store::account::add(&mut tx, &account).await?;
            account
        }
    };
    let data: Value = serde_json::from_str(&it.data).unwrap_or_default();
    let return_to = return_to::safe(data["return_to"].as_str());
    let member = place(&app, &mut tx, &account).await?;
    let how = SignIn { ends_at: way.ends_at(), ..SignIn::own("link", app.now()) };
    let cookie = start_session(&app, &mut tx, account.id, member.as_ref(), how, &headers).await?;
    tx.commit().await?;
    Ok(signed_in(&return_to, cookie))
}

async fn working(
    app: &App,
    db: &mut impl store::Connected,
    token: &str,
) -> Result<Option<Invitation>, Problem> {
    let found = store::invitation::lookup_token(db, &Token::presented(token).hash()).await?;
    Ok(found.filter(|it| it.kind == KIND && it.used_at.is_none() && it.expires_at > app.now()))
}

fn ended(app: &App, browser: &Browser) -> Response {
    let title = "This sign-in link has ended";
    let page = LinkEnded {
        page: browser.page(app, title),
        title: title.to_owned(),
        text: web::Html::marked(
            "It works once and for a short time. Have a new one sent to you from the sign-in page.",
        ),
        renew: None,
    };
    web::respond(StatusCode::GONE, &page)
}
