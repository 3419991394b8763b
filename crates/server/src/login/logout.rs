//! `/logout`: ends the session of this browser and what applications were granted in it, and then perhaps the one at the
//! identity provider.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::by_way_of_provider;
use super::start::see_other;
use crate::app::App;
use crate::problem::Problem;
use crate::provider;
use crate::provider::frontchannel::{self, Onward};
use crate::request::{Browser, FormParams, SESSION_COOKIE, SignedIn, clear_cookie};
use web::pages::login::SignedOut;

/// The page afterwards. Whoever is still signed in is not told otherwise: their own page has the button.
pub async fn show(State(app): State<App>, browser: Browser, signed_in: Option<SignedIn>) -> Response {
    if signed_in.is_some() {
        return see_other("/account");
    }
    let page = SignedOut { page: browser.page(&app, "Signed out"), provider: None };
    web::respond(StatusCode::OK, &page)
}

/// Signs out. Without a session it changes nothing.
pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    signed_in: Option<SignedIn>,
    _form: FormParams,
) -> Result<Response, Problem> {
    let mut response = see_other("/logout");
    if let Some(signed_in) = signed_in {
        let mut tx = app.write().await?;
        let frames = frontchannel::frames(&app, &mut tx, signed_in.session.id, None).await?;
        let home = Onward::home();
        let away = by_way_of_provider(&app, &mut tx, &browser, &signed_in.session, &home).await?;
        provider::end_session(&app, &mut tx, &signed_in.session, None).await?;
        tx.commit().await?;
        let onward = away.unwrap_or(home);
        response = see_other(&onward.address);
        if let Some(page) = frontchannel::page(&app, &browser, frames, onward) {
            response = page;
        }
    }
    response.headers_mut().append(header::SET_COOKIE, clear_cookie(&app.config, SESSION_COOKIE));
    Ok(response)
}
