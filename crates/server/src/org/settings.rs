//! Who may come by signing in, and what is filled in for missing fields.

use std::time::Duration;

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
    session: Field,
}

impl Typed {
    fn of(it: &Organization) -> Self {
        Self {
            city: Field::new(it.defaults.current_city.clone().unwrap_or_default()),
            state: Field::new(it.defaults.current_state.clone().unwrap_or_default()),
            session: Field::new(
                it.session_max.map(|longest| (longest.as_secs() / 60).to_string()).unwrap_or_default(),
            ),
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
        sign_out: vec![
            Choice::new(
                "signOut",
                "here",
                "Signs people out here alone",
                "They stay signed in at your identity provider, and to everything else it opens.",
                !it.end_provider_session,
            ),
            Choice::new(
                "signOut",
                "both",
                "Signs them out at your identity provider too",
                "Where your provider takes sign-outs: SAML with single logout, OpenID Connect with an end session endpoint. Many then \
                 sign the person out of everything.",
                it.end_provider_session,
            ),
        ],
        countries: Opt::list(&countries, country),
        roles: Opt::list(&[("member", "Member"), ("admin", "Administrator")], role),
        city: typed.city.clone(),
        state: typed.state.clone(),
        session: typed.session.clone(),
        session_hint: format!(
            "In minutes, from 5 to {}. Empty: {} hours, or what your identity provider says if that is shorter.",
            app.config.limits.session.as_secs() / 60,
            app.config.limits.session.as_secs() / 3600
        ),
        action: desk.at("settings"),
    };
    web::respond(status, &page)
}

/// `POST /settings`.
pub async fn save(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let role = form.first("role").map(str::parse::<Role>).transpose();
    let minutes = form.first("sessionMinutes").map(str::trim);
    let session_max = match minutes {
        None => None,
        Some("") => Some(None),
        // What is no number is refused with the numbers that are out of bounds.
        Some(text) => Some(Some(Duration::from_secs(text.parse::<u64>().unwrap_or(0).saturating_mul(60)))),
    };
    let change = Change {
        session_max,
        end_provider_session: form.first("signOut").map(|v| v == "both"),
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
    let session = Field {
        value: minutes.unwrap_or_default().to_owned(),
        error: fault("session_max_seconds").map(|_| {
            format!(
                "Expected whole minutes, from 5 to {}, or nothing.",
                app.config.limits.session.as_secs() / 60
            )
        }),
    };
    let typed = Typed { city: field("currentCity"), state: field("currentState"), session };
    if typed.city.error.is_none() && typed.state.error.is_none() && typed.session.error.is_none() {
        return Err(problem);
    }
    Ok(page(&app, &desk, None, &typed, problem.status))
}
