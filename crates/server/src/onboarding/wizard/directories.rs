//! `/s/{token}/scim/providers` and `…/steps`: choosing a directory, its address and token, and its steps.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{DirectoryStatus, Purpose};
use serde_json::json;

use super::progress::TOKEN_PLACE;
use super::rail::Step;
use super::visit::{Visit, other_ways};
use super::{Form, see_other, text, when};
use crate::app::App;
use crate::directory;
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::guide::{self, Guide, Kind, Placeholder, Protocol, Values};
use web::html::Html;
use web::pages::scim::ScimCredentials;
use web::pages::setup::{SetupProviders, SetupSteps};
use web::parts::Copy;

/// The list, searched by `?q=`.
pub async fn list(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Scim)?;
    let page = visit.page(&app, &browser, "Choose your directory", Some(Step::Directory));
    let action = visit.path("/scim/providers");
    let asked = query.first("q").unwrap_or_default();
    let view = SetupProviders::new(page, Kind::Directory, &visit.organization.name, &action, asked);
    Ok(web::respond(StatusCode::OK, &view))
}

/// Chooses a directory: makes it, in preview, with a token. The same again changes nothing.
pub async fn choose(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Scim)?;
    let guide = guide::directories().iter().find(|guide| guide.id == id);
    let guide = guide.ok_or_else(|| Problem::not_found("directory"))?;
    if guide.protocol != Protocol::Scim {
        return Ok(instead(&app, &visit, &browser, guide));
    }
    if visit.directory.as_ref().is_some_and(|it| it.provider == guide.id) {
        return Ok(see_other(&visit.path("/scim/steps")));
    }
    let mut tx = app.write().await?;
    let preview = visit.directory.clone().filter(|it| it.status == DirectoryStatus::Preview);
    if let Some(old) = preview {
        // What it sent stays looked at by nobody; the new one begins with an address and a token of its own.
        directory::set_status(&app, &mut tx, old, DirectoryStatus::Paused).await?;
    }
    let status = DirectoryStatus::Preview;
    let (made, token) = directory::create(&app, &mut tx, &visit.organization, &guide.id, status).await?;
    let data = json!({"directory_id": made.id.to_string(), "provider": made.provider});
    let (organization, target) = (Some(visit.organization.id), Some(made.id.to_string()));
    app.audit(&mut tx, &visit.actor(), "directory.created", organization, target, &data).await?;
    let sealed = app.seal_text(TOKEN_PLACE, token.expose());
    visit
        .keep(&mut tx, |progress| {
            progress.directory = Some(made.id.to_string());
            progress.directory_token = Some(sealed);
            progress.directory_ticked.clear();
            (progress.mapped, progress.leavers) = (false, false);
        })
        .await?;
    tx.commit().await?;
    Ok(see_other(&visit.path("/scim/steps")))
}

/// Address, token and steps. The token is shown once, right after it was made.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    visit.directory()?;
    credentials(&app, &visit, &browser).await.map_err(IntoResponse::into_response)
}

async fn credentials(app: &App, visit: &Visit, browser: &Browser) -> Result<Response, Problem> {
    let (Some(it), Some(guide)) = (&visit.directory, visit.directory_guide()) else {
        return Err(Problem::not_found("directory"));
    };
    let token = match visit.progress.directory_token.as_deref() {
        Some(sealed) => {
            let plain = app.open_text(TOKEN_PLACE, sealed)?;
            let mut tx = app.write().await?;
            visit.keep(&mut tx, |progress| progress.directory_token = None).await?;
            tx.commit().await?;
            Some(plain)
        }
        None => None,
    };
    let values = values(app, visit, token.as_deref());
    let label = |placeholder, otherwise: &str| {
        guide.field_for(placeholder, &values).map_or_else(|| otherwise.to_owned(), |(_, label)| label)
    };
    let base_url = Copy::new("base-url", label(Placeholder::ScimBaseUrl, "Base URL"), &values.scim_base_url);
    let facts = match token.as_deref() {
        Some(token) => {
            let end: String = token.chars().skip(token.chars().count().saturating_sub(3)).collect();
            format!("Ends in ``{end}`` · works until you replace it")
        }
        None => format!("Directory made {} · the token works until you replace it", when(it.created_at).text),
    };
    let token = token.map(|token| {
        Copy::new("token", label(Placeholder::ScimToken, "Bearer token"), token).hint(
            "We keep only a fingerprint of this token, so nobody can show it again. Lost it? Make a new one.",
        )
    });
    let title = format!("Let {} keep the list of people up to date", guide.name);
    let page = ScimCredentials {
        page: visit.page(app, browser, &title, Some(Step::Connect)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Directory, guide, &visit.path("/scim/providers")),
        base_url,
        token,
        token_facts: Html::marked(&facts),
        new_token_action: visit.path("/scim/new-token"),
        done: visit.progress.directory_ticked.iter().cloned().collect(),
        done_action: visit.path("/scim/steps"),
        next: visit.path("/scim/waiting"),
        back: visit.path("/scim/providers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Makes a new token; the old one stops.
pub async fn new_token(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Response> {
    visit.directory()?;
    replace_token(&app, &visit).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&visit.path("/scim/steps")))
}

async fn replace_token(app: &App, visit: &Visit) -> Result<(), Problem> {
    let Some(it) = &visit.directory else { return Err(Problem::not_found("directory")) };
    let mut tx = app.write().await?;
    let token = directory::rotate_token(app, &mut tx, it).await?;
    let data = json!({"directory_id": it.id.to_string()});
    let (organization, target) = (Some(visit.organization.id), Some(it.id.to_string()));
    app.audit(&mut tx, &visit.actor(), "directory.token_replaced", organization, target, &data).await?;
    let sealed = app.seal_text(TOKEN_PLACE, token.expose());
    visit.keep(&mut tx, |progress| progress.directory_token = Some(sealed)).await?;
    Ok(tx.commit().await?)
}

/// Ticks a step, or takes the tick away.
pub async fn tick(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Response> {
    visit.directory()?;
    let step = text(&form.0, "step").to_owned();
    let known =
        visit.directory_guide().is_some_and(|guide| guide.steps_of().steps.iter().any(|it| it.id == step));
    if !known {
        return Err(Problem::not_found("step").into_response());
    }
    let done = !text(&form.0, "done").is_empty();
    save(&app, &visit, &step, done).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&format!("{}#step-{step}", visit.path("/scim/steps"))))
}

async fn save(app: &App, visit: &Visit, step: &str, done: bool) -> Result<(), Problem> {
    let mut tx = app.write().await?;
    visit
        .keep(&mut tx, |progress| {
            if done {
                progress.directory_ticked.insert(step.to_owned());
            } else {
                progress.directory_ticked.remove(step);
            }
        })
        .await?;
    Ok(tx.commit().await?)
}

/// Our values for the directory's console.
pub fn values(app: &App, visit: &Visit, token: Option<&str>) -> Values {
    Values {
        app_name: app.brand.vendor_name.clone(),
        login_url: app.config.url("/login"),
        scim_base_url: visit.directory.as_ref().map(|it| directory::base_url(app, it.id)).unwrap_or_default(),
        scim_token: token.unwrap_or_default().to_owned(),
        ..Values::default()
    }
}

/// A directory without a feed: what to do instead.
fn instead(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> Response {
    let values = Values { app_name: app.brand.vendor_name.clone(), ..Values::default() };
    let title = format!("{} and {}", guide.name, app.brand.vendor_name);
    let page = SetupSteps {
        page: visit.page(app, browser, &title, Some(Step::Directory)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Directory, guide, &visit.path("/scim/providers")),
        done: Vec::new(),
        done_action: String::new(),
        next: visit.path("/scim/providers"),
        next_label: "Back to the list".to_owned(),
        back: visit.path("/scim/providers"),
        notice: None,
    };
    web::respond(StatusCode::OK, &page)
}
