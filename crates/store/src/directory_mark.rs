//! How many users a directory has, kept in parts: a total is a sum of few rows, and a page far behind begins near its place.
//!
//! A mark counts the users from its id on up to the next mark's. Written under the directory's lock.

use std::sync::OnceLock;

use model::{DirectoryId, DirectoryUserId};

use crate::db::on;
use crate::value::Text;
use crate::{Connected, Result, Tx};

/// Users after which the next one begins a new part.
pub(crate) const FULL: i64 = 1000;

/// The part that a user is in, by its id `$1`, while the user is still there, has one less.
pub(crate) const LEAVE: &str = "UPDATE directory_marks SET users = users - 1
     WHERE directory_id = (SELECT directory_id FROM directory_users WHERE id = $1)
       AND first_id = (SELECT MAX(m.first_id) FROM directory_marks m
           WHERE m.directory_id = (SELECT directory_id FROM directory_users WHERE id = $1) AND m.first_id <= $1)";

static ENTER: OnceLock<String> = OnceLock::new();

/// The part that a user belongs to, unless it has so many already, has one more; the values of directory, user and number by
/// their parameters.
pub(crate) fn enter_statement(directory: &str, user: &str, full: &str) -> String {
    format!(
        "UPDATE directory_marks SET users = users + 1
         WHERE directory_id = {directory} AND users < {full}
           AND first_id = (SELECT MAX(m.first_id) FROM directory_marks m
               WHERE m.directory_id = {directory} AND m.first_id <= {user})"
    )
}

/// Counts a user who was just written.
pub(crate) async fn enter(tx: &mut Tx, directory: DirectoryId, user: DirectoryUserId) -> Result<()> {
    if counted(tx, directory, user, FULL).await? {
        return Ok(());
    }
    // Ids rise with time, but the clocks of two machines may differ: a part is never begun among those that are counted.
    let later: Option<(i64,)> = on!(tx, |db| sqlx::query_as(
        "SELECT version FROM directory_users WHERE directory_id = $1 AND id > $2 LIMIT 1"
    )
    .bind(Text(directory))
    .bind(Text(user))
    .fetch_optional(db)
    .await)?;
    if later.is_some() && counted(tx, directory, user, i64::MAX).await? {
        return Ok(());
    }
    let first = if of(tx, directory).await?.is_empty() { String::new() } else { user.to_string() };
    on!(tx, |db| sqlx::query(
        "INSERT INTO directory_marks (directory_id, first_id, users) VALUES ($1, $2, 1)"
    )
    .bind(Text(directory))
    .bind(&first)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

async fn counted(tx: &mut Tx, directory: DirectoryId, user: DirectoryUserId, full: i64) -> Result<bool> {
    let sql = ENTER.get_or_init(|| enter_statement("$1", "$2", "$3"));
    let rows = on!(tx, |db| sqlx::query(sqlx::AssertSqlSafe(sql.as_str()))
        .bind(Text(directory))
        .bind(Text(user))
        .bind(full)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Takes a user out of the count who is about to be removed.
pub(crate) async fn leave(tx: &mut Tx, user: DirectoryUserId) -> Result<()> {
    on!(tx, |db| sqlx::query(LEAVE).bind(Text(user)).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Where each part begins, in order, and how many users it has.
pub(crate) async fn of(c: &mut impl Connected, directory: DirectoryId) -> Result<Vec<(String, u64)>> {
    let rows: Vec<(String, i64)> = on!(c, |db| sqlx::query_as(
        "SELECT first_id, users FROM directory_marks WHERE directory_id = $1 ORDER BY first_id"
    )
    .bind(Text(directory))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(first, users)| (first, u64::try_from(users).unwrap_or(0))).collect())
}

/// Where to begin for what stands behind the first `offset`: the id to begin at, and how many to pass over from there.
pub(crate) fn place(marks: &[(String, u64)], offset: u64) -> (&str, u64) {
    let (mut at, mut left) = ("", offset);
    for (first, users) in marks {
        at = first;
        if left < *users {
            break;
        }
        left -= users;
    }
    (at, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_begins_in_the_part_that_holds_its_place() {
        let marks = [(String::new(), 3), ("b".to_owned(), 0), ("c".to_owned(), 2)];
        assert_eq!(place(&marks, 0), ("", 0));
        assert_eq!(place(&marks, 2), ("", 2));
        assert_eq!(place(&marks, 3), ("c", 0));
        assert_eq!(place(&marks, 4), ("c", 1));
        assert_eq!(place(&[], 7), ("", 7));
        assert_eq!(place(&marks, 9), ("c", 4), "behind the end: nothing is there");
    }
}
