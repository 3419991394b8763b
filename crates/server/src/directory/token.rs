//! The tokens that a directory's provider shows: at most two work at once, the old one and the one that takes its place.

use model::{Directory, DirectoryId, Time, Token, TokenId};
use serde_json::json;
use store::{Tx, directory_token};

use super::held::Held;
use crate::app::App;
use crate::problem::Problem;

/// So many tokens of a directory work at once.
pub const MOST_TOKENS: usize = 2;

/// Writes a new token. It is told here and never again.
pub(super) async fn make(
    app: &App,
    tx: &mut Tx,
    directory: DirectoryId,
    ends: Option<Time>,
) -> Result<Token, Problem> {
    let token = app.token("fd_scim_");
    directory_token::add(tx, app.id(TokenId::new), directory, &token.hash(), (app.now(), ends)).await?;
    Ok(token)
}

/// Makes a new token and revokes all others: the provider is refused until it has the new one.
pub async fn rotate_token(app: &App, tx: &mut Tx, directory: &Directory) -> Result<Token, Problem> {
    directory_token::revoke_all(tx, directory.id, app.now()).await?;
    make(app, tx, directory.id, None).await
}

/// Makes a token beside the one that is in use; both work until one is revoked. It is told here and never again.
///
/// # Errors
/// A conflict where two work already; a field problem for an end that has passed.
pub async fn add_token(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    ends: Option<Time>,
    actor: &str,
) -> Result<Token, Problem> {
    let id = held.directory.id;
    if ends.is_some_and(|ends| ends <= app.now()) {
        return Err(Problem::field("expires_at", "expected a moment that is still to come"));
    }
    if directory_token::list(tx, id, app.now()).await?.len() >= MOST_TOKENS {
        return Err(Problem::conflict(
            "two_tokens",
            "Two tokens work already",
            "Revoke the one that the provider no longer uses; when each was used last stands beside it.",
        ));
    }
    let token = make(app, tx, id, ends).await?;
    audit(app, tx, held, "directory.token_made", actor).await?;
    Ok(token)
}

/// Revokes one token: whoever shows it is refused from now on.
///
/// # Errors
/// 404 where the directory has no such token, or it does not work any more.
pub async fn revoke_token(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    token: TokenId,
    actor: &str,
) -> Result<(), Problem> {
    if !directory_token::revoke(tx, held.directory.id, token, app.now()).await? {
        return Err(Problem::not_found("token"));
    }
    audit(app, tx, held, "directory.token_revoked", actor).await
}

async fn audit(app: &App, tx: &mut Tx, held: &Held, action: &str, actor: &str) -> Result<(), Problem> {
    let target = Some(held.directory.id.to_string());
    app.audit(tx, actor, action, Some(held.org.id), target, &json!({})).await
}
