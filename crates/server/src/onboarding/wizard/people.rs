//! `/s/{token}/people`: inviting people by a file. The pages are those of the company's own import.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::Purpose;
use store::import::Import;

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other, text};
use crate::app::App;
use crate::onboarding::people;
use crate::problem::Problem;
use crate::request::{Browser, Params, Upload};
use web::Page;
use web::pages::setup::{SetupPeople, SetupPeopleDone, SetupPeoplePreview};
use web::parts::Notice;

fn page(app: &App, visit: &Visit, browser: &Browser) -> Page {
    visit.page(app, browser, "People from a file", Some(Step::People))
}

/// The form.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Problem> {
    visit.require(Purpose::Csv)?;
    Ok(start(&app, &visit, &browser, StatusCode::OK, None))
}

fn start(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    status: StatusCode,
    problem: Option<Notice>,
) -> Response {
    let base = visit.path("/people");
    let view = SetupPeople {
        earlier: visit.progress.import.as_ref().map(|id| format!("{base}/{id}")),
        organization: visit.organization.name.clone(),
        it: people::start(page(app, visit, browser), &base, problem),
    };
    web::respond(status, &view)
}

/// The file to begin with.
pub async fn template(visit: Visit) -> Result<Response, Problem> {
    visit.require(Purpose::Csv)?;
    Ok(people::template())
}

/// Keeps the file and goes on to the look at its rows.
pub async fn upload(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    upload: Upload,
) -> Result<Response, Problem> {
    visit.require(Purpose::Csv)?;
    let file = match people::read(&app, &visit.organization, upload).await? {
        Ok(file) => file,
        Err((notice, status)) => return Ok(start(&app, &visit, &browser, status, Some(notice))),
    };
    let mut held = visit.hold(&app).await?;
    let id = people::keep(&app, &mut held.tx, &visit.organization, file, &visit.actor()).await?;
    held.progress.import = Some(id.to_string());
    held.commit().await?;
    Ok(see_other(&visit.path(&format!("/people/{id}"))))
}

/// A file that came with this link, or with the one that was handed over. Files that the company's own administrators
/// or the vendor brought are no business of a link's holder.
async fn require(app: &App, visit: &Visit, path: &HashMap<String, String>) -> Result<Import, Problem> {
    visit.require(Purpose::Csv)?;
    let id = path.get("import").map(String::as_str);
    let it = people::require(&mut app.read().await?, &visit.organization, id).await?;
    let own = it.created_by == visit.actor() || visit.progress.import.as_deref() == id;
    if own { Ok(it) } else { Err(Problem::not_found("import")) }
}

/// Every row with what is wrong with it; afterwards, what was done.
pub async fn preview(
    visit: Visit,
    Path(path): Path<HashMap<String, String>>,
    params: Params,
    browser: Browser,
    State(app): State<App>,
) -> Result<Response, Problem> {
    let it = require(&app, &visit, &path).await?;
    let (page, base) = (page(&app, &visit, &browser), visit.path("/people"));
    if it.applied_at.is_some() {
        let view = SetupPeopleDone { it: people::done(page, &base, String::new(), &it) };
        return Ok(web::respond(StatusCode::OK, &view));
    }
    let it = people::look(&app, &visit.organization, page, &base, &it, &params).await?;
    Ok(web::respond(StatusCode::OK, &SetupPeoplePreview { it }))
}

/// Invites. Sent twice, it invites nobody twice.
pub async fn apply(
    visit: Visit,
    Path(path): Path<HashMap<String, String>>,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Problem> {
    let it = require(&app, &visit, &path).await?;
    let mode = people::mode(Some(text(&form.0, "mode")))?;
    let mut held = visit.hold(&app).await?;
    people::apply(&app, &mut held.tx, &visit.organization, it.id, mode, &visit.actor()).await?;
    held.progress.imported = true;
    held.commit().await?;
    Ok(see_other(&visit.path(&format!("/people/{}", it.id))))
}

/// The rows to mend, with the reasons in a column.
pub async fn rejected(
    visit: Visit,
    Path(path): Path<HashMap<String, String>>,
    State(app): State<App>,
) -> Result<Response, Problem> {
    let it = require(&app, &visit, &path).await?;
    people::rejected(&app, &visit.organization, it).await
}
