//! Brings a database to the schema this program knows, step by step, never back.

use sqlx::{AssertSqlSafe, Connection as _, PgPool};

use crate::{Result, StoreError};

/// Every step, in order. A step that was released is never changed.
pub(crate) const STEPS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_first.sql")),
    (2, include_str!("../migrations/0002_links_defaults_and_logs.sql")),
    (5, include_str!("../migrations/0005_provider.sql")),
    (7, include_str!("../migrations/0007_care.sql")),
    (8, include_str!("../migrations/0008_required_sign_on.sql")),
    (9, include_str!("../migrations/0009_sessions_and_passkeys.sql")),
    (10, include_str!("../migrations/0010_connection_drafts.sql")),
    (11, include_str!("../migrations/0011_routing.sql")),
    (12, include_str!("../migrations/0012_saml_logout.sql")),
    (13, include_str!("../migrations/0013_fewer_indexes.sql")),
];

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
const RECORD: &str = "INSERT INTO schema_version (version) VALUES ($1)";

fn newest() -> i64 {
    STEPS.last().map_or(0, |(version, _)| *version)
}

fn pending(found: i64) -> Result<impl Iterator<Item = (i64, &'static str)>> {
    if found > newest() {
        return Err(StoreError::Newer { found, known: newest() });
    }
    Ok(STEPS.iter().copied().filter(move |(version, _)| *version > found))
}

pub(crate) async fn sqlite(connection: &mut embedded::Connection) -> Result<()> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(VERSION_TABLE).execute(&mut *tx).await?;
    let found: i64 = sqlx::query_scalar(VERSION).fetch_one(&mut *tx).await?;
    for (version, sql) in pending(found)? {
        sqlx::raw_sql(sql).execute(&mut *tx).await?;
        sqlx::query(RECORD).bind(version).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

pub(crate) async fn postgres(pool: &PgPool) -> Result<()> {
    let mut tx = pool.begin().await?;
    // Several machines may start at once: one migrates, the others wait.
    sqlx::query("SELECT pg_advisory_xact_lock(7246193401)").execute(&mut *tx).await?;
    sqlx::query(VERSION_TABLE).execute(&mut *tx).await?;
    let found: i64 = sqlx::query_scalar(VERSION).fetch_one(&mut *tx).await?;
    for (version, sql) in pending(found)? {
        sqlx::raw_sql(AssertSqlSafe(for_postgres(sql))).execute(&mut *tx).await?;
        sqlx::query(RECORD).bind(version).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// The same text in PostgreSQL's types; byte order for every text, so that both databases sort alike.
fn for_postgres(sql: &str) -> String {
    sql.lines()
        .map(|line| {
            let code = line.split("--").next().unwrap_or_default();
            code.replace(" TEXT", " TEXT COLLATE \"C\"").replace(" BLOB", " BYTEA") + "\n"
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_program_is_refused() {
        assert!(matches!(pending(newest() + 1).err(), Some(StoreError::Newer { .. })));
        assert_eq!(pending(newest()).unwrap().count(), 0);
    }
}
