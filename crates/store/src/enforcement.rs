//! Single sign-on that is required: who has proven it, what stands open beside it, and recovery codes.

use model::{ConnectionId, MemberId, OpeningId, OrganizationId, SessionId, Time, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A time in which people may sign in beside a required single sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: OpeningId,
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// `bypass`: somebody opened it; `fallback`: it opened because the provider fails.
    pub kind: String,
    /// For every address in this domain.
    pub domain: Option<String>,
    /// For this (folded) address alone.
    pub email: Option<String>,
    /// Because this connection fails, and so for its addresses alone.
    pub connection_id: Option<ConnectionId>,
    /// Why.
    pub reason: String,
    /// Who opened it, as in the audit log.
    pub opened_by: String,
    /// When.
    pub opened_at: Time,
    /// When it ends by itself.
    pub ends_at: Time,
    /// When it was ended before that.
    pub ended_at: Option<Time>,
    /// Who ended it.
    pub ended_by: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Text<OpeningId>,
    organization_id: Text<OrganizationId>,
    kind: String,
    domain: Option<String>,
    email_folded: Option<String>,
    connection_id: Option<Text<ConnectionId>>,
    reason: String,
    opened_by: String,
    opened_at: At,
    ends_at: At,
    ended_at: Option<At>,
    ended_by: Option<String>,
}

impl From<Row> for Opening {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            organization_id: r.organization_id.0,
            kind: r.kind,
            domain: r.domain,
            email: r.email_folded,
            connection_id: r.connection_id.map(|id| id.0),
            reason: r.reason,
            opened_by: r.opened_by,
            opened_at: r.opened_at.0,
            ends_at: r.ends_at.0,
            ended_at: r.ended_at.map(|t| t.0),
            ended_by: r.ended_by,
        }
    }
}

/// Opens, and notes the latest end with the organization.
pub async fn open(tx: &mut Tx, it: &Opening) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO sign_in_openings (id, organization_id, kind, domain, email_folded, reason, opened_by, opened_at,
                                           ends_at, connection_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(Text(it.id))
        .bind(Text(it.organization_id))
        .bind(&it.kind)
        .bind(&it.domain)
        .bind(&it.email)
        .bind(&it.reason)
        .bind(&it.opened_by)
        .bind(At(it.opened_at))
        .bind(At(it.ends_at))
        .bind(it.connection_id.map(Text))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    note_end(tx, it.organization_id).await
}

/// Ends it before its time. Whether it was open.
pub async fn close(tx: &mut Tx, it: &Opening, at: Time, by: &str) -> Result<bool> {
    let rows = on!(tx, |db| {
        sqlx::query(
            "UPDATE sign_in_openings SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL AND ends_at > $2",
        )
        .bind(Text(it.id))
        .bind(At(at))
        .bind(by)
        .execute(db)
        .await
        .map(|done| done.rows_affected())
    })?;
    note_end(tx, it.organization_id).await?;
    Ok(rows > 0)
}

async fn note_end(tx: &mut Tx, organization: OrganizationId) -> Result<()> {
    tx.changes_settings();
    on!(tx, |db| {
        sqlx::query(
            "UPDATE organizations SET opened_until =
                (SELECT MAX(ends_at) FROM sign_in_openings WHERE organization_id = $1 AND ended_at IS NULL)
             WHERE id = $1",
        )
        .bind(Text(organization))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// An organization's openings, newest first.
pub async fn list(
    c: &mut impl Connected,
    organization: OrganizationId,
    limit: usize,
) -> Result<Vec<Opening>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as("SELECT * FROM sign_in_openings WHERE organization_id = $1 ORDER BY id DESC LIMIT $2")
            .bind(Text(organization))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(db)
            .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What stands open now.
pub async fn open_now(
    c: &mut impl Connected,
    organization: OrganizationId,
    now: Time,
) -> Result<Vec<Opening>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
            "SELECT * FROM sign_in_openings
             WHERE organization_id = $1 AND ended_at IS NULL AND ends_at > $2 ORDER BY ends_at DESC LIMIT 500",
        )
        .bind(Text(organization))
        .bind(At(now))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// An opening by its id, whosever it is.
pub async fn lookup(c: &mut impl Connected, id: OpeningId) -> Result<Option<Opening>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM sign_in_openings WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// How a domain's active members sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Active members with an address in the domain.
    pub members: u64,
    /// Of them, those who signed in through an active connection since then.
    pub signed_in: u64,
    /// Administrators among the members.
    pub administrators: u64,
    /// Administrators among those who signed in.
    pub administrators_signed_in: u64,
    /// Those who have a password.
    pub with_password: u64,
}

/// A LIKE pattern of the addresses in a domain.
fn addresses(domain: &str) -> String {
    format!("%@{}", domain.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Counts how a domain's active members sign in; sign-ins before `since` do not count, tests never.
pub async fn standing(
    c: &mut impl Connected,
    organization: OrganizationId,
    domain: &str,
    since: Time,
) -> Result<Standing> {
    let row: (i64, i64, i64, i64, i64) = on!(c, |db| {
        sqlx::query_as(
            "SELECT COUNT(*),
                    COUNT(s.member_id),
                    COUNT(CASE WHEN m.role = 'admin' THEN 1 END),
                    COUNT(CASE WHEN m.role = 'admin' THEN s.member_id END),
                    COUNT(a.password_hash)
             FROM members m
             LEFT JOIN accounts a ON a.id = m.account_id
             LEFT JOIN (SELECT DISTINCT member_id FROM login_attempts
                        WHERE organization_id = $1 AND at >= $2 AND accepted = TRUE AND connection_id IN
                              (SELECT id FROM connections WHERE organization_id = $1 AND status = 'active')) s
                    ON s.member_id = m.id
             WHERE m.organization_id = $1 AND m.status = 'active' AND m.email_folded LIKE $3 ESCAPE '\\'",
        )
        .bind(Text(organization))
        .bind(At(since))
        .bind(addresses(domain))
        .fetch_one(db)
        .await
    })?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Standing {
        members: count(row.0),
        signed_in: count(row.1),
        administrators: count(row.2),
        administrators_signed_in: count(row.3),
        with_password: count(row.4),
    })
}

/// Some of a domain's active members: those who signed in through an active connection since then, or those who did
/// not. Administrators first.
pub async fn people(
    c: &mut impl Connected,
    organization: OrganizationId,
    domain: &str,
    since: Time,
    signed_in: bool,
    limit: usize,
) -> Result<Vec<MemberId>> {
    let rows: Vec<Text<MemberId>> = on!(c, |db| {
        sqlx::query_scalar(
            "SELECT m.id FROM members m
             WHERE m.organization_id = $1 AND m.status = 'active' AND m.email_folded LIKE $3 ESCAPE '\\'
               AND $4 = CASE WHEN EXISTS
                     (SELECT 1 FROM login_attempts l
                      WHERE l.member_id = m.id AND l.at >= $2 AND l.accepted = TRUE AND l.connection_id IN
                            (SELECT id FROM connections WHERE organization_id = $1 AND status = 'active'))
                   THEN 'yes' ELSE 'no' END
             ORDER BY CASE m.role WHEN 'admin' THEN 0 ELSE 1 END, m.id LIMIT $5",
        )
        .bind(Text(organization))
        .bind(At(since))
        .bind(addresses(domain))
        .bind(if signed_in { "yes" } else { "no" })
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// Whether this member signed in through an active connection since then, for real.
pub async fn has_signed_in(
    c: &mut impl Connected,
    organization: OrganizationId,
    member: MemberId,
    since: Time,
) -> Result<bool> {
    let found: i64 = on!(c, |db| {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM login_attempts
             WHERE member_id = $2 AND at >= $3 AND accepted = TRUE AND connection_id IN
                   (SELECT id FROM connections WHERE organization_id = $1 AND status = 'active')",
        )
        .bind(Text(organization))
        .bind(Text(member))
        .bind(At(since))
        .fetch_one(db)
        .await
    })?;
    Ok(found > 0)
}

/// Gives a member these codes in place of all earlier ones.
pub async fn set_codes(tx: &mut Tx, member: MemberId, sealed: &[(TokenId, String)], now: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM recovery_codes WHERE member_id = $1")
        .bind(Text(member))
        .execute(db)
        .await
        .map(|_| ()))?;
    for (id, code) in sealed {
        on!(tx, |db| {
            sqlx::query(
                "INSERT INTO recovery_codes (id, member_id, code_sealed, created_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(Text(*id))
            .bind(Text(member))
            .bind(code)
            .bind(At(now))
            .execute(db)
            .await
            .map(|_| ())
        })?;
    }
    Ok(())
}

/// A member's codes that were not used yet, sealed.
pub async fn codes(c: &mut impl Connected, member: MemberId) -> Result<Vec<(TokenId, String)>> {
    let rows: Vec<(Text<TokenId>, String)> = on!(c, |db| {
        sqlx::query_as(
            "SELECT id, code_sealed FROM recovery_codes WHERE member_id = $1 AND used_at IS NULL ORDER BY id",
        )
        .bind(Text(member))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(|(id, sealed)| (id.0, sealed)).collect())
}

/// Uses a code up. False when somebody was first.
pub async fn use_code(tx: &mut Tx, id: TokenId, at: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE recovery_codes SET used_at = $2 WHERE id = $1 AND used_at IS NULL"
    )
    .bind(Text(id))
    .bind(At(at))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows > 0)
}

/// Sessions at the organization that began without a connection since then and have not ended, with the (folded) address
/// of their account. Those that began by a recovery code are not among them.
pub async fn own_sessions(
    c: &mut impl Connected,
    organization: OrganizationId,
    since: Time,
    now: Time,
) -> Result<Vec<(SessionId, String)>> {
    let rows: Vec<(Text<SessionId>, String)> = on!(c, |db| {
        sqlx::query_as(
            "SELECT s.id, a.email_folded FROM members m
             JOIN sessions s ON s.member_id = m.id
             JOIN accounts a ON a.id = s.account_id
             WHERE m.organization_id = $1 AND s.connection_id IS NULL AND s.created_at >= $2 AND s.method <> 'recovery'
               AND s.expires_at > $3
             ORDER BY s.id",
        )
        .bind(Text(organization))
        .bind(At(since))
        .bind(At(now))
        .fetch_all(db)
        .await
    })?;
    Ok(rows.into_iter().map(|(id, email)| (id.0, email)).collect())
}
