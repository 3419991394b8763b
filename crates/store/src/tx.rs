//! A write transaction: facts, events and jobs become true together.

use std::sync::{Arc, OnceLock};

use model::{Clock, EventId, NewEvent, Rng, Time};
use sqlx::{Postgres, Transaction};
use tokio::sync::{Notify, watch};

use crate::db::on;
use crate::known::{self, Changing, Known, Memory};
use crate::value::{At, Text};
use crate::writer::WriterTx;
use crate::{Connected, Db, Result};

/// Events appended by one statement, at most.
const APPENDED: usize = 4;
static APPEND: [OnceLock<String>; APPENDED] = [const { OnceLock::new() }; APPENDED];

fn append_statement(events: usize) -> String {
    let rows: Vec<String> = (0..events)
        .map(|row| {
            let values: Vec<String> = (1..=7).map(|column| format!("${}", row * 7 + column)).collect();
            format!("({})", values.join(", "))
        })
        .collect();
    format!(
        "INSERT INTO events (position, id, kind, organization_id, member_id, data, created_at) VALUES {}",
        rows.join(", ")
    )
}

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
            Inner::Postgres(tx) => Db::Postgres(tx),
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
        known: Arc<Known>,
        jobs_waiting: Arc<Notify>,
        facts: watch::Sender<()>,
    ) -> Self {
        Self {
            inner,
            events: Vec::new(),
            jobs_waiting,
            facts,
            asked_for_work: false,
            known,
            locks: Vec::new(),
            generation: None,
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
                .execute(&mut **tx)
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
        let tells = !self.events.is_empty();
        if tells {
            self.append_events().await?;
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
        if tells {
            self.facts.send_replace(());
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
        let mut position = last - count;
        for some in events.chunks(APPENDED) {
            let sql = APPEND[some.len() - 1].get_or_init(|| append_statement(some.len()));
            on!(self, |db| {
                let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()));
                for (id, at, event) in some {
                    position += 1;
                    query = query
                        .bind(position)
                        .bind(Text(*id))
                        .bind(event.kind)
                        .bind(event.organization_id.map(Text))
                        .bind(event.member_id.map(Text))
                        .bind(&event.data)
                        .bind(At(*at));
                }
                query.execute(db).await.map(|_| ())
            })?;
        }
        Ok(())
    }
}
