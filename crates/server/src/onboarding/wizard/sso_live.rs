//! `/s/{token}/sso/live`: switching single sign-on on, and the receipt.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, ConnectionStatus, DomainStatus, Purpose};

use super::joining;
use super::rail::Step;
use super::visit::{Visit, connection_of};
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
    let joining = joining_link(&app, &visit).await?;
    Ok(web::respond(StatusCode::OK, &before(&app, &visit, &browser, (connection, joining))))
}

/// Switches single sign-on on, when a test passed and a domain is proven. Twice is no error.
pub async fn go(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Response> {
    visit.connection()?;
    match activate(&app, &visit).await {
        Ok(()) => Ok(see_other(&visit.path("/sso/live"))),
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            // The page as things stand now says what is missing.
            let visit = visit.again(&app).await.map_err(IntoResponse::into_response)?;
            let joining = joining_link(&app, &visit).await?;
            let page = before(&app, &visit, &browser, (visit.connection()?, joining));
            Ok(web::respond(StatusCode::CONFLICT, &page))
        }
        Err(problem) => Err(problem.into_response()),
    }
}

/// Switches it off again.
pub async fn off(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Response> {
    visit.connection()?;
    deactivate(&app, &visit).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&visit.path("/sso/live")))
}

/// What it depends on is read again under the locks: another tab may have changed the values since they were tested.
async fn activate(app: &App, visit: &Visit) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    let now = connection_of(&mut held.tx, &visit.organization, &held.progress).await?;
    let now = now.ok_or_else(|| Problem::not_found("connection"))?;
    if now.status != ConnectionStatus::Active {
        let domains = store::domain::list(&mut held.tx, visit.organization.id).await?;
        if !domains.iter().any(|it| it.status == DomainStatus::Verified) {
            return Err(Problem::conflict(
                "no_domain_verified",
                "No domain is verified yet",
                "People find their sign-in by the domain of their address. Prove one first.",
            ));
        }
        connection::activate_tested(app, &mut held.tx, &now, &visit.actor()).await?;
    }
    held.commit().await
}

async fn deactivate(app: &App, visit: &Visit) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    let now = connection_of(&mut held.tx, &visit.organization, &held.progress).await?;
    if let Some(now) = now.filter(|it| it.status == ConnectionStatus::Active) {
        connection::deactivate(app, &mut held.tx, &now, &visit.actor()).await?;
    }
    held.commit().await
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

async fn joining_link(app: &App, visit: &Visit) -> Result<Option<String>, Response> {
    let mut db = app.read().await.map_err(IntoResponse::into_response)?;
    joining::link(&mut db, visit).await.map_err(IntoResponse::into_response)
}

fn before(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    (connection, joining): (&Connection, Option<String>),
) -> SetupGoLive {
    let provider = visit.sso_guide().map_or("your provider", |guide| guide.name.as_str());
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
        joining,
        facts: vec![
            ("Provider".to_owned(), Html::text(&named(visit))),
            ("Domains".to_owned(), Html::text(&list_or(&proven, "none verified"))),
            ("Tested".to_owned(), Html::text(&tested)),
        ],
        action: ready.then(|| visit.path("/sso/live")),
        label: format!("Switch on for {}", proven.join(", ")),
        back: visit.path("/sso/test"),
    }
}

/// "Okta, SAML 2.0".
fn named(visit: &Visit) -> String {
    visit.sso_guide().map_or_else(|| "your provider".to_owned(), |guide| guide.named_with(", "))
}

fn receipt(app: &App, visit: &Visit, browser: &Browser, connection: &Connection) -> Response {
    let provider = visit.sso_guide().map_or("your provider", |guide| guide.name.as_str());
    let vendor = &app.brand.vendor_name;
    let pending = visit.domain_names(false);
    let waits = match pending.as_slice() {
        [] => String::new(),
        [one] => format!("{one} joins when verified"),
        some => format!("{} join when verified", some.join(", ")),
    };
    let login = app.config.url("/login");
    let change = Tile {
        icon: "key",
        label: "Change what is live".to_owned(),
        detail: "As a draft beside it, with a test".to_owned(),
        href: visit.path("/sso/change"),
    };
    let (primary, mut next) = if visit.allows(Purpose::Scim) && !visit.is_synced() {
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
    next.push(change);
    let page = SetupLive {
        page: visit.page(app, browser, "Single sign-on is live", None),
        title: format!("{} now signs in through {provider}", visit.organization.name),
        lede: format!("Here is the receipt. {vendor} sees the same."),
        receipt: format!("Single sign-on for {}", visit.organization.name),
        status: Status::ok("Live"),
        rows: vec![
            ReceiptRow::new("Provider", &named(visit), ""),
            ReceiptRow::when("Switched on", &when(connection.updated_at), "with this setup link"),
            ReceiptRow::new("Domains", &list_or(&visit.domain_names(true), "none verified"), &waits),
            ReceiptRow::new("Reference", &format!("``{}``", connection.id), ""),
        ],
        next,
        primary,
        waiting: None,
        here: String::new(),
        undo_effect: String::new(),
        undo: Some(("Switch off again".to_owned(), visit.path("/sso/off"))),
    };
    web::respond(StatusCode::OK, &page)
}

fn list_or(names: &[&str], otherwise: &str) -> String {
    if names.is_empty() { otherwise.to_owned() } else { names.join(", ") }
}
