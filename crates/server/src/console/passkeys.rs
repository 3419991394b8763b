//! An operator's own passkeys, and signing in by one.

use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use super::access::{go, session, way_back_of};
use crate::account;
use crate::app::App;
use crate::org::words;
use crate::passkey::{self, Owner, Purpose};
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, FormParams, OperatorCaller, Params};
use web::pages::console::{OperatorPasskeys, Place};
use web::parts::{Crumb, Notice, Tone};

/// `GET /console/passkeys`.
pub async fn list(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    params: Params,
) -> Result<Response, Problem> {
    let all = store::passkey::list(&mut app.read().await?, Owner::Operator(caller.operator.id)).await?;
    let mut surroundings = super::page(&app, &browser, &caller, "Your passkeys", Place::Operators);
    surroundings.crumbs = vec![Crumb::new("Operators", "/console/operators")];
    surroundings.flash = match params.first("done") {
        Some("passkey") => {
            Some(Notice::new(Tone::Ok, "The passkey is added", "Sign in with it from now on."))
        }
        other => words::done(other),
    };
    let page = OperatorPasskeys {
        page: surroundings,
        passkeys: all.iter().map(|it| account::passkey_row(it, "/console/passkeys")).collect(),
        action: passkey::available(&app).then(|| "/console/passkeys".to_owned()),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /console/passkeys/options`.
pub async fn options(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    _form: FormParams,
) -> Result<Response, Problem> {
    let it = &caller.operator;
    rate::check(&app, &format!("passkey:{}", it.id), rate::PASSKEYS).await?;
    let owner = Owner::Operator(it.id);
    passkey::begin_registration(&app, &browser, Purpose::ConsoleRegister, owner, (&it.email, &it.name)).await
}

/// `POST /console/passkeys`.
pub async fn add(
    State(app): State<App>,
    browser: Browser,
    caller: OperatorCaller,
    headers: HeaderMap,
    form: FormParams,
) -> Result<Response, Problem> {
    let owner = Owner::Operator(caller.operator.id);
    rate::check(&app, &format!("passkey:{}", caller.operator.id), rate::PASSKEYS).await?;
    let otherwise = account::device(&account::user_agent(&headers));
    let purpose = Purpose::ConsoleRegister;
    let made = passkey::finish_registration(&app, &browser, purpose, owner, (&form, &otherwise)).await?;
    let mut tx = app.write().await?;
    passkey::keep(&mut tx, &made).await?;
    let target = Some(made.id.to_string());
    app.audit(&mut tx, &caller.actor(), "passkey.added", None, target, &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/passkeys?done=passkey").into_response())
}

/// `POST /console/passkeys/{passkey}/remove`. The password stays, so this is never the last way in.
pub async fn remove(
    State(app): State<App>,
    caller: OperatorCaller,
    Path(id): Path<String>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let gone = passkey::remove(&mut tx, Owner::Operator(caller.operator.id), &id).await?;
    let target = Some(gone.id.to_string());
    app.audit(&mut tx, &caller.actor(), "passkey.removed", None, target, &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/console/passkeys?done=removed").into_response())
}

/// `POST /console/login/passkey/options`.
pub async fn sign_in_options(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    _form: FormParams,
) -> Result<Response, Problem> {
    rate::check(&app, &format!("console:{address}"), rate::PER_ADDRESS).await?;
    passkey::begin_sign_in(&app, &browser, Purpose::ConsoleSignIn).await
}

/// `POST /console/login/passkey`.
pub async fn sign_in(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    OriginalUri(uri): OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    rate::check(&app, &format!("console:{address}"), rate::PER_ADDRESS).await?;
    let used = passkey::finish_sign_in(&app, &browser, Purpose::ConsoleSignIn, &form).await?;
    let Owner::Operator(id) = used.owner else { return Err(Problem::not_found("operator")) };
    let mut tx = app.write().await?;
    passkey::note_use(&mut tx, &used).await?;
    let cookie = session(&app, &mut tx, id).await?;
    let about = json!({"by": "passkey"});
    app.audit(&mut tx, &format!("operator:{id}"), "operator.signed_in", None, None, &about).await?;
    tx.commit().await?;
    Ok(go(&way_back_of(&uri), cookie))
}
