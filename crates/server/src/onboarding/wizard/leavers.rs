//! `/s/{token}/scim/leavers`: what becomes of the accounts of people who leave.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::LeaverPolicy;

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other, text};
use crate::app::App;
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::request::Browser;
use web::pages::scim::{ScimLeavers, policies};
use web::parts::Field;

/// The longest waiting time, in hours.
const LONGEST: u64 = 720;

/// The choice.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    visit.directory()?;
    let hours = visit.organization.erase_grace.as_secs() / 3600;
    let policy = visit.organization.leaver_policy.as_str();
    Ok(render(&app, &visit, &browser, StatusCode::OK, policy, Field::new(hours.to_string())))
}

/// Keeps it.
pub async fn save(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    visit.directory()?;
    let (policy, typed) = (text(&form.0, "policy"), text(&form.0, "grace"));
    let Some(hours) = typed.parse::<u64>().ok().filter(|hours| *hours <= LONGEST) else {
        let field = Field::wrong(typed, "Expected a whole number of hours, 0 to 720, such as 24.");
        return Ok(render(&app, &visit, &browser, StatusCode::UNPROCESSABLE_ENTITY, policy, field));
    };
    keep(&app, &visit, policy, hours).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&visit.path("/scim/live")))
}

async fn keep(app: &App, visit: &Visit, policy: &str, hours: u64) -> Result<(), Problem> {
    let policy: LeaverPolicy =
        policy.parse().map_err(|_| Problem::field("policy", "expected disconnect or delete"))?;
    let change = Change {
        leaver_policy: Some(policy),
        erase_grace: Some(Duration::from_secs(hours * 3600)),
        ..Change::default()
    };
    let mut held = visit.hold(app).await?;
    let organization = organization::require(&mut held.tx, &visit.organization.id.to_string()).await?;
    organization::update(app, &mut held.tx, organization, change, &visit.actor()).await?;
    held.progress.leavers = true;
    held.commit().await
}

fn render(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    status: StatusCode,
    policy: &str,
    grace: Field,
) -> Response {
    let organization = &visit.organization.name;
    let page = ScimLeavers {
        page: visit.page(app, browser, "When someone leaves", Some(Step::Leavers)),
        organization: organization.clone(),
        provider: visit.directory_guide().map_or("Your directory", |guide| guide.name.as_str()).to_owned(),
        policies: policies(organization, &app.brand.vendor_name, policy),
        grace,
        action: visit.path("/scim/leavers"),
        back: visit.path("/scim/mapping"),
    };
    web::respond(status, &page)
}
