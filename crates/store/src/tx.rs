//! A write transaction: facts, events and jobs become true together.

use std::sync::Arc;

use model::{Clock, EventId, NewEvent, Rng, Time};
use sqlx::{Postgres, Transaction};
use tokio::sync::Notify;

use crate::db::on;
use crate::value::{At, Text};
use crate::writer::WriterTx;
use crate::{Connected, Db, Result};

#[derive(Debug)]
pub(crate) enum Inner {
    Sqlite(WriterTx),
    Postgres(Transaction<'static, Postgres>),
}

/// A write transaction. Events are kept until the commit and appended last, so that the row that numbers them is
/// locked for as short a time as can be.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    events: Vec<(EventId, Time, NewEvent)>,
    jobs_waiting: Arc<Notify>,
    pub(crate) asked_for_work: bool,
}

impl Connected for Tx {
    fn db(&mut self) -> Db<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Db::Sqlite(tx.connection()),
            Inner::Postgres(tx) => Db::Postgres(tx),
        }
    }
}

impl Tx {
    pub(crate) const fn new(inner: Inner, jobs_waiting: Arc<Notify>) -> Self {
        Self { inner, events: Vec::new(), jobs_waiting, asked_for_work: false }
    }

    /// Waits for and holds the lock named `what` (an organization's id, say) until the end of the transaction, so
    /// that reading, deciding and writing under it is one step. SQLite has one writer and needs no more.
    pub async fn lock(&mut self, what: &str) -> Result<()> {
        if let Inner::Postgres(tx) = &mut self.inner {
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(what)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
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
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    /// Adds a fact to the event stream; it is appended in the commit.
    pub fn append(&mut self, clock: &dyn Clock, rng: &dyn Rng, event: NewEvent) {
        self.events.push((EventId::new(clock, rng), clock.now(), event));
    }

    /// Makes everything done through this transaction true, durably, or nothing of it.
    pub async fn commit(mut self) -> Result<()> {
        if !self.events.is_empty() {
            self.append_events().await?;
        }
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        if self.asked_for_work {
            self.jobs_waiting.notify_one();
        }
        Ok(())
    }

    async fn append_events(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.events);
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let last: i64 = on!(self, |db| {
            sqlx::query_scalar(
            "UPDATE event_counter SET last_position = last_position + $1 WHERE id = 1 RETURNING last_position"
        )
        .bind(count)
        .fetch_one(db)
        .await
        })?;
        for (position, (id, at, event)) in (last - count + 1..).zip(events) {
            on!(self, |db| sqlx::query(
                "INSERT INTO events (position, id, kind, organization_id, member_id, data, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            )
            .bind(position)
            .bind(Text(id))
            .bind(event.kind)
            .bind(event.organization_id.map(Text))
            .bind(event.member_id.map(Text))
            .bind(&event.data)
            .bind(At(at))
            .execute(db)
            .await
            .map(|_| ()))?;
        }
        Ok(())
    }
}
