//! Leaver drills: the list, the button, and the report of one.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;
use store::drill::Drill;

use super::Desk;
use super::receipts::download;
use super::words::{self, when};
use crate::app::App;
use crate::drill;
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use web::Html;
use web::pages::org::{OrgDrill, OrgDrills, ReceiptRow};
use web::parts::{Check, Copy, Notice, Pager, Status, Tone};

const PAGE: usize = 50;

/// `GET /drills?after=`.
pub async fn list(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let after = params.first("after");
    let mut db = app.read().await?;
    let found = store::drill::list(&mut db, desk.organization.id, after, PAGE).await?;
    let monthly = store::drill::is_monthly(&mut db, desk.organization.id).await?;
    drop(db);
    let here = desk.at("drills");
    let mut surroundings = desk.leavers_page(&app, "Leaver drills");
    surroundings.flash = match params.first("done") {
        Some("begun") => Some(Notice::new(
            Tone::Ok,
            "The drill has begun",
            "It takes a few seconds, and up to half a minute where an application is slow. Open it below.",
        )),
        other => words::done(other),
    };
    let page = OrgDrills {
        page: surroundings,
        rows: found.items.iter().map(|it| row(it, &desk)).collect(),
        pager: Pager {
            summary: words::shown(found.items.len(), "drill", "drills"),
            previous: after.map(|_| here.clone()),
            next: found.next.map(|next| format!("{here}?after={next}")),
        },
        monthly,
        action: here,
        back: desk.at("leavers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `POST /drills` with `do`: `run`, or `monthly` with `on`.
pub async fn act(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let mut tx = app.write().await?;
    let done = match form.first("do") {
        Some("run") => {
            drill::begin(&app, &mut tx, &desk.organization, &desk.actor).await?;
            "begun"
        }
        Some("monthly") => {
            let on = form.first("on").is_some();
            drill::set_monthly(&app, &mut tx, &desk.organization, on, &desk.actor).await?;
            "saved"
        }
        _ => return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page.")),
    };
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("drills?done={done}"))).into_response())
}

/// `GET /drills/{drill}`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    let found: Value = serde_json::from_str(&it.work).unwrap_or_default();
    let (lede, facts, checks) =
        if it.state == "done" { told(&desk, &it, &found) } else { unfinished(&it, &found) };
    let check = format!("frontdesk receipt verify FILE --issuer {}", app.config.issuer());
    let page = OrgDrill {
        page: desk.leavers_page(&app, "Leaver drill"),
        lede: Html::text(&lede),
        status: status(&it),
        facts,
        checks,
        download: it.report.as_ref().map(|_| desk.at(&format!("drills/{}/file", it.id))),
        verify: Copy::new("verify", "Check it", check),
        back: desk.at("drills"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /drills/{drill}/file`.
pub async fn file(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    Ok(download(&format!("leaver-drill-{}.json", it.id), drill::signed(&it)?))
}

async fn require(app: &App, desk: &Desk, path: &HashMap<String, String>) -> Result<Drill, Problem> {
    let id = path.get("drill").map(String::as_str).unwrap_or_default();
    drill::require(&mut app.read().await?, desk.organization.id, id).await
}

fn passed(it: &Drill) -> bool {
    let found: Value = serde_json::from_str(&it.work).unwrap_or_default();
    it.state == "done" && found["passed"] == true
}

/// How many applications cannot be told.
fn silent(it: &Drill) -> usize {
    let found: Value = serde_json::from_str(&it.work).unwrap_or_default();
    found["applications_without_logout"].as_array().map_or(0, Vec::len)
}

fn status(it: &Drill) -> Status {
    match it.state.as_str() {
        "done" if passed(it) => match silent(it) {
            0 => Status::ok("Everything was cut"),
            1 => Status::warn("One application hears later"),
            n => Status::warn(format!("{n} applications hear later")),
        },
        "done" => Status::bad("Not everything was cut"),
        "failed" => Status::warn("No result"),
        _ => Status::pending("Under way"),
    }
}

fn row(it: &Drill, desk: &Desk) -> ReceiptRow {
    let found: Value = serde_json::from_str(&it.work).unwrap_or_default();
    let detail = match it.state.as_str() {
        "done" => format!("The last of it {}", after(&found["slowest_ms"])),
        "failed" => found["why"].as_str().unwrap_or_default().to_owned(),
        _ => "Look again in a moment".to_owned(),
    };
    ReceiptRow {
        when: when(it.began_at),
        detail,
        status: status(it),
        href: desk.at(&format!("drills/{}", it.id)),
    }
}

/// "after 120 ms".
fn after(ms: &Value) -> String {
    match ms.as_u64() {
        Some(ms) if ms < 1000 => format!("after {ms} ms"),
        Some(ms) => format!("after {}.{} s", ms / 1000, ms % 1000 / 100),
        None => "not within half a minute".to_owned(),
    }
}

type Told = (String, Vec<(String, String)>, Vec<Check>);

fn unfinished(it: &Drill, found: &Value) -> Told {
    let facts = vec![("Drill".to_owned(), it.id.to_string()), ("Began".to_owned(), when(it.began_at).text)];
    let lede = found["why"].as_str().unwrap_or("The drill is under way. Open this page again in a moment.");
    (lede.to_owned(), facts, Vec::new())
}

fn told(desk: &Desk, it: &Drill, found: &Value) -> Told {
    let mut facts = vec![
        ("Company".to_owned(), desk.organization.name.clone()),
        ("Drill".to_owned(), it.id.to_string()),
        ("Began".to_owned(), when(it.began_at).text),
    ];
    facts.extend(it.ended_at.map(|at| ("Ended".to_owned(), when(at).text)));
    let by = match it.asked_by.split_once(':') {
        Some(("member", _)) => "an administrator",
        Some(("operator", _)) => "the vendor’s staff",
        Some(("api", _)) => "the product",
        _ => "the monthly schedule",
    };
    facts.push(("Asked for by".to_owned(), by.to_owned()));
    let refused = &found["session_refused_ms"];
    let mut checks = vec![
        Check::new(Tone::Ok, "The directory’s request was answered", &after(&found["answered_ms"])),
        Check::new(
            if refused.is_null() { Tone::Bad } else { Tone::Ok },
            "The session here was refused",
            &if refused.is_null() { "it went on".to_owned() } else { after(refused) },
        ),
    ];
    for one in found["applications"].as_array().into_iter().flatten() {
        let took = one["took_it"] == true;
        let name = one["name"].as_str().unwrap_or_default();
        let outcome = one["outcome"].as_str().unwrap_or_default();
        let end = if took { after(&one["told_ms"]) } else { outcome.to_owned() };
        let text =
            if took { format!("{name} was told and took it") } else { format!("{name} did not take it") };
        checks.push(Check {
            tone: if took { Tone::Ok } else { Tone::Bad },
            text: Html::text(&text),
            end: Html::text(&end),
        });
    }
    for name in
        found["applications_without_logout"].as_array().into_iter().flatten().filter_map(Value::as_str)
    {
        checks.push(Check {
            tone: Tone::Warn,
            text: Html::text(&format!("{name} has no address for sign-outs")),
            end: Html::text("it notices when it next asks us"),
        });
    }
    let lede = "A made-up person was provisioned, signed in and taken out by the directory’s own kind of request. Times \
                count from the beginning of that request. Everything made up is gone again.";
    (lede.to_owned(), facts, checks)
}
