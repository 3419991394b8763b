//! Where several connections serve the same people: the person picks one at `/login`.
//!
//! Owns the page and the cookie that remembers the choice. The cookie is a hint: it saves a click where the rules of the
//! domain leave the choice to the person, and opens nothing.

use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use model::{Connection, ConnectionId, Organization};

use super::flow::{self, Beginning};
use super::return_to;
use super::start::see_other;
use crate::app::App;
use crate::connection::{self, Way};
use crate::problem::Problem;
use crate::rate;
use crate::request::{Browser, ClientAddress, FormParams, Params, read_cookie, set_cookie};
use crate::trace;
use web::pages::login::{LoginChoose, WayChoice};

const COOKIE: &str = "fd_way";
const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(24 * 180);

/// What was picked in this browser before.
pub fn remembered(app: &App, headers: &HeaderMap) -> Option<ConnectionId> {
    read_cookie(&app.config, headers, COOKIE)?.parse().ok()
}

/// Whether the person wants to pick again.
pub fn asked_again(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "choose" && value == "again")
}

/// An address that goes on asking.
pub fn keep_asking(address: String, again: bool) -> String {
    match (again, address.contains('?')) {
        (false, _) => address,
        (true, true) => format!("{address}&choose=again"),
        (true, false) => format!("{address}?choose=again"),
    }
}

/// The page that asks.
pub fn page(
    app: &App,
    browser: &Browser,
    (organization, among): (&Organization, &[Connection]),
    email: &str,
    return_to: &str,
) -> Response {
    let page = LoginChoose {
        page: browser.page(app, "Choose your sign-in"),
        organization: organization.name.clone(),
        email: email.to_owned(),
        ways: among
            .iter()
            .zip(trace::names(among))
            .map(|(it, name)| WayChoice { id: it.id.to_string(), name })
            .collect(),
        action: return_to::with("/login/choose", return_to),
        change: return_to::with("/login", return_to),
    };
    web::respond_leaving(StatusCode::OK, &page)
}

/// `GET /login/choose`: begins again; the page belongs to an address.
pub async fn show(params: Params) -> Response {
    let return_to = return_to::safe(params.first("return_to"));
    see_other(&return_to::with("/login", &return_to))
}

/// `POST /login/choose` with `email` and `connection`. Only what the rules offer to this address is taken.
pub async fn choose(
    State(app): State<App>,
    browser: Browser,
    OriginalUri(uri): OriginalUri,
    address: ClientAddress,
    form: FormParams,
) -> Result<Response, Problem> {
    let return_to = return_to::of(&uri);
    rate::check(&app, &format!("begin:{address}"), rate::BEGINNINGS).await?;
    let email = form.first("email").and_then(|text| profile::email::parse(text).ok().flatten());
    let picked = form.first("connection").and_then(|id| id.parse().ok());
    let (Some(email), Some(picked)) = (email, picked) else {
        return Ok(see_other(&return_to::with("/login", &return_to)));
    };
    let routed = connection::route(&mut app.read().await?, &email, Some(picked)).await?;
    match routed {
        Some((_, Way::Through(it))) => {
            let id = it.id;
            let beginning = Beginning { email: Some(email), return_to, test: false, force: false };
            let mut response = flow::begin(&app, &browser, &it, beginning).await?;
            if id == picked {
                let cookie = set_cookie(&app.config, COOKIE, &id.to_string(), Some(REMEMBERED));
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Some((organization, Way::Choose(among))) => {
            Ok(page(&app, &browser, (&organization, &among), &email, &return_to))
        }
        None => Ok(see_other(&return_to::with("/login", &return_to))),
    }
}
