//! `/s/{token}/hand-over`: a colleague gets a link of their own, and this one stops.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::visit::Visit;
use super::{Form, text};
use crate::app::App;
use crate::onboarding::links;
use crate::problem::Problem;
use crate::request::Browser;
use web::html::Html;
use web::pages::person::Done;
use web::pages::setup::SetupHandOver;
use web::parts::Field;

/// The form.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Response {
    render(&app, &visit, &browser, StatusCode::OK, Field::default())
}

/// Makes the colleague's link with what was done so far, mails it, and ends this one.
pub async fn submit(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Problem> {
    let typed = text(&form.0, "email");
    match pass_on(&app, &visit, typed).await {
        Ok(()) => {}
        Err(problem) if problem.fields.iter().any(|field| field.field == "email") => {
            let field = Field::wrong(typed, "Expected an address such as it@acme.example.");
            return Ok(render(&app, &visit, &browser, problem.status, field));
        }
        Err(problem) => return Err(problem),
    }
    // This link has ended with that, so there is no page of it to go on to.
    let page = Done {
        page: browser.page(&app, "Handed over"),
        title: "Your colleague has the link now".to_owned(),
        text: Html::text(&format!(
            "We mailed a link to {typed}. It begins where you stopped. The one you used has ended."
        )),
        next: None,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

async fn pass_on(app: &App, visit: &Visit, to: &str) -> Result<(), Problem> {
    let left = visit.link.expires_at.since(app.now()).max(std::time::Duration::from_mins(10));
    let mut held = visit.hold(app).await?;
    let tx = &mut held.tx;
    let (link, organization) = (&visit.link, &visit.organization);
    let by = (link.created_by.as_str(), visit.actor());
    let new = links::create(app, tx, organization, &link.purposes, Some(left), (by.0, &by.1)).await?;
    store::link::set_progress(tx, new.link.id, &held.progress.to_json()?).await?;
    links::send(app, tx, organization, &new, to).await?;
    links::revoke(app, tx, organization.id, link.id, &by.1).await?;
    held.commit().await
}

fn render(app: &App, visit: &Visit, browser: &Browser, status: StatusCode, email: Field) -> Response {
    let page = SetupHandOver {
        page: visit.page(app, browser, "Hand over to a colleague", None),
        email,
        action: visit.path("/hand-over"),
        back: visit.path(""),
        effect: Html::text(
            "Your colleague gets a link of their own with everything done so far, and this one stops.",
        ),
    };
    web::respond(status, &page)
}
