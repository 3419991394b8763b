//! Invitations: the mail with its link, and `/invite/{token}`, where a person accepts.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use model::{Member, MemberStatus, Organization};
use profile::{Field, Profile};
use serde_json::json;
use store::Tx;

use super::account::{adopt, open_account};
use super::arrive::{lock, settle};
use super::gate::{Footing, gate};
use super::link::{Link, Opened, ended, open};
use super::record::{forget_read, missing, profile_of, set_profile, tell};
use super::{claim, form, letters};
use crate::account::{self, SignIn};
use crate::app::App;
use crate::passkey;
use crate::problem::Problem;
use crate::request::{Browser, ClientAddress, CsrfForm, Params, SignedIn};
use web::Html;
use web::pages::login::ProfileField;
use web::pages::person::{Done, InviteAccept};
use web::parts::Field as Typed;

/// The kind of capability.
pub(super) const KIND: &str = "invitation";

/// Invites a member by mail; a link sent before stops working.
///
/// # Errors
/// A problem where the member has no address.
pub async fn invite(app: &App, tx: &mut Tx, org: &Organization, member: &Member) -> Result<(), Problem> {
    let Some(email) = &member.email else {
        return Err(Problem::field("email", "this member has no address to send an invitation to"));
    };
    letters::invitation(app, tx, org, member, email).await?;
    tell(app, tx, "member.invited", member, json!({}));
    Ok(())
}

/// A form of ours, whatever fields it has.
type Form = CsrfForm<BTreeMap<String, String>>;

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/invite/accepted", get(accepted))
        .route("/invite/{token}", get(show).post(accept))
        .route("/invite/{token}/renew", post(renew))
}

/// What accepting asks of this person.
struct Asks {
    footing: Footing,
    /// The person chooses a password.
    password: bool,
    fields: Vec<Field>,
}

async fn asks(db: &mut impl store::Connected, it: &Opened) -> Result<Asks, Problem> {
    let footing = gate(db, &it.org, &it.invitation.email).await?;
    let account = store::account::lookup_email(db, &it.invitation.email).await?;
    let has_password =
        account.as_ref().is_some_and(|a| a.password_hash.is_some() && a.email_verified_at.is_some());
    let fields = missing(&it.member);
    Ok(Asks { footing, password: !footing.covered && !has_password, fields })
}

const fn may_accept(status: MemberStatus) -> bool {
    matches!(status, MemberStatus::Invited | MemberStatus::Incomplete)
}

async fn show(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = match open(&app, &mut db, KIND, &token).await? {
        Link::Works(it) if may_accept(it.member.status) => it,
        other => return Ok(gone(&app, &browser, &token, other)),
    };
    let asks = asks(&mut db, &it).await?;
    let known = profile_of(&it.member);
    let typed = |field: &Field| Typed::new(known.text(field).unwrap_or_default());
    let fields = asks.fields.iter().map(|f| form::profile_field(f, typed(f))).collect();
    let password = asks.password.then(Typed::default);
    Ok(page(&app, &browser, &token, &it, &asks, fields, password, StatusCode::OK))
}

async fn accept(
    State(app): State<App>,
    browser: Browser,
    Path(token): Path<String>,
    headers: HeaderMap,
    CsrfForm(form): Form,
) -> Result<Response, Problem> {
    let params = Params(form.into_iter().collect());
    let mut db = app.read().await?;
    let it = match open(&app, &mut db, KIND, &token).await? {
        Link::Works(it) if may_accept(it.member.status) => it,
        other => return Ok(gone(&app, &browser, &token, other)),
    };
    let asks = asks(&mut db, &it).await?;
    drop(db);
    let secret = params.first("password").unwrap_or_default();
    let chooses = asks.password && !claim::instead(&app, &params);
    let fault = chooses.then(|| account::password_fault(secret, &it.invitation.email)).flatten();
    let typed = match (form::read_fields(&params, &asks.fields, app.now()), &fault) {
        (Ok(typed), None) => typed,
        (read, _) => {
            let fields = read.map_or_else(
                |fields| fields,
                |typed| {
                    asks.fields
                        .iter()
                        .map(|f| form::profile_field(f, Typed::new(typed.text(f).unwrap_or_default())))
                        .collect()
                },
            );
            let password = asks.password.then(|| Typed { value: String::new(), error: fault });
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(page(&app, &browser, &token, &it, &asks, fields, password, status));
        }
    };
    let hash = if chooses { Some(account::hash_password(&app, secret.to_owned()).await?) } else { None };
    let mut tx = app.write().await?;
    if !store::invitation::use_up(&mut tx, it.invitation.id, app.now()).await? {
        return Ok(gone(&app, &browser, &token, Link::Unknown));
    }
    let member = join(&app, &mut tx, &it, typed, hash).await?;
    if asks.footing.covered {
        tx.commit().await?;
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("login_hint", &it.invitation.email)
            .append_pair("return_to", "/invite/accepted")
            .finish();
        return Ok(Redirect::to(&format!("/login?{query}")).into_response());
    }
    let Some(account) = member.account_id else {
        return Err(Problem::internal(&"an accepted invitation left no account"));
    };
    let how = SignIn::own(if chooses { "password" } else { "link" }, app.now());
    let cookie = account::start_session(&app, &mut tx, account, Some(&member), how, &headers).await?;
    tx.commit().await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/invite/accepted")).into_response())
}

/// The mail was answered, so the address is the person's: joins or opens the account behind it, takes what was typed,
/// and lets the status follow.
async fn join(
    app: &App,
    tx: &mut Tx,
    it: &Opened,
    typed: Profile,
    password_hash: Option<String>,
) -> Result<Member, Problem> {
    lock(tx, &it.org).await?;
    let email = &it.invitation.email;
    tx.lock(&format!("account:{}", store::fold(email))).await?;
    let Some(mut member) = store::member::lookup_any(tx, it.member.id).await? else {
        return Err(Problem::not_found("invitation"));
    };
    let before = member.clone();
    forget_read(&mut member, &typed);
    let profile = typed.merge(&profile_of(&member));
    set_profile(&mut member, profile);
    let account = match store::account::lookup_email(tx, email).await? {
        Some(account) => adopt(app, tx, account, password_hash).await?,
        None => open_account(app, tx, &member, email, password_hash).await?,
    };
    if let Some(other) = store::member::lookup_account(tx, it.org.id, account).await?
        && other.id != member.id
    {
        return Err(Problem::conflict(
            "already_a_member",
            format!("You are in {} already", it.org.name),
            "Under another address, but with the same account. Sign in with it; this invitation is not needed.",
        ));
    }
    member.account_id = Some(account);
    settle(app, tx, &it.org, before, member).await
}

/// Sends a fresh invitation to the address of one that has ended.
async fn renew(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    Path(token): Path<String>,
    _: Form,
) -> Result<Response, Problem> {
    crate::rate::check(&app, &format!("renew:{address}"), crate::rate::MAILS).await?;
    let mut tx = app.write().await?;
    let Link::Ended(old) = open(&app, &mut tx, KIND, &token).await? else {
        return Ok(Redirect::to(&format!("/invite/{token}")).into_response());
    };
    let (Some(org), Some(member)) = (old.organization_id, old.member_id) else {
        return Ok(gone(&app, &browser, &token, Link::Unknown));
    };
    let org = store::organization::lookup(&mut tx, org).await?;
    let member = store::member::lookup_any(&mut tx, member).await?;
    let (Some(org), Some(member)) = (org, member.filter(|m| may_accept(m.status))) else {
        return Ok(gone(&app, &browser, &token, Link::Ended(old)));
    };
    invite(&app, &mut tx, &org, &member).await?;
    tx.commit().await?;
    let done = Done {
        page: browser.page(&app, "A new invitation is on its way"),
        title: "A new invitation is on its way".to_owned(),
        text: Html::text("It goes to the address that the first one went to. You may close this page."),
        next: None,
    };
    Ok(web::respond(StatusCode::OK, &done))
}

async fn accepted(State(app): State<App>, browser: Browser, person: SignedIn) -> Result<Response, Problem> {
    let org = match person.session.organization_id {
        Some(id) => store::organization::lookup(&mut app.read().await?, id).await?,
        None => None,
    };
    let place = org.map_or_else(|| app.brand.vendor_name.clone(), |org| org.name);
    let (more, next) = match person.session.connection_id {
        None => claim::next(&app, &person.account),
        Some(_) => ("", ("Go on".to_owned(), "/account".to_owned())),
    };
    let done = Done {
        page: browser.page(&app, "You are in"),
        title: "You are in".to_owned(),
        text: Html::marked(&format!(
            "You belong to **{}** now, and you are signed in as **{}**.{more}",
            place.replace('*', ""),
            person.account.email
        )),
        next: Some(next),
    };
    Ok(web::respond(StatusCode::OK, &done))
}

fn gone(app: &App, browser: &Browser, token: &str, link: Link) -> Response {
    match link {
        Link::Works(it) => ended(app, browser, "invitation", Some(&it.invitation), None),
        Link::Ended(it) => {
            let renew = it.used_at.is_none().then(|| format!("/invite/{token}/renew"));
            ended(app, browser, "invitation", Some(&it), renew)
        }
        Link::Unknown => ended(app, browser, "invitation", None, None),
    }
}

#[expect(clippy::too_many_arguments, reason = "one page, filled in one place")]
fn page(
    app: &App,
    browser: &Browser,
    token: &str,
    it: &Opened,
    asks: &Asks,
    required: Vec<ProfileField>,
    password: Option<Typed>,
    status: StatusCode,
) -> Response {
    let page = InviteAccept {
        page: browser.page(app, format!("{} has a place for you", it.org.name)),
        organization: it.org.name.clone(),
        invited_by: String::new(),
        email: it.invitation.email.clone(),
        until: letters::day(it.invitation.expires_at),
        provider: asks.footing.covered.then(|| format!("{}’s sign-in", it.org.name)),
        action: format!("/invite/{token}"),
        required,
        passkey: password.is_some() && passkey::available(app),
        password,
        company_sees: "your name, work address and country, and whether you use it".to_owned(),
    };
    // Accepting may end at the company's identity provider.
    web::respond_leaving(status, &page)
}
