//! Who was in a group that a directory took people out of, emptied or removed, and when: what many leavers have in common.

use std::sync::OnceLock;

use model::{DepartureId, DirectoryGroupId, DirectoryId, DirectoryUserId, LossKind, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, LISTED, Text, list_from, listed};
use crate::{Connected, Result, Tx};

/// What happened to a group.
#[derive(Debug, Clone, Copy)]
pub struct Loss<'a> {
    /// Whose group.
    pub directory_id: DirectoryId,
    /// Which one.
    pub group_id: DirectoryGroupId,
    /// Its name.
    pub name: &'a str,
    /// How it lost people.
    pub how: LossKind,
    /// When.
    pub at: Time,
}

/// A group that people of a stopped sync lost in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which group.
    pub group_id: DirectoryGroupId,
    /// Its name.
    pub name: String,
    /// How.
    pub how: LossKind,
    /// How many of them lost it.
    pub people: u64,
    /// When the first did.
    pub from: Time,
    /// When the last did.
    pub until: Time,
}

static ADD: OnceLock<String> = OnceLock::new();

fn add_statement() -> String {
    format!(
        "INSERT INTO group_losses (group_id, user_id, directory_id, name, how, at)
         SELECT $1, id, $2, $3, $4, CAST($5 AS BIGINT) FROM directory_users WHERE id IN ({})
         ON CONFLICT (group_id, user_id) DO UPDATE SET name = excluded.name, how = excluded.how, at = excluded.at",
        list_from(6)
    )
}

/// Remembers that these users of the directory lost a group.
pub async fn add(tx: &mut Tx, loss: Loss<'_>, users: &[String]) -> Result<()> {
    let sql = ADD.get_or_init(add_statement);
    for some in users.chunks(LISTED) {
        on!(tx, |db| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()))
                .bind(Text(loss.group_id))
                .bind(Text(loss.directory_id))
                .bind(loss.name)
                .bind(loss.how.as_str())
                .bind(At(loss.at));
            for id in listed(some) {
                query = query.bind(id);
            }
            query.execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// As [`add`], for everybody who is in the group still.
pub async fn add_all(tx: &mut Tx, loss: Loss<'_>) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO group_losses (group_id, user_id, directory_id, name, how, at)
         SELECT m.group_id, m.member_id, $2, $3, $4, CAST($5 AS BIGINT) FROM directory_group_members m
         WHERE m.group_id = $1 AND m.kind = 'User'
         ON CONFLICT (group_id, user_id) DO UPDATE SET name = excluded.name, how = excluded.how, at = excluded.at"
    )
    .bind(Text(loss.group_id))
    .bind(Text(loss.directory_id))
    .bind(loss.name)
    .bind(loss.how.as_str())
    .bind(At(loss.at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

#[derive(FromRow)]
struct LostRow {
    group_id: Text<DirectoryGroupId>,
    group_name: String,
    how: Text<LossKind>,
    people: i64,
    first_at: At,
    last_at: At,
}

/// The groups that people of a stopped sync lost since `since`, the most common first. Whoever is back in a group has not
/// lost it.
pub async fn of_stop(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
    since: Time,
    limit: i64,
) -> Result<Vec<Lost>> {
    let rows: Vec<LostRow> = on!(c, |db| sqlx::query_as(
        "SELECT l.group_id, MAX(l.name) AS group_name, l.how, COUNT(DISTINCT d.member_id) AS people,
                MIN(l.at) AS first_at, MAX(l.at) AS last_at
         FROM departures d JOIN group_losses l ON l.user_id = d.user_id AND l.directory_id = d.directory_id
         WHERE d.directory_id = $1 AND d.sync_id = $2 AND d.state IN ('recalled', 'held') AND l.at > $3
           AND NOT EXISTS (SELECT 1 FROM directory_group_members m
                           WHERE m.group_id = l.group_id AND m.member_id = l.user_id)
         GROUP BY l.group_id, l.how ORDER BY people DESC, l.group_id LIMIT $4"
    )
    .bind(Text(directory))
    .bind(Text(sync))
    .bind(At(since))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    let lost = rows.into_iter().map(|r| Lost {
        group_id: r.group_id.0,
        name: r.group_name,
        how: r.how.0,
        people: u64::try_from(r.people).unwrap_or(0),
        from: r.first_at.0,
        until: r.last_at.0,
    });
    Ok(lost.collect())
}

/// The groups that people of a stopped sync are in still, the most common first, as (group, how many of them).
pub async fn groups_of_stop(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
    limit: i64,
) -> Result<Vec<(DirectoryGroupId, u64)>> {
    let rows: Vec<(Text<DirectoryGroupId>, i64)> = on!(c, |db| sqlx::query_as(
        "SELECT m.group_id, COUNT(*) AS people
         FROM departures d JOIN directory_group_members m ON m.member_id = d.user_id
         JOIN directory_groups g ON g.id = m.group_id AND g.directory_id = d.directory_id
         WHERE d.directory_id = $1 AND d.sync_id = $2 AND d.state IN ('recalled', 'held')
         GROUP BY m.group_id ORDER BY people DESC, m.group_id LIMIT $3"
    )
    .bind(Text(directory))
    .bind(Text(sync))
    .bind(limit)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id, people)| (id.0, u64::try_from(people).unwrap_or(0))).collect())
}

/// The groups that a user lost since `since`, as (group, its name).
pub async fn of_user(
    c: &mut impl Connected,
    user: DirectoryUserId,
    since: Time,
) -> Result<Vec<(DirectoryGroupId, String)>> {
    let rows: Vec<(Text<DirectoryGroupId>, String)> = on!(c, |db| sqlx::query_as(
        "SELECT group_id, name FROM group_losses WHERE user_id = $1 AND at > $2 ORDER BY group_id"
    )
    .bind(Text(user))
    .bind(At(since))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id, name)| (id.0, name)).collect())
}

/// Forgets what groups lost before `then`.
pub async fn forget(tx: &mut Tx, then: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM group_losses WHERE at < $1")
        .bind(At(then))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
