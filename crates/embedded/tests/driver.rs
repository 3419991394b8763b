//! The driver, asked through `sqlx` as the store asks it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use embedded::{Connection, Options};
use sqlx::error::ErrorKind;
use sqlx::{AssertSqlSafe, Connection as _, Error, FromRow, Row as _};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder() -> Folder {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("embedded-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let folder = Folder(std::env::temp_dir().join(name));
    std::fs::create_dir_all(&folder.0).unwrap();
    folder
}

impl Folder {
    fn open(&self) -> Connection {
        Options::new(&self.0.join("test.sqlite"))
            .pragma("journal_mode", "WAL")
            .pragma("foreign_keys", "ON")
            .open()
            .unwrap()
    }
}

fn people() -> (Folder, Connection) {
    let folder = folder();
    let mut db = folder.open();
    db.batch(
        "CREATE TABLE people (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, age BIGINT CHECK (age < 200), photo BLOB);
         CREATE TABLE pets (owner BIGINT REFERENCES people (id), name TEXT);
         INSERT INTO people VALUES (1, 'Ada', 36, x'01ff'), (2, 'Grace', NULL, NULL)",
    )
    .unwrap();
    (folder, db)
}

#[derive(Debug, PartialEq, FromRow)]
struct Person {
    name: String,
    age: Option<i64>,
    photo: Option<Vec<u8>>,
}

#[tokio::test]
async fn rows_are_read_by_name_whatever_the_order_of_the_columns() {
    let (_folder, mut db) = people();
    let all: Vec<Person> =
        sqlx::query_as("SELECT photo, age, name FROM people ORDER BY id").fetch_all(&mut db).await.unwrap();
    assert_eq!(
        all,
        [
            Person { name: "Ada".to_owned(), age: Some(36), photo: Some(vec![1, 255]) },
            Person { name: "Grace".to_owned(), age: None, photo: None },
        ]
    );
}

#[tokio::test]
async fn a_parameter_is_found_by_its_number_and_not_by_its_place() {
    let (_folder, mut db) = people();
    let found: (i64, String, i64) = sqlx::query_as("SELECT $3, $1, $3 WHERE $2")
        .bind("one")
        .bind(true)
        .bind(3_i64)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(found, (3, "one".to_owned(), 3));
    let found: (i64, i64) =
        sqlx::query_as("SELECT ?, ?").bind(1_i64).bind(2_i64).fetch_one(&mut db).await.unwrap();
    assert_eq!(found, (1, 2));
}

#[tokio::test]
async fn a_statement_with_too_few_values_is_not_run() {
    let (_folder, mut db) = people();
    let short = sqlx::query("DELETE FROM people WHERE id = $1 OR id = $2").bind(1_i64).execute(&mut db).await;
    assert!(matches!(&short, Err(Error::Protocol(why)) if why.contains("$2")), "{short:?}");
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people").fetch_one(&mut db).await.unwrap();
    assert_eq!(count, 2);
}

#[tokio::test]
async fn what_was_bound_before_does_not_stay() {
    let (_folder, mut db) = people();
    let name = |value: Option<&'static str>| sqlx::query_scalar("SELECT $1").bind(value);
    let first: Option<String> = name(Some("Ada")).fetch_one(&mut db).await.unwrap();
    let second: Option<String> = name(None).fetch_one(&mut db).await.unwrap();
    assert_eq!((first.as_deref(), second), (Some("Ada"), None));
}

#[tokio::test]
async fn refusals_keep_their_kind() {
    let (_folder, mut db) = people();
    for (sql, kind) in [
        ("INSERT INTO people VALUES (3, 'Ada', 1, NULL)", ErrorKind::UniqueViolation),
        ("INSERT INTO people VALUES (1, 'Eve', 1, NULL)", ErrorKind::UniqueViolation),
        ("INSERT INTO people VALUES (3, NULL, 1, NULL)", ErrorKind::NotNullViolation),
        ("INSERT INTO people VALUES (3, 'Eve', 900, NULL)", ErrorKind::CheckViolation),
        ("INSERT INTO pets VALUES (9, 'Rex')", ErrorKind::ForeignKeyViolation),
        ("SELECT nothing FROM nowhere", ErrorKind::Other),
    ] {
        let refused = sqlx::query(sql).execute(&mut db).await.unwrap_err();
        let told = refused.as_database_error().map(sqlx::error::DatabaseError::kind);
        assert_eq!(format!("{told:?}"), format!("{:?}", Some(kind)), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn the_rows_a_statement_changed_are_counted_and_reading_changes_none() {
    let (_folder, mut db) = people();
    let changed = sqlx::query("UPDATE people SET age = 40").execute(&mut db).await.unwrap().rows_affected();
    let read = sqlx::query("SELECT * FROM people").execute(&mut db).await.unwrap().rows_affected();
    let nobody =
        sqlx::query("DELETE FROM people WHERE id = 7").execute(&mut db).await.unwrap().rows_affected();
    assert_eq!((changed, read, nobody), (2, 0, 0));
}

#[tokio::test]
async fn one_row_of_many_is_the_first_and_the_connection_stays_usable() {
    let (_folder, mut db) = people();
    let first: Option<i64> =
        sqlx::query_scalar("SELECT id FROM people ORDER BY id DESC").fetch_optional(&mut db).await.unwrap();
    assert_eq!(first, Some(2));
    let new: i64 = sqlx::query_scalar(
        "INSERT INTO people VALUES (3, 'Mary', NULL, NULL), (4, 'Joan', NULL, NULL) RETURNING id",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people").fetch_one(&mut db).await.unwrap();
    assert_eq!((new, count), (3, 4), "all rows are written though one was asked for");
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_not_run() {
    let (_folder, mut db) = people();
    drop(sqlx::query("DELETE FROM people").execute(&mut db));
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people").fetch_one(&mut db).await.unwrap();
    assert_eq!(count, 2);
}

#[tokio::test]
async fn a_column_of_another_kind_or_none_is_an_error_with_its_name() {
    let (_folder, mut db) = people();
    let row = sqlx::query("SELECT name, CAST(x'ff' AS BLOB) AS photo FROM people WHERE id = 1")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(
        matches!(row.try_get::<i64, _>("name"), Err(Error::ColumnDecode { index, .. }) if index.contains("name"))
    );
    assert!(
        matches!(row.try_get::<String, _>("surname"), Err(Error::ColumnNotFound(name)) if name == "surname")
    );
    let broken = sqlx::query("SELECT CAST(x'ff' AS TEXT)").fetch_one(&mut db).await;
    assert!(matches!(broken, Err(Error::Decode(_))), "text that is not UTF-8");
}

#[tokio::test]
async fn a_column_that_another_process_added_is_seen() {
    let (folder, mut db) = people();
    let all = || sqlx::query("SELECT * FROM people WHERE id = 1");
    assert_eq!(all().fetch_one(&mut db).await.unwrap().len(), 4);
    folder.open().batch("ALTER TABLE people ADD COLUMN city TEXT DEFAULT 'London'").unwrap();
    let row = all().fetch_one(&mut db).await.unwrap();
    assert_eq!((row.len(), row.get::<String, _>("city")), (5, "London".to_owned()));
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let (_folder, mut db) = people();
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("DELETE FROM people").execute(&mut *tx).await.unwrap();
    drop(tx);
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM people").fetch_one(&mut db).await.unwrap();
    assert_eq!(count, 2);
}

#[tokio::test]
async fn more_statements_than_are_remembered_still_run() {
    let (_folder, mut db) = people();
    for number in 0..2_100_i64 {
        let sql = format!("SELECT {number} AS n WHERE $1");
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(true).fetch_one(&mut db).await.unwrap();
        assert_eq!(found, number);
    }
}
