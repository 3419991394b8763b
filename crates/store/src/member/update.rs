//! Changes of members, each written where it is: an index follows only what it finds by.

use model::{Member, MemberId, Time};

use super::name_folded;
use crate::db::on;
use crate::value::{At, Text, fold};
use crate::{Result, Tx};

/// Writes everything that can change.
pub async fn update(tx: &mut Tx, it: &Member) -> Result<()> {
    on!(tx, |db| {
        bind_columns!(
        sqlx::query(
            "UPDATE members SET account_id = $3, directory_user_id = $4, status = $5, source = $6, role = $7, email = $8,
                    email_folded = $9, first_name = $10, last_name = $11, name_folded = $12, country = $13,
                    current_city = $14, current_state = $15, birth_year = $16, extra = $17, unread = $18,
                    status_before = $19, erase_at = $20, left_at = $21, last_sign_in_at = $22, created_at = $23,
                    updated_at = $24
             WHERE id = $1 AND organization_id = $2"
        )
        .bind(Text(it.id))
        .bind(Text(it.organization_id)),
        it
    )
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// As [`update`], where the member was `before`: where look-ups find it by the same values, no index has to follow.
pub async fn update_from(tx: &mut Tx, before: &Member, it: &Member) -> Result<()> {
    let found_by = |it: &Member| (it.account_id, it.directory_user_id, it.status, it.erase_at);
    if found_by(before) != found_by(it) || before.email != it.email {
        return update(tx, it).await;
    }
    on!(tx, |db| {
        sqlx::query(
        "UPDATE members SET source = $2, role = $3, first_name = $4, last_name = $5, name_folded = $6, country = $7,
                current_city = $8, current_state = $9, birth_year = $10, extra = $11, unread = $12, status_before = $13,
                left_at = $14, last_sign_in_at = $15, updated_at = $16
         WHERE id = $1"
    )
    .bind(Text(it.id))
    .bind(it.source.as_str())
    .bind(it.role.as_str())
    .bind(&it.first_name)
    .bind(&it.last_name)
    .bind(name_folded(it))
    .bind(&it.country)
    .bind(&it.current_city)
    .bind(&it.current_state)
    .bind(it.birth_year)
    .bind(&it.extra)
    .bind(&it.unread)
    .bind(it.status_before.map(Text))
    .bind(it.left_at.map(At))
    .bind(it.last_sign_in_at.map(At))
    .bind(At(it.updated_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

/// Writes where a member stands: the status, what it was before, and when the member left or is erased.
pub async fn update_standing(tx: &mut Tx, it: &Member) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
            "UPDATE members SET status = $2, status_before = $3, erase_at = $4, left_at = $5, updated_at = $6 WHERE id = $1",
        )
        .bind(Text(it.id))
        .bind(it.status.as_str())
        .bind(it.status_before.map(Text))
        .bind(it.erase_at.map(At))
        .bind(it.left_at.map(At))
        .bind(At(it.updated_at))
        .execute(db)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Notes a sign-in, and nothing else: no index has to follow.
pub async fn touch(tx: &mut Tx, id: MemberId, at: Time) -> Result<()> {
    on!(tx, |db| sqlx::query("UPDATE members SET last_sign_in_at = $2 WHERE id = $1")
        .bind(Text(id))
        .bind(At(at))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
