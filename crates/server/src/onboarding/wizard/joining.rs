//! `/s/{token}/joining`: where sign-in and directory would not meet, before either goes live.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{DirectoryStatus, Purpose};
use store::Connected;

use super::rail::Step;
use super::visit::Visit;
use crate::app::App;
use crate::onboarding::joining_panel;
use crate::problem::Problem;
use crate::request::Browser;
use web::pages::org::SetupJoining;

/// The page; for links that set up either of the two.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    if !visit.allows(Purpose::Scim) {
        visit.require(Purpose::Sso).map_err(IntoResponse::into_response)?;
    }
    // Back to the one that is not live yet.
    let step = if visit.allows(Purpose::Scim) && (!visit.allows(Purpose::Sso) || visit.is_live()) {
        Step::DirectoryLive
    } else {
        Step::Live
    };
    let joining = joining_panel::of(&app, &visit.organization).await.map_err(IntoResponse::into_response)?;
    let page = SetupJoining {
        page: visit.page(&app, &browser, "Who meets whom", Some(step)),
        joining,
        back: visit.path(step.path()),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Link to the page, where the company has both: whichever of the two is second.
pub async fn link(db: &mut impl Connected, visit: &Visit) -> Result<Option<String>, Problem> {
    let id = visit.organization.id;
    let synced = store::directory::list(db, id).await?;
    let synced = synced.iter().any(|it| it.status != DirectoryStatus::Draft && it.last_request_at.is_some());
    let signs_in = store::connection::list(db, id)
        .await?
        .iter()
        .any(|it| it.tested_at.is_some() || it.last_login_at.is_some());
    Ok((synced && signs_in).then(|| visit.path("/joining")))
}
