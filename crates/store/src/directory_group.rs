//! Groups as directories sent them, and their members as rows: a change to one member of a large group costs one row.

use std::sync::OnceLock;

use model::{DirectoryGroupId, DirectoryId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, LISTED, Text, list_from, listed};
use crate::{Connected, Result, Tx, fold};

/// A group of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Its id, given by us.
    pub id: DirectoryGroupId,
    /// Which directory sent it.
    pub directory_id: DirectoryId,
    /// The name as compared: folded.
    pub display_name_folded: String,
    /// The provider's own id; case matters.
    pub external_id: Option<String>,
    /// The resource as JSON, without id, meta and members.
    pub resource: String,
    /// Grows with every change, also of its members.
    pub version: i64,
    /// When it first came.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// A member of a group: a user, a group, or an id that nobody here knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id.
    pub member_id: String,
    /// `User`, `Group`, or empty where neither the provider nor we know.
    pub kind: String,
    /// The name for people, where the provider sent one.
    pub display: Option<String>,
}

#[derive(FromRow)]
pub(crate) struct Row {
    id: Text<DirectoryGroupId>,
    directory_id: Text<DirectoryId>,
    display_name_folded: String,
    external_id: Option<String>,
    resource: String,
    version: i64,
    created_at: At,
    updated_at: At,
}

impl From<Row> for DirectoryGroup {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            directory_id: row.directory_id.0,
            display_name_folded: row.display_name_folded,
            external_id: row.external_id,
            resource: row.resource,
            version: row.version,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// What an index finds groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Name, whatever its case.
    DisplayName(&'a str),
    /// The provider's id, exactly.
    ExternalId(&'a str),
    /// One of its members.
    Member(&'a str),
}

/// Writes a new group.
pub async fn add(tx: &mut Tx, it: &DirectoryGroup) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO directory_groups (id, directory_id, display_name_folded, external_id, resource, version,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(Text(it.id))
    .bind(Text(it.directory_id))
    .bind(&it.display_name_folded)
    .bind(&it.external_id)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.created_at))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes everything that can change. Where look-ups find it by the same values as `before`, their indexes have nothing to
/// follow.
pub async fn update(tx: &mut Tx, before: &DirectoryGroup, it: &DirectoryGroup) -> Result<()> {
    if before.display_name_folded == it.display_name_folded && before.external_id == it.external_id {
        on!(tx, |db| sqlx::query(
            "UPDATE directory_groups SET resource = $2, version = $3, updated_at = $4 WHERE id = $1"
        )
        .bind(Text(it.id))
        .bind(&it.resource)
        .bind(it.version)
        .bind(At(it.updated_at))
        .execute(db)
        .await
        .map(|_| ()))?;
        return Ok(());
    }
    on!(tx, |db| sqlx::query(
        "UPDATE directory_groups SET display_name_folded = $2, external_id = $3, resource = $4, version = $5,
             updated_at = $6 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.display_name_folded)
    .bind(&it.external_id)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Removes a group, its members' rows, and its own membership in other groups.
pub async fn remove(tx: &mut Tx, id: DirectoryGroupId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM directory_group_members WHERE member_id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    on!(tx, |db| sqlx::query("DELETE FROM directory_groups WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The group with this id, if this directory sent it.
pub async fn lookup(
    c: &mut impl Connected,
    directory: DirectoryId,
    id: DirectoryGroupId,
) -> Result<Option<DirectoryGroup>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM directory_groups WHERE id = $1 AND directory_id = $2")
            .bind(Text(id))
            .bind(Text(directory))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

impl By<'_> {
    /// The statement and its value. No order: an index in the order asked for would be taken before the one that finds.
    pub(crate) fn statement(self) -> (&'static str, String) {
        match self {
            By::DisplayName(name) => (
                "SELECT * FROM directory_groups WHERE directory_id = $1 AND display_name_folded = $2",
                fold(name),
            ),
            By::ExternalId(id) => {
                ("SELECT * FROM directory_groups WHERE directory_id = $1 AND external_id = $2", id.to_owned())
            }
            By::Member(id) => (
                "SELECT g.* FROM directory_group_members m CROSS JOIN directory_groups g
                 WHERE m.member_id = $2 AND g.id = m.group_id AND g.directory_id = $1",
                id.to_owned(),
            ),
        }
    }
}

/// The directory's groups that an index finds, in order of arrival.
pub async fn find(c: &mut impl Connected, directory: DirectoryId, by: By<'_>) -> Result<Vec<DirectoryGroup>> {
    let (sql, value) = by.statement();
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(&value).fetch_all(db).await)?;
    let mut found: Vec<DirectoryGroup> = rows.into_iter().map(Into::into).collect();
    found.sort_by_key(|one| one.id);
    Ok(found)
}

/// The groups that each of these ids is a direct member of, as (member's id, group), in order of arrival.
pub async fn groups_of(
    c: &mut impl Connected,
    directory: DirectoryId,
    members: &[String],
) -> Result<Vec<(String, DirectoryGroup)>> {
    #[derive(FromRow)]
    struct Pair {
        member_id: String,
        #[sqlx(flatten)]
        group: Row,
    }
    if let [one] = members {
        let groups = find(c, directory, By::Member(one)).await?;
        return Ok(groups.into_iter().map(|group| (one.clone(), group)).collect());
    }
    let mut found: Vec<(String, DirectoryGroup)> = Vec::new();
    for some in members.chunks(LISTED) {
        let sql = GROUPS_OF.get_or_init(groups_of_statement);
        let rows: Vec<Pair> = on!(c, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str())).bind(Text(directory));
            for id in listed(some) {
                query = query.bind(id);
            }
            query.fetch_all(db).await
        })?;
        found.extend(rows.into_iter().map(|row| (row.member_id, row.group.into())));
    }
    found.sort_by_key(|(_, one)| one.id);
    Ok(found)
}

static GROUPS_OF: OnceLock<String> = OnceLock::new();

pub(crate) fn groups_of_statement() -> String {
    format!(
        "SELECT m.member_id, g.* FROM directory_group_members m CROSS JOIN directory_groups g
         WHERE m.member_id IN ({}) AND g.id = m.group_id AND g.directory_id = $1",
        list_from(2)
    )
}

/// Up to `limit` groups of an organization's directories, by name.
pub async fn of_organization(
    c: &mut impl Connected,
    organization: OrganizationId,
    limit: usize,
) -> Result<Vec<DirectoryGroup>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT g.* FROM directories d JOIN directory_groups g ON g.directory_id = d.id
         WHERE d.organization_id = $1 ORDER BY g.display_name_folded, g.id LIMIT $2"
    )
    .bind(Text(organization))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Up to `limit` groups in order of arrival, after `after`.
pub async fn list(
    c: &mut impl Connected,
    directory: DirectoryId,
    after: Option<DirectoryGroupId>,
    limit: usize,
) -> Result<Vec<DirectoryGroup>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_groups WHERE directory_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    )
    .bind(Text(directory))
    .bind(&after)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// How many groups a directory has, and up to `limit` of them in order of arrival, without the first `offset`.
pub async fn page(
    c: &mut impl Connected,
    directory: DirectoryId,
    offset: u64,
    limit: u32,
) -> Result<(u64, Vec<DirectoryGroup>)> {
    let total = count(c, directory).await?;
    if limit == 0 || offset >= total {
        return Ok((total, Vec::new()));
    }
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_groups WHERE directory_id = $1 ORDER BY id LIMIT $2 OFFSET $3"
    )
    .bind(Text(directory))
    .bind(i64::from(limit))
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok((total, rows.into_iter().map(Into::into).collect()))
}

/// How many groups a directory has.
pub async fn count(c: &mut impl Connected, directory: DirectoryId) -> Result<u64> {
    let count: i64 =
        on!(c, |db| sqlx::query_scalar("SELECT COUNT(*) FROM directory_groups WHERE directory_id = $1")
            .bind(Text(directory))
            .fetch_one(db)
            .await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A group's members by id.
pub async fn members(c: &mut impl Connected, group: DirectoryGroupId) -> Result<Vec<GroupMember>> {
    let rows: Vec<(String, String, Option<String>)> = on!(c, |db| {
        sqlx::query_as(
        "SELECT member_id, kind, display FROM directory_group_members WHERE group_id = $1 ORDER BY member_id"
    )
    .bind(Text(group))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(|(member_id, kind, display)| GroupMember { member_id, kind, display }).collect())
}

/// How many members a group has, as far as `most`: those beyond are not counted.
pub async fn count_members(c: &mut impl Connected, group: DirectoryGroupId, most: u64) -> Result<u64> {
    let count: i64 = on!(c, |db| {
        sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT member_id FROM directory_group_members WHERE group_id = $1 LIMIT $2) AS counted"
    )
    .bind(Text(group))
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_one(db)
    .await
    })?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Rows in one statement, the most first. Few statements, each prepared once.
const ROWS: [usize; 4] = [100, 20, 5, 1];
static PUT: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];

fn put_statement(rows: usize) -> String {
    let values: Vec<String> =
        (0..rows).map(|row| format!("($1, ${}, ${}, ${})", row * 3 + 2, row * 3 + 3, row * 3 + 4)).collect();
    format!(
        "INSERT INTO directory_group_members (group_id, member_id, kind, display) VALUES {}
         ON CONFLICT (group_id, member_id) DO UPDATE
         SET kind = CASE WHEN excluded.kind = '' THEN directory_group_members.kind ELSE excluded.kind END,
             display = COALESCE(excluded.display, directory_group_members.display)
         WHERE (excluded.kind <> '' AND excluded.kind <> directory_group_members.kind)
            OR (excluded.display IS NOT NULL
                AND (directory_group_members.display IS NULL
                     OR directory_group_members.display <> excluded.display))
         RETURNING member_id",
        values.join(", ")
    )
}

/// Makes these members, or gives members another name or kind; each is named once. Those that this changed.
pub async fn put_members(tx: &mut Tx, group: DirectoryGroupId, all: &[GroupMember]) -> Result<Vec<String>> {
    let (mut changed, mut left) = (Vec::new(), all);
    for (rows, statement) in ROWS.into_iter().zip(&PUT) {
        let sql = statement.get_or_init(|| put_statement(rows));
        while left.len() >= rows {
            let (some, rest) = left.split_at(rows);
            let ids: Vec<(String,)> = on!(tx, |db| {
                let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str())).bind(Text(group));
                for it in some {
                    query = query.bind(&it.member_id).bind(&it.kind).bind(&it.display);
                }
                query.fetch_all(db).await
            })?;
            changed.extend(ids.into_iter().map(|(id,)| id));
            left = rest;
        }
    }
    Ok(changed)
}

static REMOVE: OnceLock<String> = OnceLock::new();

fn remove_statement() -> String {
    format!(
        "DELETE FROM directory_group_members WHERE group_id = $1 AND member_id IN ({}) RETURNING member_id",
        list_from(2)
    )
}

/// Ends memberships. Those that there were.
pub async fn remove_members(tx: &mut Tx, group: DirectoryGroupId, members: &[String]) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    let sql = REMOVE.get_or_init(remove_statement);
    for some in members.chunks(LISTED) {
        let rows: Vec<(String,)> = on!(tx, |db| {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str())).bind(Text(group));
            for id in listed(some) {
                query = query.bind(id);
            }
            query.fetch_all(db).await
        })?;
        gone.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(gone)
}
