//! A directory whose lock is held: reading, deciding and writing is one step.

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
    pub directory: Directory,
    /// Whose it is.
    pub org: Organization,
    /// Its settings.
    pub config: Arc<DirectoryConfig>,
}

impl Held {
    /// Waits for the lock and reads the directory.
    pub async fn enter(tx: &mut Tx, id: DirectoryId) -> Result<Self, Problem> {
        tx.lock(&format!("directory:{id}")).await?;
        let gone = || Problem::not_found("directory");
        let directory = store::directory::lookup(tx, id).await?.ok_or_else(gone)?;
        let org = store::organization::lookup(tx, directory.organization_id).await?.ok_or_else(gone)?;
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

/// As [`name_of`], of a stored resource, of which nothing else is read.
pub fn name_in(stored: &str) -> String {
    #[derive(serde::Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Named {
        display_name: Value,
        name: Value,
        user_name: Value,
    }
    let named: Named = serde_json::from_str(stored).unwrap_or_default();
    let parts = [("displayName", named.display_name), ("name", named.name), ("userName", named.user_name)];
    name_of(&parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
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
        .unwrap_or_else(|| "a user".to_owned())
        .chars()
        .take(120)
        .collect()
}
