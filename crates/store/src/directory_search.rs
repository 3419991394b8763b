//! Which users and groups of a directory an index finds for a part of a filter: their ids only, in no order. Every match is
//! among them; not all of them need be matches.

use std::sync::OnceLock;

use model::{DirectoryGroupId, DirectoryId, DirectoryUserId, Time};
use sqlx::postgres::PgRow;

use crate::db::on;
use crate::directory_group::{self, DirectoryGroup};
use crate::directory_user::{self, DirectoryUser};
use crate::value::{At, LISTED, Text, list_from, listed};
use crate::{Connected, Result, fold};

/// What an index finds by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among<'a> {
    /// User names, or names of groups, that begin like this, whatever the case.
    Name(&'a str),
    /// Names for people that begin like this, whatever the case; also users of whom it is not known.
    DisplayName(&'a str),
    /// Addresses that begin like this, whatever the case.
    Email(&'a str),
    /// Ids of the provider that begin like this, exactly.
    ExternalId(&'a str),
    /// Changed at this moment or later.
    Since(Time),
    /// Changed at this moment or before.
    Until(Time),
}

pub(crate) const USERS: [&str; 6] = [
    "SELECT id FROM directory_users WHERE directory_id = $1 AND user_name_folded >= $2 AND user_name_folded < $3",
    "SELECT id FROM directory_users
     WHERE directory_id = $1 AND display_name_folded >= $2 AND display_name_folded < $3
     UNION ALL
     SELECT id FROM directory_users WHERE directory_id = $1 AND display_name_folded IS NULL",
    "SELECT id FROM directory_users WHERE directory_id = $1 AND email_folded >= $2 AND email_folded < $3
     UNION ALL
     SELECT u.id FROM directory_user_emails e CROSS JOIN directory_users u
     WHERE e.email_folded >= $2 AND e.email_folded < $3 AND u.id = e.user_id AND u.directory_id = $1",
    "SELECT id FROM directory_users WHERE directory_id = $1 AND external_id >= $2 AND external_id < $3",
    "SELECT id FROM directory_users WHERE directory_id = $1 AND updated_at >= $2",
    "SELECT id FROM directory_users WHERE directory_id = $1 AND updated_at <= $2",
];

pub(crate) const GROUPS: [&str; 4] = [
    "SELECT id FROM directory_groups
     WHERE directory_id = $1 AND display_name_folded >= $2 AND display_name_folded < $3",
    "SELECT id FROM directory_groups WHERE directory_id = $1 AND external_id >= $2 AND external_id < $3",
    "SELECT id FROM directory_groups WHERE directory_id = $1 AND updated_at >= $2",
    "SELECT id FROM directory_groups WHERE directory_id = $1 AND updated_at <= $2",
];

/// From where to where texts begin like this one. The end is behind every character there is.
fn range(text: &str) -> (String, String) {
    let last = format!("{text}\u{10ffff}");
    (text.to_owned(), last)
}

/// As [`range`], of folded texts. A sigma at the end of a word folds to another letter than one within.
fn folded(text: &str) -> (String, String) {
    range(fold(text).trim_end_matches(['ς', 'σ']))
}

/// Users that an index finds; none where no index helps.
pub async fn users(
    c: &mut impl Connected,
    directory: DirectoryId,
    among: Among<'_>,
) -> Result<Vec<DirectoryUserId>> {
    let rows: Vec<(Text<DirectoryUserId>,)> = match among {
        Among::Name(text) => between(c, USERS[0], directory, folded(text)).await?,
        Among::DisplayName(text) => between(c, USERS[1], directory, folded(text)).await?,
        Among::Email(text) => between(c, USERS[2], directory, folded(text)).await?,
        Among::ExternalId(text) => between(c, USERS[3], directory, range(text)).await?,
        Among::Since(at) => beside(c, USERS[4], directory, at).await?,
        Among::Until(at) => beside(c, USERS[5], directory, at).await?,
    };
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

/// Groups that an index finds. Groups have no addresses: nothing is found by those.
pub async fn groups(
    c: &mut impl Connected,
    directory: DirectoryId,
    among: Among<'_>,
) -> Result<Vec<DirectoryGroupId>> {
    let rows: Vec<(Text<DirectoryGroupId>,)> = match among {
        Among::Name(text) | Among::DisplayName(text) => {
            between(c, GROUPS[0], directory, folded(text)).await?
        }
        Among::Email(_) => Vec::new(),
        Among::ExternalId(text) => between(c, GROUPS[1], directory, range(text)).await?,
        Among::Since(at) => beside(c, GROUPS[2], directory, at).await?,
        Among::Until(at) => beside(c, GROUPS[3], directory, at).await?,
    };
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

async fn between<T>(
    c: &mut impl Connected,
    sql: &'static str,
    directory: DirectoryId,
    (from, to): (String, String),
) -> Result<Vec<(Text<T>,)>>
where
    T: std::str::FromStr + Send + Unpin + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    Ok(on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(&from).bind(&to).fetch_all(db).await)?)
}

async fn beside<T>(
    c: &mut impl Connected,
    sql: &'static str,
    directory: DirectoryId,
    at: Time,
) -> Result<Vec<(Text<T>,)>>
where
    T: std::str::FromStr + Send + Unpin + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    Ok(on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(At(at)).fetch_all(db).await)?)
}

static LOAD: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];

fn load_statement(table: &str) -> String {
    format!("SELECT * FROM {table} WHERE id IN ({}) AND directory_id = $1", list_from(2))
}

/// Reads the users with these ids, in order of arrival. Those that are gone are left out.
pub async fn load_users(
    c: &mut impl Connected,
    directory: DirectoryId,
    ids: &[DirectoryUserId],
) -> Result<Vec<DirectoryUser>> {
    let sql = LOAD[0].get_or_init(|| load_statement("directory_users"));
    let rows: Vec<directory_user::Row> = load(c, sql, directory, ids).await?;
    let mut all: Vec<DirectoryUser> = rows.into_iter().map(Into::into).collect();
    all.sort_by_key(|one| one.id);
    Ok(all)
}

/// Reads the groups with these ids, in order of arrival. Those that are gone are left out.
pub async fn load_groups(
    c: &mut impl Connected,
    directory: DirectoryId,
    ids: &[DirectoryGroupId],
) -> Result<Vec<DirectoryGroup>> {
    let sql = LOAD[1].get_or_init(|| load_statement("directory_groups"));
    let rows: Vec<directory_group::Row> = load(c, sql, directory, ids).await?;
    let mut all: Vec<DirectoryGroup> = rows.into_iter().map(Into::into).collect();
    all.sort_by_key(|one| one.id);
    Ok(all)
}

async fn load<R, I: ToString>(
    c: &mut impl Connected,
    sql: &'static str,
    directory: DirectoryId,
    ids: &[I],
) -> Result<Vec<R>>
where
    R: for<'r> sqlx::FromRow<'r, embedded::Row> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
{
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(LISTED) {
        let rows: Vec<R> = on!(c, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(Text(directory));
            for id in listed(some) {
                query = query.bind(id);
            }
            query.fetch_all(db).await
        })?;
        all.extend(rows);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_holds_what_begins_like_the_text_and_ends_behind_it() {
        let within = |text: &str, (from, to): (String, String)| *text >= *from && *text < *to;
        assert!(
            within("ann", range("ann"))
                && within("annß", range("ann"))
                && within("ann\u{ffff}", range("ann"))
        );
        assert!(!within("anm", range("ann")) && !within("ao", range("ann")));
        assert!(within(&fold("ΟΔΥΣΣΕΥΣ"), folded("ΟΔΥΣ")), "a sigma within a word");
        assert!(within(&fold(" Ann"), folded(" A")));
    }
}
