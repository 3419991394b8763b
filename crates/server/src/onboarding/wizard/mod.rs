//! The setup wizard at `/s/{token}`: a customer's IT admin connects a company without an account here.
//!
//! Owns the order of the steps, where a link stands, and what each page says. Does not own connections, domains,
//! directories or people: each step asks the room that does.

mod change;
mod directories;
mod directory_live;
mod domains;
mod hand_over;
mod joining;
mod leavers;
mod left_over;
mod mapping;
mod people;
mod progress;
mod rail;
mod renew;
mod renew_done;
mod renew_test;
mod renew_values;
mod source;
mod sso_live;
mod sso_providers;
mod sso_result;
mod sso_steps;
mod sso_test;
mod sso_values;
mod visit;
pub mod waiting;
mod welcome;

pub use renew_values::brought;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use model::Time;

use crate::app::App;
use crate::request::CsrfForm;
use web::parts::When;

/// Every page of the wizard.
pub fn pages() -> Router<App> {
    let upload = DefaultBodyLimit::max(crate::onboarding::import::MAX_BYTES + 64 * 1024);
    Router::new()
        .route("/s/{token}", get(welcome::show))
        .route("/s/{token}/hand-over", get(hand_over::show).post(hand_over::submit))
        .route("/s/{token}/domains", get(domains::show).post(domains::add))
        .route("/s/{token}/domains/look", post(domains::look))
        .route("/s/{token}/domains/{id}/remove", post(domains::remove))
        .route("/s/{token}/sso/providers", get(sso_providers::list))
        .route("/s/{token}/sso/providers/{id}", get(sso_providers::look).post(sso_providers::choose))
        .route("/s/{token}/sso/steps", get(sso_steps::show).post(sso_steps::tick))
        .route("/s/{token}/sso/values", get(sso_values::show).post(sso_values::metadata).layer(upload))
        .route("/s/{token}/sso/client", post(sso_values::client))
        .route("/s/{token}/sso/test", get(sso_test::show).post(sso_test::start))
        .route("/s/{token}/sso/attributes", post(sso_test::decide))
        .route("/s/{token}/joining", get(joining::show))
        .route("/s/{token}/sso/live", get(sso_live::show).post(sso_live::go))
        .route("/s/{token}/sso/off", post(sso_live::off))
        .route("/s/{token}/sso/change", get(change::show).post(change::submit))
        .route("/s/{token}/sso/change/values", get(change::edit).post(change::save).layer(upload))
        .route("/s/{token}/scim/providers", get(directories::list))
        .route("/s/{token}/scim/providers/{id}", get(directories::look).post(directories::choose))
        .route("/s/{token}/scim/steps", get(directories::show).post(directories::tick))
        .route("/s/{token}/scim/new-token", post(directories::new_token))
        .route("/s/{token}/scim/source", get(source::show).post(source::save).layer(upload))
        .route("/s/{token}/scim/source/consent", post(source::consent))
        .route("/s/{token}/scim/waiting", get(waiting::show))
        .route("/s/{token}/scim/mapping", get(mapping::show).post(mapping::save))
        .route("/s/{token}/scim/leavers", get(leavers::show).post(leavers::save))
        .route("/s/{token}/scim/live", get(directory_live::show).post(directory_live::go))
        .route("/s/{token}/scim/off", post(directory_live::off))
        .route("/s/{token}/people", get(people::show).post(people::upload).layer(upload))
        .route("/s/{token}/people/template", get(people::template))
        .route("/s/{token}/people/{import}", get(people::preview).post(people::apply))
        .route("/s/{token}/people/{import}/rejected", get(people::rejected))
        .route("/s/{token}/certificate", get(renew::list).post(renew::choose))
        .route(
            "/s/{token}/certificate/values",
            get(renew_values::show).post(renew_values::take).layer(upload),
        )
        .route("/s/{token}/certificate/test", get(renew_test::show).post(renew_test::start))
        .route("/s/{token}/certificate/use", post(renew_test::replace))
        .route("/s/{token}/certificate/discard", post(renew_test::discard))
        .route("/s/{token}/certificate/done", get(renew_done::show))
        .route("/s/{token}/certificate/restore", post(renew_done::restore))
}

/// The fields of a form; of a repeated name the last value.
type Form = CsrfForm<BTreeMap<String, String>>;

/// A field of a form without the space around it; empty when it did not come.
fn text<'a>(form: &'a BTreeMap<String, String>, name: &str) -> &'a str {
    form.get(name).map_or("", |value| value.trim())
}

/// After a form: on to a page that is read.
fn see_other(path: &str) -> Response {
    axum::response::Redirect::to(path).into_response()
}

/// A moment as pages show it, in UTC.
fn when(time: Time) -> When {
    let moment = time.to_jiff();
    When::new(moment.to_string(), moment.strftime("%-d %B %Y, %H:%M UTC").to_string())
}
