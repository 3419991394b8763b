//! Where the data is: a folder with SQLite, or a PostgreSQL address.

use std::path::PathBuf;

/// Where a store keeps its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A `postgres://` address.
    Postgres(String),
}

/// A database address of a kind that Frontdesk does not speak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a database address that Frontdesk knows. Expected postgres://user:password@host:5432/name"
)]
pub struct TargetError(String);

impl Target {
    /// SQLite in `folder`, unless `url` names a PostgreSQL database.
    ///
    /// # Errors
    /// [`TargetError`] when `url` has another scheme.
    pub fn new(folder: &std::path::Path, url: Option<&str>) -> Result<Self, TargetError> {
        match url {
            None => Ok(Self::Sqlite(folder.join("frontdesk.sqlite"))),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            Some(other) => Err(TargetError(other.split(':').next().unwrap_or_default().to_owned())),
        }
    }
}
