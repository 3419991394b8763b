//! A stop that is decided about in part: these people go, everybody else on the list stays.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Member, MemberId};

use super::Desk;
use super::stop::Ids;
use super::words;
use crate::app::App;
use crate::directory::{self as feed, Brake, Cause, Decision, Held, Leavers, SharedGroup};
use crate::problem::Problem;
use crate::request::FormParams;
use crate::trace;
use web::pages::org::{OrgBrakeSome, OrgBrakeSure, Pick, Place};
use web::parts::Field;

/// So many people are named on the page.
const NAMED: i64 = 1000;

/// `GET /directory/{directory}/stop/choose`.
pub async fn show(State(app): State<App>, desk: Desk, Path(id): Path<Ids>) -> Result<Response, Problem> {
    list(&app, &desk, &id.directory, "").await
}

async fn list(app: &App, desk: &Desk, id: &str, error: &str) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = feed::require(&mut db, &desk.organization, id).await?;
    let Some(stop) = Brake::of(&it.brake).stop() else { return Ok(decided(desk)) };
    let (people, all) = feed::waiting(&mut db, it.id, &stop, NAMED).await?;
    let cause = Cause::read(&mut db, it.id, &stop).await?;
    drop(db);
    let page = OrgBrakeSome {
        page: desk.page(app, "Choose who goes", Place::Directory),
        provider: trace::provider(&it.provider),
        all,
        groups: cause.groups.iter().map(|group| pick_group(group, all)).collect(),
        more: all.saturating_sub(u64::try_from(people.len()).unwrap_or(0)),
        people: people.iter().map(pick).collect(),
        error: error.to_owned(),
        action: desk.at(&format!("directory/{}/stop/choose", it.id)),
        back: desk.at(&format!("directory/{}/stop", it.id)),
    };
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(web::respond(status, &page))
}

fn pick(member: &Member) -> Pick {
    let email = member.email.as_deref().unwrap_or("no address yet");
    Pick { value: member.id.to_string(), name: words::name(member), detail: email.to_owned() }
}

fn pick_group(group: &SharedGroup, all: u64) -> Pick {
    let others = match (group.lost.is_some(), group.others) {
        (_, 0) => "nobody else is in it".to_owned(),
        (_, 1) => "one other person is in it".to_owned(),
        (_, n) => format!("{n} others are in it"),
    };
    let detail = format!("{} of the {all}, {others}", group.people);
    Pick { value: group.id.to_string(), name: group.name.clone(), detail }
}

fn decided(desk: &Desk) -> Response {
    Redirect::to(&desk.at("directory?done=decided")).into_response()
}

/// `POST /directory/{directory}/stop/choose` with `group` and `person`: first who goes is shown, and with their number in
/// `n` it is done.
pub async fn decide(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    let leavers = Leavers {
        people: form.all("person").filter_map(|id| id.parse().ok()).collect(),
        groups: form.all("group").filter_map(|id| id.parse().ok()).collect(),
    };
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, &id.directory).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    let Some(stop) = Brake::of(&held.directory.brake).stop() else { return Ok(decided(&desk)) };
    let chosen = match feed::chosen(&mut tx, it.id, &stop, &leavers).await {
        Ok(chosen) => chosen,
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            drop(tx);
            let why = if leavers.people.is_empty() && leavers.groups.is_empty() {
                "Nobody is chosen. Tick who goes, or go back and keep everybody."
            } else {
                "The list has changed since you opened it: somebody came back. Choose from the new one."
            };
            return list(&app, &desk, &id.directory, why).await;
        }
        Err(problem) => return Err(problem),
    };
    let go = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    let typed = form.first("n").map(str::trim);
    if typed == Some(go.to_string().as_str()) {
        feed::decide(&app, &mut tx, &held, &Decision::LetSomeGo(leavers), &desk.actor).await?;
        tx.commit().await?;
        return Ok(decided(&desk));
    }
    let (_, all) = feed::waiting(&mut tx, it.id, &stop, 0).await?;
    let mut people = Vec::new();
    for member in chosen.iter().take(usize::try_from(NAMED).unwrap_or(usize::MAX)) {
        people.extend(store::member::lookup_any(&mut tx, *member).await?);
    }
    drop(tx);
    Ok(sure(&app, &desk, &held, (go, all), (&leavers, &people), typed))
}

/// Who goes and how many stay, to be confirmed.
fn sure(
    app: &App,
    desk: &Desk,
    held: &Held,
    (go, all): (u64, u64),
    (leavers, people): (&Leavers, &[Member]),
    typed: Option<&str>,
) -> Response {
    let at = desk.at(&format!("directory/{}/stop/choose", held.directory.id));
    let ids: Vec<String> = leavers.people.iter().map(MemberId::to_string).collect();
    let page = OrgBrakeSure {
        page: desk.page(app, "Who goes, who stays", Place::Directory),
        go,
        stay: all.saturating_sub(go),
        provider: trace::provider(&held.directory.provider),
        people: people.iter().map(|member| words::person(member, &desk.base)).collect(),
        more: go.saturating_sub(u64::try_from(people.len()).unwrap_or(0)),
        chosen_people: ids,
        chosen_groups: leavers.groups.iter().map(ToString::to_string).collect(),
        confirm: match typed {
            Some(typed) => Field::wrong(typed, format!("Type **{go}** to let {go} go and keep the others.")),
            None => Field::default(),
        },
        back: at.clone(),
        action: at,
    };
    let status = if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    web::respond(status, &page)
}
