//! `/s/{token}/scim/waiting`: notices the first request and the people who arrive, by itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use profile::Profile;

use super::directories::values;
use super::rail::Step;
use super::visit::Visit;
use super::when;
use crate::app::App;
use crate::directory::{self, Arrived, DirectoryConfig};
use crate::onboarding::preview_panel::REFRESH;
use crate::problem::Problem;
use crate::request::Browser;
use web::html::Html;
use web::pages::scim::{Arrival, ScimWaiting};
use web::parts::{Check, Figure, Person, Status, Tone, When};

/// How many of the latest people are shown.
const LATEST: usize = 8;

/// The page, which asks for itself again every two seconds.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    visit.directory()?;
    render(&app, &visit, &browser).await.map_err(IntoResponse::into_response)
}

async fn render(app: &App, visit: &Visit, browser: &Browser) -> Result<Response, Problem> {
    let (Some(it), Some(guide)) = (&visit.directory, visit.directory_guide()) else {
        return Err(Problem::not_found("directory"));
    };
    let counts = directory::counts(&mut app.read().await?, it).await?;
    let latest = directory::arrivals(app, it, &DirectoryConfig::of(it)?, LATEST).await?;
    let unread = latest.iter().filter(|arrived| !arrived.problems.is_empty()).count();
    let connected = it.last_request_at.is_some();
    let mut page = visit.page(app, browser, &format!("Waiting for {}", guide.name), Some(Step::Arrivals));
    page.live = true;
    page.refresh = Some(REFRESH);
    let line = |done: bool, text: String, later: &str| {
        let (tone, end) = if done { (Tone::Ok, "") } else { (Tone::None, later) };
        Check::new(tone, &text, end)
    };
    let name = &guide.name;
    let pulled = crate::pull::kind_of(&it.provider).is_some();
    let troubles = guide
        .render(&values(app, visit, None))
        .errors
        .into_iter()
        .map(|error| Html::joined(" ", [Html::strong(&error.code), error.means, error.remedy]));
    let view = ScimWaiting {
        page,
        provider: name.clone(),
        here: visit.path("/scim/waiting"),
        connected,
        since: when(it.created_at),
        hint: Html::text(&if pulled {
            format!("We are reading {name}.")
        } else {
            format!("Start the test or the first sync in {name}.")
        }),
        figures: if connected {
            vec![
                Figure::count(
                    counts.users,
                    if counts.users == 1 { "person so far" } else { "people so far" },
                ),
                Figure::count(counts.groups, if counts.groups == 1 { "group" } else { "groups" }),
                Figure::count(
                    u64::try_from(unread).unwrap_or(0),
                    "of the latest with a value we cannot read",
                ),
            ]
        } else {
            Vec::new()
        },
        latest: latest.iter().map(arrival).collect(),
        last_request: it.last_request_at.map_or_else(When::default, when),
        checks: vec![
            line(
                connected,
                if pulled {
                    format!("We reach {name}")
                } else {
                    format!("{name} reaches us with the right token")
                },
                "waiting",
            ),
            line(counts.users > 0, "The first person arrives".to_owned(), "then"),
            line(counts.groups > 0, "The first group arrives".to_owned(), "if you push groups"),
        ],
        troubles: troubles.collect(),
        next: connected.then(|| visit.path("/scim/mapping")),
        back: visit.path("/scim/steps"),
    };
    Ok(web::respond(StatusCode::OK, &view))
}

fn arrival(arrived: &Arrived) -> Arrival {
    let profile = &arrived.mapped.profile;
    let problem = arrived.problems.first().map(|_| Status::warn("A value is not readable"));
    let missing = arrived.missing.first().map(|field| Status::warn(format!("{} is missing", field.label())));
    Arrival { person: person(arrived), place: place(profile), problem: problem.or(missing) }
}

/// A person as lists show them: the name, or the address where there is none.
pub fn person(arrived: &Arrived) -> Person {
    let profile = &arrived.mapped.profile;
    let names = [profile.first_name.as_deref(), profile.last_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let user_name = arrived.user.get("userName").and_then(serde_json::Value::as_str).unwrap_or_default();
    let email = profile.email.as_deref().unwrap_or(user_name);
    Person::new(if name.is_empty() { email } else { &name }, email)
}

fn place(profile: &Profile) -> String {
    let country = profile.country.map(|country| country.name().to_owned());
    [profile.current_city.clone(), country].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
