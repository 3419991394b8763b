//! Where each profile field of a directory comes from, and which groups give which role: the wizard's editor, for later.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Directory;

use super::Desk;
use super::stop::Ids;
use crate::app::App;
use crate::directory as feed;
use crate::onboarding::mapping_panel::{self, Wish};
use crate::problem::Problem;
use crate::request::FormParams;
use web::pages::scim::{MappingBody, OrgMapping};

/// `GET /directory/{directory}/mapping`.
pub async fn show(State(app): State<App>, desk: Desk, Path(id): Path<Ids>) -> Result<Response, Problem> {
    let it = feed::require(&mut app.read().await?, &desk.organization, &id.directory).await?;
    let body = mapping_panel::show(&app, &it, here(&desk, &it)).await?;
    Ok(page(&app, &desk, body, StatusCode::OK))
}

fn here(desk: &Desk, it: &Directory) -> String {
    desk.at(&format!("directory/{}/mapping", it.id))
}

fn page(app: &App, desk: &Desk, body: MappingBody, status: StatusCode) -> Response {
    let mut page = desk.directory_page(app, "Fields and roles");
    page.live = true;
    web::respond(status, &OrgMapping { page, body, back: desk.at("directory") })
}

/// `POST /directory/{directory}/mapping`: shows what the choices would change, and keeps them once that was looked at.
pub async fn save(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = feed::require(&mut app.read().await?, &desk.organization, &id.directory).await?;
    let fields = form.0.0.iter().cloned().collect();
    let config = match mapping_panel::take(&app, &it, &fields, here(&desk, &it)).await? {
        Wish::Show(body, status) => return Ok(page(&app, &desk, *body, status)),
        Wish::Same => return Ok(Redirect::to(&desk.at("directory")).into_response()),
        Wish::Keep(config) => config,
    };
    let mut tx = app.write().await?;
    let it = feed::hold(&mut tx, it).await?;
    mapping_panel::keep(&app, &mut tx, it, &config, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("directory?done=mapped")).into_response())
}
