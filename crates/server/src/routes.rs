//! Every route, and the layers around them.
//!
//! Three families: pages (browser cookie, CSRF, same-site check, page headers), protocols that other sites post to
//! (SAML, OpenID), and machines (`/api`, `/scim`).

use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};

use crate::app::App;
use crate::connection;
use crate::problem::{self, Problem};
use crate::provider;
use crate::provisioning;
use crate::rate;
use crate::request;

/// Bodies of pages and protocols; uploads raise it for themselves.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// The whole application.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(home))
        .merge(provider::pages())
        .merge(crate::login::pages())
        .merge(crate::account::pages())
        .merge(crate::member::pages())
        .merge(crate::console::pages())
        .merge(crate::org::pages())
        .merge(crate::onboarding::wizard::pages())
        .merge(crate::pull::consent::pages())
        .merge(crate::trace::pages())
        .layer(from_fn_with_state(app.clone(), rate::failed_links))
        .layer(from_fn(page_headers))
        .layer(from_fn_with_state(app.clone(), request::refuse_cross_site));
    let protocols = Router::new()
        .merge(connection::protocol())
        .merge(crate::login::protocol())
        .merge(crate::signal::protocol())
        .merge(provider::protocol())
        .merge(crate::receipt::protocol())
        .layer(from_fn_with_state(app.clone(), rate::failed_links));
    let machines = Router::new().merge(crate::api::machine()).merge(provisioning::machine());
    let all = Router::new()
        .merge(pages)
        .merge(protocols)
        .merge(machines)
        .merge(web::assets::router())
        .route("/brand.css", get(brand_css))
        .route("/favicon.ico", get(favicon))
        .route("/healthz", get(healthz))
        .fallback(|| async { Problem::not_found("page") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                axum::http::StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not take that kind of request",
                "Check the address and the method of the request.",
            )
        })
        .layer(from_fn(request::refuse_nul_in_query))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), problem::render))
        .with_state(app.clone());
    request::going_on(all)
        .layer(from_fn_with_state(app, request::attach_browser))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
}

async fn home() -> Response {
    axum::response::Redirect::to("/login").into_response()
}

async fn brand_css(State(app): State<App>) -> Response {
    app.brand.css_response()
}

async fn favicon(State(app): State<App>) -> Response {
    app.brand.icon_response()
}

/// Alive, and the database answers.
async fn healthz(State(app): State<App>) -> Result<&'static str, Problem> {
    store::setting::lookup(&mut app.read().await?, "health").await?;
    Ok("ok\n")
}

/// Headers of every page, unless the handler set its own.
async fn page_headers(request: axum::extract::Request, next: middleware::Next) -> Response {
    let mut response = next.run(request).await;
    web::add_page_headers(response.headers_mut());
    response
}
