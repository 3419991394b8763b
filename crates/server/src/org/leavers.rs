//! What happens to people who leave.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{LeaverPolicy, MemberStatus};
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
    let hours = desk.organization.erase_grace.as_secs().div_ceil(3600);
    let grace = Field::new(hours.to_string());
    page(
        &app,
        &desk,
        words::done(params.first("done")),
        desk.organization.leaver_policy,
        grace,
        StatusCode::OK,
    )
    .await
}

/// The page with something to say first.
pub async fn say(app: &App, desk: &Desk, notice: Notice, status: StatusCode) -> Result<Response, Problem> {
    let hours = desk.organization.erase_grace.as_secs().div_ceil(3600);
    page(app, desk, Some(notice), desk.organization.leaver_policy, Field::new(hours.to_string()), status)
        .await
}

async fn page(
    app: &App,
    desk: &Desk,
    flash: Option<Notice>,
    policy: LeaverPolicy,
    grace: Field,
    status: StatusCode,
) -> Result<Response, Problem> {
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
        grace,
        action: desk.at("leavers"),
        file_action: desk.at("leavers/file"),
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
    let text = form.first("grace").unwrap_or_default().trim();
    let hours = text.parse::<u64>().ok().filter(|h| *h <= 720);
    let policy = form.first("policy").unwrap_or_default().parse();
    let policy = policy.map_err(|e: model::UnknownState| Problem::field("policy", e.to_string()))?;
    let Some(hours) = hours else {
        let field = Field::wrong(text, "Expected whole hours from 0 to 720 (30 days).");
        return page(&app, &desk, None, policy, field, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let change = Change {
        leaver_policy: Some(policy),
        erase_grace: Some(Duration::from_hours(hours)),
        ..Change::default()
    };
    let mut tx = app.write().await?;
    organization::update(&app, &mut tx, desk.organization.clone(), change, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("leavers?done=saved")).into_response())
}
