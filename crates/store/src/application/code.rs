//! Authorization codes, each answered once.

use model::{ApplicationId, SessionId, Time, TokenHash, TokenId};
use sqlx::FromRow;

use crate::db::on;
use crate::value::{At, Text};
use crate::{Connected, Result, Tx};

/// An authorization code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// For which application.
    pub application_id: ApplicationId,
    /// In which browser.
    pub session_id: SessionId,
    /// The grant that it will begin.
    pub grant_id: TokenId,
    /// JSON: what the authorization request said, and who is in the session.
    pub request: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was redeemed.
    pub used_at: Option<Time>,
}

#[derive(FromRow)]
struct CodeRow {
    application_id: Text<ApplicationId>,
    session_id: Text<SessionId>,
    grant_id: Text<TokenId>,
    request: String,
    created_at: At,
    expires_at: At,
    used_at: Option<At>,
}

/// Writes a new code.
pub async fn add_code(tx: &mut Tx, hash: &TokenHash, it: &Code) -> Result<()> {
    on!(tx, |db| {
        sqlx::query(
        "INSERT INTO authorization_codes (code_hash, application_id, session_id, grant_id, request, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(Text(hash))
    .bind(Text(it.application_id))
    .bind(Text(it.session_id))
    .bind(Text(it.grant_id))
    .bind(&it.request)
    .bind(At(it.created_at))
    .bind(At(it.expires_at))
    .execute(db)
    .await
    .map(|_| ())
    })?;
    Ok(())
}

impl From<CodeRow> for Code {
    fn from(r: CodeRow) -> Self {
        Self {
            application_id: r.application_id.0,
            session_id: r.session_id.0,
            grant_id: r.grant_id.0,
            request: r.request,
            created_at: r.created_at.0,
            expires_at: r.expires_at.0,
            used_at: r.used_at.map(|t| t.0),
        }
    }
}

/// The code with this hash, used or ended or not.
pub async fn lookup_code(c: &mut impl Connected, hash: &TokenHash) -> Result<Option<Code>> {
    let row: Option<CodeRow> =
        on!(c, |db| sqlx::query_as("SELECT * FROM authorization_codes WHERE code_hash = $1")
            .bind(Text(hash))
            .fetch_optional(db)
            .await)?;
    Ok(row.map(Into::into))
}

/// Marks a code redeemed and gives it. None when somebody was first, or there is no such code.
pub async fn use_code(tx: &mut Tx, hash: &TokenHash, at: Time) -> Result<Option<Code>> {
    let row: Option<CodeRow> = on!(tx, |db| sqlx::query_as(
        "UPDATE authorization_codes SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL RETURNING *"
    )
    .bind(Text(hash))
    .bind(At(at))
    .fetch_optional(db)
    .await)?;
    Ok(row.map(Into::into))
}
