//! Capabilities for one person: invitations, claim links, sign-in links, address confirmations.

use model::{AccountId, InvitationId, MemberId, OrganizationId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A capability for one person, used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// `invitation`, `claim`, `sign_in`, `verify_email`, `reset` or `operator`.
    pub kind: String,
    /// Into or out of which organization.
    pub organization_id: Option<OrganizationId>,
    /// As which member.
    pub member_id: Option<MemberId>,
    /// For which account.
    pub account_id: Option<AccountId>,
    /// The address it was mailed to.
    pub email: String,
    /// JSON of the room that made it.
    pub data: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was used.
    pub used_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<InvitationId>,
    kind: String,
    organization_id: Option<Text<OrganizationId>>,
    member_id: Option<Text<MemberId>>,
    account_id: Option<Text<AccountId>>,
    email: String,
    data: String,
    created_at: At,
    expires_at: At,
    used_at: Option<At>,
}

impl From<Row> for Invitation {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            kind: r.kind,
            organization_id: r.organization_id.map(|v| v.0),
            member_id: r.member_id.map(|v| v.0),
            account_id: r.account_id.map(|v| v.0),
            email: r.email,
            data: r.data,
            created_at: r.created_at.0,
            expires_at: r.expires_at.0,
            used_at: r.used_at.map(|v| v.0),
        }
    }
}

/// Writes a new one.
pub async fn add(tx: &mut Tx, it: &Invitation, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO invitations (id, kind, token_hash, organization_id, member_id, account_id, email, data, created_at,
                                  expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(&it.kind)
    .bind(Text(hash))
    .bind(it.organization_id.map(Text))
    .bind(it.member_id.map(Text))
    .bind(it.account_id.map(Text))
    .bind(&it.email)
    .bind(&it.data)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// What a token opens, used or ended or not.
pub async fn lookup_token(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<Invitation>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM invitations WHERE token_hash = $1")
        .bind(Text(hash))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Marks it used. False when somebody was first.
pub async fn use_up(tx: &mut Tx, id: InvitationId, at: Time) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("UPDATE invitations SET used_at = $2 WHERE id = $1 AND used_at IS NULL")
            .bind(Text(id))
            .bind(At(at))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Keeps the JSON of the room that made it.
pub async fn set_data(tx: &mut Tx, id: InvitationId, data: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE invitations SET data = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(data)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A member's capabilities of one kind, newest first.
pub async fn list_of_member(c: &mut impl Connected, member: MemberId, kind: &str) -> Result<Vec<Invitation>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM invitations WHERE member_id = $1 AND kind = $2 ORDER BY id DESC"
    )
    .bind(Text(member))
    .bind(kind)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The addresses that links of this member, or of this account, were mailed to.
pub async fn addresses(
    c: &mut impl Connected,
    member: MemberId,
    account: Option<AccountId>,
) -> Result<Vec<String>> {
    Ok(on!(c, |db| sqlx::query_scalar(
        "SELECT DISTINCT email FROM invitations WHERE member_id = $1 OR account_id = $2"
    )
    .bind(Text(member))
    .bind(account.map(Text))
    .fetch_all(db)
    .await)?)
}

/// Capabilities of one kind that still work, newest first.
pub async fn list_open(c: &mut impl Connected, kind: &str, now: Time) -> Result<Vec<Invitation>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM invitations WHERE kind = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY id DESC LIMIT 200"
    )
    .bind(kind)
    .bind(At(now))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Takes away an unused capability of one kind. Whether there was one.
pub async fn remove_open(tx: &mut Tx, id: InvitationId, kind: &str) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("DELETE FROM invitations WHERE id = $1 AND kind = $2 AND used_at IS NULL")
            .bind(Text(id))
            .bind(kind)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes away a member's unused capabilities of one kind.
pub async fn remove_of_member(tx: &mut Tx, member: MemberId, kind: &str) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "DELETE FROM invitations WHERE member_id = $1 AND kind = $2 AND used_at IS NULL"
    )
    .bind(Text(member))
    .bind(kind)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}
