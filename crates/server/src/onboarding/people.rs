//! The pages of a file of people: choosing it, looking at every row, what was done. One set for the company's own
//! pages, the console and the setup wizard.
//!
//! Owns what these pages say and the life of a kept file. Does not own reading and inviting (`import`), nor what
//! surrounds the pages: each caller brings its own page and its own address.

use axum::http::StatusCode;
use axum::response::Response;
use model::{ImportId, Organization, Role};
use profile::Field as Name;
use profile::roster::Row;
use serde_json::{Value, json};
use store::Tx;
use store::import::Import;

use super::import::{self, Mode, Preview};
use crate::app::App;
use crate::problem::Problem;
use crate::request::{Params, Upload, UploadedFile};
use web::Html;
use web::layout::Page;
use web::pages::org::{ImportRow, OrgImport, OrgImportDone, OrgImportPreview};
use web::parts::{Figure, Notice, Pager, Status, Tone};

/// Rows on one page.
const PAGE: usize = 100;

/// The page that asks for a file; `base` is its address, below which the others lie.
pub fn start(page: Page, base: &str, problem: Option<Notice>) -> OrgImport {
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
    OrgImport {
        page,
        problem,
        action: base.to_owned(),
        template: format!("{base}/template"),
        columns: columns.map(|(name, note)| (name.to_owned(), note.to_owned())).to_vec(),
    }
}

/// The file to begin with.
pub fn template() -> Response {
    web::csv("people.csv", profile::roster::template_csv(&[]))
}

/// Takes the file of a form that was read.
///
/// # Errors
/// What to say above the form, with the status; or a failure of our own.
pub async fn read(
    app: &App,
    organization: &Organization,
    upload: Upload,
) -> Result<Result<UploadedFile, (Notice, StatusCode)>, Problem> {
    let Some(file) = upload.require_trusted()?.file else {
        let notice =
            Notice::new(Tone::Bad, "No file was chosen", "Choose a CSV file, or begin with the template.");
        return Ok(Err((notice.alert(), StatusCode::UNPROCESSABLE_ENTITY)));
    };
    match import::preview(app, &mut app.read().await?, organization, &file.content).await {
        Ok(_) => Ok(Ok(file)),
        Err(problem) if problem.status.is_server_error() => Err(problem),
        Err(problem) => {
            let text = Html::text(&problem.detail);
            let notice = Notice { text, ..Notice::new(Tone::Bad, problem.title, "").alert() };
            Ok(Err((notice, problem.status)))
        }
    }
}

/// Keeps a file until it is imported or forgotten.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    file: UploadedFile,
    actor: &str,
) -> Result<ImportId, Problem> {
    let it = Import {
        id: app.id(ImportId::new),
        organization_id: organization.id,
        file_name: file.name.chars().filter(|c| !c.is_control()).take(200).collect(),
        content: file.content.to_vec(),
        created_by: actor.to_owned(),
        created_at: app.now(),
        applied_at: None,
        result: "{}".to_owned(),
    };
    store::import::add(tx, &it).await?;
    Ok(it.id)
}

/// The organization's file with this id.
///
/// # Errors
/// 404 where there is none.
pub async fn require(
    db: &mut impl store::Connected,
    organization: &Organization,
    id: Option<&str>,
) -> Result<Import, Problem> {
    let found = match id.map(str::parse) {
        Some(Ok(id)) => store::import::lookup(db, organization.id, id).await?,
        _ => None,
    };
    found.ok_or_else(|| Problem::not_found("import"))
}

/// Every row with what is wrong with it; `?only=problems` and `?from=` choose.
///
/// # Errors
/// When the database fails.
pub async fn look(
    app: &App,
    organization: &Organization,
    page: Page,
    base: &str,
    it: &Import,
    params: &Params,
) -> Result<OrgImportPreview, Problem> {
    let read = &import::preview(app, &mut app.read().await?, organization, &it.content).await?;
    let here = format!("{base}/{}", it.id);
    let only = params.first("only") == Some("problems");
    let from: usize = params.first("from").and_then(|f| f.parse().ok()).unwrap_or(0);
    let shown: Vec<&Row> = read.roster.rows.iter().filter(|row| !only || !row.is_ready()).collect();
    let (new, problems) = (read.newcomers().count(), read.rejected().count());
    let link = |from: usize| format!("{here}?from={from}{}", if only { "&only=problems" } else { "" });
    let end = from.saturating_add(PAGE).min(shown.len());
    let total = read.roster.rows.len();
    Ok(OrgImportPreview {
        page,
        title: match problems {
            0 => format!("{total} people found"),
            1 => format!("{total} people found, 1 row needs a look"),
            n => format!("{total} people found, {n} rows need a look"),
        },
        summary: Html::text(&summary(&it.file_name, read)),
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
            summary: format!("{}–{end} of {}", from.saturating_add(1).min(end), shown.len()),
            previous: (from > 0).then(|| link(from.saturating_sub(PAGE))),
            next: (end < shown.len()).then(|| link(end)),
        },
        rejected: format!("{here}/rejected"),
        action: here,
        silent: String::new(),
        again: base.to_owned(),
    })
}

fn summary(file_name: &str, read: &Preview) -> String {
    let delimiter = match read.roster.delimiter {
        '\t' => "tab".to_owned(),
        other => other.to_string(),
    };
    let known = match read.known.len() {
        0 => "Nobody in it is here yet.".to_owned(),
        1 => "One person is here already and will be left as is.".to_owned(),
        n => format!("{n} people are here already and will be left as they are."),
    };
    format!("{file_name}, read as {} with “{delimiter}” between the cells. {known}", read.roster.encoding)
}

fn row(row: &Row, read: &Preview) -> ImportRow {
    // A cell that could not be read is shown as it came, beside what is wrong with it.
    let received = |field: &Name| {
        let problem = row.problems.iter().find(|p| p.field.as_ref() == Some(field));
        problem.map(|p| p.received.chars().take(80).collect::<String>()).unwrap_or_default()
    };
    let text = |field: &Name| row.profile.text(field).unwrap_or_else(|| received(field));
    let problems: Vec<String> = row.problems.iter().map(ToString::to_string).collect();
    ImportRow {
        row: u64::try_from(row.number).unwrap_or(0),
        cells: vec![
            format!("{} {}", text(&Name::FirstName), text(&Name::LastName)).trim().to_owned(),
            text(&Name::Email),
            row.profile.country.map_or_else(|| received(&Name::Country), |c| c.name().to_owned()),
            row.role.map_or_else(|| received(&Name::Role), |r| role(r).to_owned()),
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

const fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "Administrator",
        Role::Member => "Member",
    }
}

/// Which rows a form's button asks for.
///
/// # Errors
/// 400 for another value than the buttons have.
pub fn mode(asked: Option<&str>) -> Result<Mode, Problem> {
    match asked {
        Some("all") => Ok(Mode::All),
        Some("valid") => Ok(Mode::Valid),
        _ => Err(Problem::bad_request("mode_missing", "Expected the button that imports the ready rows.")),
    }
}

/// Invites the people of a kept file. Sent twice, it invites nobody twice and leaves the receipt as it is.
///
/// # Errors
/// With [`Mode::All`], a problem when any row has one; nobody is invited then.
pub async fn apply(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    id: ImportId,
    mode: Mode,
    actor: &str,
) -> Result<(), Problem> {
    // The same lock that inviting takes: of two clicks the second finds the file imported.
    tx.lock(&organization.id.to_string()).await?;
    let it = require(tx, organization, Some(&id.to_string())).await?;
    if it.applied_at.is_some() {
        return Ok(());
    }
    let read = import::preview(app, tx, organization, &it.content).await?;
    let outcome = import::apply(app, tx, organization, &read, mode, actor).await?;
    let rejected = read.rejected().count();
    let result = json!({"invited": outcome.invited, "skipped": outcome.skipped, "rejected": rejected});
    let mend = if rejected > 0 { read.rejected_csv() } else { Vec::new() };
    store::import::set_applied(tx, it.id, app.now(), &result.to_string(), &mend).await?;
    Ok(())
}

/// What an import did; `members` is where the people are listed.
pub fn done(page: Page, base: &str, members: String, it: &Import) -> OrgImportDone {
    let result: Value = serde_json::from_str(&it.result).unwrap_or_default();
    let count = |name: &str| result[name].as_u64().unwrap_or(0);
    OrgImportDone {
        page,
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
        rejected: (count("rejected") > 0).then(|| format!("{base}/{}/rejected", it.id)),
        members,
        again: base.to_owned(),
    }
}

/// The rows to mend, with the reasons in a column.
///
/// # Errors
/// When the database fails.
pub async fn rejected(app: &App, organization: &Organization, it: Import) -> Result<Response, Problem> {
    if it.applied_at.is_some() {
        return Ok(web::csv("rows-to-mend.csv", it.content));
    }
    let read = import::preview(app, &mut app.read().await?, organization, &it.content).await?;
    Ok(web::csv("rows-to-mend.csv", read.rejected_csv()))
}
