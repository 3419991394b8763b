//! Signing in by passkey: no address is typed, and a company's own sign-in is never gone around.

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::finish::signed_in;
use super::own::place;
use super::return_to;
use super::ways;
use crate::account::{SignIn, start_session};
use crate::app::App;
use crate::enforcement::{self, How};
use crate::passkey::{self, Owner, Purpose};
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, FormParams};
use web::pages::person::ErrorPage;

/// `POST /login/passkey/options`: what the page's script asks the browser with.
pub async fn options(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    _form: FormParams,
) -> Result<Response, Problem> {
    rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    passkey::begin_sign_in(&app, &browser, Purpose::SignIn).await
}

/// `POST /login/passkey`: signs in.
pub async fn submit(
    State(app): State<App>,
    browser: Browser,
    address: ClientAddress,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    form: FormParams,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    rate::check(&app, &format!("login:{address}"), rate::PER_ADDRESS).await?;
    let used = passkey::finish_sign_in(&app, &browser, Purpose::SignIn, &form).await?;
    let Owner::Account(id) = used.owner else { return Err(Problem::not_found("account")) };
    let mut tx = app.write().await?;
    let account = store::account::lookup(&mut tx, id).await?.ok_or_else(|| Problem::not_found("account"))?;
    let way = enforcement::own_way(&mut tx, app.now(), &account.email).await?;
    if let Some(organization) = way.closed() {
        return Ok(ways::closed(&app, &browser, organization, &account.email, &return_to));
    }
    if !way.admits(&mut tx, Some(&account), How::Own).await? {
        let title = "Your company signs you in";
        let page = ErrorPage::new(
            browser.page(&app, title),
            title,
            "Your company has a sign-in of its own, and this passkey does not replace it. Enter your work address on the sign-in page.",
        );
        return Ok(web::respond(StatusCode::FORBIDDEN, &page));
    }
    passkey::note_use(&mut tx, &used).await?;
    let member = place(&app, &mut tx, &account).await?;
    let how = SignIn { ends_at: way.ends_at(), ..SignIn::own("passkey", app.now()) };
    let cookie = start_session(&app, &mut tx, account.id, member.as_ref(), how, &headers).await?;
    tx.commit().await?;
    Ok(signed_in(&return_to, cookie))
}
