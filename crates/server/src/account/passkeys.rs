//! Passkeys on `/account`: added and taken away by whoever may have a password, which is nobody whose company signs them
//! in.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use super::acts::all_but;
use super::page::may_have_password;
use super::{device, user_agent};
use crate::app::App;
use crate::passkey::{self, Owner, Passkey, Purpose};
use crate::problem::Problem;
use crate::provider::Ending;
use crate::rate;
use crate::request::{Browser, FormParams, SignedIn};
use web::pages::account::PasskeyRow;

/// One line of the list.
pub fn row(it: &Passkey, base: &str) -> PasskeyRow {
    let day = |time: model::Time| time.to_jiff().strftime("%-d %B %Y").to_string();
    let used =
        it.last_used_at.map_or_else(|| "not used yet".to_owned(), |at| format!("last used {}", day(at)));
    PasskeyRow {
        name: it.name.clone(),
        detail: format!("since {}, {used}", day(it.created_at)),
        action: format!("{base}/{}/remove", it.id),
    }
}

async fn allowed(app: &App, signed_in: &SignedIn) -> Result<Owner, Problem> {
    if !may_have_password(&mut app.read().await?, signed_in, app.now()).await? {
        return Err(Problem::forbidden(
            "Your company signs you in, so a passkey of your own would open nothing here.",
        ));
    }
    rate::check(app, &format!("passkey:{}", signed_in.account.id), rate::PASSKEYS).await?;
    Ok(Owner::Account(signed_in.account.id))
}

/// `POST /account/passkeys/options`: what the page's script asks the browser with.
pub(super) async fn options(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    _form: FormParams,
) -> Result<Response, Problem> {
    let owner = allowed(&app, &signed_in).await?;
    let account = &signed_in.account;
    let display = format!("{} {}", account.first_name, account.last_name);
    passkey::begin_registration(&app, &browser, Purpose::Register, owner, (&account.email, &display)).await
}

/// `POST /account/passkeys`: keeps what the browser made.
pub(super) async fn add(
    State(app): State<App>,
    browser: Browser,
    signed_in: SignedIn,
    headers: HeaderMap,
    form: FormParams,
) -> Result<Response, Problem> {
    let owner = allowed(&app, &signed_in).await?;
    let otherwise = device(&user_agent(&headers));
    let made = passkey::finish_registration(&app, &browser, Purpose::Register, owner, (&form, &otherwise));
    let made = made.await?;
    let mut tx = app.write().await?;
    passkey::keep(&mut tx, &made).await?;
    record(&app, &mut tx, &signed_in, "passkey.added", &made).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=passkey").into_response())
}

/// `POST /account/passkeys/{passkey}/remove`: takes one away, and signs every other browser out. A link by mail always
/// stays, so this is never the last way in.
pub(super) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let gone = passkey::remove(&mut tx, Owner::Account(signed_in.account.id), &id).await?;
    all_but(&app, &mut tx, &signed_in.session, Ending::NewSecret).await?;
    record(&app, &mut tx, &signed_in, "passkey.removed", &gone).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?done=passkey-removed").into_response())
}

async fn record(
    app: &App,
    tx: &mut store::Tx,
    signed_in: &SignedIn,
    action: &str,
    it: &Passkey,
) -> Result<(), Problem> {
    let actor = format!("account:{}", signed_in.account.id);
    app.audit(tx, &actor, action, None, Some(it.id.to_string()), &json!({})).await
}
