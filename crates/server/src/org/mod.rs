//! `/org`: a company's administrators at work; the same pages serve an operator under `/console/organizations/{id}`.
//!
//! Owns these pages. Does not own the facts on them: it asks the rooms. Who may see which company is decided in one
//! place, the [`Desk`].

pub mod change;
pub mod change_form;
pub mod change_view;
mod desk;
pub mod directory;
mod drills;
mod enforcement;
mod exceptions;
mod file;
mod health;
mod joining;
mod leaver_file;
mod leavers;
pub mod links;
mod mapping;
mod member;
mod members;
mod preview;
pub mod reading;
mod receipts;
pub mod requests;
mod routing;
mod sessions;
mod settings;
pub mod sign_ins;
mod source;
mod stop;
mod stop_some;
mod tokens;
pub mod trust;
pub mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};

pub use desk::Desk;

use crate::app::App;

/// The pages below `/org`.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/org", get(|| async { Redirect::to("/org/members").into_response() }))
        .nest("/org", desk_pages())
        .nest("/console/organizations/{organization}/desk", desk_pages())
}

fn desk_pages() -> Router<App> {
    let upload = DefaultBodyLimit::max(crate::onboarding::import::MAX_BYTES + 64 * 1024);
    Router::new()
        .route("/members", get(members::list).post(members::act))
        .route("/members/export", get(members::export))
        .route("/members/invite", get(member::invite_form).post(member::invite))
        .route("/members/{member}", get(member::show).post(member::act))
        .route("/members/{member}/sessions/{session}/end", post(sessions::end))
        .route("/import", get(file::show).post(file::upload).layer(upload))
        .route("/import/template", get(file::template))
        .route("/import/{import}", get(file::preview).post(file::apply))
        .route("/import/{import}/rejected", get(file::rejected))
        .route("/sign-on", get(trust::sign_on).post(trust::connection))
        .route("/sign-ins", get(sign_ins::list))
        .route("/sign-ins/{reference}", get(sign_ins::show))
        .route("/sign-ins/{reference}/unmask", post(sign_ins::unmask))
        .route("/sign-ins/{reference}/shares", post(sign_ins::share))
        .route("/sign-ins/{reference}/shares/{share}/end", post(sign_ins::end))
        .route("/sign-on/joining", get(joining::show))
        .route("/sign-on/required", get(enforcement::show))
        .route("/sign-on/required/{domain}", get(enforcement::ask).post(enforcement::switch))
        .route("/sign-on/{connection}", get(change::show).post(change::submit))
        .route("/sign-on/{connection}/draft", get(change::edit_form).post(change::save).layer(upload))
        .route("/sign-on/codes", post(enforcement::codes))
        .route("/sign-on/openings", post(enforcement::open))
        .route("/sign-on/openings/{opening}/end", post(enforcement::end))
        .route("/directory", get(directory::show).post(directory::act))
        .route("/directory/{directory}/health", get(health::show))
        .route("/directory/{directory}/mapping", get(mapping::show).post(mapping::save))
        .route("/directory/{directory}/preview", get(preview::show).post(preview::act))
        .route("/directory/{directory}/requests", get(requests::list))
        .route("/directory/{directory}/requests/{request}", get(requests::show))
        .route("/directory/{directory}/requests/{request}/unmask", post(requests::unmask))
        .route("/directory/{directory}/source", get(source::show).post(source::save).layer(upload))
        .route("/directory/{directory}/source/read", post(source::read))
        .route("/directory/{directory}/source/consent", post(source::consent))
        .route("/directory/{directory}/stop", get(stop::show).post(stop::decide))
        .route("/directory/{directory}/stop/choose", get(stop_some::show).post(stop_some::decide))
        .route("/directory/{directory}/tokens", get(tokens::show).post(tokens::make))
        .route("/directory/{directory}/clients", post(tokens::make_client))
        .route("/directory/{directory}/tokens/{token}/revoke", post(tokens::revoke))
        .route("/directory/{directory}/syncs/{sync}/undo", post(stop::undo))
        .route("/domains", get(trust::domains).post(trust::domain))
        .route("/domains/exceptions", get(exceptions::show).post(exceptions::allow))
        .route("/domains/exceptions/{exception}/remove", post(exceptions::remove))
        .route("/domains/{domain}/routing", get(routing::show).post(routing::act))
        .route("/setup-links", post(links::create))
        .route("/setup-links/{link}/revoke", post(links::revoke))
        .route("/setup-links/{link}/send", post(links::send))
        .route("/leavers", get(leavers::show).post(leavers::save))
        .route("/leavers/file", post(leaver_file::upload).layer(upload))
        .route("/drills", get(drills::list).post(drills::act))
        .route("/drills/{drill}", get(drills::show))
        .route("/drills/{drill}/file", get(drills::file))
        .route("/receipts", get(receipts::list))
        .route("/receipts/{erasure}", get(receipts::show))
        .route("/receipts/{erasure}/file", get(receipts::file))
        .route("/settings", get(settings::show).post(settings::save))
}
