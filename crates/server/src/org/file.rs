//! Bulk invite: a file, a look at every row, and either all or the valid rows.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::ImportId;
use profile::Field as Name;
use profile::roster::Row;
use serde_json::{Value, json};
use store::import::Import;

use super::Desk;
use super::members::csv;
use crate::app::App;
use crate::onboarding::import::{self, Mode, Preview};
use crate::problem::Problem;
use crate::request::{FormParams, Params, Upload};
use web::pages::org::{ImportRow, OrgImport, OrgImportDone, OrgImportPreview, Place};
use web::parts::{Figure, Notice, Pager, Status, Tone};
use web::{self, Html};

const PAGE: usize = 100;

/// `GET /import`.
pub async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Problem> {
    start(&app, &desk, None, StatusCode::OK).await
}

async fn start(
    app: &App,
    desk: &Desk,
    problem: Option<Notice>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let columns = [
        ("First name", "required"),
        ("Last name", "required"),
        ("Email", "required"),
        ("Country", "required; a name or a code"),
        ("City", "recommended"),
        ("State", "recommended"),
        ("Year of birth", "recommended"),
        ("Role", "admin or member"),
    ];
    let page = OrgImport {
        page: desk.page(app, "Import", Place::Import).await?,
        problem,
        action: desk.at("import"),
        template: desk.at("import/template"),
        columns: columns.map(|(name, note)| (name.to_owned(), note.to_owned())).to_vec(),
    };
    Ok(web::respond(status, &page))
}

/// `GET /import/template`.
pub async fn template(_desk: Desk) -> Response {
    csv("people.csv", profile::roster::template_csv(&[]))
}

/// `POST /import`: keeps the file and goes on to the look at its rows.
pub async fn upload(State(app): State<App>, desk: Desk, upload: Upload) -> Result<Response, Problem> {
    let upload = upload.require_trusted()?;
    let Some(file) = upload.file else {
        let notice =
            Notice::new(Tone::Bad, "No file was chosen", "Choose a CSV file, or begin with the template.")
                .alert();
        return start(&app, &desk, Some(notice), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let read = import::preview(&app, &mut app.read().await?, &desk.organization, &file.content).await;
    if let Err(problem) = read {
        if problem.status.is_server_error() {
            return Err(problem);
        }
        let notice =
            Notice { text: Html::text(&problem.detail), ..Notice::new(Tone::Bad, problem.title, "").alert() };
        return start(&app, &desk, Some(notice), problem.status).await;
    }
    let it = Import {
        id: app.id(ImportId::new),
        organization_id: desk.organization.id,
        file_name: file.name.chars().filter(|c| !c.is_control()).take(200).collect(),
        content: file.content.to_vec(),
        created_by: desk.actor.clone(),
        created_at: app.now(),
        applied_at: None,
        result: "{}".to_owned(),
    };
    let mut tx = app.write().await?;
    store::import::add(&mut tx, &it).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("import/{}", it.id))).into_response())
}

async fn require(app: &App, desk: &Desk, params: &HashMap<String, String>) -> Result<Import, Problem> {
    let found = match params.get("import").map(|id| id.parse()) {
        Some(Ok(id)) => store::import::lookup(&mut app.read().await?, desk.organization.id, id).await?,
        _ => None,
    };
    found.ok_or_else(|| Problem::not_found("import"))
}

/// `GET /import/{import}?only=problems&from=`: every row with what is wrong with it; afterwards, what was done.
pub async fn preview(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
    params: Params,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    if it.applied_at.is_some() {
        return done(&app, &desk, &it).await;
    }
    let read = import::preview(&app, &mut app.read().await?, &desk.organization, &it.content).await?;
    look(&app, &desk, &it, &read, &params).await
}

async fn look(
    app: &App,
    desk: &Desk,
    it: &Import,
    read: &Preview,
    params: &Params,
) -> Result<Response, Problem> {
    let here = desk.at(&format!("import/{}", it.id));
    let only = params.first("only") == Some("problems");
    let from: usize = params.first("from").and_then(|f| f.parse().ok()).unwrap_or(0);
    let shown: Vec<&Row> = read.roster.rows.iter().filter(|row| !only || !row.is_ready()).collect();
    let (new, problems) = (read.newcomers().count(), read.rejected().count());
    let link = |from: usize| format!("{here}?from={from}{}", if only { "&only=problems" } else { "" });
    let end = (from + PAGE).min(shown.len());
    let total = read.roster.rows.len();
    let page = OrgImportPreview {
        page: desk.page(app, "Import", Place::Import).await?,
        title: match problems {
            0 => format!("{total} people found"),
            1 => format!("{total} people found, 1 row needs a look"),
            n => format!("{total} people found, {n} rows need a look"),
        },
        summary: Html::text(&format!(
            "{}, read as {} with “{}” between the cells. {} are here already and will be left as they are.",
            it.file_name,
            read.roster.encoding,
            if read.roster.delimiter == '\t' { "tab".to_owned() } else { read.roster.delimiter.to_string() },
            read.known.len()
        )),
        columns: Name::ALL
            .iter()
            .map(|f| (f.label().to_owned(), read.roster.heading_of(f).unwrap_or_default().to_owned()))
            .collect(),
        unused: read.roster.ignored().map(ToOwned::to_owned).collect(),
        ready: u64::try_from(new).unwrap_or(0),
        problems: u64::try_from(problems).unwrap_or(0),
        only_problems: only,
        toggle: if only { here.clone() } else { format!("{here}?only=problems") },
        headings: ["Name", "Email", "Country", "Role"].map(str::to_owned).to_vec(),
        rows: shown.iter().skip(from).take(PAGE).map(|r| row(r, read)).collect(),
        pager: Pager {
            summary: format!("{}–{end} of {}", (from + 1).min(end), shown.len()),
            previous: (from > 0).then(|| link(from.saturating_sub(PAGE))),
            next: (end < shown.len()).then(|| link(end)),
        },
        rejected: format!("{here}/rejected"),
        action: here,
        silent: String::new(),
        again: desk.at("import"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

fn row(row: &Row, read: &Preview) -> ImportRow {
    let text = |field: &Name| row.profile.text(field).unwrap_or_default();
    let problems: Vec<String> = row.problems.iter().map(ToString::to_string).collect();
    ImportRow {
        row: u64::try_from(row.number).unwrap_or(0),
        cells: vec![
            format!("{} {}", text(&Name::FirstName), text(&Name::LastName)).trim().to_owned(),
            text(&Name::Email),
            row.profile.country.map(|c| c.name().to_owned()).unwrap_or_default(),
            row.role.map(|r| super::words::role(r).to_owned()).unwrap_or_default(),
        ],
        problem: Html::text(&problems.join(" ")),
        status: if !problems.is_empty() {
            Status::warn("Needs a look")
        } else if read.known.contains(&row.number) {
            Status::pending("Here already")
        } else {
            Status::ok("Ready")
        },
    }
}

/// `POST /import/{import}` with `mode`: invites. Sent twice, it invites nobody twice.
pub async fn apply(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
    form: FormParams,
) -> Result<Response, Problem> {
    let mode = match form.first("mode") {
        Some("all") => Mode::All,
        Some("valid") => Mode::Valid,
        _ => {
            return Err(Problem::bad_request(
                "mode_missing",
                "Expected the button that imports the ready rows.",
            ));
        }
    };
    let it = require(&app, &desk, &path).await?;
    let here = desk.at(&format!("import/{}", it.id));
    if it.applied_at.is_some() {
        return Ok(Redirect::to(&here).into_response());
    }
    let mut tx = app.write().await?;
    let read = import::preview(&app, &mut tx, &desk.organization, &it.content).await?;
    let outcome = import::apply(&app, &mut tx, &desk.organization, &read, mode, &desk.actor).await?;
    let rejected = read.rejected().count();
    let result = json!({"invited": outcome.invited, "skipped": outcome.skipped, "rejected": rejected});
    let mend = if rejected > 0 { read.rejected_csv() } else { Vec::new() };
    store::import::set_applied(&mut tx, it.id, app.now(), &result.to_string(), &mend).await?;
    tx.commit().await?;
    Ok(Redirect::to(&here).into_response())
}

async fn done(app: &App, desk: &Desk, it: &Import) -> Result<Response, Problem> {
    let result: Value = serde_json::from_str(&it.result).unwrap_or_default();
    let count = |name: &str| result[name].as_u64().unwrap_or(0);
    let page = OrgImportDone {
        page: desk.page(app, "Import", Place::Import).await?,
        title: match count("invited") {
            1 => "1 person was added".to_owned(),
            n => format!("{n} people were added"),
        },
        lede: Html::text("Whoever needs an invitation has it in the mail."),
        figures: vec![
            Figure::count(count("invited"), "added"),
            Figure::count(count("skipped"), "were here already"),
            Figure::count(count("rejected"), "rows to mend"),
        ],
        rejected: (count("rejected") > 0).then(|| desk.at(&format!("import/{}/rejected", it.id))),
        members: desk.at("members"),
        again: desk.at("import"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// `GET /import/{import}/rejected`: the rows to mend, with the reasons in a column.
pub async fn rejected(
    State(app): State<App>,
    desk: Desk,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let it = require(&app, &desk, &path).await?;
    if it.applied_at.is_some() {
        return Ok(csv("rows-to-mend.csv", it.content));
    }
    let read = import::preview(&app, &mut app.read().await?, &desk.organization, &it.content).await?;
    Ok(csv("rows-to-mend.csv", read.rejected_csv()))
}
