//! Records of reads, which wait a moment and are written together.
//!
//! A read changes nothing, so its answer need not wait for a durable commit of its record. Records of writes stand in the
//! write's own transaction, which takes the waiting ones along. What waits is bounded: the request that finds no room
//! writes all of it before it is answered. See `docs/decisions/0007-records-of-scim-reads-wait.md`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Directory, DirectoryId, Time, TokenId};
use store::Tx;
use store::scim_request::ScimRequest;
use tokio::sync::Notify;

use super::record::Due;
use crate::app::App;
use crate::problem::Problem;

/// So many wait at most.
const ROOM: usize = 1000;
/// For so long at most.
const LONGEST: Duration = Duration::from_millis(200);
/// The time of the last request is exact to this.
const TOUCH: Duration = Duration::from_secs(5);
/// When a token was used last is exact to this.
const TOKEN_TOUCH: Duration = Duration::from_mins(1);

/// What waits.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: Mutex<Vec<Record>>,
    some: Notify,
    heard: Mutex<Heard>,
}

/// When this process last wrote down that a directory, and a secret, was used: what the rows say may be remembered from before.
#[derive(Debug, Default)]
struct Heard {
    directories: HashMap<DirectoryId, Time>,
    tokens: HashMap<TokenId, Time>,
}

/// Whether the time of a last use is older than it may be, by what was read and by what was written since; it counts as written
/// now if so.
fn is_older<K: Eq + Hash>(
    written: &mut HashMap<K, Time>,
    (key, read): (K, Option<Time>),
    (now, than): (Time, Duration),
) -> bool {
    let older = |last: Option<Time>| last.is_none_or(|at| now.since(at) >= than);
    let due = older(read) && older(written.get(&key).copied());
    if due {
        written.insert(key, now);
    }
    due
}

/// A record, and which times of a last use are to be written too.
#[derive(Debug)]
struct Record {
    request: ScimRequest,
    due: Due,
}

/// Records that were taken out to be written. Dropped before [`Taken::written`], they wait again.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    from: &'a Waiting,
    records: Vec<Record>,
}

impl Waiting {
    /// Whether a directory was heard before this request.
    pub(super) fn was_heard(&self, directory: &Directory) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        directory.last_request_at.is_some() || heard.directories.contains_key(&directory.id)
    }

    /// Which times of a last use are worth writing anew. They count as written.
    pub(super) fn due(
        &self,
        directory: &Directory,
        (token, used_at): (TokenId, Option<Time>),
        now: Time,
    ) -> Due {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let of = (directory.id, directory.last_request_at);
        Due {
            directory: is_older(&mut heard.directories, of, (now, TOUCH)),
            token: is_older(&mut heard.tokens, (token, used_at), (now, TOKEN_TOUCH)).then_some(token),
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Vec<Record>) -> T) -> T {
        use_it(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets a record wait, or writes all when there is no more room.
    pub(super) async fn add(&self, app: &App, request: ScimRequest, due: Due) -> Result<(), Problem> {
        let waiting = self.with(|queue| {
            queue.push(Record { request, due });
            queue.len()
        });
        if waiting >= ROOM {
            return flush(app).await;
        }
        self.some.notify_one();
        Ok(())
    }

    /// Takes out everything that waits.
    pub(super) fn take(&self) -> Taken<'_> {
        Taken { from: self, records: self.with(std::mem::take) }
    }
}

impl Taken<'_> {
    /// Writes them. A record about a person who was erased meanwhile is left out.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<(), Problem> {
        let mut touched: Vec<DirectoryId> = Vec::new();
        let requests: Vec<&ScimRequest> = self.records.iter().map(|record| &record.request).collect();
        store::scim_request::add_unless_erased(tx, &requests).await?;
        for Record { request, due } in &self.records {
            if due.is_some() && !touched.contains(&request.directory_id) {
                due.write(tx, request.directory_id, request.at).await?;
                touched.push(request.directory_id);
            }
        }
        Ok(())
    }

    /// They are committed.
    pub(super) fn written(mut self) {
        self.records.clear();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.records.is_empty() {
            let records = std::mem::take(&mut self.records);
            self.from.with(|queue| queue.splice(..0, records).for_each(drop));
        }
    }
}

/// Writes what waits now.
pub async fn flush(app: &App) -> Result<(), Problem> {
    let taken = app.scim_records.take();
    if taken.records.is_empty() {
        return Ok(());
    }
    let mut tx = app.write().await?;
    taken.write(&mut tx).await?;
    tx.commit().await?;
    taken.written();
    Ok(())
}

/// Writes what waits, again and again until `stop` resolves. What comes in afterwards is for [`flush`].
pub async fn keep_writing(app: App, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = app.scim_records.some.notified() => {}
        }
        // A moment for more to come.
        if tokio::time::timeout(LONGEST, &mut stop).await.is_ok() {
            return;
        }
        if let Err(problem) = flush(&app).await {
            tracing::error!(
                cause = problem.cause,
                "the records of SCIM requests could not be written and wait"
            );
            app.scim_records.some.notify_one();
        }
    }
}
