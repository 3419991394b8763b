//! What people do about a directory that is read: say from where, read it now, bring a file.

use model::{Directory, DirectoryId};
use serde_json::{Value, json};
use store::{Connected, Tx};

use super::fault::Fault;
use super::file::File;
use super::google::Google;
use super::reading::Outcome;
use super::settings::{Kind, Settings};
use super::{Page, Source as _};
use crate::app::App;
use crate::directory::Held;
use crate::onboarding::import::MAX_BYTES;
use crate::problem::Problem;

/// What a directory of this provider is read from; none where the provider sends by itself.
pub fn kind_of(provider: &str) -> Option<Kind> {
    match provider {
        "google-directory" | "google-directory-delegation" => Some(Kind::Google),
        "nightly-file" => Some(Kind::File),
        _ => None,
    }
}

/// Reads the beginning of the list with these settings, without keeping anything: the number of people seen.
///
/// # Errors
/// A field problem that says what the source answered, and what to do.
pub async fn prove(app: &App, settings: &Settings) -> Result<usize, Problem> {
    look(app, settings).await.map_err(|fault| fault.to_problem())
}

/// The same, with the fault itself.
pub(super) async fn look(app: &App, settings: &Settings) -> Result<usize, Fault> {
    let page = match settings {
        Settings::Google(it) => Google::connect(app, it).await?.people(None, true).await?,
        Settings::File(it) => match &it.url {
            Some(url) => File::fetch(app, url, it).await?.people(None, true).await?,
            None => return Ok(0),
        },
    };
    somebody(&page)
}

fn somebody(page: &Page) -> Result<usize, Fault> {
    if page.items.is_empty() {
        let fix = "Check whose list it is, and the groups, if you named any.";
        return Err(Fault::refused("empty_list", "The list is empty.", fix));
    }
    Ok(page.items.len())
}

/// Keeps where the directory is read from, and reads it at once.
///
/// # Errors
/// A conflict where the directory's provider sends by itself, or is of another kind.
pub async fn set(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    settings: &Settings,
    actor: &str,
) -> Result<(), Problem> {
    if kind_of(&held.directory.provider) != Some(settings.kind()) {
        return Err(Problem::conflict(
            "another_kind",
            "This directory is fed in another way",
            "Make a directory with the provider google-directory-delegation or nightly-file for it.",
        ));
    }
    let id = held.directory.id;
    store::pull::set(tx, id, (settings.kind().as_str(), &settings.seal(app)?), app.now()).await?;
    audit(app, tx, held, "directory.source_set", settings.kind(), actor).await
}

/// Asks for everything to be read now.
///
/// # Errors
/// 404 where the directory is not read by us.
pub async fn read_now(app: &App, tx: &mut Tx, held: &Held, actor: &str) -> Result<(), Problem> {
    let kind = require(tx, held.directory.id).await?;
    store::pull::due(tx, held.directory.id, app.now(), true).await?;
    audit(app, tx, held, "directory.read_asked", kind, actor).await
}

/// Keeps a file until it is read, which is at once.
///
/// # Errors
/// Why it is no list of people; 404 where the directory is not fed by a file.
pub async fn bring_file(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    content: &[u8],
    actor: &str,
) -> Result<usize, Problem> {
    if content.len() > MAX_BYTES {
        return Err(Problem::field("file", "expected 10 MB at most"));
    }
    if require(tx, held.directory.id).await? != Kind::File {
        return Err(Problem::not_found("file directory"));
    }
    let mut file = File::read(app, content).map_err(|fault| fault.to_problem())?;
    file.people(None, true).await.and_then(|page| somebody(&page)).map_err(|fault| fault.to_problem())?;
    store::pull::put_file(tx, held.directory.id, content, app.now()).await?;
    store::pull::due(tx, held.directory.id, app.now(), true).await?;
    audit(app, tx, held, "directory.file_brought", Kind::File, actor).await?;
    Ok(file.len())
}

async fn require(db: &mut impl Connected, id: DirectoryId) -> Result<Kind, Problem> {
    let pull = store::pull::lookup(db, id).await?.ok_or_else(|| Problem::not_found("source"))?;
    Ok(if pull.source == Kind::Google.as_str() { Kind::Google } else { Kind::File })
}

async fn audit(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    action: &str,
    kind: Kind,
    actor: &str,
) -> Result<(), Problem> {
    let target = Some(held.directory.id.to_string());
    app.audit(tx, actor, action, Some(held.org.id), target, &json!({"source": kind.as_str()})).await
}

/// How a directory is read, without secrets; none where its provider sends by itself or nothing was entered yet.
pub struct State {
    /// From where.
    pub settings: Settings,
    /// How the last reading went; none before the first.
    pub outcome: Option<Outcome>,
    /// As it is stored.
    pub pull: store::pull::Pull,
}

/// How a directory is read; none where its provider sends by itself or nothing was entered yet.
///
/// # Errors
/// An internal problem.
pub async fn state(
    app: &App,
    db: &mut impl Connected,
    directory: &Directory,
) -> Result<Option<State>, Problem> {
    let Some(pull) = store::pull::lookup(db, directory.id).await? else { return Ok(None) };
    let settings = Settings::open(app, &pull.settings)?;
    let outcome: Outcome = serde_json::from_str(&pull.outcome).map_err(|e| Problem::internal(&e))?;
    Ok(Some(State { settings, outcome: Some(outcome).filter(|it| it.at != 0), pull }))
}

impl State {
    /// For the API: no secret is in it.
    pub fn to_json(&self) -> Value {
        let source = match &self.settings {
            Settings::Google(it) => json!({"google": {
                "service_account": it.service_account.as_ref().map(|account| json!({
                    "client_email": account.client_email, "client_id": account.client_id,
                })),
                "admin": it.admin,
                "by_consent": it.refresh_token.is_some(),
                "groups": it.groups,
            }}),
            Settings::File(it) => json!({"file": {
                "url": it.url, "authorization": it.authorization.is_some(), "hour": it.hour,
            }}),
        };
        let mut all = source;
        let never = self.pull.next_at.as_micros() == i64::MAX;
        all["next_at"] = json!((!never).then(|| self.pull.next_at.to_string()));
        all["read_at"] = json!(self.pull.read_at.map(|t| t.to_string()));
        all["failures"] = json!(self.pull.failures);
        all["last"] = self.outcome.as_ref().map_or(Value::Null, |it| {
            json!({
                "ok": it.ok, "whole": it.whole, "people": it.people, "created": it.created, "changed": it.changed,
                "gone": it.gone, "groups": it.groups, "troubles": it.troubles, "notes": it.notes,
                "error": (!it.ok).then(|| json!({"code": it.code, "text": it.text, "fix": it.fix})),
            })
        });
        all
    }
}
