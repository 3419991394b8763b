//! The embedded database's driver: SQLite for `sqlx`, run on the thread that asks.
//!
//! `sqlx`'s own SQLite driver gives each connection a thread and passes every statement and every row to and from it. A
//! statement of ours takes a few microseconds, the passing several times that. Here a statement runs where it is asked
//! for, through `rusqlite`, and its future is ready when it is first polled. What may wait for the disk is a commit,
//! and of those only one runs at a time (see `store`), so that at most one thread of the runtime waits with it.
//!
//! Owns the traits of `sqlx` for SQLite, and how parameters are numbered. Does not own any statement, nor how many
//! connections there are.

mod connection;
mod error;
mod options;
mod row;
mod run;
mod types;
mod value;

pub use connection::{Connection, TransactionManager};
pub use error::SqliteError;
pub use options::Options;
pub use row::{Column, QueryResult, Row, Statement};
pub use value::{ArgumentBuffer, Arguments, Kind, Value, ValueRef};

/// The database, as `sqlx` names one.
#[derive(Debug)]
pub struct Sqlite;

impl sqlx_core::database::Database for Sqlite {
    type Connection = Connection;
    type TransactionManager = TransactionManager;
    type Row = Row;
    type QueryResult = QueryResult;
    type Column = Column;
    type TypeInfo = Kind;
    type Value = Value;
    type ValueRef<'r> = ValueRef<'r>;
    type Arguments = Arguments;
    type ArgumentBuffer = ArgumentBuffer;
    type Statement = Statement;

    const NAME: &'static str = "SQLite";
    const URL_SCHEMES: &'static [&'static str] = &["sqlite"];
}

sqlx_core::impl_into_arguments_for_arguments!(Arguments);
sqlx_core::impl_column_index_for_row!(Row);
sqlx_core::impl_column_index_for_statement!(Statement);
sqlx_core::impl_encode_for_option!(Sqlite);
