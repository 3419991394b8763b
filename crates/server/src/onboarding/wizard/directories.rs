//! `/s/{token}/scim/providers` and `…/steps`: choosing a directory, its address and token, and its steps.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Directory, DirectoryStatus, Purpose, Token};
use serde_json::json;
use store::Tx;

use super::rail::Step;
use super::visit::{Visit, directory_of, other_ways};
use super::{Form, see_other, text, when};
use crate::app::App;
use crate::directory;
use crate::problem::Problem;
use crate::pull;
use crate::request::{Browser, Params};
use web::guide::{self, Guide, Kind, Placeholder, Protocol, Values};
use web::html::Html;
use web::pages::scim::ScimCredentials;
use web::pages::setup::{SetupChoose, SetupProviders, SetupSteps};
use web::parts::{Copy, Notice, Person, Tone, When};

/// The list, searched by `?q=`.
pub async fn list(
    visit: Visit,
    query: Params,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Scim)?;
    let page = visit.page(&app, &browser, "Choose your directory", Some(Step::Directory));
    let action = visit.path("/scim/providers");
    let asked = query.first("q").unwrap_or_default();
    let view = SetupProviders::new(page, Kind::Directory, &visit.organization.name, &action, asked);
    Ok(web::respond(StatusCode::OK, &view))
}

/// A directory by its address: what choosing it changes, and the button; or what to do instead of it.
pub async fn look(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    browser: Browser,
) -> Result<Response, Problem> {
    visit.require(Purpose::Scim)?;
    let guide = known(&id)?;
    if lacks_client(&app, guide) {
        return Ok(see_other(&visit.path(&format!("/scim/providers/{WITHOUT_CLIENT}"))));
    }
    if !feeds(guide) {
        return Ok(instead(&app, &visit, &browser, guide));
    }
    if visit.directory.as_ref().is_some_and(|it| it.provider == guide.id) {
        return Ok(see_other(&visit.path("/scim/steps")));
    }
    let title = format!("Connect {}", guide.name);
    let page = SetupChoose {
        page: visit.page(&app, &browser, &title, Some(Step::Directory)),
        provider: Person::thing(&guide.name, guide.protocol.label(), &guide.mark, guide.hue),
        title,
        effect: format!(
            "{} Nobody is invited, changed or removed before the last step.",
            if guide.protocol == Protocol::Pull {
                "You get the steps written for it, and say from where we read.".to_owned()
            } else {
                format!("You get an address and a token for {}, and the steps written for it.", guide.name)
            }
        ),
        action: visit.path(&format!("/scim/providers/{id}")),
        label: format!("Choose {}", guide.name),
        back: visit.path("/scim/providers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Chooses a directory: makes it, in preview, with a token that this answer shows and nothing ever shows again. The same
/// directory once more changes nothing.
pub async fn choose(
    mut visit: Visit,
    Path((_, id)): Path<(String, String)>,
    State(app): State<App>,
    browser: Browser,
    _form: Form,
) -> Result<Response, Problem> {
    visit.require(Purpose::Scim)?;
    let guide = known(&id)?;
    if !feeds(guide) || lacks_client(&app, guide) {
        return Ok(see_other(&visit.path(&format!("/scim/providers/{id}"))));
    }
    let mut held = visit.hold(&app).await?;
    let current = directory_of(&mut held.tx, &visit.organization, &held.progress).await?;
    if current.as_ref().is_some_and(|it| it.provider == guide.id) {
        held.commit().await?;
        return Ok(see_other(&visit.path("/scim/steps")));
    }
    let (it, token) = begin(&app, &visit, &mut held.tx, current, guide).await?;
    held.progress.directory = Some(it.id.to_string());
    held.progress.directory_ticked.clear();
    (held.progress.mapped, held.progress.leavers) = (false, false);
    visit.progress = held.progress.clone();
    held.commit().await?;
    visit.directory = Some(it);
    match &token {
        Some(token) => credentials(&app, &visit, &browser, Some(token), None).await,
        None => Ok(see_other(&visit.path("/scim/steps"))),
    }
}

/// The way to read Google that needs no client of the vendor's.
const WITHOUT_CLIENT: &str = "google-directory-delegation";

/// Whether the guide's way needs a client at Google that this server does not have.
fn lacks_client(app: &App, guide: &Guide) -> bool {
    guide.id == "google-directory" && !pull::consent::is_offered(app, &guide.id)
}

/// Whether choosing the guide begins a directory.
fn feeds(guide: &Guide) -> bool {
    matches!(guide.protocol, Protocol::Scim | Protocol::Pull)
}

/// The directory of this guide. A preview that nobody has reached yet becomes it; one that has sent something is left
/// as it is, and looked at by nobody.
async fn begin(
    app: &App,
    visit: &Visit,
    tx: &mut Tx,
    current: Option<Directory>,
    guide: &Guide,
) -> Result<(Directory, Option<Token>), Problem> {
    let sends = pull::kind_of(&guide.id).is_none();
    let preview = current.filter(|it| it.status == DirectoryStatus::Preview);
    let (it, token, action) = match preview {
        Some(old) if old.last_request_at.is_none() => {
            let it = directory::set_provider(app, tx, old, &guide.id).await?;
            let token = directory::rotate_token(app, tx, &it, sends).await?;
            (it, token, "directory.updated")
        }
        old => {
            if let Some(old) = old {
                directory::set_status(app, tx, old, DirectoryStatus::Paused).await?;
            }
            let status = DirectoryStatus::Preview;
            let org = &visit.organization;
            if sends {
                let (it, token) = directory::create(app, tx, org, &guide.id, status).await?;
                (it, Some(token), "directory.created")
            } else {
                let it = directory::create_without_token(app, tx, org, &guide.id, status).await?;
                (it, None, "directory.created")
            }
        }
    };
    let data = json!({"directory_id": it.id.to_string(), "provider": it.provider});
    let (organization, target) = (Some(visit.organization.id), Some(it.id.to_string()));
    app.audit(tx, &visit.actor(), action, organization, target, &data).await?;
    Ok((it, token))
}

fn known(id: &str) -> Result<&'static Guide, Problem> {
    let found = guide::directories().iter().find(|guide| guide.id == id);
    found.ok_or_else(|| Problem::not_found("directory"))
}

/// Address and steps. The token is not here: only the answer to its making shows it.
pub async fn show(
    visit: Visit,
    browser: Browser,
    query: Params,
    State(app): State<App>,
) -> Result<Response, Response> {
    visit.directory()?;
    let notice = (query.first("token") == Some("replaced")).then(|| {
        Notice::new(
            Tone::Warn,
            "A new token was made a moment ago",
            "This button was pressed twice, or somebody else with the link pressed it. The answer to the first press showed \
             the token, once. If nobody has it, make another one.",
        )
    });
    if let Some(guide) = visit.directory_guide().filter(|guide| guide.protocol == Protocol::Pull) {
        return Ok(steps_of_a_source(&app, &visit, &browser, guide));
    }
    credentials(&app, &visit, &browser, None, notice).await.map_err(IntoResponse::into_response)
}

/// The steps of a directory that we read ourselves; what they bring back is entered on the next page.
fn steps_of_a_source(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> Response {
    let (title, next_label) = match pull::kind_of(&guide.id) {
        Some(pull::Kind::File) => ("Prepare the file".to_owned(), "The file is ready"),
        _ => (format!("Let us read {}", guide.name), "I have it"),
    };
    let page = SetupSteps {
        page: visit.page(app, browser, &title, Some(Step::Connect)),
        title,
        guide: guide.render(&values(app, visit, None)),
        others: other_ways(Kind::Directory, guide, &visit.path("/scim/providers")),
        done: visit.progress.directory_ticked.iter().cloned().collect(),
        done_action: visit.path("/scim/steps"),
        next: visit.path("/scim/source"),
        next_label: next_label.to_owned(),
        back: visit.path("/scim/providers"),
        notice: None,
    };
    web::respond(StatusCode::OK, &page)
}

async fn credentials(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    token: Option<&Token>,
    notice: Option<Notice>,
) -> Result<Response, Problem> {
    let (Some(it), Some(guide)) = (&visit.directory, visit.directory_guide()) else {
        return Err(Problem::not_found("directory"));
    };
    let working =
        store::directory_token::list(&mut app.read().await?, it.id, app.now()).await?.into_iter().next();
    let token = token.map(Token::expose);
    let values = values(app, visit, token);
    let label = |placeholder, otherwise: &str| {
        guide.field_for(placeholder, &values).map_or_else(|| otherwise.to_owned(), |(_, label)| label)
    };
    let base_url = Copy::new("base-url", label(Placeholder::ScimBaseUrl, "Base URL"), &values.scim_base_url);
    let made = working.as_ref().map_or_else(When::default, |it| when(it.created_at));
    let facts = match token {
        Some(token) => {
            let end: String = token.chars().skip(token.chars().count().saturating_sub(3)).collect();
            format!("Ends in ``{end}`` · works until you replace it")
        }
        None => format!("Made {} · works until you replace it", made.text),
    };
    let copy = token.map(|token| {
        Copy::new("token", label(Placeholder::ScimToken, "Bearer token"), token).hint(
            "Copy it before you leave this page. We keep only a fingerprint of it, so nobody can show it again. Lost it? \
             Make a new one.",
        )
    });
    let title = format!("Let {} keep the list of people up to date", guide.name);
    let page = ScimCredentials {
        page: visit.page(app, browser, &title, Some(Step::Connect)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Directory, guide, &visit.path("/scim/providers")),
        notice,
        base_url,
        // Ticking a step leads to a page without the token, so it waits until the token is where it belongs.
        done_action: if copy.is_some() { String::new() } else { visit.path("/scim/steps") },
        token: copy,
        made,
        token_facts: Html::marked(&facts),
        token_id: working.map(|it| it.id.to_string()).unwrap_or_default(),
        new_token_action: visit.path("/scim/new-token"),
        done: visit.progress.directory_ticked.iter().cloned().collect(),
        next: visit.path("/scim/waiting"),
        back: visit.path("/scim/providers"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Makes a new token, which this answer alone shows; the one before stops. The same form sent twice makes one.
pub async fn new_token(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    visit.directory()?;
    replace_token(&app, visit, &browser, text(&form.0, "instead_of"))
        .await
        .map_err(IntoResponse::into_response)
}

async fn replace_token(
    app: &App,
    mut visit: Visit,
    browser: &Browser,
    instead_of: &str,
) -> Result<Response, Problem> {
    let mut held = visit.hold(app).await?;
    let it = directory_of(&mut held.tx, &visit.organization, &held.progress).await?;
    let it = directory::hold(&mut held.tx, it.ok_or_else(|| Problem::not_found("directory"))?).await?;
    let working = store::directory_token::list(&mut held.tx, it.id, app.now()).await?.into_iter().next();
    if working.is_some_and(|it| it.id.to_string() != instead_of) {
        return Ok(see_other(&visit.path("/scim/steps?token=replaced")));
    }
    let token =
        directory::rotate_token(app, &mut held.tx, &it, pull::kind_of(&it.provider).is_none()).await?;
    let token = token.ok_or_else(|| Problem::not_found("token"))?;
    let data = json!({"directory_id": it.id.to_string()});
    let (organization, target) = (Some(visit.organization.id), Some(it.id.to_string()));
    app.audit(&mut held.tx, &visit.actor(), "directory.token_replaced", organization, target, &data).await?;
    visit.progress = held.progress.clone();
    held.commit().await?;
    visit.directory = Some(it);
    credentials(app, &visit, browser, Some(&token), None).await
}

/// Ticks a step, or takes the tick away.
pub async fn tick(visit: Visit, State(app): State<App>, form: Form) -> Result<Response, Response> {
    visit.directory()?;
    let step = text(&form.0, "step").to_owned();
    let known =
        visit.directory_guide().is_some_and(|guide| guide.steps_of().steps.iter().any(|it| it.id == step));
    if !known {
        return Err(Problem::not_found("step").into_response());
    }
    let done = !text(&form.0, "done").is_empty();
    save(&app, &visit, &step, done).await.map_err(IntoResponse::into_response)?;
    Ok(see_other(&format!("{}#step-{step}", visit.path("/scim/steps"))))
}

async fn save(app: &App, visit: &Visit, step: &str, done: bool) -> Result<(), Problem> {
    let mut held = visit.hold(app).await?;
    if done {
        held.progress.directory_ticked.insert(step.to_owned());
    } else {
        held.progress.directory_ticked.remove(step);
    }
    held.commit().await
}

/// Our values for the directory's console.
pub fn values(app: &App, visit: &Visit, token: Option<&str>) -> Values {
    Values {
        app_name: app.brand.vendor_name.clone(),
        login_url: app.config.url("/login"),
        scim_base_url: visit.directory.as_ref().map(|it| directory::base_url(app, it.id)).unwrap_or_default(),
        scim_token: token.unwrap_or_default().to_owned(),
        ..Values::default()
    }
}

/// A directory without a feed: what to do instead.
fn instead(app: &App, visit: &Visit, browser: &Browser, guide: &Guide) -> Response {
    let values = Values { app_name: app.brand.vendor_name.clone(), ..Values::default() };
    let title = format!("{} and {}", guide.name, app.brand.vendor_name);
    let takes_files = guide.protocol == Protocol::File && visit.allows(Purpose::Csv);
    let notice = (guide.protocol == Protocol::File && !takes_files).then(|| {
        let text = format!("Ask {} for one that does, or choose another directory.", app.brand.support_email);
        Notice::new(Tone::Warn, "This setup link takes no files", &text)
    });
    let (next, next_label) =
        if takes_files { ("/people", "Choose the file") } else { ("/scim/providers", "Back to the list") };
    let page = SetupSteps {
        page: visit.page(app, browser, &title, Some(Step::Directory)),
        title,
        guide: guide.render(&values),
        others: other_ways(Kind::Directory, guide, &visit.path("/scim/providers")),
        done: Vec::new(),
        done_action: String::new(),
        next: visit.path(next),
        next_label: next_label.to_owned(),
        back: visit.path("/scim/providers"),
        notice,
    };
    web::respond(StatusCode::OK, &page)
}
