//! A sign-in by a named exception: before a provider may open an account with an address that its company does not hold,
//! whoever reads the address's mail says so.
//!
//! Owns the letter and the page behind it. Does not own who is an exception (`connection::exceptions`).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Account, AccountId, Connection, ConnectionId, InvitationId, Organization, Token};
use serde_json::{Value, json};
use store::invitation::Invitation;
use store::{Connected, Tx};

use super::join::{self, Standing};
use super::start::see_other;
use crate::app::App;
use crate::connection::exceptions;
use crate::mail::{self, To};
use crate::member;
use crate::problem::Problem;
use crate::request::{Browser, FormParams};
use web::mail_layout::{Letter, Link};
use web::pages::login::ConfirmAddress;
use web::pages::person::LinkEnded;

/// The kind of capability behind the mailed link.
const KIND: &str = "confirm_sign_in";
/// The code of the refusal that asks for it.
pub const CODE: &str = "address_unconfirmed";

/// Mails the question to the address.
pub async fn ask(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    connection: &Connection,
    (subject, email, return_to): (&str, &str, &str),
) -> Result<(), Problem> {
    let (token, now) = (app.token(""), app.now());
    let it = Invitation {
        id: app.id(InvitationId::new),
        kind: KIND.to_owned(),
        organization_id: Some(organization.id),
        member_id: None,
        account_id: None,
        email: email.to_owned(),
        data: json!({"connection": connection.id.to_string(), "subject": subject, "return_to": return_to})
            .to_string(),
        created_at: now,
        expires_at: now.after(app.config.limits.sign_in_link),
        used_at: None,
    };
    store::invitation::add(tx, &it, &token.hash()).await?;
    let (name, vendor) = (&organization.name, &app.brand.vendor_name);
    let minutes = app.config.limits.sign_in_link.as_secs() / 60;
    let title = format!("May {name} sign you in to {vendor}?");
    let letter = Letter {
        subject: title.clone(),
        preview: "Only if it was you.".to_owned(),
        heading: title,
        paragraphs: vec![
            format!(
                "Somebody, hopefully you, came in through the sign-in of {name} as {email}. {name} has named this address \
                 as an exception, because it is not in a domain of theirs."
            ),
            format!(
                "If you say yes, the sign-in of {name} opens your {vendor} account with this address from now on, and {name}’s \
                 administrators decide who signs in there."
            ),
        ],
        button: Some(Link::new("Look at it", app.config.url(&format!("/login/confirm/{}", token.expose())))),
        button_note: format!("It works once, for {minutes} minutes."),
        small: vec!["**Not you?** Then ignore this mail. Nothing happens without your click.".to_owned()],
        reason: format!("You receive this because your address was used at the sign-in of {name}."),
        opt_out: None,
    };
    mail::write(app, tx, To::new(KIND, email).of(organization.id), &letter).await
}

/// What a link is about.
struct Asked {
    it: Invitation,
    organization: Organization,
    connection: ConnectionId,
    subject: String,
    return_to: String,
}

async fn working(app: &App, db: &mut impl Connected, token: &str) -> Result<Option<Asked>, Problem> {
    let found = store::invitation::lookup_token(db, &Token::presented(token).hash()).await?;
    let found = found.filter(|it| it.kind == KIND && it.used_at.is_none() && it.expires_at > app.now());
    let Some(it) = found else { return Ok(None) };
    let data: Value = serde_json::from_str(&it.data).unwrap_or_default();
    let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    let Ok(connection) = text("connection").parse::<ConnectionId>() else { return Ok(None) };
    let Some(connection) = store::connection::lookup(db, connection).await? else { return Ok(None) };
    let organization = store::organization::lookup(db, connection.organization_id).await?;
    let Some(organization) = organization else { return Ok(None) };
    let (subject, return_to) = (text("subject"), text("return_to"));
    Ok(Some(Asked { it, organization, connection: connection.id, subject, return_to }))
}

/// `GET /login/confirm/{token}`: what is asked, and a button; mail scanners open links.
pub async fn show(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let Some(asked) = working(&app, &mut app.read().await?, &token).await? else {
        return Ok(ended(&app, &browser));
    };
    let page = ConfirmAddress {
        page: browser.page(&app, "Confirm your address"),
        organization: asked.organization.name,
        email: asked.it.email,
        action: format!("/login/confirm/{token}"),
    };
    Ok(web::respond_leaving(StatusCode::OK, &page))
}

/// `POST /login/confirm/{token}`: joins the person at the provider to the account with the address, and begins the sign-in
/// again.
pub async fn confirm(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let Some(asked) = working(&app, &mut tx, &token).await? else { return Ok(ended(&app, &browser)) };
    if !store::invitation::use_up(&mut tx, asked.it.id, app.now()).await? {
        return Ok(ended(&app, &browser));
    }
    tx.lock(&asked.organization.id.to_string()).await?;
    let email = &asked.it.email;
    let standing = join::standing(&mut tx, app.now(), &asked.organization, email).await?;
    if !matches!(standing, Standing::Exception(_)) {
        return Err(exceptions::ended(&asked.organization));
    }
    let account = account_of(&app, &mut tx, &asked).await?;
    let now = app.now();
    store::connection::set_identity(&mut tx, asked.connection, &asked.subject, account, now).await?;
    let (organization, target) = (Some(asked.organization.id), Some(asked.connection.to_string()));
    let (actor, data) = (format!("account:{account}"), json!({"email": email}));
    app.audit(&mut tx, &actor, "sign_in.address_confirmed", organization, target, &data).await?;
    tx.commit().await?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("connection", &asked.connection.to_string())
        .append_pair("return_to", &asked.return_to)
        .finish();
    Ok(see_other(&format!("/login?{query}")))
}

/// The account with the address; else the one that is known by connection and subject, which follows; else a new one.
async fn account_of(app: &App, tx: &mut Tx, asked: &Asked) -> Result<AccountId, Problem> {
    let email = &asked.it.email;
    if let Some(known) = store::account::lookup_email(tx, email).await? {
        // An account that nobody had proven may be a stranger's: what the stranger could sign in with goes.
        return member::adopt(app, tx, known, None).await;
    }
    let known = match store::connection::identity(tx, asked.connection, &asked.subject).await? {
        Some(id) => store::account::lookup(tx, id).await?,
        None => None,
    };
    if let Some(known) = known {
        let moved = Account { email: email.clone(), email_verified_at: Some(app.now()), ..known };
        store::account::update(tx, &moved).await?;
        return Ok(moved.id);
    }
    let account = Account {
        id: app.id(AccountId::new),
        email: email.clone(),
        email_verified_at: Some(app.now()),
        first_name: String::new(),
        last_name: String::new(),
        password_hash: None,
        personal_email: None,
        locale: None,
        created_at: app.now(),
    };
    store::account::add(tx, &account).await?;
    Ok(account.id)
}

fn ended(app: &App, browser: &Browser) -> Response {
    let title = "This link has ended";
    let page = LinkEnded {
        page: browser.page(app, title),
        title: title.to_owned(),
        text: web::Html::marked(
            "It works once and for a short time. Come in through your company’s sign-in again, and a new one is mailed to you.",
        ),
        renew: None,
    };
    web::respond(StatusCode::GONE, &page)
}
