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
    (14, include_str!("../migrations/0014_openid_logout.sql")),
    (17, include_str!("../migrations/0017_tokens_without_rows.sql")),
    (18, include_str!("../migrations/0018_brake.sql")),
    (22, include_str!("../migrations/0022_token_ends.sql")),
    (23, include_str!("../migrations/0023_effect_of_requests.sql")),
    (24, include_str!("../migrations/0024_silence.sql")),
    (26, include_str!("../migrations/0026_erasures.sql")),
    (27, include_str!("../migrations/0027_address_card.sql")),
    (28, include_str!("../migrations/0028_drills.sql")),
    (29, include_str!("../migrations/0029_directory_marks.sql")),
    (31, include_str!("../migrations/0031_directory_clients.sql")),
    (32, include_str!("../migrations/0032_pulled_directories.sql")),
    (33, include_str!("../migrations/0033_security_event_feeds.sql")),
    (34, include_str!("../migrations/0034_claimed_users.sql")),
    (35, include_str!("../migrations/0035_stopped_syncs.sql")),
    (37, include_str!("../migrations/0037_pushed_feeds.sql")),
    (38, include_str!("../migrations/0038_settings_generation.sql")),
    (39, include_str!("../migrations/0039_fewer_trees_for_members.sql")),
    (40, include_str!("../migrations/0040_fewer_trees_for_requests.sql")),
    (41, include_str!("../migrations/0041_claimed_users_in_order.sql")),
];

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";
const APPLIED: &str = "SELECT version FROM schema_version";
const RECORD: &str = "INSERT INTO schema_version (version) VALUES ($1)";

fn newest() -> i64 {
    STEPS.last().map_or(0, |(version, _)| *version)
}

/// Every step that the database has not seen, also one before the last it has: steps that were made at the same time may
/// have come to it in another order.
fn pending(applied: &[i64]) -> Result<impl Iterator<Item = (i64, &'static str)>> {
    let found = applied.iter().copied().max().unwrap_or_default();
    if found > newest() {
        return Err(StoreError::Newer { found, known: newest() });
    }
    Ok(STEPS.iter().copied().filter(|(version, _)| !applied.contains(version)))
}

pub(crate) async fn sqlite(connection: &mut embedded::Connection) -> Result<()> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(VERSION_TABLE).execute(&mut *tx).await?;
    let applied: Vec<i64> = sqlx::query_scalar(APPLIED).fetch_all(&mut *tx).await?;
    for (version, sql) in pending(&applied)? {
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
    let applied: Vec<i64> = sqlx::query_scalar(APPLIED).fetch_all(&mut *tx).await?;
    for (version, sql) in pending(&applied)? {
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
        assert!(matches!(pending(&[1, newest() + 1]).err(), Some(StoreError::Newer { .. })));
    }

    #[test]
    fn steps_that_a_database_has_not_seen_are_taken_in_order_whichever_came_first() {
        let all: Vec<i64> = STEPS.iter().map(|(version, _)| *version).collect();
        assert!(all.is_sorted());
        assert_eq!(pending(&all).unwrap().count(), 0);
        let without: Vec<i64> = all.iter().copied().filter(|it| ![2, 8].contains(it)).collect();
        assert_eq!(pending(&without).unwrap().map(|(version, _)| version).collect::<Vec<_>>(), [2, 8]);
        assert_eq!(pending(&[]).unwrap().count(), all.len());
    }
}
