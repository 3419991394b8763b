//! Authorization requests that applications pushed (RFC 9126).

use model::{ApplicationId, Time, TokenHash};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// A pushed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// By which application.
    pub application_id: ApplicationId,
    /// JSON: pairs of name and value.
    pub parameters: String,
    /// The first browser that came with it.
    pub browser: Option<TokenHash>,
    /// When it ends.
    pub expires_at: Time,
}

#[derive(FromRow)]
struct Row {
    application_id: Text<ApplicationId>,
    parameters: String,
    browser_hash: Option<Text<TokenHash>>,
    expires_at: At,
}

/// Keeps a pushed request under the hash of its `request_uri`.
pub async fn add_pushed(tx: &mut Tx, hash: &TokenHash, it: &Pushed) -> Result<()> {
    on!(tx, |db| sqlx::query(
        "INSERT INTO pushed_requests (uri_hash, application_id, parameters, browser_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(Text(hash))
    .bind(Text(it.application_id))
    .bind(&it.parameters)
    .bind(it.browser.as_ref().map(Text))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ()))?;
    Ok(())
}

/// The pushed request, if it has not ended.
pub async fn lookup_pushed(c: &mut impl Connected, hash: &TokenHash, now: Time) -> Result<Option<Pushed>> {
    let row: Option<Row> =
        on!(c, |db| sqlx::query_as("SELECT * FROM pushed_requests WHERE uri_hash = $1 AND expires_at > $2")
            .bind(Text(hash))
            .bind(At(now))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(|r| Pushed {
        application_id: r.application_id.0,
        parameters: r.parameters,
        browser: r.browser_hash.map(|v| v.0),
        expires_at: r.expires_at.0,
    }))
}

/// Gives a pushed request to the browser that came first, for as long as a sign-in may take. False when another did.
pub async fn claim_pushed(tx: &mut Tx, hash: &TokenHash, browser: &TokenHash, until: Time) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query(
        "UPDATE pushed_requests SET browser_hash = $2, expires_at = $3
         WHERE uri_hash = $1 AND browser_hash IS NULL"
    )
    .bind(Text(hash))
    .bind(Text(browser))
    .bind(At(until))
    .execute(db)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a pushed request away: it was answered. False when somebody was first.
pub async fn take_pushed(tx: &mut Tx, hash: &TokenHash) -> Result<bool> {
    let rows = on!(tx, |db| sqlx::query("DELETE FROM pushed_requests WHERE uri_hash = $1")
        .bind(Text(hash))
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
