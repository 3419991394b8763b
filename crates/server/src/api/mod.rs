//! `/api/v1`: the REST API of the vendor's product.
//!
//! Owns the JSON that goes in and out. Does not own the facts: it asks the rooms. Every call needs an API token.

mod applications;
mod connections;
mod directories;
mod directory_tokens;
mod drafts;
mod drills;
mod enforcement;
mod erasures;
mod event_feeds;
mod events;
mod exceptions;
mod imports;
mod mappings;
mod members;
mod organizations;
mod requests;
mod routing;
mod sessions;
mod setup_links;
mod signals;
mod sources;
mod stops;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::problem::Problem;
use crate::request::Params;

/// The routes.
pub fn machine() -> Router<App> {
    // A multipart body is a little longer than the file in it; the file's own limit is checked by the room.
    let upload = DefaultBodyLimit::max(crate::onboarding::import::MAX_BYTES + 64 * 1024);
    Router::new()
        .route("/api/v1/organizations", post(organizations::create).get(organizations::list))
        .route("/api/v1/organizations/{id}", patch(organizations::update).get(organizations::show))
        .route("/api/v1/organizations/{id}/connections", post(connections::create).get(connections::list))
        .route(
            "/api/v1/organizations/{id}/connections/{connection}",
            get(connections::show).patch(connections::update).delete(connections::remove),
        )
        .route(
            "/api/v1/organizations/{id}/connections/{connection}/requests",
            get(requests::show).put(requests::set),
        )
        .route(
            "/api/v1/organizations/{id}/connections/{connection}/signals",
            get(signals::show).put(signals::set).delete(signals::remove),
        )
        .route("/api/v1/organizations/{id}/connections/{connection}/refresh", post(connections::refresh))
        .route(
            "/api/v1/organizations/{id}/connections/{connection}/draft",
            get(drafts::show).put(drafts::set).delete(drafts::remove),
        )
        .route("/api/v1/organizations/{id}/connections/{connection}/draft/replace", post(drafts::replace))
        .route("/api/v1/organizations/{id}/connections/{connection}/revert", post(drafts::revert))
        .route("/api/v1/organizations/{id}/connections/{connection}/versions", get(drafts::versions))
        .route(
            "/api/v1/organizations/{id}/connections/{connection}/shadow",
            get(drafts::shadow).put(drafts::start_shadow).delete(drafts::stop_shadow),
        )
        .merge(of_directories())
        .route(
            "/api/v1/organizations/{id}/domains/{domain}/sso",
            get(enforcement::show).put(enforcement::switch),
        )
        .route(
            "/api/v1/organizations/{id}/domains/{domain}/routing",
            get(routing::show).put(routing::set).delete(routing::clear),
        )
        .route("/api/v1/organizations/{id}/email-exceptions", post(exceptions::allow).get(exceptions::list))
        .route(
            "/api/v1/organizations/{id}/email-exceptions/{exception}",
            axum::routing::delete(exceptions::remove),
        )
        .route("/api/v1/organizations/{id}/bypasses", post(enforcement::open).get(enforcement::list))
        .route("/api/v1/organizations/{id}/bypasses/{opening}/end", post(enforcement::end))
        .route("/api/v1/organizations/{id}/setup-links", post(setup_links::create).get(setup_links::list))
        .route("/api/v1/organizations/{id}/setup-links/{link}/revoke", post(setup_links::revoke))
        .route("/api/v1/organizations/{id}/members", get(members::list).post(members::create))
        .route("/api/v1/organizations/{id}/members/{member}", get(members::show))
        .route("/api/v1/organizations/{id}/members/{member}/{act}", post(members::act))
        .route(
            "/api/v1/organizations/{id}/members/{member}/sessions",
            get(sessions::list).delete(sessions::end_all),
        )
        .route(
            "/api/v1/organizations/{id}/members/{member}/sessions/{session}",
            axum::routing::delete(sessions::end),
        )
        .route("/api/v1/organizations/{id}/imports", post(imports::create).layer(upload))
        .merge(across())
}

/// What belongs to no one organization, and what came after the rest.
fn across() -> Router<App> {
    Router::new()
        .route(
            "/api/v1/organizations/{id}/drills",
            post(drills::create).get(drills::list).put(drills::schedule),
        )
        .route("/api/v1/organizations/{id}/drills/{drill}", get(drills::show))
        .route("/api/v1/organizations/{id}/drills/{drill}/report", get(drills::report))
        .route("/api/v1/applications", post(applications::create).get(applications::list))
        .route(
            "/api/v1/applications/{id}",
            get(applications::show).patch(applications::change).delete(applications::remove),
        )
        .route("/api/v1/erasures", get(erasures::list))
        .route("/api/v1/erasures/{id}", get(erasures::show))
        .route("/api/v1/erasures/{id}/acknowledgements", post(erasures::acknowledge))
        .route("/api/v1/erasures/{id}/receipt", get(erasures::receipt))
        .route(
            "/api/v1/applications/{id}/security-events",
            get(event_feeds::show).put(event_feeds::set).delete(event_feeds::remove),
        )
        .route("/api/v1/applications/{id}/security-events/poll", post(event_feeds::poll))
        .route("/api/v1/events", get(events::list))
}

/// Those of a company's directories.
fn of_directories() -> Router<App> {
    Router::new()
        .route("/api/v1/organizations/{id}/directories", post(directories::create).get(directories::list))
        .route("/api/v1/organizations/{id}/directories/{directory}", patch(directories::update))
        .route("/api/v1/organizations/{id}/directories/{directory}/health", get(directories::health))
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/mapping",
            get(mappings::show).put(mappings::set),
        )
        .route("/api/v1/organizations/{id}/directories/{directory}/mapping/trial", post(mappings::try_out))
        .route("/api/v1/organizations/{id}/directories/{directory}/preview", get(mappings::preview))
        .route("/api/v1/organizations/{id}/directories/{directory}/preview/{who}", get(mappings::preview_of))
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/stop",
            get(stops::show).post(stops::decide),
        )
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/tokens",
            get(directory_tokens::list).post(directory_tokens::create),
        )
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/tokens/{token}",
            delete(directory_tokens::revoke),
        )
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/source",
            get(sources::show).put(sources::set),
        )
        .route("/api/v1/organizations/{id}/directories/{directory}/source/read", post(sources::read))
        .route(
            "/api/v1/organizations/{id}/directories/{directory}/source/file",
            put(sources::bring).layer(DefaultBodyLimit::max(crate::onboarding::import::MAX_BYTES)),
        )
        .route("/api/v1/organizations/{id}/directories/{directory}/syncs", get(stops::syncs))
        .route("/api/v1/organizations/{id}/directories/{directory}/syncs/{sync}/undo", post(stops::undo))
}

/// A cursor as it goes out: safe in an address, and nothing that a client would take apart.
fn cursor_out(inner: Option<String>) -> Option<String> {
    inner.map(|text| URL_SAFE_NO_PAD.encode(text))
}

/// The cursor of an earlier answer, as the store wrote it.
fn cursor_in(params: &Params) -> Result<Option<String>, Problem> {
    let Some(text) = params.first("cursor").filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let read = read.filter(|text| !text.contains('\0'));
    read.map(Some).ok_or_else(|| Problem::field("cursor", "expected the next_cursor of an earlier answer"))
}

/// `limit` of a list: 1 to 200, 50 by default.
fn limit(params: &Params) -> Result<usize, Problem> {
    match params.first("limit").filter(|text| !text.is_empty()) {
        None => Ok(50),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=200).contains(n))
            .ok_or_else(|| Problem::field("limit", "expected a number from 1 to 200")),
    }
}
