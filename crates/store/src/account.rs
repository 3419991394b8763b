//! Accounts: people who can sign in.

use model::{Account, AccountId, Time};
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

/// The columns of an account (`a`) beside those of another table, as [`Beside`] reads them.
macro_rules! account_beside {
    () => {
        "a.id AS a_id, a.email AS a_email, a.email_verified_at AS a_verified, a.first_name AS a_first_name,
         a.last_name AS a_last_name, a.password_hash AS a_password, a.personal_email AS a_personal,
         a.locale AS a_locale, a.created_at AS a_created"
    };
}
pub(crate) use account_beside;

/// An account in a row with another table's columns.
#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "they are the names of columns, apart from the other table's")]
pub(crate) struct Beside {
    a_id: Text<AccountId>,
    a_email: String,
    a_verified: Option<At>,
    a_first_name: String,
    a_last_name: String,
    a_password: Option<String>,
    a_personal: Option<String>,
    a_locale: Option<String>,
    a_created: At,
}

impl From<Beside> for Account {
    fn from(row: Beside) -> Self {
        Self {
            id: row.a_id.0,
            email: row.a_email,
            email_verified_at: row.a_verified.map(|t| t.0),
            first_name: row.a_first_name,
            last_name: row.a_last_name,
            password_hash: row.a_password,
            personal_email: row.a_personal,
            locale: row.a_locale,
            created_at: row.a_created.0,
        }
    }
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

/// The person is not asked for a private address any more.
pub async fn ask_later(tx: &mut Tx, id: AccountId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE accounts SET address_later_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whether the person said that the question for a private address may wait.
pub async fn is_asked_later(c: &mut impl Connected, id: AccountId) -> Result<bool> {
    let at: Option<Option<At>> =
        on!(c, |db| sqlx::query_scalar("SELECT address_later_at FROM accounts WHERE id = $1")
            .bind(Text(id))
            .fetch_optional(db)
            .await)?;
    Ok(at.flatten().is_some())
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
