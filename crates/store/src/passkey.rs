//! Passkeys of accounts and of operators, and the challenges that wait for their one answer.

use std::fmt::Display;

use model::{AccountId, OperatorId, PasskeyId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// Whose a passkey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A person's.
    Account(AccountId),
    /// An operator's.
    Operator(OperatorId),
}

impl Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => Display::fmt(id, f),
            Self::Operator(id) => Display::fmt(id, f),
        }
    }
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// The authenticator's id of it, in base64url.
    pub credential_id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The UUID under which the authenticator knows its owner.
    pub user_handle: String,
    /// What the owner calls it.
    pub name: String,
    /// JSON of the room that checks it: the public key and its counter.
    pub credential: String,
    /// When it was made.
    pub created_at: Time,
    /// When it last signed somebody in.
    pub last_used_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Text<PasskeyId>,
    credential_id: String,
    account_id: Option<Text<AccountId>>,
    operator_id: Option<Text<OperatorId>>,
    user_handle: String,
    name: String,
    credential: String,
    created_at: At,
    last_used_at: Option<At>,
}

impl Row {
    /// A row without an owner is nobody's passkey.
    fn read(self) -> Option<Passkey> {
        let owner = match (self.account_id, self.operator_id) {
            (Some(id), None) => Owner::Account(id.0),
            (None, Some(id)) => Owner::Operator(id.0),
            _ => return None,
        };
        Some(Passkey {
            id: self.id.0,
            credential_id: self.credential_id,
            owner,
            user_handle: self.user_handle,
            name: self.name,
            credential: self.credential,
            created_at: self.created_at.0,
            last_used_at: self.last_used_at.map(|t| t.0),
        })
    }
}

/// Writes a new passkey. The authenticator's id is unique.
pub async fn add(tx: &mut Tx, it: &Passkey) -> Result<()> {
    let (account, operator) = match it.owner {
        Owner::Account(id) => (Some(Text(id)), None),
        Owner::Operator(id) => (None, Some(Text(id))),
    };
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO passkeys (id, credential_id, account_id, operator_id, user_handle, name, credential, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(Text(it.id))
        .bind(&it.credential_id)
        .bind(account)
        .bind(operator)
        .bind(&it.user_handle)
        .bind(&it.name)
        .bind(&it.credential)
        .bind(At(it.created_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The passkey that an authenticator knows by this id.
pub async fn lookup_credential(c: &mut impl Connected, credential_id: &str) -> Result<Option<Passkey>> {
    let row: Option<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT id, credential_id, account_id, operator_id, user_handle, name, credential, created_at, last_used_at
         FROM passkeys WHERE credential_id = $1"
    )
    .bind(credential_id)
    .fetch_optional(db)
    .await
    })?;
    Ok(row.and_then(Row::read))
}

/// Everybody's own passkeys, oldest first.
pub async fn list(c: &mut impl Connected, owner: Owner) -> Result<Vec<Passkey>> {
    let rows: Vec<Row> = on!(c, |db| {
        sqlx::query_as(
        "SELECT id, credential_id, account_id, operator_id, user_handle, name, credential, created_at, last_used_at
         FROM passkeys WHERE account_id = $1 OR operator_id = $1 ORDER BY id"
    )
    .bind(Text(owner))
    .fetch_all(db)
    .await
    })?;
    Ok(rows.into_iter().filter_map(Row::read).collect())
}

/// Notes a use, and what the authenticator's counter is now. Whether the passkey is still there.
pub async fn used(tx: &mut Tx, id: PasskeyId, credential: &str, at: Time) -> Result<bool> {
    let rows =
        on!(tx, |db| sqlx::query("UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE id = $1")
            .bind(Text(id))
            .bind(credential)
            .bind(At(at))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a passkey away. Whether there was one.
pub async fn remove(tx: &mut Tx, id: PasskeyId) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM passkeys WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes every passkey of an account away.
pub async fn remove_of_account(tx: &mut Tx, account: AccountId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM passkeys WHERE account_id = $1")
        .bind(Text(account))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// For which browser.
    pub browser: TokenHash,
    /// For which ceremony.
    pub purpose: String,
    /// Who registers; nobody yet at a sign-in.
    pub owner: Option<String>,
    /// JSON of the room that checks the answer.
    pub state: String,
    /// When it is forgotten.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct ChallengeRow {
    browser_hash: Text<TokenHash>,
    purpose: String,
    owner_id: Option<String>,
    state: String,
    expires_at: At,
}

/// Writes a new challenge.
pub async fn add_challenge(tx: &mut Tx, hash: &TokenHash, it: &Challenge) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "INSERT INTO passkey_challenges (token_hash, browser_hash, purpose, owner_id, state, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(Text(hash))
        .bind(Text(&it.browser))
        .bind(&it.purpose)
        .bind(&it.owner)
        .bind(&it.state)
        .bind(At(it.expires_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Takes a challenge, so that nobody can answer it a second time. None when it was taken, has ended, or never was.
pub async fn take_challenge(tx: &mut Tx, hash: &TokenHash, now: Time) -> Result<Option<Challenge>> {
    let row: Option<ChallengeRow> = on!(tx, |db| sqlx::query_as(
        "DELETE FROM passkey_challenges WHERE token_hash = $1
         RETURNING browser_hash, purpose, owner_id, state, expires_at"
    )
    .bind(Text(hash))
    .fetch_optional(db)
    .await)?;
    Ok(row.filter(|r| r.expires_at.0 > now).map(|r| Challenge {
        browser: r.browser_hash.0,
        purpose: r.purpose,
        owner: r.owner_id,
        state: r.state,
        expires_at: r.expires_at.0,
    }))
}
