//! Groups as directories sent them, and their members as rows: a change to one member of a large group costs one row.

use model::{DirectoryGroupId, DirectoryId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
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
struct Row {
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

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &DirectoryGroup) -> Result<()> {
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

/// The directory's groups that an index finds, in order of arrival.
pub async fn find(c: &mut impl Connected, directory: DirectoryId, by: By<'_>) -> Result<Vec<DirectoryGroup>> {
    let (sql, value) = match by {
        By::DisplayName(name) => (
            "SELECT * FROM directory_groups WHERE directory_id = $1 AND display_name_folded = $2 ORDER BY id",
            fold(name),
        ),
        By::ExternalId(id) => (
            "SELECT * FROM directory_groups WHERE directory_id = $1 AND external_id = $2 ORDER BY id",
            id.to_owned(),
        ),
        By::Member(id) => (
            "SELECT g.* FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id
             WHERE g.directory_id = $1 AND m.member_id = $2 ORDER BY g.id",
            id.to_owned(),
        ),
    };
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as(sql).bind(Text(directory)).bind(&value).fetch_all(db).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
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
    let mut found = Vec::new();
    for some in members.chunks(200) {
        let rows: Vec<Pair> = on!(c, |db| {
            let mut query = sqlx::QueryBuilder::new(
                "SELECT m.member_id, g.* FROM directory_group_members m
                 JOIN directory_groups g ON g.id = m.group_id WHERE g.directory_id = ",
            );
            query.push_bind(Text(directory)).push(" AND m.member_id IN (");
            let mut list = query.separated(", ");
            for id in some {
                list.push_bind(id.as_str());
            }
            query.push(") ORDER BY g.id");
            query.build_query_as().fetch_all(db).await
        })?;
        found.extend(rows.into_iter().map(|row| (row.member_id, row.group.into())));
    }
    Ok(found)
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

/// Up to `limit` groups in order of arrival, without the first `offset`.
pub async fn page(
    c: &mut impl Connected,
    directory: DirectoryId,
    offset: u64,
    limit: u32,
) -> Result<Vec<DirectoryGroup>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM directory_groups WHERE directory_id = $1 ORDER BY id LIMIT $2 OFFSET $3"
    )
    .bind(Text(directory))
    .bind(i64::from(limit))
    .bind(i64::try_from(offset).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
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

/// How many members a group has.
pub async fn count_members(c: &mut impl Connected, group: DirectoryGroupId) -> Result<u64> {
    let count: i64 =
        on!(c, |db| sqlx::query_scalar("SELECT COUNT(*) FROM directory_group_members WHERE group_id = $1")
            .bind(Text(group))
            .fetch_one(db)
            .await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes somebody a member, or gives a member another name or kind. Whether that changed anything.
pub async fn put_member(tx: &mut Tx, group: DirectoryGroupId, it: &GroupMember) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "INSERT INTO directory_group_members (group_id, member_id, kind, display) VALUES ($1, $2, $3, $4)
         ON CONFLICT (group_id, member_id) DO UPDATE
         SET kind = CASE WHEN excluded.kind = '' THEN directory_group_members.kind ELSE excluded.kind END,
             display = COALESCE(excluded.display, directory_group_members.display)
         WHERE (excluded.kind <> '' AND excluded.kind <> directory_group_members.kind)
            OR (excluded.display IS NOT NULL
                AND (directory_group_members.display IS NULL
                     OR directory_group_members.display <> excluded.display))"
    )
    .bind(Text(group))
    .bind(&it.member_id)
    .bind(&it.kind)
    .bind(&it.display)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Ends a membership. Whether there was one.
pub async fn remove_member(tx: &mut Tx, group: DirectoryGroupId, member: &str) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "DELETE FROM directory_group_members WHERE group_id = $1 AND member_id = $2"
    )
    .bind(Text(group))
    .bind(member)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}
