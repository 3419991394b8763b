//! Who may come by signing in, and what is filled in for missing fields.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Organization, Role};

use super::Desk;
use super::words;
use crate::app::App;
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{OrgSettings, Place};
use web::parts::{Choice, Field, Notice, Opt};

/// `GET /settings`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Response {
    page(&app, &desk, words::done(params.first("done")), &Typed::of(&desk.organization), StatusCode::OK)
}

/// The texts of the form, as kept or as typed.
struct Typed {
    city: Field,
    state: Field,
}

impl Typed {
    fn of(it: &Organization) -> Self {
        Self {
            city: Field::new(it.defaults.current_city.clone().unwrap_or_default()),
            state: Field::new(it.defaults.current_state.clone().unwrap_or_default()),
        }
    }
}

fn page(app: &App, desk: &Desk, flash: Option<Notice>, typed: &Typed, status: StatusCode) -> Response {
    let it = &desk.organization;
    let country = it.defaults.country.as_deref().unwrap_or_default();
    let mut countries = vec![("", "Ask each person")];
    countries.extend(profile::country::all().into_iter().map(|c| (c.code(), c.name())));
    let role = it.defaults.role.unwrap_or(Role::Member).as_str();
    let mut surroundings = desk.page(app, "Settings", Place::Settings);
    surroundings.flash = flash;
    let page = OrgSettings {
        page: surroundings,
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
        city: typed.city.clone(),
        state: typed.state.clone(),
        action: desk.at("settings"),
    };
    web::respond(status, &page)
}

/// `POST /settings`.
pub async fn save(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let role = form.first("role").map(str::parse::<Role>).transpose();
    let change = Change {
        jit: form.first("jit").map(|v| v == "yes"),
        country: form.first("country").map(ToOwned::to_owned),
        role: role.map_err(|e| Problem::field("role", e.to_string()))?.map(Some),
        current_city: form.first("currentCity").map(ToOwned::to_owned),
        current_state: form.first("currentState").map(ToOwned::to_owned),
        ..Change::default()
    };
    let mut tx = app.write().await?;
    let changed = organization::update(&app, &mut tx, desk.organization.clone(), change, &desk.actor).await;
    let Err(problem) = changed else {
        tx.commit().await?;
        return Ok(Redirect::to(&desk.at("settings?done=saved")).into_response());
    };
    drop(tx);
    let fault =
        |name: &str| problem.fields.iter().find(|f| f.field.ends_with(name)).map(|f| f.problem.clone());
    let field =
        |name: &str| Field { value: form.first(name).unwrap_or_default().to_owned(), error: fault(name) };
    let typed = Typed { city: field("currentCity"), state: field("currentState") };
    if typed.city.error.is_none() && typed.state.error.is_none() {
        return Err(problem);
    }
    Ok(page(&app, &desk, None, &typed, problem.status))
}
