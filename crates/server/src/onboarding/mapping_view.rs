//! The editor of a directory's mapping, as it is shown: where each field comes from, who has which role by which group,
//! and what would change.

use std::collections::{BTreeMap, BTreeSet};

use model::Directory;
use profile::mapping::{Path, attributes_of, words_of};
use profile::{Field, RequiredFields};
use store::directory_group::{self, DirectoryGroup};

use super::mapping_panel::{Faults, MOST, name_of};
use super::wizard::waiting::person;
use crate::app::App;
use crate::directory::{self, Arrived, DirectoryConfig, Trial, TriedPerson};
use crate::org::words;
use crate::problem::Problem;
use crate::trace;
use web::html::Html;
use web::pages::scim::{
    MappedValue, MappingBody, MappingRow, ReadAs, RoleRow, TrialChange, TrialRow, TrialView,
};
use web::parts::{Field as Typed, Notice, Opt, Person, Status, Tone, number};

/// How many of those who came last are looked at for places to choose from.
pub(super) const LOOKED_AT: usize = 50;
/// How many people have a column of their own.
const COLUMNS: usize = 3;
/// How many groups can be chosen.
const GROUPS: usize = 100;

/// The editor with these settings in it.
pub(super) async fn body(
    app: &App,
    it: &Directory,
    (config, faults): (&DirectoryConfig, &Faults),
    action: String,
    trial: Option<TrialView>,
) -> Result<MappingBody, Problem> {
    let mut arrived = directory::arrivals(app, it, config, LOOKED_AT).await?;
    let users = directory::counts(&mut app.read().await?, it).await?.users;
    let provider = trace::provider(&it.provider);
    let sources = all_sources(&arrived);
    let settled = settled(config, &arrived);
    let current: BTreeMap<Field, String> =
        Field::ALL.into_iter().map(|field| (field.clone(), source_of(&field, config, &arrived))).collect();
    // Those with something to look at come first.
    arrived.sort_by_key(|it| it.problems.is_empty() && it.missing.is_empty());
    let notice = notice(&provider, &arrived);
    arrived.truncate(COLUMNS);
    let own = config.mapping.rules.iter().map(|rule| &rule.field).filter(|it| matches!(it, Field::Extra(_)));
    let fields: Vec<Field> = Field::ALL.into_iter().chain(own.cloned()).collect();
    let rows = fields.iter().map(|field| {
        let current = current.get(field).cloned().unwrap_or_else(|| source_of(field, config, &arrived));
        let places = typed_places(config, field, faults);
        MappingRow { nothing: nothing(field), ..row(field, &current, places, &sources, &arrived) }
    });
    let (rules, groups) = roles(app, it, config).await?;
    Ok(MappingBody {
        lede: lede(&provider, users),
        notice,
        people: arrived.iter().map(|it| person(it).name).collect(),
        rows: rows.collect(),
        own: faults.get("own_places").cloned().unwrap_or_default(),
        vendor: app.brand.vendor_name.clone(),
        sources: sources.into_iter().collect(),
        rules,
        groups,
        settled,
        trial,
        provider,
        action,
    })
}

fn lede(provider: &str, users: u64) -> Html {
    Html::text(&match users {
        0 => format!("{provider} has sent nobody yet. You may go on: the usual names are looked for."),
        1 => format!("On the right is what comes out for the one person that {provider} sent."),
        some => format!(
            "On the right is what comes out for some of the {} people that {provider} sent.",
            number(some)
        ),
    })
}

fn typed_places(config: &DirectoryConfig, field: &Field, faults: &Faults) -> Typed {
    if let Some(fault) = faults.get(field.api_name()) {
        return fault.clone();
    }
    let rule = config.mapping.rules.iter().find(|rule| rule.field == *field);
    let paths = rule.map(|rule| rule.paths.iter().map(Path::as_str).collect::<Vec<_>>().join("\n"));
    Typed::new(paths.unwrap_or_default())
}

/// Where a field comes from now: of the places in which it was found for anybody, the one that is looked at first; empty
/// when nowhere.
pub(super) fn source_of(field: &Field, config: &DirectoryConfig, arrived: &[Arrived]) -> String {
    let found = arrived.iter().flat_map(|it| &it.mapped.found).filter(|found| found.field == *field);
    let paths: Vec<&str> = config
        .mapping
        .rules
        .iter()
        .filter(|rule| rule.field == *field)
        .flat_map(|rule| rule.paths.iter().map(Path::as_str))
        .collect();
    let order = |source: &str| paths.iter().position(|path| *path == source).unwrap_or(usize::MAX);
    found.min_by_key(|found| order(&found.source)).map(|found| found.source.clone()).unwrap_or_default()
}

/// Every place that anybody's resource has a value in.
fn all_sources(arrived: &[Arrived]) -> BTreeSet<String> {
    let all = arrived.iter().flat_map(|it| attributes_of(&it.user));
    all.map(|attribute| attribute.path).filter(|path| Path::parse(path).is_ok()).collect()
}

/// What somebody has for whom nothing came.
fn nothing(field: &Field) -> &'static str {
    match field {
        Field::Role => "by groups, or the default",
        it if RequiredFields::default().contains(it) => "asked once",
        _ => "nothing sent",
    }
}

fn row(
    field: &Field,
    current: &str,
    places: Typed,
    sources: &BTreeSet<String>,
    people: &[Arrived],
) -> MappingRow {
    let mut options: Vec<Opt> =
        sources.iter().map(|path| Opt::new(path, named(path, sources), path == current)).collect();
    if !current.is_empty() && !sources.contains(current) {
        options.insert(0, Opt::new(current, named(current, sources), true));
    }
    let nobody = match field {
        Field::Role => "By groups, or the default",
        // It is looked for in places in which nobody has it so far.
        _ if current.is_empty() && !places.value.is_empty() => "Where it usually is",
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
        sources: if matches!(field, Field::Extra(_)) { Vec::new() } else { options },
        path: if named(current, sources) == current { String::new() } else { current.to_owned() },
        nothing: "",
        places,
        values: people.iter().map(|it| value(field, it)).collect(),
    }
}

/// What a place is called; the path itself where two places would be called alike.
fn named(path: &str, sources: &BTreeSet<String>) -> String {
    let words = words_of(path).unwrap_or_else(|| path.to_owned());
    let alike = sources.iter().any(|other| other != path && words_of(other).as_ref() == Some(&words));
    if alike { path.to_owned() } else { words }
}

fn value(field: &Field, it: &Arrived) -> MappedValue {
    let value = match field {
        Field::Role => it.role.map(|role| words::role(role).to_owned()),
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
        let link = Some(("Say what it is to be read as".to_owned(), "#h-settled".to_owned()));
        return Some(Notice { text: Html::text(problem), link, ..Notice::new(Tone::Warn, title, "") });
    }
    let mut required = RequiredFields::default().iter().cloned().collect::<Vec<_>>().into_iter();
    let lacking =
        required.find(|field| !arrived.is_empty() && arrived.iter().all(|it| it.missing.contains(field)))?;
    let title = format!("{provider} sends no {}", lacking.label().to_lowercase());
    let text = "Choose where it comes from, or leave it: each person is then asked once, and is incomplete until then.";
    Some(Notice::new(Tone::Warn, title, text))
}

/// Values that are settled, and those that could not be read.
fn settled(config: &DirectoryConfig, arrived: &[Arrived]) -> Vec<ReadAs> {
    let row = |field: &Field, received: &str, value: &str| ReadAs {
        at: 0,
        label: field.label().to_owned(),
        field: field.api_name().to_owned(),
        received: received.to_owned(),
        value: value.to_owned(),
    };
    let known = config.mapping.readings.iter();
    let mut rows: Vec<ReadAs> =
        known.map(|it| row(&it.field, &it.received, it.value.as_deref().unwrap_or_default())).collect();
    for unread in arrived.iter().flat_map(|it| &it.mapped.unread) {
        let Some(field) = unread.problem.field.as_ref() else { continue };
        let new = row(field, &unread.problem.received, "");
        if rows.len() < MOST && !rows.iter().any(|it| it.field == new.field && it.received == new.received) {
            rows.push(new);
        }
    }
    for (at, row) in rows.iter_mut().enumerate() {
        row.at = at;
    }
    rows
}

/// The rules in their order, and the groups that none of them is about.
async fn roles(
    app: &App,
    it: &Directory,
    config: &DirectoryConfig,
) -> Result<(Vec<RoleRow>, Vec<Opt>), Problem> {
    let mut db = app.read().await?;
    let groups = directory_group::list(&mut db, it.id, None, GROUPS).await?;
    let mut rows = Vec::new();
    for rule in &config.roles {
        let group = groups.iter().find(|group| rule.is_about(group));
        let members = match group {
            Some(group) => match directory_group::count_members(&mut db, group.id, u64::MAX).await? {
                0 => "nobody is in it".to_owned(),
                1 => "1 member".to_owned(),
                some => format!("{} members", number(some)),
            },
            None => "no such group has come, or it is gone".to_owned(),
        };
        rows.push(RoleRow {
            at: rows.len(),
            group: rule.group.clone(),
            name: group.map_or_else(|| rule.group.clone(), label_of),
            members,
            roles: RoleRow::roles(rule.role.as_str()),
        });
    }
    let free = groups.iter().filter(|group| !config.roles.iter().any(|rule| rule.is_about(group)));
    let mut options = vec![Opt::new("", "Choose a group", true)];
    options.extend(free.map(|group| Opt::new(group.id.to_string(), label_of(group), false)));
    Ok((rows, options))
}

fn label_of(group: &DirectoryGroup) -> String {
    let resource = serde_json::from_str::<serde_json::Value>(&group.resource).unwrap_or_default();
    let written = resource.get("displayName").and_then(serde_json::Value::as_str);
    written.unwrap_or(&group.display_name_folded).to_owned()
}

/// What settings would change, as it is shown; `wrong` places on the form cannot be read.
pub(super) fn trial_view(trial: &Trial, config: &DirectoryConfig, differs: bool, wrong: usize) -> TrialView {
    let count = |n: usize| number(u64::try_from(n).unwrap_or(0));
    let people = |n: usize| if n == 1 { "1 person".to_owned() } else { format!("{} people", count(n)) };
    if wrong > 0 {
        return TrialView {
            title: if wrong == 1 {
                "One place is not right".to_owned()
            } else {
                format!("{wrong} places are not right")
            },
            summary: "What is wrong stands beside it, above. Nothing was kept.".to_owned(),
            shown: name_of(config),
            ..TrialView::default()
        };
    }
    let summary = match (differs, trial.tried, trial.changed) {
        (false, ..) => "Nothing differs from what is kept.".to_owned(),
        (true, 0, _) => "Nobody has come yet on whom it could be tried.".to_owned(),
        (true, tried, 0) => format!("Nothing is different for any of {}.", people(tried)),
        (true, tried, changed) => {
            format!("Something is different for {} of {}.", count(changed), people(tried))
        }
    };
    let verb = if differs { "would be" } else { "is" };
    let failing = match trial.failing {
        0 => String::new(),
        some => format!("For {} something {verb} missing or not readable.", people(some)),
    };
    let named: Vec<TrialRow> = trial.people.iter().filter(|it| it.concerns()).map(trial_row).collect();
    TrialView {
        title: if differs { "What changes when you save" } else { "As it is kept" }.to_owned(),
        summary,
        failing,
        more: match named.len() {
            some if some < trial.changed.max(trial.failing) => format!("These are the first {some}."),
            _ => String::new(),
        },
        people: named,
        shown: name_of(config),
    }
}

fn trial_row(it: &TriedPerson) -> TrialRow {
    let told = |field: &Field, value: &String| match (field, value.parse()) {
        (Field::Role, Ok(role)) => words::role(role).to_owned(),
        _ => value.clone(),
    };
    let change = |(field, from, to): &(Field, String, String)| TrialChange {
        label: field.label().to_owned(),
        from: told(field, from),
        to: told(field, to),
    };
    TrialRow {
        person: Person::new(if it.name.is_empty() { &it.email } else { &it.name }, &it.email),
        changes: it.changes.iter().map(change).collect(),
        faults: it.faults.clone(),
    }
}
