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
