//! What a directory would do, going live in one step with its progress, and back to the preview.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Directory, DirectoryStatus};
use serde_json::json;

use super::Desk;
use super::stop::{self, Ids};
use crate::app::App;
use crate::directory as feed;
use crate::onboarding::preview_panel::{self, REFRESH};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use crate::trace;
use web::pages::scim::{OrgLive, OrgPreview, OrgPreviewPeople};
use web::parts::{Crumb, Figure};

/// `GET /directory/{directory}/preview`: what going live would do; once it is live, how far that is.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    params: Params,
) -> Result<Response, Problem> {
    let it = feed::require(&mut app.read().await?, &desk.organization, &id.directory).await?;
    if let Some(people) = preview_panel::list(&app, &it, &here(&desk, &it), &params).await? {
        let mut page = desk.directory_page(&app, &people.title);
        page.crumbs.push(Crumb::new("Preview", here(&desk, &it)));
        return Ok(web::respond(StatusCode::OK, &OrgPreviewPeople { page, it: people }));
    }
    if it.status == DirectoryStatus::Active {
        return live(&app, &desk, &it).await;
    }
    preview(&app, &desk, &it, "", StatusCode::OK).await
}

fn here(desk: &Desk, it: &Directory) -> String {
    desk.at(&format!("directory/{}/preview", it.id))
}

async fn preview(
    app: &App,
    desk: &Desk,
    it: &Directory,
    error: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    let page = OrgPreview {
        page: desk.directory_page(app, "Preview"),
        it: preview_panel::of(app, &desk.organization, it, &here(desk, it), Some(desk.at("leavers"))).await?,
        error: error.to_owned(),
        mapping: desk.at(&format!("directory/{}/mapping", it.id)),
        action: here(desk, it),
        back: desk.at("directory"),
    };
    Ok(web::respond(status, &page))
}

async fn live(app: &App, desk: &Desk, it: &Directory) -> Result<Response, Problem> {
    let progress = preview_panel::progress(app, it).await?;
    let counts = feed::counts(&mut app.read().await?, it).await?;
    let mut page = desk.directory_page(app, "Live");
    page.live = progress.is_some();
    page.refresh = progress.map(|_| REFRESH);
    let page = OrgLive {
        page,
        provider: trace::provider(&it.provider),
        notice: stop::notice(desk, it),
        progress,
        figures: vec![
            Figure::count(counts.applied, "with a place"),
            Figure::count(counts.incomplete, "of these incomplete"),
            Figure::count(counts.inactive, "inactive over there"),
        ],
        here: here(desk, it),
        health: desk.at(&format!("directory/{}/health", it.id)),
        action: here(desk, it),
        back: desk.at("directory"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /directory/{directory}/preview` with `do`: `live` or `preview`.
pub async fn act(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = feed::require(&mut app.read().await?, &desk.organization, &id.directory).await?;
    let status = match form.first("do") {
        Some("live") => DirectoryStatus::Active,
        Some("preview") => DirectoryStatus::Preview,
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    };
    let unasked = status == DirectoryStatus::Active && it.status != status && form.first("sure").is_none();
    if unasked && preview_panel::asks(&app, &it).await? {
        let words = "Somebody would leave. Tick the box if that is right.";
        return preview(&app, &desk, &it, words, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut tx = app.write().await?;
    let it = feed::hold(&mut tx, it).await?;
    if it.status != status {
        let (organization, target) = (Some(desk.organization.id), Some(it.id.to_string()));
        let action =
            if status == DirectoryStatus::Active { "directory.activated" } else { "directory.updated" };
        let data = json!({"status": status.as_str()});
        app.audit(&mut tx, &desk.actor, action, organization, target, &data).await?;
        feed::set_status(&app, &mut tx, it.clone(), status).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&here(&desk, &it)).into_response())
}
