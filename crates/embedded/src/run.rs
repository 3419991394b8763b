//! Running a statement: at once, on the thread that polls.

use std::collections::HashMap;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use sqlx_core::Either;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use crate::connection::{Connection, Known};
use crate::error::told;
use crate::row::{Columns, QueryResult, Row, Statement};
use crate::value::{ArgumentBuffer, Kind, Value};
use crate::{Arguments, Sqlite};

/// Of how many statements a connection remembers the columns. Ours are far fewer; those that tests put together are not.
const KNOWN: usize = 2_000;

/// How many rows the asker wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    One,
    All,
}

/// What a statement gave.
struct Outcome {
    rows: Vec<Row>,
    result: QueryResult,
}

fn columns_of(statement: &rusqlite::Statement<'_>) -> Arc<Columns> {
    Arc::new(Columns::new(statement.column_names().map(ToOwned::to_owned)))
}

/// SQLite numbers parameters by their first appearance: `$2, $1` are its first and second. `$N` is our N-th; `?` the
/// next one.
fn parameters_of(statement: &rusqlite::Statement<'_>) -> Result<Arc<[usize]>, Error> {
    (1..=statement.parameter_count())
        .map(|index| match statement.parameter_name(index) {
            None => Ok(index - 1),
            Some(name) => {
                let number = name.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
                number
                    .map(|n| n - 1)
                    .ok_or_else(|| Error::Protocol(format!("{name} is not the name of a parameter")))
            }
        })
        .collect()
}

fn known(
    all: &mut HashMap<String, Known>,
    sql: &str,
    statement: &rusqlite::Statement<'_>,
) -> Result<Known, Error> {
    if let Some(known) = all.get(sql) {
        return Ok(known.clone());
    }
    let new = Known { columns: columns_of(statement), parameters: parameters_of(statement)? };
    if all.len() < KNOWN {
        all.insert(sql.to_owned(), new.clone());
    }
    Ok(new)
}

impl Connection {
    fn run(
        &mut self,
        sql: &str,
        arguments: Option<ArgumentBuffer>,
        wanted: Wanted,
    ) -> Result<Outcome, Error> {
        let Some(arguments) = arguments else {
            self.batch(sql)?;
            return Ok(Outcome { rows: Vec::new(), result: QueryResult::default() });
        };
        let changed_before = self.db.total_changes();
        let mut statement = self.db.prepare_cached(sql).map_err(told)?;
        let mut known = known(&mut self.known, sql, &statement)?;
        for (index, which) in known.parameters.iter().enumerate() {
            let value = arguments.get(*which).ok_or_else(|| {
                Error::Protocol(format!("${} has no value; {} were bound", which + 1, arguments.len()))
            })?;
            statement.raw_bind_parameter(index + 1, value).map_err(told)?;
        }
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(told)? {
            let width = row.as_ref().column_count();
            if width != known.columns.all.len() {
                // Another process has changed the schema since.
                known.columns = columns_of(row.as_ref());
                if let Some(entry) = self.known.get_mut(sql) {
                    *entry = known.clone();
                }
            }
            let values = (0..width).map(|column| {
                let raw = row.get_ref(column).map_err(told)?;
                Value::copied(raw).map_err(|error| Error::Decode(error.into()))
            });
            found.push(Row {
                values: values.collect::<Result<_, Error>>()?,
                columns: Arc::clone(&known.columns),
            });
            if wanted == Wanted::One {
                break;
            }
        }
        drop(rows);
        drop(statement);
        // The count of a statement that changes nothing is that of the one before it.
        let changed = if self.db.total_changes() == changed_before { 0 } else { self.db.changes() };
        Ok(Outcome { rows: found, result: QueryResult::new(changed) })
    }
}

/// Takes a query apart; nothing is run yet.
fn parts<'q, E: Execute<'q, Sqlite>>(mut query: E) -> Result<(SqlStr, Option<ArgumentBuffer>), Error> {
    let arguments = query.take_arguments().map_err(Error::Encode)?;
    Ok((query.sql(), arguments.map(|Arguments(values)| values)))
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Sqlite;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<QueryResult, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        Box::pin(async move {
            let (sql, arguments) = parts(query)?;
            Ok(self.run(sql.as_str(), arguments, Wanted::All)?.result)
        })
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<QueryResult, Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let all = async move {
            let outcome =
                parts(query).and_then(|(sql, arguments)| self.run(sql.as_str(), arguments, Wanted::All));
            let steps: Vec<_> = match outcome {
                Ok(Outcome { rows, result }) => rows
                    .into_iter()
                    .map(|row| Ok(Either::Right(row)))
                    .chain([Ok(Either::Left(result))])
                    .collect(),
                Err(error) => vec![Err(error)],
            };
            stream::iter(steps)
        };
        stream::once(all).flatten().boxed()
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        Box::pin(async move {
            let (sql, arguments) = parts(query)?;
            Ok(self.run(sql.as_str(), arguments, Wanted::All)?.rows)
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        Box::pin(async move {
            let (sql, arguments) = parts(query)?;
            Ok(self.run(sql.as_str(), arguments, Wanted::One)?.rows.pop())
        })
    }

    fn prepare_with<'e>(self, sql: SqlStr, _parameters: &'e [Kind]) -> BoxFuture<'e, Result<Statement, Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let prepared = self.db.prepare_cached(sql.as_str()).map_err(told)?;
            let Known { columns, parameters } = known(&mut self.known, sql.as_str(), &prepared)?;
            drop(prepared);
            Ok(Statement { sql, columns, parameters: parameters.len() })
        })
    }
}
