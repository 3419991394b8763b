//! Accounts: people who can sign in.

use model::{Account, AccountId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Connected, Result, Tx};

#[derive(FromRow)]
struct Row {
    id: Text<AccountId>,
    email: String,
    email_verified_at: Option<At>,
    first_name: String,
    last_name: String,
    password_hash: Option<String>,
    personal_email: Option<String>,
    locale: Option<String>,
    created_at: At,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            email: row.email,
            email_verified_at: row.email_verified_at.map(|t| t.0),
            first_name: row.first_name,
            last_name: row.last_name,
            password_hash: row.password_hash,
            personal_email: row.personal_email,
            locale: row.locale,
            created_at: row.created_at.0,
        }
    }
}

/// Writes a new account. The folded address is unique.
pub async fn add(tx: &mut Tx, it: &Account) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO accounts (id, email, email_folded, email_verified_at, first_name, last_name, password_hash,
                               personal_email, locale, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(Text(it.id))
    .bind(&it.email)
    .bind(fold(&it.email))
    .bind(it.email_verified_at.map(At))
    .bind(&it.first_name)
    .bind(&it.last_name)
    .bind(&it.password_hash)
    .bind(&it.personal_email)
    .bind(&it.locale)
    .bind(At(it.created_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &Account) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "UPDATE accounts SET email = $2, email_folded = $3, email_verified_at = $4, first_name = $5, last_name = $6,
                password_hash = $7, personal_email = $8, locale = $9
         WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.email)
    .bind(fold(&it.email))
    .bind(it.email_verified_at.map(At))
    .bind(&it.first_name)
    .bind(&it.last_name)
    .bind(&it.password_hash)
    .bind(&it.personal_email)
    .bind(&it.locale)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// The account, if there is one.
pub async fn lookup(c: &mut impl Connected, id: AccountId) -> Result<Option<Account>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM accounts WHERE id = $1")
        .bind(Text(id))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// The account that this address signs in to.
pub async fn lookup_email(c: &mut impl Connected, email: &str) -> Result<Option<Account>> {
    let row: Option<Row> = on!(c, |db| sqlx::query_as("SELECT * FROM accounts WHERE email_folded = $1")
        .bind(fold(email))
        .fetch_optional(db)
        .await)?;
    Ok(row.map(Into::into))
}

/// Removes the account with its sessions, grants and identities.
pub async fn remove(tx: &mut Tx, id: AccountId) -> Result<()> {
    on!(tx, |db| sqlx::query("DELETE FROM accounts WHERE id = $1")
        .bind(Text(id))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
