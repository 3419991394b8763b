//! The store itself: pools, readers, and the enum over the two drivers.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::sync::{Notify, watch};

use crate::known::{Known, Memory};
use crate::postgres::{Begin, PostgresTx};
use crate::sqlite::{self, Readers};
use crate::target::Target;
use crate::tx::Tx;
use crate::writer::Writer;
use crate::{Result, migrate};

/// A connection of either driver. Statements are written once and run through the `on!` macro.
#[derive(Debug)]
pub enum Db<'a> {
    /// The embedded database.
    Sqlite(&'a mut embedded::Connection),
    /// PostgreSQL.
    Postgres(&'a mut PgConnection),
}

/// Anything that can run a statement: a [`Reader`] or a [`Tx`].
pub trait Connected: Send {
    /// The connection behind it.
    fn db(&mut self) -> Db<'_>;
    /// What this process remembers of settings.
    fn memory(&mut self) -> Memory<'_>;
}

/// Expands one expression for each driver.
macro_rules! on {
    ($connected:expr, |$db:ident| $body:expr) => {
        match $crate::Connected::db($connected) {
            $crate::Db::Sqlite($db) => $body,
            $crate::Db::Postgres($db) => $body,
        }
    };
}
pub(crate) use on;

/// How long PostgreSQL may take to answer at the start.
const REACH: std::time::Duration = std::time::Duration::from_secs(5);

/// How long a connection to PostgreSQL may lie unused before it is asked whether it still works.
const RESTED: std::time::Duration = std::time::Duration::from_secs(1);

#[derive(Debug, Clone)]
enum Backend {
    Sqlite { readers: Readers, writer: Writer },
    Postgres(PgPool),
}

/// All data of an installation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    known: Arc<Known>,
    jobs_waiting: Arc<Notify>,
    facts: watch::Sender<()>,
}

/// A connection for reading, outside any transaction: each statement sees what is committed when it runs.
#[derive(Debug)]
pub struct Reader {
    connection: ReaderConnection,
    known: Arc<Known>,
}

#[derive(Debug)]
enum ReaderConnection {
    Sqlite(sqlite::ReaderConnection),
    Postgres(PoolConnection<Postgres>),
}

impl Connected for Reader {
    fn db(&mut self) -> Db<'_> {
        match &mut self.connection {
            ReaderConnection::Sqlite(c) => Db::Sqlite(c.connection()),
            ReaderConnection::Postgres(c) => Db::Postgres(c),
        }
    }

    fn memory(&mut self) -> Memory<'_> {
        match &self.connection {
            ReaderConnection::Sqlite(_) => Memory::Own(&self.known),
            // To ask whether something changed costs as much as to read it.
            ReaderConnection::Postgres(_) => Memory::None,
        }
    }
}

impl Store {
    /// Opens the database at `target`, creates what is not there, and brings the schema up to date.
    ///
    /// # Errors
    /// [`crate::StoreError::Newer`] when a newer program wrote it; a database error when it cannot be opened.
    pub async fn open(target: &Target) -> Result<Self> {
        let backend = match target {
            Target::Sqlite(path) => {
                let mut first = sqlite::connect(path)?;
                migrate::sqlite(&mut first).await?;
                Backend::Sqlite { readers: Readers::new(path), writer: Writer::new(first, path) }
            }
            Target::Postgres(url) => {
                let options: PgConnectOptions = url.parse()?;
                // Once without the pool, which would try again and again and then only say that it waited.
                let first = tokio::time::timeout(REACH, PgConnection::connect_with(&options));
                first
                    .await
                    .map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??
                    .close()
                    .await?;
                let pool = PgPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(std::time::Duration::from_secs(10))
                    // A question before each use costs as much as a statement: only those that rested are asked.
                    .test_before_acquire(false)
                    .before_acquire(|connection, rested| {
                        Box::pin(async move {
                            if rested.idle_for > RESTED {
                                connection.ping().await?;
                            }
                            Ok(true)
                        })
                    })
                    .connect_with(options)
                    .await?;
                migrate::postgres(&pool).await?;
                Backend::Postgres(pool)
            }
        };
        let facts = watch::Sender::new(());
        Ok(Self { backend, known: Arc::default(), jobs_waiting: Arc::new(Notify::new()), facts })
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader> {
        let connection = match &self.backend {
            Backend::Sqlite { readers, .. } => ReaderConnection::Sqlite(readers.take().await?),
            Backend::Postgres(pool) => ReaderConnection::Postgres(pool.acquire().await?),
        };
        Ok(Reader { connection, known: Arc::clone(&self.known) })
    }

    /// A write transaction. Dropping it undoes it; [`Tx::commit`] makes it true, on the disk.
    pub async fn write(&self) -> Result<Tx> {
        self.begin(Begin::Free).await
    }

    /// As [`Store::write`], holding these locks from the beginning (see [`Tx::lock`]).
    pub async fn write_holding(&self, locks: &[String]) -> Result<Tx> {
        let mut tx = self.begin(Begin::Holding(locks)).await?;
        tx.holds(locks);
        Ok(tx)
    }

    /// A write transaction for what lives for minutes and can be begun again: a sign-in under way, a code. Its commit does
    /// not wait for the disk. A kill of the program loses nothing; a power cut may lose the last moments.
    pub async fn write_transient(&self) -> Result<Tx> {
        self.begin(Begin::Transient).await
    }

    async fn begin(&self, begin: Begin<'_>) -> Result<Tx> {
        let (inner, generation) = match &self.backend {
            Backend::Sqlite { writer, .. } => {
                let durable = !matches!(begin, Begin::Transient);
                (crate::tx::Inner::Sqlite(writer.begin(durable).await?), None)
            }
            Backend::Postgres(pool) => {
                let (tx, generation) = PostgresTx::begin(pool, begin).await?;
                (crate::tx::Inner::Postgres(tx), generation)
            }
        };
        let (known, jobs) = (Arc::clone(&self.known), Arc::clone(&self.jobs_waiting));
        Ok(Tx::new(inner, generation, known, jobs, self.facts.clone()))
    }

    /// Wakes when a transaction that asked for work was committed by this process.
    pub fn jobs_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.jobs_waiting)
    }

    /// Changes when a transaction with events was committed by this process.
    pub fn facts(&self) -> watch::Receiver<()> {
        self.facts.subscribe()
    }

    /// Whether this is PostgreSQL, which several machines may share.
    pub const fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Removes what was deleted from the disk too, as far as that is ours: on SQLite the log still holds it. PostgreSQL
    /// overwrites it when it vacuums.
    ///
    /// # Errors
    /// When somebody is reading; try again later.
    pub async fn scrub(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.empty_log().await,
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Closes every connection; SQLite writes its log back into the file.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}
