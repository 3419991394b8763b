//! Where sign-in and directory would not meet.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Desk;
use crate::app::App;
use crate::onboarding::joining_panel;
use crate::problem::Problem;
use web::pages::org::{OrgJoining, Place};
use web::parts::Crumb;

/// `GET /sign-on/joining`.
pub async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let joining = joining_panel::of(&app, &desk.organization).await?;
    let mut surroundings = desk.page(&app, "Who meets whom", Place::SignOn);
    surroundings.crumbs.push(Crumb::new("Sign-on", desk.at("sign-on")));
    let page = OrgJoining { page: surroundings, joining, back: desk.at("sign-on") };
    Ok(web::respond(StatusCode::OK, &page))
}
