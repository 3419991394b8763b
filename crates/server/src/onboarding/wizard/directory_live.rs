//! `/s/{token}/scim/live`: what would happen in numbers and names, going live, and the receipt.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Directory, DirectoryStatus};
use serde_json::json;

use super::joining;
use super::rail::Step;
use super::visit::{Held, Visit, directory_of};
use super::{Form, see_other, when};
use crate::app::App;
use crate::directory::{self, Counts};
use crate::onboarding::preview_panel::{self, REFRESH, people};
use crate::problem::Problem;
use crate::request::{Browser, Params};
use web::pages::scim::{ScimPreview, ScimPreviewPeople};
use web::pages::setup::{ReceiptRow, SetupLive};
use web::parts::{Status, number};

/// The preview, everybody of one kind in it, or the receipt.
pub async fn show(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    params: Params,
) -> Result<Response, Response> {
    let it = visit.directory()?;
    let page = async {
        if let Some(people) = preview_panel::list(&app, it, &visit.path("/scim/live"), &params).await? {
            let page = visit.page(&app, &browser, &people.title, Some(Step::DirectoryLive));
            Ok(web::respond(StatusCode::OK, &ScimPreviewPeople { page, it: people }))
        } else if visit.is_synced() {
            receipt(&app, &visit, &browser, it).await
        } else {
            preview(&app, &visit, &browser, it, ("", StatusCode::OK)).await
        }
    };
    page.await.map_err(IntoResponse::into_response)
}

/// Goes live: what was sent becomes true. Twice is no error, and is told once.
pub async fn go(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    let it = visit.directory()?;
    let ask = async {
        let sure = visit.is_synced() || form.0.contains_key("sure");
        if sure || it.last_request_at.is_none() || !preview_panel::asks(&app, it).await? {
            return Ok(None);
        }
        let words =
            ("Somebody would leave. Tick the box if that is right.", StatusCode::UNPROCESSABLE_ENTITY);
        preview(&app, &visit, &browser, it, words).await.map(Some)
    };
    if let Some(question) = ask.await.map_err(|problem: Problem| problem.into_response())? {
        return Ok(question);
    }
    let done = async {
        let mut held = visit.hold(&app).await?;
        let it = current(&visit, &mut held).await?;
        if it.status == DirectoryStatus::Active {
            return held.commit().await;
        }
        if it.last_request_at.is_none() {
            return Err(Problem::conflict(
                "directory_not_connected",
                "Nothing has arrived yet",
                "The provider has not reached us with the right token. Go back to the step that waits for it.",
            ));
        }
        record(&app, &visit, &mut held.tx, &it, "directory.activated").await?;
        directory::activate(&app, &mut held.tx, it).await?;
        held.commit().await
    };
    done.await.map_err(|problem: Problem| problem.into_response())?;
    Ok(see_other(&visit.path("/scim/live")))
}

/// Back to the preview: what is sent changes nobody any more; nothing is taken back.
pub async fn off(visit: Visit, State(app): State<App>, _form: Form) -> Result<Response, Response> {
    visit.directory()?;
    let done = async {
        let mut held = visit.hold(&app).await?;
        let it = current(&visit, &mut held).await?;
        if it.status == DirectoryStatus::Active {
            record(&app, &visit, &mut held.tx, &it, "directory.updated").await?;
            directory::set_status(&app, &mut held.tx, it, DirectoryStatus::Preview).await?;
        }
        held.commit().await
    };
    done.await.map_err(|problem: Problem| problem.into_response())?;
    Ok(see_other(&visit.path("/scim/live")))
}

/// The directory as it is now, under its lock.
async fn current(visit: &Visit, held: &mut Held) -> Result<Directory, Problem> {
    let it = directory_of(&mut held.tx, &visit.organization, &held.progress).await?;
    directory::hold(&mut held.tx, it.ok_or_else(|| Problem::not_found("directory"))?).await
}

async fn record(
    app: &App,
    visit: &Visit,
    tx: &mut store::Tx,
    it: &Directory,
    action: &str,
) -> Result<(), Problem> {
    let data = json!({"directory_id": it.id.to_string()});
    let (organization, target) = (Some(visit.organization.id), Some(it.id.to_string()));
    app.audit(tx, &visit.actor(), action, organization, target, &data).await
}

async fn preview(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    it: &Directory,
    (error, status): (&str, StatusCode),
) -> Result<Response, Problem> {
    let joining = joining::link(&mut app.read().await?, visit).await?;
    let page = ScimPreview {
        joining,
        page: visit.page(app, browser, "Preview and go live", Some(Step::DirectoryLive)),
        it: preview_panel::of(app, &visit.organization, it, &visit.path("/scim/live"), None).await?,
        error: error.to_owned(),
        action: visit.path("/scim/live"),
        ask_again: visit.path("/scim/waiting"),
        back: visit.path("/scim/leavers"),
    };
    Ok(web::respond(status, &page))
}

async fn receipt(app: &App, visit: &Visit, browser: &Browser, it: &Directory) -> Result<Response, Problem> {
    let counts = directory::counts(&mut app.read().await?, it).await?;
    let progress = preview_panel::progress(app, it).await?;
    let provider = visit.directory_guide().map_or("Your directory", |guide| guide.name.as_str());
    let vendor = &app.brand.vendor_name;
    let name = &visit.organization.name;
    let mut surroundings = visit.page(app, browser, "Directory sync is live", None);
    surroundings.live = progress.is_some();
    surroundings.refresh = progress.map(|_| REFRESH);
    let page = SetupLive {
        page: surroundings,
        title: format!("{provider} now keeps {name} up to date"),
        lede: format!("Here is the receipt. {vendor} sees the same."),
        receipt: format!("Directory sync for {name}"),
        status: Status::ok("Live"),
        rows: rows(visit, it, &counts, provider),
        next: Vec::new(),
        primary: (format!("Open {vendor}"), app.config.url("/login")),
        waiting: progress.map(|(done, all)| format!("{} of {} taken in", number(done), people(all))),
        here: visit.path("/scim/live"),
        undo: Some(("Back to the preview".to_owned(), visit.path("/scim/off"))),
        undo_effect: format!(
            "Back to the preview, what {provider} sends is answered and stored, and changes nobody until you go live again. \
             Nobody loses a place by it."
        ),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn rows(visit: &Visit, it: &Directory, counts: &Counts, provider: &str) -> Vec<ReceiptRow> {
    let left = counts.users.saturating_sub(counts.inactive).saturating_sub(counts.applied);
    let under_way = if left > 0 { format!("{} are being taken in now", people(left)) } else { String::new() };
    vec![
        ReceiptRow::new("Directory", provider, "SCIM 2.0"),
        ReceiptRow::when("Switched on", &when(it.updated_at), "with this setup link"),
        ReceiptRow::new("People with a place", &number(counts.applied), &under_way),
        ReceiptRow::new(
            "Of these, incomplete",
            &number(counts.incomplete),
            if counts.incomplete > 0 { "a required field is missing; they are asked once" } else { "" },
        ),
        ReceiptRow::new("Inactive over there", &number(counts.inactive), ""),
        ReceiptRow::new("Groups", &number(counts.groups), ""),
        ReceiptRow::new("When someone leaves", policy(visit), ""),
        ReceiptRow::new("Reference", &format!("``{}``", it.id), ""),
    ]
}

fn policy(visit: &Visit) -> &'static str {
    match visit.organization.leaver_policy {
        model::LeaverPolicy::Disconnect => "Disconnected; the person may keep a personal account",
        model::LeaverPolicy::Delete => "Erased after the waiting time",
    }
}
