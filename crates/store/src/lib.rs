//! The only SQL of Frontdesk: one text for SQLite and PostgreSQL, and the transactions around it.
//!
//! Owns tables, statements and transactions. Does not own decisions: a function here reads or writes what it is
//! told. Each module holds the statements of one family of tables; functions that read take any [`Connected`],
//! functions that write take a [`Tx`], so that nothing is written outside a transaction.

pub mod account;
pub mod application;
mod attempt;
pub mod audit;
pub mod care;
pub mod connection;
pub mod connection_draft;
pub mod departure;
pub mod directory;
pub mod directory_group;
mod directory_mark;
pub mod directory_member;
pub mod directory_search;
pub mod directory_token;
pub mod directory_user;
pub mod domain;
pub mod drill;
pub mod enforcement;
pub mod erasure;
pub mod event;
pub mod event_feed;
pub mod exception;
mod flow;
pub mod group_loss;
pub mod import;
pub mod invitation;
pub mod job;
pub mod key;
pub mod known;
pub mod link;
pub mod mail;
pub mod member;
pub mod operator;
pub mod organization;
pub mod passkey;
pub mod pull;
pub mod rate;
pub mod receipt;
pub mod routing;
pub mod scim_request;
pub mod session;
pub mod setting;
pub mod shadow;
pub mod share;
pub mod signal;
pub mod testing;
pub mod tried;
pub mod trouble;

mod append;
mod db;
mod migrate;
mod postgres;
mod sqlite;
mod target;
mod tx;
mod value;
mod wal;
mod writer;

pub use db::{Connected, Db, Reader, Store};
pub use target::{Target, TargetError};
pub use tx::Tx;
pub use value::{Page, fold};

/// What can go wrong below a room.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A group of transactions could not be committed.
    #[error("the database could not commit: {0}")]
    Commit(String),
    /// The database was written by a newer program.
    #[error("the database is at version {found}, this program knows versions up to {known}")]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A row holds what this program would never write.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Whether a UNIQUE index refused the write: the thing exists already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, StoreError>;
