//! `/s/{token}/sso/change`: changing the sign-in that is live, as a draft beside it.
//!
//! The page and its acts are those of the company's own administrators (`org::change`).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Connection, ConnectionStatus, Purpose};

use super::rail::Step;
use super::visit::Visit;
use super::{Form, see_other};
use crate::app::App;
use crate::connection::{self, beside};
use crate::org::change::{act, is_about_the_form, keep_test, take, test};
use crate::org::change_form::{form, refused};
use crate::org::change_view::{At, view};
use crate::org::words;
use crate::problem::Problem;
use crate::request::{Browser, Params, Upload};
use web::pages::change::{ChangeForm, SetupChange, SetupChangeForm};

const HERE: &str = "/sso/change";
const VALUES: &str = "/sso/change/values";

/// The connection, once it is live; before, its values are changed directly.
fn live(visit: &Visit) -> Result<&Connection, Response> {
    let it = visit.connection()?;
    if it.status == ConnectionStatus::Draft {
        return Err(see_other(&visit.path("/sso/values")));
    }
    Ok(it)
}

/// What is live, the draft beside it, its test, and the way back.
pub async fn show(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Response> {
    let it = live(&visit)?;
    page(&app, &visit, &browser, it, &query).await.map_err(IntoResponse::into_response)
}

async fn page(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    it: &Connection,
    query: &Params,
) -> Result<Response, Problem> {
    let flow = query.first("flow");
    keep_test(app, browser, it, flow).await?;
    let at = At {
        here: visit.path(HERE),
        edit: visit.path(VALUES),
        requests: None,
        back: visit.path("/sso/live"),
    };
    let change = view(app, browser, it, at, flow).await?;
    let mut page = visit.page(app, browser, "Change what is live", Some(Step::Live));
    page.flash = words::done(query.first("done"));
    Ok(web::respond_leaving(StatusCode::OK, &SetupChange { page, it: change }))
}

/// One of the page's acts.
pub async fn submit(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    fields: Form,
) -> Result<Response, Response> {
    let field = |name: &str| fields.0.get(name).map(String::as_str);
    if field("act") == Some("choose") {
        return choose(&app, &visit, field("connection").unwrap_or_default())
            .await
            .map_err(IntoResponse::into_response);
    }
    let it = live(&visit)?;
    let done = async {
        let mut held = visit.hold(&app).await?;
        if field("act") == Some("test") {
            held.commit().await?;
            return test(&app, &browser, it, visit.path(HERE)).await;
        }
        let done = act(&app, &mut held.tx, it, &field, &visit.actor()).await?;
        held.commit().await?;
        Ok(see_other(&visit.path(&format!("{HERE}?done={done}"))))
    };
    done.await.map_err(|problem: Problem| problem.into_response())
}

/// A live connection that was set up otherwise is what this link is about from now on.
async fn choose(app: &App, visit: &Visit, id: &str) -> Result<Response, Problem> {
    visit.require(Purpose::Sso)?;
    let missing = || Problem::not_found("live connection");
    let mut held = visit.hold(app).await?;
    let id = id.parse().map_err(|_| missing())?;
    let it = connection::get(&mut held.tx, visit.organization.id, id).await?;
    if it.status != ConnectionStatus::Active {
        return Err(missing());
    }
    held.progress.connection = Some(it.id.to_string());
    held.progress.test = None;
    held.commit().await?;
    Ok(see_other(&visit.path(HERE)))
}

/// The form for other values.
pub async fn edit(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let it = live(&visit)?;
    let form = form(it, visit.change.as_ref(), &visit.path(VALUES), &visit.path(HERE));
    Ok(form_page(&app, &visit, &browser, StatusCode::OK, form))
}

fn form_page(app: &App, visit: &Visit, browser: &Browser, status: StatusCode, it: ChangeForm) -> Response {
    let page = visit.page(app, browser, "Other values", Some(Step::Values));
    web::respond(status, &SetupChangeForm { page, it })
}

/// Keeps the draft.
pub async fn save(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    upload: Upload,
) -> Result<Response, Response> {
    let upload = upload.require_trusted().map_err(IntoResponse::into_response)?;
    let it = live(&visit)?;
    let saved = async {
        visit.hold(&app).await?.commit().await?;
        take(&app, it, &upload, &visit.actor()).await
    };
    match saved.await {
        Ok(()) => Ok(see_other(&visit.path(&format!("{HERE}?done=drafted")))),
        Err(problem) if is_about_the_form(&problem) => {
            let mut db = app.read().await.map_err(IntoResponse::into_response)?;
            let draft = beside::draft_of(&mut db, it.id).await.map_err(IntoResponse::into_response)?;
            drop(db);
            let again = form(it, draft.as_ref(), &visit.path(VALUES), &visit.path(HERE));
            let again = refused(again, &upload, &problem);
            Ok(form_page(&app, &visit, &browser, problem.status, again))
        }
        Err(problem) => Err(problem.into_response()),
    }
}
