//! What a directory's provider shows to prove itself, bearer tokens or an OAuth client: at most two work at once, the old one
//! and the one that takes its place.

use model::{Directory, DirectoryId, DirectorySecret, Time, Token, TokenId};
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
    write(app, tx, directory, DirectorySecret::Bearer, ends).await.map(|(_, token)| token)
}

async fn write(
    app: &App,
    tx: &mut Tx,
    directory: DirectoryId,
    kind: DirectorySecret,
    ends: Option<Time>,
) -> Result<(TokenId, Token), Problem> {
    let token = app.token(match kind {
        DirectorySecret::Bearer => "fd_scim_",
        DirectorySecret::Client => "fd_scs_",
    });
    let id = app.id(TokenId::new);
    directory_token::add(tx, (id, kind), directory, &token.hash(), (app.now(), ends)).await?;
    Ok((id, token))
}

/// Revokes all tokens and makes a new one, where the provider is one that sends: it is refused until it has that.
pub async fn rotate_token(
    app: &App,
    tx: &mut Tx,
    directory: &Directory,
    sends: bool,
) -> Result<Option<Token>, Problem> {
    directory_token::revoke_all(tx, directory.id, app.now()).await?;
    if sends { make(app, tx, directory.id, None).await.map(Some) } else { Ok(None) }
}

/// Where an OAuth client of the directory changes its secret for tokens.
pub fn token_url(app: &App, id: DirectoryId) -> String {
    format!("{}/oauth2/token", super::base_url(app, id))
}

/// Makes a token or client beside the one that is in use; both work until one is revoked. The secret is told here and never
/// again; the id is a client's `client_id`.
///
/// # Errors
/// A conflict where two work already; a field problem for an end that has passed.
pub async fn add_token(
    app: &App,
    tx: &mut Tx,
    held: &Held,
    kind: DirectorySecret,
    ends: Option<Time>,
    actor: &str,
) -> Result<(TokenId, Token), Problem> {
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
    let made = write(app, tx, id, kind, ends).await?;
    let action = match kind {
        DirectorySecret::Bearer => "directory.token_made",
        DirectorySecret::Client => "directory.client_made",
    };
    audit(app, tx, held, action, actor).await?;
    Ok(made)
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
