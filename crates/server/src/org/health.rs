//! How a company's directory does, for its administrators and for operators.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Directory, DirectoryStatus, Time};

use super::Desk;
use super::stop::{self, Ids};
use super::words;
use crate::app::App;
use crate::directory::silence;
use crate::directory::{self as feed, DAYS, Health, Lacking, Refusals, Sent, Unreadable};
use crate::problem::Problem;
use crate::provisioning::{self, told};
use crate::pull;
use crate::request::Params;
use crate::trace::{self, Show};
use web::Html;
use web::guide::{Values, sync_words};
use web::pages::scim::{DirectoryHealth, MissingField, RefusedFor, UnreadValue};
use web::parts::{Figure, Notice, Person, Status, Tone};

/// So many people are named for each field on the page.
const NAMED: usize = 8;

/// `GET /directory/{directory}/health`.
pub async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Ids>,
    params: Params,
) -> Result<Response, Problem> {
    provisioning::flush(&app).await?;
    let it = feed::require(&mut app.read().await?, &desk.organization, &id.directory).await?;
    let health = feed::health(&app, &it).await?;
    let mut surroundings = desk.directory_page(&app, "Health");
    surroundings.flash = words::done(params.first("done"));
    let provider = trace::provider(&it.provider);
    let page = DirectoryHealth {
        page: surroundings,
        nobody: is_empty(&health),
        first_step: first_step(&app, &it, &provider),
        state: state(&it, &health, app.now()),
        last_request: words::maybe_when(it.last_request_at),
        notices: stop::notice(&desk, &it)
            .into_iter()
            .chain(silence(&app, &desk, &it).map(|it| Notice { link: None, ..it }))
            .collect(),
        longest: if it.heard > 1 { silence::length(it.longest_gap) } else { String::new() },
        figures: figures(&health),
        missing: health.missing.iter().map(|it| missing(&desk, it, &health)).collect(),
        unread: health.unread.iter().map(|it| unread(&desk, it)).collect(),
        more_unread: health.more_unread,
        refused: health.refused.iter().map(|one| refused(&desk, &it, one)).collect(),
        days: DAYS,
        requests: desk.at(&format!("directory/{}/requests", it.id)),
        back: desk.at("directory"),
        provider,
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// How it does, in two words.
pub fn state(it: &Directory, health: &Health, now: Time) -> Status {
    match it.status {
        DirectoryStatus::Active if silence::silent_since(it, now).is_some() => Status::bad("Silent"),
        DirectoryStatus::Draft => Status::pending("Being set up"),
        DirectoryStatus::Preview => Status::pending("Preview"),
        DirectoryStatus::Paused => Status::stopped("Paused"),
        DirectoryStatus::Active if is_empty(health) => Status::pending("Nothing received yet"),
        DirectoryStatus::Active if !health.is_well() => Status::warn("Needs a look"),
        DirectoryStatus::Active => Status::ok("Healthy"),
    }
}

/// Nobody has come, and nothing was refused.
fn is_empty(health: &Health) -> bool {
    health.counts.users == 0 && health.counts.groups == 0 && health.is_well()
}

/// What makes the first people come.
fn first_step(app: &App, it: &Directory, provider: &str) -> String {
    match pull::kind_of(&it.provider) {
        Some(pull::Kind::File) => {
            "Bring the file, or say where it is: “How we read it” on the directory’s page.".to_owned()
        }
        Some(pull::Kind::Google) => {
            "Say whom we read it with: “How we read it” on the directory’s page.".to_owned()
        }
        None => format!(
            "Assign somebody to {} in {provider}; yourself is fine. Whoever comes stands here within moments.",
            app.brand.vendor_name
        ),
    }
}

/// That a directory has gone silent, and what usually helps.
pub fn silence(app: &App, desk: &Desk, it: &Directory) -> Option<Notice> {
    let since = silence::silent_since(it, app.now())?;
    let provider = trace::provider(&it.provider);
    let values = Values { app_name: app.brand.vendor_name.clone(), ..Values::default() };
    let words = sync_words(&it.provider, "silent", &values);
    let title = format!("{provider} is silent since {}", words::when(since).text);
    let text = format!("That is longer than ever before ({} at most). ", silence::length(it.longest_gap));
    Some(Notice {
        text: Html::joined("", [Html::text(&text), words.remedy]),
        link: Some(("How it is doing".to_owned(), desk.at(&format!("directory/{}/health", it.id)))),
        ..Notice::new(Tone::Bad, title, "")
    })
}

fn figures(health: &Health) -> Vec<Figure> {
    let counts = &health.counts;
    let attention = |count: u64, words: &str, tone| {
        let figure = Figure::count(count, words);
        if count > 0 { figure.key(tone) } else { figure }
    };
    vec![
        Figure::count(counts.users, if counts.users == 1 { "person sent" } else { "people sent" }),
        Figure::count(counts.groups, if counts.groups == 1 { "group" } else { "groups" }),
        attention(counts.incomplete, "incomplete", Tone::Warn),
        attention(health.refused_count(), &format!("refused in {DAYS} days"), Tone::Bad),
    ]
}

fn person(desk: &Desk, it: &Sent) -> Person {
    let person = Person::new(&it.name, it.email.as_deref().unwrap_or("no address yet"));
    match it.member {
        Some(member) => person.linked(desk.at(&format!("members/{member}"))),
        None => person,
    }
}

fn missing(desk: &Desk, it: &Lacking, health: &Health) -> MissingField {
    let came = health.unread.iter().any(|one| one.field.as_ref() == Some(&it.field));
    let people: Vec<Person> = it.people.iter().take(NAMED).map(|one| person(desk, one)).collect();
    MissingField {
        title: if came {
            format!("{} is missing or cannot be read", it.field.label())
        } else {
            format!("{} is missing", it.field.label())
        },
        count: it.count,
        more: it.count.saturating_sub(u64::try_from(people.len()).unwrap_or(0)),
        people,
        fix: it.words.remedy.clone(),
    }
}

fn unread(desk: &Desk, it: &Unreadable) -> UnreadValue {
    UnreadValue {
        person: person(desk, &it.person),
        field: it.field.as_ref().map_or_else(|| "A value".to_owned(), |field| field.label().to_owned()),
        received: it.received.clone(),
        problem: it.problem.clone(),
    }
}

fn refused(desk: &Desk, directory: &Directory, it: &Refusals) -> RefusedFor {
    let requests = desk.at(&format!("directory/{}/requests", directory.id));
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("cause", &it.cause.code).finish();
    RefusedFor {
        means: it.words.means.clone(),
        count: it.cause.count,
        last: it.last.as_ref().map(|last| words::brief(last.at)).unwrap_or_default(),
        example: it.last.as_ref().map(|last| told::title(last, Show::Masked)).unwrap_or_default(),
        fix: it.words.remedy.clone(),
        href: format!("{requests}?{query}"),
    }
}
