//! What applications were granted, each for one session.

use model::{AccountId, ApplicationId, MemberId, OrganizationId, SessionId, Time, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// What an application was granted for one session: the family of its refresh tokens. `id` is the `sid` claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id and `sid`.
    pub id: TokenId,
    /// To which application.
    pub application_id: ApplicationId,
    /// By whom.
    pub account_id: AccountId,
    /// As which member.
    pub member_id: Option<MemberId>,
    /// Of which organization.
    pub organization_id: Option<OrganizationId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// When the person proved who they are.
    pub auth_at: Time,
    /// How: `saml`, `oidc`, `password` or `link`.
    pub method: String,
    /// `acr` of the sign-in.
    pub acr: Option<String>,
    /// The words of `amr` of the sign-in, separated by spaces.
    pub amr: Option<String>,
    /// When its session ends by itself, and everything granted with it.
    pub ends_at: Option<Time>,
    /// JSON: claims that were asked for by name.
    pub claims: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

#[derive(FromRow)]
pub(super) struct GrantRow {
    id: Text<TokenId>,
    application_id: Text<ApplicationId>,
    account_id: Text<AccountId>,
    member_id: Option<Text<MemberId>>,
    organization_id: Option<Text<OrganizationId>>,
    session_id: Option<Text<SessionId>>,
    scope: String,
    auth_at: At,
    method: String,
    acr: Option<String>,
    amr: Option<String>,
    ends_at: Option<At>,
    claims: Option<String>,
    created_at: At,
    revoked_at: Option<At>,
}

impl From<GrantRow> for Grant {
    fn from(r: GrantRow) -> Self {
        Self {
            id: r.id.0,
            application_id: r.application_id.0,
            account_id: r.account_id.0,
            member_id: r.member_id.map(|v| v.0),
            organization_id: r.organization_id.map(|v| v.0),
            session_id: r.session_id.map(|v| v.0),
            scope: r.scope,
            auth_at: r.auth_at.0,
            method: r.method,
            acr: r.acr,
            amr: r.amr,
            ends_at: r.ends_at.map(|t| t.0),
            claims: r.claims,
            created_at: r.created_at.0,
            revoked_at: r.revoked_at.map(|v| v.0),
        }
    }
}

/// Writes a new grant. False when it is there already: somebody was first.
pub async fn add_grant(tx: &mut Tx, it: &Grant) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
        "INSERT INTO grants (id, application_id, account_id, member_id, organization_id, session_id, scope, auth_at, method,
                             created_at, acr, amr, ends_at, claims)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (id) DO NOTHING"
    )
    .bind(Text(it.id))
    .bind(Text(it.application_id))
    .bind(Text(it.account_id))
    .bind(it.member_id.map(Text))
    .bind(it.organization_id.map(Text))
    .bind(it.session_id.map(Text))
    .bind(&it.scope)
    .bind(At(it.auth_at))
    .bind(&it.method)
    .bind(At(it.created_at))
    .bind(&it.acr)
    .bind(&it.amr)
    .bind(it.ends_at.map(At))
    .bind(&it.claims)
    .execute(db)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows == 1)
}

/// The grant, revoked or not.
pub async fn lookup_grant(c: &mut impl Connected, id: TokenId) -> Result<Option<Grant>> {
    let row: Option<GrantRow> = on!(c, |db| sqlx::query_as("SELECT * FROM grants WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Revokes one grant. Whether it still held.
pub async fn revoke_grant(tx: &mut Tx, id: TokenId, now: Time) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(Text(id))
            .bind(At(now))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Revokes every grant of a member. Which ones still held.
pub async fn revoke_grants_of_member(tx: &mut Tx, member: MemberId, now: Time) -> Result<Vec<TokenId>> {
    let rows: Vec<Text<TokenId>> = on!(tx, |db| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2 WHERE member_id = $1 AND revoked_at IS NULL RETURNING id"
    )
    .bind(Text(member))
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Revokes every grant of a session. Which ones still held.
pub async fn revoke_grants_of_session(tx: &mut Tx, session: SessionId, now: Time) -> Result<Vec<TokenId>> {
    let rows: Vec<Text<TokenId>> = on!(tx, |db| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL RETURNING id"
    )
    .bind(Text(session))
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Revokes every grant of an account. Which ones still held.
pub async fn revoke_grants_of_account(tx: &mut Tx, account: AccountId, now: Time) -> Result<Vec<TokenId>> {
    let rows: Vec<Text<TokenId>> = on!(tx, |db| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL RETURNING id"
    )
    .bind(Text(account))
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// The grants of a session that still hold, each with its application's registration (JSON).
pub async fn list_grants_of_session(
    c: &mut impl Connected,
    session: SessionId,
) -> Result<Vec<(TokenId, ApplicationId, String)>> {
    let rows: Vec<(Text<TokenId>, Text<ApplicationId>, String)> = on!(c, |db| {
        sqlx::query_as(
        "SELECT g.id, g.application_id, a.metadata FROM grants g JOIN applications a ON a.id = g.application_id
         WHERE g.session_id = $1 AND g.revoked_at IS NULL ORDER BY g.id"
    )
    .bind(Text(session))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(|(grant, application, metadata)| (grant.0, application.0, metadata)).collect())
}
