//! What makes a commit of the embedded database durable.
//!
//! A durable commit costs an fsync of the log. The writer commits without one and lets the next in; then whoever was
//! told to be durable waits until the log is synced past its commit. One sync serves all that committed before it began,
//! so that many commits at once share one. Nobody is answered before the sync that covers its work.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::{Result, StoreError};

/// The log of the file, and how far it is known to be on the disk.
///
/// With `synchronous=FULL` SQLite would sync the log within each commit, while it holds the writer. With `NORMAL` it syncs
/// the log only where its own consistency needs it (before it writes the log back, and after the log begins anew); the
/// sync after a commit is ours, on the same file, and equal to SQLite's (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
#[derive(Debug)]
pub(crate) struct Log {
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
    pub(crate) fn new(database: &Path) -> Self {
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

    /// Nothing is written any more once a sync has failed.
    pub(crate) fn is_sound(&self) -> Result<()> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(StoreError::Commit(
                "an earlier write did not reach the disk; start the program anew".to_owned(),
            ));
        }
        Ok(())
    }

    /// Counts a commit; called while the writer is held, so that a later number is a later commit.
    pub(crate) fn committed(&self) -> u64 {
        self.committed.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until commit `number` is on the disk.
    pub(crate) async fn sync(&self, number: u64) -> Result<()> {
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
