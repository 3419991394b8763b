//! The embedded database's one writer, and the groups in which its transactions are committed.
//!
//! A commit of its own for each transaction writes every page that it changed, though the next one changes most of them
//! again. So whoever is done while others wait for the writer lets them in first, each behind a savepoint of its own, and
//! what they all did becomes true in one commit. A transaction that is undone takes nobody else's work with it. Nobody is
//! answered before the commit that covers its work, and nobody waits for transactions that were not waiting already.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use embedded::Connection;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use crate::wal::Log;
use crate::{Result, StoreError};

/// Marks where the transaction that runs began.
const SAVE: &str = "SAVEPOINT own";
const KEEP: &str = "RELEASE own";
/// How long to wait for readers while the log is emptied, and otherwise (`sqlite::options`); milliseconds.
const BRIEFLY: &str = "PRAGMA busy_timeout = 500";
const PATIENTLY: &str = "PRAGMA busy_timeout = 10000";

/// The one writer.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    log: Arc<Log>,
}

#[derive(Debug)]
struct State {
    /// None once the store is closed.
    connection: Option<Connection>,
    /// Those whose work is done and waits for its commit.
    group: Option<Arc<Group>>,
}

/// Transactions that are committed together.
#[derive(Debug, Default)]
struct Group {
    /// The number of the commit, or why there was none.
    outcome: OnceLock<std::result::Result<u64, String>>,
    settled: Notify,
}

impl Group {
    fn settle(&self, outcome: std::result::Result<u64, String>) {
        // Only whoever took the group out of the state settles it: it is empty here.
        let _ = self.outcome.set(outcome);
        self.settled.notify_waiters();
    }
}

/// A transaction of the writer.
#[derive(Debug)]
pub(crate) struct WriterTx {
    /// None once it has ended.
    guard: Option<OwnedMutexGuard<State>>,
    state: Arc<Mutex<State>>,
    log: Arc<Log>,
    durable: bool,
    /// Whether it stands behind a savepoint, because others' work waits before it.
    saved: bool,
}

fn ended() -> StoreError {
    StoreError::Commit("the store is closed".to_owned())
}

async fn run(connection: &mut Connection, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

impl State {
    fn open(&mut self) -> Result<&mut Connection> {
        self.connection.as_mut().ok_or_else(ended)
    }

    /// Commits what waits. Called by whoever holds the writer, outside of its own transaction.
    fn commit_group(&mut self, log: &Log) {
        let Some(group) = self.group.take() else { return };
        let outcome = match &mut self.connection {
            None => Err("the store is closed".to_owned()),
            // Where SQLite has undone everything by itself (a full disk), the work of all is gone.
            Some(connection) if !connection.in_transaction() => {
                Err("the database undid the transaction that this one was committed with".to_owned())
            }
            Some(connection) => connection.batch("COMMIT").map_err(|error| {
                // So that the next one finds no transaction open; what SQLite has undone itself needs no more.
                let _ = connection.batch("ROLLBACK");
                error.to_string()
            }),
        };
        group.settle(outcome.map(|()| log.committed()));
    }
}

impl Writer {
    pub(crate) fn new(connection: Connection, path: &Path) -> Self {
        let state = State { connection: Some(connection), group: None };
        Self { state: Arc::new(Mutex::new(state)), log: Arc::new(Log::new(path)) }
    }

    /// Begins a transaction. One that need not be `durable` survives a kill of the program; a power cut may lose it.
    pub(crate) async fn begin(&self, durable: bool) -> Result<WriterTx> {
        let mut guard = Arc::clone(&self.state).lock_owned().await;
        self.log.is_sound()?;
        let saved = guard.group.is_some() && guard.open()?.in_transaction();
        if saved {
            run(guard.open()?, SAVE).await?;
        } else {
            // A group whose transaction is gone is told so.
            guard.commit_group(&self.log);
            run(guard.open()?, "BEGIN IMMEDIATE").await?;
        }
        let (state, log) = (Arc::clone(&self.state), Arc::clone(&self.log));
        Ok(WriterTx { guard: Some(guard), state, log, durable, saved })
    }

    /// Writes the log back into the file and empties it: what was overwritten in the file is nowhere any more.
    ///
    /// # Errors
    /// When somebody reads from the log and does not end soon; try again later.
    pub(crate) async fn empty_log(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        state.commit_group(&self.log);
        let connection = state.open()?;
        connection.batch(BRIEFLY)?;
        let outcome: std::result::Result<(i64, i64, i64), _> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
        connection.batch(PATIENTLY)?;
        match outcome? {
            (0, ..) => Ok(()),
            _ => Err(StoreError::Commit("somebody reads from the log of the database".to_owned())),
        }
    }

    pub(crate) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.commit_group(&self.log);
        let connection = state.connection.take();
        if let Some(connection) = connection
            && let Err(error) = connection.shut()
        {
            tracing::warn!(%error, "the embedded database did not close cleanly");
        }
    }
}

impl WriterTx {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.guard
            .as_deref_mut()
            .and_then(|state| state.connection.as_mut())
            .expect("a transaction that has not ended holds the connection")
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.saved {
            run(self.connection(), KEEP).await?;
        }
        let mut guard = self.guard.take().ok_or_else(ended)?;
        let group = Arc::clone(guard.group.get_or_insert_default());
        let pending = Pending { state: &self.state, log: &self.log, group: &group };
        // Registered before anybody else gets the writer, so that no commit is missed.
        let settled = group.settled.notified();
        tokio::pin!(settled);
        settled.as_mut().enable();
        drop(guard);
        // Those who wait for the writer come first; if nobody has committed by then, it is ours to do.
        tokio::select! {
            biased;
            () = settled => {}
            mut state = self.state.lock() => {
                if group.outcome.get().is_none() {
                    state.commit_group(&self.log);
                }
            }
        }
        let outcome = group.outcome.get().cloned();
        drop(pending);
        let number = outcome.ok_or_else(ended)?.map_err(StoreError::Commit)?;
        if self.durable {
            self.log.sync(number).await?;
        }
        Ok(())
    }
}

impl Drop for WriterTx {
    fn drop(&mut self) {
        let Some(state) = self.guard.as_deref_mut() else { return };
        let Some(connection) = &mut state.connection else { return };
        let sql = if self.saved { "ROLLBACK TO own; RELEASE own" } else { "ROLLBACK" };
        if let Err(error) = connection.batch(sql) {
            // SQLite has rolled back by itself where it had to; the next transaction tells if not.
            tracing::debug!(%error, "a dropped transaction was not there any more");
        }
        // Those before it may have nobody left who waits.
        state.commit_group(&self.log);
    }
}

/// Work that is done and waits for its commit. Whoever stops waiting (a browser that went away) leaves nothing open: if
/// nobody holds the writer, it is committed now; whoever holds it does so at the end of their own.
struct Pending<'a> {
    state: &'a Mutex<State>,
    log: &'a Log,
    group: &'a Group,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.group.outcome.get().is_none()
            && let Ok(mut state) = self.state.try_lock()
        {
            state.commit_group(self.log);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    struct Place(PathBuf);

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn open(name: &str) -> (Writer, Place, PathBuf) {
        let folder = std::env::temp_dir().join(format!("frontdesk-writer-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("it.sqlite");
        let mut first = crate::sqlite::connect(&path).unwrap();
        first.batch("CREATE TABLE IF NOT EXISTS numbers (n BIGINT NOT NULL)").unwrap();
        (Writer::new(first, &path), Place(folder), path)
    }

    async fn add(tx: &mut WriterTx, n: i64) {
        sqlx::query("INSERT INTO numbers (n) VALUES ($1)").bind(n).execute(tx.connection()).await.unwrap();
    }

    /// What somebody else sees, who could write at once.
    async fn seen(path: &Path) -> Vec<i64> {
        let mut other = crate::sqlite::connect(path).unwrap();
        run(&mut other, "PRAGMA busy_timeout = 0").await.unwrap();
        run(&mut other, "BEGIN IMMEDIATE").await.unwrap();
        sqlx::query_scalar("SELECT n FROM numbers ORDER BY n").fetch_all(&mut other).await.unwrap()
    }

    fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn those_who_wait_are_committed_together_without_what_one_of_them_undoes() {
        let (writer, _place, path) = open("together");
        let mut first = writer.begin(true).await.unwrap();
        let (mut second, mut third) = (pin!(writer.begin(false)), pin!(writer.begin(true)));
        assert!(!poll_once(second.as_mut()) && !poll_once(third.as_mut()), "both wait for the first");
        add(&mut first, 1).await;
        let mut first = pin!(first.commit());
        assert!(!poll_once(first.as_mut()), "the first lets those in who wait");
        let mut second = second.await.unwrap();
        add(&mut second, 2).await;
        let mut second = pin!(second.commit());
        assert!(!poll_once(second.as_mut()));
        let mut third = third.await.unwrap();
        add(&mut third, 3).await;
        drop(third);
        first.await.unwrap();
        second.await.unwrap();
        assert_eq!(seen(&path).await, [1, 2]);
    }

    #[tokio::test]
    async fn whoever_waits_for_nobody_is_committed_at_once() {
        let (writer, _place, path) = open("alone");
        let mut tx = writer.begin(true).await.unwrap();
        add(&mut tx, 1).await;
        tx.commit().await.unwrap();
        let mut tx = writer.begin(true).await.unwrap();
        add(&mut tx, 2).await;
        drop(tx);
        assert_eq!(seen(&path).await, [1]);
    }

    #[tokio::test]
    async fn caller_that_goes_away_after_its_work_leaves_nothing_open() {
        let (writer, _place, path) = open("gone");
        // Whoever waits goes away too, first or last; or finds nothing to do.
        for (n, waiter_first) in [(1, true), (2, false)] {
            let mut tx = writer.begin(true).await.unwrap();
            let mut waiter = Box::pin(writer.begin(true));
            assert!(!poll_once(waiter.as_mut()));
            add(&mut tx, n).await;
            let mut commit = Box::pin(tx.commit());
            assert!(!poll_once(commit.as_mut()));
            if waiter_first {
                drop(waiter);
                drop(commit);
            } else {
                drop(commit);
                drop(waiter.await.unwrap());
            }
            assert!(seen(&path).await.contains(&n), "{n}");
        }
    }

    #[tokio::test]
    async fn transaction_that_the_database_undid_is_told_to_all_who_were_in_it() {
        let (writer, _place, path) = open("undone");
        let mut first = writer.begin(true).await.unwrap();
        let mut second = pin!(writer.begin(true));
        assert!(!poll_once(second.as_mut()));
        add(&mut first, 1).await;
        let mut first = pin!(first.commit());
        assert!(!poll_once(first.as_mut()));
        let mut second = second.await.unwrap();
        // As SQLite does by itself when the disk is full.
        second.connection().batch("ROLLBACK").unwrap();
        assert!(second.commit().await.is_err());
        assert!(first.await.is_err());
        assert_eq!(seen(&path).await, [0_i64; 0]);
        let mut third = writer.begin(true).await.unwrap();
        add(&mut third, 3).await;
        third.commit().await.unwrap();
        assert_eq!(seen(&path).await, [3]);
    }
}
