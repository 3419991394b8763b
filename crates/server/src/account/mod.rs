//! Accounts: passwords of people, the beginning of a session, and the page `/account` that is a person's own.
//!
//! Owns how a password is judged, kept and checked, what a signed-in browser is, and a person's private address. Does
//! not own the choice of how a person signs in (`login`), or a person's place in an organization (`member`).

mod acts;
mod address;
mod device;
mod page;
mod passkeys;

pub use device::{device, way};
pub use passkeys::row as passkey_row;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::{get, post};
use model::{Account, AccountId, ConnectionId, Member, NewEvent, SessionId, Time};
use serde_json::json;
use std::time::Duration;
use store::Tx;
use store::session::Session;

use crate::app::App;
use crate::problem::Problem;
use crate::request::{SESSION_COOKIE, set_cookie};

/// The fewest characters of a password (NIST SP 800-63B asks for length, not for kinds of characters).
pub const SHORTEST_PASSWORD: usize = 12;
/// The most bytes of a password; more would only cost work.
pub const LONGEST_PASSWORD: usize = 512;
/// The rule in words, for the line below the field.
pub const PASSWORD_RULE: &str = "At least 12 characters. A sentence that only you would think of is best.";

/// The person's own pages.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/account", get(page::show))
        .route("/account/password", post(acts::password))
        .route("/account/sessions/end-others", post(acts::end_others))
        .route("/account/sessions/{session}/end", post(acts::end))
        .route("/account/passkeys", post(passkeys::add))
        .route("/account/passkeys/options", post(passkeys::options))
        .route("/account/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/account/email", post(address::add))
        .route("/account/email/remove", post(address::remove))
        .route("/account/email/later", post(address::later))
        .route("/verify/done", get(address::done))
        .route("/verify/{token}", get(address::ask).post(address::confirm))
}

/// How a person has just proven who they are.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// `saml`, `oidc`, `password`, `passkey` or `link`.
    pub method: &'static str,
    /// When they proved it.
    pub auth_at: Time,
    /// Through which connection.
    pub connection_id: Option<ConnectionId>,
    /// The SAML `NameID`, for single logout.
    pub name_id: Option<String>,
    /// Its format and qualifiers.
    pub name_id_form: Option<String>,
    /// The ID token of the sign-in, sealed, where it is kept.
    pub id_token_sealed: Option<String>,
    /// The SAML session index or the upstream `sid`.
    pub session_index: Option<String>,
    /// The session ends no later than this (SAML `SessionNotOnOrAfter`, `session_expiry`, the company's own limit).
    pub ends_at: Option<Time>,
    /// `acr`, as the identity provider said it.
    pub acr: Option<String>,
    /// The words of `amr`, as the identity provider said them, separated by spaces.
    pub amr: Option<String>,
}

impl SignIn {
    /// By something of the person's own: a password, a passkey or a mailed link.
    pub const fn own(method: &'static str, auth_at: Time) -> Self {
        Self {
            method,
            auth_at,
            connection_id: None,
            name_id: None,
            name_id_form: None,
            id_token_sealed: None,
            session_index: None,
            ends_at: None,
            acr: None,
            amr: None,
        }
    }
}

/// Signs a browser in: writes the session and answers its cookie (`Set-Cookie`). With a member the session belongs to
/// the organization, and the member's last sign-in is noted with a `member.signed_in` event.
pub async fn start_session(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    member: Option<&Member>,
    how: SignIn,
    headers: &HeaderMap,
) -> Result<HeaderValue, Problem> {
    let now = app.now();
    let longest = now.after(longest(app, tx, member, &how).await?);
    let session = Session {
        id: app.id(SessionId::new),
        account_id: account,
        member_id: member.map(|m| m.id),
        organization_id: member.map(|m| m.organization_id),
        connection_id: how.connection_id,
        name_id: how.name_id,
        name_id_form: how.name_id_form,
        id_token_sealed: how.id_token_sealed,
        session_index: how.session_index,
        auth_at: how.auth_at,
        method: how.method.to_owned(),
        acr: how.acr,
        amr: how.amr,
        user_agent: user_agent(headers),
        created_at: now,
        expires_at: how.ends_at.map_or(longest, |end| end.min(longest)),
    };
    let token = app.token("");
    store::session::add(tx, &session, &token.hash()).await?;
    if let Some(member) = member {
        store::member::touch(tx, member.id, now).await?;
        let data = json!({
            "organization_id": member.organization_id.to_string(),
            "member_id": member.id.to_string(),
            "account_id": account.to_string(),
            "session_id": session.id.to_string(),
            "method": session.method,
        });
        app.append(
            tx,
            NewEvent {
                kind: "member.signed_in",
                organization_id: Some(member.organization_id),
                member_id: Some(member.id),
                data: data.to_string(),
            },
        );
    }
    Ok(set_cookie(&app.config, SESSION_COOKIE, token.expose(), Some(session.expires_at.since(now))))
}

/// How long the session may last. A sign-in through the company brings the company's own limit with it; for one of the
/// person's own it is looked up.
async fn longest(app: &App, tx: &mut Tx, member: Option<&Member>, how: &SignIn) -> Result<Duration, Problem> {
    let installation = app.config.limits.session;
    let Some(member) = member.filter(|_| how.connection_id.is_none()) else { return Ok(installation) };
    let organization = store::organization::lookup(tx, member.organization_id).await?;
    Ok(organization.and_then(|it| it.session_max).map_or(installation, |longest| longest.min(installation)))
}

/// What is wrong with a password, in words for beside the field; nothing if it may be used.
pub fn password_fault(password: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    let same_letter = password.chars().next().is_some_and(|first| password.chars().all(|c| c == first));
    if length < SHORTEST_PASSWORD {
        Some(format!("This has {length} characters. {PASSWORD_RULE}"))
    } else if password.len() > LONGEST_PASSWORD {
        Some(format!("This is too long. At most {LONGEST_PASSWORD} characters."))
    } else if same_letter {
        Some(format!("This is one character again and again. {PASSWORD_RULE}"))
    } else if !email.is_empty() && store::fold(password) == store::fold(email) {
        Some(format!("This is your email address. {PASSWORD_RULE}"))
    } else {
        None
    }
}

/// Hashes a password (Argon2id, OWASP's parameters) on a thread of its own: it takes tens of milliseconds.
pub async fn hash_password(app: &App, password: String) -> Result<String, Problem> {
    let mut salt = [0_u8; 16];
    app.rng.fill(&mut salt);
    let hashed = tokio::task::spawn_blocking(move || {
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(|h| h.to_string()).map_err(|e| e.to_string())
    });
    hashed.await.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
}

/// Gives an account a password. The caller writes the account.
pub async fn set_password(app: &App, account: &mut Account, password: String) -> Result<(), Problem> {
    if let Some(fault) = password_fault(&password, &account.email) {
        return Err(Problem::field("password", fault));
    }
    account.password_hash = Some(hash_password(app, password).await?);
    Ok(())
}

/// Whether the password is the one behind `hash`. Without a hash it takes as long and answers no, so that nobody
/// learns by the clock which addresses have an account.
pub async fn check_password(hash: Option<&str>, password: &str) -> Result<bool, Problem> {
    if password.len() > LONGEST_PASSWORD {
        return Ok(false);
    }
    let (hash, password) = (hash.map(ToOwned::to_owned), password.to_owned());
    let checked = tokio::task::spawn_blocking(move || {
        let argon = Argon2::default();
        if let Some(hash) = hash {
            let hash = PasswordHash::new(&hash).map_err(|e| e.to_string())?;
            return Ok(argon.verify_password(password.as_bytes(), &hash).is_ok());
        }
        let idle: Result<PasswordHash, _> = argon.hash_password_with_salt(password.as_bytes(), &[0; 16]);
        idle.map(|_| false).map_err(|e: argon2::password_hash::Error| e.to_string())
    });
    checked.await.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
}

/// What the browser calls itself, not longer than it is worth.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_judged_by_length_and_by_being_no_address() {
        for (password, fine) in [
            ("short", false),
            ("elevenchars", false),
            ("twelve chars", true),
            ("aaaaaaaaaaaaaaaa", false),
            ("Ada@Acme.example", false),
            ("ein Satz mit Umlauten: äöü", true),
        ] {
            assert_eq!(password_fault(password, "ada@acme.example").is_none(), fine, "{password}");
        }
        assert!(password_fault(&"ab".repeat(300), "").is_some());
    }
}
