//! A user with its groups, which every answer about one user shows, in one question.

use model::{DirectoryGroupId, DirectoryId, DirectoryUserId};
use serde::Deserialize;
use sqlx::FromRow;

use super::{DirectoryUser, Row};
use crate::value::Text;
use crate::{Connected, Db, Result, StoreError};

/// A group by id and name, where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName {
    /// Its id.
    pub id: DirectoryGroupId,
    /// Its name for people.
    pub name: Option<String>,
}

#[derive(FromRow)]
struct Grouped {
    #[sqlx(flatten)]
    user: Row,
    /// JSON: `[[id, name], …]`.
    grouped: String,
}

/// As [`super::lookup`], and the groups it is a direct member of, in order of arrival.
pub async fn lookup_grouped(
    c: &mut impl Connected,
    directory: DirectoryId,
    id: DirectoryUserId,
) -> Result<Option<(DirectoryUser, Vec<GroupName>)>> {
    #[derive(Deserialize)]
    struct One(String, Option<String>);
    let row: Option<Grouped> = match c.db() {
        Db::Sqlite(db) => {
            sqlx::query_as(SQLITE).bind(Text(id)).bind(Text(directory)).fetch_optional(db).await?
        }
        Db::Postgres(db) => {
            sqlx::query_as(POSTGRES).bind(Text(id)).bind(Text(directory)).fetch_optional(db).await?
        }
    };
    let Some(row) = row else { return Ok(None) };
    let corrupt = |problem: String| StoreError::Corrupt(problem);
    let all: Vec<One> = serde_json::from_str(&row.grouped).map_err(|error| corrupt(error.to_string()))?;
    let mut groups = Vec::with_capacity(all.len());
    for One(id, name) in all {
        let id = id.parse().map_err(|_| corrupt(format!("{id} is no id of a group")))?;
        groups.push(GroupName { id, name });
    }
    groups.sort_by_key(|group| group.id);
    Ok(Some((row.user.into(), groups)))
}

/// The databases have other names for the same functions on JSON.
const SQLITE: &str = "SELECT u.*, (
         SELECT json_group_array(json_array(g.id, json_extract(g.resource, '$.displayName')))
         FROM directory_group_members m CROSS JOIN directory_groups g
         WHERE m.member_id = u.id AND g.id = m.group_id AND g.directory_id = u.directory_id
     ) AS grouped
     FROM directory_users u WHERE u.id = $1 AND u.directory_id = $2";
const POSTGRES: &str = "SELECT u.*, (
         SELECT COALESCE(json_agg(json_build_array(g.id, g.resource::json ->> 'displayName')), '[]'::json)::text
         FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id
         WHERE m.member_id = u.id AND g.directory_id = u.directory_id
     ) AS grouped
     FROM directory_users u WHERE u.id = $1 AND u.directory_id = $2";
