//! The outbox: mails that were written, and whether a server took them.

use model::{Mail, MailId, MemberId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Page, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<MailId>,
    kind: String,
    member_id: Option<Text<MemberId>>,
    organization_id: Option<Text<OrganizationId>>,
    recipient: String,
    subject: String,
    html: String,
    text: String,
    created_at: At,
    sent_at: Option<At>,
    last_error: Option<String>,
}

impl From<Row> for Mail {
    fn from(r: Row) -> Self {
        Self {
            id: r.id.0,
            kind: r.kind,
            member_id: r.member_id.map(|v| v.0),
            organization_id: r.organization_id.map(|v| v.0),
            recipient: r.recipient,
            subject: r.subject,
            html: r.html,
            text: r.text,
            created_at: r.created_at.0,
            sent_at: r.sent_at.map(|v| v.0),
            last_error: r.last_error,
        }
    }
}

/// Puts a mail into the outbox.
pub async fn add(tx: &mut Tx, it: &Mail) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO mails (id, kind, member_id, organization_id, recipient, recipient_folded, subject, html, text,
                            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(&it.kind)
    .bind(it.member_id.map(Text))
    .bind(it.organization_id.map(Text))
    .bind(&it.recipient)
    .bind(fold(&it.recipient))
    .bind(&it.subject)
    .bind(&it.html)
    .bind(&it.text)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The mail, if there is one.
pub async fn lookup(c: &mut impl Connected, id: MailId) -> Result<Option<Mail>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM mails WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Records that a server took the mail.
pub async fn set_sent(tx: &mut Tx, id: MailId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE mails SET sent_at = $2, last_error = NULL WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Records why a mail could not be sent this time.
pub async fn set_failed(tx: &mut Tx, id: MailId, error: &str) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE mails SET last_error = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(error)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Mails, newest first; to one address, of one organization, or all. `cursor` is the last page's `next`.
pub async fn list(
    c: &mut impl Connected,
    recipient: Option<&str>,
    organization: Option<OrganizationId>,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<Mail>> {
    let rows: Vec<Row> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM mails
         WHERE ($1 IS NULL OR recipient_folded = $1) AND ($2 IS NULL OR organization_id = $2) AND id < $3
         ORDER BY id DESC LIMIT $4"
    )
    .bind(recipient.map(fold))
    .bind(organization.map(Text))
    .bind(cursor.unwrap_or("~"))
    .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    Ok(Page::from_rows(rows.into_iter().map(Mail::from).collect(), limit, |m| m.id.to_string()))
}

/// The addresses that were told since `since` that this member has left, and not told since then that this is void.
pub async fn told_of_leaving(c: &mut impl Connected, member: MemberId, since: Time) -> Result<Vec<String>> {
    let rows: Vec<(String, String)> = on!(c, |db| sqlx::query_as(
        "SELECT kind, recipient FROM mails
         WHERE member_id = $1 AND created_at >= $2
           AND kind IN ('offboarding', 'offboarding_reminder', 'offboarding_void')
         ORDER BY created_at, id"
    )
    .bind(Text(member))
    .bind(At(since))
    .fetch_all(db)
    .await)?;
    let mut told: Vec<String> = Vec::new();
    for (kind, address) in rows {
        told.retain(|known| *known != address);
        if kind != "offboarding_void" {
            told.push(address);
        }
    }
    Ok(told)
}
