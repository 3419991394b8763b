//! Members: accounts' places in organizations.

use model::{
    Account, AccountId, DirectoryUserId, Member, MemberId, MemberStatus, OrganizationId, Role, Source, Time,
};
use sqlx::FromRow;

use crate::account::{Beside, account_beside};
use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Page, Result, Tx};

#[derive(FromRow)]
pub(crate) struct Row {
    id: Text<MemberId>,
    organization_id: Text<OrganizationId>,
    account_id: Option<Text<AccountId>>,
    directory_user_id: Option<Text<DirectoryUserId>>,
    status: Text<MemberStatus>,
    source: Text<Source>,
    role: Text<Role>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    country: Option<String>,
    current_city: Option<String>,
    current_state: Option<String>,
    birth_year: Option<i64>,
    extra: String,
    unread: String,
    status_before: Option<Text<MemberStatus>>,
    erase_at: Option<At>,
    left_at: Option<At>,
    last_sign_in_at: Option<At>,
    created_at: At,
    updated_at: At,
}

impl From<Row> for Member {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            organization_id: row.organization_id.0,
            account_id: row.account_id.map(|v| v.0),
            directory_user_id: row.directory_user_id.map(|v| v.0),
            status: row.status.0,
            source: row.source.0,
            role: row.role.0,
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            country: row.country,
            current_city: row.current_city,
            current_state: row.current_state,
            birth_year: row.birth_year,
            extra: row.extra,
            unread: row.unread,
            status_before: row.status_before.map(|v| v.0),
            erase_at: row.erase_at.map(|v| v.0),
            left_at: row.left_at.map(|v| v.0),
            last_sign_in_at: row.last_sign_in_at.map(|v| v.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

fn name_folded(it: &Member) -> String {
    fold(&format!(
        "{} {}",
        it.first_name.as_deref().unwrap_or_default(),
        it.last_name.as_deref().unwrap_or_default()
    ))
}

/// Binds the columns from the third on, which `add` and `update` share.
macro_rules! bind_columns {
    ($query:expr, $it:expr) => {
        $query
            .bind($it.account_id.map(Text))
            .bind($it.directory_user_id.map(Text))
            .bind($it.status.as_str())
            .bind($it.source.as_str())
            .bind($it.role.as_str())
            .bind(&$it.email)
            .bind($it.email.as_deref().map(fold))
            .bind(&$it.first_name)
            .bind(&$it.last_name)
            .bind(name_folded($it))
            .bind(&$it.country)
            .bind(&$it.current_city)
            .bind(&$it.current_state)
            .bind($it.birth_year)
            .bind(&$it.extra)
            .bind(&$it.unread)
            .bind($it.status_before.map(Text))
            .bind($it.erase_at.map(At))
            .bind($it.left_at.map(At))
            .bind($it.last_sign_in_at.map(At))
            .bind(At($it.created_at))
            .bind(At($it.updated_at))
    };
}

mod update;

pub use update::{touch, update, update_from, update_standing};

/// Writes a new member. One per organization and address, and one per organization and account.
pub async fn add(tx: &mut Tx, it: &Member) -> Result<()> {
    on!(tx, |db| {
        bind_columns!(
        sqlx::query(
            "INSERT INTO members (id, organization_id, account_id, directory_user_id, status, source, role, email,
                    email_folded, first_name, last_name, name_folded, country, current_city, current_state, birth_year,
                    extra, unread, status_before, erase_at, left_at, last_sign_in_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                     $22, $23, $24)"
        )
        .bind(Text(it.id))
        .bind(Text(it.organization_id)),
        it
    )
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The member of this organization, if there is one.
pub async fn lookup(
    c: &mut impl Connected,
    organization: OrganizationId,
    id: MemberId,
) -> Result<Option<Member>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM members WHERE id = $1 AND organization_id = $2")
            .bind(Text(id))
            .bind(Text(organization))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// The member with this id in whatever organization: for jobs and links that name a member alone.
pub async fn lookup_any(c: &mut impl Connected, id: MemberId) -> Result<Option<Member>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM members WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

#[derive(FromRow)]
struct WithAccount {
    #[sqlx(flatten)]
    member: Row,
    #[sqlx(flatten)]
    account: Beside,
    organization_name: String,
}

/// The member with this id, if this account is in its place; with the account and the organization's name.
pub async fn lookup_with_account(
    c: &mut impl Connected,
    id: MemberId,
    account: AccountId,
) -> Result<Option<(Member, Account, String)>> {
    let row: Option<WithAccount> = on!(c, |db| sqlx::query_as(concat!(
        "SELECT m.*, ",
        account_beside!(),
        ", o.name AS organization_name FROM members m JOIN accounts a ON a.id = m.account_id
           JOIN organizations o ON o.id = m.organization_id WHERE m.id = $1 AND a.id = $2"
    ))
    .bind(Text(id))
    .bind(Text(account))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(|it| (it.member.into(), it.account.into(), it.organization_name)))
}

/// The member with this address.
pub async fn lookup_email(
    c: &mut impl Connected,
    organization: OrganizationId,
    email: &str,
) -> Result<Option<Member>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM members WHERE organization_id = $1 AND email_folded = $2"
    )
    .bind(Text(organization))
    .bind(fold(email))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}

/// The account's member in this organization.
pub async fn lookup_account(
    c: &mut impl Connected,
    organization: OrganizationId,
    account: AccountId,
) -> Result<Option<Member>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM members WHERE account_id = $1 AND organization_id = $2")
            .bind(Text(account))
            .bind(Text(organization))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// The member behind a directory's user.
pub async fn lookup_directory_user(c: &mut impl Connected, user: DirectoryUserId) -> Result<Option<Member>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM members WHERE directory_user_id = $1")
        .bind(Text(user))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// What the directory keeps of its user, as JSON.
pub async fn directory_resource(c: &mut impl Connected, user: DirectoryUserId) -> Result<Option<String>> {
    Ok(on!(c, |db| sqlx::query_scalar("SELECT resource FROM directory_users WHERE id = $1")
        .bind(Text(user))
        .fetch_optional(db)
        .await)?)
}

/// The account's members in every organization.
pub async fn list_of_account(c: &mut impl Connected, account: AccountId) -> Result<Vec<Member>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM members WHERE account_id = $1 ORDER BY id")
            .bind(Text(account))
            .fetch_all(db)
            .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// This address only.
    pub email: Option<&'a str>,
    /// This status only.
    pub status: Option<MemberStatus>,
    /// Name or address holds this.
    pub search: Option<&'a str>,
    /// The last page's `next`.
    pub cursor: Option<&'a str>,
    /// At most so many.
    pub limit: usize,
}

/// An organization's members in order of making.
pub async fn list(
    c: &mut impl Connected,
    organization: OrganizationId,
    q: &Query<'_>,
) -> Result<Page<Member>> {
    let like = q.search.map(|s| format!("%{}%", fold(s).replace(['%', '_', '\\'], " ")));
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM members
         WHERE organization_id = $1 AND id > $2
           AND ($3 IS NULL OR email_folded = $3)
           AND ($4 IS NULL OR status = $4)
           AND ($5 IS NULL OR name_folded LIKE $5 OR email_folded LIKE $5)
         ORDER BY id LIMIT $6"
    )
    .bind(Text(organization))
    .bind(q.cursor.unwrap_or_default())
    .bind(q.email.map(fold))
    .bind(q.status.map(Text))
    .bind(like.as_deref())
    .bind(i64::try_from(q.limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(Page::from_rows(rows.into_iter().map(Member::from).collect(), q.limit, |m| m.id.to_string()))
}

/// How many members an organization has in each status.
pub async fn count_by_status(
    c: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<(MemberStatus, i64)>> {
    let rows: Vec<(Text<MemberStatus>, i64)> = on!(c, |db| sqlx::query_as(
        "SELECT status, COUNT(*) FROM members WHERE organization_id = $1 GROUP BY status"
    )
    .bind(Text(organization))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|(status, count)| (status.0, count)).collect())
}

/// Active administrators, at most `limit`.
pub async fn admins(
    c: &mut impl Connected,
    organization: OrganizationId,
    limit: usize,
) -> Result<Vec<Member>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM members WHERE organization_id = $1 AND role = 'admin' AND status = 'active' ORDER BY id LIMIT $2"
    )
    .bind(Text(organization))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Members whose grace period has ended.
pub async fn due_for_erasure(c: &mut impl Connected, now: Time, limit: usize) -> Result<Vec<Member>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM members WHERE erase_at IS NOT NULL AND erase_at <= $1 ORDER BY erase_at LIMIT $2"
    )
    .bind(At(now))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Hands what is known of one member to another, before the one goes: two turned out to be one person, and who erases the
/// other later must find it.
pub async fn hand_over(tx: &mut Tx, from: MemberId, to: MemberId) -> Result<()> {
    for sql in [
        "UPDATE events SET member_id = $2 WHERE member_id = $1",
        "UPDATE mails SET member_id = $2 WHERE member_id = $1",
        "UPDATE login_attempts SET member_id = $2 WHERE member_id = $1",
        "UPDATE audit_log SET target = $2 WHERE target = $1",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(Text(from)).bind(Text(to)).execute(db).await.map(|_| ()))?;
    }
    Ok(())
}

/// Removes the member's row alone; erasing a person's traces elsewhere is the `member` room's list.
pub async fn remove(tx: &mut Tx, id: MemberId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM members WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
