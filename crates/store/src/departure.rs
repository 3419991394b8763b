//! People whom a directory told to have left, one row for each time.

use std::sync::OnceLock;

use model::{
    DepartureId, DepartureKind, DepartureState, DirectoryGroupId, DirectoryId, DirectoryUserId, MemberId,
    Time,
};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, LISTED, Text, list_from, listed};
use crate::{Connected, Result, Tx};

/// A leaving that a directory told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Its id.
    pub id: DepartureId,
    /// Which directory told of it.
    pub directory_id: DirectoryId,
    /// The first one of the same sync.
    pub sync_id: DepartureId,
    /// Who.
    pub member_id: MemberId,
    /// What came of it.
    pub state: DepartureState,
    /// When the directory told of it.
    pub at: Time,
    /// How the directory told of it.
    pub how: DepartureKind,
    /// The directory's user behind the member then.
    pub user_id: Option<DirectoryUserId>,
}

#[derive(FromRow)]
struct Row {
    id: Text<DepartureId>,
    directory_id: Text<DirectoryId>,
    sync_id: Text<DepartureId>,
    member_id: Text<MemberId>,
    state: Text<DepartureState>,
    at: At,
    how: Text<DepartureKind>,
    user_id: Option<Text<DirectoryUserId>>,
}

impl From<Row> for Departure {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            directory_id: r.directory_id.0,
            sync_id: r.sync_id.0,
            member_id: r.member_id.0,
            state: r.state.0,
            at: r.at.0,
            how: r.how.0,
            user_id: r.user_id.map(|id| id.0),
        }
    }
}

/// A sync in which people left, or would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// Its first leaving.
    pub id: DepartureId,
    /// When the first and the last were told of.
    pub from: Time,
    /// See `from`.
    pub until: Time,
    /// How many have left.
    pub left: u64,
    /// How many are being let back in.
    pub undoing: u64,
}

#[derive(FromRow)]
struct SyncRow {
    sync_id: Text<DepartureId>,
    first_at: At,
    last_at: At,
    left_count: i64,
    undoing_count: i64,
}

/// Writes a leaving.
pub async fn add(tx: &mut Tx, it: &Departure) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO departures (id, directory_id, sync_id, member_id, state, at, how, user_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(Text(it.id))
        .bind(Text(it.directory_id))
        .bind(Text(it.sync_id))
        .bind(Text(it.member_id))
        .bind(it.state.as_str())
        .bind(At(it.at))
        .bind(it.how.as_str())
        .bind(it.user_id.map(Text))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The last leaving of a member.
pub async fn last_of(c: &mut impl Connected, member: MemberId) -> Result<Option<Departure>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM departures WHERE member_id = $1 ORDER BY id DESC LIMIT 1"
    )
    .bind(Text(member))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// What came of one.
pub async fn set_state(tx: &mut Tx, id: DepartureId, state: DepartureState) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE departures SET state = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(state.as_str())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Removes one: the directory took its word back.
pub async fn remove(tx: &mut Tx, id: DepartureId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM departures WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Removes earlier leavings of a member who is there, and so has come back from each.
pub async fn remove_past(tx: &mut Tx, member: MemberId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM departures WHERE member_id = $1 AND state = 'left'")
        .bind(Text(member))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whom a directory has told to have left after `since`: how many, and how many of them are out now. Whoever came back by
/// the directory's own word or left earlier is in neither.
pub async fn count_since(c: &mut impl Connected, directory: DirectoryId, since: Time) -> Result<(u64, u64)> {
    let (told, out): (i64, i64) = on!(c, |db| sqlx::query_as(
        "SELECT COUNT(DISTINCT d.member_id),
                COUNT(DISTINCT CASE WHEN m.status IN ('disconnected', 'erasing') THEN d.member_id END)
         FROM departures d JOIN members m ON m.id = d.member_id
         WHERE d.directory_id = $1 AND d.at > $2
           AND (d.state <> 'left' OR m.status IN ('disconnected', 'erasing'))"
    )
    .bind(Text(directory))
    .bind(At(since))
    .fetch_one(db)
    .await)?;
    let n = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok((n(told), n(out)))
}

/// Makes everybody who left after `since` and is out still a part of the stopped sync. How many there were.
pub async fn recall(tx: &mut Tx, directory: DirectoryId, sync: DepartureId, since: Time) -> Result<u64> {
    Ok(on!(tx, |db| sqlx::query(
        "UPDATE departures SET state = 'recalled', sync_id = $2
         WHERE directory_id = $1 AND at > $3 AND state = 'left'
           AND member_id IN (SELECT id FROM members WHERE status IN ('disconnected', 'erasing'))"
    )
    .bind(Text(directory))
    .bind(Text(sync))
    .bind(At(since))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?)
}

static MOVE_MEMBERS: OnceLock<String> = OnceLock::new();

/// Moves those of a sync that stand at `from` and are among these members. How many there were.
pub async fn move_members(
    tx: &mut Tx,
    (directory, sync): (DirectoryId, DepartureId),
    (from, to): (DepartureState, DepartureState),
    members: &[MemberId],
) -> Result<u64> {
    let sql = MOVE_MEMBERS.get_or_init(|| {
        format!(
            "UPDATE departures SET state = $4
             WHERE directory_id = $1 AND sync_id = $2 AND state = $3 AND member_id IN ({})",
            list_from(5)
        )
    });
    let mut moved = 0;
    for some in members.chunks(LISTED) {
        moved += on!(tx, |db| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()))
                .bind(Text(directory))
                .bind(Text(sync))
                .bind(from.as_str())
                .bind(to.as_str());
            for id in listed(some) {
                query = query.bind(id);
            }
            query.execute(db).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(moved)
}

/// Who of a stopped sync is in this group of the directory, or was until it lost them.
pub async fn of_group(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
    group: DirectoryGroupId,
) -> Result<Vec<MemberId>> {
    let rows: Vec<(Text<MemberId>,)> = on!(c, |db| sqlx::query_as(
        "SELECT member_id FROM departures
         WHERE directory_id = $1 AND sync_id = $2 AND state IN ('recalled', 'held')
           AND (user_id IN (SELECT member_id FROM directory_group_members WHERE group_id = $3)
                OR user_id IN (SELECT user_id FROM group_losses WHERE group_id = $3))
         ORDER BY id"
    )
    .bind(Text(directory))
    .bind(Text(sync))
    .bind(Text(group))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

/// How many of a sync wait for a decision, by how the directory told of them, and when the first and the last were told
/// of.
pub async fn how(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
) -> Result<Vec<(DepartureKind, u64, Time, Time)>> {
    let rows: Vec<(Text<DepartureKind>, i64, At, At)> = on!(c, |db| {
        sqlx::query_as(
        "SELECT how, COUNT(*), MIN(at), MAX(at) FROM departures
         WHERE directory_id = $1 AND sync_id = $2 AND state IN ('recalled', 'held') GROUP BY how ORDER BY how"
    )
    .bind(Text(directory))
    .bind(Text(sync))
    .fetch_all(db)
    .await
    })?;
    Ok(rows
        .into_iter()
        .map(|(how, n, from, until)| (how.0, u64::try_from(n).unwrap_or(0), from.0, until.0))
        .collect())
}

/// Moves all of a sync that stand at `from`. How many there were.
pub async fn move_all(
    tx: &mut Tx,
    directory: DirectoryId,
    sync: DepartureId,
    (from, to): (DepartureState, DepartureState),
) -> Result<u64> {
    Ok(on!(tx, |db| {
        sqlx::query(
            "UPDATE departures SET state = $4 WHERE directory_id = $1 AND sync_id = $2 AND state = $3",
        )
        .bind(Text(directory))
        .bind(Text(sync))
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?)
}

/// Those of a sync that stand at `state`, the first first, after `after`.
pub async fn list(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
    state: DepartureState,
    after: Option<DepartureId>,
    limit: i64,
) -> Result<Vec<Departure>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM departures WHERE directory_id = $1 AND sync_id = $2 AND state = $3 AND id > $4
             ORDER BY id LIMIT $5",
        )
        .bind(Text(directory))
        .bind(Text(sync))
        .bind(state.as_str())
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(limit)
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Those of a directory for which something was decided and is not done yet, the first first.
pub async fn list_pending(
    c: &mut impl Connected,
    directory: DirectoryId,
    limit: i64,
) -> Result<Vec<Departure>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM departures WHERE directory_id = $1 AND state IN ('recalled', 'leaving', 'undoing')
             ORDER BY id LIMIT $2",
        )
        .bind(Text(directory))
        .bind(limit)
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many of a sync stand at `state`.
pub async fn count(
    c: &mut impl Connected,
    (directory, sync): (DirectoryId, DepartureId),
    state: DepartureState,
) -> Result<u64> {
    let n: i64 = on!(c, |db| {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM departures WHERE directory_id = $1 AND sync_id = $2 AND state = $3",
        )
        .bind(Text(directory))
        .bind(Text(sync))
        .bind(state.as_str())
        .fetch_one(db)
        .await
    })?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// The newest syncs of a directory in which somebody left or is being let back in.
pub async fn syncs(c: &mut impl Connected, directory: DirectoryId, limit: i64) -> Result<Vec<Sync>> {
    let rows: Vec<SyncRow> = on!(c, |db| {
        sqlx::query_as(
            "SELECT sync_id, MIN(at) AS first_at, MAX(at) AS last_at,
                    SUM(CASE WHEN state = 'left' THEN 1 ELSE 0 END) AS left_count,
                    SUM(CASE WHEN state = 'undoing' THEN 1 ELSE 0 END) AS undoing_count
             FROM departures WHERE directory_id = $1 AND state IN ('left', 'undoing')
             GROUP BY sync_id ORDER BY sync_id DESC LIMIT $2",
        )
        .bind(Text(directory))
        .bind(limit)
        .fetch_all(db)
        .await
    })?;
    let n = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(rows
        .into_iter()
        .map(|r| Sync {
            id: r.sync_id.0,
            from: r.first_at.0,
            until: r.last_at.0,
            left: n(r.left_count),
            undoing: n(r.undoing_count),
        })
        .collect())
}

/// Forgets who left before `then`. Whoever was kept stays kept until the directory speaks anew.
pub async fn forget(tx: &mut Tx, then: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM departures WHERE at < $1 AND state = 'left'")
        .bind(At(then))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
