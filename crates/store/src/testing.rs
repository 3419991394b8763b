//! For tests only: a PostgreSQL schema for each test, so that tests share a server and nothing else; all that a database
//! holds; and how it goes about a statement.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use model::{DirectoryId, Time};

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Db, Result, Tx, directory_group, directory_search, directory_user};

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

/// Every row of every table as text, by table: what a test compares to see that nothing changed. That somebody tried to is told
/// by `settings_generation`, which is left out.
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
    for (table,) in tables.into_iter().filter(|(table,)| table != "settings_generation") {
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

/// What is asked of a directory by a filter or a page, and the indexes that it must be found by.
pub fn directory_look_ups() -> Vec<(String, &'static [&'static str])> {
    use directory_group::By as Group;
    use directory_user::By as User;
    let [name, shown, email, external, since, until] = directory_search::USERS;
    let [group_name, group_external, group_since, group_until] = directory_search::GROUPS;
    let all: [(&str, &[&str]); 20] = [
        (User::UserName("").statement().0, &["directory_users_by_user_name"]),
        (User::ExternalId("").statement().0, &["directory_users_by_external_id"]),
        (User::Email("").statement().0, &["directory_users_by_email", "directory_user_emails_by_email"]),
        (User::DisplayName("").statement().0, &["directory_users_by_display_name"]),
        (directory_user::TAKEN, &["directory_users_by_user_name", "directory_users_by_external_id"]),
        (directory_user::PAGE, &["directory_users_in_order"]),
        (directory_user::CLAIMED, &["directory_users_claimed"]),
        (name, &["directory_users_by_user_name"]),
        (shown, &["directory_users_by_display_name"]),
        (email, &["directory_users_by_email", "directory_user_emails_by_email"]),
        (external, &["directory_users_by_external_id"]),
        (since, &["directory_users_by_change"]),
        (until, &["directory_users_by_change"]),
        (Group::DisplayName("").statement().0, &["directory_groups_by_display_name"]),
        (Group::ExternalId("").statement().0, &["directory_groups_by_external_id"]),
        (Group::Member("").statement().0, &["directory_group_members_by_member"]),
        (group_name, &["directory_groups_by_display_name"]),
        (group_external, &["directory_groups_by_external_id"]),
        (group_since, &["directory_groups_by_change"]),
        (group_until, &["directory_groups_by_change"]),
    ];
    let mut all: Vec<(String, &[&str])> = all.into_iter().map(|(sql, by)| (sql.to_owned(), by)).collect();
    all.push((directory_group::groups_of_statement(), &["directory_group_members_by_member"]));
    all.push((directory_user::known_statement(20), &[]));
    all
}

/// Writes so many users and groups, each user in a group, all changed within `count` microseconds after `from`; one statement
/// for each table.
pub async fn fill_directory(tx: &mut Tx, id: DirectoryId, count: i64, from: Time) -> Result<()> {
    const NUMBERS: &str =
        "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2)";
    let into = [
        "INSERT INTO directory_users (id, directory_id, user_name_folded, external_id, email_folded, active, resource,
             version, created_at, updated_at, display_name_folded)
         SELECT 'usr_' || i || $1, $1, 'user' || i, 'e' || i, 'user' || i || '@x.test', TRUE, '{}', 1, $3, $3 + i, 'name' || i FROM n",
        "INSERT INTO directory_groups (id, directory_id, display_name_folded, external_id, resource, version, created_at,
             updated_at)
         SELECT 'grp_' || i || $1, $1, 'group' || i, 'g' || i, '{}', 1, $3, $3 + i FROM n",
        "INSERT INTO directory_user_emails (user_id, email_folded) SELECT 'usr_' || i || $1, 'more' || i || '@x.test' FROM n WHERE $3 > 0",
        "INSERT INTO directory_group_members (group_id, member_id, kind, display)
         SELECT 'grp_' || i || $1, 'usr_' || i || $1, 'User', NULL FROM n WHERE $3 > 0",
    ];
    for sql in into {
        // Recursive numbers stand before the insertion in one database and behind it in the other; both take this.
        let (insert, select) = sql.split_at(sql.find("SELECT").unwrap_or_default());
        let sql = format!("{insert} {NUMBERS} {select}");
        on!(tx, |db| sqlx::query(AssertSqlSafe(sql))
            .bind(Text(id))
            .bind(count)
            .bind(At(from))
            .execute(db)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// How the database goes about a statement about this directory, in its own words. Every other parameter is a text, or a moment
/// that few changes come after.
pub async fn plan(tx: &mut Tx, id: DirectoryId, sql: &str) -> Result<String> {
    let filled = (2..=200).rev().fold(sql.to_owned(), |sql, number| {
        let value = if sql.contains("updated_at >=") { "'9000000000000000'" } else { "'7'" };
        sql.replace(&format!("${number}"), value)
    });
    let filled = filled.replace("$1", &format!("'{id}'"));
    let lines: Vec<String> = match tx.db() {
        Db::Sqlite(db) => {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {filled}"));
            let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(db).await?;
            rows.into_iter().map(|(.., detail)| detail).collect()
        }
        Db::Postgres(db) => {
            sqlx::query(
                "ANALYZE directory_users, directory_groups, directory_user_emails, directory_group_members",
            )
            .execute(&mut *db)
            .await?;
            let explain = AssertSqlSafe(format!("EXPLAIN {filled}"));
            let rows: Vec<(String,)> = sqlx::query_as(explain).fetch_all(db).await?;
            rows.into_iter().map(|(line,)| line).collect()
        }
    };
    Ok(lines.join("\n"))
}
