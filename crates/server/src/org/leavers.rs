//! What happens to people who leave.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{LeaverPolicy, MemberStatus, Organization};
use store::member::Query;

use super::Desk;
use super::words;
use crate::app::App;
use crate::organization::{self, Change};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::pages::org::{Leaving, OrgLeavers, Place};
use web::parts::{Choice, Field, Notice};

/// `GET /leavers`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let typed = Typed::of(&desk.organization);
    page(&app, &desk, words::done(params.first("done")), typed, StatusCode::OK).await
}

/// The page with something to say first.
pub async fn say(app: &App, desk: &Desk, notice: Notice, status: StatusCode) -> Result<Response, Problem> {
    page(app, desk, Some(notice), Typed::of(&desk.organization), status).await
}

/// What stands in the form.
struct Typed {
    policy: LeaverPolicy,
    grace: Field,
    people: Field,
    percent: Field,
}

impl Typed {
    fn of(it: &Organization) -> Self {
        Self {
            policy: it.leaver_policy,
            grace: Field::new(it.erase_grace.as_secs().div_ceil(3600).to_string()),
            people: Field::new(it.brake_people.to_string()),
            percent: Field::new(it.brake_percent.to_string()),
        }
    }
}

async fn page(
    app: &App,
    desk: &Desk,
    flash: Option<Notice>,
    typed: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let policy = typed.policy;
    let mut leaving = Vec::new();
    let mut db = app.read().await?;
    for status in [MemberStatus::Erasing, MemberStatus::Disconnected] {
        let query = Query { status: Some(status), limit: 50, ..Query::default() };
        leaving.extend(store::member::list(&mut db, desk.organization.id, &query).await?.items);
    }
    drop(db);
    let name = &desk.organization.name;
    let mut surroundings = desk.page(app, "Leavers", Place::Leavers);
    surroundings.flash = flash;
    let page = OrgLeavers {
        page: surroundings,
        organization: name.clone(),
        summary: match desk.organization.leaver_policy {
            LeaverPolicy::Disconnect => "Leavers are disconnected and may keep the account.".to_owned(),
            LeaverPolicy::Delete => "Every record of leavers is erased.".to_owned(),
        },
        policies: vec![
            Choice::new(
                "policy",
                "disconnect",
                &format!("Disconnect from {name}"),
                "Signed out everywhere at once.",
                policy == LeaverPolicy::Disconnect,
            )
            .and(&format!(
                "A mail offers to keep the account as a personal one. {name} sees none of it afterwards."
            ))
            .tag("Recommended"),
            Choice::new(
                "policy",
                "delete",
                "Erase completely",
                "Signed out everywhere at once.",
                policy == LeaverPolicy::Delete,
            )
            .and("After the waiting time every record of the person is gone. Until then you can undo it."),
        ],
        grace: typed.grace,
        brake_people: typed.people,
        brake_percent: typed.percent,
        action: desk.at("leavers"),
        file_action: desk.at("leavers/file"),
        receipts: desk.at("receipts"),
        drills: desk.at("drills"),
        leaving: leaving
            .iter()
            .map(|m| Leaving {
                person: words::person(m, &desk.base),
                status: words::status(m, app.now()),
                undo: Some(desk.at(&format!("members/{}", m.id))),
            })
            .collect(),
    };
    Ok(web::respond(status, &page))
}

/// `POST /leavers`.
pub async fn save(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let policy = form.first("policy").unwrap_or_default().parse();
    let policy = policy.map_err(|e: model::UnknownState| Problem::field("policy", e.to_string()))?;
    // A page that was opened before there were limits posts none: they stay.
    let it = &desk.organization;
    let number =
        |name: &str, now: u64| form.first(name).map_or_else(|| now.to_string(), |t| t.trim().to_owned());
    let read = |text: &str, most: u64| text.parse::<u64>().ok().filter(|n| *n <= most);
    let (hours, people, percent) = (
        number("grace", it.erase_grace.as_secs().div_ceil(3600)),
        number("people", it.brake_people.into()),
        number("percent", it.brake_percent.into()),
    );
    let read = (read(&hours, 720), read(&people, 1_000_000), read(&percent, 100));
    let (Some(grace), Some(most), Some(share)) = read else {
        let field = |text: String, found: Option<u64>, why: &str| match found {
            Some(_) => Field::new(text),
            None => Field::wrong(text, why),
        };
        let typed = Typed {
            policy,
            grace: field(hours, read.0, "Expected whole hours from 0 to 720 (30 days)."),
            people: field(people, read.1, "Expected a whole number of people, 0 to 1000000."),
            percent: field(percent, read.2, "Expected a whole number from 0 to 100."),
        };
        return page(&app, &desk, None, typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let change = Change {
        leaver_policy: Some(policy),
        erase_grace: Some(Duration::from_hours(grace)),
        brake_people: u32::try_from(most).ok(),
        brake_percent: u32::try_from(share).ok(),
        ..Change::default()
    };
    let mut tx = app.write().await?;
    organization::update(&app, &mut tx, desk.organization.clone(), change, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("leavers?done=saved")).into_response())
}
