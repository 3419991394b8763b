//! For tests only: a PostgreSQL schema for each test, so that tests share a server and nothing else; and all that a
//! database holds.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{Connected, Db, Result};

/// Creates an empty schema.
///
/// # Panics
/// When `name` is anything but letters, digits and underscores.
pub async fn create_schema(url: &str, name: &str) -> Result<()> {
    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "a plain name");
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The tables from which an erasure removes something.
pub fn personal_tables() -> Vec<&'static str> {
    crate::erasure::tables()
}

/// Every column of the embedded database that holds text, with its values.
///
/// # Panics
/// On PostgreSQL, whose schema is the same.
pub async fn texts(c: &mut impl Connected) -> Result<Vec<(String, String, Vec<String>)>> {
    let Db::Sqlite(db) = c.db() else { panic!("the embedded database is asked for its columns") };
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p
         WHERE m.type = 'table' AND p.type IN ('TEXT', 'BLOB')",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut all = Vec::with_capacity(columns.len());
    for (table, column) in columns {
        let sql =
            format!("SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        let values: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *db).await?;
        all.push((table, column, values.into_iter().map(|(value,)| value).collect()));
    }
    Ok(all)
}

/// Every row of every table as text, by table: what a test compares to see that nothing changed.
pub async fn contents(c: &mut impl Connected) -> Result<BTreeMap<String, Vec<String>>> {
    let mut all = BTreeMap::new();
    let tables: Vec<(String,)> = match c.db() {
        Db::Sqlite(db) => {
            sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(db).await?
        }
        Db::Postgres(db) => {
            let all = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
            sqlx::query_as(all).fetch_all(db).await?
        }
    };
    for (table,) in tables {
        let mut rows: Vec<(String,)> = match c.db() {
            Db::Sqlite(db) => {
                let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info($1)")
                    .bind(&table)
                    .fetch_all(&mut *db)
                    .await?;
                let columns: Vec<String> =
                    columns.iter().map(|(name,)| format!("quote(\"{name}\")")).collect();
                let all = format!("SELECT {} FROM \"{table}\"", columns.join(" || ',' || "));
                sqlx::query_as(AssertSqlSafe(all)).fetch_all(db).await?
            }
            Db::Postgres(db) => {
                let all = format!("SELECT t::text FROM \"{table}\" t");
                sqlx::query_as(AssertSqlSafe(all)).fetch_all(db).await?
            }
        };
        rows.sort();
        all.insert(table, rows.into_iter().map(|(row,)| row).collect());
    }
    Ok(all)
}
