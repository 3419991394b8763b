//! Applications, what they were granted, and their codes; the tokens of a grant are in `application/token.rs`.

mod token;

use model::{AccountId, ApplicationId, MemberId, OrganizationId, SessionId, Time, TokenHash, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

pub use token::*;

/// An OpenID Connect client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id and `client_id`.
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// Hash of the secret; none for public clients and clients with keys.
    pub secret_hash: Option<TokenHash>,
    /// JSON named as in Dynamic Client Registration.
    pub metadata: String,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Text<ApplicationId>,
    name: String,
    secret_hash: Option<Text<TokenHash>>,
    metadata: String,
    created_at: At,
}

impl From<Row> for Application {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            name: r.name,
            secret_hash: r.secret_hash.map(|v| v.0),
            metadata: r.metadata,
            created_at: r.created_at.0,
        }
    }
}

/// Writes a new application.
pub async fn add(tx: &mut Tx, it: &Application) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO applications (id, name, secret_hash, metadata, created_at) VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(it.secret_hash.as_ref().map(Text))
    .bind(&it.metadata)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &Application) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE applications SET name = $2, secret_hash = $3, metadata = $4 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.name)
    .bind(it.secret_hash.as_ref().map(Text))
    .bind(&it.metadata)
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// Takes an application away, with everything it was granted.
pub async fn remove(tx: &mut Tx, id: ApplicationId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM applications WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The application, if there is one.
pub async fn lookup(c: &mut impl Connected, id: ApplicationId) -> Result<Option<Application>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM applications WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Every application, oldest first.
pub async fn list(c: &mut impl Connected) -> Result<Vec<Application>> {
    let rows: Vec<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM applications ORDER BY id").fetch_all(db).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// An authorization code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// For which application.
    pub application_id: ApplicationId,
    /// In which browser.
    pub session_id: SessionId,
    /// The grant that it will begin.
    pub grant_id: TokenId,
    /// JSON: what the authorization request said.
    pub request: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was redeemed.
    pub used_at: Option<Time>,
}

#[derive(FromRow)]
struct CodeRow {
    application_id: Text<ApplicationId>,
    session_id: Text<SessionId>,
    grant_id: Text<TokenId>,
    request: String,
    created_at: At,
    expires_at: At,
    used_at: Option<At>,
}

/// Writes a new code.
pub async fn add_code(tx: &mut Tx, hash: &TokenHash, it: &Code) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO authorization_codes (code_hash, application_id, session_id, grant_id, request, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(Text(hash))
    .bind(Text(it.application_id))
    .bind(Text(it.session_id))
    .bind(Text(it.grant_id))
    .bind(&it.request)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The code with this hash, used or ended or not.
pub async fn lookup_code(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<Code>> {
    let row: Option<CodeRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM authorization_codes WHERE code_hash = $1")
            .bind(Text(hash))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|r| Code {
        application_id: r.application_id.0,
        session_id: r.session_id.0,
        grant_id: r.grant_id.0,
        request: r.request,
        created_at: r.created_at.0,
        expires_at: r.expires_at.0,
        used_at: r.used_at.map(|t| t.0),
    }))
}

/// Marks a code redeemed. False when somebody was first.
pub async fn use_code(tx: &mut Tx, hash: &TokenHash, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE authorization_codes SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL"
    )
    .bind(Text(hash))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

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
    /// When it was made.
    pub created_at: Time,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

#[derive(FromRow)]
struct GrantRow {
    id: Text<TokenId>,
    application_id: Text<ApplicationId>,
    account_id: Text<AccountId>,
    member_id: Option<Text<MemberId>>,
    organization_id: Option<Text<OrganizationId>>,
    session_id: Option<Text<SessionId>>,
    scope: String,
    auth_at: At,
    method: String,
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
            created_at: r.created_at.0,
            revoked_at: r.revoked_at.map(|v| v.0),
        }
    }
}

/// Writes a new grant.
pub async fn add_grant(tx: &mut Tx, it: &Grant) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO grants (id, application_id, account_id, member_id, organization_id, session_id, scope, auth_at, method,
                             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
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
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
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
