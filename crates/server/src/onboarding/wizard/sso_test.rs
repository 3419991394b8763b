//! `/s/{token}/sso/test`: a real sign-in that signs nobody in, and what to do about what it showed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, FlowId};

use super::rail::Step;
use super::sso_result;
use super::visit::Visit;
use super::{Form, see_other, text, when};
use crate::app::App;
use crate::connection::{self, Settings};
use crate::login::{self, TestResult};
use crate::organization;
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::pages::setup::SetupTest;
use web::parts::{Check, Notice, Tone};

/// The result of the last test that this browser made, or the invitation to make one.
pub async fn show(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Response> {
    visit.connection()?;
    if visit.settings().is_none() {
        return Ok(see_other(&visit.path("/sso/values")));
    }
    if visit.is_live() && visit.change.is_some() {
        return Ok(see_other(&visit.path("/sso/change")));
    }
    result(&app, &visit, &browser, query.first("flow")).await.map_err(IntoResponse::into_response)
}

async fn result(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    came: Option<&str>,
) -> Result<Response, Problem> {
    let Some(connection) = &visit.connection else { return Err(Problem::not_found("connection")) };
    let flow = came.or(visit.progress.test.as_deref()).and_then(|id| id.parse::<FlowId>().ok());
    let mut db = app.read().await?;
    let found = match flow {
        Some(id) => login::test_result(&mut db, app, browser, id).await?,
        None => None,
    };
    drop(db);
    // A test of another connection says nothing about this one.
    let Some((id, found)) = flow.zip(found.filter(|it| it.connection == connection.id)) else {
        return Ok(start_page(app, visit, browser, None));
    };
    let fresh = visit.progress.test.as_deref() != Some(id.to_string().as_str());
    let current = if fresh {
        keep_result(app, visit, connection, id, &found).await?
    } else {
        found.settings == connection.config
    };
    if !current {
        return Ok(start_page(app, visit, browser, Some(outdated())));
    }
    let at = if fresh { app.now() } else { connection.tested_at.unwrap_or_else(|| app.now()) };
    Ok(match &found.outcome {
        Ok(asserted) => {
            let page = sso_result::passed(app, visit, browser, asserted, when(at));
            web::respond_leaving(StatusCode::OK, &page)
        }
        Err(refused) => {
            let page = sso_result::failed(app, visit, browser, refused, found.reference.as_deref());
            web::respond_leaving(StatusCode::OK, &page)
        }
    })
}

/// Keeps a result that was not seen before. Whether it speaks of the values that are stored now.
async fn keep_result(
    app: &App,
    visit: &Visit,
    connection: &Connection,
    id: FlowId,
    found: &TestResult,
) -> Result<bool, Problem> {
    let mut held = visit.hold(app).await?;
    let now = connection::get(&mut held.tx, visit.organization.id, connection.id).await?;
    let current = match &found.outcome {
        Ok(_) => connection::mark_tested(&mut held.tx, &now, &found.settings, app.now()).await?,
        Err(_) => found.settings == now.config,
    };
    if current {
        held.progress.test = Some(id.to_string());
        held.commit().await?;
    }
    Ok(current)
}

fn outdated() -> Notice {
    Notice::new(
        Tone::Warn,
        "That test was of other values",
        "The values were changed after that sign-in began, so it says nothing about the ones that are here now. Test once \
         more.",
    )
}

/// Sends the browser to the identity provider.
pub async fn start(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    _form: Form,
) -> Result<Response, Response> {
    let connection = visit.connection()?;
    if visit.settings().is_none() {
        return Ok(see_other(&visit.path("/sso/values")));
    }
    let begun = async {
        visit.hold(&app).await?.commit().await?;
        login::begin_test(&app, &browser, connection, visit.path("/sso/test")).await
    };
    begun.await.map_err(IntoResponse::into_response)
}

/// Where a missing country comes from: asked once of each person, or one for everybody.
pub async fn decide(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Response> {
    visit.connection()?;
    if text(&form.0, "country") == "default" {
        save_country(&app, &visit, text(&form.0, "default_country"))
            .await
            .map_err(IntoResponse::into_response)?;
    }
    Ok(see_other(&visit.path("/sso/live")))
}

async fn save_country(app: &App, visit: &Visit, country: &str) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    let change =
        organization::Change { country: Some(country.to_owned()), ..organization::Change::default() };
    let it = organization::require(&mut held.tx, &visit.organization.id.to_string()).await?;
    organization::update(app, &mut held.tx, it, change, &visit.actor()).await?;
    held.commit().await
}

fn start_page(app: &App, visit: &Visit, browser: &Browser, notice: Option<Notice>) -> Response {
    let guide = visit.sso_guide();
    let provider = guide.map_or("your provider", |guide| guide.name.as_str());
    let mut checks = match visit.settings() {
        Some(Settings::Saml(saml)) => certificate(&saml.certificates),
        Some(Settings::Oidc(oidc)) => vec![Check::new(Tone::Ok, "Issuer", &format!("``{}``", oidc.issuer))],
        None => Vec::new(),
    };
    match visit.connection.as_ref().and_then(|it| it.tested_at) {
        Some(at) => checks.push(Check::new(Tone::Ok, "A test passed", &when(at).text)),
        None => {
            let text = format!("What {provider} says about a person");
            checks.push(Check::new(Tone::None, &text, "the test shows it"));
        }
    }
    let values = visit.connection.as_ref().map(|it| connection::guide_values(app, it)).unwrap_or_default();
    let page = SetupTest {
        page: visit.page(app, browser, "Test sign-in", Some(Step::Test)),
        lede: format!(
            "You go to {provider} and come straight back. We show you what it really sent. Nobody else is affected, and \
             nothing is switched on by it."
        ),
        notice,
        provider: provider.to_owned(),
        checks,
        action: visit.path("/sso/test"),
        back: visit.path("/sso/values"),
        errors: guide.map(|guide| guide.render(&values).errors).unwrap_or_default(),
    };
    web::respond_leaving(StatusCode::OK, &page)
}

/// Until when the certificate that lasts longest is valid.
pub fn certificate(all: &[connection::Certificate]) -> Vec<Check> {
    let last = all.iter().map(|it| it.not_after).max();
    last.map(|at| Check::new(Tone::Ok, "Signing certificate", &format!("valid until {}", when(at).text)))
        .into_iter()
        .collect()
}
