//! Settings of the installation: name and JSON value.

use crate::db::on;
use crate::{Connected, Result, Tx};

/// The value, if it was ever set.
pub async fn lookup(c: &mut impl Connected, name: &str) -> Result<Option<String>> {
    Ok(on!(c, |db| sqlx::query_scalar("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(db)
        .await)?)
}

/// Sets the value.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    .bind(name)
    .bind(value)
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}
