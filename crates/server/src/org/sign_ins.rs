//! A company's sign-ins, each explained: found by reference or address, with the message, and shared by a link.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::TraceId;
use serde_json::json;
use store::session::Attempts as Which;
use store::share::Share;

use super::Desk;
use super::links::sentence;
use super::words::when;
use crate::app::App;
use crate::console::logs::{Here, Names, PAGE, attempt_row};
use crate::problem::Problem;
use crate::request::{FormParams, Params};
use crate::trace::{self, Explained, Show};
use web::Html;
use web::pages::console::{Attempts, Trace};
use web::pages::org::Place;
use web::pages::trace::{Acts, ShareRow};
use web::parts::{Copy, Crumb, Field, Opt, Status};

/// The longest reason for looking at personal data, in characters.
const LONGEST_REASON: usize = 300;

type Ids = Path<BTreeMap<String, String>>;

/// `GET /sign-ins?q=&only=refused&after=`; `q` is a reference or an email address.
pub async fn list(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let query = params.first("q").unwrap_or_default().trim();
    if let Ok(id) = query.parse::<TraceId>() {
        return Ok(Redirect::to(&desk.at(&format!("sign-ins/{id}"))).into_response());
    }
    let here = Here::at(desk.at("sign-ins"), &params);
    let which = Which {
        organization: Some(desk.organization.id),
        email: Some(query).filter(|q| !q.is_empty()),
        refused: here.refused,
        cursor: params.first("after"),
        limit: PAGE,
    };
    let mut db = app.read().await?;
    let found = store::session::list_attempts(&mut db, &which).await?;
    let mut names = Names::default();
    let mut rows = Vec::new();
    for it in &found.items {
        let through = names.through(&mut db, it.connection_id).await?;
        rows.push(attempt_row(it, "", &through, &desk.base));
    }
    drop(db);
    let page = Attempts {
        page: desk.page(&app, "Sign-ins", Place::SignIns),
        here: desk.at("sign-ins"),
        query: query.to_owned(),
        company: None,
        companies: false,
        filters: here.filters(query),
        pager: here.pager(query, rows.len(), found.next, ("sign-in", "sign-ins")),
        rows,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /sign-ins/{reference}`.
pub async fn show(State(app): State<App>, desk: Desk, Path(ids): Ids) -> Result<Response, Problem> {
    let it = find(&app, &desk, &ids).await?;
    page(&app, &desk, &it, Shown::default(), StatusCode::OK).await
}

async fn find(app: &App, desk: &Desk, ids: &BTreeMap<String, String>) -> Result<Explained, Problem> {
    let reference = ids.get("reference").map(String::as_str).unwrap_or_default();
    trace::lookup(&mut app.read().await?, &desk.organization, reference).await
}

/// What a form of the page has just done.
#[derive(Default)]
struct Shown {
    unmasked: bool,
    /// A link that was made: shown this once.
    made: Option<String>,
    /// What was typed as the reason.
    reason: Field,
    hours_error: Option<String>,
}

async fn page(
    app: &App,
    desk: &Desk,
    it: &Explained,
    shown: Shown,
    status: StatusCode,
) -> Result<Response, Problem> {
    let shares = store::share::list(&mut app.read().await?, it.attempt.id).await?;
    let mut surroundings = desk.page(app, &it.attempt.id.to_string(), Place::SignIns);
    surroundings.crumbs.push(Crumb::new("Sign-ins", desk.at("sign-ins")));
    let message = if shown.unmasked { Show::All } else { Show::Masked };
    let mut view = it.view(app, Show::All, message).await;
    if let Some(member) = it.attempt.member_id {
        let page = Html::link(&desk.at(&format!("members/{member}")), "Their page");
        view.facts.push(("Member".to_owned(), page));
    }
    let mut acts = acts(app, it, &desk.base, &shares, shown.unmasked);
    acts.reason = shown.reason;
    acts.hours_error = shown.hours_error;
    acts.made = shown.made.map(|url| Copy::new("shared", "Link to this explanation", url));
    let page = Trace { page: surroundings, answer: it.answer(), acts: Some(acts), it: view };
    Ok(web::respond(status, &page))
}

/// What can be done with an explanation; `base` is the desk of its company.
pub fn acts(app: &App, it: &Explained, base: &str, shares: &[Share], unmasked: bool) -> Acts {
    let here = format!("{base}/sign-ins/{}", it.attempt.id);
    let has_message = it.attempt.message.as_deref().is_some_and(|message| !message.is_empty());
    Acts {
        unmask: (has_message && !unmasked).then(|| format!("{here}/unmask")),
        reason: Field::default(),
        share: format!("{here}/shares"),
        hours: Opt::list(&trace::LIFETIMES, "24"),
        hours_error: None,
        made: None,
        shares: shares.iter().map(|share| row(app, share, &here)).collect(),
    }
}

fn row(app: &App, it: &Share, here: &str) -> ShareRow {
    let works = it.revoked_at.is_none() && it.expires_at > app.now();
    ShareRow {
        made: when(it.created_at),
        shows: if it.unmasked { "with personal data" } else { "personal data masked" },
        opened: match (it.opened, it.last_opened_at) {
            (0, _) | (_, None) => "not opened yet".to_owned(),
            (1, Some(at)) => format!("opened once, {}", when(at).text),
            (n, Some(at)) => format!("opened {n} times, last {}", when(at).text),
        },
        status: match it.revoked_at {
            _ if works => Status::ok(format!("Works until {}", when(it.expires_at).text)),
            Some(at) => Status::stopped(format!("Ended {}", when(at).text)),
            None => Status::stopped(format!("Ended {}", when(it.expires_at).text)),
        },
        end: works.then(|| format!("{here}/shares/{}/end", it.id)),
    }
}

/// `POST /sign-ins/{reference}/unmask` with `reason`: the message with personal data, in this answer alone.
pub async fn unmask(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = find(&app, &desk, &ids).await?;
    let reason = form.first("reason").unwrap_or_default().trim();
    let readable =
        (1..=LONGEST_REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    if !readable {
        let words = format!("Say why, in 1 to {LONGEST_REASON} characters. It stays in the audit log.");
        let shown = Shown { reason: Field::wrong(reason, words), ..Shown::default() };
        return page(&app, &desk, &it, shown, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut tx = app.write().await?;
    let (organization, target) = (Some(desk.organization.id), Some(it.attempt.id.to_string()));
    app.audit(&mut tx, &desk.actor, "sign_in.unmasked", organization, target, &json!({"reason": reason}))
        .await?;
    tx.commit().await?;
    page(&app, &desk, &it, Shown { unmasked: true, ..Shown::default() }, StatusCode::OK).await
}

/// `POST /sign-ins/{reference}/shares` with `hours`, and `unmasked=yes` where the link shows personal data.
pub async fn share(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    form: FormParams,
) -> Result<Response, Problem> {
    let it = find(&app, &desk, &ids).await?;
    let hours = form.first("hours").and_then(|hours| hours.parse().ok()).unwrap_or(0);
    let unmasked = form.first("unmasked") == Some("yes");
    let mut tx = app.write().await?;
    let what = (hours, unmasked);
    match trace::make(&app, &mut tx, &desk.organization, it.attempt.id, what, &desk.actor).await {
        Ok(url) => {
            tx.commit().await?;
            page(&app, &desk, &it, Shown { made: Some(url), ..Shown::default() }, StatusCode::OK).await
        }
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            drop(tx);
            let words = problem.fields.first().map(|fault| sentence(&fault.problem));
            let shown = Shown { hours_error: words, ..Shown::default() };
            page(&app, &desk, &it, shown, problem.status).await
        }
    }
}

/// `POST /sign-ins/{reference}/shares/{share}/end`.
pub async fn end(
    State(app): State<App>,
    desk: Desk,
    Path(ids): Ids,
    _form: FormParams,
) -> Result<Response, Problem> {
    let it = find(&app, &desk, &ids).await?;
    let share = ids.get("share").map(String::as_str).unwrap_or_default();
    let mut tx = app.write().await?;
    trace::revoke(&app, &mut tx, &desk.organization, it.attempt.id, share, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("sign-ins/{}", it.attempt.id))).into_response())
}
