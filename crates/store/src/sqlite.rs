//! The embedded database: how it is opened, its one writer, and what makes a commit durable.
//!
//! A durable commit costs an fsync of the log. The writer commits without one and lets the next in; then whoever was
//! told to be durable waits until the log is synced past its commit. One sync serves all that committed before it began,
//! so that many commits at once share one. Nobody is answered before the sync that covers its work.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use embedded::{Connection, Options};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::{Result, StoreError};

/// At most so many connections for reading are open.
const READERS: u32 = 16;

/// How long a reader waits for one of them.
const READER_WAIT: Duration = Duration::from_secs(10);

fn options(path: &Path) -> Options {
    Options::new(path)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache(256)
        .pragma("journal_mode", "WAL")
        // What makes a commit durable is done here, after it: see `Log`.
        .pragma("synchronous", "NORMAL")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("foreign_keys", "ON")
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-8000")
}

/// The first connection, which creates the file.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    Ok(options(path).open()?)
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
            options: options(path).pragma("query_only", "ON"),
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

/// The log of the file, and how far it is known to be on the disk.
///
/// With `synchronous=FULL` SQLite would sync the log within each commit, while it holds the writer. With `NORMAL` it syncs
/// the log only where its own consistency needs it (before it writes the log back, and after the log begins anew); the
/// sync after a commit is ours, on the same file, and equal to SQLite's (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// The number of the last commit.
    committed: AtomicU64,
    /// Commits up to this number are on the disk.
    synced: AtomicU64,
    /// A sync failed: nobody knows what is on the disk, and nothing more is written.
    failed: AtomicBool,
    /// Held by whoever syncs.
    file: Mutex<Option<File>>,
}

impl Log {
    fn new(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-wal");
        Self {
            path: path.into(),
            committed: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            file: Mutex::new(None),
        }
    }

    fn is_sound(&self) -> Result<()> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(StoreError::Commit(
                "an earlier write did not reach the disk; start the program anew".to_owned(),
            ));
        }
        Ok(())
    }

    /// Waits until commit `number` is on the disk.
    async fn sync(&self, number: u64) -> Result<()> {
        if self.synced.load(Ordering::SeqCst) >= number {
            return Ok(());
        }
        let mut file = self.file.lock().await;
        if self.synced.load(Ordering::SeqCst) >= number {
            return Ok(());
        }
        self.is_sound()?;
        let reached = self.committed.load(Ordering::SeqCst);
        // On this thread: only one waits for the disk at a time.
        if let Err(error) = self.sync_file(&mut file) {
            self.failed.store(true, Ordering::SeqCst);
            return Err(StoreError::Commit(format!("{} could not be synced: {error}", self.path.display())));
        }
        self.synced.store(reached, Ordering::SeqCst);
        Ok(())
    }

    fn sync_file(&self, file: &mut Option<File>) -> std::io::Result<()> {
        let file = match file {
            Some(file) => file,
            None => file.insert(File::open(&self.path)?),
        };
        file.sync_data()
    }
}

/// The one writer.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    /// None once the store is closed.
    connection: Arc<Mutex<Option<Connection>>>,
    log: Arc<Log>,
}

/// A transaction of the writer.
#[derive(Debug)]
pub(crate) struct WriterTx {
    /// None once it has ended.
    guard: Option<OwnedMutexGuard<Option<Connection>>>,
    log: Arc<Log>,
    durable: bool,
}

fn ended() -> StoreError {
    StoreError::Commit("the store is closed".to_owned())
}

impl Writer {
    pub(crate) fn new(connection: Connection, path: &Path) -> Self {
        Self { connection: Arc::new(Mutex::new(Some(connection))), log: Arc::new(Log::new(path)) }
    }

    /// Begins a transaction. One that need not be `durable` survives a kill of the program; a power cut may lose it.
    pub(crate) async fn begin(&self, durable: bool) -> Result<WriterTx> {
        let mut guard = Arc::clone(&self.connection).lock_owned().await;
        self.log.is_sound()?;
        run(guard.as_mut().ok_or_else(ended)?, "BEGIN IMMEDIATE").await?;
        Ok(WriterTx { guard: Some(guard), log: Arc::clone(&self.log), durable })
    }

    pub(crate) async fn close(&self) {
        let connection = self.connection.lock().await.take();
        if let Some(connection) = connection
            && let Err(error) = connection.shut()
        {
            tracing::warn!(%error, "the embedded database did not close cleanly");
        }
    }
}

async fn run(connection: &mut Connection, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

impl WriterTx {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.guard
            .as_deref_mut()
            .and_then(Option::as_mut)
            .expect("a transaction that has not ended holds the connection")
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        run(self.connection(), "COMMIT").await?;
        // While the writer is held, so that a later number is a later commit.
        let number = self.log.committed.fetch_add(1, Ordering::SeqCst) + 1;
        self.guard = None;
        if self.durable {
            self.log.sync(number).await?;
        }
        Ok(())
    }
}

impl Drop for WriterTx {
    fn drop(&mut self) {
        if let Some(connection) = self.guard.as_deref_mut().and_then(Option::as_mut)
            && let Err(error) = connection.batch("ROLLBACK")
        {
            // SQLite has rolled back by itself where it had to; the next transaction tells if not.
            tracing::debug!(%error, "a dropped transaction was not there any more");
        }
    }
}
