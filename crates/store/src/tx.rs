//! A write transaction: facts, events and jobs become true together.

use std::sync::Arc;

use model::{Clock, EventId, NewEvent, Rng};
use tokio::sync::{Notify, watch};

use crate::append::{self, Appended};
use crate::known::{self, Changing, Known, Memory};
use crate::postgres::PostgresTx;
use crate::scim_request::{self, ScimRequest};
use crate::writer::WriterTx;
use crate::{Connected, Db, Result};

#[derive(Debug)]
pub(crate) enum Inner {
    Sqlite(WriterTx),
    Postgres(PostgresTx),
}

/// A write transaction. Events are kept until the commit and appended last, so that the row that numbers them is
/// locked for as short a time as can be.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    events: Vec<Appended>,
    /// The record of the request that this transaction answers.
    record: Option<Box<ScimRequest>>,
    jobs_waiting: Arc<Notify>,
    facts: watch::Sender<()>,
    pub(crate) asked_for_work: bool,
    known: Arc<Known>,
    /// Locks that it holds already.
    locks: Vec<String>,
    /// What the database said of the generation of settings, once it was asked.
    generation: Option<u64>,
    /// Ends after `inner`: what others remember is void until it is clear what became of the change.
    changing: Option<Changing>,
}

impl Connected for Tx {
    fn db(&mut self) -> Db<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Db::Sqlite(tx.connection()),
            Inner::Postgres(tx) => Db::Postgres(tx.connection()),
        }
    }

    fn memory(&mut self) -> Memory<'_> {
        match (&self.inner, &self.changing) {
            (_, Some(_)) => Memory::None,
            (Inner::Sqlite(_), None) => Memory::Own(&self.known),
            (Inner::Postgres(_), None) => Memory::Shared(&self.known, &mut self.generation),
        }
    }
}

impl Tx {
    pub(crate) const fn new(
        inner: Inner,
        generation: Option<u64>,
        known: Arc<Known>,
        jobs_waiting: Arc<Notify>,
        facts: watch::Sender<()>,
    ) -> Self {
        Self {
            inner,
            events: Vec::new(),
            record: None,
            jobs_waiting,
            facts,
            asked_for_work: false,
            known,
            locks: Vec::new(),
            generation,
            changing: None,
        }
    }

    /// Says that this transaction writes what `known` remembers. Called before the write.
    pub(crate) fn changes_settings(&mut self) {
        self.changing.get_or_insert_with(|| Known::change(&self.known));
    }

    /// Waits for and holds the lock named `what` (an organization's id, say) until the end of the transaction, so
    /// that reading, deciding and writing under it is one step. SQLite has one writer and needs no more.
    pub async fn lock(&mut self, what: &str) -> Result<()> {
        if let Inner::Postgres(tx) = &mut self.inner
            && !self.locks.iter().any(|held| held == what)
        {
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(what)
                .execute(tx.connection())
                .await?;
            self.locks.push(what.to_owned());
        }
        Ok(())
    }

    /// Remembers locks that its beginning took.
    pub(crate) fn holds(&mut self, locks: &[String]) {
        self.locks.extend_from_slice(locks);
    }

    /// As [`Tx::lock`], for `first` and then `second` in one step.
    pub async fn lock_both(&mut self, first: &str, second: &str) -> Result<()> {
        if let Inner::Postgres(tx) = &mut self.inner {
            sqlx::query(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)),
                        pg_advisory_xact_lock(hashtextextended($2, 0))",
            )
            .bind(first)
            .bind(second)
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }

    /// Adds a fact to the event stream; it is appended in the commit.
    pub fn append(&mut self, clock: &dyn Clock, rng: &dyn Rng, event: NewEvent) {
        self.events.push((EventId::new(clock, rng), clock.now(), event));
    }

    /// Keeps the record of the request that this transaction answers; it is written in the commit, beside the events.
    pub(crate) fn keep_record(&mut self, record: ScimRequest) {
        self.record = Some(Box::new(record));
    }

    /// Makes everything done through this transaction true, durably, or nothing of it.
    pub async fn commit(mut self) -> Result<()> {
        let (events, record) = (std::mem::take(&mut self.events), self.record.take());
        if !events.is_empty() {
            append::append(&mut self, &events, record.as_deref()).await?;
        } else if let Some(record) = &record {
            scim_request::add(&mut self, record).await?;
        }
        if self.changing.is_some() && matches!(self.inner, Inner::Postgres(_)) {
            known::grow(&mut self).await?;
        }
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        if self.asked_for_work {
            self.jobs_waiting.notify_one();
        }
        if !events.is_empty() {
            self.facts.send_replace(());
        }
        Ok(())
    }
}
