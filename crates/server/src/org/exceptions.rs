//! Single addresses outside the verified domains that the company's connections may vouch for.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Time;

use super::Desk;
use super::enforcement::who;
use super::links::sentence;
use super::words;
use crate::app::App;
use crate::connection::exceptions::{self, NewException};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{ExceptionRow, OrgExceptions, Place};
use web::parts::{Crumb, Field, Notice, Status};

type Ids = Path<BTreeMap<String, String>>;

#[derive(Default)]
struct Typed {
    flash: Option<Notice>,
    email: Field,
    reason: Field,
    until: Field,
}

/// `GET /domains/exceptions`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let typed = Typed { flash: words::done(params.first("done")), ..Typed::default() };
    page(&app, &desk, typed, StatusCode::OK).await
}

async fn page(app: &App, desk: &Desk, typed: Typed, status: StatusCode) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let mut rows = Vec::new();
    for it in store::exception::list(&mut db, desk.organization.id).await? {
        let by = who(&mut db, desk, &it.allowed_by).await?;
        rows.push(ExceptionRow {
            email: it.email.clone(),
            reason: it.reason.clone(),
            allowed: format!("{by}, {}", words::when(it.allowed_at).text),
            status: match it.ends_at {
                None => Status::ok("Holds until it is removed"),
                Some(end) if exceptions::holds(&it, app.now()) => {
                    Status::ok(format!("Holds until {}", words::day(end)))
                }
                Some(end) => Status::stopped(format!("Ended {}", words::day(end))),
            },
            remove: desk.at(&format!("domains/exceptions/{}/remove", it.id)),
        });
    }
    drop(db);
    let mut surroundings = desk.page(app, "Named exceptions", Place::Domains);
    surroundings.crumbs.push(Crumb::new("Domains", desk.at("domains")));
    surroundings.flash = typed.flash;
    let page = OrgExceptions {
        page: surroundings,
        organization: desk.organization.name.clone(),
        exceptions: rows,
        email: typed.email,
        reason: typed.reason,
        until: typed.until,
        action: desk.at("domains/exceptions"),
        back: desk.at("domains"),
    };
    Ok(web::respond(status, &page))
}

/// The end of a day that was typed as `2026-12-31`; none where nothing was.
fn end_of_day(text: &str) -> Result<Option<Time>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Problem::field("ends_at", "expected a day such as 2026-12-31, or nothing");
    let day: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
    let end: jiff::Timestamp = format!("{day}T23:59:59Z").parse().map_err(|_| wrong())?;
    Ok(Some(Time::from_micros(end.as_microsecond())))
}

/// `POST /domains/exceptions` with `email`, `reason` and perhaps `until`, a day.
pub async fn allow(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let text = |name: &str| form.first(name).unwrap_or_default().trim().to_owned();
    let mut tx = app.write().await?;
    let done = match end_of_day(&text("until")) {
        Ok(ends_at) => {
            let new = NewException { email: text("email"), reason: text("reason"), ends_at };
            exceptions::allow(&app, &mut tx, &desk.organization, &new, &desk.actor).await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to(&desk.at("domains/exceptions?done=saved")).into_response())
        }
        Err(problem) if problem.fields.is_empty() => Err(problem),
        Err(problem) => {
            drop(tx);
            let field = |name: &str, fault: &str| Field {
                value: text(name),
                error: problem.fields.iter().find(|it| it.field == fault).map(|it| sentence(&it.problem)),
            };
            let typed = Typed {
                flash: None,
                email: field("email", "email"),
                reason: field("reason", "reason"),
                until: field("until", "ends_at"),
            };
            page(&app, &desk, typed, problem.status).await
        }
    }
}

/// `POST /domains/exceptions/{exception}/remove`.
pub async fn remove(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    _form: FormParams,
) -> Result<Response, Problem> {
    let id = ids.get("exception").map(String::as_str).unwrap_or_default();
    let mut tx = app.write().await?;
    exceptions::remove(&app, &mut tx, &desk.organization, id, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("domains/exceptions?done=removed")).into_response())
}
