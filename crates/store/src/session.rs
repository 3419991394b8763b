//! Signed-in browsers, sign-ins under way, replayed assertions, and the record of attempts.

use model::{AccountId, ConnectionId, FlowId, MemberId, OrganizationId, SessionId, Time, TokenHash, TraceId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Page, Result, Tx};

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
    /// The SAML session index or the upstream `sid`.
    pub session_index: Option<String>,
    /// When the person proved who they are.
    pub auth_at: Time,
    /// `saml`, `oidc`, `password` or `link`.
    pub method: String,
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
    session_index: Option<String>,
    auth_at: At,
    method: String,
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
            session_index: row.session_index,
            auth_at: row.auth_at.0,
            method: row.method,
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
                               session_index, auth_at, method, user_agent, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
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
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The session that a token opens and that has not ended.
pub async fn lookup_token(c: &mut impl Connected, hash: &TokenHash, now: Time) -> Result<Option<Session>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM sessions WHERE token_hash = $1 AND expires_at > $2")
            .bind(Text(hash))
            .bind(At(now))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
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

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// Hash of the cookie of the browser that began it.
    pub browser: TokenHash,
    /// Where the state machine stands.
    pub step: String,
    /// What it knows, as JSON of the `login` room.
    pub state: String,
    /// When it began.
    pub created_at: Time,
    /// When it is forgotten.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct FlowRow {
    id: Text<FlowId>,
    browser_hash: Text<TokenHash>,
    step: String,
    state: String,
    created_at: At,
    expires_at: At,
}

/// Writes a new flow.
pub async fn add_flow(tx: &mut Tx, it: &Flow) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO login_flows (id, browser_hash, step, state, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(Text(it.id))
    .bind(Text(&it.browser))
    .bind(&it.step)
    .bind(&it.state)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Moves a flow on, if it still stands at `from`: of two answers to one request only the first gets through.
pub async fn advance_flow(tx: &mut Tx, id: FlowId, from: &str, to: &str, state: &str) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE login_flows SET step = $3, state = $4 WHERE id = $1 AND step = $2"
    )
    .bind(Text(id))
    .bind(from)
    .bind(to)
    .bind(state)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The flow, if it has not been forgotten.
pub async fn lookup_flow(c: &mut impl Connected, id: FlowId, now: Time) -> Result<Option<Flow>> {
    let row: Option<FlowRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM login_flows WHERE id = $1 AND expires_at > $2")
            .bind(Text(id))
            .bind(At(now))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|r| Flow {
        id: r.id.0,
        browser: r.browser_hash.0,
        step: r.step,
        state: r.state,
        created_at: r.created_at.0,
        expires_at: r.expires_at.0,
    }))
}

/// Forgets a flow.
pub async fn remove_flow(tx: &mut Tx, id: FlowId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM login_flows WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
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

/// Forgets sessions, flows and assertions that have ended.
pub async fn forget_ended(tx: &mut Tx, now: Time) -> Result<()> {
    for sql in [
        "DELETE FROM sessions WHERE expires_at <= $1",
        "DELETE FROM login_flows WHERE expires_at <= $1",
        "DELETE FROM seen_assertions WHERE expires_at <= $1",
        "DELETE FROM authorization_codes WHERE expires_at <= $1",
        "DELETE FROM access_tokens WHERE expires_at <= $1",
    ] {
        on!(tx, |db| sqlx::query(sql).bind(At(now)).execute(db).await.map(|_| ()))?;
    }
    Ok(())
}

/// One sign-in attempt with its outcome explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The reference that people are shown.
    pub id: TraceId,
    /// When.
    pub at: Time,
    /// At which organization, when known.
    pub organization_id: Option<OrganizationId>,
    /// Through which connection, when known.
    pub connection_id: Option<ConnectionId>,
    /// Whose, when known.
    pub account_id: Option<AccountId>,
    /// Whose, when known.
    pub member_id: Option<MemberId>,
    /// The address that was typed or asserted.
    pub email: Option<String>,
    /// Whether the person was signed in.
    pub accepted: bool,
    /// Stable code of the outcome.
    pub code: String,
    /// JSON: message, expected, received, steps.
    pub explanation: String,
    /// The message as it came.
    pub message: Option<String>,
}

#[derive(FromRow)]
struct AttemptRow {
    id: Text<TraceId>,
    at: At,
    organization_id: Option<Text<OrganizationId>>,
    connection_id: Option<Text<ConnectionId>>,
    account_id: Option<Text<AccountId>>,
    member_id: Option<Text<MemberId>>,
    email: Option<String>,
    accepted: bool,
    code: String,
    explanation: String,
    message: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(r: AttemptRow) -> Self {
        Self {
            id: r.id.0,
            at: r.at.0,
            organization_id: r.organization_id.map(|v| v.0),
            connection_id: r.connection_id.map(|v| v.0),
            account_id: r.account_id.map(|v| v.0),
            member_id: r.member_id.map(|v| v.0),
            email: r.email,
            accepted: r.accepted,
            code: r.code,
            explanation: r.explanation,
            message: r.message,
        }
    }
}

/// Records an attempt.
pub async fn add_attempt(tx: &mut Tx, it: &Attempt) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO login_attempts (id, at, organization_id, connection_id, account_id, member_id, email, accepted,
                                     code, explanation, message)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )
    .bind(Text(it.id))
    .bind(At(it.at))
    .bind(it.organization_id.map(Text))
    .bind(it.connection_id.map(Text))
    .bind(it.account_id.map(Text))
    .bind(it.member_id.map(Text))
    .bind(&it.email)
    .bind(it.accepted)
    .bind(&it.code)
    .bind(&it.explanation)
    .bind(&it.message)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The attempt behind a reference.
pub async fn lookup_attempt(c: &mut impl Connected, id: TraceId) -> Result<Option<Attempt>> {
    let row: Option<AttemptRow> = on!(c, |db| sqlx::query_as("SELECT * FROM login_attempts WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Which attempts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attempts<'a> {
    /// Of this organization alone.
    pub organization: Option<OrganizationId>,
    /// With this address alone, in any case.
    pub email: Option<&'a str>,
    /// Only those that signed nobody in.
    pub refused: bool,
    /// The last page's `next`.
    pub cursor: Option<&'a str>,
    /// At most so many.
    pub limit: usize,
}

/// Attempts, newest first.
pub async fn list_attempts(c: &mut impl Connected, which: &Attempts<'_>) -> Result<Page<Attempt>> {
    let rows: Vec<AttemptRow> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM login_attempts
         WHERE ($1 IS NULL OR organization_id = $1) AND id < $2 AND ($3 IS NULL OR lower(email) = $3)
           AND ($4 = '' OR accepted = FALSE)
         ORDER BY id DESC LIMIT $5",
        )
        .bind(which.organization.map(Text))
        .bind(which.cursor.unwrap_or("~"))
        .bind(which.email.map(fold))
        .bind(if which.refused { "refused" } else { "" })
        .bind(i64::try_from(which.limit + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
    })?;
    Ok(Page::from_rows(rows.into_iter().map(Attempt::from).collect(), which.limit, |a| a.id.to_string()))
}

/// How many attempts of an organization since then signed somebody in, and how many did not.
pub async fn count_attempts(
    c: &mut impl Connected,
    organization: OrganizationId,
    since: Time,
) -> Result<(u64, u64)> {
    let rows: Vec<(bool, i64)> = on!(c, |db| {
        sqlx::query_as(
        "SELECT accepted, COUNT(*) FROM login_attempts WHERE organization_id = $1 AND at >= $2 GROUP BY accepted"
    )
    .bind(Text(organization))
    .bind(At(since))
    .fetch_all(db)
    .await
    })?;
    let count = |accepted| {
        rows.iter().find(|(a, _)| *a == accepted).map_or(0, |(_, n)| u64::try_from(*n).unwrap_or(0))
    };
    Ok((count(true), count(false)))
}
