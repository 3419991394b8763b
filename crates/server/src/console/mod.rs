//! `/console`: the operators' pages.
//!
//! Owns operators' sessions and what operators see. Does not own the facts they change: those are the other rooms'.
//! What a company's own administrator sees of a company, an operator sees through the same pages (`org`).

mod access;
mod application;
mod companies;
mod company;
mod event_feed;
mod keys;
pub mod logs;
mod mails;
mod operators;
mod passkeys;
mod product;
mod requests;
mod trace;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
use crate::request::{Browser, OperatorCaller};
use web::Page;
use web::pages::console::{Place, nav};
use web::parts::Person;

pub use access::first_operator_link;

/// Pages of the console.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/console", get(companies::list))
        .route("/console/login", get(access::show).post(access::submit))
        .route("/console/logout", post(access::logout))
        .route("/console/first/{token}", get(access::first).post(access::make_first))
        .route("/console/join/{token}", get(access::join).post(access::make_joining))
        .route("/console/organizations/new", get(companies::new).post(companies::create))
        .route("/console/organizations/{organization}", get(company::show))
        .route("/console/organizations/{organization}/domains", post(company::domain))
        .route("/console/organizations/{organization}/setup-links", post(company::link))
        .route("/console/organizations/{organization}/policy", post(company::policy))
        .route("/console/organizations/{organization}/switches/{switch}", post(company::switch))
        .route(
            "/console/organizations/{organization}/connections/{connection}/requests",
            get(requests::show).post(requests::save),
        )
        .route("/console/sign-ins", get(logs::attempts))
        .route("/console/sign-ins/{reference}", get(trace::show))
        .route("/console/scim", get(logs::requests))
        .route("/console/scim/{reference}", get(logs::request))
        .route("/console/applications", get(product::list))
        .route("/console/applications/new", get(application::new).post(application::create))
        .route("/console/applications/{application}", get(application::show).post(application::change))
        .route("/console/applications/{application}/security-events/again", post(event_feed::again))
        .route("/console/applications/{application}/secret", post(product::secret))
        .route("/console/applications/{application}/remove", post(product::remove))
        .route("/console/tokens", get(product::tokens).post(product::make_token))
        .route("/console/tokens/{token}/revoke", post(product::revoke_token))
        .route("/console/keys", get(keys::list).post(keys::act))
        .route("/console/keys/{key}/discard", post(keys::discard))
        .route("/console/mails", get(mails::list))
        .route("/console/mails/{mail}", get(mails::show))
        .route("/console/login/passkey", post(passkeys::sign_in))
        .route("/console/login/passkey/options", post(passkeys::sign_in_options))
        .route("/console/passkeys", get(passkeys::list).post(passkeys::add))
        .route("/console/passkeys/options", post(passkeys::options))
        .route("/console/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/console/operators", get(operators::list).post(operators::invite))
        .route("/console/operators/{operator}/remove", post(operators::remove))
        .route("/console/operators/invitations/{invitation}/remove", post(operators::uninvite))
}

/// An operator in front of a page of the console.
pub(crate) fn page(app: &App, browser: &Browser, caller: &OperatorCaller, title: &str, place: Place) -> Page {
    let mut page = browser.page(app, format!("{title} · Console")).place("Console", "/console");
    page.nav = nav(Some(place));
    page.user = Some(Person::new(&caller.operator.name, ""));
    page.sign_out = Some("/console/logout".to_owned());
    page
}
