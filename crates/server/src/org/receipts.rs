//! Receipts of erasures. An erasure that a leaver asked for is not among them: the company does not see what leavers
//! choose.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use store::Connected;
use store::receipt::{Confirmation, Erasure};

use super::Desk;
use super::words::when;
use crate::app::App;
use crate::problem::Problem;
use crate::receipt::{self, Asked};
use crate::request::Params;
use web::Html;
use web::pages::org::{OrgReceipt, OrgReceipts, ReceiptRow};
use web::parts::{Check, Copy, Pager, Status, Tone};

const PAGE: usize = 50;

/// `GET /receipts?after=`.
pub async fn list(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let (of, asked) = (Some(desk.organization.id), Some(Asked::Company.as_str()));
    let after = params.first("after");
    let mut db = app.read().await?;
    let found = store::receipt::list(&mut db, of, asked, after, PAGE).await?;
    let mut rows = Vec::with_capacity(found.items.len());
    for it in &found.items {
        let all = store::receipt::confirmations(&mut db, it.id).await?;
        rows.push(ReceiptRow {
            when: when(it.erased_at),
            detail: detail(&all),
            status: status(it),
            href: desk.at(&format!("receipts/{}", it.id)),
        });
    }
    drop(db);
    let here = desk.at("receipts");
    let page = OrgReceipts {
        page: desk.leavers_page(&app, "Receipts"),
        pager: Pager {
            summary: super::words::shown(rows.len(), "erasure", "erasures"),
            previous: after.map(|_| here.clone()),
            next: found.next.map(|next| format!("{here}?after={next}")),
        },
        rows,
        back: desk.at("leavers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /receipts/{erasure}`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let it = require(&mut db, &desk, &path).await?;
    let all = store::receipt::confirmations(&mut db, it.id).await?;
    drop(db);
    let shown = receipt::to_json(&it, &all);
    let removed = shown["removed"].as_array().into_iter().flatten().map(|one| {
        let kind = one["kind"].as_str().unwrap_or_default();
        (receipt::words_of(kind).to_owned(), one["records"].to_string())
    });
    let mut facts = vec![
        ("Company".to_owned(), desk.organization.name.clone()),
        ("Receipt".to_owned(), it.id.to_string()),
        ("Erased".to_owned(), when(it.erased_at).text),
    ];
    facts.extend(it.completed_at.map(|at| ("Complete".to_owned(), when(at).text)));
    let check = format!("frontdesk receipt verify FILE --issuer {}", app.config.issuer());
    let page = OrgReceipt {
        page: desk.leavers_page(&app, "Receipt"),
        lede: Html::marked("One person’s records were removed. **Nothing here names the person.**"),
        status: status(&it),
        facts,
        removed: removed.collect(),
        applications: all.iter().map(said).collect(),
        download: it.receipt.as_ref().map(|_| desk.at(&format!("receipts/{}/file", it.id))),
        verify: Copy::new("verify", "Check it", check),
        back: desk.at("receipts"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /receipts/{erasure}/file`.
pub async fn file(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let it = require(&mut app.read().await?, &desk, &path).await?;
    Ok(download(&format!("receipt-{}.json", it.id), receipt::signed(&it)?))
}

/// A signed statement as a file to keep.
pub(super) fn download(name: &str, signed: &str) -> Response {
    let body = format!("{:#}\n", receipt::file(signed));
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}

async fn require(
    db: &mut impl Connected,
    desk: &Desk,
    path: &HashMap<String, String>,
) -> Result<Erasure, Problem> {
    let id = path.get("erasure").map(String::as_str).unwrap_or_default();
    let it = receipt::require(db, id).await?;
    if it.organization_id != desk.organization.id || it.asked_by != Asked::Company.as_str() {
        return Err(Problem::not_found("erasure"));
    }
    Ok(it)
}

fn status(it: &Erasure) -> Status {
    if it.completed_at.is_some() { Status::ok("Complete") } else { Status::pending("Waits") }
}

fn detail(all: &[Confirmation]) -> String {
    let waiting: Vec<&str> =
        all.iter().filter(|one| one.state == "waiting").map(|one| one.application_name.as_str()).collect();
    match (all.len(), waiting.as_slice()) {
        (0, _) => "No application kept data about people".to_owned(),
        (1, []) => "One application is done".to_owned(),
        (n, []) => format!("{n} applications are done"),
        (_, names) => format!("Waits for {}", names.join(", ")),
    }
}

fn said(one: &Confirmation) -> Check {
    let at = one.at.map(|at| when(at).text).unwrap_or_default();
    let (tone, end) = match one.state.as_str() {
        "confirmed" => (Tone::Ok, format!("confirmed {at}")),
        "excused" => (Tone::Ok, format!("keeps no data about people, or was taken away; since {at}")),
        _ => (Tone::None, "waits".to_owned()),
    };
    Check { tone, text: Html::text(&one.application_name), end: Html::text(&end) }
}
