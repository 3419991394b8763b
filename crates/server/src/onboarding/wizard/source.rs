//! `/s/{token}/scim/source`: from where a directory is read that sends nothing by itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::Directory;

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other};
use crate::app::App;
use crate::onboarding::source;
use crate::problem::Problem;
use crate::pull::{self, Kind};
use crate::request::{Browser, Params, Upload};
use web::pages::source::SetupSource;

fn kind(it: &Directory) -> Result<Kind, Problem> {
    pull::kind_of(&it.provider).ok_or_else(|| Problem::not_found("source"))
}

async fn view(app: &App, visit: &Visit, browser: &Browser, it: &Directory) -> Result<SetupSource, Problem> {
    let state = pull::state(app, &mut app.read().await?, it).await?;
    let (action, back) = (visit.path("/scim/source"), visit.path("/scim/steps"));
    let form = source::form(app, it, kind(it)?, state.as_ref(), (action, back));
    let title = format!("Read {}", form.provider);
    Ok(SetupSource { page: visit.page(app, browser, &title, Some(Step::Connect)), it: form })
}

/// The form.
pub async fn show(
    visit: Visit,
    browser: Browser,
    params: Params,
    State(app): State<App>,
) -> Result<Response, Response> {
    let it = visit.directory()?;
    let mut page = view(&app, &visit, &browser, it).await.map_err(IntoResponse::into_response)?;
    source::after_consent(&mut page.it, params.first("consent"));
    Ok(web::respond(StatusCode::OK, &page))
}

/// On to Google, where an administrator lets us read.
pub async fn consent(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    let begun = async {
        // The link counts as used by its first form.
        visit.hold(&app).await?.commit().await?;
        let (then, back) = (visit.path("/scim/waiting"), visit.path("/scim/source"));
        pull::consent::begin(&app, &it, &visit.actor(), then, back)
    };
    begun.await.map_err(|problem: Problem| problem.into_response())
}

/// Proves it, keeps it, has it read, and goes on to where people arrive.
pub async fn save(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    upload: Upload,
) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    let done = async {
        let upload = upload.require_trusted()?;
        match source::save(&app, &it, kind(&it)?, &upload, &visit.actor()).await {
            Ok(()) => {
                // The link counts as used by its first form.
                visit.hold(&app).await?.commit().await?;
                Ok(see_other(&visit.path("/scim/waiting")))
            }
            Err(problem) if problem.status.is_client_error() => {
                let mut page = view(&app, &visit, &browser, &it).await?;
                page.it = source::again(page.it, &upload, &problem);
                Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
            }
            Err(problem) => Err(problem),
        }
    };
    done.await.map_err(|problem: Problem| problem.into_response())
}
