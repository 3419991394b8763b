//! Which of some ids are users.

use std::collections::HashSet;
use std::sync::OnceLock;

use model::DirectoryId;

use crate::db::on;
use crate::value::Text;
use crate::{Connected, Result};

/// Ids in one statement, the most first. Few statements, each prepared once.
const IDS: [usize; 3] = [100, 20, 1];
static KNOWN: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];

/// By id alone: with the directory named too, SQLite would look through all of it.
pub(crate) fn known_statement(ids: usize) -> String {
    let list: Vec<String> = (1..=ids).map(|at| format!("${at}")).collect();
    format!("SELECT id, directory_id FROM directory_users WHERE id IN ({})", list.join(", "))
}

/// Those of these ids that are a user's of the directory.
pub async fn known(c: &mut impl Connected, directory: DirectoryId, ids: &[&str]) -> Result<HashSet<String>> {
    let (mut found, mut left) = (HashSet::new(), ids);
    while !left.is_empty() {
        let at = IDS.iter().position(|ids| *ids <= left.len()).unwrap_or(IDS.len() - 1);
        let (some, rest) = left.split_at(IDS[at]);
        let sql = KNOWN[at].get_or_init(|| known_statement(some.len()));
        let rows: Vec<(String, Text<DirectoryId>)> = on!(c, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()));
            for id in some {
                query = query.bind(*id);
            }
            query.fetch_all(db).await
        })?;
        found.extend(rows.into_iter().filter(|(_, of)| of.0 == directory).map(|(id, _)| id));
        left = rest;
    }
    Ok(found)
}
