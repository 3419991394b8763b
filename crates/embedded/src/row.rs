//! Rows, their columns, and statements.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx_core::Either;
use sqlx_core::column::ColumnIndex;
use sqlx_core::error::Error;
use sqlx_core::sql_str::SqlStr;

use crate::value::{Kind, Value, ValueRef};
use crate::{Arguments, Sqlite};

/// A column of a result.
#[derive(Debug, Clone)]
pub struct Column {
    pub(crate) ordinal: usize,
    pub(crate) name: String,
}

impl sqlx_core::column::Column for Column {
    type Database = Sqlite;

    fn ordinal(&self) -> usize {
        self.ordinal
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// Columns of SQLite have no type of their own; each value does.
    fn type_info(&self) -> &Kind {
        &Kind::Null
    }
}

/// The columns of a statement, with their places by name. The first of two with one name counts.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub all: Vec<Column>,
    places: HashMap<String, usize>,
}

impl Columns {
    pub(crate) fn new(names: impl Iterator<Item = String>) -> Self {
        let all: Vec<Column> = names.enumerate().map(|(ordinal, name)| Column { ordinal, name }).collect();
        let mut places = HashMap::new();
        for column in &all {
            places.entry(column.name.clone()).or_insert(column.ordinal);
        }
        Self { all, places }
    }

    fn place(&self, name: &str) -> Result<usize, Error> {
        self.places.get(name).copied().ok_or_else(|| Error::ColumnNotFound(name.to_owned()))
    }
}

/// A row, copied out of SQLite.
#[derive(Debug)]
pub struct Row {
    pub(crate) columns: Arc<Columns>,
    pub(crate) values: Vec<Value>,
}

impl sqlx_core::row::Row for Row {
    type Database = Sqlite;

    fn columns(&self) -> &[Column] {
        &self.columns.all
    }

    fn try_get_raw<I: ColumnIndex<Self>>(&self, index: I) -> Result<ValueRef<'_>, Error> {
        let index = index.index(self)?;
        let missing = Error::ColumnIndexOutOfBounds { index, len: self.values.len() };
        self.values.get(index).map(ValueRef).ok_or(missing)
    }
}

impl ColumnIndex<Row> for &'_ str {
    fn index(&self, row: &Row) -> Result<usize, Error> {
        row.columns.place(self)
    }
}

/// What a statement changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueryResult {
    changed: u64,
}

impl QueryResult {
    pub(crate) const fn new(changed: u64) -> Self {
        Self { changed }
    }

    /// How many rows were inserted, updated or deleted.
    pub const fn rows_affected(&self) -> u64 {
        self.changed
    }
}

impl Extend<Self> for QueryResult {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, all: T) {
        for one in all {
            self.changed += one.changed;
        }
    }
}

/// A statement that SQLite understood.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sql: SqlStr,
    pub(crate) columns: Arc<Columns>,
    pub(crate) parameters: usize,
}

impl sqlx_core::statement::Statement for Statement {
    type Database = Sqlite;

    fn into_sql(self) -> SqlStr {
        self.sql
    }

    fn sql(&self) -> &SqlStr {
        &self.sql
    }

    fn parameters(&self) -> Option<Either<&[Kind], usize>> {
        Some(Either::Right(self.parameters))
    }

    fn columns(&self) -> &[Column] {
        &self.columns.all
    }

    sqlx_core::impl_statement_query!(Arguments);
}

impl ColumnIndex<Statement> for &'_ str {
    fn index(&self, statement: &Statement) -> Result<usize, Error> {
        statement.columns.place(self)
    }
}
