//! The directories of a company, as its administrators see them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use model::{Directory, DirectoryStatus, Purpose};
use store::scim_request::{Of, ScimRequest};

use super::trust::provider;
use super::{Desk, health, links, stop, words};
use crate::app::App;
use crate::directory as feed;
use crate::problem::Problem;
use crate::provisioning::told;
use crate::pull;
use crate::request::{FormParams, Params};
use crate::trace::Show;
use web::Html;
use web::pages::org::{Act, ConnectionCard, OrgDirectory, Place};
use web::parts::{Figure, Notice, Status, Tone};

/// How long a refused request is worth a notice.
const LATELY: std::time::Duration = std::time::Duration::from_hours(24);

/// `GET /directory`.
pub async fn show(State(app): State<App>, desk: Desk, params: Params) -> Result<Response, Problem> {
    let mut db = app.read().await?;
    let all = store::directory::list(&mut db, desk.organization.id).await?;
    let mut figures = Vec::new();
    let (mut cards, mut syncs) = (Vec::new(), Vec::new());
    for it in &all {
        let counts = feed::counts(&mut db, it).await?;
        if figures.is_empty() {
            figures = vec![
                Figure::count(counts.users, "people sent"),
                Figure::count(counts.groups, "groups"),
                Figure::count(counts.incomplete, "incomplete"),
            ];
        }
        cards.push(card(&app, it, &desk));
        syncs.extend(stop::rows(&mut db, &desk, it).await?);
    }
    let of = Of::Organization(desk.organization.id);
    let refused = store::scim_request::list(&mut db, of, true, None, 1).await?.items;
    drop(db);
    let lately = refused.first().filter(|it| app.now().since(it.at) < LATELY);
    let mut surroundings = desk.page(&app, "Directory", Place::Directory);
    surroundings.flash = words::done(params.first("done"));
    let page = OrgDirectory {
        page: surroundings,
        summary: if all.is_empty() {
            "No directory is connected.".to_owned()
        } else {
            "People come and go as your directory says.".to_owned()
        },
        notices: all
            .iter()
            .flat_map(|it| [stop::notice(&desk, it), health::silence(&app, &desk, it)])
            .flatten()
            .chain(lately.map(|last| refusal(&desk, last)))
            .collect(),
        directories: cards,
        figures,
        syncs,
        links: links::rows(&app, &desk, &[Purpose::Scim, Purpose::Csv]).await?,
        link_action: Some(desk.at("setup-links?purpose=scim")),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// The last request that was refused, where that was lately.
fn refusal(desk: &Desk, it: &ScimRequest) -> Notice {
    let at = words::when(it.at).text;
    let page = desk.at(&format!("directory/{}/requests/{}", it.directory_id, it.id));
    Notice {
        text: Html::text(&format!(
            "{at}: {} {} Most providers send it again by themselves once it is put right. Reference: {}.",
            told::request_line(it, Show::Masked),
            told::title(it, Show::Masked),
            it.id
        )),
        link: Some(("See the request".to_owned(), page)),
        ..Notice::new(Tone::Warn, "A request of your directory was refused", "")
    }
}

/// A directory on a page.
pub fn card(app: &App, it: &Directory, desk: &Desk) -> ConnectionCard {
    let pulled = pull::kind_of(&it.provider).is_some();
    let last = Html::text(&words::maybe_when(it.last_request_at).text);
    let last_page = if pulled { ("How we read it", "source") } else { ("Tokens", "tokens") };
    let act = |value: &str, label: &str, effect: &str| Act {
        label: label.to_owned(),
        effect: effect.to_owned(),
        action: desk.at("directory"),
        field: (value.to_owned(), it.id.to_string()),
    };
    ConnectionCard {
        provider: provider(
            &it.provider,
            &format!("{} · {}", if pulled { "Read by us" } else { "SCIM 2.0" }, it.id),
        ),
        status: match it.status {
            DirectoryStatus::Draft => Status::pending("Being set up"),
            DirectoryStatus::Preview => Status::pending("Preview"),
            DirectoryStatus::Active if feed::silence::silent_since(it, app.now()).is_some() => {
                Status::bad("Silent")
            }
            DirectoryStatus::Active => Status::ok("Active"),
            DirectoryStatus::Paused => Status::stopped("Paused"),
        },
        facts: if pulled {
            vec![("Last read".to_owned(), last)]
        } else {
            vec![
                ("Base URL".to_owned(), Html::text(&feed::base_url(app, it.id))),
                ("Last request".to_owned(), last),
            ]
        },
        open: [
            ("Health", "health"),
            ("Preview and going live", "preview"),
            ("Fields and roles", "mapping"),
            ("Requests", "requests"),
            last_page,
        ]
        .map(|(label, path)| (label.to_owned(), desk.at(&format!("directory/{}/{path}", it.id))))
        .to_vec(),
        acts: match it.status {
            DirectoryStatus::Active => {
                let effect = if pulled {
                    "We read nothing until you resume. Nobody loses a place by it."
                } else {
                    "What it sends is answered and stored, and changes nobody until you resume."
                };
                vec![act("pause", "Pause", effect)]
            }
            DirectoryStatus::Paused => vec![act("resume", "Resume", "What came meanwhile is applied.")],
            DirectoryStatus::Draft | DirectoryStatus::Preview => Vec::new(),
        },
    }
}

/// `POST /directory` with `pause` or `resume` and a directory's id.
pub async fn act(State(app): State<App>, desk: Desk, form: FormParams) -> Result<Response, Problem> {
    let (status, id) = match (form.first("pause"), form.first("resume")) {
        (Some(id), _) => (DirectoryStatus::Paused, id),
        (None, Some(id)) => (DirectoryStatus::Active, id),
        (None, None) => {
            return Err(Problem::bad_request("unknown_act", "Expected one of the buttons of the page."));
        }
    };
    let mut tx = app.write().await?;
    let it = feed::require(&mut tx, &desk.organization, id).await?;
    let id = it.id;
    feed::set_status(&app, &mut tx, it, status).await?;
    let action = format!("directory.{status}");
    app.audit(
        &mut tx,
        &desk.actor,
        &action,
        Some(desk.organization.id),
        Some(id.to_string()),
        &serde_json::json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(Redirect::to(&desk.at("directory")).into_response())
}
