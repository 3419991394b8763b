//! `/s/{token}/sso/live`: switching single sign-on on, and the receipt.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, Purpose};

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other, when};
use crate::app::App;
use crate::connection;
use crate::problem::Problem;
use crate::request::Browser;
use web::html::Html;
use web::pages::setup::{ReceiptRow, SetupGoLive, SetupLive};
use web::parts::{Notice, Status, Tile, Tone};

/// What will be true, or the receipt of what is.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let connection = visit.connection()?;
    if visit.is_live() {
        return Ok(receipt(&app, &visit, &browser, connection));
    }
    if visit.settings().is_none() {
        return Ok(see_other(&visit.path("/sso/values")));
    }
    Ok(web::respond(StatusCode::OK, &before(&app, &visit, &browser, connection)))
}

/// Switches single sign-on on, when a test passed and a domain is proven.
pub async fn go(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Response> {
    let connection = visit.connection()?;
    if visit.is_live() {
        return Ok(see_other(&visit.path("/sso/live")));
    }
    if missing(&visit).is_some() {
        return Ok(web::respond(StatusCode::CONFLICT, &before(&app, &visit, &browser, connection)));
    }
    activate(&app, &visit, connection).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&visit.path("/sso/live")))
}

/// Switches it off again.
pub async fn off(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Response> {
    let connection = visit.connection()?;
    if visit.is_live() {
        deactivate(&app, &visit, connection).await.map_err(IntoResponse::into_response)?;
    }
    Ok(see_other(&visit.path("/sso/live")))
}

async fn activate(app: &App, visit: &Visit, connection: &Connection) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    connection::activate(app, &mut tx, connection, &visit.actor()).await?;
    Ok(tx.commit().await?)
}

async fn deactivate(app: &App, visit: &Visit, connection: &Connection) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    connection::deactivate(app, &mut tx, connection, &visit.actor()).await?;
    Ok(tx.commit().await?)
}

/// What keeps it from going live.
fn missing(visit: &Visit) -> Option<Notice> {
    if !visit.is_tested() {
        return Some(Notice::new(
            Tone::Warn,
            "A test comes first",
            "One sign-in of your own shows that everything fits, before it matters to your colleagues. Go back to the \
             step before this one.",
        ));
    }
    if visit.domain_names(true).is_empty() {
        return Some(Notice::new(
            Tone::Warn,
            "No domain is verified yet",
            "People find their sign-in by the domain of their address. Name it in the first step and prove it; this page \
             waits for you.",
        ));
    }
    None
}

fn before(app: &App, visit: &Visit, browser: &Browser, connection: &Connection) -> SetupGoLive {
    let provider = visit.sso_guide().map_or("your provider", |guide| guide.name.as_str());
    let protocol = visit.sso_guide().map_or("", |guide| guide.protocol.label());
    let (proven, pending) = (visit.domain_names(true), visit.domain_names(false));
    let missing = missing(visit);
    let ready = missing.is_none();
    let notice = missing.or_else(|| {
        (!pending.is_empty()).then(|| {
            let text = format!("People with {} go on as before until then.", pending.join(", "));
            Notice::new(Tone::Warn, "Some domains are not verified yet", &text)
        })
    });
    let tested = connection.tested_at.map_or_else(|| "not yet".to_owned(), |at| when(at).text);
    SetupGoLive {
        page: visit.page(app, browser, "Go live", Some(Step::Live)),
        title: format!("Let {} sign in through {provider}", visit.organization.name),
        lede: Html::marked(&format!(
            "From then on everyone who enters an address of **{}** is sent to {provider}. You can switch it off again \
             at any time.",
            if proven.is_empty() { "a verified domain".to_owned() } else { proven.join(", ") }
        )),
        notice,
        facts: vec![
            ("Provider".to_owned(), Html::text(&format!("{provider}, {protocol}"))),
            ("Domains".to_owned(), Html::text(&list_or(&proven, "none verified"))),
            ("Tested".to_owned(), Html::text(&tested)),
        ],
        action: ready.then(|| visit.path("/sso/live")),
        label: format!("Switch on for {}", proven.join(", ")),
        back: visit.path("/sso/test"),
    }
}

fn receipt(app: &App, visit: &Visit, browser: &Browser, connection: &Connection) -> Response {
    let provider = visit.sso_guide().map_or("your provider", |guide| guide.name.as_str());
    let protocol = visit.sso_guide().map_or("", |guide| guide.protocol.label());
    let vendor = &app.brand.vendor_name;
    let pending = visit.domain_names(false);
    let waits = match pending.as_slice() {
        [] => String::new(),
        [one] => format!("{one} joins when verified"),
        some => format!("{} join when verified", some.join(", ")),
    };
    let login = app.config.url("/login");
    let (primary, next) = if visit.allows(Purpose::Scim) && !visit.is_synced() {
        let tile = Tile {
            icon: "external",
            label: format!("Sign in to {vendor}"),
            detail: "As your colleagues will".to_owned(),
            href: login,
        };
        (("Go on with the directory".to_owned(), visit.path("/scim/providers")), vec![tile])
    } else {
        ((format!("Sign in to {vendor}"), login), Vec::new())
    };
    let page = SetupLive {
        page: visit.page(app, browser, "Single sign-on is live", None),
        title: format!("{} now signs in through {provider}", visit.organization.name),
        lede: format!("Here is the receipt. {vendor} sees the same."),
        receipt: format!("Single sign-on for {}", visit.organization.name),
        status: Status::ok("Live"),
        rows: vec![
            ReceiptRow::new("Provider", &format!("{provider}, {protocol}"), ""),
            ReceiptRow::when("Switched on", &when(connection.updated_at), "with this setup link"),
            ReceiptRow::new("Domains", &list_or(&visit.domain_names(true), "none verified"), &waits),
            ReceiptRow::new("Reference", &format!("``{}``", connection.id), ""),
        ],
        next,
        primary,
        off_action: Some(visit.path("/sso/off")),
    };
    web::respond(StatusCode::OK, &page)
}

fn list_or(names: &[&str], otherwise: &str) -> String {
    if names.is_empty() { otherwise.to_owned() } else { names.join(", ") }
}
