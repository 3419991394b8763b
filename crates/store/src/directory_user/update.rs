//! Changes of users, each written where it is: an index follows only what it finds by.

use super::DirectoryUser;
use super::add::add_emails;
use crate::db::on;
use crate::value::{At, Text};
use crate::{Result, Tx};

/// Writes everything that can change. `before` is the user as it was; `more` are its addresses, as written, where they are
/// others than before.
pub async fn update(
    tx: &mut Tx,
    before: &DirectoryUser,
    it: &DirectoryUser,
    more: Option<&[&str]>,
) -> Result<()> {
    if before.is_found_like(it) {
        update_resource(tx, it).await?;
    } else {
        update_all(tx, it).await?;
    }
    let Some(more) = more else { return Ok(()) };
    on!(tx, |db| sqlx::query("DELETE FROM directory_user_emails WHERE user_id = $1")
        .bind(Text(it.id))
        .execute(db)
        .await
        .map(|_| ()))?;
    add_emails(tx, it, more).await
}

impl DirectoryUser {
    /// Whether look-ups find it by the same values: then no index has to follow a change.
    fn is_found_like(&self, other: &Self) -> bool {
        self.user_name_folded == other.user_name_folded
            && self.external_id == other.external_id
            && self.email_folded == other.email_folded
            && self.display_name_folded == other.display_name_folded
            && self.claimed == other.claimed
    }
}

async fn update_resource(tx: &mut Tx, it: &DirectoryUser) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "UPDATE directory_users SET active = $2, resource = $3, version = $4, updated_at = $5 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(it.active)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

async fn update_all(tx: &mut Tx, it: &DirectoryUser) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "UPDATE directory_users SET user_name_folded = $2, external_id = $3, email_folded = $4, active = $5,
             resource = $6, version = $7, updated_at = $8, display_name_folded = $9, claimed = $10 WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(&it.user_name_folded)
    .bind(&it.external_id)
    .bind(&it.email_folded)
    .bind(it.active)
    .bind(&it.resource)
    .bind(it.version)
    .bind(At(it.updated_at))
    .bind(&it.display_name_folded)
    .bind(it.claimed)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}
