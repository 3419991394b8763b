//! `/org/sign-on/{connection}`: changing a live connection without anybody noticing before it works.
//!
//! The setup wizard asks for the same acts (`act`, `take`) under its own addresses.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Connection;
use store::Tx;

use super::Desk;
use super::change_form::{edit_of, form, refused};
use super::change_view::{At, view};
use super::{reading, words};
use crate::app::App;
use crate::connection::{self, beside, shadow};
use crate::login;
use crate::problem::Problem;
use crate::request::{Browser, FormParams, Params, Upload};
use web::pages::change::{ChangeForm, OrgChange, OrgChangeForm};
use web::pages::org::Place;

pub use super::change_view::comparison_view;

type Ids = Path<HashMap<String, String>>;

/// The company's connection that the path names.
async fn named(app: &App, desk: &Desk, ids: &HashMap<String, String>) -> Result<Connection, Problem> {
    let id = ids.get("connection").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Problem::not_found("connection"))?;
    connection::get(&mut app.read().await?, desk.organization.id, id).await
}

fn path(it: &Connection) -> String {
    format!("sign-on/{}", it.id)
}

/// `GET /sign-on/{connection}`, after a test with `?flow=`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    browser: Browser,
    Path(ids): Ids,
    params: Params,
) -> Result<Response, Problem> {
    let it = named(&app, &desk, &ids).await?;
    let flow = params.first("flow");
    keep_test(&app, &browser, &it, flow).await?;
    let here = desk.at(&path(&it));
    let requests = reading::requests_at(&it, &desk);
    let at = At { edit: format!("{here}/draft"), requests, here, back: desk.at("sign-on") };
    let change = view(&app, &browser, &it, at, flow).await?;
    let mut page = desk.page(&app, &format!("Sign-in through {}", change.provider.name), Place::SignOn);
    page.flash = words::done(params.first("done"));
    Ok(web::respond_leaving(StatusCode::OK, &OrgChange { page, it: change }))
}

/// Keeps that a test of the draft came through, when its browser comes back with it.
pub async fn keep_test(
    app: &App,
    browser: &Browser,
    it: &Connection,
    flow: Option<&str>,
) -> Result<(), Problem> {
    let Some(id) = flow.and_then(|id| id.parse().ok()) else { return Ok(()) };
    let mut db = app.read().await?;
    let found = login::test_result(&mut db, app, browser, id).await?;
    let draft = beside::draft_of(&mut db, it.id).await?;
    drop(db);
    let (Some(found), Some(draft)) = (found, draft) else { return Ok(()) };
    let passed = found.outcome.is_ok() && found.connection == it.id && found.settings == draft.config;
    if passed && draft.tested_at.is_none() {
        let mut tx = app.write().await?;
        beside::mark_draft_tested(&mut tx, it.id, &found.settings, app.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// `POST /sign-on/{connection}` with `act`.
pub async fn submit(
    State(app): State<App>,
    desk: Desk,
    browser: Browser,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = named(&app, &desk, &ids).await?;
    let here = desk.at(&path(&it));
    if form.first("act") == Some("test") {
        return test(&app, &browser, &it, here).await;
    }
    let mut tx = app.write().await?;
    let done = act(&app, &mut tx, &it, &|name| form.first(name), &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{here}?done={done}")).into_response())
}

/// Sends the browser to the identity provider, with the draft.
pub async fn test(app: &App, browser: &Browser, it: &Connection, here: String) -> Result<Response, Problem> {
    let draft = beside::draft_of(&mut app.read().await?, it.id).await?.ok_or_else(beside::no_draft)?;
    login::begin_test(app, browser, &beside::with_draft(it, &draft), here).await
}

/// One of the acts of the page. The word for what was done, for the next page.
pub async fn act<'a>(
    app: &App,
    tx: &mut Tx,
    it: &Connection,
    field: &(dyn Fn(&str) -> Option<&'a str> + Sync),
    actor: &str,
) -> Result<&'static str, Problem> {
    match field("act") {
        Some("replace") => {
            let looked_at = field("draft").unwrap_or_default();
            beside::replace(app, tx, it, Some(looked_at), actor).await?;
            Ok("replaced")
        }
        Some("revert") => {
            let version = field("version").and_then(|id| id.parse().ok());
            let version = version.ok_or_else(|| Problem::not_found("former version"))?;
            beside::revert(app, tx, it, Some(version), actor).await?;
            Ok("reverted")
        }
        Some("discard") => {
            beside::discard(app, tx, it, actor).await?;
            Ok("discarded")
        }
        Some("shadow") => {
            shadow::start(app, tx, it, actor).await?;
            Ok("watching")
        }
        Some("unshadow") => {
            shadow::stop(app, tx, it, actor).await?;
            Ok("unwatched")
        }
        _ => Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    }
}

/// `GET /sign-on/{connection}/draft`.
pub async fn edit_form(State(app): State<App>, desk: Desk, Path(ids): Ids) -> Result<Response, Problem> {
    let it = named(&app, &desk, &ids).await?;
    let draft = beside::draft_of(&mut app.read().await?, it.id).await?;
    let here = desk.at(&path(&it));
    Ok(form_page(&app, &desk, StatusCode::OK, form(&it, draft.as_ref(), &format!("{here}/draft"), &here)))
}

fn form_page(app: &App, desk: &Desk, status: StatusCode, it: ChangeForm) -> Response {
    let page = desk.page(app, &format!("Change the sign-in through {}", it.provider), Place::SignOn);
    web::respond(status, &OrgChangeForm { page, it })
}

/// `POST /sign-on/{connection}/draft`.
pub async fn save(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    upload: Result<Upload, Problem>,
) -> Result<Response, Problem> {
    let it = named(&app, &desk, &ids).await?;
    let upload = upload?.require_trusted()?;
    let here = desk.at(&path(&it));
    match take(&app, &it, &upload, &desk.actor).await {
        Ok(()) => Ok(Redirect::to(&format!("{here}?done=drafted")).into_response()),
        Err(problem) if is_about_the_form(&problem) => {
            let draft = beside::draft_of(&mut app.read().await?, it.id).await?;
            let again = form(&it, draft.as_ref(), &format!("{here}/draft"), &here);
            Ok(form_page(&app, &desk, problem.status, refused(again, &upload, &problem)))
        }
        Err(problem) => Err(problem),
    }
}

/// Whether the form is shown again with it.
pub fn is_about_the_form(problem: &Problem) -> bool {
    !problem.fields.is_empty() || problem.status == StatusCode::CONFLICT
}

/// Reads the form and keeps the draft. Nothing is stored unless all of it can be used.
pub async fn take(app: &App, it: &Connection, upload: &Upload, actor: &str) -> Result<(), Problem> {
    let draft = beside::draft_of(&mut app.read().await?, it.id).await?;
    let looked_at = upload.fields.first("draft").unwrap_or_default();
    beside::is_seen(draft.as_ref(), looked_at)?;
    let from = draft.as_ref().map_or_else(|| it.clone(), |draft| beside::with_draft(it, draft));
    let settings = connection::read_edit(app, &from, &edit_of(&from, upload)?).await?;
    let mut tx = app.write().await?;
    beside::save(app, &mut tx, it, (&settings, draft.as_ref().map(|it| it.provider.as_str())), actor).await?;
    Ok(tx.commit().await?)
}
