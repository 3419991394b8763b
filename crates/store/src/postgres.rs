//! A transaction on PostgreSQL whose beginning, locks and first question are one journey.

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Row as _};

use crate::{Result, StoreError};

/// A transaction. Dropping it undoes it.
#[derive(Debug)]
pub(crate) struct PostgresTx {
    /// None once it has ended.
    connection: Option<PoolConnection<Postgres>>,
}

/// How a transaction begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin<'a> {
    /// Holding these locks; the number of a lock is the hash of its name. Told is the generation of settings as it is then.
    Holding(&'a [String]),
    /// Holding none.
    Free,
    /// Its commit does not wait for the disk.
    Transient,
}

impl Begin<'_> {
    fn statement(self) -> String {
        match self {
            Begin::Free => "BEGIN".to_owned(),
            Begin::Transient => "BEGIN; SET LOCAL synchronous_commit = off".to_owned(),
            Begin::Holding(locks) => {
                let mut begin = "BEGIN".to_owned();
                for name in locks {
                    // In a text without parameters; our names of locks have neither quotes nor backslashes.
                    let name: String = name.chars().filter(|c| !matches!(c, '\'' | '\\' | '\0')).collect();
                    begin.push_str("; SELECT pg_advisory_xact_lock(hashtextextended('");
                    begin.push_str(&name);
                    begin.push_str("', 0))");
                }
                begin.push_str("; SELECT generation FROM settings_generation WHERE id = 1");
                begin
            }
        }
    }
}

impl PostgresTx {
    /// Begins, and tells what it was asked for.
    pub(crate) async fn begin(pool: &PgPool, begin: Begin<'_>) -> Result<(Self, Option<u64>)> {
        // Before the first statement: a caller that goes away while it waits for a lock leaves nothing open.
        let mut tx = Self { connection: Some(pool.acquire().await?) };
        let statement = sqlx::AssertSqlSafe(begin.statement());
        let rows = sqlx::raw_sql(statement).fetch_all(tx.connection()).await?;
        let generation = match (begin, rows.last()) {
            (Begin::Holding(_), Some(row)) => u64::try_from(row.try_get::<i64, _>(0)?).ok(),
            _ => None,
        };
        Ok((tx, generation))
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect("a transaction that has not ended holds the connection")
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let done = sqlx::raw_sql("COMMIT").execute(self.connection()).await;
        let connection = self.connection.take();
        match done {
            // A transaction that a statement broke is undone by its commit, which is no error to PostgreSQL.
            Ok(_) => Ok(()),
            Err(error) => {
                // Nobody knows how far it came.
                if let Some(mut connection) = connection {
                    connection.close_on_drop();
                }
                Err(StoreError::from(error))
            }
        }
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            connection.close_on_drop();
            return;
        };
        runtime.spawn(async move {
            if let Err(error) = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await {
                tracing::debug!(%error, "a dropped transaction could not be undone; its connection is closed");
                connection.close_on_drop();
            }
        });
    }
}
