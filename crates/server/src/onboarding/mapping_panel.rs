//! The editor of a directory's mapping: one for the wizard and for the company's pages.
//!
//! Owns how a form becomes settings; what of them is shown is in `mapping_view`. Settings are kept only after what they change was
//! looked at: the form carries the name of what its page showed.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::StatusCode;
use model::{Directory, Role};
use profile::Field;
use profile::mapping::{Path, Reading, Rule};
use serde_json::json;
use store::Tx;

use crate::app::App;
use crate::directory::{self, DirectoryConfig, RoleRule};
use crate::problem::Problem;
use web::pages::scim::MappingBody;
use web::parts::Field as Typed;

use super::mapping_view::{LOOKED_AT, body, source_of, trial_view};

/// How many rules, places of a field, settled values and fields of the vendor's own there can be.
pub const MOST: usize = 50;

/// A form's fields.
pub type Fields = BTreeMap<String, String>;

/// What a form asks for.
pub enum Wish {
    /// To keep what was shown before.
    Keep(DirectoryConfig),
    /// Nothing differs from what is kept.
    Same,
    /// To see the page, with what would change.
    Show(Box<MappingBody>, StatusCode),
}

/// The editor as it stands.
pub async fn show(app: &App, it: &Directory, action: String) -> Result<MappingBody, Problem> {
    let config = DirectoryConfig::of(it)?;
    body(app, it, (&config, &BTreeMap::new()), action, None).await
}

/// What a form asks for.
pub async fn take(app: &App, it: &Directory, form: &Fields, action: String) -> Result<Wish, Problem> {
    let kept = DirectoryConfig::of(it)?;
    let (config, faults) = chosen(app, it, form).await?;
    let acts = ["again", "add", "up", "down", "drop"].iter().any(|act| form.contains_key(*act));
    let looked_at = form.get("shown").is_some_and(|shown| *shown == name_of(&config));
    if faults.is_empty() && !acts {
        if config == kept {
            return Ok(Wish::Same);
        }
        if looked_at {
            return Ok(Wish::Keep(config));
        }
    }
    let trial = directory::trial(app, it, &config).await?;
    let view = trial_view(&trial, &config, config != kept, faults.len());
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = body(app, it, (&config, &faults), action, Some(view)).await?;
    Ok(Wish::Show(Box::new(body), status))
}

/// The name of settings.
pub(super) fn name_of(config: &DirectoryConfig) -> String {
    hex::encode(&digest(&SHA256, config.to_json().to_string().as_bytes()).as_ref()[..16])
}

/// What was typed in a place and is no path, and the sentence about it.
pub(super) type Faults = BTreeMap<String, Typed>;

/// The settings with the form's choices in them.
async fn chosen(app: &App, it: &Directory, form: &Fields) -> Result<(DirectoryConfig, Faults), Problem> {
    let mut config = DirectoryConfig::of(it)?;
    let mut faults = Faults::new();
    for (name, text) in form.iter().filter_map(|(name, text)| Some((name.strip_prefix("places-")?, text))) {
        let Some(field) = Field::from_api_name(name) else { continue };
        match places(text) {
            Ok(paths) => set_places(&mut config, field, paths),
            Err(sentence) => {
                faults.insert(name.to_owned(), Typed::wrong(text, sentence));
            }
        }
    }
    // A first place that stands as the page showed it is no choice: the places may have been written in another order.
    let arrived = directory::arrivals(app, it, &config, LOOKED_AT).await?;
    for field in Field::ALL {
        let Some(path) = form.get(field.api_name()).map(|value| value.trim()) else { continue };
        let was = form.get(&format!("was-{}", field.api_name())).map(|value| value.trim().to_owned());
        if path == was.unwrap_or_else(|| source_of(&field, &config, &arrived)) {
            continue;
        }
        if path.is_empty() {
            set_places(&mut config, field, Vec::new());
        } else {
            let path = Path::parse(path).map_err(|e| Problem::field(field.api_name(), e.to_string()))?;
            config.mapping.prefer(&field, path);
        }
    }
    if let Some(fault) = add_own(&mut config, form) {
        faults.insert("own_places".to_owned(), fault);
    }
    read_roles(&mut config, form);
    read_settled(&mut config, form);
    Ok((config, faults))
}

/// Paths, one a line.
fn places(text: &str) -> Result<Vec<Path>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST);
    let mut paths: Vec<Path> = Vec::new();
    for line in lines {
        let path = Path::parse(line).map_err(|e| e.to_string())?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Puts the places of a field in its rule.
pub fn set_places(config: &mut DirectoryConfig, field: Field, paths: Vec<Path>) {
    let rules = &mut config.mapping.rules;
    let known = rules.iter().position(|rule| rule.field == field);
    match known {
        // A field of the vendor's own that is read nowhere is none any more.
        Some(at) if paths.is_empty() && matches!(field, Field::Extra(_)) => drop(rules.remove(at)),
        Some(at) => rules[at].paths = paths,
        None if rules.len() < MOST && !paths.is_empty() => rules.push(Rule { field, paths }),
        None => {}
    }
}

/// The field of this name: one that we know, or one of the vendor's own in letters and digits.
pub fn field_of(name: &str) -> Option<Field> {
    let plain = (1..=40).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    Field::from_api_name(name).filter(|_| plain)
}

/// A field of the vendor's own that the form adds; what is wrong with it.
fn add_own(config: &mut DirectoryConfig, form: &Fields) -> Option<Typed> {
    let text = |name: &str| form.get(name).map(|text| text.trim()).unwrap_or_default();
    let (key, typed) = (text("own_key"), text("own_places"));
    if key.is_empty() && typed.is_empty() {
        return None;
    }
    let field = field_of(key).filter(|field| matches!(field, Field::Extra(_)));
    let Some(field) = field else {
        let words = "Name the field in letters and digits, such as plan; none of the names above.";
        return Some(Typed::wrong(typed, words));
    };
    match places(typed) {
        Ok(paths) if paths.is_empty() => Some(Typed::wrong(typed, "Say where it is, such as *:plan.")),
        Ok(paths) => {
            set_places(config, field, paths);
            None
        }
        Err(sentence) => Some(Typed::wrong(typed, sentence)),
    }
}

/// The rules in the order of the form, after what its buttons do.
fn read_roles(config: &mut DirectoryConfig, form: &Fields) {
    if !form.contains_key("rules") {
        return;
    }
    let rule = |group: Option<&String>, role: Option<&String>| {
        let (group, role) = (group?.trim(), role?.parse::<Role>().ok()?);
        (!group.is_empty()).then(|| RoleRule { group: group.to_owned(), role })
    };
    let mut rules: Vec<RoleRule> = (0..MOST)
        .filter_map(|at| rule(form.get(&format!("rule-{at}-group")), form.get(&format!("rule-{at}-role"))))
        .collect();
    let at = |act: &str| form.get(act).and_then(|at| at.parse::<usize>().ok()).filter(|at| *at < rules.len());
    match (at("up"), at("down"), at("drop")) {
        (Some(at), _, _) if at > 0 => rules.swap(at, at - 1),
        (_, Some(at), _) if at + 1 < rules.len() => rules.swap(at, at + 1),
        (_, _, Some(at)) => {
            rules.remove(at);
        }
        _ => {}
    }
    if let Some(new) = rule(form.get("new_group"), form.get("new_role"))
        && rules.len() < MOST
        && !rules.iter().any(|it| it.group == new.group)
    {
        rules.push(new);
    }
    config.roles = rules;
}

/// Values that could not be read, and what each is read as.
fn read_settled(config: &mut DirectoryConfig, form: &Fields) {
    for at in 0..MOST {
        let text = |part: &str| form.get(&format!("read-{at}-{part}"));
        let (Some(field), Some(received)) =
            (text("field").and_then(|name| Field::from_api_name(name)), text("received"))
        else {
            continue;
        };
        let readings = &mut config.mapping.readings;
        let value = text("value").map(|value| value.trim()).unwrap_or_default().to_owned();
        let known = readings.iter().position(|it| it.field == field && it.received == *received);
        match (known, value.is_empty()) {
            (Some(known), true) => {
                readings.remove(known);
            }
            (Some(known), false) => readings[known].value = Some(value),
            (None, true) => {}
            (None, false) => {
                readings.push(Reading { field, received: received.clone(), value: Some(value) });
            }
        }
    }
}

/// Keeps settings, and has them reach the people who are there already. The directory's lock is held.
pub async fn keep(
    app: &App,
    tx: &mut Tx,
    it: Directory,
    config: &DirectoryConfig,
    actor: &str,
) -> Result<(), Problem> {
    let data = json!({"directory_id": it.id.to_string(), "config": config.to_json()});
    let (organization, target) = (Some(it.organization_id), Some(it.id.to_string()));
    app.audit(tx, actor, "directory.updated", organization, target, &data).await?;
    let before = DirectoryConfig::of(&it)?;
    let it = directory::set_config(app, tx, it, config).await?;
    directory::reapply(app, tx, &it, Some(&before)).await
}
