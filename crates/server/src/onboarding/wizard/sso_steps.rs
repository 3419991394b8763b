//! `/s/{token}/sso/steps`: the chosen provider's steps with our values in them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::rail::Step;
use super::visit::{Visit, other_ways};
use super::{Form, see_other, text};
use crate::app::App;
use crate::connection;
use crate::problem::Problem;
use crate::request::Browser;
use web::guide::{Guide, Kind, Values};
use web::pages::setup::SetupSteps;

/// The steps.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let connection = visit.connection()?;
    let Some(guide) = visit.sso_guide() else { return Ok(see_other(&visit.path("/sso/providers"))) };
    let values = connection::guide_values(&app, connection);
    let title = format!("Make an app for {} in {}", app.brand.vendor_name, guide.name);
    let label = guide.steps_of().brings_back.as_ref().map(|back| back.url_label.as_str());
    let next_label = match (connection.protocol, label) {
        (model::Protocol::Oidc, _) => "I have the three values".to_owned(),
        (model::Protocol::Saml, Some(label)) if !label.is_empty() => format!("I have the {label}"),
        (model::Protocol::Saml, _) => "I have the metadata".to_owned(),
    };
    let page = SetupSteps {
        page: visit.page(&app, &browser, &title, Some(Step::Guide)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Sso, guide, &visit.path("/sso/providers")),
        done: visit.progress.ticked.iter().cloned().collect(),
        done_action: visit.path("/sso/steps"),
        next: visit.path("/sso/values"),
        next_label,
        back: visit.path("/sso/providers"),
        notice: None,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Ticks a step, or takes the tick away.
pub async fn tick(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Response> {
    visit.connection()?;
    let step = text(&form.0, "step").to_owned();
    let known = visit.sso_guide().is_some_and(|guide| guide.steps_of().steps.iter().any(|it| it.id == step));
    if !known {
        return Err(Problem::not_found("step").into_response());
    }
    let done = !text(&form.0, "done").is_empty();
    save(&app, &visit, &step, done).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&format!("{}#step-{step}", visit.path("/sso/steps"))))
}

async fn save(app: &App, visit: &Visit, step: &str, done: bool) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    if done {
        held.progress.ticked.insert(step.to_owned());
    } else {
        held.progress.ticked.remove(step);
    }
    held.commit().await
}

/// A provider that cannot be connected directly: what to do instead.
pub fn instead(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> Response {
    let values = Values { app_name: app.brand.vendor_name.clone(), ..Values::default() };
    let title = format!("{} and {}", guide.name, app.brand.vendor_name);
    let page = SetupSteps {
        page: visit.page(app, browser, &title, Some(Step::Provider)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Sso, guide, &visit.path("/sso/providers")),
        done: Vec::new(),
        done_action: String::new(),
        next: visit.path("/sso/providers"),
        next_label: "Choose what it leads to".to_owned(),
        back: visit.path("/sso/providers"),
        notice: None,
    };
    web::respond(StatusCode::OK, &page)
}
