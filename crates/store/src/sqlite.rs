//! The embedded database: how it is opened, and its connections for reading. Its one writer is in `writer`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use embedded::{Connection, Options};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Result;

/// At most so many connections for reading are open.
const READERS: u32 = 16;

/// How long a reader waits for one of them.
const READER_WAIT: Duration = Duration::from_secs(10);

fn options(path: &Path) -> Options {
    Options::new(path)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache(256)
        .pragma("journal_mode", "WAL")
        // What makes a commit durable is done in `wal`, after it.
        .pragma("synchronous", "NORMAL")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("foreign_keys", "ON")
        .pragma("secure_delete", "ON")
        // Nothing of anybody in temporary files.
        .pragma("temp_store", "MEMORY")
}

/// The first connection, which creates the file, and becomes the writer. Nobody else's commit ever voids its cache, so the
/// indexes of a large directory may stay in it; it grows with what is written only.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    Ok(options(path).pragma("cache_size", "-32000").open()?)
}

/// The connections for reading; each opens when it is first needed and all are busy.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    options: Options,
    permits: Arc<Semaphore>,
    idle: Arc<std::sync::Mutex<Vec<Connection>>>,
}

/// A connection for reading, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct ReaderConnection {
    connection: Option<Connection>,
    idle: Arc<std::sync::Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            options: options(path).pragma("cache_size", "-8000").pragma("query_only", "ON"),
            permits: Arc::new(Semaphore::new(READERS as usize)),
            idle: Arc::default(),
        }
    }

    pub(crate) async fn take(&self) -> Result<ReaderConnection> {
        let permit = tokio::time::timeout(READER_WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        // The one given back last: its pages are in its cache.
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.open()?,
        };
        Ok(ReaderConnection { connection: Some(connection), idle: Arc::clone(&self.idle), _permit: permit })
    }

    /// Waits until all are given back, and closes them.
    pub(crate) async fn close(&self) {
        let all = Arc::clone(&self.permits).acquire_many_owned(READERS).await;
        self.permits.close();
        for connection in lock(&self.idle).drain(..) {
            if let Err(error) = connection.shut() {
                tracing::warn!(%error, "a connection for reading did not close cleanly");
            }
        }
        drop(all);
    }
}

fn lock(idle: &std::sync::Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl ReaderConnection {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a reader holds its connection until it is dropped")
    }
}

impl Drop for ReaderConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.idle).push(connection);
        }
    }
}
