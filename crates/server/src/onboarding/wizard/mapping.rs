//! `/s/{token}/scim/mapping`: where each profile field comes from, shown on people who really arrived.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use model::{Directory, Role};
use profile::mapping::{Path, attributes_of};
use profile::{Field, RequiredFields};
use serde_json::json;
use store::directory_group::{self, DirectoryGroup};

use super::rail::Step;
use super::visit::Visit;
use super::waiting::person;
use super::{Form, see_other};
use crate::app::App;
use crate::directory::{self, Arrived, DirectoryConfig, RoleRule};
use crate::problem::Problem;
use crate::request::Browser;
use web::html::Html;
use web::pages::scim::{GroupRole, MappedValue, MappingRow, ScimMapping};
use web::parts::{Notice, Opt, Status, Tone, number};

/// How many of those who came last are looked at for places to choose from.
const LOOKED_AT: usize = 50;
/// How many people are shown.
const SHOWN: usize = 3;
/// How many groups can be given a role here.
const GROUPS: usize = 100;

/// The mapping as it is kept.
pub async fn show(visit: Visit, browser: Browser, State(app): State<App>) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    let page = async { render(&app, &visit, &browser, &it, &DirectoryConfig::of(&it)?).await };
    page.await.map_err(IntoResponse::into_response)
}

/// Keeps the choices, or (`again`) only shows what they would give.
pub async fn save(
    visit: Visit,
    browser: Browser,
    State(app): State<App>,
    form: Form,
) -> Result<Response, Response> {
    let it = visit.directory()?.clone();
    take(&app, &visit, &browser, it, &form.0).await.map_err(IntoResponse::into_response)
}

async fn take(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    it: Directory,
    form: &BTreeMap<String, String>,
) -> Result<Response, Problem> {
    let config = chosen(app, &it, form).await?;
    if form.contains_key("again") {
        return render(app, visit, browser, &it, &config).await;
    }
    let mut held = visit.hold(app).await?;
    let it = directory::hold(&mut held.tx, it).await?;
    if config != DirectoryConfig::of(&it)? {
        let data = json!({"directory_id": it.id.to_string(), "config": config.to_json()});
        let target = Some(it.id.to_string());
        let organization = Some(visit.organization.id);
        app.audit(&mut held.tx, &visit.actor(), "directory.updated", organization, target, &data).await?;
        directory::set_config(app, &mut held.tx, it, &config).await?;
    }
    held.progress.mapped = true;
    held.commit().await?;
    Ok(see_other(&visit.path("/scim/leavers")))
}

/// The settings with the form's choices in them.
async fn chosen(
    app: &App,
    it: &Directory,
    form: &BTreeMap<String, String>,
) -> Result<DirectoryConfig, Problem> {
    let mut config = DirectoryConfig::of(it)?;
    let arrived = directory::arrivals(app, it, &config, LOOKED_AT).await?;
    for field in Field::ALL {
        let Some(path) = form.get(field.api_name()).map(|value| value.trim()) else { continue };
        if path == source_of(&field, &arrived) {
            continue;
        }
        if path.is_empty() {
            config
                .mapping
                .rules
                .iter_mut()
                .filter(|rule| rule.field == field)
                .for_each(|rule| rule.paths.clear());
        } else {
            let path = Path::parse(path).map_err(|e| Problem::field(field.api_name(), e.to_string()))?;
            config.mapping.prefer(&field, path);
        }
    }
    let groups = directory_group::list(&mut app.read().await?, it.id, None, GROUPS).await?;
    for group in &groups {
        let Some(role) = form.get(&format!("group-{}", group.id)) else { continue };
        config.roles.retain(|rule| !rule.is_about(group));
        if let Ok(role) = role.parse::<Role>() {
            config.roles.push(RoleRule { group: group.id.to_string(), role });
        }
    }
    // Of several groups the administrators' one counts.
    config.roles.sort_by_key(|rule| rule.role != Role::Admin);
    Ok(config)
}

async fn render(
    app: &App,
    visit: &Visit,
    browser: &Browser,
    it: &Directory,
    config: &DirectoryConfig,
) -> Result<Response, Problem> {
    let mut arrived = directory::arrivals(app, it, config, LOOKED_AT).await?;
    let counts = directory::counts(&mut app.read().await?, it).await?;
    let provider = visit.directory_guide().map_or("your directory", |guide| guide.name.as_str());
    let sources = all_sources(&arrived);
    let current: BTreeMap<Field, String> =
        Field::ALL.into_iter().map(|field| (field.clone(), source_of(&field, &arrived))).collect();
    // Those with something to look at come first.
    arrived.sort_by_key(|it| it.problems.is_empty() && it.missing.is_empty());
    let notice = notice(provider, &arrived);
    arrived.truncate(SHOWN);
    let rows = Field::ALL.iter().map(|field| row(field, &current[field], &sources, &arrived));
    let lede = match counts.users {
        0 => format!("{provider} has sent nobody yet. You may go on: the usual names are looked for."),
        1 => format!("On the right is what comes out for the one person that {provider} sent."),
        some => format!(
            "On the right is what comes out for some of the {} people that {provider} sent.",
            number(some)
        ),
    };
    let page = ScimMapping {
        page: visit.page(app, browser, "Match the fields", Some(Step::Mapping)),
        provider: provider.to_owned(),
        lede: Html::text(&lede),
        notice,
        people: arrived.iter().map(|it| person(it).name).collect(),
        rows: rows.collect(),
        groups: groups(app, it, config).await?,
        note: Html::default(),
        action: visit.path("/scim/mapping"),
        back: visit.path("/scim/waiting"),
    };
    Ok(web::respond(StatusCode::OK, &page))
}

/// Where a field comes from now: the first place in which it was found for anybody; empty when nowhere.
fn source_of(field: &Field, arrived: &[Arrived]) -> String {
    let mut found = arrived.iter().flat_map(|it| &it.mapped.found).filter(|found| found.field == *field);
    found.next().map(|found| found.source.clone()).unwrap_or_default()
}

/// Every place that anybody's resource has a value in.
fn all_sources(arrived: &[Arrived]) -> BTreeSet<String> {
    let all = arrived.iter().flat_map(|it| attributes_of(&it.user));
    all.map(|attribute| attribute.path).filter(|path| Path::parse(path).is_ok()).collect()
}

fn row(field: &Field, current: &str, sources: &BTreeSet<String>, people: &[Arrived]) -> MappingRow {
    let mut options: Vec<Opt> = sources.iter().map(|path| Opt::new(path, path, path == current)).collect();
    if !current.is_empty() && !sources.contains(current) {
        options.insert(0, Opt::new(current, current, true));
    }
    let nobody = match field {
        Field::Role => "By groups, or the default",
        _ => "Ask the person",
    };
    options.push(Opt::new("", nobody, current.is_empty()));
    let need = match field {
        it if RequiredFields::default().contains(it) => "",
        Field::CurrentCity | Field::CurrentState => "recommended",
        _ => "optional",
    };
    MappingRow {
        name: field.api_name().to_owned(),
        label: field.label().to_owned(),
        need,
        sources: options,
        path: current.to_owned(),
        values: people.iter().map(|it| value(field, it)).collect(),
    }
}

fn value(field: &Field, it: &Arrived) -> MappedValue {
    let value = match field {
        Field::Role => it.role.map(|role| role.as_str().to_owned()),
        Field::Country => it.mapped.profile.country.map(|country| country.name().to_owned()),
        other => it.mapped.profile.text(other),
    };
    let unread = it.mapped.unread.iter().find(|unread| unread.problem.field.as_ref() == Some(field));
    match (value, unread) {
        (None, Some(unread)) => MappedValue {
            value: String::new(),
            from: unread.problem.received.clone(),
            problem: Some(Status::warn("Not readable")),
        },
        (value, _) => {
            let value = value.unwrap_or_default();
            let found = it.mapped.found.iter().find(|found| found.field == *field);
            let from = found.map(|found| found.received.clone()).filter(|from| *from != value);
            MappedValue { value, from: from.unwrap_or_default(), problem: None }
        }
    }
}

/// The first value that nobody can read, or the required field that nobody has.
fn notice(provider: &str, arrived: &[Arrived]) -> Option<Notice> {
    let unread = arrived.iter().find_map(|it| Some((it, it.problems.first()?)));
    if let Some((it, problem)) = unread {
        let title = format!("A value of {} cannot be read", person(it).name);
        return Some(Notice { text: Html::text(problem), ..Notice::new(Tone::Warn, title, "") });
    }
    let mut required = RequiredFields::default().iter().cloned().collect::<Vec<_>>().into_iter();
    let lacking =
        required.find(|field| !arrived.is_empty() && arrived.iter().all(|it| it.missing.contains(field)))?;
    let title = format!("{provider} sends no {}", lacking.label().to_lowercase());
    let text = "Choose where it comes from, or leave it: each person is then asked once, and is incomplete until then.";
    Some(Notice::new(Tone::Warn, title, text))
}

async fn groups(app: &App, it: &Directory, config: &DirectoryConfig) -> Result<Vec<GroupRole>, Problem> {
    let mut db = app.read().await?;
    let mut rows = Vec::new();
    for group in directory_group::list(&mut db, it.id, None, GROUPS).await? {
        let members = directory_group::count_members(&mut db, group.id).await?;
        let role =
            config.roles.iter().find(|rule| rule.is_about(&group)).map_or("", |rule| rule.role.as_str());
        rows.push(GroupRole {
            name: format!("group-{}", group.id),
            group: name_of(&group),
            members: if members == 1 {
                "1 member".to_owned()
            } else {
                format!("{} members", number(members))
            },
            roles: Opt::list(
                &[("", "No role of its own"), ("member", "Member"), ("admin", "Administrator")],
                role,
            ),
        });
    }
    Ok(rows)
}

fn name_of(group: &DirectoryGroup) -> String {
    let resource = serde_json::from_str::<serde_json::Value>(&group.resource).unwrap_or_default();
    let written = resource.get("displayName").and_then(serde_json::Value::as_str);
    written.unwrap_or(&group.display_name_folded).to_owned()
}
