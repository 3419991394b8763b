//! What a person does on `/account`: ending sessions and changing the password.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;
use store::Tx;
use store::session::Session;

use super::page::{Forms, may_have_password, view};
use super::{check_password, hash_password, password_fault};
use crate::app::App;
use crate::login::by_way_of_provider;
use crate::problem::Problem;
use crate::provider::frontchannel::Onward;
use crate::provider::{Ending, revoke_session};
use crate::rate;
use crate::request::{Browser, FormParams, SESSION_COOKIE, SignedIn, clear_cookie};
use web::parts::Field;

/// `POST /account/sessions/{session}/end`: signs one browser out.
pub(super) async fn end(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    Path(id): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let sessions = store::session::list(&mut tx, signed_in.account.id, app.now()).await?;
    let session = sessions.iter().find(|s| s.id.to_string() == id);
    let session = session.ok_or_else(|| Problem::not_found("session of yours"))?;
    if session.id != signed_in.session.id {
        finish(&app, &mut tx, session, Ending::Person).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/account?done=signed-out").into_response());
    }
    let home = Onward::home();
    let onward = by_way_of_provider(&app, &mut tx, &browser, session, &home).await?.unwrap_or(home);
    finish(&app, &mut tx, session, Ending::SignedOut).await?;
    tx.commit().await?;
    let mut response = Redirect::to(&onward.address).into_response();
    response.headers_mut().append(header::SET_COOKIE, clear_cookie(&app.config, SESSION_COOKIE));
    Ok(response)
}

/// `POST /account/sessions/end-others`: signs every other browser out.
pub(super) async fn end_others(
    State(app): State<App>,
    signed_in: SignedIn,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    all_but(&app, &mut tx, &signed_in.session, Ending::Person).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=signed-out").into_response())
}

/// Ends every session of the person but this one.
pub(super) async fn all_but(app: &App, tx: &mut Tx, this: &Session, why: Ending) -> Result<(), Problem> {
    for session in store::session::list(tx, this.account_id, app.now()).await? {
        if session.id != this.id {
            finish(app, tx, &session, why).await?;
        }
    }
    Ok(())
}

/// Ends a session of the person who asks.
async fn finish(app: &App, tx: &mut Tx, session: &Session, why: Ending) -> Result<(), Problem> {
    revoke_session(app, tx, session, why, None).await?;
    let actor = format!("account:{}", session.account_id);
    let about = json!({"reason": why.as_str()});
    let target = Some(session.id.to_string());
    app.audit(tx, &actor, "session.revoked", session.organization_id, target, &about).await
}

/// `POST /account/password`: changes the password, or sets the first one, and signs every other browser out.
pub(super) async fn password(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    form: FormParams,
) -> Result<Response, Problem> {
    if !may_have_password(&mut app.read().await?, &signed_in, app.now()).await? {
        return Err(Problem::forbidden("Your company signs you in, so there is no password here to change."));
    }
    let email = &signed_in.account.email;
    rate::check(&app, &format!("password:{}", store::fold(email)), rate::PASSWORDS).await?;
    let secret = form.first("password").unwrap_or_default();
    let mut forms = Forms::default();
    if let Some(hash) = &signed_in.account.password_hash
        && !check_password(Some(hash), form.first("current").unwrap_or_default()).await?
    {
        forms.current = Field::wrong("", "This is not your password. Type the one you sign in with.");
    }
    if let Some(fault) = password_fault(secret, email) {
        forms.password = Field::wrong("", fault);
    }
    if forms.current.error.is_some() || forms.password.error.is_some() {
        let page = view(&app, &browser, &signed_in, forms).await?;
        return Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let hash = hash_password(&app, secret.to_owned()).await?;
    let mut tx = app.write().await?;
    tx.lock(&signed_in.account.id.to_string()).await?;
    let account = store::account::lookup(&mut tx, signed_in.account.id).await?;
    let mut account = account.ok_or_else(|| Problem::not_found("account"))?;
    if account.password_hash != signed_in.account.password_hash {
        return Err(Problem::conflict(
            "password_changed",
            "Your password was changed just now",
            "Another window was faster. Reload the page and look whether anything is left to do.",
        ));
    }
    account.password_hash = Some(hash);
    store::account::update(&mut tx, &account).await?;
    all_but(&app, &mut tx, &signed_in.session, Ending::NewSecret).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=password").into_response())
}
