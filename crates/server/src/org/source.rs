//! A directory that we read ourselves: how the last reading went, from where, and reading it now.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Directory, Time};

use super::Desk;
use super::stop::Ids;
use super::words;
use crate::app::App;
use crate::directory::{self as feed, Held};
use crate::onboarding::source;
use crate::problem::Problem;
use crate::pull::{self, Kind, Outcome, Settings};
use crate::request::{CsrfForm, Params, Upload};
use web::pages::source::{OrgSource, SourceForm};
use web::parts::{Figure, Notice, Tone};

/// The directory, and what it is read from; 404 where its provider sends by itself.
async fn require(app: &App, desk: &Desk, id: &str) -> Result<(Directory, Kind), Problem> {
    let it = feed::require(&mut app.read().await?, &desk.organization, id).await?;
    let kind = pull::kind_of(&it.provider).ok_or_else(|| Problem::not_found("source"))?;
    Ok((it, kind))
}

/// `GET /directory/{directory}/source`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    params: Params,
) -> Result<Response, Problem> {
    let (it, kind) = require(&app, &desk, &id.directory).await?;
    let (mut view, _) = view(&app, &desk, &it, kind, params.first("done")).await?;
    source::after_consent(&mut view.it, params.first("consent"));
    Ok(web::respond(StatusCode::OK, &view))
}

async fn view(
    app: &App,
    desk: &Desk,
    it: &Directory,
    kind: Kind,
    done: Option<&str>,
) -> Result<(OrgSource, SourceForm), Problem> {
    let state = pull::state(app, &mut app.read().await?, it).await?;
    let at = desk.at(&format!("directory/{}/source", it.id));
    let mut form = source::form(app, it, kind, state.as_ref(), (at.clone(), desk.at("directory")));
    "Check and save".clone_into(&mut form.save_label);
    let outcome = state.as_ref().and_then(|state| state.outcome.clone());
    let failed = outcome.as_ref().filter(|it| !it.ok).map(|it| {
        let text = format!("{} {}", it.text, it.fix);
        Notice::new(Tone::Bad, "The last reading failed; nobody was removed", text.trim())
    });
    let mut page = desk.directory_page(app, "How we read it");
    page.flash = words::done(done);
    let view = OrgSource {
        page,
        summary: state.as_ref().map_or_else(
            || "Nothing has been entered yet.".to_owned(),
            |state| summary(state.pull.read_at, state.pull.next_at),
        ),
        // A file that is brought is read when it is.
        read_action: state
            .as_ref()
            .is_some_and(|state| !matches!(&state.settings, Settings::File(it) if it.url.is_none()))
            .then(|| format!("{at}/read")),
        figures: outcome.as_ref().filter(|it| it.ok).map(|it| figures(it, kind)).unwrap_or_default(),
        failed,
        notes: outcome.map(|it| it.notes).unwrap_or_default(),
        it: form.clone(),
    };
    Ok((view, form))
}

fn summary(read_at: Option<Time>, next_at: Time) -> String {
    let last = read_at.map_or_else(
        || "It has not been read yet.".to_owned(),
        |at| format!("Read last on {}.", words::when(at).text),
    );
    if next_at.as_micros() == i64::MAX {
        return format!("{last} The next reading is when you bring a file.");
    }
    format!("{last} The next reading is on {}.", words::when(next_at).text)
}

fn figures(it: &Outcome, kind: Kind) -> Vec<Figure> {
    let mut all = vec![
        Figure::count(it.people, if it.people == 1 { "person listed" } else { "people listed" }),
        Figure::count(it.created, "new"),
        Figure::count(it.changed, "changed"),
        Figure::count(it.gone, "no longer listed"),
    ];
    if kind == Kind::Google {
        all.push(Figure::count(it.groups, if it.groups == 1 { "group" } else { "groups" }));
    }
    all
}

/// `POST /directory/{directory}/source`: proves it, keeps it, and has it read.
pub async fn save(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    upload: Result<Upload, Problem>,
) -> Result<Response, Problem> {
    let (it, kind) = require(&app, &desk, &id.directory).await?;
    let upload = upload?.require_trusted()?;
    match source::save(&app, &it, kind, &upload, &desk.actor).await {
        Ok(()) => {
            Ok(Redirect::to(&desk.at(&format!("directory/{}/source?done=source-saved", it.id)))
                .into_response())
        }
        Err(problem) if problem.status.is_client_error() => {
            let (mut view, form) = view(&app, &desk, &it, kind, None).await?;
            view.it = source::again(form, &upload, &problem);
            Ok(web::respond(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /directory/{directory}/source/consent`: on to Google, where an administrator lets us read.
pub async fn consent(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    _form: CsrfForm<std::collections::BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let (it, _) = require(&app, &desk, &id.directory).await?;
    let at = desk.at(&format!("directory/{}/source", it.id));
    pull::consent::begin(&app, &it, &desk.actor, format!("{at}?done=source-saved"), at)
}

/// `POST /directory/{directory}/source/read`: reads it now.
pub async fn read(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    _form: CsrfForm<std::collections::BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let (it, _) = require(&app, &desk, &id.directory).await?;
    let mut tx = app.write().await?;
    let held = Held::enter(&mut tx, it.id).await?;
    pull::read_now(&app, &mut tx, &held, &desk.actor).await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at(&format!("directory/{}/source?done=source-asked", it.id))).into_response())
}
