//! The embedded database: how it is opened, and the one writer that groups waiting writes into one commit.
//!
//! A durable commit costs an fsync. While one transaction runs, others wait for the writer; instead of paying an
//! fsync each, they run one after the other as savepoints of the same outer transaction, and whoever finds nobody
//! waiting commits for all. Nobody is answered before the commit that holds its work.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::{Result, StoreError};

/// At most so many transactions share a commit, so that the first does not wait for ever.
const BATCH: usize = 128;

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(256)
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-8000")
        .disable_statement_logging()
}

/// The first connection, which creates the file.
pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection> {
    Ok(options(path).connect().await?)
}

/// The pool of readers; connections open when they are first needed.
pub(crate) fn readers(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options(path).pragma("query_only", "ON"))
}

#[derive(Debug)]
pub(crate) struct State {
    connection: Option<SqliteConnection>,
    /// The outer transaction is open.
    open: bool,
    /// A savepoint was left behind by a transaction that was dropped.
    abandoned: bool,
    /// Transactions that ended well and wait for the outer commit.
    batch: Vec<oneshot::Sender<std::result::Result<(), String>>>,
}

/// The one writer.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

/// A transaction of the writer: a savepoint within the outer one.
#[derive(Debug)]
pub(crate) struct WriterTx {
    guard: Option<OwnedMutexGuard<State>>,
    writer: Writer,
}

/// Counts somebody who waits, also when the waiting is cancelled.
struct Waiting(Writer, bool);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        if !self.1 {
            // Somebody may have left the commit to us.
            self.0.settle_later();
        }
    }
}

impl State {
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or_else(|| StoreError::Commit("the store is closed".to_owned()))
    }

    async fn run(&mut self, sql: &'static str) -> Result<()> {
        sqlx::query(sql).execute(self.connection()?).await?;
        Ok(())
    }

    async fn clear_abandoned(&mut self) -> Result<()> {
        if self.abandoned {
            self.abandoned = false;
            let undone = async {
                self.run("ROLLBACK TO one").await?;
                self.run("RELEASE one").await
            };
            if let Err(error) = undone.await {
                // The savepoint cannot be undone alone: nothing of the outer transaction may become true.
                let _ = self.run("ROLLBACK").await;
                self.open = false;
                for waiter in self.batch.drain(..) {
                    let _ = waiter.send(Err(error.to_string()));
                }
            }
        }
        Ok(())
    }

    /// Commits the outer transaction and tells everybody in it how that went.
    async fn commit(&mut self) -> Result<()> {
        let outcome = self.run("COMMIT").await;
        if outcome.is_err() {
            let _ = self.run("ROLLBACK").await;
        }
        self.open = false;
        for waiter in self.batch.drain(..) {
            let _ = waiter.send(outcome.as_ref().copied().map_err(ToString::to_string));
        }
        outcome
    }
}

impl Writer {
    pub(crate) fn new(connection: SqliteConnection) -> Self {
        let state = State { connection: Some(connection), open: false, abandoned: false, batch: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), waiting: Arc::new(AtomicUsize::new(0)) }
    }

    pub(crate) async fn begin(&self) -> Result<WriterTx> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut waiting = Waiting(self.clone(), false);
        let guard = Arc::clone(&self.state).lock_owned().await;
        waiting.1 = true;
        drop(waiting);
        // From here on a drop is handled by WriterTx.
        let mut tx = WriterTx { guard: Some(guard), writer: self.clone() };
        let state = tx.state()?;
        state.clear_abandoned().await?;
        if !state.open {
            state.run("BEGIN IMMEDIATE").await?;
            state.open = true;
        }
        state.abandoned = true;
        state.run("SAVEPOINT one").await?;
        Ok(tx)
    }

    /// After a cancelled wait or a dropped transaction: undo what was left, commit what waits for it.
    fn settle_later(&self) {
        let writer = self.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { writer.settle().await });
        }
    }

    async fn settle(&self) {
        let mut state = self.state.lock().await;
        if state.connection.is_none() {
            return;
        }
        let outcome = async {
            state.clear_abandoned().await?;
            if state.open && self.waiting.load(Ordering::SeqCst) == 0 {
                state.commit().await?;
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = outcome.await {
            tracing::error!(%error, "the embedded database could not settle a dropped transaction");
        }
    }

    pub(crate) async fn close(&self) {
        self.settle().await;
        let connection = self.state.lock().await.connection.take();
        if let Some(connection) = connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the embedded database did not close cleanly");
        }
    }
}

impl WriterTx {
    fn state(&mut self) -> Result<&mut State> {
        self.guard.as_deref_mut().ok_or_else(|| StoreError::Commit("the transaction has ended".to_owned()))
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.guard
            .as_deref_mut()
            .and_then(|state| state.connection.as_mut())
            .expect("a transaction that has not ended holds the connection")
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let state = self.state()?;
        state.run("RELEASE one").await?;
        state.abandoned = false;
        let wait_for_others = self.writer.waiting.load(Ordering::SeqCst) > 0;
        let state = self.state()?;
        if !wait_for_others || state.batch.len() >= BATCH {
            let outcome = state.commit().await;
            self.guard = None;
            return outcome;
        }
        let (sender, receiver) = oneshot::channel();
        state.batch.push(sender);
        self.guard = None;
        match receiver.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(StoreError::Commit(reason)),
            Err(_) => Err(StoreError::Commit("the writer stopped before the commit".to_owned())),
        }
    }
}

impl Drop for WriterTx {
    fn drop(&mut self) {
        // `abandoned` is set since begin(): the next one, or settle(), rolls the savepoint back.
        if self.guard.take().is_some() {
            self.writer.settle_later();
        }
    }
}
