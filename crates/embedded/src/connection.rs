//! One connection to the file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sqlx_core::error::Error;
use sqlx_core::sql_str::SqlStr;
use sqlx_core::transaction::Transaction;

use crate::error::told;
use crate::row::Columns;
use crate::{Options, Sqlite};

/// What is known of a statement that was prepared before.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub columns: Arc<Columns>,
    /// For each of SQLite's parameters, which of ours it takes.
    pub parameters: Arc<[usize]>,
}

/// A connection. Its statements run on the thread that polls them.
pub struct Connection {
    pub(crate) db: rusqlite::Connection,
    pub(crate) known: HashMap<String, Known>,
    depth: usize,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(db: rusqlite::Connection) -> Self {
        Self { db, known: HashMap::new(), depth: 0 }
    }

    /// Runs statements without parameters and without rows, one after the other.
    ///
    /// # Errors
    /// The first refusal; what ran before it stays.
    pub fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.db.execute_batch(sql).map_err(told)
    }

    /// Whether a transaction is open. SQLite ends one by itself where it must undo it, when the disk is full, say.
    pub fn in_transaction(&self) -> bool {
        !self.db.is_autocommit()
    }

    /// Closes the file; the last connection writes the log back.
    ///
    /// # Errors
    /// When SQLite cannot close it.
    pub fn shut(self) -> Result<(), Error> {
        self.db.close().map_err(|(_, error)| told(error))
    }
}

impl sqlx_core::connection::Connection for Connection {
    type Database = Sqlite;
    type Options = Options;

    async fn close(self) -> Result<(), Error> {
        self.shut()
    }

    async fn close_hard(self) -> Result<(), Error> {
        self.shut()
    }

    async fn ping(&mut self) -> Result<(), Error> {
        self.batch("SELECT 1")
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, Error> {
        Transaction::begin(self, None).await
    }

    fn shrink_buffers(&mut self) {}

    async fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn should_flush(&self) -> bool {
        false
    }
}

/// Transactions of one connection; they do not nest.
#[derive(Debug)]
pub struct TransactionManager;

impl sqlx_core::transaction::TransactionManager for TransactionManager {
    type Database = Sqlite;

    async fn begin(connection: &mut Connection, statement: Option<SqlStr>) -> Result<(), Error> {
        if connection.depth > 0 {
            return Err(Error::InvalidSavePointStatement);
        }
        connection.batch(statement.as_ref().map_or("BEGIN", SqlStr::as_str))?;
        connection.depth = 1;
        Ok(())
    }

    async fn commit(connection: &mut Connection) -> Result<(), Error> {
        connection.batch("COMMIT")?;
        connection.depth = 0;
        Ok(())
    }

    async fn rollback(connection: &mut Connection) -> Result<(), Error> {
        connection.depth = 0;
        connection.batch("ROLLBACK")
    }

    fn start_rollback(connection: &mut Connection) {
        connection.depth = 0;
        // Fails only where SQLite has rolled back by itself.
        let _ = connection.batch("ROLLBACK");
    }

    fn get_transaction_depth(connection: &Connection) -> usize {
        connection.depth
    }
}
