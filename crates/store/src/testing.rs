//! For tests only: a PostgreSQL schema for each test, so that tests share a server and nothing else.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::Result;

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
