//! Refresh tokens: each is exchanged once for its successor (RFC 9700 section 4.14.2).
//!
//! Owns the exchange and the alarm. An exchanged token that comes back shows that two have it: everything from that
//! sign-in is revoked, and an event says so. An application may ask for some seconds in which a lost answer is given anew
//! (`refresh_token_leeway`, see `docs/decisions/0014-lost-answers-of-the-token-endpoint.md`); the successor that was lost
//! then raises the alarm, should anybody come with it.

use jiff::SignedDuration;
use model::{NewEvent, Token};
use oidc::provider::{ErrorCode, OAuthError, RefreshDecision, RefreshState, decide_refresh, narrow_scopes};
use serde_json::{Value, json};
use store::Tx;
use store::application::{Grant, RefreshToken};

use super::applications::Client;
use super::issue;
use super::keys::Ring;
use super::person;
use super::reply::Failure;
use super::token::inactive;
use crate::app::App;

/// Two exchanges at the same moment see each other at the second look.
const LOOKS: usize = 3;

/// Exchanges a refresh token.
pub async fn refresh(
    app: &App,
    ring: &Ring,
    client: &Client,
    shown: &Token,
    asked: &[String],
) -> Result<Value, Failure> {
    if !client.may_refresh() {
        let why = "This application is not registered for the grant type refresh_token.";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, why).into());
    }
    for _ in 0..LOOKS {
        if let Some(answer) = exchange(app, ring, client, shown, asked).await? {
            return Ok(answer);
        }
    }
    Err(unknown())
}

/// None when somebody was first in the meantime.
async fn exchange(
    app: &App,
    ring: &Ring,
    client: &Client,
    shown: &Token,
    asked: &[String],
) -> Result<Option<Value>, Failure> {
    let (hash, now) = (shown.hash(), app.now());
    let mut tx = app.write().await?;
    let found = store::application::lookup_refresh_token(&mut tx, &hash).await?.ok_or_else(unknown)?;
    let grant = store::application::lookup_grant(&mut tx, found.grant_id).await?;
    let mut grant = grant.filter(|g| g.application_id == client.application.id).ok_or_else(unknown)?;
    let leeway = SignedDuration::from_secs(client.metadata.refresh_token_leeway.into());
    let decision = decide_refresh(&state(&found, &grant), now.to_jiff(), leeway);
    match decision {
        RefreshDecision::Rotate | RefreshDecision::Repeat => {}
        RefreshDecision::RevokeFamily => return Err(reused(app, tx, &grant).await?),
        RefreshDecision::Refuse => return Err(unknown()),
    }
    if let Some(id) = grant.session_id {
        // The session may have been shortened since.
        let session = store::session::lookup(&mut tx, id, now).await?.ok_or_else(over)?;
        grant.ends_at = Some(session.expires_at);
    }
    if issue::is_over(&grant, now) {
        return Err(over());
    }
    // Fewer scopes than granted may be asked for; the answer names those that hold, which are all (RFC 6749 section 3.3).
    narrow_scopes(&issue::scopes(&grant), asked)?;
    let known = person::known(&mut tx, grant.account_id, grant.member_id).await?.ok_or_else(inactive)?;
    let issued = issue::tokens(app, &mut tx, ring, client, (&grant, &known), None).await?;
    let fresh = match (decision, &found.replaced_by, &issued.refresh) {
        (RefreshDecision::Repeat, Some(lost), Some(successor)) => {
            store::application::replace_successor(&mut tx, &hash, successor).await?;
            store::application::use_refresh_token(&mut tx, lost, None, now).await?
        }
        (_, _, successor) => {
            store::application::use_refresh_token(&mut tx, &hash, successor.as_ref(), now).await?
        }
    };
    if !fresh {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(issued.answer))
}

fn state(found: &RefreshToken, grant: &Grant) -> RefreshState {
    RefreshState {
        used_at: found.used_at.map(model::Time::to_jiff),
        superseded: found.used_at.is_some() && found.replaced_by.is_none(),
        successor_used: found.successor_used_at.is_some(),
        expires_at: found.expires_at.to_jiff(),
        family_revoked: grant.revoked_at.is_some(),
    }
}

async fn reused(app: &App, mut tx: Tx, grant: &Grant) -> Result<Failure, Failure> {
    store::application::revoke_grant(&mut tx, grant.id, app.now()).await?;
    let application = grant.application_id.to_string();
    let target = Some(grant.id.to_string());
    let data = json!({ "application_id": application });
    app.audit(&mut tx, "system", "refresh_token.reused", grant.organization_id, target, &data).await?;
    let data = json!({
        "application_id": application,
        "sid": grant.id.to_string(),
        "account_id": grant.account_id.to_string(),
        "member_id": grant.member_id.map(|id| id.to_string()),
        "organization_id": grant.organization_id.map(|id| id.to_string()),
    });
    let event = NewEvent {
        kind: "refresh_token.reused",
        organization_id: grant.organization_id,
        member_id: grant.member_id,
        data: data.to_string(),
    };
    app.append(&mut tx, event);
    tx.commit().await?;
    Ok(Failure::grant("The refresh token was replaced before. Everything from this sign-in was revoked."))
}

fn unknown() -> Failure {
    Failure::grant("The refresh token is unknown, has ended or was revoked. Sign in again.")
}

fn over() -> Failure {
    Failure::grant("The session that the refresh token belongs to has ended. Sign in again.")
}
