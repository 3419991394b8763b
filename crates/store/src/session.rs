//! Signed-in browsers and replayed assertions. Sign-ins under way are in `flow`, the record of attempts is in `attempt`.

use model::{Account, AccountId, ConnectionId, MemberId, OrganizationId, SessionId, Time, TokenHash};
use sqlx::FromRow;

use crate::account::{Beside, account_beside};
use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

pub use crate::attempt::{
    Attempt, Attempts, add_attempt, count_attempts, forget_attempts, list_attempts, lookup_attempt,
};
pub use crate::flow::{Flow, add_flow, advance_flow, lookup_flow, remove_flow};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub account_id: AccountId,
    /// As which member, when signed in through an organization.
    pub member_id: Option<MemberId>,
    /// Through which organization.
    pub organization_id: Option<OrganizationId>,
    /// Through which connection.
    pub connection_id: Option<ConnectionId>,
    /// The SAML NameID, for single logout.
    pub name_id: Option<String>,
    /// Its format and qualifiers, as JSON of the `connection` room.
    pub name_id_form: Option<String>,
    /// The ID token of the sign-in, sealed, where a sign-out goes on to the OpenID provider.
    pub id_token_sealed: Option<String>,
    /// The SAML session index or the upstream `sid`.
    pub session_index: Option<String>,
    /// When the person proved who they are.
    pub auth_at: Time,
    /// `saml`, `oidc`, `password` or `link`.
    pub method: String,
    /// `acr` as the identity provider said it (SAML: `AuthnContextClassRef`).
    pub acr: Option<String>,
    /// The words of `amr` as the identity provider said them, separated by spaces.
    pub amr: Option<String>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: Time,
    /// When it ends by itself.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Text<SessionId>,
    account_id: Text<AccountId>,
    member_id: Option<Text<MemberId>>,
    organization_id: Option<Text<OrganizationId>>,
    connection_id: Option<Text<ConnectionId>>,
    name_id: Option<String>,
    name_id_form: Option<String>,
    id_token_sealed: Option<String>,
    session_index: Option<String>,
    auth_at: At,
    method: String,
    acr: Option<String>,
    amr: Option<String>,
    user_agent: String,
    created_at: At,
    expires_at: At,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            account_id: row.account_id.0,
            member_id: row.member_id.map(|v| v.0),
            organization_id: row.organization_id.map(|v| v.0),
            connection_id: row.connection_id.map(|v| v.0),
            name_id: row.name_id,
            name_id_form: row.name_id_form,
            id_token_sealed: row.id_token_sealed,
            session_index: row.session_index,
            auth_at: row.auth_at.0,
            method: row.method,
            acr: row.acr,
            amr: row.amr,
            user_agent: row.user_agent,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
        }
    }
}

/// Writes a new session.
pub async fn add(tx: &mut Tx, it: &Session, hash: &TokenHash) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO sessions (id, token_hash, account_id, member_id, organization_id, connection_id, name_id,
                               session_index, auth_at, method, user_agent, created_at, expires_at, acr, amr,
                               name_id_form, id_token_sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    )
    .bind(Text(it.id))
    .bind(Text(hash))
    .bind(Text(it.account_id))
    .bind(it.member_id.map(Text))
    .bind(it.organization_id.map(Text))
    .bind(it.connection_id.map(Text))
    .bind(&it.name_id)
    .bind(&it.session_index)
    .bind(At(it.auth_at))
    .bind(&it.method)
    .bind(&it.user_agent)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .bind(&it.acr)
    .bind(&it.amr)
    .bind(&it.name_id_form)
    .bind(&it.id_token_sealed)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

#[derive(FromRow)]
struct WithAccount {
    #[sqlx(flatten)]
    session: Row,
    #[sqlx(flatten)]
    account: Beside,
}

/// The session that a token opens and that has not ended, with its account.
pub async fn lookup_token(
    c: &mut impl Connected,
    hash: &TokenHash,
    now: Time,
) -> Result<Option<(Session, Account)>> {
    let row: Option<WithAccount> = on!(c, |db| {
        sqlx::query_as(concat!(
        "SELECT s.*, ",
        account_beside!(),
        " FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = $1 AND s.expires_at > $2"
    ))
    .bind(Text(hash))
    .bind(At(now))
    .fetch_optional(db)
    .await
    })?;
    Ok(row.map(|it| (it.session.into(), it.account.into())))
}

/// The session, if it has not ended.
pub async fn lookup(c: &mut impl Connected, id: SessionId, now: Time) -> Result<Option<Session>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM sessions WHERE id = $1 AND expires_at > $2")
            .bind(Text(id))
            .bind(At(now))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// An account's sessions that have not ended, newest first.
pub async fn list(c: &mut impl Connected, account: AccountId, now: Time) -> Result<Vec<Session>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM sessions WHERE account_id = $1 AND expires_at > $2 ORDER BY id DESC"
    )
    .bind(Text(account))
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The sessions that a member began through the organization and that have not ended, newest first.
pub async fn list_of_member(c: &mut impl Connected, member: MemberId, now: Time) -> Result<Vec<Session>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM sessions WHERE member_id = $1 AND expires_at > $2 ORDER BY id DESC"
    )
    .bind(Text(member))
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What a member holds that ends when they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ties {
    /// A session, or a grant of an application.
    pub access: bool,
    /// An invitation, used or not.
    pub invitation: bool,
}

/// What a member holds that ends when they leave: most hold nothing, which is told by one question.
pub async fn ties_of_member(tx: &mut Tx, member: MemberId) -> Result<Ties> {
    let (session, grant, invitation): (bool, bool, bool) = on!(tx, |db| sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE member_id = $1),
                EXISTS (SELECT 1 FROM grants WHERE member_id = $1 AND revoked_at IS NULL),
                EXISTS (SELECT 1 FROM invitations WHERE member_id = $1)"
    )
    .bind(Text(member))
    .fetch_one(db)
    .await)?;
    Ok(Ties { access: session || grant, invitation })
}

/// The sessions that a connection's provider knows under this name and that have not ended.
pub async fn list_of_upstream(
    c: &mut impl Connected,
    connection: ConnectionId,
    session_index: &str,
    now: Time,
) -> Result<Vec<Session>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM sessions
         WHERE connection_id = $1 AND session_index = $2 AND expires_at > $3 ORDER BY id DESC"
    )
    .bind(Text(connection))
    .bind(session_index)
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The sessions of whom a connection's provider calls by this SAML name identifier and that have not ended.
pub async fn list_of_name_id(
    c: &mut impl Connected,
    connection: ConnectionId,
    name_id: &str,
    now: Time,
) -> Result<Vec<Session>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM sessions
         WHERE connection_id = $1 AND name_id = $2 AND expires_at > $3 ORDER BY id DESC"
    )
    .bind(Text(connection))
    .bind(name_id)
    .bind(At(now))
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The sessions of the organization that have not ended and began longer ago than this.
pub async fn list_older(
    c: &mut impl Connected,
    organization: OrganizationId,
    longest: std::time::Duration,
    now: Time,
) -> Result<Vec<Session>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT * FROM sessions WHERE organization_id = $1 AND expires_at > $2 AND created_at <= $3 ORDER BY id"
    )
    .bind(Text(organization))
    .bind(At(now))
    .bind(At(now.before(longest)))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Lets no session of the organization last longer than this from its beginning, nor anything that applications were
/// granted in it.
pub async fn shorten(tx: &mut Tx, organization: OrganizationId, longest: std::time::Duration) -> Result<()> {
    let micros = i64::try_from(longest.as_micros()).unwrap_or(i64::MAX);
    on!(tx, |db| sqlx::query(
        "UPDATE sessions SET expires_at = created_at + $2
         WHERE organization_id = $1 AND expires_at - created_at > $2"
    )
    .bind(Text(organization))
    .bind(micros)
    .execute(db)
    .await
    .map(|_| ()))?;
    for sql in [
        "UPDATE grants SET ends_at = (SELECT s.expires_at FROM sessions s WHERE s.id = grants.session_id)
         WHERE session_id IN (SELECT id FROM sessions WHERE organization_id = $1)
           AND (ends_at IS NULL
                OR ends_at > (SELECT s.expires_at FROM sessions s WHERE s.id = grants.session_id))",
        "UPDATE refresh_tokens
         SET expires_at = (SELECT g.ends_at FROM grants g WHERE g.id = refresh_tokens.grant_id)
         WHERE grant_id IN (SELECT g.id FROM grants g JOIN sessions s ON s.id = g.session_id
                            WHERE s.organization_id = $1)
           AND expires_at > (SELECT g.ends_at FROM grants g WHERE g.id = refresh_tokens.grant_id)",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(Text(organization)).execute(db).await.map(|_| ()))?;
    }
    Ok(())
}

/// Ends one session.
pub async fn remove(tx: &mut Tx, id: SessionId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM sessions WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Ends every session of a member. How many there were.
pub async fn remove_of_member(tx: &mut Tx, member: MemberId) -> Result<u64> {
    Ok(on!(tx, |db| sqlx::query("DELETE FROM sessions WHERE member_id = $1")
        .bind(Text(member))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Remembers an assertion until it ends by itself. False when it was seen before: a replay.
pub async fn see_assertion(tx: &mut Tx, connection: ConnectionId, hash: &str, until: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "INSERT INTO seen_assertions (connection_id, assertion_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (connection_id, assertion_hash) DO NOTHING"
    )
    .bind(Text(connection))
    .bind(hash)
    .bind(At(until))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Forgets sessions, flows, assertions, and what applications were granted or pushed, once it has ended.
pub async fn forget_ended(tx: &mut Tx, now: Time) -> Result<()> {
    for sql in [
        "DELETE FROM sessions WHERE expires_at <= $1",
        "DELETE FROM login_flows WHERE expires_at <= $1",
        "DELETE FROM seen_assertions WHERE expires_at <= $1",
        "DELETE FROM passkey_challenges WHERE expires_at <= $1",
        "DELETE FROM ended_access_tokens WHERE expires_at <= $1",
        "DELETE FROM grants WHERE ends_at <= $1",
        "DELETE FROM pushed_requests WHERE expires_at <= $1",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(At(now)).execute(db).await.map(|_| ()))?;
    }
    Ok(())
}
