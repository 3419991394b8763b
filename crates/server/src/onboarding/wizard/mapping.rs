//! `/s/{token}/scim/mapping`: where each profile field comes from, shown on people who really arrived.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::Directory;

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other};
use crate::app::App;
use crate::directory;
use crate::onboarding::mapping_panel::{self, Wish};
use crate::problem::Problem;
use crate::request::Browser;
use web::pages::scim::{MappingBody, ScimMapping};

/// The mapping as it is kept.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    let body = mapping_panel::show(&app, &it, visit.path("/scim/mapping")).await;
    let body = body.map_err(IntoResponse::into_response)?;
    Ok(page(&app, &visit, &browser, body, StatusCode::OK))
}

fn page(app: &App, visit: &Visit, browser: &Browser, body: MappingBody, status: StatusCode) -> Response {
    let mut page = visit.page(app, browser, "Match the fields", Some(Step::Mapping));
    page.live = true;
    web::respond(status, &ScimMapping { page, body, back: visit.path("/scim/waiting") })
}

/// Keeps the choices once their effect was looked at; shows it first.
pub async fn save(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    take(&app, &visit, &browser, it, &form.0).await.map_err(IntoResponse::into_response)
}

async fn take(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    it: Directory,
    form: &BTreeMap<String, String>,
) -> Result<Response, Problem> {
    let wanted = match mapping_panel::take(app, &it, form, visit.path("/scim/mapping")).await? {
        Wish::Show(body, status) => return Ok(page(app, visit, browser, *body, status)),
        Wish::Keep(config) => Some(config),
        Wish::Same => None,
    };
    let mut held = visit.hold(app).await?;
    if let Some(config) = wanted {
        let it = directory::hold(&mut held.tx, it).await?;
        mapping_panel::keep(app, &mut held.tx, it, &config, &visit.actor()).await?;
    }
    held.progress.mapped = true;
    held.commit().await?;
    Ok(see_other(&visit.path("/scim/leavers")))
}
