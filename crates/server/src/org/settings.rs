//! Who may come by signing in, and what is filled in for missing fields.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Role;

use super::Desk;
use crate::app::App;
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::request::FormParams;
use web::pages::org::{OrgSettings, Place};
use web::parts::{Choice, Opt};

/// `GET /settings`.
pub async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    let it = &desk.organization;
    let country = it.defaults.country.as_deref().unwrap_or_default();
    let mut countries = vec![("", "Ask each person")];
    countries.extend(profile::country::all().into_iter().map(|c| (c.code(), c.name())));
    let role = it.defaults.role.unwrap_or(Role::Member).as_str();
    let page = OrgSettings {
        page: desk.page(&app, "Settings", Place::Settings).await?,
        organization: it.name.clone(),
        jit: vec![
            Choice::new(
                "jit",
                "yes",
                "Everybody your identity provider lets in",
                "A first sign-in makes the member.",
                it.jit,
            ),
            Choice::new(
                "jit",
                "no",
                "Only people who were added before",
                "Others are told to ask you.",
                !it.jit,
            ),
        ],
        countries: Opt::list(&countries, country),
        roles: Opt::list(&[("member", "Member"), ("admin", "Administrator")], role),
        action: desk.at("settings"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /settings`.
pub async fn save(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let role = form.first("role").map(str::parse::<Role>).transpose();
    let change = Change {
        jit: form.first("jit").map(|v| v == "yes"),
        country: form.first("country").map(ToOwned::to_owned),
        role: role.map_err(|e| Problem::field("role", e.to_string()))?.map(Some),
        ..Change::default()
    };
    let mut tx = app.write().await?;
    organization::update(&app, &mut tx, desk.organization.clone(), change, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("settings")).into_response())
}
