//! New users: written unless another one has the same names, and counted.

use std::sync::OnceLock;

use model::DirectoryId;

use super::DirectoryUser;
use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Db, Result, StoreError, Tx, directory_mark, fold};

/// What a new user would share with one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The user name.
    UserName,
    /// The provider's id.
    ExternalId,
}

/// Binds the values of a new user to a statement of either driver.
macro_rules! bind_user {
    ($query:expr, $user:expr) => {{
        let it = $user;
        $query
            .bind(Text(it.id))
            .bind(Text(it.directory_id))
            .bind(&it.user_name_folded)
            .bind(&it.external_id)
            .bind(&it.email_folded)
            .bind(it.active)
            .bind(&it.resource)
            .bind(it.version)
            .bind(At(it.created_at))
            .bind(At(it.updated_at))
            .bind(&it.display_name_folded)
    }};
}

/// Writes a new user, unless another one of the directory has its user name or its provider's id already: then it tells which.
/// `more` are its addresses, as written. The directory's lock is held.
pub async fn add(tx: &mut Tx, it: &DirectoryUser, more: &[&str]) -> Result<Option<Taken>> {
    let (added, counted) = match tx.db() {
        Db::Sqlite(db) => {
            let done = bind_user!(sqlx::query(ADD), it).execute(db).await?;
            (done.rows_affected() > 0, false)
        }
        Db::Postgres(db) => {
            let sql = ADD_COUNTED.get_or_init(add_counted_statement);
            let query = sqlx::query_as(sqlx::AssertSqlSafe(sql.as_str()));
            bind_user!(query, it).bind(directory_mark::FULL).fetch_one(db).await?
        }
    };
    if !added {
        let external = it.external_id.as_deref();
        let taken = taken(tx, it.directory_id, &it.user_name_folded, external).await?;
        return taken
            .map(Some)
            .ok_or_else(|| StoreError::Corrupt("a user that is not there is in the way".to_owned()));
    }
    if !counted {
        directory_mark::enter(tx, it.directory_id, it.id).await?;
    }
    add_emails(tx, it, more).await?;
    Ok(None)
}

const ADD: &str =
    "INSERT INTO directory_users (id, directory_id, user_name_folded, external_id, email_folded, active,
         resource, version, created_at, updated_at, display_name_folded)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
     WHERE NOT EXISTS (SELECT 1 FROM directory_users o WHERE o.directory_id = $2 AND o.external_id = $4)
     ON CONFLICT (directory_id, user_name_folded) DO NOTHING";

static ADD_COUNTED: OnceLock<String> = OnceLock::new();

/// As [`ADD`], and the count of the user in the same journey; tells whether each was done.
fn add_counted_statement() -> String {
    format!(
        "WITH added AS ({ADD} RETURNING id),
              counted AS ({} AND EXISTS (SELECT 1 FROM added) RETURNING 1)
         SELECT EXISTS (SELECT 1 FROM added), EXISTS (SELECT 1 FROM counted)",
        directory_mark::enter_statement("$2", "$1", "$12")
    )
}

pub(super) async fn add_emails(tx: &mut Tx, it: &DirectoryUser, more: &[&str]) -> Result<()> {
    for email in more.iter().map(|email| fold(email)).filter(|email| it.email_folded.as_ref() != Some(email))
    {
        on!(tx, |db| sqlx::query(
            "INSERT INTO directory_user_emails (user_id, email_folded) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        )
        .bind(Text(it.id))
        .bind(&email)
        .execute(db)
        .await
        .map(|_| ()))?;
    }
    Ok(())
}

/// What of a new user is another one's already.
async fn taken(
    tx: &mut Tx,
    directory: DirectoryId,
    user_name_folded: &str,
    external_id: Option<&str>,
) -> Result<Option<Taken>> {
    let rows: Vec<(bool,)> = on!(tx, |db| sqlx::query_as(TAKEN)
        .bind(Text(directory))
        .bind(user_name_folded)
        .bind(external_id)
        .fetch_all(db)
        .await)?;
    let by_name = rows.iter().any(|(by_name,)| *by_name);
    Ok((!rows.is_empty()).then_some(if by_name { Taken::UserName } else { Taken::ExternalId }))
}

pub(crate) const TAKEN: &str =
    "SELECT TRUE FROM directory_users WHERE directory_id = $1 AND user_name_folded = $2
     UNION ALL
     SELECT FALSE FROM directory_users WHERE directory_id = $1 AND external_id = $3";
