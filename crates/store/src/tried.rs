//! Whom test sign-ins told of, and who signed in for real, to be laid beside the directory.

use model::{AccountId, ConnectionId, DirectoryUserId, MemberId, OrganizationId, Time};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx, fold};

/// Somebody whom a provider vouched for in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Through which connection.
    pub connection_id: ConnectionId,
    /// The person's lasting name there.
    pub subject: String,
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// The address, as sent.
    pub email: Option<String>,
    /// What else was said: JSON of the `login` room.
    pub state: String,
    /// When.
    pub at: Time,
}

/// Somebody who is known from a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Through which connection.
    pub connection_id: ConnectionId,
    /// The person's lasting name there.
    pub subject: String,
    /// The account it was joined to.
    pub account_id: AccountId,
    /// The account's address.
    pub email: String,
    /// The account's place in the organization.
    pub member_id: Option<MemberId>,
    /// The directory's user behind that place.
    pub directory_user_id: Option<DirectoryUserId>,
}

#[derive(FromRow)]
struct TriedRow {
    connection_id: Text<ConnectionId>,
    subject: String,
    organization_id: Text<OrganizationId>,
    email_folded: Option<String>,
    state: String,
    at: At,
}

#[derive(FromRow)]
struct KnownRow {
    connection_id: Text<ConnectionId>,
    subject: String,
    account_id: Text<AccountId>,
    email: String,
    member_id: Option<Text<MemberId>>,
    directory_user_id: Option<Text<DirectoryUserId>>,
}

/// Remembers what a test said of somebody; a later one takes its place.
pub async fn remember(tx: &mut Tx, it: &Tried) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO tried_people (connection_id, subject, organization_id, email_folded, state, at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (connection_id, subject)
             DO UPDATE SET email_folded = excluded.email_folded, state = excluded.state, at = excluded.at",
        )
        .bind(Text(it.connection_id))
        .bind(&it.subject)
        .bind(Text(it.organization_id))
        .bind(it.email.as_deref().map(fold))
        .bind(&it.state)
        .bind(At(it.at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Whom tests told of, newest first.
pub async fn list(c: &mut impl Connected, organization: OrganizationId, limit: usize) -> Result<Vec<Tried>> {
    let rows: Vec<TriedRow> = on!(c, |db| sqlx::query_as(
        "SELECT * FROM tried_people WHERE organization_id = $1 ORDER BY at DESC LIMIT $2"
    )
    .bind(Text(organization))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    let of = |row: TriedRow| Tried {
        connection_id: row.connection_id.0,
        subject: row.subject,
        organization_id: row.organization_id.0,
        email: row.email_folded,
        state: row.state,
        at: row.at.0,
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Who signed in through the organization's connections for real, the newest first.
pub async fn known(c: &mut impl Connected, organization: OrganizationId, limit: usize) -> Result<Vec<Known>> {
    let rows: Vec<KnownRow> = on!(c, |db| sqlx::query_as(
        "SELECT i.connection_id, i.subject, i.account_id, a.email, m.id AS member_id, m.directory_user_id
         FROM connections c
         JOIN account_identities i ON i.connection_id = c.id
         JOIN accounts a ON a.id = i.account_id
         LEFT JOIN members m ON m.account_id = a.id AND m.organization_id = c.organization_id
         WHERE c.organization_id = $1 ORDER BY i.created_at DESC LIMIT $2"
    )
    .bind(Text(organization))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await)?;
    let of = |row: KnownRow| Known {
        connection_id: row.connection_id.0,
        subject: row.subject,
        account_id: row.account_id.0,
        email: row.email,
        member_id: row.member_id.map(|id| id.0),
        directory_user_id: row.directory_user_id.map(|id| id.0),
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Forgets tests that are older.
pub async fn forget(tx: &mut Tx, before: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM tried_people WHERE at < $1")
        .bind(At(before))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
