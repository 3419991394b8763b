//! How a database file is opened.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use sqlx_core::error::Error;

use crate::Connection;
use crate::error::told;

/// A file, and what is set on each connection to it.
#[derive(Debug, Clone)]
pub struct Options {
    path: PathBuf,
    pragmas: Vec<(&'static str, &'static str)>,
    busy_timeout: Duration,
    statement_cache: usize,
}

impl Options {
    /// The file at `path`, created when it is not there.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            pragmas: Vec::new(),
            busy_timeout: Duration::from_secs(5),
            statement_cache: 100,
        }
    }

    /// Sets a pragma on each connection, in the order of these calls.
    #[must_use]
    pub fn pragma(mut self, name: &'static str, value: &'static str) -> Self {
        self.pragmas.push((name, value));
        self
    }

    /// How long a statement waits for a lock that another process holds.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How many prepared statements a connection keeps.
    #[must_use]
    pub const fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be opened, is no database, or a pragma is refused.
    pub fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let db = rusqlite::Connection::open_with_flags(&self.path, flags).map_err(told)?;
        db.busy_timeout(self.busy_timeout).map_err(told)?;
        // A plan must not depend on bound values, or SQLite prepares the statement anew for each of them.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(told)?;
        db.set_prepared_statement_cache_capacity(self.statement_cache);
        for (name, value) in &self.pragmas {
            // Some pragmas answer with the value that holds now.
            db.execute_batch(&format!("PRAGMA {name} = {value}")).map_err(told)?;
        }
        Ok(Connection::new(db))
    }
}

impl FromStr for Options {
    type Err = Error;

    /// `sqlite:PATH`.
    fn from_str(url: &str) -> Result<Self, Error> {
        let path =
            url.strip_prefix("sqlite:").ok_or_else(|| Error::Configuration("not a sqlite: URL".into()))?;
        Ok(Self::new(Path::new(path)))
    }
}

impl sqlx_core::connection::ConnectOptions for Options {
    type Connection = Connection;

    fn from_url(url: &sqlx_core::Url) -> Result<Self, Error> {
        url.as_str().parse()
    }

    async fn connect(&self) -> Result<Connection, Error> {
        self.open()
    }

    /// Statements are not logged: they carry personal data.
    fn log_statements(self, _level: log::LevelFilter) -> Self {
        self
    }

    fn log_slow_statements(self, _level: log::LevelFilter, _duration: Duration) -> Self {
        self
    }
}
