//! Telling applications that somebody was signed out (OpenID Connect Back-Channel Logout 1.0).
//!
//! Owns the end of a session as applications see it, and the job that posts one logout token. Tried again until the
//! application took it, for about eight hours.

use std::time::Duration;

use axum::http::StatusCode;
use model::{ApplicationId, Job, NewEvent, TokenId};
use oidc::provider::{LogoutToken, mint_logout_token};
use serde_json::{Value, json};
use store::application::{Grant, LogoutCall};
use store::session::Session;
use store::{Reader, Tx};

use super::{applications, keys};
use crate::app::App;
use crate::job;
use crate::problem::Problem;

/// Kind of the job that tells one application that one grant has ended. Payload: `{"grant": id}`, and what [`tell`]
/// adds to outlive the grant.
pub const BACKCHANNEL_LOGOUT: &str = "provider.backchannel_logout";

/// A logout token is for use at once.
const LIFE: Duration = Duration::from_mins(2);
/// After so many tries an application is given up: about eight hours.
const TRIES: i64 = 20;

/// Why a session ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The person signed out in this browser, or an application did for them.
    SignedOut,
    /// The person ended it from another browser.
    Person,
    /// The person has a new password or took a passkey away.
    NewSecret,
    /// A company's administrator ended it.
    Administrator,
    /// An operator ended it.
    Operator,
    /// The product ended it through the API.
    Api,
    /// The identity provider asked for it.
    Provider,
    /// The company allows only shorter ones now.
    Limit,
    /// The person left, or was suspended.
    Membership,
    /// The company lets nobody in by a way of their own any more.
    SignOnRequired,
}

impl Ending {
    /// The spelling in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Person => "person",
            Self::NewSecret => "new_secret",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Api => "api",
            Self::Provider => "identity_provider",
            Self::Limit => "limit",
            Self::Membership => "membership",
            Self::SignOnRequired => "sso_required",
        }
    }
}

/// Ends a session because the person signed out, with everything that applications were granted in it, and tells them;
/// `except` asked for it and knows.
pub async fn end_session(
    app: &App,
    tx: &mut Tx,
    session: &Session,
    except: Option<ApplicationId>,
) -> Result<(), Problem> {
    revoke_session(app, tx, session, Ending::SignedOut, except).await
}

/// The one way in which sessions end before their time: what applications were granted in it is revoked, they are told,
/// the session goes, and an event says why.
pub async fn revoke_session(
    app: &App,
    tx: &mut Tx,
    session: &Session,
    why: Ending,
    except: Option<ApplicationId>,
) -> Result<(), Problem> {
    let now = app.now();
    for id in store::application::revoke_grants_of_session(tx, session.id, now).await? {
        let grant = store::application::lookup_grant(tx, id).await?;
        if let Some(grant) = grant.filter(|grant| Some(grant.application_id) != except) {
            ask(app, tx, &grant).await?;
        }
    }
    store::session::remove(tx, session.id).await?;
    let data = json!({
        "session_id": session.id.to_string(),
        "account_id": session.account_id.to_string(),
        "member_id": session.member_id.map(|id| id.to_string()),
        "organization_id": session.organization_id.map(|id| id.to_string()),
        "reason": why.as_str(),
    });
    app.append(
        tx,
        NewEvent {
            kind: "session.revoked",
            organization_id: session.organization_id,
            member_id: session.member_id,
            data: data.to_string(),
        },
    );
    Ok(())
}

/// Asks for the job that tells the application of a grant that was just revoked. The job outlives the grant: a person may
/// be erased before the application answers.
pub async fn tell(app: &App, tx: &mut Tx, grant: TokenId) -> Result<(), Problem> {
    match store::application::lookup_grant(tx, grant).await? {
        Some(grant) => ask(app, tx, &grant).await,
        None => Ok(()),
    }
}

async fn ask(app: &App, tx: &mut Tx, grant: &Grant) -> Result<(), Problem> {
    let payload = json!({
        "grant": grant.id.to_string(),
        "application": grant.application_id.to_string(),
        "subject": grant.account_id.to_string(),
    });
    job::enqueue(app, tx, BACKCHANNEL_LOGOUT, &payload, app.now()).await
}

/// Whose session has ended, and where.
struct Ended {
    client_id: String,
    subject: String,
    sid: String,
}

/// Reads the payload; where it names the grant alone, the grant says the rest. None when that is gone.
async fn ended(db: &mut Reader, payload: &str) -> Result<Option<Ended>, Problem> {
    let payload: Value = serde_json::from_str(payload).map_err(|e| Problem::internal(&e))?;
    let text = |name: &str| payload[name].as_str().map(ToOwned::to_owned);
    let sid = text("grant").ok_or_else(|| Problem::internal(&"a logout job without a grant"))?;
    if let (Some(client_id), Some(subject)) = (text("application"), text("subject")) {
        return Ok(Some(Ended { client_id, subject, sid }));
    }
    let id = sid.parse().map_err(|e| Problem::internal(&e))?;
    let grant = store::application::lookup_grant(db, id).await?;
    Ok(grant.map(|grant| Ended {
        client_id: grant.application_id.to_string(),
        subject: grant.account_id.to_string(),
        sid,
    }))
}

/// Posts the logout token, and records for the operator how that went.
pub async fn backchannel_logout_job(app: &App, job: &Job) -> Result<(), Problem> {
    let mut db = app.read().await?;
    let Some(Ended { client_id, subject, sid }) = ended(&mut db, &job.payload).await? else { return Ok(()) };
    let client = applications::find(&mut db, &client_id).await?;
    drop(db);
    let Some(client) = client else { return Ok(()) };
    let Some(address) = &client.metadata.backchannel_logout_uri else { return Ok(()) };
    let ring = keys::ring(app).await?;
    let key = ring.key(&client.metadata.id_token_signed_response_alg)?;
    let (now, issuer) = (app.now(), app.config.issuer());
    let jti = job.id.to_string();
    let token = LogoutToken {
        issuer: &issuer,
        client_id: &client_id,
        subject: &subject,
        session_id: Some(&sid),
        id: &jti,
        issued_at: now.to_jiff(),
        expires_at: now.after(LIFE).to_jiff(),
    };
    let token = mint_logout_token(&token, key).map_err(|e| Problem::internal(&e))?;
    let form = [("logout_token".to_owned(), token)];
    let (told, outcome) = match app.outbound.post_form(address, &form, &[], 64 * 1024).await {
        Ok(answer) => {
            let told = matches!(answer.status, StatusCode::OK | StatusCode::NO_CONTENT);
            (told, format!("It answered {}.", answer.status))
        }
        Err(error) => (false, format!("{error}.")),
    };
    let status = if told {
        "told"
    } else if job.attempts < TRIES {
        "trying"
    } else {
        "given_up"
    };
    let call = LogoutCall {
        id: job.id,
        application_id: client.application.id,
        sid,
        tried_at: app.now(),
        attempts: job.attempts,
        status: status.to_owned(),
        outcome,
    };
    let mut tx = app.write().await?;
    store::application::record_logout_call(&mut tx, &call).await?;
    tx.commit().await?;
    match status {
        "told" => Ok(()),
        "trying" => {
            Err(Problem::internal(&format!("{client_id} was not told of a logout: {}", call.outcome)))
        }
        _ => {
            tracing::error!(
                application = client_id,
                outcome = call.outcome,
                "an application was not told of a logout, and is given up"
            );
            Ok(())
        }
    }
}
