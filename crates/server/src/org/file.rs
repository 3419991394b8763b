//! Bulk invite: a file, a look at every row, and either all or the valid rows.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use store::import::Import;

use super::Desk;
use crate::app::App;
use crate::onboarding::people;
use crate::problem::Problem;
use crate::request::{FormParams, Params, Upload};
use web::Page;
use web::pages::org::Place;

fn page(app: &App, desk: &Desk) -> Page {
    desk.page(app, "Import", Place::Import)
}

/// `GET /import`.
pub async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let view = people::start(page(&app, &desk), &desk.at("import"), None);
    Ok(web::respond(StatusCode::OK, &view))
}

/// `GET /import/template`.
pub async fn template(_desk: Desk) -> Response {
    people::template()
}

/// `POST /import`: keeps the file and goes on to the look at its rows.
pub async fn upload(State(app): State<App>, desk: Desk, upload: Upload) -> Result<Response, Problem> {
    let file = match people::read(&app, &desk.organization, upload).await? {
        Ok(file) => file,
        Err((notice, status)) => {
            let view = people::start(page(&app, &desk), &desk.at("import"), Some(notice));
            return Ok(web::respond(status, &view));
        }
    };
    let mut tx = app.write().await?;
    let id = people::keep(&app, &mut tx, &desk.organization, file, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("import/{id}"))).into_response())
}

async fn require(app: &App, desk: &Desk, params: &HashMap<String, String>) -> Result<Import, Problem> {
    let id = params.get("import").map(String::as_str);
    people::require(&mut app.read().await?, &desk.organization, id).await
}

/// `GET /import/{import}?only=problems&from=`: every row with what is wrong with it; afterwards, what was done.
pub async fn preview(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
    params: Params,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    let (page, base) = (page(&app, &desk), desk.at("import"));
    if it.applied_at.is_some() {
        return Ok(web::respond(StatusCode::OK, &people::done(page, &base, desk.at("members"), &it)));
    }
    let view = people::look(&app, &desk.organization, page, &base, &it, &params).await?;
    Ok(web::respond(StatusCode::OK, &view))
}

/// `POST /import/{import}` with `mode`: invites. Sent twice, it invites nobody twice.
pub async fn apply(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mode = people::mode(form.first("mode"))?;
    let it = require(&app, &desk, &path).await?;
    let mut tx = app.write().await?;
    people::apply(&app, &mut tx, &desk.organization, it.id, mode, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("import/{}", it.id))).into_response())
}

/// `GET /import/{import}/rejected`: the rows to mend, with the reasons in a column.
pub async fn rejected(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    people::rejected(&app, &desk.organization, it).await
}
