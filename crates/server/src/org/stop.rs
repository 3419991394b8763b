//! A sync that was stopped because too many people would leave, and syncs that are undone as a whole.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::Directory;
use store::Connected;
use store::departure::Sync;

use super::Desk;
use super::words;
use crate::app::App;
use crate::directory::{self as feed, Brake, Cause, Decision, Held, Stop};
use crate::problem::Problem;
use crate::request::FormParams;
use crate::trace;
use web::Html;
use web::pages::org::{OrgBrake, Place, SyncRow};
use web::parts::{Choice, Compare, Field, Notice, Tone};

/// So many people are named on the page.
const NAMED: i64 = 200;
/// So many syncs are listed.
const SYNCS: i64 = 10;

/// `GET /directory/{directory}/stop`.
pub async fn show(State(app): State<App>, desk: Desk, Path(id): Path<Ids>) -> Result<Response, Problem> {
    page(&app, &desk, &id.directory, Field::default(), StatusCode::OK).await
}

/// The directory's id in the address.
#[derive(Debug, serde::Deserialize)]
pub struct Ids {
    /// See above.
    pub directory: String,
}

async fn page(
    app: &App,
    desk: &Desk,
    id: &str,
    confirm: Field,
    status: StatusCode,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = feed::require(&mut db, &desk.organization, id).await?;
    let Some(stop) = Brake::of(&it.brake).stop() else {
        return Ok(Redirect::to(&desk.at("directory?done=decided")).into_response());
    };
    let (people, all) = feed::waiting(&mut db, it.id, &stop, NAMED).await?;
    let cause = Cause::read(&mut db, it.id, &stop).await?;
    drop(db);
    let provider = trace::provider(&it.provider);
    let organization = &desk.organization;
    // Whoever typed a number that is wrong has chosen already.
    let chosen = status != StatusCode::OK;
    let choice = |value: &str, label: &str, effect: &str, on| Choice::new("do", value, label, effect, on);
    let limit =
        format!("{} people and {} %, within an hour", organization.brake_people, organization.brake_percent);
    let mut compare = Compare::new(&limit, &format!("{all} of {} members", stop.members));
    "Your limit".clone_into(&mut compare.expected_label);
    compare.note = span(&stop);
    let listed: Vec<_> = people.iter().map(|member| words::person(member, &desk.base)).collect();
    let page = OrgBrake {
        page: desk.page(app, "A sync was stopped", Place::Directory),
        lede: Html::marked(&format!(
            "{provider} told us that {all} of {}’s {} members have left.",
            organization.name, stop.members
        )),
        would_leave: all,
        members: stop.members,
        limit_percent: organization.brake_percent.into(),
        compare,
        cause: Html::marked(&format!(
            "{} If they are still with you, put it right there: we see everybody come back, and the stop ends by itself.",
            cause.sentence(&provider)
        )),
        choices: vec![
            choice(
                "keep",
                &format!("Keep everyone and wait for {provider}"),
                "All of them go on working. New people and changes are applied as usual; only departures wait.",
                !chosen,
            ),
            choice(
                "some",
                "Choose who goes",
                "You tick people, or whole groups of them. Everybody else on the list stays.",
                false,
            ),
            Choice {
                asks: true,
                ..choice(
                    "let_go",
                    &format!("Let all {all} go"),
                    &format!(
                        "They are signed out at once and told by mail, and so is whoever {provider} names within the next \
                         hour. You can undo it as a whole as long as their records are there."
                    ),
                    chosen,
                )
            },
        ],
        confirm,
        more: all.saturating_sub(u64::try_from(listed.len()).unwrap_or(0)),
        limits: desk.at("leavers"),
        action: desk.at(&format!("directory/{}/stop", it.id)),
        people: listed,
    };
    Ok(web::respond(status, &page))
}

/// When it was: "28 November 2026, 20:14 UTC", or from when to when.
fn span(stop: &Stop) -> String {
    let (from, to) = (words::when(stop.began).text, words::when(stop.at).text);
    if from == to { from } else { format!("{from} to {to}") }
}

/// `POST /directory/{directory}/stop` with `do`, and with the number of people where they go.
pub async fn decide(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, &id.directory).await?;
    let decision = match form.first("do") {
        Some("keep") => Decision::Keep,
        Some("let_go") => Decision::LetGo,
        Some("some") => {
            return Ok(Redirect::to(&desk.at(&format!("directory/{}/stop/choose", it.id))).into_response());
        }
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the choices of the page.")),
    };
    let held = Held::enter(&mut tx, it.id).await?;
    if let (Decision::LetGo, Some(stop)) = (&decision, Brake::of(&held.directory.brake).stop()) {
        let (_, all) = feed::waiting(&mut tx, it.id, &stop, 0).await?;
        let typed = form.first("n").unwrap_or_default().trim();
        if typed != all.to_string() {
            drop(tx);
            let field = Field::wrong(typed, format!("Type **{all}** to let all {all} people go."));
            return page(&app, &desk, &id.directory, field, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    }
    feed::decide(&app, &mut tx, &held, &decision, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("directory?done=decided")).into_response())
}

/// The sync's id in the address, too.
#[derive(Debug, serde::Deserialize)]
pub struct SyncIds {
    directory: String,
    sync: String,
}

/// `POST /directory/{directory}/syncs/{sync}/undo`.
pub async fn undo(State(app): State<App>, desk: Desk, Path(id): Path<SyncIds>) -> Result<Response, Problem> {
    let sync = id.sync.parse().map_err(|_| Problem::not_found("sync"))?;
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, &id.directory).await?;
    let held = Held::enter(&mut tx, it.id).await?;
    feed::undo(&app, &mut tx, &held, sync, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("directory?done=undone")).into_response())
}

/// That a directory was stopped, for above the page.
pub fn notice(desk: &Desk, it: &Directory) -> Option<Notice> {
    Brake::of(&it.brake).stop()?;
    let provider = trace::provider(&it.provider);
    let address = desk.at(&format!("directory/{}/stop", it.id));
    let text = format!(
        "Too many people would have left at once. {provider} is answered as usual, and nobody has been removed."
    );
    Some(Notice {
        text: Html::text(&text),
        link: Some(("Look at it and decide".to_owned(), address)),
        ..Notice::new(Tone::Bad, format!("We stopped a sync of {provider}"), "")
    })
}

/// The last syncs of a directory in which people left.
pub async fn rows(db: &mut impl Connected, desk: &Desk, it: &Directory) -> Result<Vec<SyncRow>, Problem> {
    let all = store::departure::syncs(db, it.id, SYNCS).await?;
    Ok(all.iter().map(|sync| row(desk, it, sync)).collect())
}

fn row(desk: &Desk, it: &Directory, sync: &Sync) -> SyncRow {
    let people = |n: u64| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
    SyncRow {
        when: words::when(sync.from),
        provider: trace::provider(&it.provider),
        what: if sync.undoing > 0 {
            format!("{} coming back in", people(sync.undoing))
        } else {
            format!("{} left", people(sync.left))
        },
        undo: (sync.left > 0).then(|| desk.at(&format!("directory/{}/syncs/{}/undo", it.id, sync.id))),
    }
}
