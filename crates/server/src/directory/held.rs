//! A directory whose lock is held: reading, deciding and writing is one step.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use model::{Directory, DirectoryId, DirectoryStatus, Organization};
use serde_json::{Map, Value};
use store::Tx;

use super::DirectoryConfig;
use crate::problem::Problem;

/// The settings of most directories, read once.
static DEFAULTS: LazyLock<Arc<DirectoryConfig>> = LazyLock::new(Arc::default);

/// A directory, whose it is and how it is set, read under the directory's lock, which lasts as long as the
/// transaction.
#[derive(Debug, Clone)]
pub struct Held {
    /// The directory.
    pub directory: Arc<Directory>,
    /// Whose it is.
    pub org: Arc<Organization>,
    /// Its settings.
    pub config: Arc<DirectoryConfig>,
}

impl Held {
    /// Waits for the lock and reads the directory.
    pub async fn enter(tx: &mut Tx, id: DirectoryId) -> Result<Self, Problem> {
        tx.lock(&lock_name(id)).await?;
        let directory = store::directory::lookup(tx, id).await?.map(Arc::new);
        Self::with(tx, directory).await
    }

    /// As [`Held::enter`], for one request of many: when the directory was last heard, its silences and the count of its brake
    /// may be from before.
    pub async fn enter_often(tx: &mut Tx, id: DirectoryId) -> Result<Self, Problem> {
        tx.lock(&lock_name(id)).await?;
        let directory = store::known::directory(tx, id).await?;
        Self::with(tx, directory).await
    }

    async fn with(tx: &mut Tx, directory: Option<Arc<Directory>>) -> Result<Self, Problem> {
        let gone = || Problem::not_found("directory");
        let directory = directory.ok_or_else(gone)?;
        let org = store::known::organization(tx, directory.organization_id).await?.ok_or_else(gone)?;
        let config = if directory.config.is_empty() {
            Arc::clone(&DEFAULTS)
        } else {
            Arc::new(DirectoryConfig::of(&directory)?)
        };
        Ok(Self { directory, org, config })
    }

    /// Whether what the provider sends becomes true for members.
    pub fn live(&self) -> bool {
        self.directory.status == DirectoryStatus::Active
    }

    /// What follows a sentence about something that was stored only.
    pub(super) fn stored_only(&self) -> String {
        match self.directory.status {
            DirectoryStatus::Active => String::new(),
            DirectoryStatus::Paused => {
                " (stored; the directory is paused, so nothing else changed)".to_owned()
            }
            DirectoryStatus::Draft | DirectoryStatus::Preview => {
                " (stored; the directory is not live yet, so nothing else changed)".to_owned()
            }
        }
    }
}

/// The lock under which a directory's facts are read and written.
pub fn lock_name(id: DirectoryId) -> String {
    format!("directory:{id}")
}

/// As [`name_of`], of a stored resource, of which nothing else is read.
pub fn name_in(stored: &str) -> String {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shown<'a> {
        #[serde(borrow)]
        display_name: Cow<'a, str>,
    }
    // Nearly everybody has one; who has none, or something else in its place, is read whole.
    match serde_json::from_str::<Shown<'_>>(stored) {
        Ok(Shown { display_name }) if !display_name.trim().is_empty() => short(display_name.trim()),
        _ => name_of(&serde_json::from_str(stored).unwrap_or_default()),
    }
}

fn short(name: &str) -> String {
    name.chars().take(120).collect()
}

/// What people call a user: display name, else given and family name, else user name.
pub fn name_of(user: &Map<String, Value>) -> String {
    let text = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let name = user.get("name").and_then(Value::as_object);
    let part = |key: &str| name.and_then(|name| text(name, key));
    let full = [part("givenName"), part("familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    text(user, "displayName")
        .or_else(|| part("formatted"))
        .or_else(|| Some(full).filter(|full| !full.is_empty()))
        .or_else(|| text(user, "userName"))
        .map_or_else(|| "a user".to_owned(), |name| short(&name))
}
